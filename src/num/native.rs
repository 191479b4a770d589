//! `f64` and `f32` as scalars: IEEE 754 binary arithmetic, round to nearest even.

use super::{Exact, Rational, Scalar};
use std::cmp::Ordering;

macro_rules! native {
    ($type:ty, $name:literal) => {
        impl Scalar for $type {
            type Context = ();
            const NAME: &'static str = $name;

            fn lift(value: f64, (): ()) -> Self {
                value as $type
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
                (*other != 0.0).then(|| self / other)
            }
            fn relu(&self) -> Self {
                // A NaN stays a NaN: `f64::max` would launder it into zero.
                if self.is_nan() { *self } else { self.max(0.0) }
            }
            fn least(&self, other: &Self) -> Self {
                if self.is_nan() || other.is_nan() { Self::NAN } else { self.min(*other) }
            }
            fn sign(&self) -> Option<Ordering> {
                self.partial_cmp(&0.0)
            }
            fn exact(&self) -> Option<Rational> {
                self.is_finite().then(|| Rational::lift(f64::from(*self), ()))
            }
            fn log2(&self) -> f64 {
                f64::from(*self).abs().log2()
            }
            fn nearest(value: &Rational, (): ()) -> Self {
                nearest(value, Self::MANTISSA_DIGITS, Self::MIN_EXP) as $type
            }
        }
    };
}

native!(f64, "f64");
native!(f32, "f32");

/// The nearest number of `digits` significant bits, ties to even; the smallest normal one is `2^(least − 1)`.
///
/// What is too large for the format keeps its size, or is infinite where `f64` ends.
pub(super) fn nearest(value: &Rational, digits: u32, least: i32) -> f64 {
    let unit = least - digits as i32;
    // Two bits below the last place: the half, and the sticky one.
    let (significand, exponent, negative) = value.leading(unit - 2);
    let excess = (64 - significand.leading_zeros()).saturating_sub(digits) as i32;
    let dropped = excess.max(unit - exponent).max(0) as u32;
    // `round_off` rounds once; the rest is exact, or overflows to infinity.
    let magnitude = scale_by_power(round_off(significand, dropped) as f64, exponent + dropped as i32);
    if negative { -magnitude } else { magnitude }
}

/// `significand / 2^bits`, to the nearest integer, ties to even.
fn round_off(significand: u64, bits: u32) -> u64 {
    let (wide, half) = (u128::from(significand), (1u128 << bits) >> 1);
    let (quotient, rest) = (wide >> bits, wide & ((1 << bits) - 1));
    (quotient + u128::from(bits > 0 && (rest > half || rest == half && quotient & 1 == 1))) as u64
}

/// `x·2^exponent` for an integer `x`, in steps that stay representable.
fn scale_by_power(x: f64, exponent: i32) -> f64 {
    let first = exponent.clamp(-1000, 900);
    let second = (exponent - first).clamp(-900, 900);
    x * power(first) * power(second)
}

/// `2^exponent` for a normal result.
fn power(exponent: i32) -> f64 {
    f64::from_bits(((exponent + 1023) as u64) << 52)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The neighbours of `x`, and half-way points, decide what is nearest.
    fn is_nearest(x: f64, value: &Rational) -> bool {
        let miss = |y: f64| {
            let gap = Rational::lift(y, ()).sub(value);
            if gap < Rational::lift(0.0, ()) { gap.neg() } else { gap }
        };
        miss(x) <= miss(x.next_up()) && miss(x) <= miss(x.next_down())
    }

    proptest! {
        #[test]
        fn nearest_is_nearest(n in any::<i64>(), d in 1..=u64::MAX, scale in -1100i32..900) {
            let unit = Rational::lift(2.0, ());
            let mut value = Rational::lift(n as f64, ()).div(&Rational::lift(d as f64, ())).unwrap();
            for _ in 0..scale.unsigned_abs() {
                value = if scale < 0 { value.div(&unit).unwrap() } else { value.mul(&unit) };
            }
            prop_assert!(is_nearest(f64::nearest(&value, ()), &value));
        }

        #[test]
        fn nearest_undoes_exact(bits in any::<u64>()) {
            let x = f64::from_bits(bits);
            if let Some(q) = x.exact() {
                prop_assert_eq!(f64::nearest(&q, ()), x);
            }
        }

        #[test]
        fn nearest_f32_agrees_with_the_hardware(x in any::<f64>()) {
            if let Some(q) = x.exact() {
                prop_assert_eq!(f32::nearest(&q, ()), x as f32);
            }
        }
    }

    #[test]
    fn relu_keeps_a_nan() {
        assert!(Scalar::relu(&f64::NAN).is_nan());
    }
}
