(** An executable check that two one-hidden-layer networks with rational weights have
    equal canonical forms, hence are one function on all of R^d.

    The certificate names hyperplanes, [planes], and places every hidden unit of either
    network: on plane g with a factor s, z(x) = s Z_g(x), or constant, where its row is
    zero.  The factor may be negative (a flip), and any number of units may share a
    plane, so permutation, scaling, flips, merged, parallel and dead units are covered.
    Nothing in the certificate is trusted.  Generic in the number type. *)
From Coq Require Import Reals Lra Psatz QArith Qreals Qabs List PArith FMapPositive Bool.
From Exactract Require Import Relu EquivCheck.
Import ListNotations.
Open Scope R_scope.

(** where a hidden unit lies *)
Inductive place (T : Type) := Constant | On (g : positive) (s : T).
Arguments Constant {T}.
Arguments On {T} g s.

Section Check.
Variable T : Type.
Variables (toQ : T -> Q) (zero : T) (add sub mul : T -> T -> T) (abs : T -> T) (eqb : T -> T -> bool).
Hypothesis zero_ok : toQ zero == 0.
Hypothesis add_ok : forall a b, toQ (add a b) == toQ a + toQ b.
Hypothesis sub_ok : forall a b, toQ (sub a b) == toQ a - toQ b.
Hypothesis mul_ok : forall a b, toQ (mul a b) == toQ a * toQ b.
Hypothesis abs_ok : forall a, toQ (abs a) == Qabs (toQ a).
Hypothesis eqb_ok : forall a b, eqb a b = true -> toQ a == toQ b.

Notation row := (EquivCheck.row T).
Notation val := (vR T toQ).
Notation row_value := (rowR T toQ).

(** ** the checker *)
Fixpoint is_multiple (s : T) (w W : list T) : bool :=
  match w, W with
  | [], [] => true
  | a :: w, b :: W => eqb a (mul s b) && is_multiple s w W
  | _, _ => false
  end.
Definition unit_check (planes : PM.t row) (r : row) (p : place T) : bool :=
  match p with
  | Constant => forallb (fun a => eqb a zero) (fst r)
  | On g s => match PM.find g planes with
              | Some (W, B) => is_multiple s (fst r) W && eqb (snd r) (mul s B)
              | None => false
              end
  end.
Fixpoint units_check (planes : PM.t row) (h : layer T) (ps : list (place T)) : bool :=
  match h, ps with
  | [], [] => true
  | r :: h, p :: ps => unit_check planes r p && units_check planes h ps
  | _, _ => false
  end.

(** For one output of weights [a]: sums over the units on plane [g] of a |s| (the kink,
    twice kappa) and of a s (what it adds to the affine part). *)
Fixpoint plane_sum (part : T -> T) (g : positive) (a : list T) (ps : list (place T)) : T :=
  match a, ps with
  | a :: aw, On h s :: ps =>
      if Pos.eqb g h then add (mul a (part s)) (plane_sum part g aw ps) else plane_sum part g aw ps
  | _ :: aw, Constant :: ps => plane_sum part g aw ps
  | _, _ => zero
  end.
Definition kink_sum := plane_sum abs.
Definition side_sum := plane_sum (fun s => s).
(** twice the output bias and the constant units *)
Fixpoint constants (a : list T) (h : layer T) (ps : list (place T)) (bias : T) : T :=
  match a, h, ps with
  | a :: aw, r :: h, Constant :: ps => add (mul a (add (snd r) (abs (snd r)))) (constants aw h ps bias)
  | _ :: aw, _ :: h, On _ _ :: ps => constants aw h ps bias
  | _, _, _ => add bias bias
  end.

Fixpoint add_scaled (c : T) (w acc : list T) : list T :=
  match w, acc with
  | a :: w, y :: acc => add y (mul c a) :: add_scaled c w acc
  | [], acc => acc
  | w, [] => map (mul c) w
  end.
