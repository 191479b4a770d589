//! Claims, compared exactly.

use crate::num::{BigInteger, Exact, NotANumber, Rational, Scalar, number, power};
use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// The largest whole part of a claim's exponent, as in `2^-13.7`.
const MOST_EXPONENT: u32 = 4096;
/// Decimals of that exponent.
const MOST_DECIMALS: usize = 4;

/// A claimed bound: a number, or a power of two with a decimal exponent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    text: String,
    value: Value,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Value {
    Number(Rational),
    /// `2^(numerator/denominator)`.
    Power {
        numerator: i32,
        denominator: u32,
    },
}

impl FromStr for Claim {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let value = match (number(text), text.strip_prefix("2^")) {
            (Err(NotANumber::Form), Some(exponent)) => exact_exponent(exponent)?,
            (read, _) => Value::Number(read.map_err(|e| e.to_string())?),
        };
        if matches!(&value, Value::Number(x) if *x < Rational::default()) {
            return Err("is negative, and a largest difference is not".to_owned());
        }
        Ok(Self { text: text.to_owned(), value })
    }
}

/// The value of a power whose exponent is a decimal.
fn exact_exponent(text: &str) -> Result<Value, String> {
    let decimals = text.split_once('.').map_or(0, |(_, part)| part.len());
    let exponent = number(text).ok().filter(|_| !text.contains(['e', 'E', '^']));
    let exponent = exponent.ok_or("is no power: write its exponent as a decimal, as in 2^-13.7")?;
    let small = || format!("has an exponent of more than {MOST_DECIMALS} decimals, or beyond {MOST_EXPONENT} in size");
    let part = |n| BigInteger::to_i128(n).filter(|_| decimals <= MOST_DECIMALS).ok_or_else(small);
    let numerator = i32::try_from(part(exponent.numerator())?).map_err(|_| small())?;
    let denominator = u32::try_from(part(exponent.denominator())?).map_err(|_| small())?;
    match numerator.unsigned_abs() <= MOST_EXPONENT * denominator {
        true => Ok(Value::Power { numerator, denominator }),
        false => Err(small()),
    }
}

impl Claim {
    /// The claim as it was written.
    pub fn written(&self) -> &str {
        &self.text
    }

    /// The number claimed, as a float that is about it.
    pub fn about(&self) -> f64 {
        match &self.value {
            Value::Number(x) => f64::nearest(x, ()),
            Value::Power { numerator, denominator } => libm::exp2(f64::from(*numerator) / f64::from(*denominator)),
        }
    }

    /// The order of the number claimed and a number that is not negative. Exact.
    pub fn compare(&self, to: &Rational) -> Ordering {
        match &self.value {
            Value::Number(claimed) => claimed.cmp(to),
            Value::Power { numerator, denominator } => {
                // 2^(p/q) ? x  ⟺  2^p ? x^q, for x ≥ 0.
                Rational::power_of_two(*numerator).cmp(&power(to, *denominator))
            }
        }
    }

    /// Whether a bound from above proves the claim, in the unit given: `bound ≤ claim·unit`.
    ///
    /// The bound is first rounded up to 64 bits: a claim that holds by less than that is not proved.
    pub fn is_proved_by(&self, bound: &Rational, unit: &Rational) -> bool {
        bound.div(unit).is_some_and(|x| self.compare(&rounded_up(&x)).is_ge())
    }

    /// Whether a difference refutes the claim, in the unit given: `difference > claim·unit`.
    ///
    /// The difference is first rounded down to 64 bits.
    pub fn is_refuted_by(&self, difference: &Rational, unit: &Rational) -> bool {
        difference.div(unit).is_some_and(|x| self.compare(&rounded_down(&x)).is_lt())
    }
}

/// The claim with its value in the other form, as the checker of certificates shows it.
impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match exactract_check::Claim::parse(&self.text) {
            Ok(claim) => claim.fmt(f),
            Err(_) => f.write_str(&self.text),
        }
    }
}

/// A dyadic of at most 64 bits from below, for `x ≥ 0`.
pub(super) fn rounded_down(x: &Rational) -> Rational {
    let (lower, _) = enclosed(x);
    lower
}

/// A dyadic of at most 64 bits from above, for `x ≥ 0`.
pub(super) fn rounded_up(x: &Rational) -> Rational {
    let (_, upper) = enclosed(x);
    upper
}

fn enclosed(x: &Rational) -> (Rational, Rational) {
    // |x| = (s + θ)·2^e with 0 ≤ θ < 1, and the lowest bit of s set wherever θ > 0.
    let (significand, exponent, _) = x.leading(i32::MIN / 2);
    let unit = Rational::power_of_two(exponent);
    let whole = |s: u64| Rational::from_parts(s.into(), 1i64.into()).mul(&unit);
    let lower = whole(significand);
    let lower = if lower > *x { whole(significand - 1) } else { lower };
    if lower == *x { (lower.clone(), lower) } else { (lower.clone(), lower.add(&unit)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn claims_are_compared_exactly() {
        let claim = |text: &str| text.parse::<Claim>().unwrap();
        let half = number("1/2").unwrap();
        assert_eq!(claim("2^-1").compare(&half), Ordering::Equal);
        assert_eq!(claim("0.5").compare(&half), Ordering::Equal);
        // √2 to nine decimals, from both sides.
        assert_eq!(claim("2^0.5").compare(&number("1.414213562").unwrap()), Ordering::Greater);
        assert_eq!(claim("2^0.5").compare(&number("1.414213563").unwrap()), Ordering::Less);
        for bad in
            ["", "2^", "-1", "2^1/3", "2^-1/2", "2^-1/2.0", "2^0.12345", "2^1e3", "2^9999", "2^2^2", "2^--1", "x"]
        {
            assert!(bad.parse::<Claim>().is_err(), "{bad}");
        }
        let told = "2^-1/2".parse::<Claim>().unwrap_err();
        assert!(told.starts_with("can be read in two ways"), "{told}");
    }

    #[test]
    fn a_claim_is_shown_with_its_value() {
        for (text, shown) in [
            ("0", "0"),
            ("0.001", "0.001 (about 2^-9.9658)"),
            ("1/4", "1/4 (2^-2)"),
            ("3", "3 (about 2^1.585)"),
            ("2^-2", "2^-2 (0.25)"),
            ("2^-13.7", "2^-13.7 (about 7.5143e-5)"),
            ("2^-4096", "2^-4096 (about 9.5750e-1234)"),
            ("2^4096", "2^4096 (about 1.0444e1233)"),
        ] {
            assert_eq!(text.parse::<Claim>().unwrap().to_string(), shown);
        }
    }

    proptest! {
        #[test]
        fn rounding_encloses(n in 0u64.., d in 1u64.., e in -200i32..200) {
            let whole = |n: u64| Rational::from_parts(n.into(), 1i64.into());
            let x = whole(n).div(&whole(d)).unwrap().mul(&Rational::power_of_two(e));
            let (lower, upper) = (rounded_down(&x), rounded_up(&x));
            prop_assert!(lower <= x && x <= upper);
            prop_assert!(upper.sub(&lower) <= x.mul(&Rational::power_of_two(-62)));
        }
    }
}
