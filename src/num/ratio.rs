//! ℚ in pure Rust: `num-rational` over `num-bigint`. Always compiled: the exact
//! backend of a build without GMP, and a second opinion in one with it.

use super::exact::parts_of;
use super::{BigRational, Exact, Rational, Scalar};
use num_bigint::BigInt;
use num_traits::{Signed as _, Zero as _};
use std::cmp::Ordering;

impl Scalar for BigRational {
    type Context = ();
    const NAME: &'static str = "rational";

    /// Exact. A value that is not finite has no place in ℚ and becomes zero; readers refuse it before.
    fn lift(value: f64, (): ()) -> Self {
        let (numerator, denominator) = parts_of(if value.is_finite() { value } else { 0.0 });
        Self::new(numerator, denominator)
    }
    fn nearest(value: &Rational, (): ()) -> Self {
        value.convert()
    }
    fn add(&self, other: &Self) -> Self {
        self + other
    }
    fn sub(&self, other: &Self) -> Self {
        self - other
    }
    fn mul(&self, other: &Self) -> Self {
        self * other
    }
    fn neg(&self) -> Self {
        -self
    }
    fn div(&self, other: &Self) -> Option<Self> {
        (!other.is_zero()).then(|| self / other)
    }
    fn relu(&self) -> Self {
        if self.is_negative() { Self::zero() } else { self.clone() }
    }
    fn sign(&self) -> Option<Ordering> {
        Some(self.cmp(&Self::zero()))
    }
    fn exact(&self) -> Option<Rational> {
        Some(self.convert())
    }
    fn log2(&self) -> f64 {
        self.log2_magnitude()
    }
}

impl Exact for BigRational {
    type Integer = BigInt;

    fn from_parts(numerator: BigInt, denominator: BigInt) -> Self {
        Self::new(numerator, denominator)
    }
    fn numerator(&self) -> &BigInt {
        self.numer()
    }
    fn denominator(&self) -> &BigInt {
        self.denom()
    }
}
