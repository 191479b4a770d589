(** The critical point between two ends of an interval on a line.

    Along the line the function is y_l + s_l (t - t_l) from the left end to the kink,
    and y_r + s_r (t - t_r) from the kink to the right end.  With W = t_r - t_l, the
    miss e = y_r - y_l - s_l W and the jump J = s_r - s_l, the kink lies e / J before
    the right end. *)
From Coq Require Import Reals Lra Psatz List.
From Exactract Require Import Bounds Relu.
Import ListNotations.
Open Scope R_scope.

(** what is known of one output at the two ends: values and slopes *)
Record ends := Ends { y_l : R; s_l : R; y_r : R; s_r : R }.
Definition miss (W : R) (p : ends) : R := y_r p - y_l p - s_l p * W.
Definition jump (p : ends) : R := s_r p - s_l p.

Section Interval.
Variables t_l t_r tau : R.
Hypothesis inside : t_l <= tau <= t_r.
Let W := t_r - t_l.

(** [f] is linear on either side of [tau], which is its only kink in the interval *)
Definition one_kink (f : R -> R) (p : ends) : Prop :=
  (forall t, t_l <= t <= tau -> f t = y_l p + s_l p * (t - t_l)) /\
  (forall t, tau <= t <= t_r -> f t = y_r p + s_r p * (t - t_r)).

Lemma miss_jump f p : one_kink f p -> miss W p = (t_r - tau) * jump p.
Proof.
  intros [L R]. specialize (L tau). specialize (R tau). unfold miss, jump, W in *.
  assert (y_l p + s_l p * (tau - t_l) = y_r p + s_r p * (tau - t_r)) by (rewrite <- L, <- R; lra).
  lra.
Qed.

Theorem critical_point f p : one_kink f p -> s_l p <> s_r p -> tau = t_r - miss W p / jump p.
Proof.
  intros K N. rewrite (miss_jump _ _ K). field. unfold jump. lra.
Qed.

(** several outputs share the kink: least squares over them *)
Definition products (ps : list ends) : R := rsum (map (fun p => miss W p * jump p) ps).
Definition squares (ps : list ends) : R := rsum (map (fun p => jump p * jump p) ps).

Lemma squares_pos ps : (exists p, In p ps /\ s_l p <> s_r p) -> 0 < squares ps.
Proof.
  unfold squares. intros (p & I & N).
  assert (P : forall l, 0 <= rsum (map (fun p => jump p * jump p) l)).
  { induction l as [| q l IH]; simpl; [ lra |]. pose proof (Rle_0_sqr (jump q)). unfold Rsqr in *. lra. }
  induction ps as [| q ps IH]; [ contradiction I |]. simpl. specialize (P ps).
  pose proof (Rle_0_sqr (jump q)) as S. unfold Rsqr in S. destruct I as [-> | I].
  - assert (J : jump p <> 0) by (unfold jump; lra). pose proof (Rlt_0_sqr _ J) as S'. unfold Rsqr in S'. lra.
  - specialize (IH I). lra.
Qed.

Theorem critical_point_several fs ps : Forall2 one_kink fs ps ->
  (exists p, In p ps /\ s_l p <> s_r p) ->
  tau = t_r - products ps / squares ps.
Proof.
  intros K N. pose proof (squares_pos _ N) as P.
  enough (E : products ps = (t_r - tau) * squares ps) by (rewrite E; field; lra).
  clear N P. unfold products, squares. induction K as [| f p fs ps H K IH]; simpl; [ ring |].
  rewrite IH, (miss_jump _ _ H). ring.
Qed.

