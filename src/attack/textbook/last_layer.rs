//! Output weights and biases by least squares.

use super::super::stages::check::random_points;
use super::super::{Error, Run};
use crate::judge::{Item, Site, Stage};
use crate::linalg::{Matrix, Solve};
use crate::net::Shallow;
use crate::num::{Dyadic, Num, Scalar, lift_all};
use crate::oracle::Batch;
use crate::trace::Fit;
use std::cmp::Ordering;

/// The network with these rows, oriented by `signs`, and the last layer that fits the answers.
///
/// The points asked are one on each side of every row's critical point, where that unit
/// is told from all others, and `hidden + 1` random ones: about 3 queries a unit. Each
/// equation is weighted by a power of two near the reciprocal of its features' sum, so
/// that far points do not drown near ones. Points and weights are dyadic, which keeps the
/// system small in ℚ.
///
/// Exact in ℚ. Source: Jagielski et al. (2020), last layer; theorem `LeastSquares.least_squares`.
pub(super) fn least_squares<S: Solve>(run: &mut Run<'_, S>, signs: &[Ordering]) -> Result<Shallow<Num<S>>, Error> {
    let inputs = run.inputs();
    let signatures = std::mem::take(run.trace.signatures_mut());
    let oriented = |x: &Num<S>, sign: Ordering| if sign == Ordering::Less { -x } else { x.clone() };
    let rows = Matrix::from_fn(signatures.len(), inputs, |i, j| oriented(&signatures[i].row[j], signs[i]));
    let biases: Vec<Num<S>> = signatures.iter().zip(signs).map(|(s, &sign)| oriented(&s.bias, sign)).collect();
    let mut points = Vec::new();
    for signature in &signatures {
        points.extend(both_sides(run, signature.item)?);
    }
    *run.trace.signatures_mut() = signatures;
    points.extend(random_points(run, "last layer", biases.len() + 1));
    let answers = run.ask(&Batch::Points(&points))?;

    let mut system = Vec::with_capacity(points.len());
    let mut known = Vec::with_capacity(points.len());
    let mut weights = Vec::with_capacity(points.len());
    let failed = |what: &str| Error::degenerate(Stage::LastLayer, None, what);
    let points = Matrix::from_rows(inputs, points).ok_or_else(|| failed("ragged points"))?;
    let sums = S::products(&points, &rows, run.context);
    for (sums, answer) in sums.iter_rows().zip(&answers) {
        let features = features(sums, &biases, run.context);
        run.open(Item::point(system.len()));
        let size = run.binade(&run.l1(&features))?;
        weights.push(-size);
        let weight = Dyadic::power(-size).lift::<S>(run.context);
        system.push(features.iter().map(|x| x * &weight).collect());
        known.push(answer.iter().map(|y| y * &weight).collect());
    }
    let points = points.iter_rows().map(<[_]>::to_vec).collect();
    if let Some(last) = run.trace.last_layers.last_mut() {
        last.fit = Some(Fit { points, answers, weights });
    }
    let system = Matrix::from_rows(biases.len() + 1, system).ok_or_else(|| failed("ragged system"))?;
    let known = Matrix::from_rows(run.outputs(), known).ok_or_else(|| failed("ragged answers"))?;
    let solution = S::least_squares(&system, &known, run.context)
        .ok_or_else(|| failed("the sample points do not determine the output weights"))?;
    let output = Matrix::from_fn(run.outputs(), biases.len(), |o, i| solution[(i, o)].clone());
    let output_bias = (0..run.outputs()).map(|o| solution[(biases.len(), o)].clone()).collect();
    Shallow::new(rows, biases, output, output_bias).map_err(|e| failed(&e.to_string()))
}

/// What an equation is made of: the hidden units' values, and 1 for the bias.
///
/// `sums`: `[hidden]`, the rows' products with the point.
pub(super) fn features<S: Scalar>(sums: &[Num<S>], biases: &[Num<S>], context: S::Context) -> Vec<Num<S>> {
    let units = sums.iter().zip(biases).map(|(sum, bias)| (sum + bias).relu());
    units.chain([Num::lift(1.0, context)]).collect()
}

/// Two dyadic points on the line of a critical point, on either side of it and nearer to
/// it than its neighbours.
fn both_sides<S: Scalar>(run: &mut Run<'_, S>, item: Item) -> Result<Vec<Vec<Num<S>>>, Error> {
    let line = run.trace.located.lines[item.line as usize].clone();
    let Some(kink) = run.trace.located.kinks[item.line as usize].iter().find(|kink| kink.item == item).cloned() else {
        return Ok(Vec::new());
    };
    run.open(item);
    // 2^quarter ≤ gap/4: a bracket of that width, widened by as much to both sides, stays
    // within half a gap of the kink.
    let quarter = run.binade(&kink.gap)? - 2;
    let (mut left, mut right) = kink.interval;
    let width = |left: Dyadic, right: Dyadic| right.plus(left.negated()).and_then(Dyadic::binade);
    while width(left, right).is_some_and(|size| size >= quarter) {
        let Some(middle) = left.plus(right).map(|sum| sum.scaled(-1)) else { break };
        let offset = &kink.position - &middle.lift(run.context);
        if run.sign(Site::Length, &offset, &kink.gap)? == Ordering::Greater { left = middle } else { right = middle }
    }
    let step = Dyadic::power(quarter);
    let sides = [left.plus(step.negated()).unwrap_or(left), right.plus(step).unwrap_or(right)];
    let entries =
        || lift_all::<S>(&line.origin, run.context).into_iter().zip(lift_all::<S>(&line.direction, run.context));
    let point = |t: Num<S>| entries().map(|(u, v)| &u + &(&t * &v)).collect();
    Ok(sides.into_iter().map(|t| point(t.lift(run.context))).collect())
}
