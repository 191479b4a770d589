(** How a certificate file writes numbers, and how the checkers read them.

    A rational is [P n d] or [M n d], plus or minus n / d; n and d are lists of digits
    in base 2^62, least significant first.  A float is a hexadecimal literal of
    [float_scope] and is read exactly.  A denominator of zero, an infinity or a NaN
    reads as 0; [finite_net] tells. *)
From Coq Require Export Floats Uint63 List.
From Bignums Require Export BigQ BigZ BigN.
From Coq Require Import ZArith Bool.
From Exactract Require Import EquivCheck CanonCheck.
Import ListNotations.

Inductive raw := P (n d : list int) | M (n d : list int).
Definition two62 : BigN.t := BigN.N0 4611686018427387904%uint63.
Definition of_digits (l : list int) : BigN.t :=
  fold_right (fun d acc => BigN.add (BigN.mul acc two62) (BigN.N0 d)) BigN.zero l.
Definition of_raw (r : raw) : bigQ :=
  match r with
  | P n d => BigQ.Qq (BigZ.Pos (of_digits n)) (of_digits d)
  | M n d => BigQ.Qq (BigZ.Neg (of_digits n)) (of_digits d)
  end.
Definition of_f64 (f : float) : bigQ :=
  match Prim2SF f with
  | S754_finite s m e =>
      let z := BigN.of_pos m in
      let z := match e with Zpos _ => BigN.shiftl z (BigN.of_N (Z.to_N e)) | _ => z end in
      let n := if s then BigZ.Neg z else BigZ.Pos z in
      match e with Zneg p => BigQ.Qq n (BigN.shiftl BigN.one (BigN.of_pos p)) | _ => BigQ.Qz n end
  | _ => BigQ.zero
  end.

(** matrices by rows; layers, rows of (weights, bias); networks, layers in order *)
Definition vector_f64 : list float -> list bigQ := map of_f64.
Definition vector_raw : list raw -> list bigQ := map of_raw.
Definition layer_f64 (l : list (list float * float)) : layer bigQ :=
  map (fun r => (vector_f64 (fst r), of_f64 (snd r))) l.
Definition layer_raw (l : list (list raw * raw)) : layer bigQ :=
  map (fun r => (vector_raw (fst r), of_raw (snd r))) l.
Definition net_f64 : list (list (list float * float)) -> net bigQ := map layer_f64.
Definition net_raw : list (list (list raw * raw)) -> net bigQ := map layer_raw.

Definition finite_net (n : list (list (list float * float))) : bool :=
  forallb (forallb (fun r => forallb PrimFloat.is_finite (fst r) && PrimFloat.is_finite (snd r))) n.

(** [Plane g s]: the unit is s times plane g, counted from 1; [Zero_row]: its row is zero. *)
Inductive raw_place := Zero_row | Plane (g : int) (s : raw).
Definition places (l : list raw_place) : list (place bigQ) :=
  map (fun p => match p with Zero_row => Constant | Plane g s => On (Z.to_pos (to_Z g)) (of_raw s) end) l.
(** for [equiv_check]: copy unit i is [s] times unit [p] of the original *)
Definition matching (c : list (list (int * raw))) : list (list (positive * bigQ)) :=
  map (map (fun x => (Z.to_pos (to_Z (fst x)), of_raw (snd x)))) c.

(** ** floats are read exactly *)
From Coq Require Import Reals Qreals Lra Lia.
From Flocq Require Import Core IEEE754.BinarySingleNaN IEEE754.PrimFloat.
From Exactract Require Import B64 Relu Ball SupCheck.
Open Scope R_scope.

Lemma shiftl_spec m p : BigN.to_Z (BigN.shiftl m (BigN.of_N p)) = (BigN.to_Z m * 2 ^ Z.of_N p)%Z.
Proof. rewrite BigN.spec_shiftl. rewrite BigN.spec_of_N. apply Z.shiftl_mul_pow2, N2Z.is_nonneg. Qed.

Lemma Q2R_BigQz z : Q2R (BigQ.to_Q (BigQ.Qz z)) = IZR (BigZ.to_Z z).
Proof. unfold Q2R. simpl. field. Qed.
Lemma Q2R_BigQq z d : (0 < BigN.to_Z d)%Z ->
  Q2R (BigQ.to_Q (BigQ.Qq z d)) = IZR (BigZ.to_Z z) / IZR (BigN.to_Z d).
Proof.
  intros Hd. unfold BigQ.to_Q. rewrite BigN.spec_eqb.
  destruct (Z.eqb_spec (BigN.to_Z d) (BigN.to_Z BigN.zero)) as [E | _].
  - rewrite BigN.spec_0 in E. lia.
  - unfold Q2R. cbn [QArith_base.Qnum QArith_base.Qden]. rewrite Z2Pos.id by exact Hd. reflexivity.
