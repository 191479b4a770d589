//! Audits of networks of any depth.
//!
//! From above, a bound layer by layer; from below, inputs that were searched for, evaluated in ℚ.
//!
//! | file | what |
//! |---|---|
//! | `align` | the copy's hidden units in the victim's order and scale |
//! | `bound` | intervals of values and differences, layer by layer, in ℚ |
//! | `backward` | bounds in f64, rounding included, by substitution back to the inputs |
//! | `branch` | branch and bound over the inputs |
//! | `twin` | both networks in f64, side by side |
//! | `line` | the difference along a line, knot by knot |
//! | `cell` | from cell to cell |
//! | `climb` | ascents of one output's difference |
//! | `hunt` | the search for inputs with a large difference |

mod align;
mod backward;
mod bound;
mod branch;
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
use super::parts::Parts;
use super::starts;
use super::tree::Tree;
use crate::linalg::Matrix;
use crate::net::{Affine, Error, Network};
use crate::num::{Exact, Rational, Scalar};
use align::Aligned;
use backward::Weights;
use branch::Search;
use hunt::{Hunt, Trail};
use twin::Twin;

/// The part of the usual starts, as one over this, that goes to an output range.
const RANGE: usize = 4;
/// Starts of a short hunt.
const SHORT: usize = 64;

/// The share of the work, as one over this, that goes to the hunt.
const HUNT: usize = 4;

/// Why two networks cannot be compared layer by layer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LayeredError {
    /// With equally many layers, and units in each of them, they are too large.
    #[error(transparent)]
    Size(#[from] Error),
}

/// Bounds on the largest difference of two networks of the same inputs and outputs on a box, the copy's output
/// multiplied by a positive `scale`.
///
/// Sound whenever it stops. Errors: [`LayeredError`].
pub fn audit_layered(
    victim: &Network<Rational>,
    copy: &Network<Rational>,
    domain: &Domain,
    scale: &Rational,
    control: &Control<'_>,
) -> Result<Audit, LayeredError> {
    let Aligned { victim: first, copy: second, pairs } = align::aligned(victim, &scaled(copy, scale)?)?;
    let twin = Twin::new(&first, &second, domain);
    let subject = Subject { victim: Exactly::new(victim), copy: Exactly::new(copy), domain };
    let mut hunt = Hunt::new(&subject, scale, &twin);
    let weights = Weights::new(&first, &second, domain);
    // What is left to do, once the claim is decided.
    let mut current = control.clone();
    let planes = twin.planes();
    let mut trail = Trail::new(&hunt, &planes);
    let mut search = Search::new(&weights, &|| control.is_over()).map(|(search, shown)| {
        hunt.offer(&placed(&weights, &twin, vec![shown]), control);
        search
    });
    // Intervals in ℚ take longer than a pass, and are no better, but where f64 has no finite bound.
    let coarse: Vec<Rational> = match search.as_ref().map(|search| search.bounds()) {
        Some(bounds) if bounds.iter().all(|bound| bound.is_finite()) => {
            bounds.iter().map(|bound| Rational::lift(*bound, ())).collect()
        }
        _ => bound::reach(&first, &second, domain.ends()).1.iter().map(bound::Interval::size).collect(),
    };
    let (mut hunted, mut searched) = (0, 0);
    let mut most = coarse.iter().max().cloned().unwrap_or_default();
    loop {
        if let Some(search) = &search {
            most = exact(search.upper(), &most);
        }
        let least = hunt.lower().into_iter().max().unwrap_or_default();
        (control.progress)(&most, &least);
        if current.is_decided(&most, &least) {
            current = current.decided();
        }
        let is_enough = |bound: &Rational| current.is_enough(bound, &least);
        if current.is_over() || is_enough(&most) {
            break;
        }
        let searching = search.as_mut().filter(|_| HUNT * hunted > searched);
        if let Some(search) = searching {
            searched += search.round_work();
            let enough = |bound: f64| bound.is_finite() && is_enough(&Rational::lift(bound, ()));
            match search.round(&enough, &|| current.is_over()) {
                Some(shown) => hunt.offer(&placed(&weights, &twin, shown), &current),
                None => searched = usize::MAX,
            }
        } else if trail.count < hunt.usual() || current.claim.is_some() || searched < usize::MAX && search.is_some() {
            hunted += hunt.batch_work();
            hunt.batch(&mut trail, &current);
        } else {
            break;
        }
    }
    let cut = current.is_over();
    let bounds = search.as_ref().map(Search::bounds);
    let fine = |output: usize, coarse: &Rational| bounds.as_ref().map_or(coarse.clone(), |b| exact(b[output], coarse));
    let cells = search.as_ref().map_or(0, |search| search.count() as u64);
    let sandwich = |(output, coarse): (usize, &Rational)| {
        let (lower, witness) = hunt.largest(output).cloned().unzip();
        let (upper, lower) = (fine(output, coarse), lower.unwrap_or_default());
        Sandwich { upper, lower, witness, cells, cut, tree: Tree::default() }
    };
    let outputs: Vec<Sandwich> = coarse.iter().enumerate().map(sandwich).collect();
    let best = outputs.iter().max_by(|a, b| a.lower.cmp(&b.lower));
    let lower = best.map(|best| best.lower.clone()).unwrap_or_default();
    let witnesses = best.and_then(|best| best.witness.clone()).into_iter().collect();
    let upper = outputs.iter().map(|output| output.upper.clone()).max().unwrap_or_default();
    let kept = |search: &Search<'_>| {
        let (parts, inner) = search.parts();
        Parts { pairs, apart: search.is_apart(), parts, inner }
    };
    let parts = search.as_ref().filter(|_| control.keep).map(kept);
    Ok(Audit { scale: scale.clone(), settled: true, outputs, upper, lower, witnesses, cells, parts })
}

/// The lesser of a bound in f64 and another one.
fn exact(bound: f64, other: &Rational) -> Rational {
    if bound.is_finite() { Rational::lift(bound, ()).min(other.clone()) } else { other.clone() }
}

/// Points in the inputs that vary as points of the cube.
fn placed(weights: &Weights, twin: &Twin, shown: Vec<branch::Shown>) -> Vec<Vec<f64>> {
    let place = |point: Vec<f64>| {
        let mut placed = vec![0.0; twin.inputs()];
        weights.free.iter().zip(point).for_each(|(input, y)| placed[*input] = y);
        placed
    };
    shown.into_iter().flatten().map(place).collect()
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
    let upper = branch::range(&Weights::new(network, network, domain), &|| control.is_over());
    let upper = upper.filter(|upper| upper.is_finite()).map_or_else(
        || {
            let (values, _) = bound::reach(network, network, domain.ends());
            values.iter().map(|value| value.upper.sub(&value.lower)).max().unwrap_or_default()
        },
        |upper| Rational::lift(upper, ()),
    );
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
    let Ok(Aligned { victim: first, copy: second, .. }) = aligned else {
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
