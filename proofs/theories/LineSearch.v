(** A kink that the line search reports: the theorems of [Separation] for networks stored in
    f64, the lines that the attack draws, and the places at which it asks.

    The left end of an interval shows the line through an answer and one 2^k behind it, and so
    does the right end.  The lines of all outputs meet, in least squares, at a quotient of sums
    of products of their offsets and slopes.  [apart] is how near to it both are asked for. *)
From Coq Require Import Reals Floats ZArith Lra Lia List.
From Flocq Require Import Core IEEE754.BinarySingleNaN IEEE754.PrimFloat.
From Exactract Require Import Bounds Relu SecondDifference CriticalPoint B64 Separation.
Import ListNotations.
Open Scope R_scope.

(** the binary places and the size of a finite f64 *)
Definition stored (x : R) : Prop := grid 1074 x /\ Rabs x <= pow2 1024.
Definition stored_unit (n : neuron) : Prop := Forall stored (nw n) /\ stored (nb n) /\ stored (na n).
(** a coordinate of a line's direction *)
Definition drawn (x : R) : Prop := grid 20 x /\ Rabs x <= 1.

Lemma finite_is_stored x : pfin x = true -> stored (fR x).
Proof.
  intros _. unfold fR. pose proof (generic_format_B2R prec emax (Prim2B x)) as F.
  pose proof (abs_B2R_lt_emax prec emax (Prim2B x)) as M. split; [| exact (Rlt_le _ _ M) ].
  set (y := B2R (Prim2B x)) in *. unfold generic_format, F2R in F. simpl in F.
  apply grid_more with (- cexp radix2 (SpecFloat.fexp prec emax) y)%Z.
  - unfold cexp. change (SpecFloat.fexp prec emax) with fexp64. rewrite fexp64_FLT. unfold FLT_exp. lia.
  - eexists. rewrite Z.opp_involutive. exact F.
Qed.

Lemma dot_bound w x a b : 0 <= a -> 0 <= b ->
  Forall (fun y => Rabs y <= a) w -> Forall (fun y => Rabs y <= b) x ->
  Rabs (dot w x) <= INR (length x) * (a * b).
Proof.
  intros A B W. revert x. pose proof (Rmult_le_pos _ _ A B) as AB.
  induction W as [| z w Hz W IH]; intros x X.
  { simpl. rewrite Rabs_R0. apply Rmult_le_pos; [ apply pos_INR | exact AB ]. }
  destruct X as [| y x Hy X]; [ simpl; rewrite Rabs_R0; lra |].
  cbn [dot length]. rewrite S_INR. eapply Rle_trans; [ apply Rabs_triang |]. specialize (IH x X).
  rewrite Rabs_mult. assert (Rabs z * Rabs y <= a * b) by (apply Rmult_le_compat; auto using Rabs_pos). lra.
Qed.
Lemma rsum_bound {A} (g : A -> R) l K : (forall n, In n l -> g n <= K) ->
  rsum (map g l) <= INR (length l) * K.
Proof.
  induction l as [| n l IH]; intros H; [ simpl; lra |]. cbn [map rsum fold_right length]. rewrite S_INR.
  fold (rsum (map g l)). specialize (IH (fun m I => H m (or_intror I))). pose proof (H n (or_introl eq_refl)). lra.
Qed.

Section Search.
Variables (p v : list R) (outputs : list (R * list neuron)).
Hypothesis same_length : length v = length p.
Hypothesis origin_drawn : Forall drawn p.
Hypothesis direction_drawn : Forall drawn v.
Hypothesis weights : forall o, In o outputs -> stored (fst o) /\ Forall stored_unit (snd o).
Hypothesis hidden_size : forall o, In o outputs -> INR (length (snd o)) * INR (length p) <= pow2 32.
Hypothesis output_size : INR (length outputs) <= pow2 32.
(** the ends of an interval and the exponents of their steps, all within [places] *)
Variables (places k_l k_r : Z) (t_l t_r : R).
Hypothesis left_place : grid places t_l.
Hypothesis right_place : grid places t_r.
Hypothesis left_step : (Z.abs k_l <= places)%Z.
Hypothesis right_step : (Z.abs k_r <= places)%Z.
(** what is seen of an output at the ends, and where the lines of all outputs meet *)
Let f (o : R * list neuron) t := out (fst o) (snd o) (shift p t v).
Definition seen (o : R * list neuron) : ends :=
  Ends (f o t_l) (slope (f o) t_l k_l) (f o t_r) (slope (f o) t_r k_r).
Let meeting := t_r - products t_l t_r (map seen outputs) / squares (map seen outputs).

Let offsets (q : ends) := (y_l q - s_l q * t_l) - (y_r q - s_r q * t_r).
Lemma meeting_ratio qs : squares qs <> 0 ->
  t_r - products t_l t_r qs / squares qs = rsum (map (fun q => jump q * offsets q) qs) / squares qs.
Proof.
  intros N. enough (E : t_r * squares qs - products t_l t_r qs = rsum (map (fun q => jump q * offsets q) qs))
    by (rewrite <- E; field; exact N).
  clear N. unfold products, squares, offsets, miss, jump.
  induction qs as [| q qs IH]; simpl; [ ring |]. rewrite <- IH. ring.
Qed.

Section Output.
Variable o : R * list neuron.
Hypothesis is_output : In o outputs.

Lemma unit_stored n : In n (snd o) -> stored_unit n.
Proof. destruct (weights o is_output) as [_ W]. rewrite Forall_forall in W. apply W. Qed.
Lemma stored_grid l : Forall stored l -> Forall (grid 1074) l.
Proof. apply Forall_impl. now intros x [H _]. Qed.
Lemma drawn_grid l : Forall drawn l -> Forall (grid 20) l.
Proof. apply Forall_impl. now intros x [H _]. Qed.

Lemma pre_places n : In n (snd o) -> grid 1094 (pre n p).
Proof.
  intros I. destruct (unit_stored n I) as (W & [B _] & _).
  change 1094%Z with (1074 + 20)%Z. apply grid_pre; [ lia | now apply stored_grid | exact B | now apply drawn_grid ].
Qed.
Lemma unit_slope_places n : In n (snd o) -> grid 1094 (dot (nw n) v).
Proof.
  intros I. destruct (unit_stored n I) as (W & _). change 1094%Z with (1074 + 20)%Z.
  apply grid_dot; [ now apply stored_grid | now apply drawn_grid ].
Qed.
Lemma weight_places n : In n (snd o) -> grid 1074 (na n).
Proof. intros I. now destruct (unit_stored n I) as (_ & _ & [A _]). Qed.
Lemma bias_places : grid (1094 + 1074) (fst o).
Proof. destruct (weights o is_output) as [[B _] _]. apply grid_more with (2 := B). lia. Qed.

Lemma unit_slope_bound n : In n (snd o) -> Rabs (dot (nw n) v) <= INR (length p) * pow2 1024.
Proof.
  intros I. destruct (unit_stored n I) as (W & _).
  rewrite <- same_length, <- (Rmult_1_r (pow2 1024)). apply dot_bound; [ apply bpow_ge_0 | lra | |].
  - revert W. apply Forall_impl. now intros x [_ H].
  - revert direction_drawn. apply Forall_impl. now intros x [_ H].
Qed.
Lemma steep : steepness v (snd o) <= pow2 2080.
Proof.
  apply Rle_trans with (INR (length (snd o)) * (pow2 1024 * (INR (length p) * pow2 1024))).
  - apply rsum_bound. intros n I. rewrite Rabs_mult. destruct (unit_stored n I) as (_ & _ & [_ A]).
    apply Rmult_le_compat; auto using Rabs_pos, unit_slope_bound.
  - replace (pow2 2080) with (pow2 32 * (pow2 1024 * pow2 1024)) by (rewrite <- !bpow_plus; reflexivity).
    pose proof (hidden_size o is_output). pose proof (bpow_gt_0 radix2 1024).
    replace (INR (length (snd o)) * (pow2 1024 * (INR (length p) * pow2 1024)))
      with (INR (length (snd o)) * INR (length p) * (pow2 1024 * pow2 1024)) by ring.
    apply Rmult_le_compat_r; [ apply Rmult_le_pos; lra | assumption ].
Qed.
Lemma unit_steep n : In n (snd o) -> Rabs (dot (nw n) v) <= pow2 2080.
Proof.
  intros I. eapply Rle_trans; [ now apply unit_slope_bound |].
  apply Rle_trans with (pow2 32 * pow2 1024);
    [| rewrite <- bpow_plus; apply bpow_le; lia ].
  apply Rmult_le_compat_r; [ apply bpow_ge_0 |].
  eapply Rle_trans; [| exact (hidden_size o is_output) ].
  rewrite <- (Rmult_1_l (INR (length p))) at 1. apply Rmult_le_compat_r; [ apply pos_INR |].
  change 1 with (INR 1). apply le_INR. destruct (snd o); [ destruct I | simpl; lia ].
Qed.

Lemma slopes_bound t k : Rabs (slope (f o) t k) <= pow2 2080.
Proof. apply slope_steep; [ exact same_length | exact steep ]. Qed.
Lemma slopes_places t k : (Z.abs k <= places)%Z -> grid places t ->
  grid (2168 + 2 * places) (slope (f o) t k).
Proof.
  intros K T. change 2168%Z with (1094 + 1074)%Z.
  apply slope_places_seen; auto using pre_places, unit_slope_places, weight_places, bias_places; lia.
Qed.
Lemma offsets_places t k : (Z.abs k <= places)%Z -> grid places t ->
  grid (2168 + 3 * places) (f o t - slope (f o) t k * t).
Proof.
  intros K T. change 2168%Z with (1094 + 1074)%Z.
  apply offset_places_seen; auto using pre_places, unit_slope_places, weight_places, bias_places; lia.
Qed.
End Output.

Lemma in_seen q : In q (map seen outputs) -> exists o, In o outputs /\ q = seen o.
Proof. intros I. apply in_map_iff in I. destruct I as (o & <- & I). now exists o. Qed.

Lemma jump_places q : In q (map seen outputs) -> grid (2168 + 2 * places) (jump q).
Proof.
  intros I. destruct (in_seen _ I) as (o & O & ->).
  apply grid_minus; apply (slopes_places o O); assumption.
Qed.
Lemma meeting_d1 : grid (2168 + 3 * places + (2168 + 2 * places))
  (rsum (map (fun q => jump q * offsets q) (map seen outputs))).
Proof.
  apply grid_rsum. intros q I. rewrite Z.add_comm. apply grid_mult; [ now apply jump_places |].
  destruct (in_seen _ I) as (o & O & ->). apply grid_minus; apply (offsets_places o O); assumption.
Qed.
Lemma meeting_d2 : grid (2 * (2168 + 2 * places)) (squares (map seen outputs)).
Proof.
  apply grid_rsum. intros q I. rewrite <- Z.add_diag. apply grid_mult; now apply jump_places.
Qed.
Lemma meeting_d2_bound : Rabs (squares (map seen outputs)) <= pow2 4194.
Proof.
  apply Rle_trans with (INR (length (map seen outputs)) * (pow2 2081 * pow2 2081)).
  - eapply Rle_trans; [ apply rsum_abs |]. apply rsum_bound. intros q I.
    destruct (in_seen _ I) as (o & O & ->).
    assert (Rabs (jump (seen o)) <= pow2 2081).
    { unfold jump, Rminus. eapply Rle_trans; [ apply Rabs_triang |]. rewrite Rabs_Ropp.
      change 2081%Z with (1 + 2080)%Z. rewrite bpow_plus. change (pow2 1) with 2.
      pose proof (slopes_bound o O t_l k_l). pose proof (slopes_bound o O t_r k_r). cbn [seen s_l s_r]. lra. }
    rewrite Rabs_mult. apply Rmult_le_compat; auto using Rabs_pos.
  - rewrite map_length. change 4194%Z with (32 + (2081 + 2081))%Z. rewrite !bpow_plus with (e1 := 32%Z), bpow_plus.
    apply Rmult_le_compat_r; [ apply Rmult_le_pos; apply bpow_ge_0 | exact output_size ].
Qed.

(** how near to that place the function has to follow both lines, as an exponent of 2 *)
Definition apart : Z := - (12800 + 7 * places).

Lemma apart_near x : Rabs (meeting - x) <= pow2 apart ->
  Rabs (meeting - x) * (pow2 4194 * (2 * pow2 2080))
    < pow2 (- (2168 + 3 * places + 2 * (2168 + 2 * places))).
Proof.
  intros H. apply Rle_lt_trans with (pow2 apart * (pow2 4194 * pow2 2081)).
  - change 2081%Z with (1 + 2080)%Z. rewrite bpow_plus. change (pow2 1) with 2.
    apply Rmult_le_compat_r; [| exact H ].
    apply Rmult_le_pos; [| apply Rmult_le_pos; [ lra |]]; apply bpow_ge_0.
  - rewrite <- !bpow_plus. apply bpow_lt. unfold apart. lia.
Qed.

(** Where every output meets its left line right before the place where the lines meet, and its
    right line right behind it, it is the one line up to that place and the other from there,
    and every unit that changes sign from one side to the other changes it there. *)
Theorem stored_kink_is_alone u u' :
  (exists o, In o outputs /\ s_l (seen o) <> s_r (seen o)) ->
  meeting - pow2 apart <= u < meeting -> meeting < u' <= meeting + pow2 apart ->
  (forall o, In o outputs -> f o u = f o t_l + slope (f o) t_l k_l * (u - t_l)) ->
  (forall o, In o outputs -> f o u' = f o t_r + slope (f o) t_r k_r * (u' - t_r)) ->
  forall o, In o outputs ->
    (forall x, u <= x <= meeting -> f o x = f o t_l + slope (f o) t_l k_l * (x - t_l)) /\
    (forall x, meeting <= x <= u' -> f o x = f o t_r + slope (f o) t_r k_r * (x - t_r)) /\
    (forall n x, In n (snd o) -> kink_at p v n x -> u <= x <= u' -> x = meeting).
