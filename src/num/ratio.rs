//! ℚ in pure Rust: `num-rational` over `num-bigint`. Always compiled: the exact
//! backend of a build without GMP, and a second opinion in one with it.
//!
//! Most numbers of an attack are dyadic, and a greatest common divisor with a power of two is a shift. Other
//! fractions are kept in lowest terms by Henrici's rules, whose divisors are those of parts, not of products.
//!
//! Source: Knuth, *The Art of Computer Programming*, vol. 2, 3rd ed. (1997), §4.5.1.

use super::exact::parts_of;
use super::{BigInteger, BigRational, Exact, Rational, Scalar};
use num_bigint::BigInt;
use num_traits::{One as _, Signed as _, Zero as _};
use std::cmp::Ordering;

impl Scalar for BigRational {
    type Context = ();
    const NAME: &'static str = "rational";

    /// Exact. A value that is not finite has no place in ℚ and becomes zero; readers refuse it before.
    fn lift(value: f64, (): ()) -> Self {
        let (numerator, denominator) = parts_of(if value.is_finite() { value } else { 0.0 });
        Self::from_parts(numerator, denominator)
    }
    fn nearest(value: &Rational, (): ()) -> Self {
        from_default(value)
    }
    fn add(&self, other: &Self) -> Self {
        sum(self, other, |a, b| a + b)
    }
    fn sub(&self, other: &Self) -> Self {
        sum(self, other, |a, b| a - b)
    }
    fn mul(&self, other: &Self) -> Self {
        product((self.numer(), self.denom()), (other.numer(), other.denom()))
    }
    fn neg(&self) -> Self {
        -self
    }
    fn div(&self, other: &Self) -> Option<Self> {
        let one = (self.numer(), self.denom());
        match BigInteger::sign(other.numer()) {
            Ordering::Equal => None,
            Ordering::Greater => Some(product(one, (other.denom(), other.numer()))),
            Ordering::Less => Some(product(one, (&-other.denom(), &-other.numer()))),
        }
    }
    fn relu(&self) -> Self {
        if self.is_negative() { Self::zero() } else { self.clone() }
    }
    fn sign(&self) -> Option<Ordering> {
        // Not the order of fractions, which divides.
        Some(BigInteger::sign(self.numer()))
    }
    fn exact(&self) -> Option<Rational> {
        Some(to_default(self))
    }
    fn log2(&self) -> f64 {
        self.log2_magnitude()
    }
}

impl Exact for BigRational {
    type Integer = BigInt;

    fn from_parts(numerator: BigInt, denominator: BigInt) -> Self {
        if let Some(exponent) = exponent(&denominator) {
            return over_power(numerator, exponent);
        }
        let common = BigInteger::gcd(&numerator, &denominator);
        let (above, below) = (quotient(&numerator, &common), quotient(&denominator, &common));
        if below.is_negative() { Self::new_raw(-above, -below) } else { Self::new_raw(above, below) }
    }
    fn numerator(&self) -> &BigInt {
        self.numer()
    }
    fn denominator(&self) -> &BigInt {
        self.denom()
    }
}

#[cfg(feature = "gmp")]
fn from_default(value: &Rational) -> BigRational {
    value.convert()
}

#[cfg(feature = "gmp")]
fn to_default(value: &BigRational) -> Rational {
    value.convert()
}

#[cfg(not(feature = "gmp"))]
fn from_default(value: &Rational) -> BigRational {
    value.clone()
}

#[cfg(not(feature = "gmp"))]
fn to_default(value: &BigRational) -> Rational {
    value.clone()
}

/// The exponent of a positive power of two.
fn exponent(integer: &BigInt) -> Option<u64> {
    let zeros = integer.trailing_zeros()?;
    (integer.is_positive() && zeros + 1 == BigInt::bits(integer)).then_some(zeros)
}

/// `numerator / 2^exponent` in lowest terms.
fn over_power(numerator: BigInt, exponent: u64) -> BigRational {
    let shared = numerator.trailing_zeros().map_or(exponent, |zeros| zeros.min(exponent));
    let numerator = if shared > 0 { numerator >> shared } else { numerator };
    BigRational::new_raw(numerator, BigInt::one() << (exponent - shared))
}

