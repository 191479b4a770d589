//! Polish: every unit measured once more where it is the only active one.
//!
//! With all hyperplanes known and oriented, and the rows independent, there are points
//! where one unit's pre-activation is `R/16` and every other's `−R`: the shortest solutions
//! of a linear system. The answer there is one unit's and the output bias, not a sum over all
//! units, and steps of `R/2` along any axis, to where the unit's own pre-activation grows, leave
//! every unit on its side, since a row's largest entry is 1. An entry's error is some roundoffs
//! of the row's largest, whatever the unit's output weight, and however close hyperplanes lie.

use super::super::{Error, Run};
use crate::judge::Item;
use crate::linalg::{Matrix, Solve};
use crate::num::{Dyadic, Num, Scalar};
use crate::oracle::{Batch, Probe};
use crate::trace::Signature;
use std::cmp::Ordering;

/// `log2` of `R` for rows, beside a row's largest entry of 1.
const AWAY: i32 = 10;
/// The same for biases, to which rounding adds with the length of the point.
const NEAR: i32 = 4;
/// `log2` of the pre-activation of the one active unit, relative to `R`.
const LOW: i32 = -4;
/// `3·2^(ROUND + AWAY)` is of the size that `f64` holds to the nearest `R/2^10`.
const ROUND: i32 = 41;

/// Rows, biases and strengths measured anew in place, and the output biases, `[outputs]`;
/// `None` where the rows are dependent, so that no unit can be had alone.
///
/// `inputs + 2` queries a row, and one. For arithmetics that round: in ℚ there is nothing to
/// gain, and points solved for have many digits.
pub(super) fn polish<S: Solve>(
    run: &mut Run<'_, S>,
    signatures: &mut [Signature<Num<S>>],
    signs: &[Ordering],
) -> Result<Option<Vec<Num<S>>>, Error> {
    let Some(far) = points(run, signatures, signs, AWAY)? else { return Ok(None) };
    let Some((rest, alone)) = far.split_first() else { return Ok(None) };
    let resting = run.ask(&Batch::Points(std::slice::from_ref(rest)))?.swap_remove(0);
    for (signature, point) in signatures.iter_mut().zip(alone) {
        measure(run, signature, point)?;
    }
    // The rows are known better now, and so is where one unit is alone.
    let Some(near) = points(run, signatures, signs, NEAR)? else { return Ok(None) };
    let near = &near[1..];
    let answers = run.ask(&Batch::Points(near))?;
    for (((signature, &sign), point), answer) in signatures.iter_mut().zip(signs).zip(near).zip(&answers) {
        let rise: Vec<Num<S>> = answer.iter().zip(&resting).map(|(y, rest)| y - rest).collect();
        let square = run.dot(&signature.strength, &signature.strength);
        if let Some(value) = run.dot(&rise, &signature.strength).over(&square) {
            signature.bias = &turned(&value, sign) - &run.dot(&signature.row, point);
        }
    }
    Ok(Some(resting))
}

fn turned<S: Scalar>(x: &Num<S>, sign: Ordering) -> Num<S> {
    if sign.is_lt() { -x } else { x.clone() }
}

/// The point where no unit is active, then those where one alone is.
fn points<S: Solve>(
    run: &mut Run<'_, S>,
    signatures: &[Signature<Num<S>>],
    signs: &[Ordering],
    away: i32,
) -> Result<Option<Vec<Vec<Num<S>>>>, Error> {
    let (count, inputs) = (signatures.len(), run.inputs());
    let rows = Matrix::from_fn(count, inputs, |i, j| turned(&signatures[i].row[j], signs[i]));
    let square = S::products(&rows, &rows, run.context);
    // Dependent rows leave pivots of rounding: then no unit can be had alone.
    if run.independent_columns(&square, Item::default())?.len() < count {
        return Ok(None);
    }
    let [rest, alone] = [away, away + LOW].map(|k| Dyadic::power(k).lift::<S>(run.context));
    let target = |i: usize, p: usize| {
        let bias = turned(&signatures[i].bias, signs[i]);
        &(if p == i + 1 { alone.clone() } else { -&rest }) - &bias
    };
    let target = Matrix::from_fn(count, count + 1, target);
    let Some(weights) = S::solve(&square, &target, run.context) else { return Ok(None) };
    let points = S::products(&weights.transposed(), &rows.transposed(), run.context);
    // Adding a large number and taking it away rounds to few digits, which leave the oracle's sums
    // less to round; that moves a pre-activation by far less than `R/16`. ℚ keeps the point.
    let large = &Dyadic::power(ROUND + away).lift::<S>(run.context) * &run.lift(3.0);
    let rounded = |x: &Num<S>| &(x + &large) - &large;
    Ok(Some(points.iter_rows().map(|point| point.iter().map(rounded).collect()).collect()))
}

/// One unit's row and strength at the point where it is alone.
///
/// With `g_j` the difference over the step, `[outputs]`, and `r` the reference, the row is
/// `g_j·g_r / g_r·g_r`, and the strength `±g_r`: all outputs are used.
fn measure<S: Scalar>(run: &mut Run<'_, S>, signature: &mut Signature<Num<S>>, point: &[Num<S>]) -> Result<(), Error> {
    let here = run.ask(&Batch::Points(std::slice::from_ref(&point.to_vec())))?.swap_remove(0);
    let step = Dyadic::power(AWAY - 1).lift::<S>(run.context);
    // To where the pre-activation grows, as oriented: signs by division, ±1 exactly.
    let ahead = |w: &Num<S>| w.over(&w.abs()).map_or_else(|| step.clone(), |sign| &sign * &step);
    let side = |value: &Num<S>| value.over(&value.abs()).unwrap_or_else(|| run.lift(1.0));
    let own = side(&(&run.dot(&signature.row, point) + &signature.bias));
    let steps: Vec<Num<S>> = signature.row.iter().map(|w| &ahead(w) * &own).collect();
    let probes: Vec<Probe<S>> =
        point.iter().zip(&steps).enumerate().map(|(j, (x, step))| vec![(j, x + step)]).collect();
    let answers = run.ask(&Batch::Probes { center: point, probes: &probes })?;
    let slope = |(far, step): (&Vec<Num<S>>, &Num<S>)| {
        far.iter().zip(&here).map(|(y, x)| (y - x).over(step)).collect::<Option<Vec<_>>>()
    };
    let Some(slopes) = answers.iter().zip(&steps).map(slope).collect::<Option<Vec<_>>>() else { return Ok(()) };
    let top = &slopes[signature.reference];
    let square = run.dot(top, top);
    if let Some(row) = slopes.iter().map(|slope| run.dot(slope, top).over(&square)).collect() {
        (signature.row, signature.strength) = (row, top.iter().map(|s| s * &own).collect());
    }
    Ok(())
}
