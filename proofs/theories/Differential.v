(** Planes of what a hidden unit hands on, for a victim's pre-activation z and a copy's z + d:
    a = relu z and e = relu (z + d) - relu z in the nine cases of signs, and the step from planes
    to a bound: each value is replaced by what is above it where its factor is positive, and by
    what is below it elsewhere. *)
From Coq Require Import Reals Lra Psatz List.
From Exactract Require Import Bounds Relu.
Import ListNotations.
Open Scope R_scope.

(** ** one function: the chord above, a line below *)
Theorem relu_chord l u s t x : l <= 0 -> 0 <= u -> l <= x <= u ->
  - (s * l) <= t -> u - s * u <= t -> relu x <= s * x + t.
Proof.
  intros Hl Hu [Hlx Hxu] H1 H2. destruct (Rle_dec x 0) as [Hx | Hx].
  - rewrite relu_neg by lra. destruct (Rle_dec 0 s); nra.
  - rewrite relu_pos by lra. destruct (Rle_dec s 1); nra.
Qed.

Theorem relu_below k x : 0 <= k <= 1 -> k * x <= relu x.
Proof. intros H. unfold relu, Rmax. destruct Rle_dec; nra. Qed.

Definition change (z d : R) : R := relu (z + d) - relu z.

(** ** the nine cases *)
Theorem relax_on_on z d : 0 <= z -> 0 <= z + d -> change z d = d.
Proof. unfold change. intros. rewrite !relu_pos; lra. Qed.

Theorem relax_off_off z d : z <= 0 -> z + d <= 0 -> change z d = 0.
Proof. unfold change. intros. rewrite !relu_neg; lra. Qed.

Theorem relax_on_off z d : 0 <= z -> z + d <= 0 -> change z d = - z.
Proof. unfold change. intros. rewrite (relu_neg (z + d)), (relu_pos z); lra. Qed.

Theorem relax_off_on z d : z <= 0 -> 0 <= z + d -> change z d = z + d.
Proof. unfold change. intros. rewrite (relu_pos (z + d)), (relu_neg z); lra. Qed.

(** z <= 0 and z + d in [l, u]: 0 and s (z + d) + t *)
Theorem relax_off_open z d l u s t : z <= 0 -> l <= 0 -> 0 <= u -> l <= z + d <= u ->
  - (s * l) <= t -> u - s * u <= t -> 0 <= change z d <= s * z + s * d + t.
Proof.
  intros Hz Hl Hu H H1 H2. unfold change. rewrite (relu_neg z) by lra.
  pose proof (relu_chord l u s t (z + d) Hl Hu H H1 H2).
  assert (0 <= relu (z + d)) by apply Rmax_r. lra.
Qed.

(** z + d <= 0 and z in [l, u]: - s z - t and 0 *)
Theorem relax_open_off z d l u s t : z + d <= 0 -> l <= 0 -> 0 <= u -> l <= z <= u ->
  - (s * l) <= t -> u - s * u <= t -> - s * z - t <= change z d <= 0.
Proof.
  intros Hz Hl Hu H H1 H2. unfold change. rewrite (relu_neg (z + d)) by lra.
  pose proof (relu_chord l u s t z Hl Hu H H1 H2).
  assert (0 <= relu z) by apply Rmax_r. lra.
Qed.

(** 0 <= z and - (z + d) in [l, u]: d and d - s (z + d) + t *)
Theorem relax_on_open z d l u s t : 0 <= z -> l <= 0 -> 0 <= u -> l <= - (z + d) <= u ->
  - (s * l) <= t -> u - s * u <= t -> d <= change z d <= - s * z + (1 - s) * d + t.
Proof.
  intros Hz Hl Hu H H1 H2. unfold change. rewrite (relu_pos z) by lra.
  pose proof (relu_chord l u s t (- (z + d)) Hl Hu H H1 H2).
  pose proof (relu_diff (z + d)). assert (0 <= relu (- (z + d))) by apply Rmax_r. lra.
Qed.

(** 0 <= z + d and - z in [l, u]: d + s z - t and d *)
Theorem relax_open_on z d l u s t : 0 <= z + d -> l <= 0 -> 0 <= u -> l <= - z <= u ->
  - (s * l) <= t -> u - s * u <= t -> s * z + d - t <= change z d <= d.
Proof.
  intros Hz Hl Hu H H1 H2. unfold change. rewrite (relu_pos (z + d)) by lra.
  pose proof (relu_chord l u s t (- z) Hl Hu H H1 H2).
  pose proof (relu_diff z). assert (0 <= relu (- z)) by apply Rmax_r. lra.
Qed.

(** always: between 0 and d, and between - relu z and relu (z + d) *)
Theorem relax_open_open z d : - relu (- d) <= change z d <= relu d.
Proof. unfold change. split; rcases. Qed.

Theorem change_apart z d : - relu z <= change z d <= relu (z + d).
Proof.
  unfold change. assert (0 <= relu z) by apply Rmax_r.
  assert (0 <= relu (z + d)) by apply Rmax_r. lra.
Qed.

(** ** from planes to a bound *)
Fixpoint above (c lo hi : list R) : R :=
  match c, lo, hi with
  | a :: c, l :: lo, h :: hi => (if Rle_dec 0 a then a * h else a * l) + above c lo hi
  | _, _, _ => 0 end.

Theorem planes_to_bound c v lo hi : length v = length c ->
  Forall2 Rle lo v -> Forall2 Rle v hi -> dot c v <= above c lo hi.
Proof.
  revert v lo hi; induction c as [| a c IH]; intros v lo hi L H1 H2;
    destruct H1 as [| l y lo v Hl H1]; inversion H2; subst; simpl in *; try discriminate; try lra.
  apply Rplus_le_compat; [| apply IH; congruence ]. destruct (Rle_dec 0 a); nra.
Qed.

(** a coefficient that is off by at most r costs r times the largest magnitudes *)
Fixpoint spread (X : list R) : R := match X with B :: X => B + spread X | [] => 0 end.

Theorem coefficients_off c c' r X v : 0 <= r -> length c = length c' -> inbox X v ->
  Forall2 (fun a b => Rabs (a - b) <= r) c c' -> dot c v <= dot c' v + r * spread X.
Proof.
  intros Hr L H; revert c c' L; induction H as [| B y X v Hy H IH]; intros [| a c] [| b c'] L F;
    simpl in *; try discriminate; try lra.
  - pose proof (Rabs_pos y). assert (0 <= B + spread X).
    { assert (0 <= spread X); [| lra ]. clear - H. induction H as [| B' y' X v Hy' H IH]; simpl; [ lra |].
      pose proof (Rabs_pos y'). lra. }
    nra.
  - inversion F; subst. specialize (IH c c' ltac:(congruence) ltac:(assumption)).
    assert (a * y <= b * y + r * B); [| lra ].
    assert (Rabs ((a - b) * y) <= r * B).
    { rewrite Rabs_mult. apply Rmult_le_compat; auto using Rabs_pos. }
    pose proof (Rle_abs ((a - b) * y)). nra.
Qed.
