//! Error bounds: theorems as functions of ℚ.
//!
//! Three kinds of error stand in one chain, *measured ≤ certified ≤ a priori*:
//!
//! | kind | where | what it needs |
//! |---|---|---|
//! | measured | [`crate::num::Scalar::exact`] and a subtraction | the exact value |
//! | certified | [`solve`], or a bound here fed with measured errors | the computed values, afterwards |
//! | a priori | [`dot()`], [`forward()`], and a bound here fed with theirs | sizes and magnitudes, beforehand |
//!
//! Each is looser than the one before, and needs less. Every function returns its bound
//! exactly, says what must hold, and names the theorem in `proofs/` that it evaluates; the
//! tests hold real f64 computations against it.
//!
//! | bound | of |
//! |---|---|
//! | [`dot()`] | a sum of products |
//! | [`forward()`] | a network's answer |
//! | [`second_difference()`] | a measured kink of the output |
//! | [`crossing()`] | a critical point |
//! | [`ratio()`] | a quotient of measured numbers |
//! | [`sign()`], [`relative_sign()`] | a sign: none, if it is certain |
//! | [`solve`] | the solution of a linear system |
//! | [`box_error()`] | a recovered function, on a box |

mod box_error;
mod crossing;
mod dot;
mod forward;
mod ratio;
mod second_difference;
mod sign;
pub mod solve;

pub use box_error::box_error;
pub use crossing::{crossing, crossing_of_lines, slope};
pub use dot::{dot, dot_without_underflow, gamma, roundoff, underflow};
pub use forward::{forward, forward_mass};
pub use ratio::ratio;
pub use second_difference::{second_difference, second_difference_rounding};
pub use sign::{global_sign_limit, relative_sign, relative_sign_limit, sign};

use crate::linalg::Matrix;
use crate::num::{Exact, Rational, Scalar};

/// The weights of a network with one hidden layer and one output, in ℚ.
///
/// A network of several outputs is taken output by output.
#[derive(Clone, Copy, Debug)]
pub struct Layers<'a> {
    /// `A0`, `[hidden, inputs]`.
    pub hidden: &'a Matrix<Rational>,
    /// `b0`, `[hidden]`.
    pub hidden_bias: &'a [Rational],
    /// A row of `A1`, `[hidden]`.
    pub output: &'a [Rational],
    /// Its entry of `b1`.
    pub output_bias: &'a Rational,
}

/// `Σ |xᵢ|·yᵢ`; the shorter length counts.
fn weighted(x: &[Rational], y: &[Rational]) -> Rational {
    x.iter().zip(y).fold(Rational::default(), |sum, (a, b)| sum.add(&a.magnitude().mul(b)))
}

/// `Σ |xᵢ|`.
fn total(x: &[Rational]) -> Rational {
    x.iter().fold(Rational::default(), |sum, a| sum.add(&a.magnitude()))
}

/// `numerator / denominator` where the denominator is positive.
fn over_positive(numerator: &Rational, denominator: &Rational) -> Option<Rational> {
    if *denominator > Rational::default() { numerator.div(denominator) } else { None }
}

fn integer(value: usize) -> Rational {
    Rational::integer(i64::try_from(value).unwrap_or(i64::MAX))
}
