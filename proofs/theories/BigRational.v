(** Addition of big rationals that share a denominator, or nearly so.

    The weights of a float network are dyadic.  [BigQ.add] multiplies denominators, so
    sums grow; [BigQ.add_norm] takes a gcd a term.  Where one denominator divides the
    other, a division is all that it takes. *)
From Coq Require Import ZArith QArith Lia Psatz Bool.
From Bignums Require Import BigQ BigZ BigN.

Definition extend (n m : BigZ.t) (q : BigN.t) : BigZ.t := BigZ.add (BigZ.mul n (BigZ.Pos q)) m.
Definition add_shared (x y : bigQ) : bigQ :=
  match x, y with
  | BigQ.Qq nx dx, BigQ.Qq ny dy =>
      if BigN.eqb dx BigN.zero || BigN.eqb dy BigN.zero then BigQ.add x y else
      let (q, r) := BigN.div_eucl dy dx in
      if BigN.eqb r BigN.zero then BigQ.Qq (extend nx ny q) dy else
      let (q, r) := BigN.div_eucl dx dy in
      if BigN.eqb r BigN.zero then BigQ.Qq (extend ny nx q) dx else BigQ.add_norm x y
  | _, _ => BigQ.add x y
  end.

Lemma eqb_zero d : BigN.eqb d BigN.zero = Z.eqb (BigN.to_Z d) 0.
Proof. now rewrite BigN.spec_eqb, BigN.spec_0. Qed.

Lemma divides_ok d e q r : BigN.div_eucl e d = (q, r) -> BigN.to_Z d <> 0%Z ->
  BigN.eqb r BigN.zero = true -> BigN.to_Z e = (BigN.to_Z q * BigN.to_Z d)%Z.
Proof.
  intros D N R. rewrite eqb_zero in R. apply Z.eqb_eq in R.
  pose proof (BigN.spec_div_eucl e d) as S. rewrite D in S.
  pose proof (Z_div_mod_full (BigN.to_Z e) (BigN.to_Z d) N) as M. rewrite <- S, R in M.
  destruct M as [M _]. lia.
Qed.

(** n/d + m/e over e, where e = q d *)
Lemma extend_ok n d m e q : (0 < BigN.to_Z d)%Z -> (0 < BigN.to_Z e)%Z ->
  BigN.to_Z e = (BigN.to_Z q * BigN.to_Z d)%Z ->
  BigQ.to_Q (BigQ.Qq (extend n m q) e) == BigQ.to_Q (BigQ.Qq n d) + BigQ.to_Q (BigQ.Qq m e).
Proof.
  intros Hd He E. unfold BigQ.to_Q. rewrite !eqb_zero.
  rewrite (proj2 (Z.eqb_neq _ _) (Z.neq_sym _ _ (Z.lt_neq _ _ Hd))),
          (proj2 (Z.eqb_neq _ _) (Z.neq_sym _ _ (Z.lt_neq _ _ He))).
  unfold Qeq; simpl. rewrite Pos2Z.inj_mul, !Z2Pos.id by assumption.
  unfold extend. rewrite BigZ.spec_add, BigZ.spec_mul. simpl BigZ.to_Z at 2. rewrite E. ring.
Qed.

Lemma add_shared_ok x y : BigQ.to_Q (add_shared x y) == BigQ.to_Q x + BigQ.to_Q y.
Proof.
  destruct x as [zx | nx dx], y as [zy | ny dy]; try apply BigQ.spec_add. simpl add_shared.
  destruct (BigN.eqb dx BigN.zero || BigN.eqb dy BigN.zero)%bool eqn:Z; [ apply (BigQ.spec_add (BigQ.Qq nx dx) (BigQ.Qq ny dy)) |].
  apply orb_false_iff in Z. rewrite !eqb_zero, !Z.eqb_neq in Z. destruct Z as [Zx Zy].
  pose proof (BigN.spec_pos dx). pose proof (BigN.spec_pos dy).
  destruct (BigN.div_eucl dy dx) as [q r] eqn:D. destruct (BigN.eqb r BigN.zero) eqn:R.
  - apply extend_ok; [ lia | lia | exact (divides_ok _ _ _ _ D Zx R) ].
  - destruct (BigN.div_eucl dx dy) as [q' r'] eqn:D'. destruct (BigN.eqb r' BigN.zero) eqn:R'.
    + rewrite Qplus_comm. apply extend_ok; [ lia | lia | exact (divides_ok _ _ _ _ D' Zy R') ].
    + apply (BigQ.spec_add_norm (BigQ.Qq nx dx) (BigQ.Qq ny dy)).
Qed.
