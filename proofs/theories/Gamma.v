(** A-priori rounding bounds in binary64: dot product, forward pass, second difference.

    gamma n = n u / (1 - n u) with u = 2^-53.  Overflow is no hypothesis: "the computed
    value is finite" suffices.  Underflow costs the absolute term eta = 2^-1075 a
    product; sums never underflow, since a sum of floats below 2^-1022 is exact.
    Source of the relative part: Higham, Accuracy and Stability of Numerical Algorithms,
    2nd ed. (2002), section 3.1. *)
From Coq Require Import Reals Floats ZArith Lra Psatz Bool List.
From Flocq Require Import Core Relative Plus_error IEEE754.BinarySingleNaN IEEE754.PrimFloat.
From Exactract Require Import Bounds Relu B64 Ball SupCheck.
Import ListNotations.
Open Scope R_scope.

Definition gamma (n : nat) : R := INR n * u / (1 - INR n * u).

Lemma u_pos : 0 < u.     Proof. apply bpow_gt_0. Qed.
Lemma eta_pos : 0 < eta. Proof. apply bpow_gt_0. Qed.

(** ** powers of 1 + u *)
Definition grow (n : nat) : R := (1 + u) ^ n.
Lemma grow_ge1 n : 1 <= grow n.
Proof. apply pow_R1_Rle. pose proof u_pos. lra. Qed.
Lemma grow_S n : grow (S n) = (1 + u) * grow n.
Proof. reflexivity. Qed.
Lemma grow_add m n : grow (m + n) = grow m * grow n.
Proof. apply pow_add. Qed.
Lemma grow_gamma n : INR n * u < 1 -> grow n <= 1 + gamma n.
Proof.
  intros H.
  assert (B : grow n * (1 - INR n * u) <= 1).
  { clear H. pose proof u_pos as U. induction n as [| n IH]; [ unfold grow; simpl; lra |].
    rewrite grow_S, S_INR. pose proof (grow_ge1 n). pose proof (pos_INR n).
    assert (0 <= grow n * (u * (INR n + 1) * u)) by (repeat apply Rmult_le_pos; lra). nra. }
  apply (Rmult_le_reg_r (1 - INR n * u)); [ lra |].
  replace ((1 + gamma n) * (1 - INR n * u)) with 1 by (unfold gamma; field; lra). exact B.
Qed.

(** ** one operation *)
Local Instance prec53 : Prec_gt_0 53 := Hprec.
Lemma u_ro64 : u_ro radix2 53 = u.
Proof.
  unfold u_ro, u. rewrite bpow_plus. change (bpow radix2 1) with 2.
  change (- (53))%Z with (-53)%Z. field.
Qed.
Lemma rnd_sum x y : Rabs (rnd (fR x + fR y) - (fR x + fR y)) <= u * Rabs (fR x + fR y).
Proof.
  pose proof (format_fR x) as Fx. pose proof (format_fR y) as Fy. rewrite fexp64_FLT in Fx, Fy.
  destruct (FLT_plus_error_N_ex radix2 (-1074) 53 (fun z => negb (Z.even z)) _ _ Fx Fy)
    as (e & He & E). rewrite u_ro64 in He. unfold rnd. rewrite fexp64_FLT. rewrite E.
  replace ((fR x + fR y) * (1 + e) - (fR x + fR y)) with (e * (fR x + fR y)) by ring.
  rewrite Rabs_mult. apply Rmult_le_compat_r; [ apply Rabs_pos |].
  eapply Rle_trans; [ exact He |]. pose proof u_pos.
  apply (Rmult_le_reg_r (1 + u)); [ lra |]. unfold Rdiv. rewrite Rmult_assoc, Rinv_l by lra. nra.
