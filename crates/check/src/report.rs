//! What a check found, as aligned text.

use crate::check::{BoxShown, Checked, EqualityShown, Sizes};
use crate::quoted::quoted;
use crate::record::{Certificate, Source};
use num_rational::BigRational;
use num_traits::Zero as _;

/// The report of a certificate that holds: victim, statements, what they rest on.
///
/// `identity`: what the victim was compared with, in words.
pub fn report(certificate: &Certificate, checked: &Checked, identity: &str, seconds: f64) -> String {
    let victim = &certificate.victim;
    let source = match &victim.source {
        Source::Bundled {} => "bundled digits classifier".to_owned(),
        Source::Random { seed, .. } => format!("random, seed {seed}"),
        Source::File { name } => format!("file named {}", quoted(name)),
    };
    let inputs = checked.shape.split('-').next().unwrap_or("d");
    let mut out = format!("victim     {source}, {}\n", checked.shape);
    out += &format!("           sha256 {}\n           {identity}\n", victim.sha256);
    match &checked.equality {
        Some(EqualityShown { sizes, .. }) => {
            out += &format!("equality   shown on all of R^{inputs}: the exact run's network is the victim\n");
            out += &on(sizes);
        }
        None => out += "equality   not stated\n",
    }
    match &checked.near {
        Some(BoxShown { sizes, interval: (lower, upper), bounds, .. }) => {
            let largest = bounds.iter().max().map_or_else(String::new, |bound| magnitude(bound, 1, Turned::Up));
            let outputs =
                if bounds.len() == 1 { "the output".to_owned() } else { format!("all {} outputs", bounds.len()) };
            out += &format!(
                "box        shown on [{lower}, {upper}]^{inputs}: {outputs} of the rounded run's network within {largest}\n"
            );
            out += &on(sizes);
        }
        None => out += "box        not stated\n",
    }
    out + &format!("seconds    {seconds:.2}\n\nThe certificate holds.\n")
}

pub(crate) fn on(sizes: &Sizes) -> String {
    let Sizes { copy, planes, placed, flipped, zero } = sizes;
    format!("           copy {copy}; {placed} units on {planes} planes, {flipped} flipped, {zero} of zeros\n")
}

/// Which way a bound is rounded.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turned {
    /// Up, from above.
    Up,
    /// Down, from below.
    Down,
}

/// `2^x`, to so many decimals, rounded; `0` of zero.
pub(crate) fn magnitude(bound: &BigRational, decimals: usize, turned: Turned) -> String {
    if bound.is_zero() {
        return "0".to_owned();
    }
    // bound·2^shift has 64 bits before the point, so that a float holds it well.
    let shift = 64 - (bound.numer().bits() as i64 - bound.denom().bits() as i64);
    let part = if shift >= 0 {
        (bound.numer() << shift.unsigned_abs()) / bound.denom()
    } else {
        bound.numer() / (bound.denom() << shift.unsigned_abs())
    };
    let whole = num_traits::ToPrimitive::to_f64(&(part + 1u8)).unwrap_or(f64::INFINITY);
    // A float's logarithm is good to a part in 10^14: the last decimal is rounded past that.
    let unit = 10f64.powi(decimals as i32);
    let scaled = (whole.log2() - shift as f64) * unit;
    let whole = if turned == Turned::Up { (scaled + 1e-6).ceil() } else { (scaled - 1e-6).floor() };
    format!("2^{:.decimals$}", whole / unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn magnitudes_are_rounded_up() {
        let ratio = |p: i64, q: i64| BigRational::new(p.into(), q.into());
        assert_eq!(magnitude(&ratio(0, 1), 1, Turned::Up), "0");
        assert_eq!(magnitude(&ratio(3, 2), 1, Turned::Up), "2^0.6");
        assert_eq!(magnitude(&ratio(1, 1 << 40), 1, Turned::Up), "2^-39.9");
        assert_eq!(magnitude(&ratio(1 << 40, 3), 1, Turned::Up), "2^38.5");
        assert_eq!(magnitude(&ratio(1 << 40, 3), 1, Turned::Down), "2^38.4");
        assert_eq!(magnitude(&ratio(1, 8), 1, Turned::Down), "2^-3.1");
        assert_eq!(magnitude(&ratio(3, 2), 4, Turned::Down), "2^0.5849");
    }
}
