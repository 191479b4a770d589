//! Scalars: every arithmetic that the attack can run in.
//!
//! A [`Scalar`] can be lifted into, combined by field operations, and erased to ℚ.
//! It cannot be compared: [`Num`], the wrapper that carries the operators, has no
//! `PartialOrd`, so a number becomes a branch only through [`crate::judge`].
//!
//! | scalar | arithmetic | context |
//! |---|---|---|
//! | `f64`, `f32` | IEEE 754, round to nearest | `()` |
//! | `Float` | MPFR, `p` bits, round to nearest | `p` |
//! | [`Rational`] | ℚ, the default backend (GMP, or `BigRational` without the `gmp` feature) | `()` |
//! | [`Ball`] | a midpoint with a radius, both `f64`; encloses | `()` |
//! | `PreciseBall` | a midpoint of `p` bits with a radius; encloses | `p` |
//! | [`BigRational`] | ℚ in pure Rust, always there as a second opinion | `()` |
//!
//! Formats of 16 bits, [`Narrow`], are what numbers are stored in; nothing is computed in them.

mod ball;
mod dyadic;
mod enclosure;
mod exact;
mod fixed;
mod float;
mod gcd;
#[cfg(feature = "gmp")]
mod gmp;
mod integer;
mod narrow;
mod native;
#[cfg(feature = "gmp")]
mod precise_ball;
mod ratio;
mod wrapper;
mod written;

pub use ball::{Ball, rounding_error, up};
pub use dyadic::Dyadic;
pub use enclosure::Enclosure;
pub use exact::{Exact, common_multiple, integers};
pub use fixed::Fixed;
#[cfg(feature = "gmp")]
pub use float::Float;
pub use integer::BigInteger;
pub use narrow::Narrow;
pub use num_bigint::BigInt;
pub use num_rational::BigRational;
#[cfg(feature = "gmp")]
pub use precise_ball::PreciseBall;
pub use wrapper::{Num, dot, l1, lift_all};
pub use written::{NotANumber, number, power};

use std::cmp::Ordering;
use std::fmt::Debug;

/// ℚ in the default exact backend.
#[cfg(feature = "gmp")]
pub type Rational = rug::Rational;
/// ℚ in the default exact backend.
#[cfg(not(feature = "gmp"))]
pub type Rational = BigRational;

/// An arithmetic: what a generic stage may do with a number.
///
/// Operations round by the type's own rule; those of an [`Exact`] scalar do not round.
pub trait Scalar: Clone + Debug + Send + Sync + 'static {
    /// What a number needs to be made: the precision of a p-bit float, `()` elsewhere.
    type Context: Copy + Debug + Send + Sync + 'static;

    /// Name in reports: `f64`, `f32`, `mpfr`, `rational`.
    const NAME: &'static str;

    /// The number nearest to a finite `value`; exact wherever the significand has at least 53 bits.
    fn lift(value: f64, context: Self::Context) -> Self;

    /// The number nearest to a rational, ties to even; exact in ℚ.
    fn nearest(value: &Rational, context: Self::Context) -> Self;

    /// `self + other`.
    fn add(&self, other: &Self) -> Self;

    /// `self − other`.
    fn sub(&self, other: &Self) -> Self;

    /// `self · other`.
    fn mul(&self, other: &Self) -> Self;

    /// `−self`, never rounded.
    fn neg(&self) -> Self;

    /// `self / other`; `None` when the divisor is zero, of a ball: nothing but zero.
    fn div(&self, other: &Self) -> Option<Self>;

    /// `max(self, 0)`, as a value. Never a decision, so never in a script.
    fn relu(&self) -> Self;

    /// `min(self, other)`, as a value, never rounded. Of balls: an enclosure.
    fn least(&self, other: &Self) -> Self {
        // Not rounded where nothing is; of balls, min(x, y) = x − relu(x − y) for all their members.
        self.sub(&self.sub(other).relu())
    }

    /// The sign; `None` when this representation does not know it (a NaN, a ball that may be zero).
    ///
    /// For [`crate::judge`] alone: everybody else asks a judge.
    fn sign(&self) -> Option<Ordering>;

    /// The value as a rational, exactly; `None` for an infinity or a NaN.
    fn exact(&self) -> Option<Rational>;

    /// `log2 |self|`, to about ten digits: for margins and reports, never for a branch.
    ///
    /// `−∞` at zero, NaN where there is no number.
    fn log2(&self) -> f64;
}
