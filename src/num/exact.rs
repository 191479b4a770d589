//! What every exact scalar can do beyond the field operations.

use super::{BigInteger, Scalar};
use std::fmt::Display;
use std::hash::Hash;

/// ℚ: a scalar that does not round, has an order, and falls apart into integers.
///
/// The order is for code above the attack (comparison, reports); generic stages see
/// only [`super::Num`], which has none.
pub trait Exact: Scalar<Context = ()> + Ord + Hash + Display + Default {
    /// The integers of this backend.
    type Integer: BigInteger;

    /// `numerator / denominator` in lowest terms; `denominator ≠ 0`.
    fn from_parts(numerator: Self::Integer, denominator: Self::Integer) -> Self;

    /// The numerator in lowest terms; carries the sign.
    fn numerator(&self) -> &Self::Integer;

    /// The denominator in lowest terms; positive.
    fn denominator(&self) -> &Self::Integer;

    /// An integer.
    fn integer(value: i64) -> Self {
        Self::from_parts(value.into(), 1i64.into())
    }

    /// `2^exponent`.
    fn power_of_two(exponent: i32) -> Self {
        let one = Self::Integer::from(1i64);
        let power = one.shl(exponent.unsigned_abs());
        if exponent < 0 { Self::from_parts(one, power) } else { Self::from_parts(power, one) }
    }

    /// `|self|`.
    fn magnitude(&self) -> Self {
        if self.numerator().sign().is_lt() { self.neg() } else { self.clone() }
    }

    /// The same number in another backend.
    fn convert<Q: Exact>(&self) -> Q {
        // Through words: digits would take quadratic time.
        fn integer<A: BigInteger, B: BigInteger>(value: &A) -> B {
            let mut words = vec![0; value.bits().div_ceil(64) as usize];
            value.write_words(&mut words);
            let size = B::from_words(&words);
            if value.sign().is_lt() { size.neg() } else { size }
        }
        Q::from_parts(integer(self.numerator()), integer(self.denominator()))
    }

    /// Parses `p` or `p/q`; `None` where it is neither or `q = 0`.
    fn parse(text: &str) -> Option<Self> {
        let (numerator, denominator) = text.split_once('/').unwrap_or((text, "1"));
        let denominator = Self::Integer::parse(denominator)?;
        (denominator != Self::Integer::default())
            .then(|| Some(Self::from_parts(Self::Integer::parse(numerator)?, denominator)))?
    }

    /// The first 64 bits: `(s, e, negative)` with `|self| = (s + θ)·2^e`, `0 ≤ θ < 1`,
    /// `e ≥ least`, and the lowest bit of `s` set wherever `θ > 0` (a sticky bit).
    fn leading(&self, least: i32) -> (u64, i32, bool) {
        let (numerator, denominator) = (self.numerator().abs(), self.denominator());
        let excess = numerator.bits() as i64 - denominator.bits() as i64;
        let exponent = (excess - 63).max(i64::from(least)) as i32;
        let (quotient, rest) = if exponent < 0 {
            numerator.shl(exponent.unsigned_abs()).div_rem(denominator)
        } else {
            numerator.div_rem(&denominator.shl(exponent.unsigned_abs()))
        };
        let sticky = u64::from(rest != Self::Integer::default());
        let negative = self.numerator().sign().is_lt();
        let significand = quotient.to_i128().map_or(0, |q| q as u64);
        (significand | sticky, exponent, negative)
    }

    /// `log2 |self|`, to about ten digits; `−∞` at zero.
    fn log2_magnitude(&self) -> f64 {
        let (significand, exponent, _) = self.leading(i32::MIN / 2);
        (significand as f64).log2() + f64::from(exponent)
    }
}

/// Rationals as integers over their least common denominator, which is positive.
pub fn integers<'a, Q: Exact>(values: impl Iterator<Item = &'a Q> + Clone) -> (Vec<Q::Integer>, Q::Integer) {
    let common = values.clone().fold(Q::Integer::from(1i64), |common, x| common_multiple(common, x.denominator()));
    let scaled = |x: &Q| x.numerator().mul(&common.div_rem(x.denominator()).0);
    (values.map(scaled).collect(), common)
}

/// The least common multiple of two positive integers; cheap where the second divides the first.
pub fn common_multiple<I: BigInteger>(common: I, next: &I) -> I {
    if common == *next || common.div_rem(next).1 == I::default() { common } else { common.lcm(next) }
}

/// The exact rational of a finite `f64`, through its bits.
pub(super) fn parts_of<I: BigInteger>(value: f64) -> (I, I) {
    let bits = value.to_bits();
    let field = (bits >> 52 & 0x7ff) as i32;
    let fraction = bits & ((1 << 52) - 1);
    let (significand, exponent) = if field == 0 { (fraction, -1074) } else { (fraction | 1 << 52, field - 1075) };
    let signed = I::from(if value < 0.0 { -(significand as i64) } else { significand as i64 });
    let one = I::from(1i64);
    if exponent < 0 { (signed, one.shl(exponent.unsigned_abs())) } else { (signed.shl(exponent.unsigned_abs()), one) }
}
