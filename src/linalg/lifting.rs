//! Exact solving by p-adic lifting: one inverse modulo a prime, then one digit of the
//! solution after the other, until the rational solution can be read off and verified.
//!
//! Source: Dixon, *Exact solution of linear equations using p-adic expansions*,
//! Numerische Mathematik 40 (1982); reconstruction after Wang (1981). The work follows the
//! size of the *solution*: one with small numbers needs few digits.

use super::Matrix;
use super::elimination::{self, Independent};
use super::modular::{Echelon, Prime, primes};
use crate::num::{BigInteger, Exact, Num, common_multiple, integers};
use rayon::prelude::*;
use std::convert::Infallible;

/// Bits of a piece of a matrix entry.
const PIECE: u32 = 56;
/// Bits by which a fraction must be shorter than its modulus to be believed.
const SURPLUS: u64 = 64;
/// Pieces times digits below 2^60 that an `i128` can sum: `2^11·2^56·2^60 = 2^127`.
const SUMMED: usize = 1 << 11;
/// Digits lifted before the first attempt to read the solution off.
const FIRST_ATTEMPT: usize = 4;

/// `X` with `A·X = B`; `None` if and only if `A` is singular. Exact.
///
/// `a`: `[n, n]`, `b`: `[n, m]`.
pub(super) fn solve<Q: Exact>(a: &Matrix<Num<Q>>, b: &Matrix<Num<Q>>) -> Option<Matrix<Num<Q>>> {
    let scaled = Scaled::new(a);
    let (prime, inverse) = invertible(&scaled.entries)?;
    let lifting = Lifting::new(&scaled.entries, prime, inverse);
    let column = |j: usize, hint: &Q::Integer| {
        let right: Vec<Num<Q>> = b.column(j).cloned().collect();
        let (right, denominator) = scaled.right_side(&right);
        let (numerators, common) = lifting.solve(&right, hint);
        (scaled.solution(numerators, &common.mul(&denominator)), common)
    };
    if b.columns() == 0 {
        return Some(b.clone());
    }
    // All columns have denominators that divide the determinant: the first one's are mostly all.
    let (first, common) = column(0, &Q::Integer::from(1i64));
    let rest = (1..b.columns()).into_par_iter().map(|j| column(j, &common).0);
    let columns: Vec<Vec<Num<Q>>> = std::iter::once(first).chain(rest.collect::<Vec<_>>()).collect();
    Some(Matrix::from_fn(a.rows(), b.columns(), |i, j| columns[j][i].clone()))
}

/// `A·Bᵀ` over one denominator a row of either. Exact.
pub(super) fn products<Q: Exact>(a: &Matrix<Num<Q>>, b: &Matrix<Num<Q>>) -> Matrix<Num<Q>> {
    let by_rows = |m: &Matrix<Num<Q>>| Scaled::by_columns(&m.transposed()).transposed();
    let (a, b) = (by_rows(a), by_rows(b));
    let entry = |i: usize, j: usize| {
        let mut sum = Q::Integer::default();
        a.entries.row(i).iter().zip(b.entries.row(j)).for_each(|(x, y)| sum.add_mul(x, y));
        Num(Q::from_parts(sum, a.rows[i].mul(&b.rows[j])))
    };
    let rows: Vec<Vec<Num<Q>>> =
        (0..a.entries.rows()).into_par_iter().map(|i| (0..b.entries.rows()).map(|j| entry(i, j)).collect()).collect();
    Matrix::from_fn(a.entries.rows(), b.entries.rows(), |i, j| rows[i][j].clone())
}

/// The lexicographically first independent columns; see [`super::Solve::independent_columns`].
///
/// A prime can only lose independence, with a chance of about `n·2^-60` a minor; one of two
/// that has not counts, and a system that is solved for these columns is verified.
pub(super) fn independent_columns<Q: Exact, E>(
    a: &Matrix<Num<Q>>,
    independent: Independent<'_, Q, E>,
) -> Result<Vec<usize>, E> {
    let scaled = Scaled::new(a);
    let mut echelons: Vec<Echelon> = primes().take(2).map(|p| Echelon::new(p, &residues(&scaled.entries, p))).collect();
    let (zero, one) = (Num(Q::default()), Num(Q::integer(1)));
    let mut chosen = Vec::new();
    for j in 0..a.columns() {
        if chosen.len() == a.rows() {
            break;
        }
        let pivots: Vec<Option<usize>> = echelons.iter().map(|echelon| echelon.pivot(j)).collect();
        let remains = pivots.iter().any(Option::is_some);
        if independent(j, if remains { &one } else { &zero }, &zero)? && remains {
            let mut pivots = pivots.into_iter();
            echelons.retain_mut(|echelon| pivots.next().flatten().inspect(|&p| echelon.eliminate(j, p)).is_some());
            chosen.push(j);
        }
    }
    Ok(chosen)
}

