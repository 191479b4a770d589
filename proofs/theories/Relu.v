(** ReLU identities and one-hidden-layer networks over R:
    equality under permutation and positive scaling, sign flips, and a bound on the
    distance of two networks over a box. *)
From Coq Require Import Reals Lra Psatz List Permutation.
From Exactract Require Import Bounds.
Import ListNotations.
Open Scope R_scope.

Definition relu (z : R) : R := Rmax z 0.

Ltac rcases := unfold relu, Rmax, Rabs in *; repeat destruct Rle_dec;
  repeat destruct Rcase_abs; try lra.

Lemma relu_diff z : relu z - relu (- z) = z.          Proof. rcases. Qed.
Lemma relu_abs z : Rabs (relu z) <= Rabs z.           Proof. rcases. Qed.
Lemma relu_pos z : 0 <= z -> relu z = z.              Proof. rcases. Qed.
Lemma relu_neg z : z <= 0 -> relu z = 0.              Proof. rcases. Qed.
Lemma relu_lip x y : Rabs (relu x - relu y) <= Rabs (x - y). Proof. rcases. Qed.
Lemma relu_scale c z : 0 <= c -> relu (c * z) = c * relu z.
Proof. intros Hc. unfold relu. rewrite <- (RmaxRmult z 0 c Hc), Rmult_0_r. reflexivity. Qed.

(** ** dot products on lists *)
Fixpoint dot (w x : list R) : R :=
  match w, x with a :: w, y :: x => a * y + dot w x | _, _ => 0 end.
Fixpoint adot (w x : list R) : R :=     (* sum |w_j| X_j *)
  match w, x with a :: w, y :: x => Rabs a * y + adot w x | _, _ => 0 end.
