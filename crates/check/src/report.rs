//! What a check found, as aligned text.

use crate::check::{BoxShown, Checked, EqualityShown, Sizes};
use crate::number::{Turned, magnitude};
use crate::quoted::quoted;
use crate::record::{Certificate, Source};

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