/// The lexicographically first independent columns, where only zero counts as zero.
fn independent<Q: Exact>(a: &Matrix<Num<Q>>) -> Vec<usize> {
    let nonzero = &mut |_, remainder: &Num<Q>, _: &Num<Q>| Ok::<_, Infallible>(remainder.0 != Q::default());
    independent_columns(a, nonzero).unwrap_or_else(|never| match never {})
}

/// The least-squares solution. Exact.
///
/// As many equations as unknowns are solved first; where the others hold, too, that is
/// all. Otherwise the normal equations are.
pub(super) fn least_squares<Q: Exact>(a: &Matrix<Num<Q>>, b: &Matrix<Num<Q>>) -> Option<Matrix<Num<Q>>> {
    let rows = independent(&a.transposed());
    if rows.len() < a.columns() {
        return None;
    }
    let chosen = |m: &Matrix<Num<Q>>| Matrix::from_fn(rows.len(), m.columns(), |i, j| m[(rows[i], j)].clone());
    let solution = solve(&chosen(a), &chosen(b))?;
    // Columns, not rows, are scaled to integers: scaling an equation would change its weight.
    let scaled = Scaled::by_columns(a);
    if scaled.satisfies(&solution, b) {
        return Some(solution);
    }
    let integers = scaled.entries.map(|x| Num(Q::from_parts(x.clone(), 1i64.into())));
    let (square, right) = elimination::normal_equations(&integers, b, ());
    let solution = solve(&square, &right)?;
    let unscaled = |i: usize, j: usize| &solution[(i, j)] * &Num(Q::from_parts(scaled.columns[i].clone(), 1i64.into()));
    Some(Matrix::from_fn(solution.rows(), solution.columns(), unscaled))
}

/// The first prime modulo which the matrix is invertible, with the inverse.
///
/// `None` once the primes tried multiply to more than the determinant can be (Hadamard),
/// so that it must be zero.
fn invertible<I: BigInteger>(entries: &Matrix<I>) -> Option<(Prime, Matrix<u64>)> {
    let row_bits =
        |row: &[I]| row.iter().map(I::bits).max().unwrap_or(0) + u64::from(entries.columns().max(1).ilog2()) + 1;
    let bound: u64 = entries.iter_rows().map(row_bits).sum();
    // Every prime is above 2^59.
    let attempts = (bound / 59 + 1) as usize;
    primes().take(attempts).find_map(|p| Some((p, p.inverse(&residues(entries, p))?)))
}

/// Entries modulo a prime, in Montgomery form.
fn residues<I: BigInteger>(entries: &Matrix<I>, prime: Prime) -> Matrix<u64> {
    entries.map(|x| prime.enter(x.rem_word(prime.modulus())))
}

/// A rational matrix as integers: `entries[i][j] = rows[i]·columns[j]·a[i][j]`.
struct Scaled<I> {
    entries: Matrix<I>,
    rows: Vec<I>,
    columns: Vec<I>,
}

impl<I: BigInteger> Scaled<I> {
    /// Scales rows or columns, whichever leaves smaller integers.
    fn new<Q: Exact<Integer = I>>(a: &Matrix<Num<Q>>) -> Self {
        let (rows, columns) = (Self::by_columns(&a.transposed()).transposed(), Self::by_columns(a));
        if rows.bits() <= columns.bits() { rows } else { columns }
    }

    fn by_columns<Q: Exact<Integer = I>>(a: &Matrix<Num<Q>>) -> Self {
        let one = || I::from(1i64);
        let multiple = |j: usize| a.column(j).fold(one(), |common, x| common_multiple(common, x.0.denominator()));
        let columns: Vec<I> = (0..a.columns()).map(multiple).collect();
        let entry = |i: usize, j: usize| {
            let x = &a[(i, j)].0;
            x.numerator().mul(&columns[j].div_rem(x.denominator()).0)
        };
        Self { entries: Matrix::from_fn(a.rows(), a.columns(), entry), rows: vec![one(); a.rows()], columns }
    }