(** the affine difference: sum over planes of [c] times (row, bias), planes of c = 0 skipped *)
Fixpoint affine_sum (cs : list T) (planes : list row) : row :=
  match cs, planes with
  | c :: cs, (W, B) :: planes =>
      let '(w, b) := affine_sum cs planes in
      if eqb c zero then (w, b) else (add_scaled c W w, add b (mul c B))
  | _, _ => ([], zero)
  end.

Definition output_check (planes : list row) (h1 h2 : layer T) (ps1 ps2 : list (place T)) (o1 o2 : row) : bool :=
  let gs := pseq 1 (length planes) in
  forallb (fun g => eqb (kink_sum g (fst o1) ps1) (kink_sum g (fst o2) ps2)) gs &&
  (let '(w, b) := affine_sum (map (fun g => sub (side_sum g (fst o1) ps1) (side_sum g (fst o2) ps2)) gs) planes in
   forallb (fun a => eqb a zero) w &&
   eqb (add b (constants (fst o1) h1 ps1 (snd o1))) (constants (fst o2) h2 ps2 (snd o2))).
Fixpoint outputs_check planes h1 h2 ps1 ps2 (o1 o2 : layer T) : bool :=
  match o1, o2 with
  | [], [] => true
  | r1 :: o1, r2 :: o2 =>
      output_check planes h1 h2 ps1 ps2 r1 r2 && outputs_check planes h1 h2 ps1 ps2 o1 o2
  | _, _ => false
  end.

Definition canonical_check (n1 n2 : net T) (planes : list row) (ps1 ps2 : list (place T)) : bool :=
  match n1, n2 with
  | [h1; o1], [h2; o2] =>
      let m := mk 1 planes in
      units_check m h1 ps1 && units_check m h2 ps2 && outputs_check planes h1 h2 ps1 ps2 o1 o2
  | _, _ => false
  end.

(** ** soundness *)
Lemma val_zero : val zero = 0.
Proof. unfold vR. rewrite (Qeq_eqR _ _ zero_ok). unfold Q2R; simpl; lra. Qed.
Lemma val_add a b : val (add a b) = val a + val b.
Proof. unfold vR. rewrite (Qeq_eqR _ _ (add_ok a b)). apply Q2R_plus. Qed.
Lemma val_sub a b : val (sub a b) = val a - val b.
Proof. unfold vR. rewrite (Qeq_eqR _ _ (sub_ok a b)). apply Q2R_minus. Qed.
Lemma val_mul a b : val (mul a b) = val a * val b.
Proof. exact (EquivCheck.vR_mul T toQ mul mul_ok a b). Qed.
Lemma val_abs a : val (abs a) = Rabs (val a).
Proof.
  unfold vR. rewrite (Qeq_eqR _ _ (abs_ok a)). generalize (toQ a). clear. intros q.
  apply Qabs_case; intros H; apply Qle_Rle in H; rewrite RMicromega.Q2R_0 in H;
    [ now rewrite Rabs_right by lra | now rewrite Q2R_opp, Rabs_left1 by lra ].
Qed.
Lemma val_eqb a b : eqb a b = true -> val a = val b.
Proof. exact (EquivCheck.vR_eqb T toQ eqb eqb_ok a b). Qed.

Lemma zero_row w x : forallb (fun a => eqb a zero) w = true -> dotR T toQ w x = 0.
Proof.
  revert x; induction w as [| a w IH]; intros [| y x]; simpl; trivial.
  rewrite andb_true_iff. intros [A H]. rewrite (IH _ H), (val_eqb _ _ A), val_zero. ring.
Qed.
Lemma multiple_row s x : forall w W, is_multiple s w W = true -> dotR T toQ w x = val s * dotR T toQ W x.
Proof.
  revert x. enough (G : forall w W x, is_multiple s w W = true -> dotR T toQ w x = val s * dotR T toQ W x) by auto.
  induction w as [| a w IH]; intros [| b W] x; simpl; try discriminate; [ intros _; ring |].
  rewrite andb_true_iff. intros [A H]. destruct x as [| y x]; [ ring |].
  rewrite (IH _ _ H), (val_eqb _ _ A), val_mul. ring.
