//! A measured kink: the second difference at a critical point.

use super::dot::roundoff;
use crate::num::{Exact, Rational, Scalar};

/// Error of `y₊ + y₋ − 2y₀` as a measurement of `a·|s·w·v|`.
///
/// `|a|·|δ| + 4·η`: the centre lies off the unit's hyperplane by `δ`, and each of the three
/// answers is off by at most `η`. Needs `|δ| ≤ |s·w·v|`, and that every other unit keeps its
/// sign from `x − s·v` to `x + s·v`.
///
/// | argument | shape | unit |
/// |---|---|---|
/// | `weight` | scalar | `a`, output per pre-activation |
/// | `offset` | scalar | `δ`, pre-activation |
/// | `answer` | scalar | `η`, output |
///
/// Over the error, with the answers' own errors for `η`: 3 times in the median.
///
/// Exact. Theorem `SecondDifference.second_difference_error`.
pub fn second_difference(weight: &Rational, offset: &Rational, answer: &Rational) -> Rational {
    weight.magnitude().mul(&offset.magnitude()).add(&Rational::integer(4).mul(answer))
}

/// What three f64 operations add: `D = a + b` with `a = y₊ − y₀`, `b = y₋ − y₀`.
///
/// `u·(|a| + |b| + |D|)`, of the values as computed, wherever `D` is finite. Differences of
/// near answers are exact or nearly so; the sum of magnitudes is small beside the answers.
///
/// | argument | shape | unit |
/// |---|---|---|
/// | `ahead`, `behind` | scalar | `a`, `b`, output |
/// | `difference` | scalar | `D`, output |
///
/// Exact. Theorem `Gamma.second_difference_rounded`.
pub fn second_difference_rounding(ahead: &Rational, behind: &Rational, difference: &Rational) -> Rational {
    roundoff().mul(&ahead.magnitude().add(&behind.magnitude()).add(&difference.magnitude()))
}