(** measured ends: every value is off by at most [ey], every slope by at most [es] *)
Definition measured (ey es : R) (p p' : ends) : Prop :=
  Rabs (y_l p' - y_l p) <= ey /\ Rabs (y_r p' - y_r p) <= ey /\
  Rabs (s_l p' - s_l p) <= es /\ Rabs (s_r p' - s_r p) <= es.

(** what a measured output misses the true kink by, times its jump *)
Lemma measured_miss f ey es p p' : one_kink f p -> measured ey es p p' ->
  Rabs (miss W p' - (t_r - tau) * jump p') <= 2 * ey + 3 * W * es.
Proof.
  intros K (YL & YR & SL & SR). pose proof (miss_jump _ _ K) as E.
  assert (Ws : forall d, Rabs d <= es -> Rabs (d * W) <= es * W).
  { intros d D. rewrite Rabs_mult, (Rabs_right W) by (unfold W; lra).
    apply Rmult_le_compat_r; [ unfold W; lra | exact D ]. }
  assert (Wt : forall d, Rabs d <= es -> Rabs ((t_r - tau) * d) <= es * W).
  { intros d D. rewrite Rabs_mult, (Rabs_right (t_r - tau)), Rmult_comm by lra.
    apply Rmult_le_compat; [ apply Rabs_pos | lra | exact D | unfold W; lra ]. }
  pose proof (Ws _ SL) as A1. pose proof (Wt _ SL) as A2. pose proof (Wt _ SR) as A3.
  replace (miss W p' - (t_r - tau) * jump p')
    with ((y_r p' - y_r p) - (y_l p' - y_l p) - (s_l p' - s_l p) * W
          - (t_r - tau) * (s_r p' - s_r p) + (t_r - tau) * (s_l p' - s_l p))
    by (unfold miss, jump in *; lra).
  apply Rabs_le_iff. apply Rabs_le_iff in YL, YR, A1, A2, A3. lra.
Qed.

Theorem critical_point_error f p p' ey es :
  one_kink f p -> measured ey es p p' -> jump p' <> 0 ->
  Rabs (t_r - miss W p' / jump p' - tau) <= (2 * ey + 3 * W * es) / Rabs (jump p').
Proof.
  intros K M N. pose proof (measured_miss _ _ _ _ _ K M) as B.
  replace (t_r - miss W p' / jump p' - tau)
    with (- ((miss W p' - (t_r - tau) * jump p') * / jump p')) by (field; exact N).
  rewrite Rabs_Ropp, Rabs_mult, Rabs_inv. unfold Rdiv.
  apply Rmult_le_compat_r; [| exact B ].
  left. apply Rinv_0_lt_compat, Rabs_pos_lt, N.
Qed.

Theorem critical_point_error_several fs ps ps' ey es :
  Forall2 one_kink fs ps -> Forall2 (measured ey es) ps ps' ->
  (exists p, In p ps' /\ s_l p <> s_r p) ->
  Rabs (t_r - products ps' / squares ps' - tau)
    <= (2 * ey + 3 * W * es) * rsum (map (fun p => Rabs (jump p)) ps') / squares ps'.
Proof.
  intros K M N. pose proof (squares_pos _ N) as P.
  replace (t_r - products ps' / squares ps' - tau)
    with (- ((products ps' - (t_r - tau) * squares ps') * / squares ps')) by (field; lra).
  rewrite Rabs_Ropp, Rabs_mult, Rabs_inv, (Rabs_right (squares ps')) by lra. unfold Rdiv.
  apply Rmult_le_compat_r; [ left; apply Rinv_0_lt_compat, P |].
  clear N P. revert ps' M. unfold products, squares.
  induction K as [| f p fs ps H K IH]; intros ps' M; inversion M as [| ? p' ? ps'' Hp M']; subst; simpl.
  - rewrite !Rmult_0_r, Rminus_0_r, Rabs_R0. lra.
  - specialize (IH _ M'). pose proof (measured_miss _ _ _ _ _ H Hp) as B.
    match goal with |- Rabs (?a * ?j + ?s - ?w * (?j * ?j + ?q)) <= _ =>
      replace (a * j + s - w * (j * j + q)) with ((a - w * j) * j + (s - w * q)) by ring end.
    rewrite Rmult_plus_distr_l. eapply Rle_trans; [ apply Rabs_triang |]. rewrite Rabs_mult.
    apply Rplus_le_compat; [| exact IH ].
    apply Rmult_le_compat_r; [ apply Rabs_pos | exact B ].
Qed.
End Interval.

(** A slope taken over [h] from two answers that are each off by at most [ey]. *)
Theorem slope_error f0 f1 y0 y1 h ey :
  0 < h -> Rabs (y0 - f0) <= ey -> Rabs (y1 - f1) <= ey ->
  Rabs ((y1 - y0) / h - (f1 - f0) / h) <= 2 * ey / h.
Proof.
  intros Hh A B. replace ((y1 - y0) / h - (f1 - f0) / h) with (((y1 - f1) - (y0 - f0)) / h) by (field; lra).
  unfold Rdiv. rewrite Rabs_mult, (Rabs_right (/ h)) by (apply Rle_ge; left; apply Rinv_0_lt_compat, Hh).
  apply Rmult_le_compat_r; [ left; apply Rinv_0_lt_compat, Hh |].
  apply Rabs_le_iff. apply Rabs_le_iff in A, B. lra.
Qed.
