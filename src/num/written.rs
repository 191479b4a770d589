//! Numbers as people write them.

use super::{Exact, Rational, Scalar};

/// The most digits of a number, or of either part of a quotient.
const MOST_DIGITS: usize = 4096;
/// The largest power of ten in a decimal, and of two in a power.
const MOST_EXPONENT: u32 = 4096;

/// Why a text is no number; to be said after what the number is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotANumber {
    /// It is written in no form that is read.
    #[error("is no number: write a decimal such as 0.25 or 2.5e-1, a quotient of integers such as 1/4, or 2^-2")]
    Form,
    /// It can be read in two ways.
    #[error(
        "can be read in two ways, as a power with a quotient above and as a quotient of a power: \
         write 2^-0.5 or 1/4, whichever it is"
    )]
    Ambiguous,
    /// It has too many digits; none of them was read.
    #[error("has {found} digits; at most {MOST_DIGITS} are read")]
    Digits {
        /// Its digits.
        found: usize,
    },
    /// It is too large, or too small.
    #[error("has an exponent beyond {MOST_EXPONENT} in size")]
    Exponent,
    /// It is a quotient by zero.
    #[error("divides by zero")]
    Zero,
}

/// The number that a text writes, exactly.
///
/// ```text
/// number   = [ "-" | "+" ] ( decimal | quotient | power )
/// decimal  = digits [ "." [ digits ] ] [ exponent ]  |  "." digits [ exponent ]
/// exponent = ( "e" | "E" ) [ "-" | "+" ] digits
/// quotient = digits "/" digits
/// power    = "2^" [ "-" | "+" ] digits
/// ```
///
/// A sign in front is that of the whole number. White space around a number is passed over, inside it is refused.
/// Every form takes time in proportion to its length, or to a limit on its digits that is checked first.
///
/// ```
/// use exactract::num::number;
/// assert_eq!(number("2.5e-1"), number("1/4"));
/// assert_eq!(number("0.25"), number("2^-2"));
/// assert!(number("2^-1/2").is_err());
/// ```
///
/// Errors: [`NotANumber`].
pub fn number(text: &str) -> Result<Rational, NotANumber> {
    let text = text.trim();
    let (negative, plain) = signed(text);
    let value = match (plain.strip_prefix("2^"), plain.split_once('/')) {
        (Some(exponent), Some(_)) if exponent.bytes().all(|c| c.is_ascii_digit() || b"+-./".contains(&c)) => {
            return Err(NotANumber::Ambiguous);
        }
        (Some(power), _) => Rational::power_of_two(exponent(power)?),
        (None, Some((above, below))) => integer(above)?.div(&integer(below)?).ok_or(NotANumber::Zero)?,
        (None, None) => decimal(plain)?,
    };
    Ok(if negative { value.neg() } else { value })
}

