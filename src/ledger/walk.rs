//! Rows and last layer of a walk: the stage once more in ℚ, on what the run recorded as its input.
//!
//! The input of a row: the points and steps of two gradients, the jumps of slopes at the kinks
//! between them, the rows known between them, and the position of the kink that places it.

use super::{Account, Again, Cause, Quantity, Share, gap, in_q, log2_ratio, one, output_weights, sides, weights};
use crate::attack::stages::gradients::{Between, bias_through, direction, ratios};
use crate::attack::stages::output_bias::remaining;
use crate::attack::stages::{Ratios, locate};
use crate::judge::Item;
use crate::linalg::{Matrix, Solve};
use crate::net::Shallow;
use crate::num::{Dyadic, Exact, Num, Rational, Scalar, dot, lift_all};
use crate::oracle::{Batch, Evaluate, Probe};
use crate::trace::{Gradient, Kink, Trace};
use rayon::prelude::*;
use std::collections::HashSet;

/// A gradient in ℚ.
pub(super) type Exactly = Gradient<Num<Rational>>;

/// What an exact oracle gives for every gradient that these rows are from, at its point with its steps; `None` elsewhere.
pub(super) fn exact_gradients(
    rounded: &Trace<Rational>,
    rows: &[usize],
    oracle: &dyn Evaluate<Rational>,
) -> Vec<Option<Exactly>> {
    let Some(walked) = rounded.walked() else { return Vec::new() };
    let jumps = rows.iter().filter_map(|&i| walked.jumps.get(i)?.as_ref());
    let needed: HashSet<usize> = jumps.flat_map(|jump| jump.gradients).collect();
    let recorded = walked.gradients.par_iter().enumerate();
    recorded.map(|(g, gradient)| needed.contains(&g).then(|| exact_gradient(gradient, oracle))?).collect()
}

fn exact_gradient(gradient: &Gradient<Rational>, oracle: &dyn Evaluate<Rational>) -> Option<Exactly> {
    let Ok(Gradient { point, steps, .. }) = gradient.try_map(&mut in_q);
    let power = |step: i32| Dyadic::power(step).lift::<Rational>(());
    let axes = steps.iter().enumerate();
    let probes: Vec<Probe<Rational>> = axes.map(|(j, &step)| vec![(j, &point[j] + &power(step))]).collect();
    let answer = oracle.evaluate(&Batch::Points(std::slice::from_ref(&point))).into_iter().next()?;
    let answers = oracle.evaluate(&Batch::Probes { center: &point, probes: &probes });
    let slope = |(far, &step): (&Vec<Num<Rational>>, &i32)| {
        far.iter().zip(&answer).map(|(y, here)| &(y - here) * &power(-step)).collect()
    };
    let slopes = answers.iter().zip(&steps).map(slope).collect();
    Some(Gradient { point, answer, steps, slopes })
}

/// A row that is the difference of two gradients; `exact`: all gradients, with exact answers.
pub(super) fn jumped(rounded: &Trace<Rational>, i: usize, exact: &[Option<Exactly>]) -> Option<Again> {
    let (seen, walked) = (&rounded.signatures()[i], rounded.walked()?);
    let ends = walked.jumps.get(i)?.as_ref()?.gradients;
    let [from, to] = ends.map(|end| exact.get(end)?.as_ref());
    let handed = row(rounded, i, [from?, to?])?;
    let (redone, shortest) = recorded(rounded, i)?;
    let jump = seen.strength.iter().fold(Rational::default(), |sum, s| sum.add(&s.magnitude()));
    // An entry of a gradient is as wrong as an answer over the shortest step.
    let amplification = log2_ratio(&seen.mass, &jump) - f64::from(shortest);
    Some(Again { handed, redone, amplification })
}

/// Row `i` from the gradients recorded, with `log2` of their shortest step. Exact.
pub(super) fn recorded(trace: &Trace<Rational>, i: usize) -> Option<(Ratios<Rational>, i32)> {
    let walked = trace.walked()?;
    let gradient = |end: usize| {
        let Ok(gradient) = walked.gradients.get(end)?.try_map(&mut in_q);
        Some(gradient)
    };
    let [from, to] = walked.jumps.get(i)?.as_ref()?.gradients.map(gradient);
    let (from, to) = (from?, to?);
    let shortest = from.steps.iter().chain(&to.steps).min().copied()?;
    Some((row(trace, i, [&from, &to])?, shortest))
}

