//! Channels: numbers pass through fewer bits, or decimals, than they were computed with.

use super::{Access, Answer, Batch, Failure, Observation};
use crate::num::{BigInteger, Exact, Rational, Scalar, rounding_error, up};
use std::cmp::Ordering;
use std::fmt;

/// The most bits that a channel rounds to, and the most of a p-bit arithmetic.
pub const MOST_BITS: u32 = 1024;

/// How numbers are rounded on their way; ties to even.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// To so many significant bits, from 1 on.
    Bits(u32),
    /// To so many decimals: a multiple of `10^−k`.
    Decimals(u32),
}

/// In words: `40 bits`, `6 decimals`.
impl fmt::Display for Rounding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bits(bits) => write!(f, "{bits} bits"),
            Self::Decimals(1) => f.write_str("1 decimal"),
            Self::Decimals(k) => write!(f, "{k} decimals"),
        }
    }
}

impl Rounding {
    /// The number that comes out.
    pub fn apply(self, value: &Rational) -> Rational {
        match self {
            Self::Bits(bits) => significant(value, bits.max(1)),
            Self::Decimals(k) => {
                let ten = <Rational as Exact>::Integer::from(10i64);
                let whole = (0..k).fold(<Rational as Exact>::Integer::from(1i64), |power, _| power.mul(&ten));
                multiple(value, &Rational::from_parts(1i64.into(), whole))
            }
        }
    }

    /// A number after these roundings, one after another, in another arithmetic: each is exact, and only the last step,
    /// `nearest`, rounds once more where that arithmetic has to.
    ///
    /// `direct`: the way of a number that nothing rounds, or that is not finite and has no bits to lose.
    pub fn pass<A: Scalar, B>(
        roundings: &[Self],
        value: &A,
        nearest: impl FnOnce(&Rational) -> B,
        direct: impl FnOnce(&A) -> B,
    ) -> B {
        let rounded = |(first, rest): (&Self, &[Self])| {
            let first = first.apply(&value.exact()?);
            Some(rest.iter().fold(first, |value, rounding| rounding.apply(&value)))
        };
        match roundings.split_first().and_then(rounded) {
            Some(rounded) => nearest(&rounded),
            None => direct(value),
        }
    }

    /// Bits of numbers of size 1 that are left, rounded down.
    pub fn bits(self) -> u32 {
        match self {
            Self::Bits(bits) => bits,
            // log2 10 = 3.3219…
            Self::Decimals(k) => (u64::from(k) * 33_219 / 10_000) as u32,
        }
    }
}

/// An oracle whose answers are rounded on their way. The structure of batches is kept.
///
/// Of an exact victim this is the ideal oracle of that precision: each answer is the exact
/// one, rounded once.
pub struct Channel<S: Scalar> {
    victim: Box<dyn Answer<S>>,
    roundings: Vec<Rounding>,
    context: S::Context,
}

impl<S: Scalar> Channel<S> {
    /// The victim behind a channel that rounds one way after another.
    ///
    /// `context`: of the attacker's arithmetic, which must hold what comes out, or rounds it once more.
    pub fn new(victim: Box<dyn Answer<S>>, roundings: Vec<Rounding>, context: S::Context) -> Self {
        Self { victim, roundings, context }
    }
}

impl<S: Scalar> Answer<S> for Channel<S> {
    fn inputs(&self) -> usize {
        self.victim.inputs()
    }

    fn outputs(&self) -> usize {
        self.victim.outputs()
    }

    fn access(&self) -> Access {
        self.victim.access()
    }

    fn answer(&self, batch: &Batch<'_, S>) -> Result<Vec<Observation<S>>, Failure> {
        let through = |y| Rounding::pass(&self.roundings, &y, |y| S::nearest(y, self.context), S::clone);
        Ok(self.victim.answer(batch)?.into_iter().map(|shown| shown.map(through)).collect())
    }
}

/// Significant bits that fit into a word with two to spare.
const SHORT: u32 = 61;

