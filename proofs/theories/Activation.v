(** Activations as sums of ReLU units: leaky slopes, clips and the magnitude; and what the
    change of slope at a kink says of a unit.  The identity is [Relu.relu_diff]. *)
From Coq Require Import Reals Lra.
From Exactract Require Import Relu.
Open Scope R_scope.

Definition leaky (a z : R) : R := if Rle_dec z 0 then a * z else z.
Definition clip (low high z : R) : R := Rmin (Rmax z low) high.

Theorem leaky_over_relu a z : leaky a z = relu z - a * relu (- z).
Proof.
  unfold leaky, relu, Rmax. repeat destruct Rle_dec; try lra.
  assert (z = 0) by lra. subst. ring.
Qed.

Theorem abs_over_relu z : Rabs z = relu z + relu (- z).
Proof. rcases. Qed.

Theorem clip_over_relu low high z : low < high ->
  clip low high z = low + relu (z - low) - relu (z - high).
Proof. intros H. unfold clip, relu, Rmin, Rmax. repeat destruct Rle_dec; lra. Qed.

(** A leaky unit of strength s, its slope's change, is s relu(z) and an affine rest; the
    share p is 1 + b for one side and - b for the other, with b = a / (1 - a). *)
Theorem leaky_share a s z : a <> 1 ->
  s / (1 - a) * leaky a z = s * relu z + s * ((1 + a / (1 - a)) - 1) * z /\
  s / (1 - a) * leaky a (- z) = s * relu z + s * (- (a / (1 - a)) - 1) * z.
Proof.
  intros Ha. assert (1 - a <> 0) by lra.
  assert (L : forall y, leaky a y = (1 - a) * relu y + a * y).
  { intros y. rewrite leaky_over_relu. replace (relu (- y)) with (relu y - y) by (pose proof (relu_diff y); lra). ring. }
  assert (relu (- z) = relu z - z) by (pose proof (relu_diff z); lra).
  split; rewrite L; [| rewrite H0 ]; field; assumption.
Qed.

(** Two parallel kinks, at t + b1 = 0 and t + b2 = 0, are one clip of scale c. *)
Theorem clip_of_two_kinks low high b1 b2 t : low < high -> b2 < b1 ->
  let c := (high - low) / (b1 - b2) in
  clip low high (low + c * (t + b1)) = low + c * (relu (t + b1) - relu (t + b2)).
Proof.
  intros H B c. assert (Hc : 0 < c) by (unfold c; apply Rdiv_lt_0_compat; lra).
  rewrite clip_over_relu by exact H.
  replace (low + c * (t + b1) - low) with (c * (t + b1)) by ring.
  replace (low + c * (t + b1) - high) with (c * (t + b2)) by (unfold c; field; lra).
  rewrite !relu_scale by lra. ring.
Qed.
