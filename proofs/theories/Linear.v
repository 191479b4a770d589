(** A posteriori bounds for approximate solutions of linear systems and
    least squares, over any ordered field F (e.g. [rat]). *)
From mathcomp Require Import all_ssreflect all_algebra.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.Theory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Linear.
Variable F : realFieldType.

(** row-sum (inf-)norm bound, sup-norm bound, as predicates *)
Definition norm_le m n (A : 'M[F]_(m, n)) (q : F) := forall i, \sum_j `|A i j| <= q.
Definition sup_le n (v : 'cV[F]_n) (r : F) := forall i, `|v i 0| <= r.

Lemma sup_le_mul m n (A : 'M[F]_(m, n)) (v : 'cV[F]_n) q r :
  0 <= r -> norm_le A q -> sup_le v r -> sup_le (A *m v) (q * r).
Proof.
move=> r0 Aq vr i; rewrite mxE.
apply: le_trans (ler_norm_sum _ _ _) _.
apply: le_trans (_ : (\sum_j `|A i j|) * r <= _).
  rewrite mulr_suml; apply: ler_sum => j _.
  by rewrite normrM ler_wpmul2l.
by rewrite ler_wpmul2r.
Qed.

(** fixed-point contraction: e = C e + d, |C| <= q < 1, |d| <= r  ==>  |e| <= r/(1-q) *)
Lemma contraction n (C : 'M[F]_n) (e d : 'cV[F]_n) q r :
  norm_le C q -> q < 1 -> e = C *m e + d -> sup_le d r -> sup_le e (r / (1 - q)).
Proof.
move=> Cq q1 eE dr i.
have q1' : 0 < 1 - q by rewrite subr_gt0.
pose k := [arg max_(j > i | true) `|e j 0|]%O.
have kmax j : `|e j 0| <= `|e k 0|.
  by rewrite /k; case: Order.TotalTheory.arg_maxP => // k' _; apply.
have := sup_le_mul (normr_ge0 (e k 0)) Cq kmax k => Ck.
have : `|e k 0| <= q * `|e k 0| + r.
  rewrite {1}eE mxE; apply: le_trans (ler_norm_add _ _) _.
  by apply: ler_add => //; apply: dr.
rewrite addrC -ler_subl_addr -{1}[`|e k 0|]mul1r -mulrBl => H.
apply: le_trans (kmax i) _.
by rewrite ler_pdivl_mulr // mulrC.
Qed.

Section System.
Variables (m n : nat) (A : 'M[F]_(m, n)) (R : 'M[F]_(n, m)) (q : F).
Hypotheses (Hq : norm_le (1%:M - R *m A) q) (q1 : q < 1).

(** A has full column rank: A v = 0 -> v = 0 *)
Theorem injective_cert (v : 'cV[F]_n) : A *m v = 0 -> v = 0.
Proof.
move=> Av0.
have eE : v = (1%:M - R *m A) *m v + 0.
  by rewrite addr0 mulmxBl mul1mx -mulmxA Av0 mulmx0 subr0.
have z0 : sup_le (0 : 'cV[F]_n) 0 by move=> i; rewrite mxE normr0.
apply/matrixP => i j; rewrite (ord1 j) mxE; apply/eqP; rewrite -normr_le0.
by have := contraction Hq q1 eE z0 i; rewrite mul0r.
Qed.

(** error bound for any approximate solution x' *)
Theorem residual_bound (x x' : 'cV[F]_n) b r :
  A *m x = b -> sup_le (R *m (b - A *m x')) r -> sup_le (x - x') (r / (1 - q)).
Proof.
move=> Axb rb; apply: contraction Hq q1 _ rb.
by rewrite -Axb -mulmxBr mulmxA mulmxBl mul1mx subrK.
Qed.
End System.

(** square case: A nonsingular, hence a solution exists *)
Theorem nonsingular_cert n (A R : 'M[F]_n) q :
  norm_le (1%:M - R *m A) q -> q < 1 -> A \in unitmx.
Proof.
move=> Hq q1; rewrite unitmxE unitfE -det_tr; apply/negP => /det0P [v v0 vA].
move/negP: v0; apply; rewrite -(inj_eq (@trmx_inj _ _ _)) trmx0; apply/eqP.
apply: (injective_cert Hq q1).
by rewrite -[A]trmxK -trmx_mul vA trmx0.
Qed.

Corollary square_bound n (A R : 'M[F]_n) (b x' : 'cV[F]_n) q r :
  norm_le (1%:M - R *m A) q -> q < 1 -> sup_le (R *m (b - A *m x')) r ->
  exists x, [/\ A *m x = b, (forall y, A *m y = b -> y = x) & sup_le (x - x') (r / (1 - q))].
Proof.
move=> Hq q1 rb; have uA := nonsingular_cert Hq q1.
exists (invmx A *m b); split.
- by rewrite mulKVmx.
- by move=> y <-; rewrite mulKmx.
- by apply: (residual_bound Hq q1) rb; rewrite mulKVmx.
Qed.

(** least squares *)
Definition sqn n (v : 'cV[F]_n) : F := \sum_i v i 0 ^+ 2.
Lemma sqnE n (v : 'cV[F]_n) : sqn v = (v^T *m v) 0 0.
Proof. by rewrite mxE; apply: eq_bigr => i _; rewrite mxE expr2. Qed.
Lemma sqn_ge0 n (v : 'cV[F]_n) : 0 <= sqn v.
Proof. by apply: sumr_ge0 => i _; apply: sqr_ge0. Qed.
Lemma sqn_eq0 n (v : 'cV[F]_n) : sqn v = 0 -> v = 0.
Proof.
move=> /eqP; rewrite psumr_eq0 => [|i _]; last exact: sqr_ge0.
move=> /allP v0; apply/matrixP => i j; rewrite (ord1 j) mxE; apply/eqP.
by have := v0 i (mem_index_enum _); rewrite sqrf_eq0.
Qed.

Lemma pythagoras m n (A : 'M[F]_(m, n)) b x y :
  A^T *m (b - A *m x) = 0 -> sqn (b - A *m y) = sqn (b - A *m x) + sqn (A *m (y - x)).
Proof.
set res := b - A *m x => Ar0.
have -> : b - A *m y = res - A *m (y - x).
  by rewrite /res mulmxBr opprB addrA subrK.
have cross : res^T *m (A *m (y - x)) = 0.
  by apply: trmx_inj; rewrite trmx0 !trmx_mul trmxK -mulmxA Ar0 mulmx0.
have cross' : (A *m (y - x))^T *m res = 0 by rewrite trmx_mul -mulmxA Ar0 mulmx0.
have tB : (res - A *m (y - x))^T = res^T - (A *m (y - x))^T by apply: linearB.
rewrite !sqnE tB mulmxBl [res^T *m _]mulmxBr [_^T *m (res - _)]mulmxBr cross cross'.
by rewrite subr0 sub0r opprK mxE.
Qed.

Theorem normal_eq_min m n (A : 'M[F]_(m, n)) b x :
  A^T *m (b - A *m x) = 0 -> forall y, sqn (b - A *m x) <= sqn (b - A *m y).
Proof. by move=> H y; rewrite (pythagoras y H) ler_addl sqn_ge0. Qed.

(** certified least squares: R ~ (A^T A)^-1 *)
Theorem least_squares_bound m n (A : 'M[F]_(m, n)) (R : 'M[F]_n) b x' q r :
  norm_le (1%:M - R *m (A^T *m A)) q -> q < 1 ->
  sup_le (R *m (A^T *m (b - A *m x'))) r ->
  exists x, [/\ (forall y, sqn (b - A *m x) <= sqn (b - A *m y)),
                (forall y, sqn (b - A *m y) <= sqn (b - A *m x) -> y = x) &
                sup_le (x - x') (r / (1 - q))].
Proof.
move=> Hq q1 rb.
have rb' : sup_le (R *m (A^T *m b - A^T *m A *m x')) r by rewrite -mulmxA -mulmxBr.
have [x [xE xU xB]] := square_bound Hq q1 rb'.
have N : A^T *m (b - A *m x) = 0 by rewrite mulmxBr mulmxA xE subrr.
exists x; split => //; first exact: normal_eq_min.
move=> y; rewrite (pythagoras y N) ger_addl => yx.
have Ay : A *m (y - x) = 0 by apply: sqn_eq0; apply/eqP; rewrite eq_le yx sqn_ge0.
apply/eqP; rewrite -subr_eq0; apply/eqP; apply: (injective_cert Hq q1).
by rewrite -mulmxA Ay mulmx0.
Qed.

(** data known only up to entrywise errors: |A' - A| <= E, |b' - b| <= f *)
Section Perturbed.
Variables (m n : nat) (A A' E : 'M[F]_(m, n)) (R : 'M[F]_(n, m)) (b b' f : 'cV[F]_m).
Hypotheses (HE : forall i j, `|A' i j - A i j| <= E i j) (Hf : forall i, `|b' i 0 - b i 0| <= f i 0).
Definition absmx k l (M : 'M[F]_(k, l)) : 'M[F]_(k, l) := map_mx (fun z => `|z|) M.

Lemma mulE_bound k (B : 'M[F]_(k, m)) i j :
  `|(B *m (A' - A)) i j| <= (absmx B *m E) i j.
Proof.
rewrite !mxE; apply: le_trans (ler_norm_sum _ _ _) _.
by apply: ler_sum => l _; rewrite !mxE normrM ler_wpmul2l // HE.
Qed.

Lemma perturbed_norm q1 q2 :
  norm_le (1%:M - R *m A') q1 -> norm_le (absmx R *m E) q2 -> norm_le (1%:M - R *m A) (q1 + q2).
Proof.
move=> H1 H2 i.
have -> : 1%:M - R *m A = (1%:M - R *m A') + R *m (A' - A).
  by rewrite mulmxBr addrA subrK.
apply: le_trans (_ : \sum_j (`|(1%:M - R *m A') i j| + `|(absmx R *m E) i j|) <= _).
  apply: ler_sum => j _; rewrite mxE; apply: le_trans (ler_norm_add _ _) _.
  by rewrite ler_add2l; apply: le_trans (mulE_bound _ _ _) _; apply: ler_norm.
by rewrite big_split /=; apply: ler_add.
Qed.

Lemma perturbed_res (x' : 'cV[F]_n) r1 r2 :
  sup_le (R *m (b' - A' *m x')) r1 -> sup_le (absmx R *m (f + E *m absmx x')) r2 ->
  sup_le (R *m (b - A *m x')) (r1 + r2).
Proof.
move=> H1 H2 i.
have -> : R *m (b - A *m x') = R *m (b' - A' *m x') + R *m ((b - b') + (A' - A) *m x').
  rewrite -mulmxDr; congr (_ *m _); rewrite mulmxBl addrACA addrA addrACA.
  by rewrite [b' + _]addrC subrK [- _ + _]addrC addrA addrAC addrK.
rewrite mxE; apply: le_trans (ler_norm_add _ _) _; apply: ler_add (H1 i) _.
apply: le_trans (H2 i); apply: le_trans (_ : (absmx R *m (f + E *m absmx x')) i 0 <= _); last exact: ler_norm.
rewrite mxE [X in _ <= X]mxE; apply: le_trans (ler_norm_sum _ _ _) _.
apply: ler_sum => k _; rewrite normrM [absmx R _ _]mxE ler_wpmul2l //.
rewrite [X in `|X|]mxE [X in _ <= X]mxE; apply: le_trans (ler_norm_add _ _) _.
apply: ler_add; first by rewrite !mxE distrC Hf.
rewrite !mxE; apply: le_trans (ler_norm_sum _ _ _) _; apply: ler_sum => l _.
by rewrite !mxE normrM ler_wpmul2r // HE.
Qed.

Theorem perturbed_bound (x x' : 'cV[F]_n) q1 q2 r1 r2 :
  A *m x = b ->
  norm_le (1%:M - R *m A') q1 -> norm_le (absmx R *m E) q2 -> q1 + q2 < 1 ->
  sup_le (R *m (b' - A' *m x')) r1 -> sup_le (absmx R *m (f + E *m absmx x')) r2 ->
  sup_le (x - x') ((r1 + r2) / (1 - (q1 + q2))).
Proof.
move=> Axb H1 H2 lt1 H3 H4.
exact: (residual_bound (perturbed_norm H1 H2) lt1 Axb (perturbed_res H3 H4)).
Qed.
End Perturbed.
End Linear.