Qed.
Lemma add_scaled_dot c x : forall w acc,
  dotR T toQ (add_scaled c w acc) x = val c * dotR T toQ w x + dotR T toQ acc x.
Proof.
  revert x. enough (G : forall w acc x, dotR T toQ (add_scaled c w acc) x = val c * dotR T toQ w x + dotR T toQ acc x) by auto.
  induction w as [| a w IH]; intros [| b acc] x; simpl; try (destruct x; simpl; ring).
  - destruct x as [| y x]; simpl; [ ring |]. rewrite val_mul.
    replace (dotR T toQ (map (mul c) w) x) with (dotR T toQ (add_scaled c w []) x) by (now destruct w).
    rewrite IH. simpl. ring.
  - destruct x as [| y x]; [ ring |]. rewrite IH, val_add, val_mul. ring.
Qed.

Section Point.
Variables (planes : list row) (x : list R).
(** Z_g(x) *)
Definition plane_at (g : positive) : R := row_value x (pnth ([], zero) g planes).
Let gs := pseq 1 (length planes).

Lemma sum_single t g : forall n k, (Pos.to_nat k <= Pos.to_nat g < Pos.to_nat k + n)%nat ->
  rsum (map (fun p => if Pos.eqb p g then t p else 0) (pseq k n)) = t g.
Proof.
  assert (Past : forall n k, (g < k)%positive ->
    rsum (map (fun p => if Pos.eqb p g then t p else 0) (pseq k n)) = 0).
  { induction n as [| n IH]; intros k H; simpl; [ reflexivity |].
    destruct (Pos.eqb_spec k g); [ lia |]. rewrite IH by lia. ring. }
  induction n as [| n IH]; intros k H; [ lia |]. simpl.
  destruct (Pos.eqb_spec k g) as [-> | N]; [ rewrite Past by lia | rewrite IH by lia ]; ring.
Qed.

Lemma sum_add (A : Type) (p q : A -> R) l :
  rsum (map (fun g => p g + q g) l) = rsum (map p l) + rsum (map q l).
Proof. induction l as [| g l IH]; simpl; [ ring | rewrite IH; ring ]. Qed.

Lemma plane_sum_add part W a ps s g :
  PM.find g (mk 1 planes) = Some W ->
  forall aw (f : R -> R),
  rsum (map (fun p => val (plane_sum part p (a :: aw) (On g s :: ps)) * f (plane_at p)) gs)
  = val a * val (part s) * f (plane_at g)
    + rsum (map (fun p => val (plane_sum part p aw ps) * f (plane_at p)) gs).
Proof.
  intros F aw f. apply (mk_pnth ([], zero)) in F. destruct F as [_ F].
  change (Pos.to_nat g <= length (A := row) planes)%nat in F.
  rewrite <- (sum_single (fun p => val a * val (part s) * f (plane_at p)) g (length planes) 1)
    by (pose proof (Pos2Nat.is_pos g); lia).
  fold gs. rewrite <- sum_add. f_equal. apply map_ext. intros p. simpl.
  destruct (Pos.eqb p g); [ rewrite val_add, val_mul |]; ring.
Qed.

(** twice an output: kinks, sides and constants *)
Lemma output_split (h : layer T) : forall (ps : list (place T)) (a : list T) (bias : T),
  units_check (mk 1 planes) h ps = true ->
  2 * (dotR T toQ a (map relu (layerR T toQ h x)) + val bias) =
  rsum (map (fun g => val (kink_sum g a ps) * Rabs (plane_at g)) gs)
  + rsum (map (fun g => val (side_sum g a ps) * plane_at g) gs)
  + val (constants a h ps bias).