Qed.
Lemma rnd_sum_computed x y : Rabs (rnd (fR x + fR y) - (fR x + fR y)) <= u * Rabs (rnd (fR x + fR y)).
Proof.
  pose proof (format_fR x) as Fx. pose proof (format_fR y) as Fy. rewrite fexp64_FLT in Fx, Fy.
  destruct (FLT_plus_error_N_round_ex radix2 (-1074) 53 (fun z => negb (Z.even z)) _ _ Fx Fy)
    as (e & He & E). rewrite u_ro64 in He. unfold rnd. rewrite fexp64_FLT.
  set (r := round _ _ _ _) in *. rewrite E.
  replace (r - r * (1 + e)) with (- e * r) by ring. rewrite Rabs_mult, Rabs_Ropp.
  apply Rmult_le_compat_r; [ apply Rabs_pos | exact He ].
Qed.
Lemma rnd_product x : Rabs (rnd x - x) <= u * Rabs x + eta.
Proof.
  unfold rnd. rewrite fexp64_FLT.
  destruct (error_N_FLT radix2 (-1074) 53 Hprec (fun z => negb (Z.even z)) x)
    as (e & h & He & Hh & _ & ->).
  change (/ 2 * bpow radix2 (- (53) + 1)) with (u_ro radix2 53) in He. rewrite u_ro64 in He.
  assert (E : / 2 * bpow radix2 (-1074) = eta)
    by (unfold eta; change (-1075)%Z with (-1 + -1074)%Z; rewrite bpow_plus; reflexivity).
  rewrite E in Hh. replace (x * (1 + e) + h - x) with (e * x + h) by ring.
  eapply Rle_trans; [ apply Rabs_triang |]. rewrite Rabs_mult.
  apply Rplus_le_compat; [ apply Rmult_le_compat_r; [ apply Rabs_pos | exact He ] | exact Hh ].
Qed.

(** ** dot product, summed in the order of the index from zero *)
Definition terms := list (f64 * f64).
Definition fl_sum (l : terms) : f64 := fold_left (fun s p => s + fst p * snd p)%float l 0%float.
Definition fl_dot (x y : list f64) : f64 := fl_sum (combine x y).
Definition product (p : f64 * f64) : R := fR (fst p) * fR (snd p).
Definition exact_sum (l : terms) : R := rsum (map product l).
Definition mass (l : terms) : R := rsum (map (fun p => Rabs (product p)) l).

Lemma rsum_snoc (l : list R) a : rsum (l ++ [a]) = rsum l + a.
Proof. induction l; simpl; lra. Qed.
Lemma mass_ge0 l : 0 <= mass l.
Proof. unfold mass. induction l as [| p l IH]; simpl; [ lra |]. pose proof (Rabs_pos (product p)). lra. Qed.
Lemma exact_mass l : Rabs (exact_sum l) <= mass l.
Proof.
  unfold mass, exact_sum. induction l as [| p l IH]; simpl; [ rewrite Rabs_R0; lra |].
  eapply Rle_trans; [ apply Rabs_triang |]. lra.
Qed.

(** [e]: what a product may lose to underflow *)
Lemma fl_sum_error e l : 0 <= e -> pfin (fl_sum l) = true ->
  (forall p, In p l -> Rabs (rnd (product p) - product p) <= u * Rabs (product p) + e) ->
  Rabs (fR (fl_sum l) - exact_sum l) <= (grow (length l) - 1) * mass l + INR (length l) * grow (length l) * e.
