(** Executable a-posteriori bound for linear systems, in binary64 balls.
    A (m x n), b (m): balls enclosing the unknown exact data; R (n x m): any
    float approximate left inverse; x': any float candidate.
    [lin_check] returns a float; if finite it bounds |x_i - x'_i| for every
    exact solution of A x = b.  (Existence and uniqueness are in Linear.v, the
    least-squares solution in LeastSquares.v, both over the rationals.) *)
From Coq Require Import Reals Floats ZArith Lra Psatz Bool List.
From Flocq Require Import Core IEEE754.BinarySingleNaN IEEE754.PrimFloat.
From Exactract Require Import Bounds B64 Relu Ball SupCheck.
Import ListNotations.
Open Scope R_scope.

(** ** real side: list vectors *)
Definition mulv (A : list (list R)) (x : list R) : list R := map (fun a => dot a x) A.
Fixpoint axpy (c : R) (a acc : list R) : list R :=   (* acc - c * a *)
  match a, acc with y :: a, z :: acc => (z - c * y) :: axpy c a acc | _, _ => [] end.
Fixpoint comb (r : list R) (A : list (list R)) (acc : list R) : list R :=  (* acc - sum r_k A_k *)
  match r, A with c :: r, a :: A => comb r A (axpy c a acc) | _, _ => acc end.

Lemma dot_axpy c a : forall acc v, length a = length acc -> dot (axpy c a acc) v = dot acc v - c * dot a v.
Proof.
  induction a as [| y a IH]; intros [| z acc] [| w v] L; simpl in *; try discriminate; try ring.
  rewrite IH by congruence. ring.
Qed.
Lemma axpy_len c a : forall acc, length a = length acc -> length (axpy c a acc) = length acc.
Proof. induction a as [| y a IH]; intros [| z acc] L; simpl in *; try discriminate; auto. Qed.
Lemma dot_comb r : forall A acc v, Forall (fun a => length a = length acc) A -> 
  dot (comb r A acc) v = dot acc v - dot r (mulv A v).
Proof.
  induction r as [| c r IH]; intros [| a A] acc v F; simpl; try ring.
  inversion F; subst. rewrite IH.
  - rewrite dot_axpy by assumption. ring.
  - rewrite axpy_len by assumption. assumption.
Qed.

Fixpoint asum (l : list R) : R := match l with [] => 0 | a :: l => Rabs a + asum l end.
Lemma dot_asum w : forall v M, 0 <= M -> Forall (fun y => Rabs y <= M) v -> Rabs (dot w v) <= asum w * M.
Proof.
  induction w as [| a w IH]; intros [| y v] M HM F; simpl; rewrite ?Rabs_R0; try lra.
  - assert (0 <= asum w) by (clear; induction w; simpl; [ lra | pose proof (Rabs_pos a); lra ]).
    pose proof (Rabs_pos a). nra.
  - inversion F; subst. specialize (IH _ _ HM H2).
    pose proof (Rabs_triang (a * y) (dot w v)). rewrite Rabs_mult in H.
    pose proof (Rmult_le_compat_l _ _ _ (Rabs_pos a) H1). lra.
Qed.

(** max |v_i| is attained *)
Lemma max_abs (v : list R) : v <> [] -> exists i, (i < length v)%nat /\ forall j, Rabs (nth j v 0) <= Rabs (nth i v 0).
Proof.
  induction v as [| y v IH]; [ congruence |]. intros _. destruct v as [| z v].
  - exists O. split; [ simpl; lia |]. intros [| [| j]]; simpl; rewrite ?Rabs_R0; pose proof (Rabs_pos y); lra.
  - destruct IH as (i & Hi & M); [ discriminate |].
    destruct (Rle_dec (Rabs (nth i (z :: v) 0)) (Rabs y)) as [L | G].
    + exists O. split; [ simpl; lia |]. intros [| j]; [ simpl; lra |].
      change (Rabs (nth j (z :: v) 0) <= Rabs y). specialize (M j). lra.
    + exists (S i). split; [ simpl in *; lia |]. intros [| j]; [| exact (M j) ].
      change (Rabs y <= Rabs (nth i (z :: v) 0)). lra.
Qed.

Theorem list_residual_bound A (Rm : list (list R)) (e : list R) q rho :
  let n := length e in
  Forall (fun a => length a = n) A -> length Rm = n -> q < 1 -> 0 <= rho ->
  (forall i, (i < n)%nat -> asum (comb (nth i Rm []) A (axis n i)) <= q) ->
  (forall i, (i < n)%nat -> Rabs (dot (nth i Rm []) (mulv A e)) <= rho) ->
  forall i, Rabs (nth i e 0) <= rho / (1 - q).