/// The number of `bits` significant bits nearest to a rational, ties to even.
fn significant(value: &Rational, bits: u32) -> Rational {
    let (significand, exponent, negative) = value.leading(i32::MIN / 2);
    if significand == 0 {
        return value.clone();
    }
    let length = u64::BITS - significand.leading_zeros();
    if bits > SHORT {
        return multiple(value, &Rational::power_of_two(exponent + length as i32 - bits as i32));
    }
    // 63 bits or 64, of which the lowest tells of a rest: at least two are dropped.
    let drop = length - bits;
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

/// The multiple of `unit > 0` nearest to a rational, ties to even.
fn multiple(value: &Rational, unit: &Rational) -> Rational {
    let Some(quotient) = value.div(unit) else { return value.clone() };
    let size = Rational::from_parts(nearest_integer(&quotient), 1i64.into()).mul(unit);
    if *value < Rational::default() { size.neg() } else { size }
}

/// The integer nearest to `|value|`, ties to even.
fn nearest_integer<Q: Exact>(value: &Q) -> Q::Integer {
    let (mut whole, rest) = value.numerator().abs().div_rem(value.denominator());
    let away = match rest.shl(1).cmp(value.denominator()) {
        Ordering::Less => false,
        Ordering::Equal => is_odd(&whole),
        Ordering::Greater => true,
    };
    if away {
        whole.add_assign(&1i64.into());
    }
    whole
}

fn is_odd<I: BigInteger>(value: &I) -> bool {
    value.bits() > 0 && value.trailing_zeros() == 0
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

/// What a channel of `k` decimals may have moved: `10^−k / 2` from above, and the way into an `f64` that is `rounded`.
pub fn decimals_error(rounded: f64, k: u32) -> f64 {
    // 10^k is rounded, divided by and stepped from: a few parts in 2^53, of which SLACK is more.
    let half = 0.5 / 10f64.powi(k as i32) * SLACK;
    up(up(half) + rounding_error(rounded))
}

/// More than the roundings of a power of ten up to `10^308`, `2·308` of them at most.
const SLACK: f64 = 1.0 + 1.0 / (1u64 << 40) as f64;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// 1 + 2^−53 + 2^−54 − 2^−80 goes to 54 bits, and from there down to 1 in f64.
    #[test]
    fn two_roundings_are_counted() {
        let power = Rational::power_of_two;
        let value = power(0).add(&power(-53)).add(&power(-54)).sub(&power(-80));
        let float = f64::nearest(&significant(&value, 54), ());
        let error = Rational::lift(channel_error(float, 54), ());
        assert!(Rational::lift(float, ()).sub(&value).magnitude() <= error, "{float}");
    }

    #[test]
    fn by_hand() {
        let of =
            |text: &str, rounding: Rounding| rounding.apply(&<Rational as Exact>::parse(text).unwrap()).to_string();
        assert_eq!(of("12345/10000", Rounding::Decimals(3)), "617/500");
        assert_eq!(of("-12355/10000", Rounding::Decimals(3)), "-309/250");
        assert_eq!(of("1/2", Rounding::Decimals(0)), "0");
        assert_eq!(of("11/1", Rounding::Bits(3)), "12");
        assert_eq!(of("0", Rounding::Bits(100)), "0");
        assert_eq!((Rounding::Decimals(3).bits(), Rounding::Decimals(16).bits()), (9, 53));
    }

    proptest! {
        /// At 53 and 24 bits the hardware says what is right.
        #[test]
        fn as_hardware_rounds(numerator in any::<i64>(), denominator in 1i64.., small in -1e30f32..1e30) {
            let value = Rational::integer(numerator).div(&Rational::integer(denominator)).unwrap();
            prop_assert_eq!(f64::nearest(&value, ()).exact(), Some(significant(&value, 53)));
            prop_assert_eq!(f32::nearest(&value, ()).exact(), Some(significant(&value, 24)));
            let between = f64::from(small) + f64::from(small.next_up());
            let tie = Rational::lift(between, ()).div(&Rational::integer(2)).unwrap();
            prop_assert_eq!(f32::nearest(&tie, ()).exact(), Some(significant(&tie, 24)));
        }

        #[test]
        fn moves_no_more_than_said(value in any::<i64>(), scale in -200i32..200, bits in 1u32..MOST_BITS) {
            let value = Rational::integer(value).mul(&Rational::power_of_two(scale));
            let through = significant(&value, bits);
            let error = Rational::lift(channel_error(f64::nearest(&through, ()), bits), ());
            prop_assert!(through.sub(&value).magnitude() <= error);
            let float = Rational::lift(f64::nearest(&through, ()), ());
            prop_assert!(float.sub(&value).magnitude() <= error, "{float} for {value}");
        }

        /// Words and big integers take the same way, as far as words go.
        #[test]
        fn long_ones_are_the_same_law(value in any::<i64>(), divisor in 1i64.., scale in -200i32..200, bits in 1u32..=SHORT) {
            let value = Rational::integer(value).mul(&Rational::power_of_two(scale)).div(&Rational::integer(divisor)).unwrap();
            if value != Rational::default() {
                let (significand, exponent, _) = value.leading(i32::MIN / 2);
                let unit = exponent + (u64::BITS - significand.leading_zeros()) as i32 - bits as i32;
                prop_assert_eq!(significant(&value, bits), multiple(&value, &Rational::power_of_two(unit)));
            }
        }

        /// What comes out is a multiple of the unit, no other is nearer, and a tie goes to the even one.
        #[test]
        fn decimals_are_nearest(value in any::<i64>(), tie in any::<bool>(), k in 0u32..25) {
            let unit = (0..k).fold(Rational::integer(1), |x, _| x.div(&Rational::integer(10)).unwrap());
            let half = Rational::integer(2);
            let value = if tie { Rational::integer(value).div(&half).unwrap().mul(&unit) } else { Rational::lift(value as f64 * 2f64.powi(-60), ()) };
            let out = Rounding::Decimals(k).apply(&value);
            let steps = out.div(&unit).unwrap();
            prop_assert_eq!(steps.denominator().to_i128(), Some(1));
            let miss = out.sub(&value).magnitude().mul(&half);
            prop_assert!(miss < unit || miss == unit && !is_odd(steps.numerator()), "{} to {}", value, out);
            let float = f64::nearest(&out, ());
            prop_assert!(Rational::lift(float, ()).sub(&value).magnitude() <= Rational::lift(decimals_error(float, k), ()));
        }
    }
}
