(** The canonical form of a one-hidden-layer network.

    relu z = (z + |z|) / 2, so a network is a sum of kinks kappa |z(x)| over distinct
    hyperplanes plus an affine map.  Every row is divided by its first non-zero entry;
    units on one hyperplane are merged, flips and parallel copies included; a row of
    zeros is a constant.  Networks with one output here: for several outputs, the forms
    share their hyperplanes and this holds output by output. *)
From Coq Require Import Reals Lra Psatz List Permutation.
From Exactract Require Import Bounds Relu.
Import ListNotations.
Open Scope R_scope.

(** strength = 2 kappa, the change of slope across the hyperplane *)
Record kink := Kink { kink_row : list R; kink_bias : R; strength : R }.
Record form := Form { kinks : list kink; slope : list R; offset : R }.

Definition kink_value (x : list R) (k : kink) : R :=
  strength k / 2 * Rabs (dot (kink_row k) x + kink_bias k).
Definition value (F : form) (x : list R) : R :=
  rsum (map (kink_value x) (kinks F)) + dot (slope F) x + offset F.

(** ** the form of a network *)
Fixpoint lead (w : list R) : option R :=
  match w with [] => None | a :: w => if Req_EM_T a 0 then lead w else Some a end.

Definition same_plane (k k' : kink) : {kink_row k = kink_row k' /\ kink_bias k = kink_bias k'} + {True} :=
  match list_eq_dec Req_EM_T (kink_row k) (kink_row k'), Req_EM_T (kink_bias k) (kink_bias k') with
  | left E, left B => left (conj E B) | _, _ => right I end.

Fixpoint insert (k : kink) (l : list kink) : list kink :=
  match l with
  | [] => [k]
  | k' :: l => if same_plane k k'
               then Kink (kink_row k') (kink_bias k') (strength k' + strength k) :: l
               else k' :: insert k l
  end.

Fixpoint add_multiple (s : list R) (a : R) (w : list R) : list R :=
  match s, w with y :: s, b :: w => (y + a * b) :: add_multiple s a w | _, _ => [] end.

Definition add_unit (F : form) (n : neuron) : form :=
  match lead (nw n) with
  | None => Form (kinks F) (slope F) (offset F + na n * relu (nb n))
  | Some a => Form (insert (Kink (map (fun w => w / a) (nw n)) (nb n / a) (na n * Rabs a)) (kinks F))
                   (add_multiple (slope F) (na n / 2) (nw n)) (offset F + na n / 2 * nb n)
  end.

(** [d] inputs, output bias [c], hidden units [l] *)
Definition canonical (d : nat) (c : R) (l : list neuron) : form :=
  fold_left add_unit l (Form [] (repeat 0 d) c).

(** Equal forms: the same kinks in any order, those of strength zero left out. *)
Definition live (k : kink) : bool := if Req_EM_T (strength k) 0 then false else true.
Definition same_form (F G : form) : Prop :=
  Permutation (filter live (kinks F)) (filter live (kinks G)) /\ slope F = slope G /\ offset F = offset G.

(** ** it is the network *)
Lemma relu_split z : relu z = z / 2 + Rabs z / 2.
Proof. rcases. Qed.

Lemma lead_none w x : lead w = None -> dot w x = 0.
Proof.
  revert x; induction w as [| a w IH]; intros [| y x]; simpl; trivial.
  destruct (Req_EM_T a 0) as [-> |]; [| discriminate ]. intros H. rewrite IH by exact H. ring.
Qed.
Lemma lead_some w a : lead w = Some a -> a <> 0.
Proof.
  induction w as [| b w IH]; simpl; [ discriminate |].
  destruct (Req_EM_T b 0); [ exact IH | now intros [= <-] ].
Qed.

Lemma insert_value x k l :
  rsum (map (kink_value x) (insert k l)) = kink_value x k + rsum (map (kink_value x) l).
Proof.
  induction l as [| k' l IH]; simpl; [ reflexivity |].
  destruct (same_plane k k') as [[E B] |]; simpl; [| rewrite IH; ring ].
  unfold kink_value; simpl. rewrite E, B. field.
Qed.

Lemma dot_divided a w x : dot (map (fun w => w / a) w) x = dot w x / a.
Proof. revert x; induction w; intros [| y x]; simpl; try rewrite IHw; unfold Rdiv; ring. Qed.

Lemma dot_add_multiple a s w x : length w = length s ->
  dot (add_multiple s a w) x = dot s x + a * dot w x.
Proof.
  revert w x; induction s as [| y s IH]; intros [| b w] [| z x] L; simpl in *; try discriminate; try ring.
  rewrite IH by congruence. ring.
Qed.
Lemma add_multiple_length a s : forall w, length w = length s -> length (add_multiple s a w) = length s.
Proof. induction s as [| y s IH]; intros [| b w] L; simpl in *; try discriminate; auto. Qed.

Lemma kink_of_unit x n a : a <> 0 ->
  kink_value x (Kink (map (fun w => w / a) (nw n)) (nb n / a) (na n * Rabs a)) = na n * (Rabs (pre n x) / 2).
Proof.
  intros N. unfold kink_value, pre; simpl. rewrite dot_divided.
  replace (dot (nw n) x / a + nb n / a) with ((dot (nw n) x + nb n) * / a) by (field; exact N).
  rewrite Rabs_mult, Rabs_inv. field. now apply Rabs_no_R0.
Qed.

Lemma add_unit_value x F n : length (nw n) = length (slope F) ->
  value (add_unit F n) x = value F x + unit_out x n /\ length (slope (add_unit F n)) = length (slope F).
Proof.
  intros L. unfold add_unit, value, unit_out. destruct (lead (nw n)) as [a |] eqn:A; simpl.
  - rewrite insert_value, kink_of_unit, dot_add_multiple by eauto using lead_some.
    split; [| now apply add_multiple_length ]. rewrite relu_split. unfold pre. field.
  - split; [| reflexivity ]. unfold pre. rewrite (lead_none _ _ A), Rplus_0_l. ring.
Qed.

Theorem canonical_value d c l x : Forall (fun n => length (nw n) = d) l ->
  value (canonical d c l) x = out c l x.
Proof.
  intros A. unfold canonical.
  assert (G : forall F, length (slope F) = d ->
    value (fold_left add_unit l F) x = value F x + rsum (map (unit_out x) l)).
  { induction A as [| n l H A IH]; intros F E; simpl; [ ring |].
    destruct (add_unit_value x F n) as [V S]; [ congruence |].
    rewrite IH, V by congruence. ring. }
  rewrite G by apply repeat_length. unfold value, out; simpl.
  rewrite dot_zeros. ring.
Qed.

Lemma dead_kinks x l : rsum (map (kink_value x) (filter live l)) = rsum (map (kink_value x) l).
Proof.
  induction l as [| k l IH]; simpl; [ reflexivity |].
  unfold live at 1. destruct (Req_EM_T (strength k) 0) as [Z |]; simpl; rewrite IH; [| reflexivity ].
  unfold kink_value at 2. rewrite Z. field.
Qed.

(** Networks of equal canonical forms are equal functions. *)
Theorem canonical_form d c l c' l' :
  Forall (fun n => length (nw n) = d) l -> Forall (fun n => length (nw n) = d) l' ->
  same_form (canonical d c l) (canonical d c' l') -> forall x, out c l x = out c' l' x.
Proof.
  intros A A' (P & S & O) x.
  rewrite <- (canonical_value d c l x A), <- (canonical_value d c' l' x A'). unfold value.
  rewrite <- (dead_kinks x (kinks (canonical d c l))), <- (dead_kinks x (kinks (canonical d c' l'))).
  rewrite (rsum_perm _ _ (Permutation_map _ P)), S, O. reflexivity.
Qed.
