//! Audits of networks of any depth.
//!
//! From above, a bound layer by layer; from below, an input that was climbed to, evaluated in ℚ.
//!
//! | file | what |
//! |---|---|
//! | `align` | the copy's hidden units in the victim's order and scale |
//! | `bound` | intervals of values and differences, layer by layer |
//! | `climb` | inputs with a large difference |

mod align;
mod bound;
mod climb;

use super::domain::Domain;
use super::scale::Audit;
use super::search::{Control, Sandwich, Witness};
use super::tree::Tree;
use crate::linalg::Matrix;
use crate::net::{Affine, Draw, Error, Layered};
use crate::num::{Num, Rational, Scalar};
use climb::Climber;

/// Random vertices that ascents start from, for each output and sign.
const STARTS: usize = 100;
/// The best points of an output, evaluated in ℚ.
const EVALUATED: usize = 4;

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
    victim: &Layered<Rational>,
    copy: &Layered<Rational>,
    domain: &Domain,
    scale: &Rational,
    control: &Control<'_>,
) -> Result<Audit, LayeredError> {
    if victim.hidden_layers() != copy.hidden_layers() {
        return Err(LayeredError::Depth(victim.hidden_layers(), copy.hidden_layers()));
    }
    let (first, second) = align::aligned(victim, &scaled(copy, scale)?)?;
    let (_, differences) = bound::reach(&first, &second, domain.ends());
    let upper: Vec<Rational> = differences.iter().map(bound::Interval::size).collect();
    let most = upper.iter().max().cloned().unwrap_or_default();
    (control.progress)(&most, &Rational::default());
    let climber = Climber::new(&first, &second, domain);
    let (victim, copy) = (victim.map(|w| Num(w.clone())), copy.map(|w| Num(w.clone())));
    let search = Search { victim: &victim, copy: &copy, domain, climber: &climber };
    let mut outputs: Vec<Sandwich> = Vec::with_capacity(upper.len());
    for (output, upper) in upper.into_iter().enumerate() {
        let points = search.points(output, control);
        let witness = points.into_iter().max_by_key(|witness| witness.difference(output, scale));
        let lower = witness.as_ref().map(|witness| witness.difference(output, scale)).unwrap_or_default();
        outputs.push(Sandwich { upper, lower, witness, cells: 0, tree: Tree::default() });
    }
    let best = outputs.iter().max_by(|a, b| a.lower.cmp(&b.lower));
    let lower = best.map(|best| best.lower.clone()).unwrap_or_default();
    let witnesses = best.and_then(|best| best.witness.clone()).into_iter().collect();
    (control.progress)(&most, &lower);
    Ok(Audit { scale: scale.clone(), outputs, upper: most, lower, witnesses, cells: 0 })
}

/// Bounds from below and above on the largest minus the smallest value of an output, over all outputs.
/// Sound whenever it stops.
pub fn output_range_layered(
    network: &Layered<Rational>,
    domain: &Domain,
    control: &Control<'_>,
) -> (Rational, Rational) {
    // The difference to a network of zeros is the network.
    let nothing = network.map(|_| Rational::default());
    let (values, _) = bound::reach(network, network, domain.ends());
    let upper = values.iter().map(|value| value.upper.sub(&value.lower)).max().unwrap_or_default();
    let climber = Climber::new(&nothing, network, domain);
    let (nothing, copy) = (nothing.map(|w| Num(w.clone())), network.map(|w| Num(w.clone())));
    let search = Search { victim: &nothing, copy: &copy, domain, climber: &climber };
    let mut lower = Rational::default();
    for output in 0..network.outputs() {
        let found: Vec<Rational> =
            search.points(output, control).into_iter().map(|witness| witness.copy[output].clone()).collect();
        if let (Some(least), Some(most)) = (found.iter().min(), found.iter().max()) {
            lower = lower.max(most.sub(least));
        }
    }
    (lower, upper)
}

/// The network with its outputs multiplied.
fn scaled(network: &Layered<Rational>, scale: &Rational) -> Result<Layered<Rational>, Error> {
    let last = network.hidden_layers();
    let layer = |(index, layer): (usize, &Affine<Rational>)| {
        let times = |x: &Rational| if index == last { x.mul(scale) } else { x.clone() };
        let weights = Matrix::from_fn(layer.units(), layer.inputs(), |i, j| times(&layer.weights()[(i, j)]));
        Affine::new(weights, layer.bias().iter().map(times).collect())
    };
    Layered::new(network.layers().iter().enumerate().map(layer).collect::<Result<_, _>>()?)
}

struct Search<'a> {
    victim: &'a Layered<Num<Rational>>,
    copy: &'a Layered<Num<Rational>>,
    domain: &'a Domain,
    climber: &'a Climber,
}

impl Search<'_> {
    /// The best inputs of ascents at an output, up and down, and one that is always tried.
    fn points(&self, output: usize, control: &Control<'_>) -> Vec<Witness> {
        let mut draw = Draw::new(output as u64, "layered audit");
        let middle = vec![0.0; self.victim.inputs()];
        let mut witnesses = vec![self.evaluated(&middle)];
        for sign in [1.0, -1.0] {
            let starts = (0..STARTS).take_while(|_| !control.is_over());
            let mut found: Vec<_> = starts.map(|_| self.climber.climb(&mut draw, output, sign)).collect();
            found.sort_by(|a, b| b.0.total_cmp(&a.0));
            found.dedup();
            witnesses.extend(found.iter().take(EVALUATED).map(|(_, point)| self.evaluated(point)));
        }
        witnesses
    }

    /// A point of the cube as an input, evaluated in ℚ.
    fn evaluated(&self, point: &[f64]) -> Witness {
        let input = self.domain.point(point);
        let (victim, copy) = (values(self.victim, &input), values(self.copy, &input));
        Witness { input, victim, copy }
    }
}

/// `f(x)`, `[outputs]`; exact.
pub(super) fn values(network: &Layered<Num<Rational>>, x: &[Rational]) -> Vec<Rational> {
    let x: Vec<_> = x.iter().map(|x| Num(x.clone())).collect();
    network.forward(&x, ()).into_iter().map(|y| y.0).collect()
}
