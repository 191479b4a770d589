(** binary64 semantics: Coq primitive floats (= hardware f64, round to
    nearest even) related to R through Flocq.  Overflow is *not* assumed away:
    every lemma takes only "the computed result is finite". *)
From Coq Require Import Reals Floats ZArith Lra Psatz Bool.
From Flocq Require Import Core Relative Ulp IEEE754.BinarySingleNaN IEEE754.PrimFloat.
Open Scope R_scope.

Notation pfin := PrimFloat.is_finite.
Notation f64 := PrimFloat.float.
Definition fexp64 := SpecFloat.fexp 53 1024.
Definition rnd (x : R) : R := round radix2 fexp64 ZnearestE x.
Definition fR (x : f64) : R := B2R (Prim2B x).
Definition u : R := bpow radix2 (-53).
Definition eta : R := bpow radix2 (-1075).

Global Instance vexp : Valid_exp fexp64.
Proof. exact (fexp_correct 53 1024 Hprec). Qed.
Global Instance mexp : Monotone_exp fexp64.
Proof. exact (fexp_monotone 53 1024). Qed.

Lemma fexp64_FLT : fexp64 = FLT_exp (-1074) 53.
Proof. reflexivity. Qed.

(** ** the standard model *)
Theorem rnd_normal x : bpow radix2 (-1022) <= Rabs x -> Rabs (rnd x - x) <= u * Rabs x.
Proof.
  intros H. unfold rnd. rewrite fexp64_FLT.
  eapply Rle_trans; [ apply (relative_error_N_FLT radix2 (-1074) 53); [ reflexivity | exact H ] |].
  apply Req_le. f_equal. unfold u. rewrite bpow_plus.
  change (bpow radix2 1) with 2. change (- (53))%Z with (-53)%Z. lra.
Qed.

Lemma ulp_bound y : / 2 * ulp radix2 fexp64 y <= Rmax (u * Rabs y) eta.
Proof.
  assert (He : / 2 * bpow radix2 (-1074) = eta).
  { unfold eta. change (-1075)%Z with (-1 + -1074)%Z. rewrite bpow_plus. reflexivity. }
  destruct (Req_dec y 0) as [-> | Hy].
  - rewrite fexp64_FLT, ulp_FLT_0; [| reflexivity]. rewrite He. apply Rmax_r.
  - rewrite ulp_neq_0 by exact Hy. unfold cexp. rewrite fexp64_FLT. unfold FLT_exp.
    destruct (Z.max_spec (mag radix2 y - 53) (-1074)) as [[_ ->] | [_ ->]].
    + rewrite He. apply Rmax_r.
    + eapply Rle_trans; [| apply Rmax_l ].
      destruct (mag radix2 y) as [e Hm]; simpl. specialize (Hm Hy).
      replace (e - 53)%Z with (1 + (-53 + (e - 1)))%Z by ring.
      rewrite !bpow_plus. fold u. change (bpow radix2 1) with 2.
      assert (0 < u) by apply bpow_gt_0. nra.
Qed.

(** error of one rounding, in terms of the *computed* value *)
Theorem rnd_error x : Rabs (rnd x - x) <= Rmax (u * Rabs (rnd x)) eta.
Proof.
  eapply Rle_trans; [ apply error_le_half_ulp_round; typeclasses eauto |].
  apply ulp_bound.
Qed.

(** ** finite result => the operation is the rounded real operation *)
Lemma not_fin_inf (z : BinarySingleNaN.binary_float prec emax) s :
  B2SF z = S754_infinity s -> is_finite z = false.
Proof. destruct z; simpl; congruence. Qed.

Lemma add_fin x y : pfin (x + y)%float = true ->
  pfin x = true /\ pfin y = true /\ fR (x + y)%float = rnd (fR x + fR y).
Proof.
  unfold fR. rewrite !is_finite_equiv, add_equiv. intros H.
  assert (F : is_finite (Prim2B x) = true /\ is_finite (Prim2B y) = true).
  { destruct (Prim2B x) as [?|[]| |], (Prim2B y) as [?|[]| |]; try discriminate H; split; reflexivity. }
  destruct F as [Fx Fy]; repeat split; try assumption.
  pose proof (Bplus_correct prec emax Hprec Hmax mode_NE _ _ Fx Fy) as C.
  destruct Rlt_bool; [ exact (proj1 C) |].
  destruct C as [C _]. apply not_fin_inf in C. congruence.
