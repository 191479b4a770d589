//! Dyadic numbers `m·2^e`: the positions that the attack is free to choose.

use super::{Num, Scalar};

/// `mantissa·2^exponent`, exact; the same question in every arithmetic.
///
/// Positions along a line are chosen as dyadics, so that runs in different
/// arithmetics ask at the same places and heights stay small in ℚ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Dyadic {
    mantissa: i128,
    exponent: i32,
}

/// Powers of two are made in steps that an `f64` holds, subnormal or not.
const CHUNK: i32 = 900;

impl Dyadic {
    /// Zero.
    pub const ZERO: Self = Self { mantissa: 0, exponent: 0 };

    /// `mantissa·2^exponent`.
    pub fn new(mantissa: i64, exponent: i32) -> Self {
        Self { mantissa: i128::from(mantissa), exponent }.reduced()
    }

    /// `2^exponent`.
    pub fn power(exponent: i32) -> Self {
        Self::new(1, exponent)
    }

    fn reduced(self) -> Self {
        if self.mantissa == 0 {
            return Self::ZERO;
        }
        let zeros = self.mantissa.trailing_zeros();
        Self { mantissa: self.mantissa >> zeros, exponent: self.exponent + zeros as i32 }
    }

    /// `self·2^shift`.
    pub fn scaled(self, shift: i32) -> Self {
        if self.mantissa == 0 { self } else { Self { exponent: self.exponent + shift, ..self } }
    }

    /// `self + other`; `None` when the sum needs more than 126 bits.
    pub fn plus(self, other: Self) -> Option<Self> {
        let exponent = match (self.mantissa, other.mantissa) {
            (0, _) => return Some(other),
            (_, 0) => return Some(self),
            _ => self.exponent.min(other.exponent),
        };
        let aligned = |x: Self| {
            let shift = (x.exponent - exponent) as u32;
            (shift + 128 - x.mantissa.unsigned_abs().leading_zeros() <= 126).then(|| x.mantissa << shift)
        };
        Some(Self { mantissa: aligned(self)? + aligned(other)?, exponent }.reduced())
    }

    /// `−self`.
    pub fn negated(self) -> Self {
        Self { mantissa: -self.mantissa, ..self }
    }

    /// `⌊log2 |self|⌋`; `None` at zero.
    pub fn binade(self) -> Option<i32> {
        (self.mantissa != 0).then(|| self.exponent + 127 - self.mantissa.unsigned_abs().leading_zeros() as i32)
    }

    /// Digits behind the binary point.
    pub fn places(self) -> i32 {
        (-self.exponent).max(0)
    }

    /// The order of two positions: they are chosen, not measured, so this is no decision.
    pub fn compare(self, other: Self) -> std::cmp::Ordering {
        let difference = self.plus(other.negated()).map(Self::signum);
        // Too far apart in size to be subtracted: the larger binade decides.
        let by_size =
            || self.signum() * self.binade().unwrap_or(i32::MIN).cmp(&other.binade().unwrap_or(i32::MIN)) as i32;
        difference
            .unwrap_or_else(|| if self.signum() == other.signum() { by_size() } else { self.signum() - other.signum() })
            .cmp(&0)
    }

    /// −1, 0 or 1.
    pub fn signum(self) -> i32 {
        self.mantissa.signum() as i32
    }

    /// The number in an arithmetic: exact where 126 bits fit, else rounded by its rule.
    pub fn lift<S: Scalar>(self, context: S::Context) -> Num<S> {
        // Three pieces of at most 43 bits: each an f64, and their sum exact in ℚ.
        let size = self.mantissa.unsigned_abs();
        let (mut left, near) = (self.exponent, self.exponent.clamp(-CHUNK, CHUNK));
        let piece = |shift: u32| {
            let digits = (size >> shift) & ((1 << 43) - 1);
            Num::<S>::lift(digits as f64 * 2f64.powi(near + shift as i32), context)
        };
        let mut sum = &(&piece(86) + &piece(43)) + &piece(0);
        left -= near;
        while left != 0 {
            let chunk = left.clamp(-CHUNK, CHUNK);
            sum = &sum * &Num::lift(2f64.powi(chunk), context);
            left -= chunk;
        }
        if self.mantissa < 0 { -&sum } else { sum }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::num::{Exact, Rational};
    use proptest::prelude::*;

    fn exact(x: Dyadic) -> Rational {
        x.lift::<Rational>(()).0
    }

    proptest! {
        #[test]
        fn sums_are_exact(a in any::<i64>(), b in any::<i64>(), e in -60i32..60, f in -60i32..60) {
            let (x, y) = (Dyadic::new(a, e), Dyadic::new(b, f));
            if let Some(sum) = x.plus(y) {
                prop_assert_eq!(exact(sum), exact(x).add(&exact(y)));
            }
        }

        #[test]
        fn binade_brackets(a in any::<i64>(), e in -5000i32..5000) {
            let x = Dyadic::new(a, e);
            if let Some(k) = x.binade() {
                let size = exact(x).magnitude();
                prop_assert!(Rational::power_of_two(k) <= size && size < Rational::power_of_two(k + 1));
            }
        }
    }
}