Proof.
  intros n FA LR Hq Hrho HC HR i.
  assert (P : 0 <= rho / (1 - q)) by (apply Rmult_le_pos; [ lra | left; apply Rinv_0_lt_compat; lra ]).
  destruct e as [| y e]; [ destruct i; simpl; rewrite Rabs_R0; exact P |].
  destruct (max_abs (y :: e)) as (k & Hk & M); [ discriminate |].
  set (v := y :: e) in *. eapply Rle_trans; [ apply (M i) |].
  assert (E : nth k v 0 = dot (comb (nth k Rm []) A (axis n k)) v + dot (nth k Rm []) (mulv A v)).
  { rewrite dot_comb by (rewrite axis_length; exact FA). rewrite dot_axis by reflexivity. ring. }
  assert (B1 : Rabs (dot (comb (nth k Rm []) A (axis n k)) v) <= q * Rabs (nth k v 0)).
  { eapply Rle_trans; [ apply (dot_asum _ _ (Rabs (nth k v 0))) |].
    - apply Rabs_pos.
    - apply Forall_forall. intros z Hz. destruct (In_nth _ _ 0 Hz) as (j & _ & <-). apply M.
    - apply Rmult_le_compat_r; [ apply Rabs_pos | apply HC, Hk ]. }
  assert (B2 := HR _ Hk).
  assert (B : Rabs (nth k v 0) <= q * Rabs (nth k v 0) + rho).
  { rewrite E at 1. eapply Rle_trans; [ apply Rabs_triang |]. lra. }
  apply (Rmult_le_reg_r (1 - q)); [ lra |]. unfold Rdiv. rewrite Rmult_assoc, Rinv_l by lra. lra.
Qed.

(** ** ball side *)
Definition benc := Forall2 encl.
Fixpoint bdot2 (a x : list ball) : ball :=
  match a, x with y :: a, z :: x => badd (bmul y z) (bdot2 a x) | _, _ => bexact zero end.
Lemma bdot2_ok a ra : benc a ra -> forall x rx, benc x rx -> encl (bdot2 a x) (dot ra rx).
Proof.
  induction 1 as [| b r a ra Hb Ha IH]; intros x rx F; [ destruct F; apply bexact_ok |].
  destruct F; simpl; [ apply bexact_ok |]. apply badd_ok; [ apply bmul_ok; assumption | apply IH; assumption ].
Qed.
Fixpoint baxpy (c : f64) (a acc : list ball) : list ball :=
  match a, acc with y :: a, z :: acc => bsub z (bmul (bexact c) y) :: baxpy c a acc | _, _ => [] end.
Fixpoint bcomb (r : list f64) (A : list (list ball)) (acc : list ball) : list ball :=
  match r, A with c :: r, a :: A => bcomb r A (baxpy c a acc) | _, _ => acc end.
Fixpoint bunit (n i : nat) : list ball :=
  match n with O => [] | S n => match i with O => bexact 1%float :: repeat (bexact zero) n | S i => bexact zero :: bunit n i end end.
Fixpoint basum (l : list ball) : f64 := match l with [] => zero | b :: l => up (mag b + basum l)%float end.

Lemma baxpy_ok c a ra : benc a ra -> forall acc racc, benc acc racc -> benc (baxpy c a acc) (axpy (fR c) ra racc).
Proof.
  induction 1 as [| b r a ra Hb Ha IH]; intros acc racc F; [ constructor |].
  destruct F; simpl; [ constructor |]. constructor; [| apply IH; assumption ].
  apply bsub_ok; [ assumption |]. apply bmul_ok; [ apply bexact_ok | assumption ].
Qed.
Lemma bcomb_ok r : forall A rA acc racc, Forall2 benc A rA -> benc acc racc ->
  benc (bcomb r A acc) (comb (map fR r) rA racc).
Proof.
  induction r as [| c r IH]; intros A rA acc racc F G; simpl; [ exact G |].
  destruct F; [ exact G |]. apply IH; [ assumption |]. apply baxpy_ok; assumption.
