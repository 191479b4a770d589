//! A quotient of two measured numbers.

use super::over_positive;
use crate::num::{Exact, Rational, Scalar};

/// Error of `n'/d'` as a measurement of `n/d`, where `|n' − n| ≤ eₙ` and `|d' − d| ≤ e_d`.
///
/// `(eₙ + |n'/d'|·e_d) / (|d'| − e_d)`; then `d ≠ 0`, too.
///
/// | argument | shape | unit |
/// |---|---|---|
/// | `numerator`, `denominator` | scalar | `n'`, `d'`, as measured |
/// | `numerator_error`, `denominator_error` | scalar | `eₙ`, `e_d`, units of `n'`, `d'` |
///
/// Over the error, for dot products of 5 terms with their a-priori bounds: 22 times in the median.
///
/// Of the exact quotient of the measured numbers. `None` where `e_d ≥ |d'|`: the denominator
/// may be zero. Theorem `Bounds.ratio_bound`.
pub fn ratio(
    numerator: &Rational,
    denominator: &Rational,
    numerator_error: &Rational,
    denominator_error: &Rational,
) -> Option<Rational> {
    let room = denominator.magnitude().sub(denominator_error);
    let quotient = numerator.div(denominator)?.magnitude();
    over_positive(&numerator_error.add(&quotient.mul(denominator_error)), &room)
}
