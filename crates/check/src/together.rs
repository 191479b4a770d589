//! Terms with open signs, all at once: a bilinear form over signs and inputs.
//!
//! For `s` in `[−1, 1]^n`, `y` in `[−1, 1]^m`, an `n`×`m` matrix `M`, weights `ω_j > 0`, `G = M·Ω·Mᵀ`, and
//! by `2ab ≤ a²·ω + b²/ω`:
//!
//! ```text
//! sᵀ·M·y ≤ ½·(sᵀ·G·s + Σ_j y_j²/ω_j) ≤ ½·(Σ_k P_k + Σ_j 1/ω_j)    where diag(P) − G is positive semidefinite
//! ```
//!
//! For any `L`, `R = diag(P) − G − L·Lᵀ` is diagonally dominant with
//! `P_k = G_kk + (L·Lᵀ)_kk + Σ_{l≠k} |G_kl + (L·Lᵀ)_kl|`; then `R`, and with it `diag(P) − G`, is positive
//! semidefinite. So any weights and any factor prove a bound; good ones a good bound.

use crate::audit_record::Together;
use crate::number::Fractions;
use crate::refusal::Refusal;
use num_bigint::BigInt;
use num_integer::Integer as _;
use num_rational::BigRational;
use num_traits::{Signed as _, ToPrimitive as _, Zero as _};

/// Bits of an entry and of a weight: products of two entries and a weight, over 2^22 columns, fit 127 bits.
const ENTRY: u32 = 31;
/// Bits of an entry of the factor: products of two, over the rows, fit 127 bits.
const FACTOR: u32 = 55;
/// The most rows.
const MOST_ROWS: usize = 1 << 10;
/// The most binary places.
const MOST_PLACES: u32 = 1 << 14;

fn malformed(what: &str) -> Refusal {
    Refusal::Malformed(format!("a bound together: {what}"))
}

/// `floor(x·2^places)` of the entries, which must be less than 2^31.
pub(crate) fn entries(rows: &[&Fractions], places: i32) -> Result<Vec<Vec<i64>>, Refusal> {
    if places.unsigned_abs() > MOST_PLACES {
        return Err(malformed("its entries have too many places"));
    }
    let one = |x: &BigInt, denominator: &BigInt| {
        let shift = places.unsigned_abs();
        let floor =
            if places >= 0 { (x << shift).div_floor(denominator) } else { x.div_floor(&(denominator << shift)) };
        floor.to_i64().filter(|x| x.unsigned_abs() < 1 << ENTRY).ok_or_else(|| malformed("an entry is too large"))
    };
    rows.iter().map(|row| row.over.iter().map(|x| one(x, &row.denominator)).collect()).collect()
}

/// The places at which the largest entry just fits.
pub(crate) fn places(rows: &[&Fractions]) -> i32 {
    let bits = |row: &&Fractions| {
        let largest = row.over.iter().map(BigInt::bits).max().unwrap_or(0);
        largest as i64 - row.denominator.bits() as i64
    };
    // x < 2^(bits + 1).
    let bits = rows.iter().map(bits).max().unwrap_or(0);
    (i64::from(ENTRY) - 2 - bits).clamp(-i64::from(MOST_PLACES), i64::from(MOST_PLACES)) as i32
}

