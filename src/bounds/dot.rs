//! Sums of products in f64.

use super::{integer, over_positive};
use crate::num::{Exact, Rational, Scalar};

/// `u = 2^−53`, the relative error of one rounding to nearest in f64.
pub fn roundoff() -> Rational {
    Rational::power_of_two(-53)
}

/// `η = 2^−1075`, what a product may lose to underflow, in the unit of the product.
pub fn underflow() -> Rational {
    Rational::power_of_two(-1075)
}

/// `γₙ = n·u / (1 − n·u)`; `None` where `n·u ≥ 1`.
///
/// | argument | shape | unit |
/// |---|---|---|
/// | `n` | scalar | roundings |
///
/// Exact. Source: Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd ed. (2002), §3.1.
pub fn gamma(n: usize) -> Option<Rational> {
    let roundings = integer(n).mul(&roundoff());
    over_positive(&roundings, &Rational::integer(1).sub(&roundings))
}

/// Error of a dot product, summed in the order of the index from zero.
///
/// `|fl(x·y) − x·y| ≤ γₙ·Σ|xᵢ||yᵢ| + n·(1 + γₙ)·η`, wherever `fl(x·y)` is finite: overflow is
/// no hypothesis, and underflow costs the second term. No fused multiply-add.
///
/// | argument | shape | unit |
/// |---|---|---|
/// | `n` | scalar | terms |
/// | `mass` | scalar | `Σ\|xᵢ\|\|yᵢ\|`, unit of `x·y` |
///
/// Over the error of random normal terms: 37 times in the median at n = 10, 3,400 at n = 784.
///
/// `None` where `n·u ≥ 1`. Theorem `Gamma.dot_gamma`.
/// Source: Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd ed. (2002), §3.1.
pub fn dot(n: usize, mass: &Rational) -> Option<Rational> {
    let gamma = gamma(n)?;
    let lost = integer(n).mul(&Rational::integer(1).add(&gamma)).mul(&underflow());
    Some(gamma.mul(mass).add(&lost))
}

/// [`dot`] where every product is zero or at least `2^−1022` in magnitude: `γₙ·Σ|xᵢ||yᵢ|`.
///
/// | argument | shape | unit |
/// |---|---|---|
/// | `n` | scalar | terms |
/// | `mass` | scalar | `Σ\|xᵢ\|\|yᵢ\|`, unit of `x·y` |
///
/// `None` where `n·u ≥ 1`. Theorem `Gamma.dot_gamma_normal`.
pub fn dot_without_underflow(n: usize, mass: &Rational) -> Option<Rational> {
    Some(gamma(n)?.mul(mass))
}
