//! Agreement of labels on given inputs, with exact ties.

use super::control::Control;
use super::domain::Domain;
use super::exactly::Exactly;
use super::outcome::{Audit, Witness};
use crate::net::{Network, gives_label, label};
use crate::num::{Exact, Rational, Scalar};
use rayon::prelude::*;

/// Inputs compared at once, for every thread.
const BATCH: usize = 8;

/// How far two networks agree on inputs. Exact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Agreement {
    /// Inputs.
    pub inputs: usize,
    /// Inputs that were compared before time was over: the first ones. All counts below are of these.
    pub compared: usize,
    /// Inputs at which the copy gives the victim's label; see [`gives_label`].
    pub same: usize,
    /// Inputs at which the victim itself has a tie.
    pub ties: usize,
    /// Inputs outside the domain.
    pub outside: usize,
    /// Inputs at which the upper bounds prove that the labels are the same.
    pub proved: usize,
}

/// Labels of the victim and the copy on inputs, `[n]` of `[inputs]`; a positive scale leaves them as they are. And those
/// inputs of the domain at which some output's difference is larger than any that the audit found.
///
/// `told`: how many have been compared, from time to time.
pub fn agreement(
    networks: [&Network<Rational>; 2],
    points: &[Vec<f64>],
    domain: &Domain,
    audit: &Audit,
    control: &Control<'_>,
    told: &dyn Fn(usize),
) -> (Agreement, Vec<Witness>) {
    let mut found = Agreement { inputs: points.len(), ..Agreement::default() };
    if control.is_over() {
        return (found, Vec::new());
    }
    let [victim, copy] = networks.map(Exactly::new);
    let bounds: Vec<&Rational> = audit.outputs.iter().map(|output| &output.upper).collect();
    let compared = |point: &Vec<f64>| {
        if control.is_over() {
            return None;
        }
        let x: Vec<Rational> = point.iter().map(|x| Rational::lift(*x, ())).collect();
        let (truth, seen) = (victim.values(&x), copy.values(&x));
        let (own, inside) = (label(&truth), domain.contains(&x));
        let agreement = Agreement {
            inputs: 0,
            compared: 1,
            same: usize::from(gives_label(&label(&seen), &own)),
            ties: usize::from(own.len() != 1),
            outside: usize::from(!inside),
            proved: usize::from(inside && is_safe(&truth, &bounds)),
        };
        Some((agreement, inside.then_some(Witness { input: x, victim: truth, copy: seen })))
    };
    let mut best: Vec<(Rational, Option<Witness>)> =
        audit.outputs.iter().map(|output| (output.lower.clone(), None)).collect();
    for batch in points.chunks(BATCH * rayon::current_num_threads()) {
        let answers: Vec<Option<(Agreement, Option<Witness>)>> = batch.par_iter().map(compared).collect();
        let is_cut = answers.iter().any(Option::is_none);
        // Up to the first one that time left out.
        for (one, witness) in answers.into_iter().map_while(|answer| answer) {
            found.add(&one);
            let Some(witness) = witness else { continue };
            for (output, best) in best.iter_mut().enumerate() {
                let difference = witness.difference(output, &audit.scale);
                if difference > best.0 {
                    *best = (difference, Some(witness.clone()));
                }
            }
        }
        told(found.compared);
        if is_cut {
            break;
        }
    }
    let mut witnesses: Vec<Witness> = Vec::new();
    for (_, witness) in best {
        witnesses.extend(witness.filter(|witness| !witnesses.contains(witness)));
    }
    (found, witnesses)
}

impl Agreement {
    fn add(&mut self, other: &Self) {
        self.compared += other.compared;
        self.same += other.same;
        self.ties += other.ties;
        self.outside += other.outside;
        self.proved += other.proved;
    }
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
