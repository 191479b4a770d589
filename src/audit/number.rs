//! Numbers as people write them, and claims, compared exactly.

use crate::num::{BigInteger, Exact, Rational, Scalar};
use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// The largest power of ten in a decimal, and of two in a claim.
const MOST_EXPONENT: i32 = 4096;
/// Decimals of the exponent in a claim such as `2^-13.70`.
const MOST_DECIMALS: usize = 4;

/// A number written as a decimal (`0.5`, `1e-3`) or a quotient (`1/3`); exact. `None` where it is none.
///
/// ```
/// use exactract::audit::number;
/// assert_eq!(number("0.25"), number("1/4"));
/// assert_eq!(number("2.5e-1"), number("1/4"));
/// ```
pub fn number(text: &str) -> Option<Rational> {
    let text = text.trim();
    if text.contains('/') {
        return <Rational as Exact>::parse(text);
    }
    let (digits, exponent) = match text.split_once(['e', 'E']) {
        Some((digits, exponent)) => (digits, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (sign, digits) = match digits.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", digits.strip_prefix('+').unwrap_or(digits)),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let all = format!("{whole}{part}");
    if all.is_empty() || !all.bytes().all(|b| b.is_ascii_digit()) || all.len() > MOST_EXPONENT as usize {
        return None;
    }
    let exponent = exponent.checked_sub(i32::try_from(part.len()).ok()?)?;
    if exponent.unsigned_abs() > MOST_EXPONENT.unsigned_abs() {
        return None;
    }
    let power = power(&Rational::integer(10), exponent.unsigned_abs());
    let value = <Rational as Exact>::parse(&format!("{sign}{all}"))?;
    if exponent < 0 { value.div(&power) } else { Some(value.mul(&power)) }
}

/// `base^exponent`.
fn power(base: &Rational, exponent: u32) -> Rational {
    let bits = (0..u32::BITS - exponent.leading_zeros()).rev();
    bits.fold(Rational::integer(1), |value, bit| {
        let square = value.mul(&value);
        if exponent >> bit & 1 == 1 { square.mul(base) } else { square }
    })
}

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
        let value = match text.trim().strip_prefix("2^") {
            Some(exponent) => exact_exponent(exponent.trim()),
            None => number(text).filter(|x| *x >= Rational::default()).map(Value::Number),
        };
        let value = value.ok_or("expected a number that is not negative, such as 2^-13.7, 0.001 or 1/1000")?;
        Ok(Self { text: text.trim().to_owned(), value })
    }
}

fn exact_exponent(text: &str) -> Option<Value> {
    let decimals = text.split_once('.').map_or(0, |(_, part)| part.len());
    let value = number(text).filter(|_| decimals <= MOST_DECIMALS && !text.contains(['e', 'E']))?;
    let numerator = i32::try_from(BigInteger::to_i128(value.numerator())?).ok()?;
    let denominator = u32::try_from(BigInteger::to_i128(value.denominator())?).ok()?;
    let whole = numerator.unsigned_abs() / denominator.max(1);
    (denominator <= 10u32.pow(MOST_DECIMALS as u32) && whole <= MOST_EXPONENT.unsigned_abs())
        .then_some(Value::Power { numerator, denominator })
}

impl Claim {
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

impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
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
    fn numbers_are_read_exactly() {
        let quotient = |p: i64, q: i64| Rational::integer(p).div(&Rational::integer(q));
        for (text, expected) in [
            ("3.5404", quotient(35404, 10000)),
            ("-0.5", quotient(-1, 2)),
            ("1e-2", quotient(1, 100)),
            ("2E1", quotient(20, 1)),
            ("-1/3", quotient(-1, 3)),
            (".5", quotient(1, 2)),
            ("", None),
            ("1.2.3", None),
            ("1/0", None),
            ("1e99999", None),
            ("0x1", None),
        ] {
            assert_eq!(number(text), expected, "{text}");
        }
    }

    #[test]
    fn claims_are_compared_exactly() {
        let claim = |text: &str| text.parse::<Claim>().unwrap();
        let half = number("1/2").unwrap();
        assert_eq!(claim("2^-1").compare(&half), Ordering::Equal);
        assert_eq!(claim("0.5").compare(&half), Ordering::Equal);
        // √2 to nine decimals, from both sides.
        assert_eq!(claim("2^0.5").compare(&number("1.414213562").unwrap()), Ordering::Greater);
        assert_eq!(claim("2^0.5").compare(&number("1.414213563").unwrap()), Ordering::Less);
        for bad in ["", "2^", "-1", "2^1/3", "2^0.12345", "2^1e3", "2^9999", "x"] {
            assert!(bad.parse::<Claim>().is_err() || bad == "2^1/3", "{bad}");
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
