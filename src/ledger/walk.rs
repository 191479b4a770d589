//! Rows and last layer of a walk: the gradients once more.

use super::{Account, Again, Cause, Quantity, Share, gap, log2_ratio, one, output_weights, sides, weights};
use crate::attack::walk::rerun::{self, Slopes};
use crate::num::{Exact, Rational, Scalar};
use crate::oracle::Evaluate;
use crate::trace::Trace;
use rayon::prelude::*;

/// What an exact oracle gives for every gradient recorded: the answer at its point, and slopes.
pub(super) fn exact_gradients(
    rounded: &Trace<Rational>,
    oracle: &dyn Evaluate<Rational>,
) -> Vec<Option<(Vec<Rational>, Slopes)>> {
    let recorded = rounded.walked().map_or(&[][..], |walked| &walked.gradients);
    recorded.par_iter().map(|gradient| rerun::exact_gradient(gradient, oracle)).collect()
}

/// A row that is the difference of two gradients; `exact`: all gradients, with exact answers.
pub(super) fn jumped(rounded: &Trace<Rational>, i: usize, exact: &[Option<(Vec<Rational>, Slopes)>]) -> Option<Again> {
    let (seen, walked) = (&rounded.signatures()[i], rounded.walked()?);
    let ends = walked.jumps.get(i)?.as_ref()?.gradients;
    let [from, to] = ends.map(|end| exact.get(end)?.as_ref().map(|(_, slopes)| slopes));
    let handed = rerun::row(rounded, i, [from?, to?])?;
    let recorded = ends.map(|end| walked.gradients.get(end));
    let [from, to] = [recorded[0]?, recorded[1]?];
    let redone = rerun::row(rounded, i, [&from.slopes, &to.slopes])?;
    // An entry of a gradient is as wrong as an answer over the shortest step.
    let shortest = [from, to].iter().flat_map(|gradient| &gradient.steps).min()?;
    let jump = seen.strength.iter().fold(Rational::default(), |sum, s| sum.add(&s.magnitude()));
    let amplification = log2_ratio(&seen.mass, &jump) - f64::from(*shortest);
    Some(Again { handed, redone, amplification })
}

/// `None` where a network is missing, or has no oriented rows.
pub(super) fn last_layer(
    exact: &Trace<Rational>,
    rounded: &Trace<Rational>,
    again: &[Option<Again>],
    oracle: &dyn Evaluate<Rational>,
) -> Option<Vec<Option<Account>>> {
    let (truth, seen) = (exact.network()?, rounded.network()?);
    sides(exact).zip(sides(rounded))?;
    let unit = |(i, again): (usize, &Option<Again>)| {
        let (item, again) = (rounded.signatures()[i].item, again.as_ref()?);
        let cause = Cause { gap: gap(rounded, item), amplification: again.amplification };
        let values = |o: usize| [&again.handed.strength[o], &again.redone.strength[o], &seen.output()[(o, i)]];
        output_weights(&weights(exact, rounded, i)?, item, cause, values)
    };
    let walked = rounded.walked()?;
    let base = walked.gradients.get(walked.base?)?;
    let (answer, _) = rerun::exact_gradient(base, oracle)?;
    let handed = rerun::output_bias(seen, &base.point, &answer);
    let redone = rerun::output_bias(seen, &base.point, &base.answer);
    let bias = |o: usize| {
        let truth = &truth.output_bias()[o];
        let values = [truth, &handed[o], &redone[o], &seen.output_bias()[o]];
        Share::of(Quantity::OutputBias(o), values, one().add(&truth.magnitude()))
    };
    let shares: Vec<Share> = (0..seen.shape().outputs).map(bias).collect();
    // The bias is what an answer leaves: errors of answers enter once.
    let size = |values: &[Rational]| values.iter().fold(Rational::default(), |sum, y| sum.add(&y.magnitude()));
    let scale = size(truth.output_bias()).add(&one());
    let cause = Cause { gap: None, amplification: log2_ratio(&size(&base.answer), &scale) };
    let biases = Account { item: None, shares, cause };
    Some(again.iter().enumerate().map(unit).chain([Some(biases)]).collect())
}