    /// Whether `A·X = B`, in integers: with columns scaled, `A·X = entries·(X / columns)`.
    fn satisfies<Q: Exact<Integer = I>>(&self, x: &Matrix<Num<Q>>, b: &Matrix<Num<Q>>) -> bool {
        (0..b.columns()).into_par_iter().all(|j| {
            let unscaled =
                |(x, c): (&Num<Q>, &I)| Num(Q::from_parts(x.0.numerator().clone(), x.0.denominator().mul(c)));
            let column: Vec<Num<Q>> = x.column(j).zip(&self.columns).map(unscaled).collect();
            let (numerators, common) = integers(column.iter().map(|x| &x.0));
            self.entries.iter_rows().zip(b.column(j)).all(|(row, y)| {
                let mut sum = y.0.numerator().mul(&common).neg();
                row.iter().zip(&numerators).for_each(|(a, n)| sum.add_mul(&a.mul(n), y.0.denominator()));
                sum == I::default()
            })
        })
    }

    fn transposed(self) -> Self {
        Self { entries: self.entries.transposed(), rows: self.columns, columns: self.rows }
    }

    fn bits(&self) -> u64 {
        self.entries.entries().iter().map(I::bits).max().unwrap_or(0)
    }

    /// `rows·b` as integers over one denominator.
    fn right_side<Q: Exact<Integer = I>>(&self, b: &[Num<Q>]) -> (Vec<I>, I) {
        let (numerators, common) = integers(b.iter().map(|x| &x.0));
        (numerators.iter().zip(&self.rows).map(|(x, row)| x.mul(row)).collect(), common)
    }

    /// The unscaled solution: `x[j] = columns[j]·numerators[j] / denominator`.
    fn solution<Q: Exact<Integer = I>>(&self, numerators: Vec<I>, denominator: &I) -> Vec<Num<Q>> {
        let entries = numerators.into_iter().zip(&self.columns);
        entries.map(|(n, column)| Num(Q::from_parts(n.mul(column), denominator.clone()))).collect()
    }
}

/// An integer matrix with its inverse modulo a prime.
struct Lifting<'a, I> {
    entries: &'a Matrix<I>,
    prime: Prime,
    inverse: Matrix<u64>,
    /// The entries in pieces of [`PIECE`] bits, low ones first: `a = Σ pieces[c]·2^(PIECE·c)`.
    pieces: Vec<Matrix<i64>>,
}

impl<'a, I: BigInteger> Lifting<'a, I> {
    fn new(entries: &'a Matrix<I>, prime: Prime, inverse: Matrix<u64>) -> Self {
        let bits = entries.entries().iter().map(I::bits).max().unwrap_or(0) as u32;
        let piece = |c: u32| {
            entries.map(|x| {
                let size = x.abs().shr(c * PIECE).rem_word(1 << PIECE) as i64;
                if x.sign().is_lt() { -size } else { size }
            })
        };
        let pieces = (0..bits.div_ceil(PIECE).max(1)).map(piece).collect();
        Self { entries, prime, inverse, pieces }
    }

    /// Numerators over one denominator of the solution of `A·x = right`; `hint` is a
    /// denominator that may serve.
    ///
    /// Every candidate is verified in integers, so that the answer never rests on a bound;
    /// the bound (Cramer, Hadamard) only says that the loop ends.
    fn solve(&self, right: &[I], hint: &I) -> (Vec<I>, I) {
        let mut residual = right.to_vec();
        let mut solution: Vec<I> = vec![I::default(); right.len()];
        let mut modulus = I::from(1i64);
        let mut attempt = FIRST_ATTEMPT;
        let mut digits = 0;
        loop {
            digits += 1;
            let digit = self.digit(&residual);
            self.advance(&mut residual, &digit);
            for (x, &d) in solution.iter_mut().zip(&digit) {
                x.add_mul_word(&modulus, d);
            }
            modulus = modulus.mul(&I::from(self.prime.modulus()));
            if digits == attempt {
                attempt += (attempt / 3).max(FIRST_ATTEMPT);
                if let Some(found) = reconstruct(&solution, &modulus, hint).filter(|found| self.verifies(found, right))
                {
                    return found;
                }
            }
        }
    }