Fixpoint ddot (w w' x : list R) : R :=  (* sum |w_j - w'_j| X_j *)
  match w, w', x with
  | a :: w, a' :: w', y :: x => Rabs (a - a') * y + ddot w w' x | _, _, _ => 0 end.

Lemma dot_scale s w x : dot (map (Rmult s) w) x = s * dot w x.
Proof. revert x; induction w; intros [|y x]; simpl; try rewrite IHw; ring. Qed.

Lemma dot_comm w : forall x, dot w x = dot x w.
Proof. induction w as [| a w IH]; intros [| y x]; simpl; trivial. rewrite IH. ring. Qed.

(** the unit vector of coordinate j *)
Fixpoint axis (n j : nat) : list R :=
  match n with O => [] | S n => match j with O => 1 :: repeat 0 n | S j => 0 :: axis n j end end.
Lemma axis_length n : forall j, length (axis n j) = n.
Proof. induction n; intros [| j]; simpl; auto. now rewrite repeat_length. Qed.
Lemma dot_zeros n x : dot (repeat 0 n) x = 0.
Proof. revert x; induction n; intros [| y x]; simpl; trivial. rewrite IHn. ring. Qed.
Lemma dot_axis : forall n j x, length x = n -> dot (axis n j) x = nth j x 0.
Proof.
  induction n as [| n IH]; intros j [| y x] L; simpl in *; try discriminate; [ now destruct j |].
  destruct j; simpl; [ rewrite dot_zeros | rewrite IH by congruence ]; ring.
Qed.

Definition inbox (X x : list R) := Forall2 (fun B y => Rabs y <= B) X x.

Lemma dot_box w X x : inbox X x -> Rabs (dot w x) <= adot w X.
Proof.
  intros H; revert w; induction H as [| B y X x Hy H IH]; intros [| a w]; simpl;
    try (rewrite Rabs_R0; lra).
  eapply Rle_trans; [ apply Rabs_triang |]. apply Rplus_le_compat; [| apply IH ].
  rewrite Rabs_mult. apply Rmult_le_compat_l; [ apply Rabs_pos | exact Hy ].
Qed.

Lemma ddot_box w w' X x : length w = length w' -> inbox X x ->
  Rabs (dot w x - dot w' x) <= ddot w w' X.
Proof.
  intros L H; revert w w' L; induction H as [| B y X x Hy H IH]; intros [| a w] [| a' w'] L;
    simpl in *; try discriminate; unfold Rminus; rewrite ?Ropp_0, ?Rplus_0_r, ?Rabs_R0; try lra.
  replace (a * y + dot w x + - (a' * y + dot w' x))
     with ((a - a') * y + (dot w x - dot w' x)) by ring.
  eapply Rle_trans; [ apply Rabs_triang |]. apply Rplus_le_compat.
  - rewrite Rabs_mult. apply Rmult_le_compat_l; [ apply Rabs_pos | exact Hy ].
  - apply IH. congruence.
Qed.

(** ** one hidden layer: f(x) = c + sum_i a_i relu(w_i . x + b_i) *)
Record neuron := Neuron { nw : list R; nb : R; na : R }.
Definition pre (n : neuron) (x : list R) : R := dot (nw n) x + nb n.
Definition unit_out (x : list R) (n : neuron) : R := na n * relu (pre n x).
Definition rsum (l : list R) : R := fold_right Rplus 0 l.
Definition out (c : R) (l : list neuron) (x : list R) : R := c + rsum (map (unit_out x) l).

Definition scaled (s : R) (n : neuron) : neuron :=
  Neuron (map (Rmult s) (nw n)) (s * nb n) (na n / s).

Lemma rsum_perm l l' : Permutation l l' -> rsum l = rsum l'.
Proof. induction 1; simpl; lra. Qed.

Lemma scaled_out s n x : 0 < s -> unit_out x (scaled s n) = unit_out x n.
Proof.
  intros Hs. unfold unit_out, pre, scaled; simpl. rewrite dot_scale.
  rewrite <- Rmult_plus_distr_l, relu_scale by lra. field. lra.
Qed.

Theorem equiv_perm_scale c l l' ss :
  length ss = length l -> Forall (fun s => 0 < s) ss ->
  Permutation l' (map (fun p => scaled (fst p) (snd p)) (combine ss l)) ->
  forall x, out c l' x = out c l x.
Proof.
  intros L Hs P x. unfold out. f_equal.
  rewrite (rsum_perm _ _ (Permutation_map (unit_out x) P)). clear P.
  revert l L; induction Hs as [| s ss Hs Hss IH]; intros [| n l] L; try discriminate; [ reflexivity |].
  simpl. f_equal; [ apply scaled_out, Hs | apply IH; simpl in L; congruence ].
Qed.

(** sign flip of one neuron = affine correction *)
Definition flipped (n : neuron) : neuron := Neuron (map (Rmult (-1)) (nw n)) (- nb n) (na n).
Theorem flip_affine n x : unit_out x n = unit_out x (flipped n) + na n * (dot (nw n) x + nb n).
Proof.
  unfold unit_out, pre, flipped; simpl. rewrite dot_scale.
  replace (-1 * dot (nw n) x + - nb n) with (- (dot (nw n) x + nb n)) by ring.
  pose proof (relu_diff (dot (nw n) x + nb n)). nra.
Qed.

(** sup-norm bound over the box |x_j| <= X_j *)
Definition unit_err (X : list R) (n n' : neuron) : R :=
  Rabs (na n) * (ddot (nw n) (nw n') X + Rabs (nb n - nb n'))
  + Rabs (na n - na n') * (adot (nw n') X + Rabs (nb n')).

Lemma unit_err_ok X x n n' : length (nw n) = length (nw n') -> inbox X x ->
  Rabs (unit_out x n - unit_out x n') <= unit_err X n n'.
Proof.
  intros L H. unfold unit_out, unit_err.
  replace (na n * relu (pre n x) - na n' * relu (pre n' x))
    with (na n * (relu (pre n x) - relu (pre n' x)) + (na n - na n') * relu (pre n' x)) by ring.
  eapply Rle_trans; [ apply Rabs_triang |]. rewrite !Rabs_mult.
  apply Rplus_le_compat; (apply Rmult_le_compat_l; [ apply Rabs_pos |]).
  - eapply Rle_trans; [ apply relu_lip |]. unfold pre.
    replace (dot (nw n) x + nb n - (dot (nw n') x + nb n'))
      with ((dot (nw n) x - dot (nw n') x) + (nb n - nb n')) by ring.
    eapply Rle_trans; [ apply Rabs_triang |]. apply Rplus_le_compat_r, ddot_box; assumption.
  - eapply Rle_trans; [ apply relu_abs |]. unfold pre.
    eapply Rle_trans; [ apply Rabs_triang |]. apply Rplus_le_compat_r, dot_box, H.
Qed.

Fixpoint sum_err (X : list R) (l l' : list neuron) : R :=
  match l, l' with n :: l, n' :: l' => unit_err X n n' + sum_err X l l' | _, _ => 0 end.

Theorem sup_norm_bound X c c' l l' :
  Forall2 (fun n n' => length (nw n) = length (nw n')) l l' ->
  forall x, inbox X x -> Rabs (out c l x - out c' l' x) <= Rabs (c - c') + sum_err X l l'.
Proof.
  intros HF x Hx. unfold out.
  replace (c + rsum (map (unit_out x) l) - (c' + rsum (map (unit_out x) l')))
    with ((c - c') + (rsum (map (unit_out x) l) - rsum (map (unit_out x) l'))) by ring.
  eapply Rle_trans; [ apply Rabs_triang |]. apply Rplus_le_compat_l.
  induction HF as [| n n' l l' Hn HF IH]; simpl.
  - unfold Rminus; rewrite Rplus_opp_r, Rabs_R0; lra.
  - match goal with |- Rabs (?a + ?b - (?c + ?d)) <= _ =>
      replace (a + b - (c + d)) with ((a - c) + (b - d)) by ring end.
    eapply Rle_trans; [ apply Rabs_triang |]. apply Rplus_le_compat; [| exact IH ].
    apply unit_err_ok; assumption.
Qed.
