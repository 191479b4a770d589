//! An answer channel: answers pass through fewer bits than the oracle computed.

use super::{Answer, Batch};
use crate::num::{Exact, Num, Rational, Scalar, rounding_error, up};
use std::cmp::Ordering;

/// An oracle whose answers are rounded to `bits` significant bits, ties to even.
///
/// Of an exact victim this is the ideal oracle of that precision: each answer is the exact
/// one, rounded once.
pub struct Channel<S: Scalar> {
    victim: Box<dyn Answer<S>>,
    bits: u32,
    context: S::Context,
}

/// The most bits that a channel rounds to.
pub const MOST_BITS: u32 = 61;

impl<S: Scalar> Channel<S> {
    /// The victim behind a channel of this many bits, from 1 to [`MOST_BITS`].
    ///
    /// `context`: of the attacker's arithmetic, which must hold that many bits.
    pub fn new(victim: Box<dyn Answer<S>>, bits: u32, context: S::Context) -> Self {
        Self { victim, bits: bits.clamp(1, MOST_BITS), context }
    }
}

impl<S: Scalar> Answer<S> for Channel<S> {
    fn inputs(&self) -> usize {
        self.victim.inputs()
    }

    fn outputs(&self) -> usize {
        self.victim.outputs()
    }

    fn answer(&self, batch: &Batch<'_, S>) -> Vec<Vec<Num<S>>> {
        // What is not finite has no bits to lose.
        let through = |y: Num<S>| match y.0.exact() {
            Some(exact) => Num(S::nearest(&rounded(&exact, self.bits), self.context)),
            None => y,
        };
        let answers = self.victim.answer(batch).into_iter();
        answers.map(|outputs| outputs.into_iter().map(through).collect()).collect()
    }
}

/// The number of `bits` significant bits nearest to a rational, ties to even.
fn rounded(value: &Rational, bits: u32) -> Rational {
    let (significand, exponent, negative) = value.leading(i32::MIN / 2);
    // 63 bits or 64, of which the lowest tells of a rest: at least two are dropped.
    let drop = (u64::BITS - significand.leading_zeros()).saturating_sub(bits);
    if drop == 0 {
        return value.clone();
    }
    let (kept, rest, half) = (significand >> drop, significand & ((1 << drop) - 1), 1u64 << (drop - 1));
    let away = match rest.cmp(&half) {
        Ordering::Less => 0,
        Ordering::Equal => kept & 1,
        Ordering::Greater => 1,
    };
    // At most 2^61: it fits.
    let size = Rational::integer((kept + away) as i64).mul(&Rational::power_of_two(exponent + drop as i32));
    if negative { size.neg() } else { size }
}

/// What a channel may have moved: `|y|·2^−bits` from above, of the answer `y` that came out
/// as an `f64`.
pub fn channel_error(rounded: f64, bits: u32) -> f64 {
    // Half a unit in the last of the bits; |y| is at least the power of two that they start at.
    let channel = up(up(rounded.abs() * 2f64.powi(-(bits as i32))) * (1.0 + 4.0 * f64::EPSILON));
    // More bits than f64 has, and subnormal numbers, are rounded once more on their way into it.
    let again = if bits >= f64::MANTISSA_DIGITS { rounding_error(rounded) } else { f64::from_bits(1) };
    up(channel + again)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// 1 + 2^−53 + 2^−54 − 2^−80 goes to 54 bits, and from there down to 1 in f64.
    #[test]
    fn two_roundings_are_counted() {
        let power = Rational::power_of_two;
        let value = power(0).add(&power(-53)).add(&power(-54)).sub(&power(-80));
        let float = f64::nearest(&rounded(&value, 54), ());
        let error = Rational::lift(channel_error(float, 54), ());
        assert!(Rational::lift(float, ()).sub(&value).magnitude() <= error, "{float}");
    }

    proptest! {
        /// At 53 and 24 bits the hardware says what is right.
        #[test]
        fn as_hardware_rounds(numerator in any::<i64>(), denominator in 1i64.., small in -1e30f32..1e30) {
            let value = Rational::integer(numerator).div(&Rational::integer(denominator)).unwrap();
            prop_assert_eq!(f64::nearest(&value, ()).exact(), Some(rounded(&value, 53)));
            prop_assert_eq!(f32::nearest(&value, ()).exact(), Some(rounded(&value, 24)));
            let between = f64::from(small) + f64::from(small.next_up());
            let tie = Rational::lift(between, ()).div(&Rational::integer(2)).unwrap();
            prop_assert_eq!(f32::nearest(&tie, ()).exact(), Some(rounded(&tie, 24)));
        }

        #[test]
        fn moves_no_more_than_said(value in any::<i64>(), scale in -200i32..200, bits in 1u32..MOST_BITS) {
            let value = Rational::integer(value).mul(&Rational::power_of_two(scale));
            let through = rounded(&value, bits);
            let error = Rational::lift(channel_error(f64::nearest(&through, ()), bits), ());
            prop_assert!(through.sub(&value).magnitude() <= error);
            let float = Rational::lift(f64::nearest(&through, ()), ());
            prop_assert!(float.sub(&value).magnitude() <= error, "{float} for {value}");
        }
    }
}