/// Whether a sign in front is a minus, and the rest.
fn signed(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

/// Digits, at least one.
fn integer(digits: &str) -> Result<Rational, NotANumber> {
    if digits.is_empty() || !digits.bytes().all(|c| c.is_ascii_digit()) {
        return Err(NotANumber::Form);
    }
    if digits.len() > MOST_DIGITS {
        return Err(NotANumber::Digits { found: digits.len() });
    }
    <Rational as Exact>::parse(digits).ok_or(NotANumber::Form)
}

/// An exponent with its sign.
fn exponent(text: &str) -> Result<i32, NotANumber> {
    let (negative, digits) = signed(text);
    if digits.is_empty() || !digits.bytes().all(|c| c.is_ascii_digit()) {
        return Err(NotANumber::Form);
    }
    let size = digits.parse::<u32>().ok().filter(|size| *size <= MOST_EXPONENT).ok_or(NotANumber::Exponent)? as i32;
    Ok(if negative { -size } else { size })
}

fn decimal(text: &str) -> Result<Rational, NotANumber> {
    let (digits, power) = match text.split_once(['e', 'E']) {
        Some((digits, power)) => (digits, exponent(power)?),
        None => (text, 0),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let value = integer(&format!("{whole}{part}"))?;
    // No more decimals than digits, which are few enough.
    let power = power - part.len() as i32;
    let tens = self::power(&Rational::integer(10), power.unsigned_abs());
    if power < 0 { value.div(&tens).ok_or(NotANumber::Form) } else { Ok(value.mul(&tens)) }
}

/// `base^exponent`.
pub fn power(base: &Rational, exponent: u32) -> Rational {
    let bits = (0..u32::BITS - exponent.leading_zeros()).rev();
    bits.fold(Rational::integer(1), |value, bit| {
        let square = value.mul(&value);
        if exponent >> bit & 1 == 1 { square.mul(base) } else { square }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use num_bigint::{BigInt, BigUint};
    use proptest::prelude::*;

    /// The value that the grammar gives, by another way: term by term in machine-independent integers, with the text
    /// taken apart by a hand-written scan. `None` where the grammar gives none.
    fn meant(text: &str) -> Option<(BigInt, BigInt)> {
        let mut rest: Vec<char> = text.trim().chars().rev().collect();
        fn digits(rest: &mut Vec<char>) -> (BigInt, usize) {
            let (mut value, mut count) = (BigInt::from(0), 0);
            while let Some(digit) = rest.last().filter(|c| c.is_ascii()).and_then(|c| c.to_digit(10)) {
                rest.pop();
                (value, count) = (value * 10 + digit, count + 1);
            }
            (value, count)
        }
        fn next(rest: &mut Vec<char>, wanted: &[char]) -> Option<char> {
            rest.last().copied().filter(|c| wanted.contains(c)).inspect(|_| _ = rest.pop())
        }
        fn whole(rest: &mut Vec<char>) -> Option<i32> {
            let minus = next(rest, &['-', '+']) == Some('-');
            let (value, count) = digits(rest);
            let value = i32::try_from(value).ok().filter(|value| count > 0 && *value <= 4096)?;
            Some(if minus { -value } else { value })
        }
        let scaled = |value: BigInt, base: u32, power: i32| {
            let factor = BigInt::from(BigUint::from(base).pow(power.unsigned_abs()));
            if power < 0 { (value, factor) } else { (value * factor, BigInt::from(1)) }
        };
        let minus = next(&mut rest, &['-', '+']) == Some('-');
        let is_power = rest.len() > 1 && rest[rest.len() - 1] == '2' && rest[rest.len() - 2] == '^';
        let (value, below) = if is_power {
            rest.truncate(rest.len() - 2);
            scaled(BigInt::from(1), 2, whole(&mut rest)?)
        } else {
            let (mut value, mut count) = digits(&mut rest);
            if count > 0 && next(&mut rest, &['/']).is_some() {
                let (below, more) = digits(&mut rest);
                if more == 0 || below == BigInt::from(0) {
                    return None;
                }
                (value, below)
            } else {
                let mut power = 0;
                if next(&mut rest, &['.']).is_some() {
                    while let Some(digit) = rest.last().filter(|c| c.is_ascii()).and_then(|c| c.to_digit(10)) {
                        rest.pop();
                        (value, count, power) = (value * 10 + digit, count + 1, power - 1);
                    }
                }
                if count == 0 {
                    return None;
                }
                if next(&mut rest, &['e', 'E']).is_some() {
                    power += whole(&mut rest)?;
                }
                scaled(value, 10, power)
            }
        };
        rest.is_empty().then_some((if minus { -value } else { value }, below))
    }

    fn agrees(text: &str) -> Result<(), TestCaseError> {
        let found = number(text).ok();
        let expected = meant(text).map(|(above, below)| {
            let part = |n: BigInt| <Rational as Exact>::parse(&n.to_string()).unwrap();
            part(above).div(&part(below)).unwrap()
        });
        prop_assert_eq!(found, expected, "{}", text);
        Ok(())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        /// Every text is read to the one value of the grammar, or refused where the grammar gives none.
        #[test]
        fn a_text_is_its_value_or_refused(text in "[-+]{0,2}(2\\^)?[-+]?[0-9]{0,4}([./eE^][-+]?[0-9]{0,3}){0,3} ?") {
            agrees(&text)?;
        }

        #[test]
        fn any_few_signs_are_a_value_or_refused(text in "[-+0-9./eE^_ ,xinfa\u{661}]{0,8}") {
            agrees(&text)?;
        }

        /// What is printed is read back to the same value.
        #[test]
        fn printed_numbers_are_read_back(bits in any::<u64>(), p in any::<i64>(), q in 1u64.., k in -4096i32..=4096) {
            let x = f64::from_bits(bits);
            // A float is printed with as many digits as tell it from its neighbours.
            for text in [format!("{x}"), format!("{x:e}")] {
                prop_assert_eq!(number(&text).is_ok(), x.is_finite());
                prop_assert!(number(&text).map_or(true, |exact| f64::nearest(&exact, ()) == x));
            }
            let exact = if x.is_finite() { Rational::lift(x, ()) } else { Rational::integer(1) };
            prop_assert_eq!(&number(&exact.to_string()), &Ok(exact));
            let quotient = Rational::from_parts(p.into(), q.into());
            prop_assert_eq!(&number(&quotient.to_string()), &Ok(quotient));
            prop_assert_eq!(number(&format!("2^{k}")), Ok(Rational::power_of_two(k)));
        }
    }

    #[test]
    fn a_power_with_a_quotient_is_not_guessed_at() {
        for text in ["2^-1/2", "2^1/3", "-2^-1/2", "2^-13.7/2", "2^4/2^2"] {
            let expected = if text.matches('^').count() > 1 { NotANumber::Form } else { NotANumber::Ambiguous };
            assert_eq!(number(text), Err(expected), "{text}");
        }
    }

    #[test]
    fn long_numbers_are_refused_before_they_are_read() {
        let nines = "9".repeat(10_000_000);
        for text in [nines.clone(), format!("1/{nines}"), format!("-0.{nines}e-7"), format!("{nines}/3")] {
            assert!(matches!(number(&text), Err(NotANumber::Digits { .. })));
        }
        for text in ["1e99999".to_owned(), "1e-4097".to_owned(), "2^4097".to_owned(), format!("1e{nines}")] {
            assert_eq!(number(&text), Err(NotANumber::Exponent));
        }
        assert_eq!(number(&"9".repeat(MOST_DIGITS + 1)), Err(NotANumber::Digits { found: MOST_DIGITS + 1 }));
        assert!(number(&"9".repeat(MOST_DIGITS)).is_ok());
        assert_eq!(number("1/0"), Err(NotANumber::Zero));
    }
}
