//! Snap between layers: rows that are floats of few bits, up to a factor, are taken for what they are, so that a layer
//! hands no error on. For arithmetics that round.

use super::frame::Frame;
use super::plan;
use crate::attack::snap::{Grid, layer};
use crate::attack::{Error, Run};
use crate::judge::Stage;
use crate::linalg::{Matrix, Solve};
use crate::net::{Affine, Draw};
use crate::num::{Num, dot, lift_all};
use crate::oracle::Batch;
use crate::trace::Signature;

/// Rows and biases with their units' critical points, and how many of them were snapped.
pub(super) struct Rows<S> {
    /// `[units, inputs]`.
    pub rows: Matrix<Num<S>>,
    /// `[units]`.
    pub biases: Vec<Num<S>>,
    /// Whether each is a row of floats of few bits.
    pub snapped: Vec<bool>,
}

/// Takes every row that is one of floats for those floats; the coarsest kind that serves.
///
/// `points`: on the hyperplanes, `[units]` of `[inputs]`. Rows are scaled so that their largest entry is ±1, or by a
/// snapped row's own factor.
pub(super) fn rows<S: Solve>(
    run: &Run<'_, S>,
    rows: &Matrix<Num<S>>,
    biases: &[Num<S>],
    points: &[Vec<Num<S>>],
) -> Rows<S> {
    let mut snapped = Vec::with_capacity(rows.rows());
    let (mut all, mut all_biases) = (Vec::with_capacity(rows.rows()), Vec::with_capacity(rows.rows()));
    for ((row, bias), point) in rows.iter_rows().zip(biases).zip(points) {
        let (row, bias) = normalized(run, row, bias);
        let (seen, point) = (plan::all_seen(&row), plan::all_seen(point));
        match Grid::ALL.into_iter().find_map(|grid| layer::row(&seen, &point, grid)) {
            Some((row, bias)) => {
                snapped.push(true);
                all.push(lift_all(&row, run.context));
                all_biases.push(run.lift(bias));
            }
            None => {
                snapped.push(false);
                all.push(row);
                all_biases.push(bias);
            }
        }
    }
    let rows = Matrix::from_fn(rows.rows(), rows.columns(), |i, j| all[i][j].clone());
    Rows { rows, biases: all_biases, snapped }
}

/// Takes a row in the frame's coordinates for the floats that it is in pre-activations. Returns whether it is.
///
/// What is left of it then on other lines is rounding, and no kink.
pub(super) fn refine<S: Solve>(run: &Run<'_, S>, frame: &Frame<S>, unit: &mut Signature<Num<S>>) -> bool {
    let row = Matrix::from_fn(1, unit.row.len(), |_, j| unit.row[j].clone());
    let Some((row, bias)) = frame.rows(run, &row, std::slice::from_ref(&unit.bias)) else { return false };
    let found = rows(run, &row, &bias, &[frame.values(run, &unit.center)]);
    if found.snapped != [true] {
        return false;
    }
    let (row, bias) = frame.back(run, found.rows.row(0), &found.biases[0]);
    let lead = row[unit.reference].clone();
    let over = |x: &Num<S>| x.over(&lead);
    let (Some(row), Some(bias)) = (row.iter().map(over).collect::<Option<Vec<_>>>(), over(&bias)) else { return false };
    (unit.row, unit.bias) = (row, bias);
    true
}

/// A row and its bias over the magnitude of the row's largest entry, which a plan may choose.
fn normalized<S: Solve>(run: &Run<'_, S>, row: &[Num<S>], bias: &Num<S>) -> (Vec<Num<S>>, Num<S>) {
    let seen = plan::all_seen(row);
    let top = (0..row.len()).max_by(|&i, &j| seen[i].abs().total_cmp(&seen[j].abs())).unwrap_or_default();
    let size = row.get(top).map_or_else(|| run.lift(1.0), Num::abs);
    let over = |x: &Num<S>| x.over(&size).unwrap_or_else(|| x.clone());
    (row.iter().map(over).collect(), over(bias))
}

/// The output layer behind snapped layers, fitted to fresh answers and snapped where it is floats.
///
/// `layers`: the hidden layers; `units`: for each unit of the last a point where it is active, in the frame's
/// coordinates. One and a half questions a unit, and a few. `None` where the fit has no solution.
pub(super) fn output<S: Solve>(
    run: &mut Run<'_, S>,
    frame: &Frame<S>,
    layers: &[Affine<Num<S>>],
    units: &[Vec<Num<S>>],
) -> Result<Option<Affine<Num<S>>>, Error> {
    run.enter(Stage::LastLayer);
    let mut draw = Draw::new(run.options.seed, "peel: output");
    let inputs = run.inputs();
    let mut points: Vec<Vec<Num<S>>> = units.iter().map(|u| frame.point(run, u)).collect();
    for k in 0..units.len() / 2 + 4 {
        let point = plan::normal(&mut draw, inputs, 1.0 + (k % 3) as f64);
        points.push(lift_all(&plan::rounded(&point, plan::COORDINATE_BITS), run.context));
    }
    let answers = run.ask(&Batch::Points(&points))?;
    let features: Vec<Vec<Num<S>>> = points
        .iter()
        .map(|x| {
            let values = layers.iter().fold(x.clone(), |x, layer| {
                let rows = layer.weights().iter_rows().zip(layer.bias());
                rows.map(|(row, bias)| (&dot(run.zero(), row, &x) + bias).relu()).collect()
            });
            values.into_iter().chain([run.lift(1.0)]).collect()
        })
        .collect();
    let columns = units.len() + 1;
    let a = Matrix::from_fn(points.len(), columns, |p, i| features[p][i].clone());
    let b = Matrix::from_fn(points.len(), run.outputs(), |p, o| answers[p][o].clone());
    let Some(found) = S::least_squares(&a, &b, run.context) else { return Ok(None) };
    // Each weight's part of an answer, where it is largest.
    let largest = |i: usize| a.column(i).map(|x| plan::seen(x).abs()).fold(0.0, f64::max);
    let sizes: Vec<f64> = (0..columns).map(largest).collect();
    let mass =
        (0..run.outputs()).map(|o| (0..columns).map(|i| plan::seen(&found[(i, o)]).abs() * sizes[i]).sum::<f64>());
    let mass: Vec<f64> = mass.collect();
    let number = |i: usize, o: usize| {
        let x = plan::seen(&found[(i, o)]);
        let beside = if sizes[i] > 0.0 { mass[o] / sizes[i] } else { mass[o] };
        Grid::ALL
            .into_iter()
            .find_map(|grid| layer::output(x, beside, grid))
            .map_or_else(|| found[(i, o)].clone(), |x| run.lift(x))
    };
    let weights = Matrix::from_fn(run.outputs(), units.len(), |o, i| number(i, o));
    let bias = (0..run.outputs()).map(|o| number(units.len(), o)).collect();
    Ok(Affine::new(weights, bias).ok())
}
