//! What is proved where signs are open: all of them at once.
//!
//! With open signs `s_k` in `[−1, 1]`, the difference is `L(y) + Σ_k s_k·v_k(y)`. One by one, each term is
//! at most `max|v_k|`; but the inputs that make one large seldom suit the others. With `s_0 = 1` for `L`
//! and `y_0 = 1` for constants, the sum is a bilinear form, and for any `q_j > 0` and any diagonal `P` such
//! that `P − M·Q⁻¹·Mᵀ` is positive semidefinite
//!
//! ```text
//! sᵀ·M·y ≤ ½·(sᵀ·M·Q⁻¹·Mᵀ·s + yᵀ·Q·y) ≤ ½·(sᵀ·P·s + yᵀ·Q·y) ≤ ½·(Σ_k p_k + Σ_j q_j)
//! ```
//!
//! by `2ab ≤ a² + b²`. The best of these bounds is at most 1.783 times the largest value (Grothendieck's
//! inequality; Krivine 1979). It is found by coordinate descent on vectors (Wang, Chang, Kolter, *The
//! Mixing Method*, 2017) in f64, and checked in integers: with `R = P − M·Q⁻¹·Mᵀ − L·Lᵀ` for any `L`, the
//! matrix `R + diag(Σ_l |R_kl|)` is diagonally dominant, so `P + diag(Σ_l≠k |R_kl| − R_kk)⁺` will do.

use super::Int;
use super::difference::{Difference, Term};
use super::dual::Combined;
use crate::num::{BigInteger, Rational};
use nalgebra::{DMatrix, SymmetricEigen};

/// Bits of the integers that stand for entries of `M`.
const ENTRY: u64 = 31;
/// Bits of a typical weight `1/q_j`, and of the largest.
const WEIGHT: i32 = 20;
const MOST_WEIGHT: f64 = (1u64 << 30) as f64;
/// Sweeps of the descent, and components of its vectors.
const SWEEPS: usize = 60;
const RANK: usize = 12;
/// Added to `P`, as a part of its size, so that its factor exists in f64.
const MARGIN: f64 = 1.0 / (1u64 << 34) as f64;
/// The most rows that are tried.
const MOST_ROWS: usize = 400;

/// The bound over the cube of a combined affine map and terms with open signs; `None` where it was not found, or it
/// `is_over` before.
pub(super) fn bound(
    difference: &Difference,
    base: &Combined,
    open: &[&Term],
    is_over: &dyn Fn() -> bool,
) -> Option<Rational> {
    let columns = difference.inputs + 1;
    if open.is_empty() || open.len() >= MOST_ROWS {
        return None;
    }
    let shifted: Vec<Vec<Int>> =
        open.iter().map(|term| term.agree.0.iter().map(|x| x.shl(base.shift)).collect()).collect();
    let mut rows: Vec<&[Int]> = vec![&base.row];
    rows.extend(shifted.iter().map(|row| &row[..]));
    let bits = rows.iter().enumerate().flat_map(|(k, row)| &row[..columns - usize::from(k == 0)]);
    let drop = bits.map(BigInteger::bits).max()?.saturating_sub(ENTRY) as u32;
    // The constant of L is kept apart, exact.
    let entry = |(k, row): (usize, &&[Int])| -> Option<Vec<i64>> {
        let one = |(j, x): (usize, &Int)| {
            if k == 0 && j + 1 == columns { Some(0) } else { x.shr(drop).to_i128().map(|x| x as i64) }
        };
        row.iter().enumerate().map(one).collect()
    };
    let matrix: Vec<Vec<i64>> = rows.iter().enumerate().map(entry).collect::<Option<_>>()?;
    let total = certified(&matrix, is_over)?;
    let mut value = Int::from(total).shl(drop);
    // What the shift dropped is less than one unit an entry.
    value.add_assign(&Int::from((matrix.len() * columns) as i64).shl(drop));
    value.add_assign(base.row.last()?);
    open.iter().for_each(|term| value.add_assign(&term.slack.shl(base.shift)));
    Some(base.rational(value, difference))
}

/// Weights `1/q_j` and `L` for a matrix, as integers: `weights/2^shift`, and `L·2^(shift/2)`.
pub(super) struct Factored {
    pub(super) weights: Vec<i128>,
    pub(super) shift: i32,
    pub(super) factor: Vec<Vec<i128>>,
    /// `P` times `2^shift`, near what is needed.
    diagonal: Vec<i128>,
    /// `M·Q⁻¹·Mᵀ` times `2^shift`.
    gram: Vec<Vec<i128>>,
}

