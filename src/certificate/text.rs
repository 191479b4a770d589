//! What a check found, as aligned text.

use super::check::{BoxShown, Checked, EqualityShown, Sizes};
use super::{Certificate, Source};
use num_rational::BigRational;
use num_traits::Zero as _;

/// The report of a certificate that holds: victim, statements, what they rest on.
///
/// `identity`: what the victim was compared with, in words.
pub fn text(certificate: &Certificate, checked: &Checked, identity: &str, seconds: f64) -> String {
    let victim = &certificate.victim;
    let source = match &victim.source {
        Source::Bundled {} => "bundled digits classifier".to_owned(),
        Source::Random { seed, .. } => format!("random, seed {seed}"),
        Source::File { name } => name.clone(),
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
            let largest = bounds.iter().max().map_or_else(String::new, magnitude);
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

fn on(sizes: &Sizes) -> String {
    let Sizes { copy, planes, placed, flipped, zero } = sizes;
    format!("           copy {copy}; {placed} units on {planes} planes, {flipped} flipped, {zero} of zeros\n")
}

/// `2^x`, rounded up to tenths; `0` of zero.
fn magnitude(bound: &BigRational) -> String {
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
    // A float's logarithm is good to far more than a thousandth: the tenths are rounded up past it.
    format!("2^{:.1}", ((whole.log2() - shift as f64) * 10.0 + 1e-6).ceil() / 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn magnitudes_are_rounded_up() {
        let ratio = |p: i64, q: i64| BigRational::new(p.into(), q.into());
        assert_eq!(magnitude(&ratio(0, 1)), "0");
        assert_eq!(magnitude(&ratio(3, 2)), "2^0.6");
        assert_eq!(magnitude(&ratio(1, 1 << 40)), "2^-39.9");
        assert_eq!(magnitude(&ratio(1 << 40, 3)), "2^38.5");
    }
}
