(** Ball (midpoint-radius) arithmetic in binary64, exactly as the engine
    executes it, with proofs that every ball encloses the exact value
    whenever the final midpoint and radius are finite. *)
From Coq Require Import Reals Floats ZArith Lra Psatz Bool List.
From Flocq Require Import Core IEEE754.BinarySingleNaN IEEE754.PrimFloat.
From Exactract Require Import Bounds Relu B64.
Import ListNotations.
Open Scope R_scope.

Record ball := Ball { mid : f64; rad : f64 }.
Definition bfin (b : ball) : bool := pfin (mid b) && pfin (rad b).
(** enclosure, conditional on finiteness: NaN/inf mean "no information" *)
Definition encl (b : ball) (x : R) : Prop :=
  bfin b = true -> Rabs (fR (mid b) - x) <= fR (rad b).

Definition bnan := Ball nan nan.
Definition bexact (x : f64) := Ball x zero.
Definition badd (a b : ball) : ball :=
  let m := (mid a + mid b)%float in
  Ball m (up (up (rad a + rad b) + rerr m)%float).
Definition bsub (a b : ball) : ball :=
  let m := (mid a - mid b)%float in
  Ball m (up (up (rad a + rad b) + rerr m)%float).
Definition bmul (a b : ball) : ball :=
  let m := (mid a * mid b)%float in
  let e := up (up (abs (mid a) * rad b) + up (rad a * up (abs (mid b) + rad b)))%float in
  Ball m (up (e + rerr m)%float).
Definition bdiv (a b : ball) : ball :=
  let m := (mid a / mid b)%float in
  let g := (abs (mid b) - rad b)%float in
  let lo := next_down g in
  if pfin (mid b) && pfin (rad b) && pfin g && pfin lo && (0 <? lo)%float then
    let q := up (abs m + rerr m)%float in
    let e := up (up (rad a + up (q * rad b)) / lo)%float in
    Ball m (up (e + rerr m)%float)
  else bnan.
Definition brelu (a : ball) : ball :=
  if pfin (mid a) then
    if (mid a <? 0)%float then Ball 0 (rad a) else a
  else bnan.
(** certified sign: [Some true] = positive, [Some false] = negative *)
Definition bsign (a : ball) : option bool :=
  if pfin (mid a) && pfin (rad a) then
    if (rad a <? mid a)%float then Some true
    else if (mid a <? - rad a)%float then Some false else None
  else None.

Lemma fR_zero : fR zero = 0. Proof. reflexivity. Qed.
Lemma bexact_ok x : encl (bexact x) (fR x).
Proof. intros _. simpl. rewrite fR_zero. unfold Rminus. rewrite Rplus_opp_r, Rabs_R0. lra. Qed.

Ltac fin H := unfold bfin in H; simpl in H; apply andb_prop in H; destruct H as [?Hm ?Hr].

Theorem badd_ok a b x y : encl a x -> encl b y -> encl (badd a b) (x + y).
Proof.
  intros A B H. fin H. simpl in *.
  destruct (add_fin _ _ Hm) as (Fa & Fb & E).
  destruct (up_add _ _ Hr) as (Hr1 & Hr2 & L).
  destruct (up_add _ _ Hr1) as (Ra & Rb & L1).
  specialize (A ltac:(unfold bfin; rewrite Fa, Ra; reflexivity)).
  specialize (B ltac:(unfold bfin; rewrite Fb, Rb; reflexivity)).
  pose proof (rerr_ok _ _ Hr2 E) as K. rewrite Rabs_le_iff in *. lra.
Qed.

Theorem bsub_ok a b x y : encl a x -> encl b y -> encl (bsub a b) (x - y).
Proof.
  intros A B H. fin H. simpl in *.
  destruct (sub_fin _ _ Hm) as (Fa & Fb & E).
  destruct (up_add _ _ Hr) as (Hr1 & Hr2 & L).
  destruct (up_add _ _ Hr1) as (Ra & Rb & L1).
  specialize (A ltac:(unfold bfin; rewrite Fa, Ra; reflexivity)).
  specialize (B ltac:(unfold bfin; rewrite Fb, Rb; reflexivity)).
  pose proof (rerr_ok _ _ Hr2 E) as K. rewrite Rabs_le_iff in *. lra.
Qed.