Qed.

Lemma sub_fin x y : pfin (x - y)%float = true ->
  pfin x = true /\ pfin y = true /\ fR (x - y)%float = rnd (fR x - fR y).
Proof.
  unfold fR. rewrite !is_finite_equiv, sub_equiv. intros H.
  assert (F : is_finite (Prim2B x) = true /\ is_finite (Prim2B y) = true).
  { destruct (Prim2B x) as [?|[]| |], (Prim2B y) as [?|[]| |]; try discriminate H; split; reflexivity. }
  destruct F as [Fx Fy]; repeat split; try assumption.
  pose proof (Bminus_correct prec emax Hprec Hmax mode_NE _ _ Fx Fy) as C.
  destruct Rlt_bool; [ exact (proj1 C) |].
  destruct C as [C _]. apply not_fin_inf in C. congruence.
Qed.

Lemma mul_fin x y : pfin (x * y)%float = true ->
  pfin x = true /\ pfin y = true /\ fR (x * y)%float = rnd (fR x * fR y).
Proof.
  unfold fR. rewrite !is_finite_equiv, mul_equiv. intros H.
  pose proof (Bmult_correct prec emax Hprec Hmax mode_NE (Prim2B x) (Prim2B y)) as C.
  destruct Rlt_bool.
  - destruct C as (C1 & C2 & _). rewrite C2 in H. apply andb_prop in H.
    destruct H; repeat split; assumption.
  - apply not_fin_inf in C. congruence.
Qed.

Lemma div_fin x y : pfin (x / y)%float = true -> pfin y = true ->
  pfin x = true /\ fR y <> 0 /\ fR (x / y)%float = rnd (fR x / fR y).
Proof.
  unfold fR. rewrite !is_finite_equiv, div_equiv. intros H Fy.
  assert (Y : B2R (Prim2B y) <> 0).
  { intros E. destruct (Prim2B y) as [?|[]| |? m ? ?]; try discriminate Fy.
    - destruct (Prim2B x) as [?|[]| |]; discriminate H.
    - simpl in E. apply eq_0_F2R in E. destruct s; discriminate E. }
  pose proof (Bdiv_correct prec emax Hprec Hmax mode_NE (Prim2B x) _ Y) as C.
  destruct Rlt_bool.
  - destruct C as (C1 & C2 & _). rewrite C2 in H. repeat split; assumption.
  - apply not_fin_inf in C. congruence.
Qed.

Lemma abs_fin x : pfin (abs x) = pfin x.
Proof. rewrite !is_finite_equiv, abs_equiv. apply is_finite_Babs. Qed.
Lemma fR_abs x : fR (abs x) = Rabs (fR x).
Proof. unfold fR. rewrite abs_equiv. apply B2R_Babs. Qed.
Lemma opp_fin x : pfin (- x)%float = pfin x.
Proof. rewrite !is_finite_equiv, opp_equiv. apply is_finite_Bopp. Qed.
Lemma fR_opp x : fR (- x)%float = - fR x.
Proof. unfold fR. rewrite opp_equiv. apply B2R_Bopp. Qed.
Lemma ltb_fin x y : pfin x = true -> pfin y = true ->
  (x <? y)%float = true -> fR x < fR y.
Proof.
  unfold fR. rewrite !is_finite_equiv, ltb_equiv. intros Fx Fy.
  rewrite Bltb_correct by assumption. case Rlt_bool_spec; [ trivial | discriminate ].
Qed.
Lemma ltb_fin_false x y : pfin x = true -> pfin y = true ->
  (x <? y)%float = false -> fR y <= fR x.
Proof.
  unfold fR. rewrite !is_finite_equiv, ltb_equiv. intros Fx Fy.
  rewrite Bltb_correct by assumption. case Rlt_bool_spec; [ discriminate | trivial ].
Qed.

(** ** upward step: [up z = |z|.next_up()] in Rust *)
Definition up (z : f64) : f64 := next_up (abs z).

Lemma up_fin z : pfin (up z) = true ->
  pfin z = true /\ fR (up z) = succ radix2 fexp64 (Rabs (fR z)).
