//! Formats of 16 bits: what numbers are stored in where `f32` is summed in.

use super::Rational;
use super::native::nearest;
use half::{bf16, f16};

/// A binary format of 16 bits. Its numbers are kept as the `f32` that they are.
///
/// Every conversion rounds once, to nearest, ties to even; what is too large is infinite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Narrow {
    /// IEEE 754 binary16: 11 significant bits, up to 65504.
    F16,
    /// bfloat16: 8 significant bits, the exponents of `f32`.
    Bf16,
}

impl Narrow {
    /// Significant bits.
    pub const fn digits(self) -> u32 {
        match self {
            Self::F16 => f16::MANTISSA_DIGITS,
            Self::Bf16 => bf16::MANTISSA_DIGITS,
        }
    }

    /// The nearest number of the format to an `f32`; a NaN stays one.
    pub fn round(self, value: f32) -> f32 {
        match self {
            Self::F16 => f16::from_f32(value).to_f32(),
            Self::Bf16 => bf16::from_f32(value).to_f32(),
        }
    }

    /// The nearest number of the format to an `f64`.
    ///
    /// Not through the nearest `f32`, which may be a tie that the number itself is not.
    pub fn of_f64(self, value: f64) -> f32 {
        self.round(to_odd(value))
    }

    /// The nearest number of the format to a rational.
    pub fn nearest(self, value: &Rational) -> f32 {
        let least = match self {
            Self::F16 => f16::MIN_EXP,
            Self::Bf16 => bf16::MIN_EXP,
        };
        // Exact, or too large for the format: that becomes infinite here.
        self.round(nearest(value, self.digits(), least) as f32)
    }
}

/// An `f64` as `f32`, rounded to odd: of two neighbours the one whose last bit is set.
///
/// That bit then tells of everything below it, so that rounding to nearest in a format of at least two
/// bits less is right. Source: Boldo and Melquiond, *Emulation of a FMA and Correctly Rounded Sums: Proved
/// Algorithms Using Rounding to Odd*, IEEE Trans. Computers 57 (2008).
fn to_odd(value: f64) -> f32 {
    let near = value as f32;
    let odd = near.to_bits() & 1 == 1;
    if odd || f64::from(near) == value || value.is_nan() {
        near
    } else if f64::from(near) < value {
        near.next_up()
    } else {
        near.next_down()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::num::{Exact, Scalar};
    use proptest::prelude::*;

    const BOTH: [Narrow; 2] = [Narrow::F16, Narrow::Bf16];

    /// Numbers of which few bits are set, so that ties and their neighbours are common, over the exponents of `f32`.
    fn near_ties() -> impl Strategy<Value = f64> {
        (any::<u16>(), 0u32..3, 0u32..48, -160i32..130, any::<bool>()).prop_map(
            |(top, tail, at, exponent, negative)| {
                let significand = u64::from(top) << 46 | u64::from(tail) << at;
                let size = significand as f64 * 2f64.powi(-62) * 2f64.powi(exponent);
                if negative { -size } else { size }
            },
        )
    }

    /// All finite numbers of a format, in order.
    fn numbers(format: Narrow) -> Vec<f32> {
        let of_bits = |bits| match format {
            Narrow::F16 => f16::from_bits(bits).to_f32(),
            Narrow::Bf16 => bf16::from_bits(bits).to_f32(),
        };
        let mut all: Vec<f32> = (0..=u16::MAX).map(of_bits).filter(|x| x.is_finite() && *x != 0.0).collect();
        all.push(0.0);
        all.sort_by(f32::total_cmp);
        all
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]

        /// Against the definition: no number of the format is nearer, and of two equally near the even one is taken.
        #[test]
        fn conversions_are_nearest(value in near_ties()) {
            for (format, all) in BOTH.iter().zip(tables()) {
                let (got, exact) = (format.of_f64(value), Rational::lift(value, ()));
                prop_assert_eq!(got.to_bits(), format.nearest(&exact).copysign(value as f32).to_bits(), "{} in {:?}", value, format);
                let miss = |x: f32| Rational::lift(f64::from(x), ()).sub(&exact).magnitude();
                let most = all[all.len() - 1];
                if got.is_infinite() {
                    // Half a step beyond the largest number, and more.
                    let step = most - all[all.len() - 2];
                    prop_assert!(value.abs() >= f64::from(most) + f64::from(step) / 2.0);
                    continue;
                }
                let at = all.partition_point(|x| *x < got);
                prop_assert_eq!(all[at], got);
                let even = |x: f32| x.to_bits() >> (24 - format.digits()) & 1 == 0 || x.abs() < f32::MIN_POSITIVE;
                for other in [at.wrapping_sub(1), at + 1].into_iter().filter_map(|i| all.get(i)) {
                    prop_assert!(miss(got) <= miss(*other));
                    // Below the normal numbers of the format the last place stands elsewhere: there NumPy is asked.
                    let normal = value.abs() > 2f64.powi(-14);
                    prop_assert!(miss(got) < miss(*other) || !normal || even(got), "{value} to {got} beside {other}");
                }
            }
        }

        #[test]
        fn of_f32_too(value in any::<f32>()) {
            for format in BOTH {
                prop_assert_eq!(format.round(value).to_bits(), format.of_f64(f64::from(value)).to_bits());
            }
        }
    }

    fn tables() -> &'static [Vec<f32>; 2] {
        static TABLES: std::sync::OnceLock<[Vec<f32>; 2]> = std::sync::OnceLock::new();
        TABLES.get_or_init(|| BOTH.map(numbers))
    }

    /// 1 + 2^−11 + 2^−40 lies above the tie of 1 and its neighbour in f16; its nearest f32 is that tie.
    #[test]
    fn a_number_beside_a_tie_is_not_rounded_twice() {
        let value = 1.0 + 2f64.powi(-11) + 2f64.powi(-40);
        assert_eq!(Narrow::F16.of_f64(value), 1.0 + 2f32.powi(-10));
        assert_eq!(Narrow::F16.round(value as f32), 1.0);
        assert_eq!(Narrow::F16.of_f64(65_519.99), 65_504.0);
        assert_eq!(Narrow::F16.of_f64(-65_520.0), f32::NEG_INFINITY);
        assert_eq!(Narrow::Bf16.of_f64(f64::MAX), f32::INFINITY);
        assert!(Narrow::Bf16.of_f64(f64::NAN).is_nan());
    }
}
