(** Least squares: what the normal equations give, and an executable check in big
    rationals that a candidate is within [eps] of the least-squares solution.

    The data are rational, so the solution is: it is a vector over [rat]. *)
From Coq Require Import ZArith QArith List Lia.
From Bignums Require Import BigQ.
From mathcomp Require Import all_ssreflect all_algebra.
From Exactract Require Import Linear BigRational.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.Theory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** A solution of the normal equations of a matrix of independent columns is the
    least-squares solution, alone; where the data are consistent it solves them. *)
Theorem least_squares (F : realFieldType) m n (A : 'M[F]_(m, n)) b x :
  A^T *m (b - A *m x) = 0 -> (forall v : 'cV[F]_n, A *m v = 0 -> v = 0) ->
  [/\ forall y, sqn (b - A *m x) <= sqn (b - A *m y),
      forall y, sqn (b - A *m y) <= sqn (b - A *m x) -> y = x
    & forall y, A *m y = b -> y = x].
Proof.
move=> N inj.
have U y : sqn (b - A *m y) <= sqn (b - A *m x) -> y = x.
  rewrite (pythagoras y N) ger_addl => yx.
  have Ay : A *m (y - x) = 0 by apply: sqn_eq0; apply/eqP; rewrite eq_le yx sqn_ge0.
  by apply/eqP; rewrite -subr_eq0 (inj _ Ay).
split=> //; first exact: normal_eq_min.
move=> y Ay; apply: U; rewrite Ay subrr.
by apply: le_trans (sqn_ge0 _); rewrite sqnE mulmx0 mxE.
Qed.

(** ** big rationals as [rat] *)
Definition int_of_Z (z : Z) : int := Posz (Z.to_nat z) - Posz (Z.to_nat (Z.opp z)).
Definition rat_of_Z (z : Z) : rat := (int_of_Z z)%:~R.
Definition rat_of_Q (q : Q) : rat := rat_of_Z (Qnum q) / rat_of_Z (Zpos (Qden q)).
Definition val (q : bigQ) : rat := rat_of_Q (BigQ.to_Q q).

Lemma int_of_ZD a b : int_of_Z (Z.add a b) = int_of_Z a + int_of_Z b.
Proof.
rewrite /int_of_Z addrACA -opprD -!PoszD; apply/eqP.
rewrite subr_eq addrAC eq_sym subr_eq -!PoszD -!plusE; apply/eqP; congr Posz.
by lia.
Qed.
Lemma int_of_ZN a : int_of_Z (Z.opp a) = - int_of_Z a.
Proof. by rewrite /int_of_Z Z.opp_involutive opprB. Qed.
Lemma int_of_ZM a b : int_of_Z (Z.mul a b) = int_of_Z a * int_of_Z b.
Proof.
have P p q : int_of_Z (Z.mul (Zpos p) (Zpos q)) = int_of_Z (Zpos p) * int_of_Z (Zpos q).
  by rewrite /int_of_Z /= !subr0 Pos2Nat.inj_mul multE PoszM.
case: a b => [|p|p] [|q|q]; rewrite ?mulr0 ?mul0r //.
- rewrite -[Zneg q]/(Z.opp (Zpos q)) Z.mul_opp_r !int_of_ZN P mulrN //.
- rewrite -[Zneg p]/(Z.opp (Zpos p)) Z.mul_opp_l !int_of_ZN P mulNr //.
- rewrite -[Zneg p]/(Z.opp (Zpos p)) -[Zneg q]/(Z.opp (Zpos q)) Z.mul_opp_opp !int_of_ZN P mulrNN //.
Qed.
Lemma rat_of_ZD a b : rat_of_Z (Z.add a b) = rat_of_Z a + rat_of_Z b.
Proof. by rewrite /rat_of_Z int_of_ZD rmorphD. Qed.
Lemma rat_of_ZM a b : rat_of_Z (Z.mul a b) = rat_of_Z a * rat_of_Z b.
Proof. by rewrite /rat_of_Z int_of_ZM rmorphM. Qed.
Lemma rat_of_ZN a : rat_of_Z (Z.opp a) = - rat_of_Z a.
Proof. by rewrite /rat_of_Z int_of_ZN rmorphN. Qed.
Lemma rat_of_pos p : 0 < rat_of_Z (Zpos p).
Proof. by rewrite /rat_of_Z ltr0z /int_of_Z /= subr0 ltz_nat; apply/ssrnat.ltP; apply: Pos2Nat.is_pos. Qed.
Lemma rat_of_Z_ge0 z : Z.le Z0 z -> 0 <= rat_of_Z z.
Proof. by case: z => [|p|p] // _; apply: ltW; apply: rat_of_pos. Qed.
Lemma rat_of_pos0 p : rat_of_Z (Zpos p) != 0.
Proof. by rewrite gt_eqF ?rat_of_pos. Qed.

Lemma rat_of_Q_eq a b : Qeq a b -> rat_of_Q a = rat_of_Q b.
Proof.
rewrite /Qeq /rat_of_Q => E; apply/eqP; rewrite eqr_div ?rat_of_pos0 //.
by rewrite -!rat_of_ZM E.
Qed.
Lemma rat_of_QD a b : rat_of_Q (Qplus a b) = rat_of_Q a + rat_of_Q b.
Proof. by rewrite /rat_of_Q /= addf_div ?rat_of_pos0 // -!rat_of_ZM -rat_of_ZD. Qed.
Lemma rat_of_QM a b : rat_of_Q (Qmult a b) = rat_of_Q a * rat_of_Q b.
Proof. by rewrite /rat_of_Q /= mulf_div -!rat_of_ZM. Qed.
Lemma rat_of_QN a : rat_of_Q (Qopp a) = - rat_of_Q a.
Proof. by rewrite /rat_of_Q /= rat_of_ZN mulNr. Qed.
Lemma rat_of_Q_le a b : Qle a b -> rat_of_Q a <= rat_of_Q b.
Proof.
rewrite /Qle /rat_of_Q => H; rewrite ler_pdivr_mulr ?rat_of_pos // mulrAC ler_pdivl_mulr ?rat_of_pos //.
rewrite -!rat_of_ZM -subr_ge0 -rat_of_ZN -rat_of_ZD; apply: rat_of_Z_ge0; lia.
Qed.

Lemma val0 : val BigQ.zero = 0.
Proof. by rewrite /val (rat_of_Q_eq BigQ.spec_0) /rat_of_Q mul0r. Qed.
Lemma val1 : val BigQ.one = 1.
Proof. by rewrite /val (rat_of_Q_eq BigQ.spec_1) /rat_of_Q /= divff ?rat_of_pos0. Qed.
Lemma valD a b : val (add_shared a b) = val a + val b.
Proof. by rewrite /val (rat_of_Q_eq (add_shared_ok a b)) rat_of_QD. Qed.
Lemma valB a b : val (BigQ.sub_norm a b) = val a - val b.
Proof. by rewrite /val (rat_of_Q_eq (BigQ.spec_sub_norm a b)) /Qminus rat_of_QD rat_of_QN. Qed.
Lemma valM a b : val (BigQ.mul a b) = val a * val b.
Proof. by rewrite /val (rat_of_Q_eq (BigQ.spec_mul a b)) rat_of_QM. Qed.
Lemma valN a : val (BigQ.opp a) = - val a.
Proof. by rewrite /val (rat_of_Q_eq (BigQ.spec_opp a)) rat_of_QN. Qed.

Definition leb (a b : bigQ) : bool := if BigQ.compare a b is Gt then false else true.
Definition ltb (a b : bigQ) : bool := if BigQ.compare a b is Lt then true else false.
Definition magnitude (a : bigQ) : bigQ := if leb BigQ.zero a then a else BigQ.opp a.
Definition larger (a b : bigQ) : bigQ := if leb a b then b else a.

Lemma lebP a b : leb a b -> val a <= val b.
Proof.
rewrite /leb BigQ.spec_compare; case: Qcompare_spec => // H _; apply: rat_of_Q_le.
- by rewrite H; apply: Qle_refl.
- exact: Qlt_le_weak.
Qed.
Lemma lebN a b : leb a b = false -> val b <= val a.
Proof.
rewrite /leb BigQ.spec_compare; case: Qcompare_spec => // H _; apply: rat_of_Q_le.
exact: Qlt_le_weak.
Qed.
Lemma ltbP a b : ltb a b -> val a < val b.
Proof.
rewrite /ltb BigQ.spec_compare; case: Qcompare_spec => // H _.
rewrite lt_neqAle rat_of_Q_le ?andbT; last exact: Qlt_le_weak.
apply/eqP => E; case: (Qlt_not_le _ _ H).
move/eqP: E; rewrite /rat_of_Q eqr_div ?rat_of_pos0 // -!rat_of_ZM => /eqP E.
rewrite /Qle; apply: (proj2 (Z.le_ngt _ _)) => G.
have := rat_of_pos (Z.to_pos (Z.sub (Z.mul (Qnum (BigQ.to_Q b)) (Zpos (Qden (BigQ.to_Q a)))) (Z.mul (Qnum (BigQ.to_Q a)) (Zpos (Qden (BigQ.to_Q b)))))).
by rewrite Z2Pos.id; [rewrite rat_of_ZD rat_of_ZN E subrr ltxx | lia].
Qed.
Lemma val_magnitude a : val (magnitude a) = `|val a|.
Proof.
rewrite /magnitude; case E: (leb _ _).
- by rewrite ger0_norm // -val0 lebP.
- by rewrite valN ler0_norm // -val0 lebN.
Qed.
Lemma val_larger a b : (val a <= val (larger a b)) && (val b <= val (larger a b)).
Proof.
by rewrite /larger; case E: (leb a b); rewrite lexx ?andbT; [apply: lebP | apply: lebN].
Qed.

(** ** the check *)
Notation entry l i := (nth BigQ.zero l i).
Notation line A i := (nth [::] A i).

Fixpoint sum_products (a b : seq bigQ) : bigQ :=
  match a, b with
  | x :: a, y :: b => add_shared (BigQ.mul x y) (sum_products a b)
  | _, _ => BigQ.zero
  end.
Definition sum_magnitudes (l : seq bigQ) : bigQ :=
  foldr (fun x s => add_shared (magnitude x) s) BigQ.zero l.
Definition columns (n : nat) (A : seq (seq bigQ)) : seq (seq bigQ) :=
  [seq [seq entry row j | row <- A] | j <- iota 0 n].
(** A^T A, from the columns of A; it is symmetric, so a row is a column *)
Definition gram (cs : seq (seq bigQ)) : seq (seq bigQ) := [seq [seq sum_products c c' | c' <- cs] | c <- cs].
(** row i of I - R G *)
Definition defect_row (n : nat) (R G : seq (seq bigQ)) (i : nat) : seq bigQ :=
  [seq BigQ.sub_norm (if i == j then BigQ.one else BigQ.zero) (sum_products (line R i) (line G j)) | j <- iota 0 n].
(** the largest row sum of magnitudes of I - R G *)
Definition defect (n : nat) (R G : seq (seq bigQ)) : bigQ :=
  foldr (fun i q => larger (sum_magnitudes (defect_row n R G i)) q) BigQ.zero (iota 0 n).
Definition residual (A : seq (seq bigQ)) (b x : seq bigQ) : seq bigQ :=
  [seq BigQ.sub_norm p.2 (sum_products p.1 x) | p <- zip A b].
Definition times (M : seq (seq bigQ)) (v : seq bigQ) : seq bigQ := [seq sum_products r v | r <- M].
(** R A^T (b - A x) *)
Definition correction (cs A R : seq (seq bigQ)) (b x : seq bigQ) : seq bigQ :=
  times R (times cs (residual A b x)).
(** [A] m x n, by rows; [R] n x n, near the inverse of A^T A; [pairs] of a right-hand
    side and a candidate; [eps] the bound to check. *)
Definition least_squares_check (n : nat) (A R : seq (seq bigQ))
    (pairs : seq (seq bigQ * seq bigQ)) (eps : bigQ) : bool :=
  let cs := columns n A in
  let q := defect n R (gram cs) in
  let room := BigQ.mul eps (BigQ.sub_norm BigQ.one q) in
  [&& all (fun row => size row == n) A, all (fun row => size row == n) R, size R == n, ltb q BigQ.one &
      forallb (fun p : seq bigQ * seq bigQ =>
        [&& size p.1 == size A, size p.2 == n &
            all (fun g => leb (magnitude g) room) (correction cs A R p.1 p.2)]) pairs].

(** ** soundness *)
Definition matrix_of m n (A : seq (seq bigQ)) : 'M[rat]_(m, n) := \matrix_(i, j) val (entry (line A i) j).
Definition vector_of n (x : seq bigQ) : 'cV[rat]_n := \col_i val (entry x i).

Lemma val_sum_products n a b : size a = n -> size b = n ->
  val (sum_products a b) = \sum_(k < n) val (entry a k) * val (entry b k).
Proof.
elim: n a b => [|n IH] [|x a] [|y b] //= => [_ _|[sa] [sb]]; first by rewrite big_ord0 val0.
by rewrite big_ord_recl valD valM (IH a b).
Qed.
Lemma val_sum_magnitudes n l : size l = n -> val (sum_magnitudes l) = \sum_(k < n) `|val (entry l k)|.
Proof.
elim: n l => [|n IH] [|x l] //= => [_|[s]]; first by rewrite big_ord0 val0.
by rewrite big_ord_recl valD val_magnitude (IH l).
Qed.
Lemma larger_all (f : nat -> bigQ) s i : i \in s ->
  val (f i) <= val (foldr (fun i q => larger (f i) q) BigQ.zero s).
Proof.
elim: s => //= j s IH; rewrite inE.
have /andP [L1 L2] := val_larger (f j) (foldr (fun i q => larger (f i) q) BigQ.zero s).
by case/orP => [/eqP -> //|/IH H]; apply: le_trans L2.
Qed.

Section Sound.
Variables (n : nat) (A R : seq (seq bigQ)).
Hypotheses (sA : all (fun row => size row == n) A) (sR : all (fun row => size row == n) R) (nR : size R = n).
Let m := size A.
Let cs := columns n A.
Let MA : 'M[rat]_(m, n) := matrix_of m n A.
Let MR : 'M[rat]_n := matrix_of n n R.

Lemma size_line_A i : (i < m)%N -> size (line A i) = n.
Proof. by move=> im; apply/eqP; apply: (all_nthP [::] sA). Qed.
Lemma size_line_R i : (i < n)%N -> size (line R i) = n.
Proof. by move=> im; apply/eqP; apply: (all_nthP [::] sR); rewrite nR. Qed.
Lemma size_columns : size cs = n.
Proof. by rewrite size_map size_iota. Qed.
Lemma column_entry j k : (j < n)%N -> (k < m)%N -> entry (line cs j) k = entry (line A k) j.
Proof. by move=> jn km; rewrite (nth_map 0%N) ?size_iota // nth_iota // add0n (nth_map [::]). Qed.
Lemma size_column j : (j < n)%N -> size (line cs j) = m.
Proof. by move=> jn; rewrite (nth_map 0%N) ?size_iota // size_map. Qed.

Lemma defect_norm : norm_le (1%:M - MR *m (MA^T *m MA)) (val (defect n R (gram cs))).
Proof.
move=> i; rewrite /defect.
have Gs j : (j < n)%N -> size (line (gram cs) j) = n.
  by move=> jn; rewrite (nth_map [::]) ?size_columns // size_map size_columns.
have Ge (j k : 'I_n) : val (entry (line (gram cs) j) k) = (MA^T *m MA) k j.
  rewrite (nth_map [::]) ?size_columns // (nth_map [::]) ?size_columns //.
  rewrite (@val_sum_products m) ?size_column // mxE; apply: eq_bigr => l _.
  by rewrite !mxE !column_entry // mulrC.
apply: le_trans (@larger_all (fun i => sum_magnitudes (defect_row n R (gram cs) i)) (iota 0 n) i _); last by rewrite mem_iota add0n ltn_ord.
rewrite (@val_sum_magnitudes n) ?size_map ?size_iota //.
apply: ler_sum => j _; rewrite (nth_map 0%N) ?size_iota // nth_iota // add0n valB.
rewrite (@val_sum_products n) ?size_line_R ?Gs //.
rewrite [X in X <= _](_ : _ = `|(val (if i == j :> nat then BigQ.one else BigQ.zero))
  - \sum_(k < n) val (entry (line R i) k) * val (entry (line (gram cs) j) k)|) //.
rewrite !mxE; congr `|_ - _|.
- by rewrite -val_eqE /=; case: eqP; rewrite ?val1 ?val0.
- by apply: eq_bigr => k _; rewrite Ge mxE.
Qed.

Lemma correction_sup b x room : size b = m -> size x = n ->
  all (fun g => leb (magnitude g) room) (correction cs A R b x) ->
  sup_le (MR *m (MA^T *m (vector_of m b - MA *m vector_of n x))) (val room).
Proof.
move=> sb sx /(all_nthP BigQ.zero) H i.
have rs : size (residual A b x) = m by rewrite size_map size_zip sb minnn.
have gs : size (times cs (residual A b x)) = n by rewrite size_map size_columns.
have re k : (k < m)%N ->
    val (entry (residual A b x) k) = val (entry b k) - \sum_(j < n) val (entry (line A k) j) * val (entry x j).
  move=> km; rewrite (nth_map ([::], BigQ.zero)) ?size_zip ?sb ?minnn // nth_zip //= valB.
  by rewrite (@val_sum_products n) ?size_line_A.
have ge j : (j < n)%N -> val (entry (times cs (residual A b x)) j)
    = \sum_(k < m) val (entry (line A k) j) * val (entry (residual A b x) k).
  move=> jn; rewrite (nth_map [::]) ?size_columns // (@val_sum_products m) ?size_column //.
  by apply: eq_bigr => k _; rewrite column_entry.
have := H i; rewrite size_map nR => /(_ (ltn_ord i)) /lebP.
rewrite (nth_map [::]) ?nR // val_magnitude (@val_sum_products n) ?size_line_R //.
congr (`|_| <= _); rewrite mxE; apply: eq_bigr => j _.
rewrite ge // !mxE; congr (_ * _); apply: eq_bigr => k _; rewrite re // !mxE; congr (_ * (_ - _)).
by apply: eq_bigr => l _; rewrite !mxE.
Qed.
End Sound.

Theorem least_squares_check_sound n A R pairs eps :
  least_squares_check n A R pairs eps ->
  forall b x', In (b, x') pairs ->
  let m := size A in let MA := matrix_of m n A in let vb := vector_of m b in
  exists x : 'cV[rat]_n,
    [/\ forall y, sqn (vb - MA *m x) <= sqn (vb - MA *m y),
        forall y, sqn (vb - MA *m y) <= sqn (vb - MA *m x) -> y = x
      & forall i, `|x i 0 - val (entry x' i)| <= val eps].
Proof.
move=> /and5P [sA sR /eqP nR /ltbP]; rewrite val1 => q1 /forallb_forall H b x' I /=.
have /and3P [/eqP sb /eqP sx C] := H _ I.
have [x [xmin xuniq xB]] := least_squares_bound (defect_norm A sR nR) q1 (correction_sup sA sR nR sb sx C).
exists x; split=> // i; have := xB i.
by rewrite valM valB val1 mulfK ?subr_eq0 ?gt_eqF // !mxE.
Qed.
