(** Second differences of a one-hidden-layer network across one hyperplane.

    [shift x s v] is the point x + s v.  Networks have one output here; a network
    with several outputs is a list of these over the same hidden units. *)
From Coq Require Import Reals Lra Psatz List.
From Exactract Require Import Bounds Relu.
Import ListNotations.
Open Scope R_scope.

Fixpoint shift (x : list R) (s : R) (v : list R) : list R :=
  match x, v with a :: x, b :: v => (a + s * b) :: shift x s v | _, _ => [] end.

Lemma shift_length s : forall x v, length v = length x -> length (shift x s v) = length x.
Proof. induction x as [| y x IH]; intros [| b v] L; simpl in *; try discriminate; auto. Qed.
Lemma dot_shift w : forall x v s, length v = length x ->
  dot w (shift x s v) = dot w x + s * dot w v.
Proof.
  induction w as [| a w IH]; intros [| y x] [| b v] s L; simpl in *; try discriminate; try ring.
  rewrite IH by congruence. ring.
Qed.
Lemma pre_shift n x v s : length v = length x -> pre n (shift x s v) = pre n x + s * dot (nw n) v.
Proof. intros L. unfold pre. rewrite dot_shift by exact L. ring. Qed.

(** A unit that keeps its sign is linear: it leaves no second difference. *)
Lemma relu_far z d : Rabs d <= Rabs z -> relu (z + d) + relu (z - d) - 2 * relu z = 0.
Proof. intros. rcases. Qed.
(** Off its hyperplane by [z], a unit shows |z| less than at it. *)
Lemma relu_near z d : Rabs z <= Rabs d -> relu (z + d) + relu (z - d) - 2 * relu z = Rabs d - Rabs z.
Proof. intros. rcases. Qed.

Lemma rsum_zero {A} (g : A -> R) l : (forall i, In i l -> g i = 0) -> rsum (map g l) = 0.
Proof.
  induction l as [| i l IH]; intros H; simpl; [ reflexivity |].
  rewrite (H i), IH; [ ring | intros; apply H; now right | now left ].
Qed.
Lemma rsum_insert {A} (g : A -> R) l1 k l2 :
  rsum (map g (l1 ++ k :: l2)) = g k + rsum (map g (l1 ++ l2)).
Proof. induction l1; simpl; lra. Qed.

Section Center.
Variables (c : R) (l1 l2 : list neuron) (k : neuron) (x v : list R) (s : R).
Let f := out c (l1 ++ k :: l2).
Hypothesis same_length : length v = length x.
(** every other unit keeps its sign, weakly, on the whole segment x - s v .. x + s v *)
Hypothesis others_keep_sign :
  forall i, In i (l1 ++ l2) -> Rabs (s * dot (nw i) v) <= Rabs (pre i x).

Lemma second_difference_near : Rabs (pre k x) <= Rabs (s * dot (nw k) v) ->
  f (shift x s v) + f (shift x (- s) v) - 2 * f x
  = na k * (Rabs (s * dot (nw k) v) - Rabs (pre k x)).
Proof.
  intros N. pose (g n := unit_out (shift x s v) n + unit_out (shift x (- s) v) n - 2 * unit_out x n).
  assert (E : f (shift x s v) + f (shift x (- s) v) - 2 * f x = rsum (map g (l1 ++ k :: l2))).
  { unfold f, out. generalize (l1 ++ k :: l2). intros l.
    enough (rsum (map (unit_out (shift x s v)) l) + rsum (map (unit_out (shift x (- s) v)) l)
            - 2 * rsum (map (unit_out x) l) = rsum (map g l)) by lra.
    induction l as [| n l IH]; simpl; [ ring |]. rewrite <- IH. unfold g. ring. }
  assert (G : forall n, g n = na n * (relu (pre n x + s * dot (nw n) v)
                                     + relu (pre n x - s * dot (nw n) v) - 2 * relu (pre n x))).
  { intros n. unfold g, unit_out. rewrite !pre_shift by exact same_length.
    replace (pre n x + - s * dot (nw n) v) with (pre n x - s * dot (nw n) v) by ring. ring. }
  rewrite E, rsum_insert, (rsum_zero g), G, (relu_near _ _ N); [ ring |].
  intros i Hi. rewrite G, relu_far by (apply others_keep_sign, Hi). ring.
Qed.

(** At a critical point of unit k, the second difference is the output weight times
    the step times the directional weight. *)
Theorem second_difference : pre k x = 0 ->
  f (shift x s v) + f (shift x (- s) v) - 2 * f x = na k * Rabs (s * dot (nw k) v).
Proof.
  intros Z. rewrite second_difference_near; rewrite Z, Rabs_R0; [ ring | apply Rabs_pos ].
Qed.

(** The center is off the hyperplane by [delta] in the pre-activation, and each of the
    three answers is off by at most [eta]. *)
Theorem second_difference_error delta eta y_plus y_minus y_here :
  pre k x = delta -> Rabs delta <= Rabs (s * dot (nw k) v) ->
  Rabs (y_plus - f (shift x s v)) <= eta ->
  Rabs (y_minus - f (shift x (- s) v)) <= eta ->
  Rabs (y_here - f x) <= eta ->
  Rabs (y_plus + y_minus - 2 * y_here - na k * Rabs (s * dot (nw k) v))
    <= Rabs (na k) * Rabs delta + 4 * eta.
Proof.
  intros D N P M H. pose proof second_difference_near as E. rewrite D in E. specialize (E N).
  replace (y_plus + y_minus - 2 * y_here - na k * Rabs (s * dot (nw k) v))
    with (- (na k * Rabs delta)
          + ((y_plus - f (shift x s v)) + (y_minus - f (shift x (- s) v)) - 2 * (y_here - f x)))
    by (rewrite Rmult_minus_distr_l in E; lra).
  eapply Rle_trans; [ apply Rabs_triang |].
  rewrite Rabs_Ropp, Rabs_mult, Rabs_Rabsolu. apply Rplus_le_compat_l.
  apply Rabs_le_iff. apply Rabs_le_iff in P, M, H. lra.
Qed.
End Center.

(** ** along axes *)
Definition two_axes (n i j : nat) : list R := shift (axis n i) 1 (axis n j).

Lemma dot_two_axes n i j w : length w = n -> dot w (two_axes n i j) = nth i w 0 + nth j w 0.
Proof.
  intros L. unfold two_axes. rewrite dot_shift, !(dot_comm w), !dot_axis by (rewrite ?axis_length; auto). ring.
Qed.