/// `integer / divisor`, which is exact.
fn quotient(integer: &BigInt, divisor: &BigInt) -> BigInt {
    if divisor.is_one() { integer.clone() } else { integer / divisor }
}

/// A sum or difference of fractions in lowest terms, in lowest terms.
fn sum(a: &BigRational, b: &BigRational, joined: impl Fn(BigInt, BigInt) -> BigInt) -> BigRational {
    if let (Some(m), Some(n)) = (exponent(a.denom()), exponent(b.denom())) {
        let most = m.max(n);
        return over_power(joined(a.numer() << (most - m), b.numer() << (most - n)), most);
    }
    let shared = BigInteger::gcd(a.denom(), b.denom());
    let (mine, other) = (quotient(a.denom(), &shared), quotient(b.denom(), &shared));
    let above = joined(a.numer() * &other, b.numer() * &mine);
    // What the sum shares with the denominator, it shares with what the denominators do.
    let common = if shared.is_one() { shared } else { BigInteger::gcd(&above, &shared) };
    BigRational::new_raw(quotient(&above, &common), mine * quotient(b.denom(), &common))
}

/// A product of fractions in lowest terms with positive denominators, in lowest terms.
fn product((a, b): (&BigInt, &BigInt), (c, d): (&BigInt, &BigInt)) -> BigRational {
    if let (Some(m), Some(n)) = (exponent(b), exponent(d)) {
        return over_power(a * c, m + n);
    }
    let (first, second) = (BigInteger::gcd(a, d), BigInteger::gcd(c, b));
    let above = quotient(a, &first) * quotient(c, &second);
    BigRational::new_raw(above, quotient(b, &second) * quotient(d, &first))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Integers of up to a few hundred bits, with powers of two in them.
    fn integer() -> impl Strategy<Value = BigInt> {
        let words = prop::collection::vec(any::<u32>(), 0..8);
        (words, any::<bool>(), 0u32..100).prop_map(|(words, minus, shift)| {
            let size = BigInt::from_slice(num_bigint::Sign::Plus, &words) << shift;
            if minus { -size } else { size }
        })
    }

    fn fraction() -> impl Strategy<Value = BigRational> {
        let below = prop_oneof![integer(), (0u32..300).prop_map(|e| BigInt::one() << e)];
        (integer(), below).prop_map(|(above, below)| match below.is_zero() {
            true => BigRational::from_integer(above),
            false => BigRational::new(above, below),
        })
    }

    proptest! {
        /// The operators of `num-rational` are the oracle, digit by digit of both parts.
        #[test]
        fn operations_are_those_of_num_rational(a in fraction(), b in fraction()) {
            let same = |found: &BigRational, expected: &BigRational| {
                prop_assert_eq!(found.numer(), expected.numer());
                prop_assert_eq!(found.denom(), expected.denom());
                Ok(())
            };
            same(&Scalar::add(&a, &b), &(&a + &b))?;
            same(&Scalar::sub(&a, &b), &(&a - &b))?;
            same(&Scalar::mul(&a, &b), &(&a * &b))?;
            prop_assert_eq!(Scalar::div(&a, &b).is_none(), b.is_zero());
            if let Some(found) = Scalar::div(&a, &b) {
                same(&found, &(&a / &b))?;
            }
            prop_assert_eq!(Scalar::sign(&a), Some(a.cmp(&BigRational::zero())));
            prop_assert_eq!(<BigRational as Scalar>::nearest(&Scalar::exact(&a).unwrap(), ()), a);
        }

        #[test]
        fn parts_are_brought_to_lowest_terms(a in integer(), b in integer()) {
            if !b.is_zero() {
                let (found, expected) = (BigRational::from_parts(a.clone(), b.clone()), BigRational::new(a, b));
                prop_assert_eq!((found.numer(), found.denom()), (expected.numer(), expected.denom()));
            }
        }
    }
}