/// Weights and a factor near the best ones; `None` where floats find none, or it
/// `is_over` before.
pub(super) fn factored(matrix: &[Vec<i64>], is_over: &dyn Fn() -> bool) -> Option<Factored> {
    let (p, q) = descend(matrix, is_over)?;
    let mut sizes: Vec<f64> = q.iter().copied().filter(|q| *q > 0.0).collect();
    sizes.sort_by(f64::total_cmp);
    let typical = sizes.get(sizes.len() / 2)?;
    // Even, so that the factor of `P` can be scaled by half of it.
    let shift = (libm::ilogb(*typical) + WEIGHT).clamp(0, 80) / 2 * 2;
    let scale = libm::ldexp(1.0, shift);
    // A column of zeros needs no weight; it gets the largest one.
    let weights: Vec<i128> = q.iter().map(|q| (scale / q).clamp(1.0, MOST_WEIGHT).round() as i128).collect();
    let product = |k: usize, l: usize| -> i128 {
        let entries = matrix[k].iter().zip(&matrix[l]).zip(&weights);
        entries.map(|((a, b), w)| i128::from(*a) * i128::from(*b) * w).sum()
    };
    let n = matrix.len();
    let gram: Vec<Vec<i128>> = (0..n).map(|k| (0..n).map(|l| product(k.max(l), k.min(l))).collect()).collect();
    let top = p.iter().fold(0.0, |top: f64, p| top.max(*p));
    let mut open = DMatrix::from_fn(n, n, |k, l| -(gram[k][l] as f64) / scale + if k == l { p[k] } else { 0.0 });
    let lowest = SymmetricEigen::new(open.clone()).eigenvalues.min();
    let margin = (-lowest).max(0.0) + MARGIN * top;
    (0..n).for_each(|k| open[(k, k)] += margin);
    let factor = open.cholesky()?.unpack();
    let half = libm::ldexp(1.0, shift / 2);
    let factor = (0..n).map(|k| (0..n).map(|l| (factor[(k, l)] * half).round() as i128).collect()).collect();
    let diagonal = (0..n).map(|k| ((p[k] + margin) * scale) as i128).collect();
    Some(Factored { weights, shift, factor, diagonal, gram })
}

/// A bound on `max sᵀ·M·y` over signs, in integers.
fn certified(matrix: &[Vec<i64>], is_over: &dyn Fn() -> bool) -> Option<i128> {
    let Factored { weights, shift, factor, diagonal, gram } = factored(matrix, is_over)?;
    // Σ_j q_j with q_j = 2^shift / weight_j, from above.
    let mut total: i128 = weights.iter().map(|w| ((1i128 << shift) + w - 1) / w).sum();
    let n = matrix.len();
    for k in 0..n {
        // R_kl = P_kl − G_kl − Σ L_k·L_l; the diagonal takes what is missing.
        let rest = |l: usize| -> Option<i128> {
            let square = factor[k].iter().zip(&factor[l]).map(|(a, b)| a * b).sum::<i128>();
            (if k == l { diagonal[k] } else { 0 }).checked_sub(gram[k][l])?.checked_sub(square)
        };
        let mut aside: i128 = 0;
        for l in (0..n).filter(|l| *l != k) {
            aside = aside.checked_add(rest(l)?.abs())?;
        }
        let needed = diagonal[k].checked_add(aside.checked_sub(rest(k)?)?.max(0))?;
        total = total.checked_add((needed >> shift) + 1)?;
    }
    // Half of the sum, from above.
    Some((total + 1) / 2)
}

/// `p_k` and `q_j` near the best ones: norms of the vectors' images; `None` where it `is_over` before.
fn descend(matrix: &[Vec<i64>], is_over: &dyn Fn() -> bool) -> Option<(Vec<f64>, Vec<f64>)> {
    let (n, d) = (matrix.len(), matrix.first().map_or(0, Vec::len));
    let entries: Vec<Vec<f64>> = matrix.iter().map(|row| row.iter().map(|x| *x as f64).collect()).collect();
    // Vectors of the rows start apart from each other, the same in every run.
    let mut left: Vec<[f64; RANK]> =
        (0..n).map(|k| std::array::from_fn(|r| libm::cos((k * RANK + r * r + 1) as f64))).collect();
    for u in &mut left {
        normalised(u);
    }
    let mut right = vec![[0.0; RANK]; d];
    let (mut p, mut q) = (vec![0.0; n], vec![0.0; d]);
    for _ in 0..SWEEPS {
        if is_over() {
            return None;
        }
        right.iter_mut().for_each(|w| *w = [0.0; RANK]);
        for (row, u) in entries.iter().zip(&left) {
            for (m, w) in row.iter().zip(&mut right) {
                (0..RANK).for_each(|r| w[r] += m * u[r]);
            }
        }
        q.iter_mut().zip(&mut right).for_each(|(q, w)| *q = normalised(w));
        for ((row, u), p) in entries.iter().zip(&mut left).zip(&mut p) {
            *u = [0.0; RANK];
            for (m, w) in row.iter().zip(&right) {
                (0..RANK).for_each(|r| u[r] += m * w[r]);
            }
            *p = normalised(u);
        }
    }
    Some((p, q))
}

/// Scales to length 1 where it has one; the length.
fn normalised(x: &mut [f64; RANK]) -> f64 {
    let length = libm::sqrt(x.iter().map(|x| x * x).sum());
    if length > 0.0 {
        x.iter_mut().for_each(|x| *x /= length);
    }
    length
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// All signs tried: never below the largest value, and within Grothendieck's constant of it.
        #[test]
        fn the_bound_bounds(rows in 1usize..5, columns in 1usize..5, entries in prop::collection::vec(-1000i64..1000, 16)) {
            let matrix: Vec<Vec<i64>> =
                (0..rows).map(|k| (0..columns).map(|j| entries[k * 4 + j] << 20).collect()).collect();
            let best = |signs: usize| -> i128 {
                let sum = |j: usize| -> i64 {
                    matrix.iter().enumerate().map(|(k, row)| if signs >> k & 1 == 1 { row[j] } else { -row[j] }).sum()
                };
                (0..columns).map(|j| i128::from(sum(j).abs())).sum()
            };
            let truth = (0..1 << rows).map(best).max().unwrap();
            if let Some(bound) = certified(&matrix, &|| false) {
                prop_assert!(bound >= truth);
                prop_assert!(bound as f64 <= 1.9 * truth as f64 + 1e6, "{bound} {truth}");
            }
        }
    }
}
