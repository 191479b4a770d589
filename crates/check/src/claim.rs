//! Claims as people write them, and the sentence that answers one.
//!
//! A claim is `bound` in units of `unit` of the victim's outputs. It is compared with bounds exactly, also where it is
//! a power of two with a decimal exponent, which is no fraction: for integers `m`, `p` and `q`, and `x = m·2^e`,
//! `x ≤ 2^(p/q)` if and only if `m^q ≤ 2^(p − e·q)`.

use crate::number::{ceiling, floor, magnitude_in, parse};
use crate::quoted::quoted;
use crate::refusal::Refusal;
use num_bigint::BigInt;
use num_integer::Integer as _;
use num_rational::BigRational;
use num_traits::{One as _, Signed as _, ToPrimitive as _, Zero as _};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::fmt;

/// The largest exponent of two, and of ten.
const MOST_EXPONENT: u32 = 4096;
/// Decimals of an exponent of two.
const MOST_DECIMALS: usize = 4;
/// Bits to which a bound is rounded, outward, before it is compared with a claim.
const BITS: u64 = 64;
/// Digits of a decimal beside a power.
const DIGITS: i32 = 4;
/// Characters of a number that are shown.
const MOST_SHOWN: usize = 40;
/// Characters of a power that is shown in full.
const SHORT: usize = 12;

/// What bounds say of a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// The largest difference is at most the claim.
    Proved,
    /// It is more, at an input.
    Refuted,
    /// The bounds leave it open.
    Open,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Proved => "proved",
            Self::Refuted => "refuted",
            Self::Open => "open",
        })
    }
}

/// The claim of a certificate, and what its bounds say of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StatedClaim {
    /// The bound that is claimed, as it was written: a decimal, a quotient or a power of two.
    pub bound: String,
    /// How many units of the victim's outputs one of the claim is, written so, too.
    pub unit: String,
    /// What the bounds of the certificate say of it.
    pub verdict: Verdict,
}

/// A claimed bound on the largest difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    text: String,
    value: Value,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Value {
    Number(BigRational),
    /// `2^(p/q)`, in lowest terms.
    Power(i64, u32),
}

impl Claim {
    /// Reads a decimal such as `2.5e-1`, a quotient such as `1/4`, or a power of two, whose exponent may have up to
    /// four decimals.
    ///
    /// Errors: [`Refusal::Malformed`] for every other text, and for a number below zero.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let text = text.trim();
        let value = match text.strip_prefix("2^").and_then(exponent) {
            Some((p, 1)) => Value::Number(two(p)),
            Some((p, q)) => Value::Power(p, q),
            None => Value::Number(number(text)?),
        };
        match &value {
            Value::Number(x) if x.is_negative() => Err(malformed(text, "is negative")),
            _ => Ok(Self { text: text.to_owned(), value }),
        }
    }

    /// The order of the number claimed and a dyadic number that is not negative. Exact.
    fn compare(&self, to: &BigRational) -> Ordering {
        match &self.value {
            Value::Number(claimed) => claimed.cmp(to),
            Value::Power(..) if to.is_zero() => Ordering::Greater,
            Value::Power(p, q) => {
                // to = m·2^-k.
                let (m, k) = (to.numer().pow(*q), to.denom().bits() as i64 - 1);
                let n = p + k * i64::from(*q);
                match (n < 0, m.bits() as i64 - 1) {
                    (true, _) => Ordering::Less,
                    (false, size) if size != n => n.cmp(&size),
                    (false, _) if m.trailing_zeros() == Some(n.unsigned_abs()) => Ordering::Equal,
                    (false, _) => Ordering::Less,
                }
            }
        }
    }

    /// What bounds on the largest difference, in the claim's unit, say of it.
    ///
    /// Each is first rounded outward to 64 bits: a claim that holds, or fails, by less than that is open.
    pub fn verdict(&self, lower: Option<&BigRational>, upper: Option<&BigRational>) -> Verdict {
        if upper.is_some_and(|upper| self.compare(&ceiling(upper, BITS)).is_ge()) {
            return Verdict::Proved;
        }
        match lower.is_some_and(|lower| self.compare(&floor(lower, BITS)).is_lt()) {
            true => Verdict::Refuted,
            false => Verdict::Open,
        }
    }
}