    /// `A⁻¹·residual mod p`, the next digit of every unknown.
    fn digit(&self, residual: &[I]) -> Vec<u64> {
        let residues: Vec<u64> = residual.iter().map(|r| r.rem_word(self.prime.modulus())).collect();
        self.inverse.iter_rows().map(|row| self.prime.dot(row, &residues)).collect()
    }

    /// `residual = (residual − A·digit) / p`, which is an integer.
    fn advance(&self, residual: &mut [I], digit: &[u64]) {
        for (i, r) in residual.iter_mut().enumerate() {
            for (c, piece) in self.pieces.iter().enumerate() {
                for (a, d) in piece.row(i).chunks(SUMMED).zip(digit.chunks(SUMMED)) {
                    let products = a.iter().zip(d).map(|(&a, &d)| i128::from(a) * d as i128);
                    r.sub_assign(&I::from(products.sum::<i128>()).shl(c as u32 * PIECE));
                }
            }
            r.div_exact_word(self.prime.modulus());
        }
    }

    fn verifies(&self, (numerators, denominator): &(Vec<I>, I), right: &[I]) -> bool {
        self.entries.iter_rows().zip(right).all(|(row, b)| {
            let mut sum = b.mul(denominator).neg();
            row.iter().zip(numerators).for_each(|(a, n)| sum.add_mul(a, n));
            sum == I::default()
        })
    }
}

/// Rationals with one common denominator that are `residues` modulo `modulus`.
///
/// A multiple of `hint` is tried as denominator first. A numerator is believed when it is
/// short of the modulus by [`SURPLUS`] bits, which chance does not give; the caller verifies.
/// `None` where no fraction of half the modulus' size fits.
fn reconstruct<I: BigInteger>(residues: &[I], modulus: &I, hint: &I) -> Option<(Vec<I>, I)> {
    let size = modulus.bits();
    let half = (size / 2).saturating_sub(1);
    let mut common = hint.clone();
    let mut numerators: Vec<I> = Vec::with_capacity(residues.len());
    for residue in residues {
        // A denominator found so far mostly serves the other entries, too.
        let multiple = symmetric(residue.mul(&common), modulus);
        if multiple.bits() + SURPLUS <= size {
            numerators.push(multiple);
            continue;
        }
        let (numerator, factor) = fraction(&multiple, modulus, half)?;
        if numerator.bits() + factor.bits() + SURPLUS > size {
            return None;
        }
        common = common.mul(&factor);
        numerators.iter_mut().for_each(|n| *n = n.mul(&factor));
        numerators.push(numerator);
    }
    Some((numerators, common))
}

/// `value mod modulus` of least magnitude.
fn symmetric<I: BigInteger>(value: I, modulus: &I) -> I {
    let (_, mut rest) = value.div_rem(modulus);
    if rest.shl(1) > *modulus {
        rest.sub_assign(modulus);
    }
    rest
}

/// `n/d ≡ residue (mod modulus)` with `n` and `d` below `2^bits`: Euclid's algorithm, stopped half way.
fn fraction<I: BigInteger>(residue: &I, modulus: &I, bits: u64) -> Option<(I, I)> {
    let (mut r0, mut r1) = (modulus.clone(), residue.div_rem(modulus).1);
    let (mut t0, mut t1) = (I::default(), I::from(1i64));
    while r1.bits() > bits {
        let (quotient, rest) = r0.div_rem(&r1);
        (r0, r1) = (r1, rest);
        t0.sub_assign(&quotient.mul(&t1));
        std::mem::swap(&mut t0, &mut t1);
    }
    if t1.bits() > bits || t1 == I::default() {
        return None;
    }
    if t1.sign().is_lt() { Some((r1.neg(), t1.neg())) } else { Some((r1, t1)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::num::BigInt;

    #[test]
    fn a_residual_of_thousands_of_unknowns_stays_exact() {
        // 2,200 products of 56 and 60 bits: more than an i128 can sum.
        let prime = primes().next().unwrap();
        let (entry, digit) = ((1i64 << PIECE) - 1, prime.modulus() - 1);
        let row = Matrix::from_fn(1, 2200, |_, _| BigInt::from(entry));
        let lifting = Lifting::new(&row, prime, Matrix::from_fn(0, 0, |_, _| 0));
        // residual = A·digit + 7·p.
        let mut residual = vec![BigInt::from(entry) * digit * 2200 + BigInt::from(7) * prime.modulus()];
        lifting.advance(&mut residual, &vec![digit; 2200]);
        assert_eq!(residual, [BigInt::from(7)]);
    }
}
