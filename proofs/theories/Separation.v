(** How near to each other the kinks of a one-hidden-layer network can lie on a line, and
    what a line through two answers thereby shows.

    Along p + t v, unit n has the pre-activation A + t B with A = [pre n p] and
    B = [dot (nw n) v].  Where weights and line have finitely many binary places, so has every
    sum of products of them, and such a number is 0 or not small.  So two units change sign
    at one place or well apart, and a line through two answers that the function meets close
    to a place computed from such lines is the function itself up to that place. *)
From Coq Require Import Reals ZArith Lra Lia Psatz List.
From Flocq Require Import Core.
From Exactract Require Import Bounds Relu SecondDifference.
Import ListNotations.
Open Scope R_scope.

Notation pow2 := (bpow radix2).

(** ** numbers of [s] binary places *)
Definition grid (s : Z) (x : R) : Prop := exists n : Z, x = IZR n * pow2 (- s).

Lemma grid_more s s' x : (s <= s')%Z -> grid s x -> grid s' x.
Proof.
  intros L [n ->]. exists (n * 2 ^ (s' - s))%Z.
  rewrite mult_IZR, (IZR_Zpower radix2) by lia. rewrite Rmult_assoc, <- bpow_plus. f_equal. f_equal. lia.
Qed.
Lemma grid_0 s : grid s 0.
Proof. exists 0%Z. ring. Qed.
Lemma grid_plus s x y : grid s x -> grid s y -> grid s (x + y).
Proof. intros [n ->] [m ->]. exists (n + m)%Z. rewrite plus_IZR. ring. Qed.
Lemma grid_opp s x : grid s x -> grid s (- x).
Proof. intros [n ->]. exists (- n)%Z. rewrite opp_IZR. ring. Qed.
Lemma grid_minus s x y : grid s x -> grid s y -> grid s (x - y).
Proof. intros X Y. apply grid_plus; [| apply grid_opp ]; assumption. Qed.
Lemma grid_mult s s' x y : grid s x -> grid s' y -> grid (s + s') (x * y).
Proof.
  intros [n ->] [m ->]. exists (n * m)%Z. rewrite mult_IZR.
  replace (- (s + s'))%Z with (- s + - s')%Z by ring. rewrite bpow_plus. ring.
Qed.
Lemma grid_pow2 k : grid (- k) (pow2 k).
Proof. exists 1%Z. rewrite Z.opp_involutive. ring. Qed.
Lemma grid_relu s z : grid s z -> grid s (relu z).
Proof. intros H. unfold relu, Rmax. destruct Rle_dec; [ apply grid_0 | exact H ]. Qed.
Lemma grid_rsum {A} s (g : A -> R) l : (forall n, In n l -> grid s (g n)) -> grid s (rsum (map g l)).
Proof.
  induction l as [| n l IH]; intros H; simpl; [ apply grid_0 |].
  apply grid_plus; [ apply H; now left | apply IH; intros; apply H; now right ].
Qed.
Lemma grid_dot s s' w : forall x, Forall (grid s) w -> Forall (grid s') x -> grid (s + s') (dot w x).
Proof.
  induction w as [| a w IH]; intros [| y x] W X; simpl; try apply grid_0.
  inversion W; inversion X; subst. apply grid_plus; [ now apply grid_mult | now apply IH ].
Qed.

(** a number of [s] binary places is 0, or not small *)
Lemma grid_least s x : grid s x -> x <> 0 -> pow2 (- s) <= Rabs x.
Proof.
  intros [n ->] N. rewrite Rabs_mult, (Rabs_right (pow2 (- s))) by (apply Rle_ge, bpow_ge_0).
  rewrite <- (Rmult_1_l (pow2 (- s))) at 1. apply Rmult_le_compat_r; [ apply bpow_ge_0 |].
  rewrite <- abs_IZR. apply IZR_le. assert (n <> 0%Z) by (intros ->; apply N; ring). lia.
Qed.

(** ** two kinks of one line *)

(** unit [n] changes sign at [t] on the line p + t v *)
Definition kink_at (p v : list R) (n : neuron) (t : R) : Prop :=
  dot (nw n) v <> 0 /\ pre n p + t * dot (nw n) v = 0.

Lemma grid_pre s s' n p : (0 <= s')%Z -> Forall (grid s) (nw n) -> grid s (nb n) ->
  Forall (grid s') p -> grid (s + s') (pre n p).
Proof.
  intros S W B P. apply grid_plus; [ now apply grid_dot |]. apply grid_more with (2 := B). lia.
Qed.

Theorem kinks_apart s o d p v X n m t t' : (0 <= o)%Z ->
  Forall (grid s) (nw n) -> grid s (nb n) -> Forall (grid s) (nw m) -> grid s (nb m) ->
  Forall (grid o) p -> Forall (grid d) v -> inbox X v ->
  kink_at p v n t -> kink_at p v m t' -> t <> t' ->
  pow2 (- (2 * s + o + d)) / (adot (nw n) X * adot (nw m) X) <= Rabs (t - t').
Proof.
  intros O Wn Bn Wm Bm P V I [N E] [N' E'] T.
  pose proof (dot_box (nw n) _ _ I) as H. pose proof (dot_box (nw m) _ _ I) as H'.
  pose proof (Rabs_pos_lt _ N) as Q. pose proof (Rabs_pos_lt _ N') as Q'.
  assert (F : (t - t') * (dot (nw n) v * dot (nw m) v)
              = pre m p * dot (nw n) v - pre n p * dot (nw m) v).
  { replace (pre n p) with (- (t * dot (nw n) v)) by lra.
    replace (pre m p) with (- (t' * dot (nw m) v)) by lra. ring. }
  assert (L : pow2 (- (2 * s + o + d)) <= Rabs ((t - t') * (dot (nw n) v * dot (nw m) v))).
  { apply grid_least.
    - rewrite F. replace (2 * s + o + d)%Z with ((s + o) + (s + d))%Z by ring.
      apply grid_minus; apply grid_mult; (now apply grid_pre) || now apply grid_dot.
    - repeat apply Rmult_integral_contrapositive_currified; lra. }
  assert (0 < adot (nw n) X * adot (nw m) X) as C by (apply Rmult_lt_0_compat; lra).
  apply Rmult_le_reg_r with (1 := C). unfold Rdiv. rewrite Rmult_assoc, Rinv_l, Rmult_1_r by lra.
  eapply Rle_trans; [ exact L |]. rewrite !Rabs_mult.
  apply Rmult_le_compat_l; [ apply Rabs_pos |]. apply Rmult_le_compat; lra.
Qed.

(** ** one place on the line of one output *)

(** [x] lies on the segment from [a] to [b] *)
Definition between (a b x : R) : Prop := a <= x <= b \/ b <= x <= a.
Lemma between_pos A B a b x : 0 <= A + a * B -> 0 <= A + b * B -> between a b x -> 0 <= A + x * B.
Proof. intros H H' [S | S]; destruct (Rle_lt_dec 0 B); nra. Qed.
Lemma zero_between A B a b : (A + a * B) * (A + b * B) < 0 ->
  B <> 0 /\ between a b (- A / B) /\ A + b * B <> 0.
Proof.
  intros H. assert (N : B <> 0) by (intros ->; nra).
  assert (Z : A = - (- A / B * B)) by (field; exact N). set (z := - A / B) in *.
  repeat split; [ exact N | unfold between | intros E; rewrite E in H; lra ].
  rewrite Z in H. assert (0 < B * B) by (pose proof (Rlt_0_sqr B N); unfold Rsqr in *; lra).
  assert ((z - a) * (z - b) < 0) by nra. destruct (Rle_lt_dec a z), (Rle_lt_dec z b); nra || lra.
Qed.

Section Place.
Variables (p v : list R) (c : R) (l : list neuron).
Let f t := out c l (shift p t v).
Hypothesis same_length : length v = length p.
(** binary places of pre-activations and their slopes, and of output weights *)
Variables w o : Z.
Hypothesis o_pos : (0 <= o)%Z.
Hypothesis pre_grid : forall n, In n l -> grid w (pre n p).
Hypothesis slope_grid : forall n, In n l -> grid w (dot (nw n) v).
Hypothesis weight_grid : forall n, In n l -> grid o (na n).
Hypothesis bias_grid : grid (w + o) c.
(** [G] bounds the slopes of the units and of the output *)
Definition steepness (l : list neuron) : R := rsum (map (fun n => Rabs (na n * dot (nw n) v)) l).
Variable G : R.
Hypothesis unit_slopes : forall n, In n l -> Rabs (dot (nw n) v) <= G.
Hypothesis output_slope : steepness l <= G.
(** the place d1 / d2; [k0] and [k1], at least w + o, are binary places of a line's offset and slope *)
Variables (k0 k1 : Z) (d1 d2 D : R).
Hypothesis offset_places : (w + o <= k0)%Z.
Hypothesis slope_places : (w + o <= k1)%Z.
Hypothesis d1_grid : grid (k0 + k1) d1.
Hypothesis d2_grid : grid (2 * k1) d2.
Hypothesis d2_nonzero : d2 <> 0.
Hypothesis d2_bound : Rabs d2 <= D.
Let tau := d1 / d2.
(** [x] is nearer to the place than any other zero of a line of these binary places *)
Definition near (x : R) : Prop := Rabs (tau - x) * (D * (2 * G)) < pow2 (- (k0 + 2 * k1)).

Lemma pre_along n t : pre n (shift p t v) = pre n p + t * dot (nw n) v.
Proof. now apply pre_shift. Qed.

Lemma near_zero a b x : grid k0 a -> grid k1 b -> b <> 0 -> Rabs b <= 2 * G ->
  a + x * b = 0 -> near x -> x = tau.
Proof.
  intros A B N H E C. destruct (Req_dec x tau) as [| T]; [ assumption | exfalso ].
  assert (F : (tau - x) * (d2 * b) = d1 * b + a * d2).
  { replace a with (- (x * b)) by lra. unfold tau. field. exact d2_nonzero. }
  assert (L : pow2 (- (k0 + 2 * k1)) <= Rabs ((tau - x) * (d2 * b))).
  { apply grid_least.
    - rewrite F. apply grid_plus.
      + replace (k0 + 2 * k1)%Z with (k0 + k1 + k1)%Z by ring. now apply grid_mult.
      + now apply grid_mult.
    - repeat apply Rmult_integral_contrapositive_currified; try assumption. lra. }
  rewrite !Rabs_mult in L. unfold near in C.
  assert (P : Rabs d2 * Rabs b <= D * (2 * G)) by (apply Rmult_le_compat; auto using Rabs_pos).
  pose proof (Rmult_le_compat_l _ _ _ (Rabs_pos (tau - x)) P). lra.
Qed.

(** a unit that changes sign near the place changes it there *)
Lemma kink_near n x : In n l -> kink_at p v n x -> near x -> x = tau.
Proof.
  intros I [N E]. pose proof (unit_slopes n I). pose proof (Rabs_pos (dot (nw n) v)).
  apply near_zero with (a := pre n p) (b := dot (nw n) v); try assumption; try lra;
    apply grid_more with w; auto; lia.
Qed.

Lemma near_between u x : near u -> between u tau x -> near x.
Proof.
  unfold near. intros C S. eapply Rle_lt_trans; [| exact C ].
  assert (0 <= G).
  { eapply Rle_trans; [| exact output_slope ]. unfold steepness. clear.
    induction l; simpl; [ lra |]. pose proof (Rabs_pos (na a * dot (nw a) v)). lra. }
  apply Rmult_le_compat_r.
  - apply Rmult_le_pos; [ apply Rle_trans with (2 := d2_bound), Rabs_pos | lra ].
  - clear C. unfold Rabs. destruct S; repeat destruct Rcase_abs; lra.
Qed.

(** on a segment where no unit changes sign, the output is a line of w + o binary places *)
Definition keeps_sign (a b : R) (n : neuron) : Prop :=
  (0 <= pre n (shift p a v) /\ 0 <= pre n (shift p b v)) \/
  (pre n (shift p a v) <= 0 /\ pre n (shift p b v) <= 0).

Lemma straight a b l' : incl l' l -> (forall n, In n l' -> keeps_sign a b n) ->
  exists m0 m1, grid (w + o) m0 /\ grid (w + o) m1 /\ Rabs m1 <= steepness l' /\
    forall x, between a b x -> rsum (map (unit_out (shift p x v)) l') = m0 + m1 * x.
Proof.
  induction l' as [| n l' IH]; intros I K.
  { exists 0, 0. repeat split; try apply grid_0; unfold steepness; simpl; rewrite ?Rabs_R0; intros; lra. }
  destruct IH as (m0 & m1 & G0 & G1 & M & E).
  { intros m Hm. apply I. now right. } { intros m Hm. apply K. now right. }
  assert (In n l) as J by (apply I; now left). specialize (K n (or_introl eq_refl)).
  unfold keeps_sign in K. rewrite !pre_along in K. unfold steepness in *. simpl.
  destruct K as [[K K'] | [K K']].
  - exists (na n * pre n p + m0), (na n * dot (nw n) v + m1). repeat split.
    + apply grid_plus; [| assumption ]. rewrite Z.add_comm. apply grid_mult; auto.
    + apply grid_plus; [| assumption ]. rewrite Z.add_comm. apply grid_mult; auto.
    + eapply Rle_trans; [ apply Rabs_triang |]. lra.
    + intros x X. rewrite (E x X). unfold unit_out. rewrite pre_along, relu_pos; [ ring |].
      now apply between_pos with a b.
  - exists m0, m1. repeat split; try assumption.
    + pose proof (Rabs_pos (na n * dot (nw n) v)). lra.
    + intros x X. rewrite (E x X). unfold unit_out. rewrite pre_along, relu_neg; [ ring |].
      enough (0 <= - pre n p + x * - dot (nw n) v) by lra. apply between_pos with a b; trivial; lra.
Qed.

Lemma near_keeps_sign u n : In n l -> near u -> keeps_sign u tau n.
Proof.
  intros I C. unfold keeps_sign. rewrite !pre_along.
  set (A := pre n p). set (B := dot (nw n) v).
  destruct (Rle_lt_dec 0 ((A + u * B) * (A + tau * B))) as [K | K].
  { destruct (Rtotal_order (A + u * B) 0) as [? | [? | ?]], (Rle_lt_dec 0 (A + tau * B)); nra || lra. }
  destruct (zero_between _ _ _ _ K) as (N & Z & S). destruct S.
  assert (- A / B = tau) as <-; [| field; exact N ]. apply kink_near with n; [ assumption | |].
  - split; [ exact N |]. fold A B. field. exact N.
  - now apply near_between with u.
Qed.

(** Where the function meets a line near the place, but not at it, it follows that line up to it. *)
Theorem line_is_followed l0 l1 u : grid k0 l0 -> grid k1 l1 -> Rabs l1 <= G ->
  u <> tau -> near u -> f u = l0 + l1 * u ->
  forall x, between u tau x -> f x = l0 + l1 * x.
Proof.
  intros L0 L1 S U C E x X.
  destruct (straight u tau l) as (m0 & m1 & G0 & G1 & M & F).
  { apply incl_refl. } { intros n I. now apply near_keeps_sign. }
  assert (H : forall y, between u tau y -> f y = c + m0 + m1 * y).
  { intros y Y. unfold f, out. rewrite (F y Y). ring. }
  assert (Hu : between u tau u) by (unfold between; destruct (Rle_lt_dec u tau); lra).
  rewrite H in * by assumption.
  destruct (Req_dec (m1 - l1) 0) as [Z | Z]; [ replace m1 with l1 in * by lra; lra | exfalso ].
  apply U, near_zero with (a := c + m0 - l0) (b := m1 - l1); try assumption.
  - apply grid_minus; [| assumption ]. apply grid_more with (1 := offset_places). now apply grid_plus.
  - apply grid_minus; [| assumption ]. now apply grid_more with (1 := slope_places).
  - unfold Rminus. eapply Rle_trans; [ apply Rabs_triang |]. rewrite Rabs_Ropp. lra.
  - lra.
Qed.

(** Where the function meets a line on either side, it follows both up to the place, and every
    unit that changes sign from one side to the other changes it there. *)
Theorem kink_is_alone l0 l1 r0 r1 u u' :
  grid k0 l0 -> grid k1 l1 -> Rabs l1 <= G -> grid k0 r0 -> grid k1 r1 -> Rabs r1 <= G ->
  u < tau < u' -> near u -> near u' -> f u = l0 + l1 * u -> f u' = r0 + r1 * u' ->
  (forall x, u <= x <= tau -> f x = l0 + l1 * x) /\
  (forall x, tau <= x <= u' -> f x = r0 + r1 * x) /\
  (forall n x, In n l -> kink_at p v n x -> u <= x <= u' -> x = tau).
Proof.
  intros L0 L1 S R0 R1 S' O C C' E E'. repeat split.
  - intros x X. apply line_is_followed with u; trivial; [ lra | now left ].
  - intros x X. apply line_is_followed with u'; trivial; [ lra | right; lra ].
  - intros n x I K X. apply kink_near with n; trivial.
    destruct (Rle_lt_dec x tau); [ apply near_between with u | apply near_between with u' ];
      trivial; [ left | right ]; lra.
Qed.

(** ** lines through two answers *)
Lemma rsum_abs {A} (g : A -> R) l' : Rabs (rsum (map g l')) <= rsum (map (fun n => Rabs (g n)) l').
Proof.
  induction l' as [| n l' IH]; simpl; [ rewrite Rabs_R0; lra |].
  eapply Rle_trans; [ apply Rabs_triang |]. lra.
Qed.
Lemma slope_bound t h : Rabs (f (t + h) - f t) <= G * Rabs h.
Proof.
  apply Rle_trans with (steepness l * Rabs h); [| apply Rmult_le_compat_r; [ apply Rabs_pos | exact output_slope ] ].
  unfold f, out, steepness. clear - same_length. induction l as [| n l' IH]; simpl.
  { replace (c + 0 - (c + 0)) with 0 by ring. rewrite Rabs_R0. lra. }
  match goal with |- Rabs (c + (?a + ?b) - (c + (?a' + ?b'))) <= _ =>
    replace (c + (a + b) - (c + (a' + b'))) with ((a - a') + (c + b - (c + b'))) by ring end.
  eapply Rle_trans; [ apply Rabs_triang |]. rewrite Rmult_plus_distr_r. apply Rplus_le_compat; [| exact IH ].
  unfold unit_out. rewrite <- Rmult_minus_distr_l, !Rabs_mult, Rmult_assoc.
  apply Rmult_le_compat_l; [ apply Rabs_pos |]. eapply Rle_trans; [ apply relu_lip |].
  rewrite !pre_shift by exact same_length. rewrite <- Rabs_mult. apply Req_le. f_equal. ring.
Qed.

Lemma answer_grid s t : (0 <= s)%Z -> grid s t -> grid (w + o + s) (f t).
Proof.
  intros S T. unfold f, out. apply grid_plus; [ apply grid_more with (2 := bias_grid); lia |].
  apply grid_rsum. intros n I. unfold unit_out. replace (w + o + s)%Z with (o + (w + s))%Z by ring.
  apply grid_mult; [ auto |]. apply grid_relu. rewrite pre_along. apply grid_plus.
  - apply grid_more with w; [ lia | auto ].
  - rewrite Z.add_comm. apply grid_mult; auto.
Qed.

(** the slope from an answer at [t] to one 2^k behind it *)
Definition slope (g : R -> R) (t : R) (k : Z) : R := (g (t + pow2 k) - g t) / pow2 k.

Lemma slope_steep t k : Rabs (slope f t k) <= G.
Proof.
  pose proof (bpow_gt_0 radix2 k) as K. pose proof (slope_bound t (pow2 k)) as B.
  rewrite (Rabs_right (pow2 k)) in B by lra. unfold slope, Rdiv.
  rewrite Rabs_mult, Rabs_inv, (Rabs_right (pow2 k)) by lra.
  apply Rmult_le_reg_r with (1 := K). rewrite Rmult_assoc, Rinv_l by lra. lra.
Qed.
Lemma slope_places_seen s t k : (Z.abs k <= s)%Z -> grid s t -> grid (w + o + 2 * s) (slope f t k).
Proof.
  intros K T. unfold slope, Rdiv. rewrite <- bpow_opp.
  apply grid_more with (w + o + s + - - k)%Z; [ lia |].
  apply grid_mult; [| apply grid_pow2 ]. apply grid_minus; apply answer_grid; trivial; try lia.
  apply grid_plus; [ exact T |]. apply grid_more with (2 := grid_pow2 k). lia.
Qed.
Lemma offset_places_seen s t k : (Z.abs k <= s)%Z -> grid s t ->
  grid (w + o + 3 * s) (f t - slope f t k * t).
Proof.
  intros K T. apply grid_minus.
  - apply grid_more with (w + o + s)%Z; [ lia |]. apply answer_grid; trivial; lia.
  - replace (w + o + 3 * s)%Z with (w + o + 2 * s + s)%Z by ring.
    apply grid_mult; [ now apply slope_places_seen | exact T ].
Qed.
End Place.
