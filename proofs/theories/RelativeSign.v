(** Relative signs of two weights of one unit, from second differences.

    Along axis j the second difference is alpha |s w_j|, along the sum of the axes ref
    and j it is alpha |s (w_ref + w_j)|: alpha is the output weight in magnitude, or,
    for several outputs, the factor of [projection]. *)
From Coq Require Import Reals Lra Psatz List.
From Exactract Require Import Bounds Relu SecondDifference.
Import ListNotations.
Open Scope R_scope.

Section Signs.
Variables alpha s w_ref w_j : R.
Hypothesis alpha_pos : 0 < alpha.
Let P_ref := alpha * Rabs (s * w_ref).
Let P_j := alpha * Rabs (s * w_j).
Let P_sum := alpha * Rabs (s * (w_ref + w_j)).

Lemma P_sum_same : 0 <= w_ref * w_j -> P_sum = P_ref + P_j.
Proof.
  intros S. unfold P_sum, P_ref, P_j. rewrite !Rabs_mult, <- !Rmult_plus_distr_l. do 2 f_equal.
  rcases; nra.
Qed.
Lemma P_sum_differ : w_ref * w_j <= 0 -> P_sum = Rabs (P_ref - P_j).
Proof.
  intros S. unfold P_sum, P_ref, P_j. rewrite <- Rmult_minus_distr_l, (Rabs_mult alpha), (Rabs_right alpha) by lra.
  f_equal. rewrite !Rabs_mult, <- Rmult_minus_distr_l, Rabs_mult, Rabs_Rabsolu. f_equal.
  rcases; nra.
Qed.

(** The comparison of the sum with the reference decides whenever w_j is not zero and
    less than twice the reference: the reference need not be the largest. *)
Theorem relative_sign :
  (0 <= w_ref * w_j -> P_sum = P_ref + P_j) /\
  (w_ref * w_j <= 0 -> P_sum = Rabs (P_ref - P_j)) /\
  (0 < P_j < 2 * P_ref -> (0 <= P_sum - P_ref <-> 0 < w_ref * w_j)).
Proof.
  split; [ exact P_sum_same | split; [ exact P_sum_differ |]]. intros H.
  assert (N : w_ref * w_j <> 0).
  { intros Z. apply Rmult_integral in Z. unfold P_ref, P_j in H.
    destruct Z as [Z | Z]; rewrite Z, Rmult_0_r, Rabs_R0 in H; lra. }
  split; intros S.
  - destruct (Rlt_le_dec 0 (w_ref * w_j)) as [| L]; [ assumption |].
    pose proof (P_sum_differ L) as E. rcases.
  - rewrite P_sum_same; lra.
Qed.

(** Measured values within [eta] of the true ones decide alike when the measured
    margin exceeds the error of a difference of two. *)
Theorem relative_sign_error eta P_ref' P_sum' :
  0 < P_j < 2 * P_ref ->
  Rabs (P_ref' - P_ref) <= eta -> Rabs (P_sum' - P_sum) <= eta ->
  2 * eta < Rabs (P_sum' - P_ref') ->
  (0 <= P_sum' - P_ref' <-> 0 < w_ref * w_j).
Proof.
  intros H R S M. destruct relative_sign as (_ & _ & D). rewrite <- (D H).
  apply Rabs_le_iff in R, S. rcases.
Qed.

(** The margin there is when the true values leave one: no measurement is needed. *)
Theorem relative_sign_margin eta P_ref' P_sum' :
  2 * eta < P_j -> 2 * eta < 2 * P_ref - P_j ->
  Rabs (P_ref' - P_ref) <= eta -> Rabs (P_sum' - P_sum) <= eta ->
  (0 <= P_sum' - P_ref' <-> 0 < w_ref * w_j).
Proof.
  intros H1 H2 R S. assert (E : 0 <= eta) by (pose proof (Rabs_pos (P_ref' - P_ref)); lra).
  assert (H : 0 < P_j < 2 * P_ref) by lra.
  destruct relative_sign as (A & B & D). rewrite <- (D H).
  apply Rabs_le_iff in R, S. destruct (Rle_lt_dec 0 (w_ref * w_j)) as [L | L].
  - specialize (A L). lra.
  - specialize (B (Rlt_le _ _ L)). rcases.
Qed.
End Signs.

(** Several outputs: differences D_o = a_o t projected on those of the reference,
    R_o = a_o r, are all the same multiple of t. *)
Definition weight (a : list R) : R := rsum (map (fun a => a * a) a) / rsum (map Rabs a).
Theorem projection a r t : 0 < r -> rsum (map Rabs a) <> 0 ->
  rsum (map (fun a => (a * t) * (a * r)) a) / rsum (map (fun a => Rabs (a * r)) a) = weight a * t.
Proof.
  intros Hr N. unfold weight.
  assert (E : rsum (map (fun a => (a * t) * (a * r)) a) = t * r * rsum (map (fun a => a * a) a)).
  { clear N. induction a as [| b a IH]; simpl; [ ring | rewrite IH; ring ]. }
  assert (F : rsum (map (fun a => Rabs (a * r)) a) = r * rsum (map Rabs a)).
  { clear N E. induction a as [| b a IH]; simpl; [ ring |]. rewrite IH, Rabs_mult, (Rabs_right r) by lra. ring. }
  rewrite E, F. field. lra.
Qed.

(** The network's second differences along an axis and along a sum of two are of the
    form above, with alpha = |a_k|, up to the sign of a_k. *)
Theorem axis_differences c l1 k l2 x s i j :
  let n := length x in let f := out c (l1 ++ k :: l2) in
  let second v := f (shift x s v) + f (shift x (- s) v) - 2 * f x in
  length (nw k) = n -> pre k x = 0 ->
  (forall v, In v [axis n i; two_axes n i j] ->
   forall m, In m (l1 ++ l2) -> Rabs (s * dot (nw m) v) <= Rabs (pre m x)) ->
  second (axis n i) = na k * Rabs (s * nth i (nw k) 0) /\
  second (two_axes n i j) = na k * Rabs (s * (nth i (nw k) 0 + nth j (nw k) 0)).
Proof.
  intros n f second L Z H. unfold second. split.
  - unfold f. rewrite second_difference, dot_comm, dot_axis; trivial; [ apply axis_length |].
    intros m. apply H. now left.
  - unfold f. rewrite second_difference, dot_two_axes; trivial.
    + unfold two_axes. rewrite shift_length; now rewrite !axis_length.
    + intros m. apply H. right. now left.
Qed.