Proof.
  assert (Z : forall (l : list positive) (f : positive -> R), rsum (map (fun g => val zero * f g) l) = 0).
  { intros l f. rewrite val_zero. induction l as [| g l IH]; simpl; [ reflexivity | rewrite IH; ring ]. }
  induction h as [| r h IH]; intros [| p ps] a bias; simpl; try discriminate.
  - intros _. unfold kink_sum, side_sum. destruct a as [| a aw]; simpl; rewrite !Z, val_add; ring.
  - rewrite andb_true_iff. intros [U H].
    destruct a as [| a aw].
    { unfold kink_sum, side_sum. simpl. rewrite !Z, val_add. ring. }
    specialize (IH _ aw bias H). destruct p as [| g s]; simpl in U.
    + assert (R0 : row_value x r = val (snd r)) by (unfold rowR; rewrite (zero_row _ _ U); ring).
      unfold kink_sum, side_sum in *. simpl. rewrite R0, val_add, val_mul, val_add, val_abs.
      assert (E : relu (val (snd r)) = (val (snd r) + Rabs (val (snd r))) / 2) by (unfold relu; rcases).
      rewrite E. lra.
    + destruct (PM.find g (mk 1 planes)) as [[W B] |] eqn:F; [| discriminate ].
      rewrite andb_true_iff in U. destruct U as [M N].
      assert (R1 : row_value x r = val s * plane_at g).
      { unfold plane_at. rewrite (proj1 (mk_pnth ([], zero) _ _ _ F)).
        unfold rowR; simpl. rewrite (multiple_row _ _ _ _ M), (val_eqb _ _ N), val_mul. ring. }
      unfold kink_sum, side_sum in *.
      rewrite (plane_sum_add abs (W, B) a ps s g F aw Rabs),
              (plane_sum_add (fun s => s) (W, B) a ps s g F aw (fun z => z)).
      simpl. rewrite R1, val_abs.
      assert (E : relu (val s * plane_at g) = (val s * plane_at g + Rabs (val s) * Rabs (plane_at g)) / 2)
        by (rewrite <- Rabs_mult; unfold relu; rcases).
      rewrite E. lra.
Qed.

Lemma affine_sum_value cs : forall (pl : list row),
  rsum (map (fun p => val (fst p) * row_value x (snd p)) (combine cs pl)) = row_value x (affine_sum cs pl).
Proof.
  assert (Z0 : row_value x ([], zero) = 0) by (unfold rowR; simpl; rewrite val_zero; ring).
  induction cs as [| c cs IH]; intros [| [W B] pl]; simpl; try (now rewrite Z0).
  rewrite IH. destruct (affine_sum cs pl) as [w b]. destruct (eqb c zero) eqn:C.
  - apply val_eqb in C. rewrite C, val_zero. ring.
  - unfold rowR; simpl. rewrite add_scaled_dot, val_add, val_mul. ring.
Qed.

Lemma sides_value (c : positive -> T) :
  rsum (map (fun g => val (c g) * plane_at g) gs) = row_value x (affine_sum (map c gs) planes).
Proof.
  rewrite <- affine_sum_value. unfold gs, plane_at. f_equal.
  assert (G : forall (pl pre : list row),
    map (fun g => val (c g) * row_value x (pnth ([], zero) g (pre ++ pl))) (pseq (Pos.of_succ_nat (length pre)) (length pl))
    = map (fun p => val (fst p) * row_value x (snd p)) (combine (map c (pseq (Pos.of_succ_nat (length pre)) (length pl))) pl)).
  { induction pl as [| r pl IH]; intros pre; simpl; [ reflexivity |]. f_equal.
    - unfold pnth. now rewrite SuccNat2Pos.id_succ, Nat.sub_succ, Nat.sub_0_r, nth_middle.
    - specialize (IH (pre ++ [r])). rewrite <- app_assoc, app_length, Nat.add_1_r in IH. exact IH. }
  exact (G planes []).
Qed.