Qed.

Theorem of_f64_exact f : PrimFloat.is_finite f = true -> Q2R (BigQ.to_Q (of_f64 f)) = fR f.
Proof.
  unfold fR, Prim2B. rewrite B2R_SF2B, is_finite_equiv.
  unfold Prim2B. rewrite is_finite_SF2B. unfold of_f64.
  destruct (Prim2SF f) as [s | s | | s m e]; try discriminate; intros _.
  - rewrite (Qeq_eqR _ _ BigQ.spec_0). unfold SF2R, Q2R; simpl. lra.
  - unfold SF2R, F2R. cbn [Fnum Fexp].
    assert (Sg : forall z, IZR (BigZ.to_Z (if s then BigZ.Neg z else BigZ.Pos z)) = (if s then -1 else 1) * IZR (BigN.to_Z z)).
    { intros z. destruct s; cbn [BigZ.to_Z]; rewrite ?opp_IZR; lra. }
    assert (Cg : IZR (cond_Zopp s (Zpos m)) = (if s then -1 else 1) * IZR (Zpos m)).
    { destruct s; cbn [cond_Zopp]; rewrite ?opp_IZR; lra. }
    rewrite Cg. destruct e as [| p | p].
    + rewrite Q2R_BigQz, Sg, BigN.spec_of_pos. simpl bpow. ring.
    + rewrite Q2R_BigQz, Sg, shiftl_spec, BigN.spec_of_pos.
      change (Z.to_N (Zpos p)) with (Npos p). rewrite mult_IZR.
      change (Z.of_N (Npos p)) with (Zpos p). rewrite <- IZR_Zpower by lia. 
      change (Z.pow (radix_val radix2) (Zpos p)) with (2 ^ Zpos p)%Z. ring.
    + assert (E : BigN.to_Z (BigN.shiftl BigN.one (BigN.of_pos p)) = (2 ^ Zpos p)%Z).
      { rewrite BigN.spec_shiftl, BigN.spec_1, BigN.spec_of_pos. rewrite Z.shiftl_mul_pow2 by lia. apply Z.mul_1_l. }
      rewrite Q2R_BigQq; rewrite E; [| apply Z.pow_pos_nonneg; lia ].
      rewrite Sg, BigN.spec_of_pos. change (Zneg p) with (- Zpos p)%Z.
      rewrite bpow_opp, <- IZR_Zpower by lia.
      change (Z.pow (radix_val radix2) (Zpos p)) with (2 ^ Zpos p)%Z. unfold Rdiv. ring.
Qed.

Lemma vector_f64_dot w : forall x, forallb PrimFloat.is_finite w = true ->
  dotR bigQ BigQ.to_Q (vector_f64 w) x = fdot w x.
Proof.
  induction w as [| a w IH]; intros [| y x]; simpl; trivial.
  rewrite andb_true_iff. intros [A F]. rewrite IH by exact F.
  change (vR bigQ BigQ.to_Q (of_f64 a)) with (Q2R (BigQ.to_Q (of_f64 a))). now rewrite of_f64_exact.
Qed.

(** the network a checker speaks of is the network of the floats, as real numbers *)
Theorem net_f64_exact n : finite_net n = true -> forall x, netR bigQ BigQ.to_Q (net_f64 n) x = Rnet n x.
Proof.
  assert (L : forall l x,
    forallb (fun r : list f64 * f64 => forallb PrimFloat.is_finite (fst r) && PrimFloat.is_finite (snd r)) l = true ->
    layerR bigQ BigQ.to_Q (layer_f64 l) x = Rlayer l x).
  { intros l x F. rewrite Rlayer_eq. unfold layerR, layer_f64. rewrite map_map.
    apply map_ext_in. intros [w b] I. rewrite forallb_forall in F. specialize (F _ I).
    rewrite andb_true_iff in F. destruct F as [Fw Fb]. unfold rowR, pre. simpl in *.
    rewrite vector_f64_dot by exact Fw. f_equal. exact (of_f64_exact _ Fb). }
  induction n as [| l n IH]; intros F x; simpl in F; [ reflexivity |].
  apply andb_true_iff in F. destruct F as [F1 F2]. destruct n as [| l' n]; [ exact (L _ _ F1) |].
  change (netR bigQ BigQ.to_Q (net_f64 (l' :: n)) (map relu (layerR bigQ BigQ.to_Q (layer_f64 l) x))
          = Rnet (l' :: n) (map relu (Rlayer l x))).
  rewrite (L _ _ F1). exact (IH F2 _).
Qed.
