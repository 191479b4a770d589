//! p-bit floating point: MPFR through `rug`, round to nearest even.
#![cfg(feature = "gmp")]

use super::{Rational, Scalar};
use std::cmp::Ordering;

/// A binary float of `p ≥ 2` bits of significand; the exponent has practically no limit.
///
/// Two operands of different precision round to that of the left one.
pub type Float = rug::Float;

impl Scalar for Float {
    type Context = u32;
    const NAME: &'static str = "mpfr";

    fn lift(value: f64, bits: u32) -> Self {
        Self::with_val(bits, value)
    }
    fn nearest(value: &Rational, bits: u32) -> Self {
        Self::with_val(bits, value)
    }
    fn add(&self, other: &Self) -> Self {
        Self::with_val(self.prec(), self + other)
    }
    fn sub(&self, other: &Self) -> Self {
        Self::with_val(self.prec(), self - other)
    }
    fn mul(&self, other: &Self) -> Self {
        Self::with_val(self.prec(), self * other)
    }
    fn neg(&self) -> Self {
        Self::with_val(self.prec(), -self)
    }
    fn div(&self, other: &Self) -> Option<Self> {
        (!other.is_zero()).then(|| Self::with_val(self.prec(), self / other))
    }
    fn relu(&self) -> Self {
        if self.cmp0() == Some(Ordering::Less) { Self::new(self.prec()) } else { self.clone() }
    }
    fn least(&self, other: &Self) -> Self {
        let of = |x: &Self| if x.is_nan() { Some(x.clone()) } else { None };
        of(self).or_else(|| of(other)).unwrap_or_else(|| if self < other { self.clone() } else { other.clone() })
    }
    fn sign(&self) -> Option<Ordering> {
        self.cmp0()
    }
    fn exact(&self) -> Option<Rational> {
        self.to_rational()
    }
    fn log2(&self) -> f64 {
        let (fraction, exponent) = self.to_f64_exp();
        fraction.abs().log2() + f64::from(exponent)
    }
}