Proof.
  intros J U U' E E' o O.
  assert (N : squares (map seen outputs) <> 0).
  { apply Rgt_not_eq, squares_pos. destruct J as (q & I & N). exists (seen q). split; [ now apply in_map | exact N ]. }
  pose proof (apart_near u) as C. pose proof (apart_near u') as C'.
  assert (Rabs (meeting - u) <= pow2 apart) as A by (apply Rabs_le_iff; lra).
  assert (Rabs (meeting - u') <= pow2 apart) as A' by (apply Rabs_le_iff; lra).
  specialize (C A). specialize (C' A'). clear A A'. specialize (E o O). specialize (E' o O).
  unfold meeting in *. rewrite meeting_ratio in * by exact N.
  destruct (kink_is_alone p v (fst o) (snd o) same_length 1094 1074 ltac:(lia)
    (pre_places o O) (unit_slope_places o O) (weight_places o O) (bias_places o O)
    (pow2 2080) (unit_steep o O) (steep o O) (2168 + 3 * places) (2168 + 2 * places)
    _ _ (pow2 4194) ltac:(lia) ltac:(lia) meeting_d1 meeting_d2 N meeting_d2_bound
    (f o t_l - slope (f o) t_l k_l * t_l) (slope (f o) t_l k_l)
    (f o t_r - slope (f o) t_r k_r * t_r) (slope (f o) t_r k_r) u u') as (L & R & K);
    auto using offsets_places, slopes_places, slopes_bound.
  - split; [ apply U | apply U' ].
  - change (f o u = f o t_l - slope (f o) t_l k_l * t_l + slope (f o) t_l k_l * u). rewrite E. ring.
  - change (f o u' = f o t_r - slope (f o) t_r k_r * t_r + slope (f o) t_r k_r * u'). rewrite E'. ring.
  - repeat split; [ intros x X | intros x X | exact K ].
    + change (f o x) with (out (fst o) (snd o) (shift p x v)). rewrite L by exact X. ring.
    + change (f o x) with (out (fst o) (snd o) (shift p x v)). rewrite R by exact X. ring.
Qed.
End Search.
