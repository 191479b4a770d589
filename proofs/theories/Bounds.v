(** Elementary error bounds over R: the sign of a value known up to an error, products,
    ratios, and the crossing of two lines. *)
From Coq Require Import Reals Lra Psatz.
Open Scope R_scope.

Lemma Rabs_le_iff x e : Rabs x <= e <-> - e <= x <= e.
Proof. unfold Rabs; destruct (Rcase_abs x); lra. Qed.

(** ** sign *)
Lemma sign_pos s s' e : Rabs (s' - s) <= e -> e < s' -> 0 < s.
Proof. rewrite Rabs_le_iff; lra. Qed.
Lemma sign_neg s s' e : Rabs (s' - s) <= e -> s' < - e -> s < 0.
Proof. rewrite Rabs_le_iff; lra. Qed.

Definition sgn (x : R) : Z := match Rcase_abs x with
  | left _ => (-1)%Z | right _ => if Req_EM_T x 0 then 0%Z else 1%Z end.

Theorem sign_certificate s s' e :
  Rabs (s' - s) <= e -> e < Rabs s' -> sgn s = sgn s' /\ s <> 0.
Proof.
  intros H1 H2. apply Rabs_le_iff in H1.
  unfold sgn, Rabs in *; destruct (Rcase_abs s'), (Rcase_abs s);
    repeat destruct Req_EM_T; split; try reflexivity; try lra.
Qed.

(** ** product *)
Theorem mul_enclosure a a' ra b b' rb :
  Rabs (a' - a) <= ra -> Rabs (b' - b) <= rb ->
  Rabs (a' * b' - a * b) <= Rabs a' * rb + ra * (Rabs b' + rb).
Proof.
  intros Ha Hb.
  replace (a' * b' - a * b) with (a' * (b' - b) + (a' - a) * b) by ring.
  eapply Rle_trans; [ apply Rabs_triang |]. rewrite !Rabs_mult.
  assert (Hb2 : Rabs b <= Rabs b' + rb).
  { replace b with (b' + - (b' - b)) by ring.
    eapply Rle_trans; [ apply Rabs_triang |]. rewrite Rabs_Ropp; lra. }
  pose proof (Rabs_pos a'); pose proof (Rabs_pos (a' - a)); pose proof (Rabs_pos b).
  apply Rplus_le_compat; [ apply Rmult_le_compat_l | apply Rmult_le_compat ]; lra.
Qed.

(** ** ratio *)
Theorem ratio_bound n d n' d' en ed :
  Rabs (n' - n) <= en -> Rabs (d' - d) <= ed -> ed < Rabs d' ->
  d <> 0 /\
  Rabs (n' / d' - n / d) <= (en + Rabs (n' / d') * ed) / (Rabs d' - ed).
Proof.
  intros Hn Hd Hed.
  assert (Hd' : d' <> 0). { intros ->. rewrite Rabs_R0 in Hed.
    pose proof (Rabs_pos (0 - d)). lra. }
  assert (HD : Rabs d' - ed <= Rabs d).
  { replace d' with (d + (d' - d)) by ring. pose proof (Rabs_triang d (d' - d)). lra. }
  assert (Hd0 : d <> 0). { intros ->. rewrite Rabs_R0 in HD. lra. }
  split; [ exact Hd0 |].
  set (q := n' / d').
  replace (q - n / d) with (((n' - n) - q * (d' - d)) / d)
    by (unfold q; field; split; assumption).
  unfold Rdiv at 1. rewrite Rabs_mult, Rabs_inv.
  assert (Hnum : Rabs (n' - n - q * (d' - d)) <= en + Rabs q * ed).
  { unfold Rminus at 1. eapply Rle_trans; [ apply Rabs_triang |].
    rewrite Rabs_Ropp, Rabs_mult.
    apply Rplus_le_compat; [ exact Hn |].
    apply Rmult_le_compat_l; [ apply Rabs_pos | exact Hd ]. }
  unfold Rdiv. apply Rmult_le_compat.
  - apply Rabs_pos.
  - left. apply Rinv_0_lt_compat. lra.
  - exact Hnum.
  - apply Rinv_le_contravar; lra.
Qed.

(** ** where the lines a0 + m0 t and a1 + m1 t cross *)
Definition crossing (a0 m0 a1 m1 : R) : R := (a0 - a1) / (m1 - m0).

Theorem crossing_bound a0 m0 a1 m1 a0' m0' a1' m1' ea em :
  Rabs (a0' - a0) <= ea -> Rabs (a1' - a1) <= ea ->
  Rabs (m0' - m0) <= em -> Rabs (m1' - m1) <= em ->
  2 * em < Rabs (m1' - m0') ->
  m1 - m0 <> 0 /\
  Rabs (crossing a0' m0' a1' m1' - crossing a0 m0 a1 m1)
   <= (2 * ea + Rabs (crossing a0' m0' a1' m1') * (2 * em)) / (Rabs (m1' - m0') - 2 * em).
Proof.
  intros A0 A1 M0 M1 G. unfold crossing.
  apply ratio_bound; [ | | exact G ];
    apply Rabs_le_iff; rewrite Rabs_le_iff in *; lra.
Qed.