Proof.
  unfold up. intros H. assert (Fz : pfin z = true).
  { rewrite is_finite_equiv, next_up_equiv, abs_equiv in H. rewrite is_finite_equiv.
    destruct (Prim2B z); try reflexivity; exact H. }
  split; [ exact Fz |]. rewrite <- fR_abs. unfold fR in *.
  rewrite is_finite_equiv, next_up_equiv in H. rewrite next_up_equiv.
  rewrite <- abs_fin, is_finite_equiv in Fz.
  pose proof (Bsucc_correct prec emax Hprec Hmax _ Fz) as C.
  destruct Rlt_bool; [ exact (proj1 C) |]. apply not_fin_inf in C. congruence.
Qed.

Lemma format_fR z : generic_format radix2 fexp64 (fR z).
Proof. apply generic_format_B2R. Qed.

(** rounding up after rounding to nearest dominates the exact value *)
Lemma up_rnd z x : pfin (up z) = true -> fR z = rnd x -> Rabs x <= fR (up z).
Proof.
  intros H E. destruct (up_fin z H) as [_ ->]. rewrite E. unfold rnd.
  rewrite <- round_NE_abs by typeclasses eauto. apply succ_round_ge_id; typeclasses eauto.
Qed.

Lemma up_eta z : pfin (up z) = true -> eta <= fR (up z).
Proof.
  intros H. destruct (up_fin z H) as [_ E].
  assert (S : succ radix2 fexp64 0 <= fR (up z)).
  { rewrite E. apply succ_le; [ typeclasses eauto | apply generic_format_0 |
     rewrite <- fR_abs; apply format_fR | apply Rabs_pos ]. }
  rewrite succ_0, fexp64_FLT, ulp_FLT_0 in S by reflexivity.
  eapply Rle_trans; [| exact S ]. apply bpow_le. lia.
Qed.

Definition u_f : f64 := 0x1p-53.
Lemma fR_u : fR u_f = u.
Proof.
  unfold fR, Prim2B. rewrite B2R_SF2B. replace (Prim2SF u_f) with (S754_finite false 4503599627370496 (-105)) by reflexivity.
  unfold SF2R, F2R, u. cbn [Fnum Fexp cond_Zopp].
  replace (IZR 4503599627370496) with (bpow radix2 52) by (simpl; lra). rewrite <- bpow_plus. reflexivity.
Qed.

(** rounding error of an operation whose computed value is [m] *)
Definition rerr (m : f64) : f64 := up (abs m * u_f)%float.
Lemma rerr_ok m x : pfin (rerr m) = true -> fR m = rnd x ->
  Rabs (fR m - x) <= fR (rerr m).
Proof.
  intros H E. rewrite E. eapply Rle_trans; [ apply rnd_error |]. rewrite <- E.
  apply Rmax_lub; [| exact (up_eta _ H) ].
  destruct (up_fin _ H) as [F _]. destruct (mul_fin _ _ F) as (_ & _ & M).
  pose proof (up_rnd _ _ H M) as B. rewrite fR_abs, fR_u in B. unfold rerr.
  rewrite (Rmult_comm u). eapply Rle_trans; [ apply Rle_abs | exact B ].
Qed.

(** upward-rounded binary operations *)
Lemma up_add x y : pfin (up (x + y)%float) = true ->
  pfin x = true /\ pfin y = true /\ fR x + fR y <= fR (up (x + y)%float).
Proof.
  intros H. destruct (up_fin _ H) as [F _]. destruct (add_fin _ _ F) as (Fx & Fy & E).
  repeat split; trivial. eapply Rle_trans; [ apply Rle_abs | exact (up_rnd _ _ H E) ].
Qed.
Lemma up_mul x y : pfin (up (x * y)%float) = true ->
  pfin x = true /\ pfin y = true /\ fR x * fR y <= fR (up (x * y)%float).
Proof.
  intros H. destruct (up_fin _ H) as [F _]. destruct (mul_fin _ _ F) as (Fx & Fy & E).
  repeat split; trivial. eapply Rle_trans; [ apply Rle_abs | exact (up_rnd _ _ H E) ].
Qed.
Lemma up_div x y : pfin y = true -> pfin (up (x / y)%float) = true ->
  pfin x = true /\ fR y <> 0 /\ fR x / fR y <= fR (up (x / y)%float).
Proof.
  intros Fy H. destruct (up_fin _ H) as [F _]. destruct (div_fin _ _ F Fy) as (Fx & N & E).
  repeat split; trivial. eapply Rle_trans; [ apply Rle_abs | exact (up_rnd _ _ H E) ].
Qed.
