//! Agreement of labels on given inputs, with exact ties.

use super::domain::Domain;
use super::layered;
use super::scale::Audit;
use crate::net::{Layered, gives_label, label};
use crate::num::{Exact, Num, Rational, Scalar};

/// How far two networks agree on inputs. Exact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Agreement {
    /// Inputs.
    pub inputs: usize,
    /// Inputs at which the copy gives the victim's label; see [`gives_label`].
    pub same: usize,
    /// Inputs at which the victim itself has a tie.
    pub ties: usize,
    /// Inputs outside the domain.
    pub outside: usize,
    /// Inputs at which the upper bounds prove that the labels are the same.
    pub proved: usize,
}

/// Labels of the victim and the copy on inputs, `[n]` of `[inputs]`; a positive scale leaves them as they are.
pub fn agreement(networks: [&Layered<Rational>; 2], points: &[Vec<f64>], domain: &Domain, audit: &Audit) -> Agreement {
    let [victim, copy] = networks.map(|network| network.map(|x| Num(x.clone())));
    let bounds: Vec<&Rational> = audit.outputs.iter().map(|output| &output.upper).collect();
    let mut found = Agreement { inputs: points.len(), ..Agreement::default() };
    for point in points {
        let x: Vec<Rational> = point.iter().map(|x| Rational::lift(*x, ())).collect();
        let (truth, seen) = (layered::values(&victim, &x), layered::values(&copy, &x));
        let own = label(&truth);
        found.same += usize::from(gives_label(&label(&seen), &own));
        found.ties += usize::from(own.len() != 1);
        let inside = domain.contains(&x);
        found.outside += usize::from(!inside);
        found.proved += usize::from(inside && is_safe(&truth, &bounds));
    }
    found
}

/// Whether outputs that differ from these by no more than the bounds have the same single label.
fn is_safe(truth: &[Rational], bounds: &[&Rational]) -> bool {
    if let ([one], [bound]) = (truth, bounds) {
        return one.magnitude() > **bound;
    }
    let [best] = label(truth)[..] else { return false };
    // f_best − u_best > f_o + u_o for every other output.
    (0..truth.len()).filter(|o| *o != best).all(|o| truth[best].sub(bounds[best]) > truth[o].add(bounds[o]))
}