/// The claim as it was written and, so that nobody takes it for another number, its value in the other form: of a
/// power a decimal, of a number a power.
impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&clipped(&self.text))?;
        let power = match &self.value {
            Value::Number(x) if x.is_zero() => return Ok(()),
            Value::Number(x) => log2(x),
            Value::Power(p, q) => *p as f64 / f64::from(*q),
        };
        if !self.text.starts_with("2^") {
            let exact = matches!(&self.value, Value::Number(x) if *x == two(power.round() as i64));
            let about = if exact { "" } else { "about " };
            return write!(f, " ({about}2^{})", (power * 1e4).round() / 1e4);
        }
        // 2^power = 10^decimal, which may be beyond the range of a float.
        let decimal = power * std::f64::consts::LOG10_2;
        let (whole, part) = (decimal.floor(), decimal - decimal.floor());
        let exact = power.exp2();
        match format!("{exact}") {
            short if power == power.trunc() && short.len() <= SHORT && exact.is_normal() => write!(f, " ({short})"),
            _ => write!(f, " (about {:.4}e{whole})", 10f64.powf(part)),
        }
    }
}

/// A claim that was compared with the bounds of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClaimChecked {
    claim: Claim,
    unit: BigRational,
    unit_text: String,
    /// What the bounds say of it.
    pub verdict: Verdict,
}

impl ClaimChecked {
    /// The unit of the claim: how many units of the victim's outputs it is, and as it was written.
    pub(crate) fn unit(&self) -> (&BigRational, &str) {
        (&self.unit, &self.unit_text)
    }

    /// The claim in its unit, in words.
    pub fn words(&self) -> String {
        in_units(&self.claim.to_string(), &self.unit_text)
    }
}

/// The claim `bound` in units of `unit`, and what bounds in units of the victim's outputs say of it.
///
/// Errors: [`Refusal::Malformed`] where either is no number, or the unit is not positive.
pub(crate) fn compared(
    (bound, unit): (&str, &str),
    lower: Option<&BigRational>,
    upper: Option<&BigRational>,
) -> Result<ClaimChecked, Refusal> {
    let claim = Claim::parse(bound)?;
    let value = number(unit)?;
    if !value.is_positive() {
        return Err(malformed(unit, "is no unit: it is not positive"));
    }
    let over = |x: Option<&BigRational>| x.map(|x| x / &value);
    let verdict = claim.verdict(over(lower).as_ref(), over(upper).as_ref());
    Ok(ClaimChecked { claim, unit: value, unit_text: unit.trim().to_owned(), verdict })
}

/// The claim of a certificate, with the verdict that its bounds give.
///
/// Errors: [`Refusal::False`] where another verdict is stated.
pub(crate) fn checked(
    stated: Option<&StatedClaim>,
    lower: Option<&BigRational>,
    upper: Option<&BigRational>,
) -> Result<Option<ClaimChecked>, Refusal> {
    let Some(StatedClaim { bound, unit, verdict }) = stated else { return Ok(None) };
    let found = compared((bound, unit), lower, upper)?;
    if found.verdict != *verdict {
        return Err(Refusal::False(format!(
            "claim: stated as {verdict}; by the bounds, the claim {} is {}",
            found.words(),
            found.verdict
        )));
    }
    Ok(Some(found))
}

/// The answer of an audit on a box, in one sentence; bounds are rounded outward, in the claim's unit.
pub(crate) fn answer(claim: Option<&ClaimChecked>, lower: Option<&BigRational>, upper: Option<&BigRational>) -> String {
    let one = BigRational::one();
    let unit = claim.map_or(&one, |claim| &claim.unit);
    let [lower, upper] = magnitude_in(lower, upper, unit);
    let words = claim.map(|claim| (claim.words(), claim.verdict));
    sentence(words.as_ref().map(|(words, verdict)| (&**words, *verdict)), lower.as_deref(), upper.as_deref())
}