/// The bound on `sᵀ·M·y` for rows of `M`, `[n]` of `[m]`.
///
/// Errors: [`Refusal::Malformed`] where sizes do not fit or a number is out of its range.
pub(crate) fn bound(rows: &[&Fractions], stated: &Together) -> Result<BigRational, Refusal> {
    let n = rows.len();
    if n > MOST_ROWS {
        return Err(malformed("it has too many rows"));
    }
    let matrix = entries(rows, stated.places)?;
    let columns = matrix.first().map_or(0, Vec::len);
    let weights = integers(&stated.weights, ENTRY)?;
    if weights.len() != columns || weights.iter().any(|w| *w <= 0) {
        return Err(malformed("it takes one positive weight an input, and one for the constant"));
    }
    if stated.weight_places > u64::BITS * 2 {
        return Err(malformed("its weights have too many places"));
    }
    let factor = stated.factor.iter().map(|row| integers(row, FACTOR)).collect::<Result<Vec<_>, _>>()?;
    if factor.len() != n || factor.iter().enumerate().any(|(k, row)| row.len() != k + 1) {
        return Err(malformed("its factor is no lower triangular matrix of its size"));
    }
    // |M| < 2^31, ω ≤ 2^31, m ≤ 2^22 and |L| < 2^55, n ≤ 2^10: no sum leaves 127 bits.
    let weighted: Vec<Vec<i128>> = matrix
        .iter()
        .map(|row| row.iter().zip(&weights).map(|(x, w)| i128::from(*x) * i128::from(*w)).collect())
        .collect();
    // G_kl + (L·Lᵀ)_kl, for l ≤ k.
    let entry = |k: usize, l: usize| -> i128 {
        let product: i128 = weighted[k].iter().zip(&matrix[l]).map(|(a, b)| a * i128::from(*b)).sum();
        let square: i128 = factor[k].iter().zip(&factor[l]).map(|(a, b)| i128::from(*a) * i128::from(*b)).sum();
        product + square
    };
    let mut sum = BigInt::zero();
    for k in 0..n {
        // Σ_k P_k: an entry off the diagonal counts in its row and in its column.
        sum += entry(k, k);
        for l in 0..k {
            sum += BigInt::from(entry(k, l)).abs() * 2;
        }
    }
    // Σ_j 1/ω_j for ω_j = weight_j/2^u, each rounded up; times 2^u as the sum above.
    let one = BigInt::from(1) << stated.weight_places;
    let inverse: BigInt = weights.iter().map(|w| one.div_ceil(&BigInt::from(*w))).sum();
    let total = sum + inverse * &one;
    // Each entry was rounded down by less than one unit.
    let total = total + BigInt::from(2 * n * columns) * one;
    let shift = i64::from(stated.weight_places) + 1 + i64::from(stated.places);
    let power = BigInt::from(1) << shift.unsigned_abs();
    Ok(if shift >= 0 { BigRational::new(total, power) } else { BigRational::from_integer(total * power) })
}

fn integers(texts: &[String], bits: u32) -> Result<Vec<i64>, Refusal> {
    let one = |text: &String| {
        let plain = text.strip_prefix('-').unwrap_or(text);
        let digits = !plain.is_empty() && plain.len() <= 20 && plain.bytes().all(|c| c.is_ascii_digit());
        let value = digits.then(|| text.parse::<i64>().ok()).flatten();
        value
            .filter(|x| x.unsigned_abs() <= 1 << bits)
            .ok_or_else(|| malformed(&format!("'{text:.40}' is no integer for it")))
    };
    texts.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// All signs tried: any weights and any factor give no less than the largest value.
        #[test]
        fn any_weights_and_factor_bound(
            n in 1usize..5, m in 1usize..5, entries in prop::collection::vec(-1000i64..1000, 16),
            weights in prop::collection::vec(1i64..5000, 4), factor in prop::collection::vec(-3000i64..3000, 10),
            places in -6i32..14, weight_places in 0u32..24,
        ) {
            let rows: Vec<Fractions> = (0..n)
                .map(|k| Fractions { over: (0..m).map(|j| entries[4 * k + j].into()).collect(), denominator: 7.into() })
                .collect();
            let mut factor = factor.iter();
            let stated = Together {
                places,
                weight_places,
                weights: weights.iter().take(m).map(ToString::to_string).collect(),
                factor: (0..n).map(|k| (0..=k).map(|_| factor.next().unwrap().to_string()).collect()).collect(),
            };
            let signed = |signs: usize, j: usize| -> i64 {
                (0..n).map(|k| if signs >> k & 1 == 1 { entries[4 * k + j] } else { -entries[4 * k + j] }).sum()
            };
            let truth = (0..1 << n).map(|signs| (0..m).map(|j| signed(signs, j).abs()).sum::<i64>()).max().unwrap();
            let found = bound(&rows.iter().collect::<Vec<_>>(), &stated).unwrap();
            prop_assert!(found >= BigRational::new(truth.into(), 7.into()), "{found} {truth}");
        }
    }
}
