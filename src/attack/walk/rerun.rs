//! Rows and output biases once more in ℚ, on what a walk recorded as their input.
//!
//! The input of a row: the points and steps of two gradients, the jumps of slopes at the kinks
//! between them, the rows known between them, and the position of the kink that places it.

use super::super::stages::locate::chord_slope;
use super::super::textbook::rerun::Row;
use super::solve::{alone, difference, direction, together};
use crate::judge::Item;
use crate::net::Shallow;
use crate::num::{Dyadic, Num, Rational, Scalar, dot, lift_all};
use crate::oracle::{Batch, Evaluate, Probe};
use crate::trace::{Chord, Gradient, Kink, Trace};

/// Slopes of a gradient, `[inputs]` of `[outputs]`.
pub type Slopes = Vec<Vec<Rational>>;

fn wrapped(values: &[Rational]) -> Vec<Num<Rational>> {
    values.iter().cloned().map(Num).collect()
}

fn unwrapped(values: Vec<Num<Rational>>) -> Vec<Rational> {
    values.into_iter().map(|x| x.0).collect()
}

fn zero() -> Num<Rational> {
    Num(Rational::default())
}

fn kink(trace: &Trace<Rational>, item: Item) -> Option<&Kink<Rational>> {
    trace.located.kinks.get(item.line as usize)?.iter().find(|kink| kink.item == item)
}

/// The change of slope at a kink, from the recorded answers at both ends of its interval.
fn jump(kink: &Kink<Rational>) -> Option<Vec<Num<Rational>>> {
    let chord =
        |c: &Chord<Rational>| Chord { value: wrapped(&c.value), at: Num(c.at.clone()), beside: wrapped(&c.beside) };
    let [position, gap, mass] = [&kink.position, &kink.gap, &kink.mass].map(|x| Num(x.clone()));
    let ends = [chord(&kink.ends[0]), chord(&kink.ends[1])];
    let kink = Kink { item: kink.item, interval: kink.interval, position, gap, mass, ends };
    let (left, right) = (chord_slope(&kink, false, ())?.0, chord_slope(&kink, true, ())?.0);
    Some(right.iter().zip(&left).map(|(r, l)| r - l).collect())
}

/// Row `i`, from these slopes of the two gradients that it is the difference of.
///
/// Exact. `None` where the row was found otherwise, or nothing is left of it.
pub fn row(trace: &Trace<Rational>, i: usize, [from, to]: [&Slopes; 2]) -> Option<Row> {
    let (signature, source) = (trace.signatures().get(i)?, trace.walked()?.jumps.get(i)?.as_ref()?);
    let lists = |slopes: &Slopes| slopes.iter().map(|slope| wrapped(slope)).collect::<Vec<_>>();
    let known = source.known.iter().map(|&(unit, heading)| {
        let unit = trace.signatures().get(unit)?;
        Some((wrapped(&unit.strength), wrapped(&unit.row), heading))
    });
    let known = known.collect::<Option<Vec<_>>>()?;
    let known = known.iter().map(|(strength, row, heading)| (&strength[..], &row[..], *heading));
    let difference = difference(&lists(from), &lists(to), known);
    let directions = source.kinks.iter().map(|&item| direction(&zero(), &jump(kink(trace, item)?)?));
    let directions = directions.collect::<Option<Vec<_>>>()?;
    let row = match &directions[..] {
        [direction] => alone(&zero(), direction, &difference)?,
        _ => together(&directions, &difference, ())?.into_iter().nth(source.own)?,
    };
    let size = row[signature.reference].abs();
    let strength = directions[source.own].iter().map(|c| c * &size).collect();
    let entries = row.iter().map(|x| x.over(&row[signature.reference])).collect::<Option<Vec<_>>>()?;
    let line = trace.located.lines.get(signature.item.line as usize)?;
    let [origin, along] = [&line.origin, &line.direction].map(|x| dot(zero(), &entries, &lift_all::<Rational>(x, ())));
    let bias = -&(&origin + &(&along * &Num(kink(trace, signature.item)?.position.clone())));
    Some(Row { entries: unwrapped(entries), bias: bias.0, strength: unwrapped(strength) })
}

/// The answer and the slopes that an exact oracle gives at a gradient's point with its steps.
pub fn exact_gradient(
    gradient: &Gradient<Rational>,
    oracle: &dyn Evaluate<Rational>,
) -> Option<(Vec<Rational>, Slopes)> {
    let point = wrapped(&gradient.point);
    let power = |step: i32| Dyadic::power(step).lift::<Rational>(());
    let axes = gradient.steps.iter().enumerate();
    let probes: Vec<Probe<Rational>> = axes.map(|(j, &step)| vec![(j, &point[j] + &power(step))]).collect();
    let here = oracle.evaluate(&Batch::Points(std::slice::from_ref(&point))).into_iter().next()?;
    let answers = oracle.evaluate(&Batch::Probes { center: &point, probes: &probes });
    let slopes = answers
        .iter()
        .zip(&gradient.steps)
        .map(|(far, &step)| far.iter().zip(&here).map(|(y, here)| (&(y - here) * &power(-step)).0).collect());
    let slopes = slopes.collect();
    Some((unwrapped(here), slopes))
}

/// The output biases: what an answer at a gradient's point leaves beside the units of `network`.
pub fn output_bias(network: &Shallow<Rational>, point: &[Rational], answer: &[Rational]) -> Vec<Rational> {
    let given = network.map(|x| Num(x.clone())).forward(&wrapped(point), ());
    let units = given.iter().zip(network.output_bias()).map(|(y, bias)| y.0.sub(bias));
    answer.iter().zip(units).map(|(y, units)| y.sub(&units)).collect()
}
