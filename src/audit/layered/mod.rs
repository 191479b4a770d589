//! Audits of networks of any depth.
//!
//! From above, a bound layer by layer; from below, inputs that were searched for, evaluated in ℚ.
//!
//! | file | what |
//! |---|---|
//! | `align` | the copy's hidden units in the victim's order and scale |
//! | `bound` | intervals of values and differences, layer by layer |
//! | `twin` | both networks in f64, side by side |
//! | `line` | the difference along a line, knot by knot |
//! | `cell` | from cell to cell |
//! | `climb` | ascents of one output's difference |
//! | `hunt` | the search for inputs with a large difference |

mod align;
mod bound;
mod cell;
mod climb;
mod hunt;
mod line;
mod twin;

use super::control::Control;
use super::domain::Domain;
use super::exactly::Exactly;
use super::number::Claim;
use super::outcome::{Audit, Sandwich, Subject, Witness};
use super::starts;
use super::tree::Tree;
use crate::linalg::Matrix;
use crate::net::{Affine, Error, Network};
use crate::num::{Exact, Rational, Scalar};
use hunt::Hunt;
use twin::Twin;

/// The part of the usual starts, as one over this, that goes to an output range.
const RANGE: usize = 4;
/// Starts of a short hunt.
const SHORT: usize = 64;

/// Why two networks cannot be compared layer by layer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LayeredError {
    /// They have other numbers of layers.
    #[error("{0} and {1} hidden layers: networks are compared layer by layer, and need equally many")]
    Depth(usize, usize),
    /// With equally many units in each layer they are too large.
    #[error(transparent)]
    Size(#[from] Error),
}

/// Bounds on the largest difference of two networks of the same depth, inputs and outputs on a box, the copy's
/// output multiplied by a positive `scale`.
///
/// Sound whenever it stops. The bound from above takes the error of each layer times the values that reach it,
/// without what the errors of units cancel: it is good where the copy is near, and grows with every layer.
/// Errors: [`LayeredError`].
pub fn audit_layered(
    victim: &Network<Rational>,
    copy: &Network<Rational>,
    domain: &Domain,
    scale: &Rational,
    control: &Control<'_>,
) -> Result<Audit, LayeredError> {
    if victim.hidden_layers() != copy.hidden_layers() {
        return Err(LayeredError::Depth(victim.hidden_layers(), copy.hidden_layers()));
    }
    let (first, second) = align::aligned(victim, &scaled(copy, scale)?)?;
    let twin = Twin::new(&first, &second, domain);
    let subject = Subject { victim: Exactly::new(victim), copy: Exactly::new(copy), domain };
    let mut hunt = Hunt::new(&subject, scale, &twin);
    let (_, differences) = bound::reach(&first, &second, domain.ends());
    let upper: Vec<Rational> = differences.iter().map(bound::Interval::size).collect();
    let most = upper.iter().max().cloned().unwrap_or_default();
    let usual = hunt.usual();
    // With a claim, as long as it is open; else as long as is usual, or until all gaps are closed.
    let goes_on = |hunt: &Hunt<'_>, starts: usize| {
        let lower = hunt.lower();
        let least = lower.iter().max().cloned().unwrap_or_default();
        (control.progress)(&most, &least);
        match &control.claim {
            Some((claim, unit)) if claim.is_refuted_by(&least, unit) => false,
            Some((claim, unit)) if !claim.is_proved_by(&most, unit) => true,
            Some(_) => starts < usual,
            None => starts < usual && !upper.iter().zip(&lower).all(|(upper, lower)| control.is_closed(upper, lower)),
        }
    };
    hunt.run(control, &goes_on);
    let cut = control.is_over();
    let sandwich = |(output, upper): (usize, Rational)| {
        let (lower, witness) = hunt.largest(output).cloned().unzip();
        let lower = lower.unwrap_or_default();
        Sandwich { upper, lower, witness, cells: 0, cut, tree: Tree::default() }
    };
    let outputs: Vec<Sandwich> = upper.into_iter().enumerate().map(sandwich).collect();
    let best = outputs.iter().max_by(|a, b| a.lower.cmp(&b.lower));
    let lower = best.map(|best| best.lower.clone()).unwrap_or_default();
    let witnesses = best.and_then(|best| best.witness.clone()).into_iter().collect();
    Ok(Audit { scale: scale.clone(), settled: true, outputs, upper: most, lower, witnesses, cells: 0 })
}

/// Bounds from below and above on the largest minus the smallest value of an output, over all outputs.
/// Sound whenever it stops.
pub fn output_range_layered(
    network: &Network<Rational>,
    domain: &Domain,
    control: &Control<'_>,
) -> (Rational, Rational) {
    // The difference to a network of zeros is the network.
    let nothing = network.map(|_| Rational::default());
    let (values, _) = bound::reach(network, network, domain.ends());
    let upper = values.iter().map(|value| value.upper.sub(&value.lower)).max().unwrap_or_default();
    let twin = Twin::new(&nothing, network, domain);
    let subject = Subject { victim: Exactly::new(&nothing), copy: Exactly::new(network), domain };
    let one = Rational::integer(1);
    let mut hunt = Hunt::new(&subject, &one, &twin);
    let spread = |hunt: &Hunt<'_>| (0..network.outputs()).map(|output| hunt.spread(output)).max().unwrap_or_default();
    let usual = hunt.usual() / RANGE;
    hunt.run(control, &|hunt, starts| starts < usual && !control.is_closed(&upper, &spread(hunt)));
    (spread(&hunt), upper)
}

/// Inputs with a large difference, at some output each, from a short hunt; some wherever it stops.
pub(super) fn hunted(
    [victim, copy]: [&Network<Rational>; 2],
    subject: &Subject<'_>,
    scale: &Rational,
    control: &Control<'_>,
) -> Vec<Witness> {
    let aligned = scaled(copy, scale).and_then(|copy| align::aligned(victim, &copy));
    let Ok((first, second)) = aligned else {
        return starts::first(victim.inputs()).iter().map(|point| subject.evaluated(point)).collect();
    };
    let twin = Twin::new(&first, &second, subject.domain);
    let mut hunt = Hunt::new(subject, scale, &twin);
    let refutes = |hunt: &Hunt<'_>| {
        let refuted =
            |(claim, unit): &(Claim, Rational)| hunt.lower().iter().any(|lower| claim.is_refuted_by(lower, unit));
        control.claim.as_ref().is_some_and(refuted)
    };
    hunt.run(control, &|hunt, starts| starts < SHORT && !refutes(hunt));
    hunt.witnesses()
}

/// The network with its outputs multiplied.
fn scaled(network: &Network<Rational>, scale: &Rational) -> Result<Network<Rational>, Error> {
    let last = network.hidden_layers();
    let layer = |(index, layer): (usize, &Affine<Rational>)| {
        let times = |x: &Rational| if index == last { x.mul(scale) } else { x.clone() };
        let weights = Matrix::from_fn(layer.units(), layer.inputs(), |i, j| times(&layer.weights()[(i, j)]));
        Affine::new(weights, layer.bias().iter().map(times).collect())
    };
    Network::new(network.layers().iter().enumerate().map(layer).collect::<Result<_, _>>()?)
}