Qed.
Lemma bzeros_ok n : benc (repeat (bexact zero) n) (repeat 0 n).
Proof. induction n; simpl; constructor; trivial. apply bexact_ok. Qed.
Lemma bunit_ok n : forall i, benc (bunit n i) (axis n i).
Proof.
  induction n as [| n IH]; intros [| i]; simpl; constructor; try apply IH; try apply bzeros_ok; try apply bexact_ok.
  rewrite <- fR_one. apply bexact_ok.
Qed.
Lemma basum_ok l rl : benc l rl -> pfin (basum l) = true -> asum rl <= fR (basum l).
Proof.
  induction 1 as [| b r l rl Hb Hl IH]; simpl; [ intros _; rewrite fR_zero; lra |].
  intros H. destruct (up_add _ _ H) as (F1 & F2 & L).
  pose proof (mag_ok _ _ Hb F1). specialize (IH F2). lra.
Qed.

(** running maximum that propagates NaN *)
Definition fmax (a b : f64) : f64 := if pfin a && pfin b then (if (a <? b)%float then b else a) else nan.
Lemma fmax_ok a b : pfin (fmax a b) = true -> pfin a = true /\ pfin b = true /\ fR a <= fR (fmax a b) /\ fR b <= fR (fmax a b).
Proof.
  unfold fmax. destruct (pfin a) eqn:Fa, (pfin b) eqn:Fb; simpl; try discriminate.
  destruct (a <? b)%float eqn:C; intros _; repeat split; try lra.
  - apply ltb_fin in C; trivial; lra.
  - apply ltb_fin_false in C; trivial.
Qed.
Definition fmaxl (l : list f64) : f64 := fold_right fmax zero l.
Lemma fmaxl_ok l : pfin (fmaxl l) = true -> 0 <= fR (fmaxl l) /\ forall i, (i < length l)%nat ->
   pfin (nth i l nan) = true /\ fR (nth i l nan) <= fR (fmaxl l).
Proof.
  induction l as [| a l IH]; simpl; [ intros _; rewrite fR_zero; split; [ lra | intros; lia ] |].
  intros H. destruct (fmax_ok _ _ H) as (Fa & Fl & L1 & L2). destruct (IH Fl) as [P Q]. split; [ lra |].
  intros [| i] Hi; [ split; trivial |]. destruct (Q i) as [Q1 Q2]; [ lia |]. split; [ exact Q1 | lra ].
Qed.

Definition lin_q (n : nat) (A : list (list ball)) (Rm : list (list f64)) : f64 :=
  fmaxl (map (fun i => basum (bcomb (nth i Rm []) A (bunit n i))) (seq 0 n)).