/// The answer of an audit, in one sentence: of a claim in words, and of bounds in words.
///
/// An audit and the check of its certificate say the same. Beside a claim, bounds that are powers have decimals, too.
pub fn sentence(claim: Option<(&str, Verdict)>, lower: Option<&str>, upper: Option<&str>) -> String {
    let decimals = |bound: Option<&str>| bound.map(|bound| claim.map_or(bound.to_owned(), |_| with_decimals(bound)));
    let (lower, upper) = (decimals(lower), decimals(upper));
    let (lower, upper) = (lower.as_deref(), upper.as_deref());
    let both = match (lower, upper) {
        (Some(lower), Some(upper)) => format!("at least {lower}, at most {upper}"),
        (Some(lower), None) => format!("at least {lower}"),
        (None, Some(upper)) => format!("at most {upper}"),
        (None, None) => "not known".to_owned(),
    };
    match (claim, lower, upper) {
        (Some((claim, Verdict::Proved)), _, Some(upper)) => format!("The claim {claim} is proved: at most {upper}."),
        (Some((claim, verdict)), _, _) => format!("The claim {claim} is {verdict}: {both}."),
        (None, Some(lower), Some(upper)) => format!("The largest difference is between {lower} and {upper}."),
        (None, _, _) => format!("The largest difference is {both}."),
    }
}

/// A power of two, as `2^-5.8382`, with about the same decimal; other numbers as they are.
pub fn with_decimals(bound: &str) -> String {
    let power = bound.strip_prefix("2^").and_then(|power| power.parse::<f64>().ok()).map(f64::exp2);
    match power {
        Some(x) if (1e-3..1e6).contains(&x) => {
            let decimals = (DIGITS - 1 - x.log10().floor() as i32).max(0) as usize;
            format!("{bound} (about {x:.decimals$})")
        }
        Some(x) if x.is_normal() => format!("{bound} (about {x:.3e})"),
        _ => bound.to_owned(),
    }
}

/// The answer where the networks are one function on all of ℝ^d.
pub const EQUAL: &str = "The networks are the same function on all inputs.";
/// The answer where they are not.
pub const DIFFERENT: &str = "The networks are not the same function.";

/// A number in its unit, in words; nothing of the unit where it is that of the outputs.
pub fn in_units(number: &str, unit: &str) -> String {
    if unit == "1" { number.to_owned() } else { format!("{number} in units of {}", clipped(unit)) }
}