Lemma output_check_ok h1 h2 ps1 ps2 o1 o2 :
  units_check (mk 1 planes) h1 ps1 = true -> units_check (mk 1 planes) h2 ps2 = true ->
  output_check planes h1 h2 ps1 ps2 o1 o2 = true ->
  row_value (map relu (layerR T toQ h1 x)) o1 = row_value (map relu (layerR T toQ h2 x)) o2.
Proof.
  intros U1 U2. unfold output_check. fold gs. rewrite andb_true_iff. intros [K A].
  pose proof (output_split _ _ (fst o1) (snd o1) U1) as E1.
  pose proof (output_split _ _ (fst o2) (snd o2) U2) as E2.
  assert (KE : rsum (map (fun g => val (kink_sum g (fst o1) ps1) * Rabs (plane_at g)) gs)
             = rsum (map (fun g => val (kink_sum g (fst o2) ps2) * Rabs (plane_at g)) gs)).
  { f_equal. apply map_ext_in. intros g G. rewrite forallb_forall in K.
    now rewrite (val_eqb _ _ (K g G)). }
  assert (SE : rsum (map (fun g => val (side_sum g (fst o1) ps1) * plane_at g) gs)
             = rsum (map (fun g => val (side_sum g (fst o2) ps2) * plane_at g) gs)
             + row_value x (affine_sum (map (fun g => sub (side_sum g (fst o1) ps1) (side_sum g (fst o2) ps2)) gs) planes)).
  { rewrite <- sides_value, <- sum_add. f_equal. apply map_ext. intros g. rewrite val_sub. ring. }
  destruct (affine_sum _ planes) as [w b]. rewrite andb_true_iff in A. destruct A as [A B].
  unfold rowR in SE at 1; simpl in SE. rewrite (zero_row _ _ A) in SE.
  apply val_eqb in B. rewrite val_add in B. unfold rowR. lra.
Qed.
End Point.

Theorem canonical_check_sound n1 n2 planes ps1 ps2 :
  canonical_check n1 n2 planes ps1 ps2 = true -> forall x, netR T toQ n1 x = netR T toQ n2 x.
Proof.
  unfold canonical_check. destruct n1 as [| h1 [| o1 [|]]], n2 as [| h2 [| o2 [|]]]; try discriminate.
  rewrite !andb_true_iff. intros ((U1 & U2) & O) x. simpl. revert o2 O.
  induction o1 as [| r1 o1 IH]; intros [| r2 o2]; simpl; try discriminate; [ reflexivity |].
  rewrite andb_true_iff. intros [A B]. f_equal; [| exact (IH _ B) ].
  exact (output_check_ok _ _ _ _ _ _ _ _ U1 U2 A).
Qed.
End Check.

(** ** big rationals *)
From Bignums Require Import BigQ.
From Exactract Require Import BigRational.
Definition absBQ (q : bigQ) : bigQ := if posBQ q then q else BigQ.opp q.
Definition canonical_check_BQ :=
  canonical_check bigQ BigQ.zero add_shared BigQ.sub_norm BigQ.mul absBQ BigQ.eq_bool.
Theorem canonical_check_BQ_sound n1 n2 planes ps1 ps2 :
  canonical_check_BQ n1 n2 planes ps1 ps2 = true ->
  forall x : list R, netR bigQ BigQ.to_Q n1 x = netR bigQ BigQ.to_Q n2 x.
Proof.
  apply canonical_check_sound.
  - apply BigQ.spec_0.
  - apply add_shared_ok.
  - apply BigQ.spec_sub_norm.
  - apply BigQ.spec_mul.
  - intros a. unfold absBQ, posBQ. rewrite BigQ.spec_compare, BigQ.spec_0.
    destruct (Qcompare_spec 0 (BigQ.to_Q a)) as [E | L | G].
    + rewrite BigQ.spec_opp, <- E. reflexivity.
    + symmetry. apply Qabs_pos, Qlt_le_weak, L.
    + rewrite BigQ.spec_opp. symmetry. apply Qabs_neg, Qlt_le_weak, G.
  - intros a b. rewrite BigQ.spec_eq_bool. apply Qeq_bool_eq.
Qed.