Definition bres (A : list (list ball)) (b : list ball) (x' : list f64) : list ball :=
  map (fun ab => bsub (snd ab) (bdot2 (fst ab) (map bexact x'))) (combine A b).
Definition lin_rho (n : nat) A b (Rm : list (list f64)) (x' : list f64) : f64 :=
  fmaxl (map (fun i => mag (bdot2 (map bexact (nth i Rm [])) (bres A b x'))) (seq 0 n)).
Definition lin_check (A : list (list ball)) (b : list ball) (Rm : list (list f64)) (x' : list f64) : f64 :=
  let n := length x' in
  let q := lin_q n A Rm in let rho := lin_rho n A b Rm x' in
  let g := next_down (1 - q)%float in
  if forallb (fun a => Nat.eqb (length a) n) A && Nat.eqb (length Rm) n && Nat.eqb (length A) (length b)
     && pfin (1 - q)%float && pfin g && (0 <? g)%float
  then up (rho / g)%float else nan.

Lemma bexacts_ok l : benc (map bexact l) (map fR l).
Proof. induction l; simpl; constructor; trivial. apply bexact_ok. Qed.
Definition vsub (a b : list R) : list R := map (fun p => fst p - snd p) (combine a b).
Lemma dot_vsub a : forall x y, length x = length y -> dot a (vsub x y) = dot a x - dot a y.
Proof.
  induction a as [| c a IH]; intros [| p x] [| r y] L; simpl in *; try discriminate; try ring.
  unfold vsub in IH. rewrite IH by congruence. ring.
Qed.
Lemma nth_vsub : forall x y i, length x = length y -> nth i (vsub x y) 0 = nth i x 0 - nth i y 0.
Proof.
  unfold vsub. induction x as [| p x IH]; intros [| r y] [| i] L; simpl in *; try discriminate; try ring.
  apply IH. congruence.
Qed.
Lemma bres_ok A b x' rA x : Forall2 benc A rA -> length x = length x' ->
  benc b (mulv rA x) -> benc (bres A b x') (mulv rA (vsub x (map fR x'))).
Proof.
  intros F L. revert b. induction F as [| a ra A rA Ha F IH]; intros b B; [ constructor |].
  inversion B; subst. unfold bres; simpl. constructor; [| apply IH; assumption ].
  rewrite dot_vsub by now rewrite map_length.
  apply bsub_ok; [ assumption |]. apply bdot2_ok; [ exact Ha | apply bexacts_ok ].
Qed.

Theorem lin_check_sound A b Rm x' rA x :
  Forall2 benc A rA -> length x = length x' -> benc b (mulv rA x) ->
  pfin (lin_check A b Rm x') = true ->
  forall i, Rabs (nth i x 0 - nth i (map fR x') 0) <= fR (lin_check A b Rm x').
Proof.
  intros FA L FB H i. unfold lin_check in *.
  set (n := length x') in *. set (q := lin_q n A Rm) in *. set (rho := lin_rho n A b Rm x') in *.
  destruct (_ && _ && _ && _ && _ && _)%bool eqn:G; [| discriminate H ].
  rewrite !andb_true_iff in G. destruct G as (((((G1 & G2) & G3) & G4) & G5) & G6).
  apply Nat.eqb_eq in G2. rewrite forallb_forall in G1.
  destruct (sub_fin _ _ G4) as (_ & Fq & Eq). rewrite fR_one in Eq.
  pose proof (next_down_rnd _ _ G4 G5 Eq) as Lo.
  apply ltb_fin in G6; [| reflexivity | exact G5 ]. change (fR 0%float) with 0 in G6.
  destruct (up_div _ _ G5 H) as (Frho & _ & D).
  destruct (fmaxl_ok _ Fq) as [_ Q]. destruct (fmaxl_ok _ Frho) as [Rp Rr].
  rewrite map_length, seq_length in Q, Rr.
  set (e := vsub x (map fR x')).
  assert (Le : length e = n) by (unfold e, vsub; rewrite map_length, combine_length, map_length; fold n; lia).
  assert (Ee : nth i x 0 - nth i (map fR x') 0 = nth i e 0).
  { unfold e. symmetry. apply nth_vsub. now rewrite map_length. }
  rewrite Ee. eapply Rle_trans; [| exact D ].
  eapply Rle_trans with (fR rho / (1 - fR q)).
  - apply (list_residual_bound rA (map (map fR) Rm) e (fR q) (fR rho)); try lra.
    + rewrite Le. clear -FA G1. induction FA as [| a ra A rA Ha F IH]; constructor.
      * specialize (G1 a (or_introl eq_refl)). apply Nat.eqb_eq in G1.
        rewrite <- G1. clear -Ha. induction Ha; simpl; auto.
      * apply IH. intros z Hz. apply G1. now right.
    + rewrite map_length. congruence.
    + exact Rp.
    + rewrite Le. intros j Hj. destruct (Q j Hj) as [Q1 Q2].
      rewrite (nth_indep _ nan (basum (bcomb (nth 0 Rm []) A (bunit n 0)))) in Q1, Q2 by now rewrite map_length, seq_length.
      rewrite (map_nth (fun i => basum (bcomb (nth i Rm []) A (bunit n i)))) in Q1, Q2.
      rewrite seq_nth in Q1, Q2 by exact Hj. simpl in Q1, Q2.
      eapply Rle_trans; [| exact Q2 ].
      change (@nil R) with (map fR []). rewrite map_nth.
      apply basum_ok; [| exact Q1 ]. apply bcomb_ok; [ exact FA | apply bunit_ok ].
    + rewrite Le. intros j Hj. destruct (Rr j Hj) as [Q1 Q2].
      rewrite (nth_indep _ nan (mag (bdot2 (map bexact (nth 0 Rm [])) (bres A b x')))) in Q1, Q2 by now rewrite map_length, seq_length.
      rewrite (map_nth (fun i => mag (bdot2 (map bexact (nth i Rm [])) (bres A b x')))) in Q1, Q2.
      rewrite seq_nth in Q1, Q2 by exact Hj. simpl in Q1, Q2.
      eapply Rle_trans; [| exact Q2 ].
      change (@nil R) with (map fR []). rewrite map_nth.
      eapply mag_ok; [| exact Q1 ]. apply bdot2_ok; [ apply bexacts_ok |].
      apply bres_ok; assumption.
  - unfold Rdiv. apply Rmult_le_compat_l; [ exact Rp |]. apply Rinv_le_contravar; lra.
Qed.