Theorem bmul_ok a b x y : encl a x -> encl b y -> encl (bmul a b) (x * y).
Proof.
  intros A B H. fin H. simpl in *.
  destruct (mul_fin _ _ Hm) as (Fa & Fb & E).
  destruct (up_add _ _ Hr) as (Hr1 & Hr2 & L).
  destruct (up_add _ _ Hr1) as (Hr3 & Hr4 & L1).
  destruct (up_mul _ _ Hr3) as (_ & Rb & L2).
  destruct (up_mul _ _ Hr4) as (Ra & Hr5 & L3).
  destruct (up_add _ _ Hr5) as (_ & _ & L4).
  specialize (A ltac:(unfold bfin; rewrite Fa, Ra; reflexivity)).
  specialize (B ltac:(unfold bfin; rewrite Fb, Rb; reflexivity)).
  pose proof (rerr_ok _ _ Hr2 E) as K.
  pose proof (mul_enclosure _ _ _ _ _ _ A B) as M.
  rewrite fR_abs in *.
  assert (0 <= fR (rad a)) by (eapply Rle_trans; [ apply Rabs_pos | exact A ]).
  assert (N : fR (rad a) * (Rabs (fR (mid b)) + fR (rad b)) <= fR (rad a) * fR (up (abs (mid b) + rad b)%float))
    by (apply Rmult_le_compat_l; assumption).
  rewrite Rabs_le_iff in K, M |- *. lra.
Qed.

Lemma next_down_rnd g x : pfin g = true -> pfin (next_down g) = true -> fR g = rnd x ->
  fR (next_down g) <= x.
Proof.
  unfold fR. rewrite !is_finite_equiv, next_down_equiv. intros Fg Fl E.
  pose proof (Bpred_correct prec emax Hprec Hmax _ Fg) as C.
  destruct Rlt_bool.
  - destruct C as [-> _]. rewrite E. apply pred_round_le_id; typeclasses eauto.
  - apply not_fin_inf in C. congruence.
Qed.

Theorem bdiv_ok a b x y : encl a x -> encl b y -> encl (bdiv a b) (x / y).
Proof.
  intros A B. unfold bdiv.
  destruct (_ && _ && _ && _ && _)%bool eqn:G; [| intros H; discriminate H ].
  repeat (apply andb_prop in G; destruct G as [G ?]).
  rename G into Fb, H2 into Rb, H1 into Fg, H0 into Fl, H into P.
  intros H. fin H. simpl in *.
  destruct (div_fin _ _ Hm Fb) as (Fa & _ & E).
  destruct (up_add _ _ Hr) as (Hr1 & Hr2 & L).
  destruct (up_div _ _ Fl Hr1) as (Hr3 & Nlo & L1).
  destruct (up_add _ _ Hr3) as (Ra & Hr4 & L2).
  destruct (up_mul _ _ Hr4) as (Hr5 & _ & L3).
  destruct (up_add _ _ Hr5) as (_ & _ & L4).
  specialize (A ltac:(unfold bfin; rewrite Fa, Ra; reflexivity)).
  specialize (B ltac:(unfold bfin; rewrite Fb, Rb; reflexivity)).
  destruct (sub_fin _ _ Fg) as (_ & _ & Eg).
  pose proof (next_down_rnd _ _ Fg Fl Eg) as Lo.
  apply ltb_fin in P; [| reflexivity | exact Fl ]. change (fR 0%float) with 0 in P.
  pose proof (rerr_ok _ _ Hr2 E) as K.
  rewrite fR_abs in *.
  destruct (ratio_bound x y _ _ _ _ A B ltac:(lra)) as [_ Q].
  set (QR := fR (mid a) / fR (mid b)) in *.
  assert (HQ : Rabs QR <= fR (up (abs (mid a / mid b) + rerr (mid a / mid b))%float)).
  { eapply Rle_trans; [| exact L4 ].
    replace QR with (fR (mid a / mid b)%float + - (fR (mid a / mid b)%float - QR)) at 1 by ring.
    eapply Rle_trans; [ apply Rabs_triang |]. rewrite Rabs_Ropp. lra. }
  assert (0 <= fR (rad b)) by (eapply Rle_trans; [ apply Rabs_pos | exact B ]).
  assert (0 <= fR (rad a)) by (eapply Rle_trans; [ apply Rabs_pos | exact A ]).
  assert (N : (fR (rad a) + Rabs QR * fR (rad b)) / (Rabs (fR (mid b)) - fR (rad b))
     <= fR (up (rad a + up (up (abs (mid a / mid b) + rerr (mid a / mid b)) * rad b))%float) / fR (next_down (abs (mid b) - rad b)%float)).
  { apply Rmult_le_compat.
    - pose proof (Rabs_pos QR). nra.
    - left; apply Rinv_0_lt_compat; lra.
    - eapply Rle_trans; [| exact L2 ]. apply Rplus_le_compat_l.
      eapply Rle_trans; [| exact L3 ]. apply Rmult_le_compat_r; assumption.
    - apply Rinv_le_contravar; assumption. }
  rewrite Rabs_le_iff in K, Q |- *. lra.