/// The start of a number that is too long for a line.
fn clipped(text: &str) -> String {
    match text.char_indices().nth(MOST_SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn malformed(text: &str, what: &str) -> Refusal {
    Refusal::Malformed(format!("claim: {} {what}", quoted(text)))
}

/// A sign, and the rest.
fn signed(text: &str) -> (bool, &str) {
    text.strip_prefix('-').map_or((false, text.strip_prefix('+').unwrap_or(text)), |rest| (true, rest))
}

/// A decimal exponent of two, in lowest terms.
fn exponent(text: &str) -> Option<(i64, u32)> {
    let (negative, digits) = signed(text);
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let all = format!("{whole}{part}");
    if part.len() > MOST_DECIMALS || all.is_empty() || !all.bytes().all(|c| c.is_ascii_digit()) {
        return None;
    }
    let (p, q) = (all.parse::<i64>().ok()?, 10i64.pow(part.len() as u32));
    if p > i64::from(MOST_EXPONENT) * q {
        return None;
    }
    let common = p.gcd(&q);
    Some((if negative { -p / common } else { p / common }, u32::try_from(q / common).ok()?))
}

fn two(power: i64) -> BigRational {
    let size = BigInt::one() << power.unsigned_abs().min(u64::from(MOST_EXPONENT));
    if power < 0 { BigRational::new(BigInt::one(), size) } else { BigRational::from_integer(size) }
}

/// A decimal, a quotient or a whole power of two.
fn number(text: &str) -> Result<BigRational, Refusal> {
    let text = text.trim();
    let (negative, plain) = signed(text);
    let bad = || malformed(text, "is no decimal, quotient or power of two");
    let value = if let Some(power) = plain.strip_prefix("2^") {
        exponent(power).filter(|_| !power.contains('.')).map(|(p, _)| two(p)).ok_or_else(bad)?
    } else if plain.contains('/') {
        if plain.starts_with('-') {
            return Err(bad());
        }
        parse(plain, || "claim".to_owned())?
    } else {
        let (digits, tens) = match plain.split_once(['e', 'E']) {
            None => (plain, 0),
            Some((digits, tens)) => {
                let (minus, tens) = signed(tens);
                let plain = !tens.is_empty() && tens.bytes().all(|c| c.is_ascii_digit());
                let size = plain.then(|| tens.parse::<i64>().ok()).flatten().ok_or_else(bad)?;
                (digits, if minus { -size } else { size })
            }
        };
        let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
        let all = format!("{whole}{part}");
        if tens.unsigned_abs() > u64::from(MOST_EXPONENT) || all.starts_with('-') {
            return Err(bad());
        }
        let value = parse(&all, || "claim".to_owned())?;
        let tens = tens - part.len() as i64;
        let power = BigInt::from(10).pow(u32::try_from(tens.unsigned_abs()).map_err(|_| bad())?);
        if tens < 0 { value / power } else { value * power }
    };
    Ok(if negative { -value } else { value })
}

/// The logarithm of a positive number, to some fifteen digits.
fn log2(x: &BigRational) -> f64 {
    let shift = 64 - (x.numer().bits() as i64 - x.denom().bits() as i64);
    let power = BigInt::one() << shift.unsigned_abs();
    let part = if shift >= 0 { x.numer() * power / x.denom() } else { x.numer() / (x.denom() * power) };
    part.to_f64().unwrap_or(f64::INFINITY).log2() - shift as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ratio(p: i64, q: i64) -> BigRational {
        BigRational::new(p.into(), q.into())
    }

    #[test]
    fn claims_are_compared_exactly() {
        let order = |claim: &str, to: &BigRational| Claim::parse(claim).unwrap().compare(to);
        for text in ["2^-1", "0.5", "1/2", "5e-1", ".5", "2^-1.0"] {
            assert_eq!(order(text, &ratio(1, 2)), Ordering::Equal, "{text}");
        }
        // √2 between two dyadic numbers of twenty places.
        assert_eq!(order("2^0.5", &ratio(1_482_910, 1 << 20)), Ordering::Greater);
        assert_eq!(order("2^0.5", &ratio(1_482_911, 1 << 20)), Ordering::Less);
        assert_eq!(order("2^-13.7", &ratio(0, 1)), Ordering::Greater);
        assert_eq!(order("2^-0.5", &ratio(4, 1)), Ordering::Less);
        for bad in ["", "2^", "-1", "2^1/3", "2^0.12345", "2^1e3", "2^9999", "2^2^2", "2^--1", "x", "1/-2", "--1", "1e"]
        {
            assert!(Claim::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_verdict_is_what_bounds_say() {
        let claim = Claim::parse("1/4").unwrap();
        let said = |lower: &str, upper: &str| {
            let [lower, upper] = [lower, upper].map(|x| x.parse::<BigRational>().unwrap());
            claim.verdict(Some(&lower), Some(&upper))
        };
        assert_eq!(said("1/8", "1/4"), Verdict::Proved);
        assert_eq!(said("1/8", "2/7"), Verdict::Open);
        assert_eq!(said("1/4", "2/7"), Verdict::Open);
        assert_eq!(said("2/7", "1/3"), Verdict::Refuted);
        // By less than a part in 2^64.
        let more = ratio(1, 4) + BigRational::new(BigInt::one(), BigInt::one() << 80);
        assert_eq!(claim.verdict(Some(&more), Some(&more)), Verdict::Open);
        assert_eq!(claim.verdict(None, None), Verdict::Open);
    }

    proptest! {
        /// `2^(p/q)` and a dyadic number, by the other way: both to the power of q, as fractions.
        #[test]
        fn powers_are_compared_as_fractions_are(p in -3000i64..3000, m in 1u64.., k in 0u32..90) {
            let claim = Claim::parse(&format!("2^{}", p as f64 / 100.0)).unwrap();
            let x = BigRational::new(m.into(), BigInt::one() << k);
            let other = if p < 0 {
                BigRational::new(BigInt::one(), BigInt::one() << p.unsigned_abs())
            } else {
                BigRational::from_integer(BigInt::one() << p)
            };
            prop_assert_eq!(claim.compare(&x), other.cmp(&x.pow(100)));
        }
    }
}
