(** The canonical form is unique: networks that are one function have equal forms.

    On a point of one hyperplane that lies on no other, the second difference across it
    shows the strength of that hyperplane's kink, and nothing else. *)
From Coq Require Import Reals Lra Psatz List Permutation.
From Exactract Require Import Bounds Relu SecondDifference Canonical.
Import ListNotations.
Open Scope R_scope.

Definition plane (k : kink) : list R * R := (kink_row k, kink_bias k).
Definition height (k : kink) (x : list R) : R := dot (kink_row k) x + kink_bias k.

(** what [canonical] makes: rows of length [d] that lead with 1, on distinct planes *)
Definition normal (d : nat) (k : kink) : Prop := length (kink_row k) = d /\ lead (kink_row k) = Some 1.
Definition reduced (d : nat) (F : form) : Prop :=
  Forall (normal d) (kinks F) /\ NoDup (map plane (kinks F)) /\ length (slope F) = d.

Lemma insert_planes k l : forall p, In p (map plane (insert k l)) <-> p = plane k \/ In p (map plane l).
Proof.
  induction l as [| k' l IH]; intros p; simpl; [ intuition |].
  destruct (same_plane k k') as [[E B] |]; simpl.
  - replace (plane k) with (plane k') by (unfold plane; congruence). unfold plane at 1; simpl. intuition.
  - rewrite IH. intuition.
Qed.
Lemma insert_reduced d k l : normal d k -> Forall (normal d) l -> NoDup (map plane l) ->
  Forall (normal d) (insert k l) /\ NoDup (map plane (insert k l)).
Proof.
  intros N A D. induction l as [| k' l IH]; simpl.
  - split; [ constructor; [ exact N | constructor ] | constructor; [ intros [] | constructor ] ].
  - inversion A as [| ? ? N' A']; subst. inversion D as [| ? ? I D']; subst.
    destruct (IH A' D') as [IH1 IH2]. unfold same_plane.
    destruct (list_eq_dec Req_EM_T (kink_row k) (kink_row k')) as [E |].
    + destruct (Req_EM_T (kink_bias k) (kink_bias k')) as [B |].
      * split; [ constructor; assumption | exact D ].
      * simpl. split; [ constructor; assumption |]. constructor; [| exact IH2 ].
        rewrite insert_planes. intros [Q | Q]; [ unfold plane in Q; congruence | contradiction ].
    + simpl. split; [ constructor; assumption |]. constructor; [| exact IH2 ].
      rewrite insert_planes. intros [Q | Q]; [ unfold plane in Q; congruence | contradiction ].
Qed.

Lemma lead_scaled c w a : c <> 0 -> lead w = Some a -> lead (map (fun b => b / c) w) = Some (a / c).
Proof.
  intros C. induction w as [| b w IH]; simpl; [ discriminate |].
  destruct (Req_EM_T b 0) as [-> | N].
  - destruct (Req_EM_T (0 / c) 0) as [| Z]; [ exact IH | exfalso; apply Z; unfold Rdiv; ring ].
  - intros [= ->]. destruct (Req_EM_T (a / c) 0) as [Z |]; [| reflexivity ].
    exfalso. apply N. replace a with (a / c * c) by (field; exact C). rewrite Z. ring.
Qed.

Lemma add_unit_reduced d F n : length (nw n) = d -> reduced d F -> reduced d (add_unit F n).
Proof.
  intros L (A & D & S). unfold add_unit. destruct (lead (nw n)) as [a |] eqn:E; [| now repeat split ].
  pose proof (lead_some _ _ E) as N.
  destruct (insert_reduced d (Kink (map (fun w => w / a) (nw n)) (nb n / a) (na n * Rabs a)) (kinks F))
    as [A' D']; trivial.
  - split; simpl; [ now rewrite map_length |]. rewrite (lead_scaled a _ a N E). f_equal. field. exact N.
  - repeat split; simpl; trivial. rewrite add_multiple_length; congruence.
Qed.

Lemma canonical_reduced d c l : Forall (fun n => length (nw n) = d) l -> reduced d (canonical d c l).
Proof.
  intros A. unfold canonical.
  assert (R : reduced d (Form [] (repeat 0 d) c)) by (repeat split; simpl; try constructor; apply repeat_length).
  revert R. generalize (Form [] (repeat 0 d) c). induction A as [| n l H A IH]; intros F R; simpl; trivial.
  apply IH. now apply add_unit_reduced.
Qed.

(** ** a point on one plane and off all others *)
Lemma height_shift k x s v : length v = length x -> height k (shift x s v) = height k x + s * dot (kink_row k) v.
Proof. intros L. unfold height. rewrite dot_shift by exact L. ring. Qed.

Lemma avoid (l : list R) : exists t, ~ In t l.
Proof.
  exists (1 + fold_right Rmax 0 l). intros I.
  assert (G : forall l t, In t l -> t <= fold_right Rmax 0 l).
  { clear. induction l as [| a l IH]; simpl; [ contradiction |].
    intros t [-> | I]; [ apply Rmax_l | eapply Rle_trans; [ exact (IH _ I) | apply Rmax_r ] ]. }
  specialize (G _ _ I). lra.
Qed.

(** the leading coordinate p: its entry is 1, and 1 too in a multiple that leads with 1 *)
Lemma lead_index w : lead w = Some 1 -> exists p, (p < length w)%nat /\ nth p w 0 = 1 /\
  forall l, length l = length w -> (exists c, l = map (Rmult c) w) -> lead l = Some 1 -> nth p l 0 = 1.
Proof.
  induction w as [| a w IH]; simpl; [ discriminate |].
  destruct (Req_EM_T a 0) as [-> | N].
  - intros H. destruct (IH H) as (p & P & E & U). exists (S p). repeat split; [ simpl; lia | exact E |].
    intros l L (c & ->) Q. simpl in *. rewrite Rmult_0_r in Q. destruct (Req_EM_T 0 0); [| congruence ].
    apply U; [ congruence | now exists c | exact Q ].
  - intros [= ->]. exists O. repeat split; [ lia |]. intros l L (c & ->) Q. simpl in *.
    destruct (Req_EM_T (c * 1) 0) as [Z | Z]; [| congruence ].
    exfalso. assert (c = 0) by lra. subst c. revert Q. clear.
    induction w as [| b w IH]; simpl; [ discriminate |]. rewrite Rmult_0_l.
    destruct (Req_EM_T 0 0); [ exact IH | congruence ].
Qed.

(** only the plane itself contains it *)
Lemma plane_determined d k k' : normal d k -> normal d k' ->
  (forall x, length x = d -> height k x = 0 -> height k' x = 0) -> plane k' = plane k.
Proof.
  intros [L N] [L' N'] H. destruct (lead_index _ N) as (p & Pp & P1 & U). rewrite L in Pp.
  pose (origin := map (Rmult (- kink_bias k)) (axis d p)).
  assert (D : forall w j c, length w = d -> dot w (map (Rmult c) (axis d j)) = c * nth j w 0).
  { intros w j c Lw. rewrite dot_comm, dot_scale, dot_axis by exact Lw. reflexivity. }
  assert (O : length origin = d) by (unfold origin; rewrite map_length; apply axis_length).
  assert (O0 : height k origin = 0) by (unfold height, origin; rewrite D, P1 by exact L; ring).
  pose proof (H _ O O0) as O1.
  assert (M : kink_row k' = map (Rmult (nth p (kink_row k') 0)) (kink_row k)).
  { apply nth_ext with (d := 0) (d' := 0); [ rewrite map_length; congruence |].
    intros j _. pose (v := shift (axis d j) (- nth j (kink_row k) 0) (axis d p)).
    assert (Lv : length v = length origin)
      by (unfold v; rewrite shift_length; rewrite ?axis_length; congruence).
    assert (V : forall w, length w = d -> dot w v = nth j w 0 - nth j (kink_row k) 0 * nth p w 0).
    { intros w Lw. unfold v. rewrite dot_shift, !(dot_comm w), !dot_axis by (rewrite ?axis_length; congruence). ring. }
    assert (Q : height k' (shift origin 1 v) = 0).
    { apply H; [ rewrite shift_length; congruence |].
      rewrite height_shift, V, O0, P1 by assumption. ring. }
    rewrite height_shift, V, O1 in Q by assumption.
    pose (a := nth p (kink_row k') 0). fold a in Q |- *.
    transitivity (a * nth j (kink_row k) 0); [ lra |].
    rewrite <- (map_nth (Rmult a)), Rmult_0_r. reflexivity. }
  assert (E : nth p (kink_row k') 0 = 1).
  { apply U; [ congruence | now eexists; exact M | exact N' ]. }
  rewrite E in M. assert (R : kink_row k' = kink_row k).
  { rewrite M. rewrite <- (map_id (kink_row k)) at 2. apply map_ext. intros; ring. }
  unfold plane. f_equal; [ exact R |]. unfold height in O0, O1. rewrite R in O1. lra.
Qed.

Lemma point_off d k l : normal d k -> Forall (normal d) l -> ~ In (plane k) (map plane l) ->
  exists x, length x = d /\ height k x = 0 /\ forall k', In k' l -> height k' x <> 0.
Proof.
  intros N A I. induction A as [| k' l N' A IH].
  - destruct N as [L N]. destruct (lead_index _ N) as (p & _ & P1 & _).
    exists (map (Rmult (- kink_bias k)) (axis d p)). repeat split; [ rewrite map_length; apply axis_length | | contradiction ].
    unfold height. rewrite dot_comm, dot_scale, dot_axis, P1 by exact L. ring.
  - destruct IH as (x & Lx & Hx & Ox); [ intros J; apply I; now right |].
    assert (Y : exists y, length y = d /\ height k y = 0 /\ height k' y <> 0).
    { apply Classical_Prop.NNPP. intros Q. apply I. left. apply (plane_determined d); trivial.
      intros y Ly Hy. destruct (Req_EM_T (height k' y) 0) as [Z | Z]; [ exact Z |].
      exfalso. apply Q. now exists y. }
    destruct Y as (y & Ly & Hy & Oy).
    (* on the line from x to y every height is affine and not zero throughout *)
    pose (v := shift y (-1) x).
    assert (Lv : length v = length x) by (unfold v; rewrite shift_length; congruence).
    assert (V : forall m, height m y = height m x + dot (kink_row m) v).
    { intros m. unfold height, v. rewrite dot_shift by congruence. ring. }
    destruct (avoid (map (fun m => - height m x / dot (kink_row m) v) (k' :: l))) as [t T].
    exists (shift x t v). repeat split; [ rewrite shift_length; congruence | |].
    + rewrite height_shift by exact Lv. pose proof (V k). rewrite Hx in *. replace (dot (kink_row k) v) with 0 by lra. ring.
    + intros m J Z. rewrite height_shift in Z by exact Lv.
      destruct (Req_EM_T (dot (kink_row m) v) 0) as [S | S].
      * rewrite S in Z. destruct J as [-> | J]; [ apply Oy; rewrite V, S; lra | apply (Ox m J); lra ].
      * apply T. apply in_map_iff. exists m. split; [| exact J ].
        replace (height m x) with (- (t * dot (kink_row m) v)) by lra. field. exact S.
Qed.

(** ** the second difference of a form *)
Lemma abs_far z e : Rabs e <= Rabs z -> Rabs (z + e) + Rabs (z - e) - 2 * Rabs z = 0.
Proof. intros. rcases. Qed.

Definition second (F : form) (x : list R) (s : R) (v : list R) : R :=
  value F (shift x s v) + value F (shift x (- s) v) - 2 * value F x.

Lemma second_sum F x s v : length v = length x ->
  second F x s v = rsum (map (fun k => strength k / 2 *
    (Rabs (height k x + s * dot (kink_row k) v) + Rabs (height k x - s * dot (kink_row k) v) - 2 * Rabs (height k x)))
    (kinks F)).
Proof.
  intros L. unfold second, value. rewrite !dot_shift by exact L.
  enough (E : rsum (map (kink_value (shift x s v)) (kinks F)) + rsum (map (kink_value (shift x (- s) v)) (kinks F))
    - 2 * rsum (map (kink_value x) (kinks F)) = rsum (map (fun k => strength k / 2 *
    (Rabs (height k x + s * dot (kink_row k) v) + Rabs (height k x - s * dot (kink_row k) v) - 2 * Rabs (height k x)))
    (kinks F))) by lra.
  induction (kinks F) as [| k l IH]; simpl; [ ring |]. rewrite <- IH. unfold kink_value.
  fold (height k (shift x s v)) (height k (shift x (- s) v)) (height k x).
  rewrite !height_shift by exact L.
  replace (height k x - s * dot (kink_row k) v) with (height k x + - s * dot (kink_row k) v) by ring. ring.
Qed.

(** a step so short that no other plane is crossed *)
Lemma short_step (l : list kink) x v : (forall k, In k l -> height k x <> 0) ->
  exists s, 0 < s /\ forall k, In k l -> Rabs (s * dot (kink_row k) v) <= Rabs (height k x).
Proof.
  induction l as [| k l IH]; intros H; [ exists 1; split; [ lra | contradiction ] |].
  destruct IH as (s & S & B); [ intros; apply H; now right |].
  assert (P : 0 < Rabs (height k x)) by (apply Rabs_pos_lt, H; now left).
  pose (q := Rabs (dot (kink_row k) v)). assert (Q : 0 <= q) by apply Rabs_pos.
  pose (s' := Rmin s (Rabs (height k x) / (q + 1))).
  assert (S1 : 0 < s') by (apply Rmin_glb_lt; [ exact S | apply Rdiv_lt_0_compat; lra ]).
  exists s'. split; [ exact S1 |]. intros m J. rewrite Rabs_mult, (Rabs_right s') by lra. destruct J as [<- | J].
  - fold q. apply Rle_trans with (Rabs (height k x) / (q + 1) * (q + 1)); [| apply Req_le; field; lra ].
    apply Rmult_le_compat; try lra. apply Rmin_r.
  - eapply Rle_trans; [| exact (B m J) ]. rewrite Rabs_mult, (Rabs_right s) by lra.
    apply Rmult_le_compat_r; [ apply Rabs_pos | apply Rmin_l ].
Qed.

(** the strength of a form on a plane, 0 where it has no kink there *)
Definition on (k k' : kink) : bool := if same_plane k k' then true else false.
Definition strength_on (F : form) (k : kink) : R :=
  rsum (map (fun k' => if on k k' then strength k' else 0) (kinks F)).

Lemma on_plane k k' : on k k' = true <-> plane k' = plane k.
Proof.
  unfold on, same_plane, plane.
  destruct (list_eq_dec Req_EM_T (kink_row k) (kink_row k')), (Req_EM_T (kink_bias k) (kink_bias k'));
    split; intros H; congruence || discriminate.
Qed.

Lemma second_on F k x s v : length v = length x -> height k x = 0 ->
  (forall k', In k' (kinks F) -> on k k' = false -> Rabs (s * dot (kink_row k') v) <= Rabs (height k' x)) ->
  second F x s v = strength_on F k * Rabs (s * dot (kink_row k) v).
Proof.
  intros L Z H. rewrite second_sum by exact L. unfold strength_on.
  induction (kinks F) as [| k' l IH]; simpl; [ ring |].
  rewrite IH by (intros; apply H; [ now right | assumption ]). clear IH.
  destruct (on k k') eqn:E.
  - apply on_plane in E. unfold plane in E. injection E as E1 E2.
    assert (Z' : height k' x = 0) by (unfold height in *; now rewrite E1, E2).
    rewrite Z', E1, Rplus_0_l, Rabs_R0. unfold Rminus. rewrite Rplus_0_l, Rabs_Ropp. field.
  - rewrite abs_far by (apply H; [ now left | exact E ]). ring.
Qed.

Lemma dot_self w : lead w = Some 1 -> 0 < dot w w.
Proof.
  assert (P : forall w, 0 <= dot w w).
  { induction w0 as [| a w0 IH]; simpl; [ lra |]. pose proof (Rle_0_sqr a). unfold Rsqr in *. lra. }
  induction w as [| a w IH]; simpl; [ discriminate |]. destruct (Req_EM_T a 0) as [-> | N].
  - intros H. specialize (IH H). lra.
  - intros _. specialize (P w). pose proof (Rlt_0_sqr a N). unfold Rsqr in *. lra.
Qed.

Lemma same_strength d F G k : reduced d F -> reduced d G -> normal d k ->
  (forall x, length x = d -> value F x = value G x) -> strength_on F k = strength_on G k.
Proof.
  intros (AF & _ & _) (AG & _ & _) N E.
  pose (others := filter (fun k' => negb (on k k')) (kinks F ++ kinks G)).
  assert (AO : Forall (normal d) others).
  { apply Forall_forall. intros m I. apply filter_In in I. destruct I as [I _].
    apply in_app_or in I. rewrite Forall_forall in AF, AG. destruct I; auto. }
  destruct (point_off d k others N AO) as (x & Lx & Hx & Ox).
  { intros I. apply in_map_iff in I. destruct I as (m & Q & I). apply filter_In in I.
    destruct I as [_ I]. apply on_plane in Q. now rewrite Q in I. }
  pose (v := kink_row k). destruct N as [L N].
  assert (Lv : length v = length x) by (unfold v; congruence).
  destruct (short_step others x v Ox) as (s & S & B).
  assert (FS : second F x s v = second G x s v).
  { unfold second. rewrite !E by (rewrite ?shift_length; congruence). reflexivity. }
  assert (Sub : forall k', In k' (kinks F ++ kinks G) -> on k k' = false -> In k' others).
  { intros m I Q. apply filter_In. split; [ exact I | now rewrite Q ]. }
  rewrite (second_on F k), (second_on G k) in FS; trivial;
    try (intros m I Q; apply B, Sub; [ apply in_or_app; auto | exact Q ]).
  pose proof (dot_self _ N) as P. unfold v in FS. rewrite Rabs_right in FS by nra.
  apply (Rmult_eq_reg_r (s * dot (kink_row k) (kink_row k))); [ exact FS | nra ].
Qed.

Lemma strength_on_own l k : NoDup (map plane l) -> In k l ->
  rsum (map (fun k' => if on k k' then strength k' else 0) l) = strength k.
Proof.
  assert (Off : forall l, ~ In (plane k) (map plane l) ->
    rsum (map (fun k' => if on k k' then strength k' else 0) l) = 0).
  { clear. induction l as [| m l IH]; intros H; simpl in *; [ reflexivity |].
    destruct (on k m) eqn:E; [ exfalso; apply H; left; now apply on_plane |]. rewrite IH; [ ring | tauto ]. }
  induction l as [| m l IH]; intros D I; [ contradiction |]. inversion D as [| ? ? O D']; subst. simpl.
  destruct I as [-> | I].
  - rewrite (proj2 (on_plane k k) eq_refl), Off by exact O. ring.
  - destruct (on k m) eqn:E; [| rewrite IH by assumption; ring ].
    exfalso. apply on_plane in E. apply O. rewrite E. now apply in_map.
Qed.

Lemma live_both d F G : reduced d F -> reduced d G -> (forall x, length x = d -> value F x = value G x) ->
  forall k, In k (filter live (kinks F)) -> In k (filter live (kinks G)).
Proof.
  intros RF RG E k I. apply filter_In in I. destruct I as [I V].
  assert (N : normal d k) by (destruct RF as (A & _); rewrite Forall_forall in A; auto).
  pose proof (same_strength d F G k RF RG N E) as S.
  unfold strength_on at 1 in S. rewrite strength_on_own in S; [| apply RF | exact I ].
  apply filter_In. destruct (existsb (on k) (kinks G)) eqn:X.
  - apply existsb_exists in X. destruct X as (m & J & O).
    assert (Q : strength m = strength k).
    { rewrite <- (strength_on_own (kinks G) m) by (trivial; apply RG). rewrite S. unfold strength_on.
      apply on_plane in O. f_equal. apply map_ext. intros r.
      replace (on m r) with (on k r); [ reflexivity |].
      apply Bool.eq_true_iff_eq. rewrite !on_plane, O. reflexivity. }
    apply on_plane in O. unfold plane in O. destruct m, k; simpl in *. injection O as -> ->. subst.
    split; assumption.
  - exfalso. assert (Z : strength_on G k = 0).
    { apply rsum_zero. intros m J. destruct (on k m) eqn:O; [| reflexivity ].
      rewrite <- Bool.not_true_iff_false in X. exfalso. apply X. apply existsb_exists. now exists m. }
    unfold live in V. destruct (Req_EM_T (strength k) 0); [ discriminate | congruence ].
Qed.

Lemma live_distinct d F : reduced d F -> NoDup (filter live (kinks F)).
Proof. intros (_ & D & _). apply NoDup_filter. now apply NoDup_map_inv in D. Qed.

(** Networks that are one function have equal canonical forms. *)
Theorem canonical_form_unique d c l c' l' :
  Forall (fun n => length (nw n) = d) l -> Forall (fun n => length (nw n) = d) l' ->
  (forall x, length x = d -> out c l x = out c' l' x) ->
  same_form (canonical d c l) (canonical d c' l').
Proof.
  intros A A' E. pose proof (canonical_reduced d c l A) as RF. pose proof (canonical_reduced d c' l' A') as RG.
  assert (V : forall x, length x = d -> value (canonical d c l) x = value (canonical d c' l') x).
  { intros x L. rewrite !canonical_value by assumption. exact (E x L). }
  revert RF RG V. generalize (canonical d c l) (canonical d c' l'). intros F G RF RG V.
  assert (P : Permutation (filter live (kinks F)) (filter live (kinks G))).
  { apply NoDup_Permutation; try (eapply live_distinct; eassumption).
    intros k. split; apply (live_both d); trivial. intros; symmetry; auto. }
  assert (Aff : forall x, length x = d -> dot (slope F) x + offset F = dot (slope G) x + offset G).
  { intros x L. specialize (V x L). unfold value in V. rewrite <- (dead_kinks x (kinks F)), <- (dead_kinks x (kinks G)) in V.
    rewrite (rsum_perm _ _ (Permutation_map (kink_value x) P)) in V. lra. }
  assert (O : offset F = offset G).
  { specialize (Aff (repeat 0 d) (repeat_length _ _)). rewrite !(dot_comm _ (repeat 0 d)), !dot_zeros in Aff. lra. }
  repeat split; trivial. destruct RF as (_ & _ & LF). destruct RG as (_ & _ & LG).
  apply nth_ext with (d := 0) (d' := 0); [ congruence |]. intros j _.
  specialize (Aff (axis d j) (axis_length _ _)). rewrite !(dot_comm _ (axis d j)), !dot_axis in Aff by assumption. lra.
Qed.