Qed.

Theorem brelu_ok a x : encl a x -> encl (brelu a) (relu x).
Proof.
  intros A. unfold brelu. destruct (pfin (mid a)) eqn:Fm; [| intros H; discriminate H ].
  destruct (mid a <? 0)%float eqn:S; intros H.
  - change (pfin (rad a) = true) in H. cbn [mid rad].
    specialize (A ltac:(unfold bfin; rewrite Fm, H; reflexivity)).
    apply ltb_fin in S; [| exact Fm | reflexivity ]. change (fR 0%float) with 0 in *.
    unfold relu, Rmax, Rabs in *; repeat destruct Rle_dec; repeat destruct Rcase_abs; lra.
  - specialize (A H).
    apply ltb_fin_false in S; [| exact Fm | reflexivity ]. change (fR 0%float) with 0 in *.
    unfold relu, Rmax, Rabs in *; repeat destruct Rle_dec; repeat destruct Rcase_abs; lra.
Qed.

Theorem bsign_ok a x s : encl a x -> bsign a = Some s -> if s then 0 < x else x < 0.
Proof.
  intros A. unfold bsign. destruct (pfin (mid a) && pfin (rad a))%bool eqn:F; [| discriminate ].
  specialize (A F). apply andb_prop in F; destruct F as [F1 F2].
  destruct (rad a <? mid a)%float eqn:P.
  - intros [= <-]. apply ltb_fin in P; trivial. eapply sign_pos; eassumption.
  - destruct (mid a <? - rad a)%float eqn:N; [| discriminate ].
    intros [= <-]. apply ltb_fin in N; [| trivial | now rewrite opp_fin ].
    rewrite fR_opp in N. eapply sign_neg; eassumption.
Qed.

(** ** networks: lists of layers; a layer is a list of (weights, bias) rows *)
Definition row := (list f64 * f64)%type.
Fixpoint bdot (acc : ball) (w : list f64) (h : list ball) : ball :=
  match w, h with
  | a :: w, x :: h => bdot (badd acc (bmul (bexact a) x)) w h
  | _, _ => acc
  end.
Definition blayer (l : list row) (h : list ball) : list ball :=
  map (fun r : row => bdot (bexact (snd r)) (fst r) h) l.
Fixpoint bnet (ls : list (list row)) (h : list ball) : list ball :=
  match ls with
  | [] => h
  | [l] => blayer l h
  | l :: ls => bnet ls (map brelu (blayer l h))
  end.

Fixpoint Rdot (acc : R) (w : list f64) (h : list R) : R :=
  match w, h with
  | a :: w, x :: h => Rdot (acc + fR a * x) w h
  | _, _ => acc
  end.
Definition Rlayer (l : list row) (h : list R) : list R :=
  map (fun r : row => Rdot (fR (snd r)) (fst r) h) l.
Fixpoint Rnet (ls : list (list row)) (h : list R) : list R :=
  match ls with
  | [] => h
  | [l] => Rlayer l h
  | l :: ls => Rnet ls (map relu (Rlayer l h))
  end.

Lemma bdot_ok w : forall acc x h y, encl acc x -> Forall2 encl h y ->
  encl (bdot acc w h) (Rdot x w y).
Proof.
  induction w as [| a w IH]; intros acc x h y A H; [ exact A |].
  destruct H; simpl; [ exact A |]. apply IH; [| assumption ].
  apply badd_ok; [ exact A |]. apply bmul_ok; [ apply bexact_ok | assumption ].
Qed.

Lemma blayer_ok l h y : Forall2 encl h y -> Forall2 encl (blayer l h) (Rlayer l y).
Proof.
  intros H. unfold blayer, Rlayer. induction l as [| r l IH]; simpl; constructor; trivial.
  apply bdot_ok; [ apply bexact_ok | exact H ].
Qed.

(** the float network evaluation encloses the exact real one *)
Theorem bnet_ok ls : forall h y, Forall2 encl h y -> Forall2 encl (bnet ls h) (Rnet ls y).
Proof.
  induction ls as [| l ls IH]; intros h y H; [ exact H |].
  assert (L := blayer_ok l h y H). destruct ls as [| l' ls]; [ exact L |].
  apply IH. clear -L. induction L; simpl; constructor; trivial. now apply brelu_ok.
Qed.