Proof.
  intros He. pose proof u_pos as U. induction l as [| p l IH] using rev_ind.
  - intros _ _. unfold fl_sum, exact_sum, mass, grow; simpl. change (fR 0) with 0.
    rewrite Rminus_0_r, Rabs_R0. lra.
  - unfold fl_sum, exact_sum, mass in *. rewrite fold_left_app, !map_app, !app_length; simpl.
    rewrite !rsum_snoc. fold (exact_sum l). fold (mass l). intros F H.
    fold (exact_sum l) in IH. fold (mass l) in IH.
    destruct (add_fin _ _ F) as (Fs & Fp & E). destruct (mul_fin _ _ Fp) as (_ & _ & Ep).
    specialize (IH Fs (fun q I => H q (in_or_app _ _ _ (or_introl I)))).
    specialize (H p (in_or_app _ _ _ (or_intror (in_eq p [])))).
    fold (product p) in Ep. rewrite <- Ep in H.
    rewrite Nat.add_1_r, S_INR, grow_S.
    set (s := fold_left _ l 0%float) in *. set (q := (fst p * snd p)%float) in *.
    set (n := length l) in *. pose proof (grow_ge1 n) as G. pose proof (mass_ge0 l) as M0.
    pose proof (Rabs_pos (product p)) as P0. pose proof (pos_INR n) as N0.
    destruct l as [| p0 l'].
    + (* the first sum is exact *)
      assert (Q : fR (s + q)%float = fR q).
      { rewrite E. unfold s. simpl. change (fR 0) with 0. rewrite Rplus_0_l. apply round_generic; [ typeclasses eauto | apply format_fR ]. }
      rewrite Q. unfold exact_sum, mass, n, grow; simpl. rewrite !Rplus_0_l. nra.
    + assert (N1 : 1 <= INR n) by (unfold n; simpl length; rewrite S_INR; pose proof (pos_INR (length l')); lra).
      assert (G1 : 1 + u <= grow n).
      { unfold n; simpl length. rewrite grow_S. pose proof (grow_ge1 (length l')). nra. }
      clearbody s q n. rewrite E. pose proof (rnd_sum s q) as RS.
      pose proof (exact_mass (p0 :: l')) as XM.
      set (S := exact_sum (p0 :: l')) in *. set (M := mass (p0 :: l')) in *.
      set (t := product p) in *.
      replace (rnd (fR s + fR q) - (S + t))
        with ((rnd (fR s + fR q) - (fR s + fR q)) + ((fR s - S) + (fR q - t))) by ring.
      assert (D : Rabs ((fR s - S) + (fR q - t)) <= (grow n - 1) * M + INR n * grow n * e + (u * Rabs t + e))
        by (eapply Rle_trans; [ apply Rabs_triang |]; lra).
      assert (A : Rabs (fR s + fR q) <= M + Rabs t + ((grow n - 1) * M + INR n * grow n * e + (u * Rabs t + e))).
      { replace (fR s + fR q) with ((S + t) + ((fR s - S) + (fR q - t))) by ring.
        eapply Rle_trans; [ apply Rabs_triang |]. pose proof (Rabs_triang S t). lra. }
      eapply Rle_trans; [ apply Rabs_triang |].
      apply Rmult_le_compat_l with (r := u) in A; [| lra ].
      assert (K1 : (2 + u) * u * Rabs t <= ((1 + u) * grow n - 1) * Rabs t).
      { apply Rmult_le_compat_r; [ exact P0 | nra ]. }
      assert (K2 : (1 + u) * e <= (1 + u) * grow n * e).
      { apply Rmult_le_compat_r; [ exact He | nra ]. }
      lra.
Qed.

(** [x] and [y] of length [n]; [mass] is the sum of |x_i| |y_i| *)
Theorem dot_gamma (x y : list f64) :
  let n := length (combine x y) in
  INR n * u < 1 -> pfin (fl_dot x y) = true ->
  Rabs (fR (fl_dot x y) - exact_sum (combine x y))
    <= gamma n * mass (combine x y) + INR n * (1 + gamma n) * eta.
Proof.
  intros n N F. pose proof eta_pos as Eta. pose proof (grow_gamma n N) as G.
  pose proof (mass_ge0 (combine x y)) as M. pose proof (pos_INR n) as P.
  eapply Rle_trans; [ apply (fl_sum_error eta); [ lra | exact F | intros; apply rnd_product ] |]. fold n.
  apply Rplus_le_compat; [ apply Rmult_le_compat_r; lra |].
  apply Rmult_le_compat_r; [ lra |]. apply Rmult_le_compat_l; lra.
Qed.

(** Without underflow: every product is zero or at least 2^-1022 in magnitude. *)
Theorem dot_gamma_normal (x y : list f64) :
  let n := length (combine x y) in
  INR n * u < 1 -> pfin (fl_dot x y) = true ->
  (forall p, In p (combine x y) -> product p = 0 \/ bpow radix2 (-1022) <= Rabs (product p)) ->
  Rabs (fR (fl_dot x y) - exact_sum (combine x y)) <= gamma n * mass (combine x y).
Proof.
  intros n N F H. pose proof (grow_gamma n N) as G. pose proof (mass_ge0 (combine x y)) as M.
  eapply Rle_trans; [ apply (fl_sum_error 0); [ lra | exact F |] |].
  - intros p I. destruct (H p I) as [-> | L]; [| pose proof (rnd_normal _ L); lra ].
    unfold rnd. rewrite round_0 by typeclasses eauto. rewrite Rminus_0_r, Rabs_R0. lra.
  - fold n. rewrite Rmult_0_r, Rplus_0_r. apply Rmult_le_compat_r; lra.
Qed.

(** ** forward pass: dot product, bias added last, relu, dot product, bias added last *)
Definition fl_relu (z : f64) : f64 := if (z <? 0)%float then 0%float else z.
Definition fl_row (x : list f64) (r : list f64 * f64) : f64 := (fl_dot (fst r) x + snd r)%float.
Definition fl_forward (hidden : list (list f64 * f64)) (output : list f64 * f64) (x : list f64) : f64 :=
  fl_row (map (fun r => fl_relu (fl_row x r)) hidden) output.

(** sum of |w_i| m_i, and with the bias *)
Fixpoint weight_mass (w : list f64) (m : list R) : R :=
  match w, m with a :: w, b :: m => Rabs (fR a) * b + weight_mass w m | _, _ => 0 end.
Definition row_mass (m : list R) (r : list f64 * f64) : R := weight_mass (fst r) m + Rabs (fR (snd r)).
(** sum over units of |a_i| (sum_j |w_ij| |x_j| + |b_i|), plus the output bias in magnitude *)
Definition forward_mass (hidden : list (list f64 * f64)) (output : list f64 * f64) (x : list f64) : R :=
  row_mass (map (row_mass (map (fun a => Rabs (fR a)) x)) hidden) output.
(** sum of |a_i| *)
Definition weight_sum (w : list f64) : R := rsum (map (fun a => Rabs (fR a)) w).

Lemma weight_sum_ge0 w : 0 <= weight_sum w.
Proof. unfold weight_sum. induction w as [| a w IH]; simpl; [ lra |]. pose proof (Rabs_pos (fR a)). lra. Qed.

(** inputs [xs] of a row approximate [ys], which are at most [ms], to G ms + E *)
Inductive near (G E : R) : list f64 -> list R -> list R -> Prop :=
  | near_nil : near G E [] [] []
  | near_cons x y m xs ys ms : Rabs (fR x - y) <= G * m + E -> Rabs y <= m ->
      near G E xs ys ms -> near G E (x :: xs) (y :: ys) (m :: ms).

Lemma near_row G E xs ys ms : 0 <= G -> 0 <= E -> near G E xs ys ms ->
  forall w, length w = length xs ->
  Rabs (exact_sum (combine w xs) - fdot w ys) <= G * weight_mass w ms + E * weight_sum w /\
  mass (combine w xs) <= (1 + G) * weight_mass w ms + E * weight_sum w /\
  Rabs (fdot w ys) <= weight_mass w ms.
Proof.
  intros HG HE H. unfold exact_sum, mass, weight_sum.
  induction H as [| x y m xs ys ms D B H IH]; intros [| a w] L; simpl in *; try discriminate.
  - rewrite Rminus_0_r, !Rabs_R0. lra.
  - destruct (IH w ltac:(congruence)) as (I1 & I2 & I3). unfold product at 1 3; simpl.
    pose proof (Rabs_pos (fR a)) as A0.
    assert (D' : Rabs (fR a) * Rabs (fR x - y) <= Rabs (fR a) * (G * m + E)) by (apply Rmult_le_compat_l; assumption).
    assert (B' : Rabs (fR a) * Rabs y <= Rabs (fR a) * m) by (apply Rmult_le_compat_l; assumption).
    assert (X : Rabs (fR x) <= (1 + G) * m + E).
    { replace (fR x) with (y + (fR x - y)) by ring. eapply Rle_trans; [ apply Rabs_triang |]. lra. }
    assert (X' : Rabs (fR a) * Rabs (fR x) <= Rabs (fR a) * ((1 + G) * m + E)) by (apply Rmult_le_compat_l; assumption).
    repeat split.
    + match goal with |- Rabs (?p + ?s - (?q + ?t)) <= _ =>
        replace (p + s - (q + t)) with (fR a * (fR x - y) + (s - t)) by ring end.
      eapply Rle_trans; [ apply Rabs_triang |]. rewrite Rabs_mult. lra.
    + rewrite Rabs_mult. lra.
    + eapply Rle_trans; [ apply Rabs_triang |]. rewrite Rabs_mult. lra.
Qed.

Lemma row_error G E xs ys ms r : 0 <= G -> 0 <= E -> near G E xs ys ms ->
  length (fst r) = length xs -> pfin (fl_row xs r) = true ->
  let n := length xs in
  Rabs (fR (fl_row xs r) - pre ys r)
    <= (grow (S n) * (1 + G) - 1) * row_mass ms r + grow (S n) * (E * weight_sum (fst r) + INR n * eta) /\
  Rabs (pre ys r) <= row_mass ms r.
Proof.
  intros HG HE H L F n. pose proof u_pos as U. pose proof eta_pos as Eta.
  destruct r as [w b]; unfold fl_row, pre, row_mass in *; simpl in *.
  destruct (near_row G E xs ys ms HG HE H w L) as (I1 & I2 & I3).
  destruct (add_fin _ _ F) as (Fs & _ & ->). pose proof (rnd_sum (fl_dot w xs) b) as R1.
  pose proof (fl_sum_error eta (combine w xs) ltac:(lra) Fs ltac:(intros; apply rnd_product)) as R2.
  fold (fl_dot w xs) in R2. rewrite combine_length, L, Nat.min_id in R2. fold n in R2.
  pose proof (grow_ge1 n) as G1. pose proof (Rabs_pos (fR b)) as B0. pose proof (pos_INR n) as N0.
  assert (W0 : 0 <= weight_mass w ms) by (pose proof (Rabs_pos (fdot w ys)); lra).
  set (mu := weight_mass w ms) in *. set (A := weight_sum w) in *. set (p := grow n) in *.
  set (s := fR (fl_dot w xs)) in *. set (t := fdot w ys) in *. set (q := exact_sum (combine w xs)) in *.
  assert (R3 : (p - 1) * mass (combine w xs) <= (p - 1) * ((1 + G) * mu + E * A))
    by (apply Rmult_le_compat_l; lra).
  assert (D : Rabs (s - t) <= (p * (1 + G) - 1) * mu + p * (E * A + INR n * eta)).
  { replace (s - t) with ((s - q) + (q - t)) by ring. eapply Rle_trans; [ apply Rabs_triang |]. nra. }
  assert (T : Rabs (t + fR b) <= mu + Rabs (fR b)) by (eapply Rle_trans; [ apply Rabs_triang |]; lra).
  split; [| exact T ].
  assert (S1 : Rabs (s + fR b) <= mu + Rabs (fR b) + Rabs (s - t)).
  { replace (s + fR b) with ((t + fR b) + (s - t)) by ring. eapply Rle_trans; [ apply Rabs_triang |]. lra. }
  replace (rnd (s + fR b) - (t + fR b)) with ((rnd (s + fR b) - (s + fR b)) + (s - t)) by ring.
  eapply Rle_trans; [ apply Rabs_triang |]. rewrite grow_S. fold p.
  apply Rmult_le_compat_l with (r := u) in S1; [| lra ].
  apply Rmult_le_compat_l with (r := 1 + u) in D; [| lra ].
  assert (K : u * Rabs (fR b) <= ((1 + u) * p * (1 + G) - 1) * Rabs (fR b)).
  { apply Rmult_le_compat_r; [ exact B0 |].
    assert (1 <= p * (1 + G)) by nra. nra. }
  nra.
Qed.

Lemma relu_value z : pfin z = true -> fR (fl_relu z) = relu (fR z) /\ pfin (fl_relu z) = true.
Proof.
  intros F. unfold fl_relu. destruct (z <? 0)%float eqn:C.
  - apply ltb_fin in C; [| exact F | reflexivity ]. change (fR 0%float) with 0 in *.
    rewrite relu_neg by lra. split; reflexivity.
  - apply ltb_fin_false in C; [| exact F | reflexivity ]. change (fR 0%float) with 0 in *.
    rewrite relu_pos by lra. split; [ reflexivity | exact F ].
Qed.

Lemma near_exact x : near 0 0 x (map fR x) (map (fun a => Rabs (fR a)) x).
Proof.
  induction x as [| a x IH]; simpl; constructor; [| lra | exact IH ].
  unfold Rminus. rewrite Rplus_opp_r, Rabs_R0. lra.
Qed.

(** For [d] inputs and [h] hidden units, all computed pre-activations finite:
    the computed output against the exact one of the same float weights and inputs. *)
Theorem forward_gamma (hidden : list (list f64 * f64)) (output : list f64 * f64) (x : list f64) :
  let d := length x in let h := length hidden in let n := (d + h + 2)%nat in
  Forall (fun r => length (fst r) = d) hidden -> length (fst output) = h ->
  Forall (fun r => pfin (fl_row x r) = true) hidden -> pfin (fl_forward hidden output x) = true ->
  INR n * u < 1 ->
  Rabs (fR (fl_forward hidden output x) - nth 0 (Rnet [hidden; [output]] (map fR x)) 0)
    <= gamma n * forward_mass hidden output x
       + (1 + gamma n) * (INR d * weight_sum (fst output) + INR h) * eta.
Proof.
  intros d h n Lh Lo Fh Fo N. pose proof eta_pos as Eta.
  pose proof (grow_ge1 (S d)) as Gd. pose proof (pos_INR d) as D0. pose proof (pos_INR h) as H0.
  assert (G0 : 0 <= grow (S d) - 1) by lra.
  pose (E := grow (S d) * (INR d * eta)).
  assert (E0 : 0 <= E) by (unfold E; apply Rmult_le_pos; nra).
  assert (NR : near (grow (S d) - 1) E (map (fun r => fl_relu (fl_row x r)) hidden)
                 (map relu (map (pre (map fR x)) hidden))
                 (map (row_mass (map (fun a => Rabs (fR a)) x)) hidden)).
  { clear -Lh Fh E0 Gd. revert Fh. induction Lh as [| r l L Lh IH]; intros Fh; simpl; [ constructor |].
    inversion Fh as [| ? ? F Fh']; subst. constructor; [| | exact (IH Fh') ].
    all: destruct (row_error 0 0 x _ _ r ltac:(lra) ltac:(lra) (near_exact x) L F) as [A B].
    - destruct (relu_value _ F) as [-> _]. eapply Rle_trans; [ apply relu_lip |].
      eapply Rle_trans; [ exact A |]. unfold E, d. apply Req_le. ring.
    - eapply Rle_trans; [ apply relu_abs | exact B ]. }
  destruct (row_error _ _ _ _ _ output G0 E0 NR ltac:(now rewrite map_length) Fo) as [A _].
  rewrite map_length in A. fold h in A.
  assert (X : nth 0 (Rnet [hidden; [output]] (map fR x)) 0 = pre (map relu (map (pre (map fR x)) hidden)) output).
  { unfold Rnet. now rewrite !Rlayer_eq. }
  rewrite X. eapply Rle_trans; [ exact A |].
  fold (forward_mass hidden output x). clear A X.
  assert (M0 : 0 <= forward_mass hidden output x).
  { destruct (row_error _ _ _ _ _ output G0 E0 NR ltac:(now rewrite map_length) Fo) as [_ B].
    eapply Rle_trans; [ apply Rabs_pos | exact B ]. }
  pose proof (weight_sum_ge0 (fst output)) as W0.
  pose proof (grow_gamma n N) as G.
  assert (P : grow (S h) * grow (S d) = grow n) by (rewrite <- grow_add; f_equal; unfold n; lia).
  assert (P1 : grow (S h) <= grow n) by (rewrite <- P; pose proof (grow_ge1 (S h)); nra).
  replace (grow (S h) * (1 + (grow (S d) - 1)) - 1) with (grow n - 1) by (rewrite <- P; ring).
  apply Rplus_le_compat; [ apply Rmult_le_compat_r; lra |].
  replace (grow (S h) * (E * weight_sum (fst output) + INR h * eta))
    with ((grow n * (INR d * weight_sum (fst output)) + grow (S h) * INR h) * eta)
    by (rewrite <- P; unfold E; ring).
  apply Rmult_le_compat_r; [ lra |]. rewrite Rmult_plus_distr_l.
  apply Rplus_le_compat; apply Rmult_le_compat_r; try lra. apply Rmult_le_pos; lra.
Qed.

(** ** the second difference as the engine rounds it: each side's own difference first *)
Definition fl_second (y_plus y_minus y_here : f64) : f64 :=
  ((y_plus - y_here) + (y_minus - y_here))%float.
Theorem second_difference_rounded (y_plus y_minus y_here : f64) :
  let a := (y_plus - y_here)%float in let b := (y_minus - y_here)%float in
  let D := fl_second y_plus y_minus y_here in
  pfin D = true ->
  Rabs (fR D - (fR y_plus + fR y_minus - 2 * fR y_here)) <= u * (Rabs (fR a) + Rabs (fR b) + Rabs (fR D)).
Proof.
  intros a b D F. destruct (add_fin _ _ F) as (Fa & Fb & E).
  assert (S : forall y z : f64, pfin (y - z)%float = true ->
    Rabs (fR (y - z)%float - (fR y - fR z)) <= u * Rabs (fR (y - z)%float)).
  { intros y z Fy. destruct (sub_fin _ _ Fy) as (_ & _ & ->).
    replace (fR y - fR z) with (fR y + fR (- z)%float) by (rewrite fR_opp; ring).
    apply rnd_sum_computed. }
  pose proof (S _ _ Fa) as A. pose proof (S _ _ Fb) as B. pose proof (rnd_sum_computed a b) as C.
  fold a in A. fold b in B. fold a b in E. rewrite <- E in C.
  change (a + b)%float with D in C.
  replace (fR D - (fR y_plus + fR y_minus - 2 * fR y_here))
    with ((fR D - (fR a + fR b)) + ((fR a - (fR y_plus - fR y_here)) + (fR b - (fR y_minus - fR y_here)))) by ring.
  eapply Rle_trans; [ apply Rabs_triang |].
  pose proof (Rabs_triang (fR a - (fR y_plus - fR y_here)) (fR b - (fR y_minus - fR y_here))). lra.
Qed.
