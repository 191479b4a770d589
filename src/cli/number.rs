//! Numbers of options: one reader for all of them, with the range that an option takes.

use crate::num::{Rational, Scalar, number};

/// A number that is not negative, as the float nearest to it.
pub(super) fn not_negative(text: &str) -> Result<f64, String> {
    float(text, |x| *x >= Rational::default(), "expected a number that is not negative")
}

/// The longest search, in seconds.
const MOST_SECONDS: f64 = 1e9;

/// A time in seconds.
pub(super) fn seconds(text: &str) -> Result<f64, String> {
    let seconds = not_negative(text)?;
    if seconds <= MOST_SECONDS { Ok(seconds) } else { Err(format!("is more than {MOST_SECONDS} seconds")) }
}

/// A positive number, as the float nearest to it.
pub(super) fn positive(text: &str) -> Result<f64, String> {
    let found = float(text, |x| *x > Rational::default(), "expected a positive number")?;
    if found > 0.0 { Ok(found) } else { Err("is smaller than every positive f64".to_owned()) }
}

/// A number from 0 to below 1, as the float nearest to it.
#[cfg(feature = "learn")]
pub(super) fn share(text: &str) -> Result<f64, String> {
    let expected = "expected a number from 0 to below 1";
    let found = float(text, |x| *x >= Rational::default(), expected)?;
    if found < 1.0 { Ok(found) } else { Err(expected.to_owned()) }
}

/// A positive number.
pub(super) fn exactly_positive(text: &str) -> Result<Rational, String> {
    let found = number(text).map_err(|e| e.to_string())?;
    if found > Rational::default() { Ok(found) } else { Err("expected a positive number".to_owned()) }
}

/// An interval, `LOWER,UPPER`; `None` where the text has no comma.
pub(super) fn interval(text: &str) -> Option<Result<(Rational, Rational), String>> {
    let (lower, upper) = text.split_once(',')?;
    let end = |text: &str, which: &str| number(text).map_err(|e| format!("the {which} end {e}"));
    let ends = end(lower, "lower").and_then(|lower| Ok((lower, end(upper, "upper")?)));
    Some(ends.and_then(|(lower, upper)| match lower <= upper {
        true => Ok((lower, upper)),
        false => Err("the interval is empty: its lower end comes first".to_owned()),
    }))
}

fn float(text: &str, fits: impl Fn(&Rational) -> bool, expected: &str) -> Result<f64, String> {
    let exact = number(text).map_err(|e| e.to_string())?;
    let found = f64::nearest(&exact, ());
    match fits(&exact) {
        true if found.is_finite() => Ok(found),
        true => Err("is larger than every f64".to_owned()),
        false => Err(expected.to_owned()),
    }
}
