(** The preimage test: which side of a hyperplane is the active one.

    The attack knows every row up to a factor: w_k = sigma_k row_k with sigma_k <> 0.
    For the preimage v of a unit vector, row_k . v = 1 at k = i and 0 elsewhere, so
    w_i . v = sigma_i and w_k . v = 0: from a critical point of unit i, moving by v or
    by -v changes that unit alone, and only on its active side. *)
From Coq Require Import Reals Lra Psatz List.
From Exactract Require Import Bounds Relu SecondDifference.
Import ListNotations.
Open Scope R_scope.

Section Preimage.
Variables (c : R) (l1 l2 : list neuron) (i : neuron) (x v : list R) (sigma : R).
Let f := out c (l1 ++ i :: l2).
Hypothesis same_length : length v = length x.
Hypothesis critical : pre i x = 0.
Hypothesis crosses : dot (nw i) v = sigma.
Hypothesis others_unmoved : forall k, In k (l1 ++ l2) -> dot (nw k) v = 0.

Lemma preimage_step s : f (shift x s v) - f x = na i * relu (s * sigma).
Proof.
  unfold f, out. rewrite !rsum_insert.
  assert (U : forall n, unit_out (shift x s v) n = na n * relu (pre n x + s * dot (nw n) v)).
  { intros n. unfold unit_out. now rewrite pre_shift. }
  replace (rsum (map (unit_out (shift x s v)) (l1 ++ l2))) with (rsum (map (unit_out x) (l1 ++ l2))).
  - rewrite U. unfold unit_out at 2. rewrite critical, crosses, (relu_neg 0) by lra.
    rewrite Rplus_0_l. ring.
  - f_equal. apply map_ext_in. intros k Hk. rewrite U, (others_unmoved k Hk).
    unfold unit_out. rewrite Rmult_0_r, Rplus_0_r. reflexivity.
Qed.

(** The row points to the active side iff the output moves ahead and is still behind. *)
Theorem global_sign :
  (0 < sigma -> f (shift x 1 v) - f x = na i * sigma /\ f (shift x (-1) v) = f x) /\
  (sigma < 0 -> f (shift x 1 v) = f x /\ f (shift x (-1) v) - f x = na i * - sigma).
Proof.
  pose proof (preimage_step 1) as A. pose proof (preimage_step (-1)) as B.
  split; intros S; [ rewrite relu_pos in A by lra; rewrite relu_neg in B by lra
                   | rewrite relu_neg in A by lra; rewrite relu_pos in B by lra ]; lra.
Qed.

(** Answers within [eta] of the true ones still tell the sides apart when the change
    exceeds what two errors make, in the units of the output. *)
Theorem global_sign_error eta y_ahead y_behind y_here :
  sigma <> 0 ->
  Rabs (y_ahead - f (shift x 1 v)) <= eta -> Rabs (y_behind - f (shift x (-1) v)) <= eta ->
  Rabs (y_here - f x) <= eta -> 4 * eta < Rabs (na i * sigma) ->
  (Rabs (y_behind - y_here) < Rabs (y_ahead - y_here) <-> 0 < sigma).
Proof.
  intros N A B H M. destruct global_sign as [P Q].
  assert (Small : forall y z, Rabs (y - z) <= eta -> z = f x -> Rabs (y - y_here) <= 2 * eta).
  { intros y z E ->. apply Rabs_le_iff in E, H. apply Rabs_le_iff. lra. }
  assert (Large : forall y z, Rabs (y - z) <= eta -> Rabs (z - f x) = Rabs (na i * sigma) ->
    2 * eta < Rabs (y - y_here)).
  { intros y z E F. replace (z - f x) with ((y - y_here) - ((y - z) - (y_here - f x))) in F by ring.
    pose proof (Rabs_triang (y - y_here) (- ((y - z) - (y_here - f x)))) as T.
    rewrite Rabs_Ropp in T. unfold Rminus at 1 in F. rewrite F in T.
    assert (Rabs (y - z - (y_here - f x)) <= 2 * eta)
      by (apply Rabs_le_iff in E, H; apply Rabs_le_iff; lra). lra. }
  destruct (Rtotal_order sigma 0) as [S | [S | S]]; [| lra |].
  - destruct (Q S) as [Q1 Q2]. pose proof (Small _ _ A Q1).
    assert (2 * eta < Rabs (y_behind - y_here)).
    { apply (Large _ _ B). rewrite Q2, !Rabs_mult, Rabs_Ropp. reflexivity. }
    split; lra.
  - destruct (P S) as [P1 P2]. pose proof (Small _ _ B P2).
    assert (2 * eta < Rabs (y_ahead - y_here)) by (apply (Large _ _ A); now rewrite P1).
    split; lra.
Qed.
End Preimage.