fn kink(trace: &Trace<Rational>, item: Item) -> Option<Kink<Num<Rational>>> {
    let kink = trace.located.kinks.get(item.line as usize)?.iter().find(|kink| kink.item == item)?;
    let Ok(kink) = kink.try_map(&mut in_q);
    Some(kink)
}

/// Row `i`, from the slopes of the two gradients that it is the difference of.
///
/// Exact. `None` where the row was found otherwise, or nothing is left of it.
fn row(trace: &Trace<Rational>, i: usize, [from, to]: [&Exactly; 2]) -> Option<Ratios<Rational>> {
    let (signature, source) = (trace.signatures().get(i)?, trace.walked()?.jumps.get(i)?.as_ref()?);
    let known = source.known.iter().map(|&(unit, heading)| {
        let Ok(unit) = trace.signatures().get(unit)?.try_map(&mut in_q);
        Some((unit, heading))
    });
    let known = known.collect::<Option<Vec<_>>>()?;
    let known = known.iter().map(|(unit, heading)| (&unit.strength[..], &unit.row[..], *heading)).collect();
    let zero = Num(Rational::default());
    let directions = source.kinks.iter().map(|&item| direction(&zero, &locate::jump(&kink(trace, item)?, ())?.0));
    let directions = directions.collect::<Option<Vec<_>>>()?;
    let seen = Between { slopes: [&from.slopes, &to.slopes], known, directions };
    let row = seen.rows(&seen.difference(), ())?.into_iter().nth(source.own)?;
    let (row, strength) = ratios(signature.reference, &row, &seen.directions[source.own])?;
    let line = trace.located.lines.get(signature.item.line as usize)?;
    let [origin, along] =
        [&line.origin, &line.direction].map(|x| dot(zero.clone(), &row, &lift_all::<Rational>(x, ())));
    let bias = bias_through(&(origin, along), &kink(trace, signature.item)?.position);
    Some(Ratios { row, bias, strength })
}

/// The output biases: what an answer at a point leaves beside the units of `network`.
fn output_bias(
    network: &Shallow<Num<Rational>>,
    point: &[Num<Rational>],
    answer: &[Num<Rational>],
) -> Vec<Num<Rational>> {
    let point = Matrix::from_fn(1, point.len(), |_, j| point[j].clone());
    let sums = Rational::products(network.hidden(), &point, ());
    let unit = |(i, bias): (usize, &Num<Rational>)| network.activation().apply(i, &(&sums[(i, 0)] + bias), ());
    let units: Vec<Num<Rational>> = network.hidden_bias().iter().enumerate().map(unit).collect();
    remaining(answer, &units, network.output(), ())
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
    let walked = rounded.walked()?;
    let base = walked.gradients.get(walked.base?)?;
    let Ok(network) = seen.try_map(in_q);
    let exact_base = exact_gradient(base, oracle)?;
    let Ok(recorded) = base.try_map(&mut in_q);
    let [handed, redone] = [&exact_base, &recorded].map(|base| output_bias(&network, &recorded.point, &base.answer));
    let bias = |o: usize| {
        let truth = &truth.output_bias()[o];
        let values = [truth, &handed[o].0, &redone[o].0, &seen.output_bias()[o]];
        Share::of(Quantity::OutputBias(o), values, one().add(&truth.magnitude()))
    };
    let shares: Vec<Share> = (0..seen.shape().outputs).map(bias).collect();
    // The bias is what an answer leaves: errors of answers enter once.
    let size = |values: &[Rational]| values.iter().fold(Rational::default(), |sum, y| sum.add(&y.magnitude()));
    let scale = size(truth.output_bias()).add(&one());
    let cause = Cause { gap: None, amplification: log2_ratio(&size(&base.answer), &scale) };
    let biases = Account { item: None, shares, cause };
    let units = again.iter().enumerate().map(|(i, again)| unit(exact, rounded, i, again.as_ref()?));
    Some(units.chain([Some(biases)]).collect())
}

/// The output weights of the unit of row `i`, as the row's own jump gives them.
pub(super) fn unit(exact: &Trace<Rational>, rounded: &Trace<Rational>, i: usize, again: &Again) -> Option<Account> {
    let (item, seen) = (rounded.signatures().get(i)?.item, rounded.network()?);
    let cause = Cause { gap: gap(rounded, item), amplification: again.amplification };
    let values = |o: usize| [&again.handed.strength[o].0, &again.redone.strength[o].0, &seen.output()[(o, i)]];
    output_weights(&weights(exact, rounded, i)?, item, cause, values)
}
