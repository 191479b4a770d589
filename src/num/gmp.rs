//! ℚ in GMP: `rug::Rational`, the default exact backend.

use super::exact::parts_of;
use super::{Exact, Scalar};
use rug::{Integer, Rational};
use std::cmp::Ordering;

impl Scalar for Rational {
    type Context = ();
    const NAME: &'static str = "rational";

    /// Exact. A value that is not finite has no place in ℚ and becomes zero; readers refuse it before.
    fn lift(value: f64, (): ()) -> Self {
        let (numerator, denominator) = parts_of::<Integer>(if value.is_finite() { value } else { 0.0 });
        Self::from((numerator, denominator))
    }
    fn nearest(value: &Rational, (): ()) -> Self {
        value.clone()
    }
    fn add(&self, other: &Self) -> Self {
        Self::from(self + other)
    }
    fn sub(&self, other: &Self) -> Self {
        Self::from(self - other)
    }
    fn mul(&self, other: &Self) -> Self {
        Self::from(self * other)
    }
    fn neg(&self) -> Self {
        Self::from(-self)
    }
    fn div(&self, other: &Self) -> Option<Self> {
        (other.cmp0() != Ordering::Equal).then(|| Self::from(self / other))
    }
    fn relu(&self) -> Self {
        if self.cmp0() == Ordering::Less { Self::new() } else { self.clone() }
    }
    fn sign(&self) -> Option<Ordering> {
        Some(self.cmp0())
    }
    fn exact(&self) -> Option<Rational> {
        Some(self.clone())
    }
    fn log2(&self) -> f64 {
        self.log2_magnitude()
    }
}

impl Exact for Rational {
    type Integer = Integer;

    fn from_parts(numerator: Integer, denominator: Integer) -> Self {
        Self::from((numerator, denominator))
    }
    fn numerator(&self) -> &Integer {
        self.numer()
    }
    fn denominator(&self) -> &Integer {
        self.denom()
    }
}
