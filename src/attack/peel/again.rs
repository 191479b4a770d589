//! A row once more, where all other kinks are known and taken off: then steps may be as long as the orthant is wide.

use super::frame::Frame;
use super::plan;
use super::snapped;
use crate::attack::stages::gradients::one_line;
use crate::attack::view::Bent;
use crate::attack::{Error, Run};
use crate::judge::Stage;
use crate::linalg::Solve;
use crate::num::{Num, dot, lift_all};
use crate::trace::Signature;

/// Part of the way to where a pre-activation of the first layer ends that is gone off a hyperplane.
const SHARE: f64 = 0.5;

/// What a unit adds to answers, as a view takes it off.
pub(super) fn bent<S: Solve>(unit: &Signature<Num<S>>) -> Bent<S> {
    Bent { row: unit.row.clone(), bias: unit.bias.clone(), strength: unit.strength.clone() }
}

/// Measures unit `index` of the view again, on either side of its hyperplane, and takes it for the floats that it is.
///
/// `2·(units + 1)` queries. The error of an entry is an answer's over a step of the orthant's size, and what the errors
/// of the other rows add. Returns whether the row is one of floats.
pub(super) fn measured<S: Solve>(
    run: &mut Run<'_, S>,
    frame: &Frame<S>,
    unit: &mut Signature<Num<S>>,
    index: usize,
) -> Result<bool, Error> {
    let Some((sides, step)) = sides(run, frame, unit) else { return Ok(false) };
    run.enter(Stage::Polish);
    let silent = Bent { strength: vec![run.zero(); unit.strength.len()], ..bent(unit) };
    replace(run, index, silent);
    let [ahead, behind] = sides;
    let ahead = one_line::gradient(run, ahead, step)?.slopes;
    let behind = one_line::gradient(run, behind, step)?.slopes;
    let square = dot(run.zero(), &unit.strength, &unit.strength);
    let jump = |j: usize, o: usize| &ahead[j][o] - &behind[j][o];
    let entry = |j: usize| {
        let sum = unit.strength.iter().enumerate().fold(run.zero(), |sum, (o, s)| &sum + &(s * &jump(j, o)));
        sum.over(&square)
    };
    let row = (0..unit.row.len()).map(entry).collect::<Option<Vec<_>>>();
    let row = row.and_then(|row| row.iter().map(|x| x.over(&row[unit.reference])).collect::<Option<Vec<_>>>());
    let mut snapped = false;
    if let Some(row) = row {
        unit.strength = (0..unit.strength.len()).map(|o| jump(unit.reference, o)).collect();
        unit.bias = -&dot(run.zero(), &row, &unit.center);
        unit.row = row;
        snapped = snapped::refine(run, frame, unit);
    }
    replace(run, index, bent(unit));
    Ok(snapped)
}

fn replace<S: Solve>(run: &mut Run<'_, S>, index: usize, by: Bent<S>) {
    if let Some(known) = run.view.as_mut().and_then(|view| view.known().get_mut(index)) {
        *known = by;
    }
}

/// Points ahead of a unit's critical point and behind it, and `log2` of a step that stays on their side.
fn sides<S: Solve>(run: &Run<'_, S>, frame: &Frame<S>, unit: &Signature<Num<S>>) -> Option<([Vec<Num<S>>; 2], i32)> {
    let (row, center) = (plan::all_seen(&unit.row), plan::all_seen(&unit.center));
    let length = plan::length(&row);
    let normal: Vec<f64> = row.iter().map(|w| w / length).collect();
    let along: Vec<f64> = frame.plan.rows.iter().map(|b| plan::dot(b, &normal)).collect();
    let room = frame.plan.at(&center).iter().zip(&along).map(|(z, a)| z / a.abs()).fold(frame.size, f64::min);
    let far = room * SHARE;
    if far <= 0.0 || !far.is_finite() {
        return None;
    }
    // A row's largest entry is 1: a step along an axis moves the unit by no more than itself.
    let step = (far * length).log2().floor() as i32 - 1;
    let side = |sign: f64| {
        let point: Vec<f64> = center.iter().zip(&normal).map(|(u, n)| u + sign * far * n).collect();
        lift_all(&plan::rounded(&point, plan::COORDINATE_BITS), run.context)
    };
    Some(([side(1.0), side(-1.0)], step))
}
