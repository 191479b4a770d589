//! Signs: decided right, or not certain.

use crate::num::{Exact, Rational, Scalar};
use std::cmp::Ordering;

/// The sign of a number measured as `value`, off by at most `error`.
///
/// | argument | shape | unit |
/// |---|---|---|
/// | `value`, `error` | scalar | that of the number |
///
/// `None` where `|value| ≤ error`: the number may be zero. Theorem `Bounds.sign_certificate`.
pub fn sign(value: &Rational, error: &Rational) -> Option<Ordering> {
    (value.magnitude() > *error).then(|| value.cmp(&Rational::default()))
}

/// Whether two weights of a unit agree in sign, from second differences.
///
/// `sum`, along `e_ref + e_j`, exceeds `reference`, along `e_ref`, where they do. Needs that
/// the weights' own differences satisfy `0 < P_j < 2·P_ref`, each measured within `error`.
///
/// | argument | shape | unit |
/// |---|---|---|
/// | `sum`, `reference` | scalar | second difference, as measured |
/// | `error` | scalar | second difference |
///
/// `None` where the margin is at most `2·error`. Theorem `RelativeSign.relative_sign_error`.
pub fn relative_sign(sum: &Rational, reference: &Rational, error: &Rational) -> Option<bool> {
    let margin = sum.sub(reference);
    sign(&margin, &Rational::integer(2).mul(error)).map(|sign| sign == Ordering::Greater)
}

/// The error of a second difference below which [`relative_sign`] is decided right.
///
/// `min(P_j, 2·P_ref − P_j) / 2`, of the true second differences: no measurement is needed.
///
/// | argument | shape | unit |
/// |---|---|---|
/// | `entry`, `reference` | scalar | `P_j`, `P_ref`, second difference |
///
/// Every error strictly below it will do; none where it is not positive.
/// Theorem `RelativeSign.relative_sign_margin`.
pub fn relative_sign_limit(entry: &Rational, reference: &Rational) -> Rational {
    let two = Rational::integer(2);
    let room = two.mul(reference).sub(entry);
    entry.clone().min(room).div(&two).unwrap_or_default()
}

/// The error of an answer below which the preimage test finds the active side.
///
/// `|a·σ| / 4`, where the output changes by `a·σ` on that side and not at all on the other.
///
/// | argument | shape | unit |
/// |---|---|---|
/// | `strength` | scalar | `a·σ`, output |
///
/// Every error strictly below it will do. Theorem `GlobalSign.global_sign_error`.
pub fn global_sign_limit(strength: &Rational) -> Rational {
    strength.magnitude().div(&Rational::integer(4)).unwrap_or_default()
}
