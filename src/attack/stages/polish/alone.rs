//! Rows measured where their unit is the only active one.
//!
//! With rows independent and oriented there are points where one unit's pre-activation is `R/16`
//! and every other's `−R`: the shortest solutions of a linear system. The answer there is one
//! unit's and the output bias, not a sum over all units, and steps of `R/2` along any axis, to
//! where the unit's own pre-activation grows, leave every unit on its side, since a row's
//! largest entry is 1. An entry's error is some roundoffs of the row's largest, whatever the
//! unit's output weight, and however close hyperplanes lie, as long as the points are not far out.

use super::Remeasured;
use super::noise::{Anchor, Known, length, share};
use crate::attack::{Error, Run};
use crate::judge::{Item, Site};
use crate::linalg::{Matrix, Solve};
use crate::num::{Dyadic, Num, Scalar};
use crate::oracle::{Batch, Probe};
use crate::trace::Signature;
use std::cmp::Ordering;

/// `log2` of `R` for rows, beside a row's largest entry of 1.
pub(super) const AWAY: i32 = 10;
/// The same for biases, to which rounding adds with the length of the point.
const NEAR: i32 = 4;
/// `log2` of the pre-activation of the one active unit, relative to `R`.
const LOW: i32 = -4;
/// `3·2^(ROUND + AWAY)` is of the size that `f64` holds to the nearest `R/2^10`.
const ROUND: i32 = 41;

/// Points where one unit alone is active.
pub(super) struct Places<S> {
    /// Of each unit; `None` where that is not certain.
    pub(super) points: Vec<Option<Vec<Num<S>>>>,
    /// Where no unit is active.
    pub(super) rest: Vec<Num<S>>,
    /// The answer there, `[outputs]`: the output biases.
    pub(super) resting: Vec<Num<S>>,
}

impl<S: Solve> Places<S> {
    /// Places far out, for rows; `None` where the rows are dependent, or nearly so. One query, once.
    pub(super) fn far(run: &mut Run<'_, S>, known: &mut Known<S>, signs: &[Ordering]) -> Result<Option<Self>, Error> {
        Self::new(run, known, signs, AWAY)
    }

    /// Places at a distance: every pre-activation is `−2^away`, or `2^(away + LOW)` where its unit is alone.
    pub(super) fn new(
        run: &mut Run<'_, S>,
        known: &mut Known<S>,
        signs: &[Ordering],
        away: i32,
    ) -> Result<Option<Self>, Error> {
        let Some(mut points) = solved(run, known, signs, away)?.map(Vec::into_iter) else { return Ok(None) };
        let Some(rest) = points.next() else { return Ok(None) };
        run.open(Item::default());
        if !is_certain(run, known, &rest, away)? {
            return Ok(None);
        }
        let mut certain = Vec::with_capacity(known.signatures.len());
        for (unit, point) in known.signatures.iter().zip(points) {
            run.open(unit.item);
            certain.push(if is_certain(run, known, &point, away)? { Some(point) } else { None });
        }
        let resting = match &known.resting {
            Some(resting) => resting.clone(),
            None => run.ask(&Batch::Points(std::slice::from_ref(&rest)))?.swap_remove(0),
        };
        known.resting = Some(resting.clone());
        Ok(Some(Self { points: certain, rest, resting }))
    }

    /// The place of unit `i`, with the error in roundoffs that its row would have.
    pub(super) fn of(&self, run: &Run<'_, S>, known: &Known<S>, i: usize) -> Option<(&[Num<S>], Num<S>)> {
        let point = self.points[i].as_ref()?;
        let step = Dyadic::power(1 - AWAY).lift::<S>(run.context);
        Some((point, &roundoffs(run, &known.signatures[i], &self.resting, point)? * &step))
    }
}

/// Error of a unit's pre-activation where it is alone, in roundoffs; `resting`: the output biases.
fn roundoffs<S: Scalar>(
    run: &Run<'_, S>,
    unit: &Signature<Num<S>>,
    resting: &[Num<S>],
    point: &[Num<S>],
) -> Option<Num<S>> {
    let sums = &(&(&run.l1(&unit.row) * &length(run, point)) * &share(run)) + &unit.bias.abs();
    Some(&sums + &run.l1(resting).over(&run.l1(&unit.strength))?)
}

/// Whether every unit is where it should be: `R/16` is well above what the rows' errors make there.
fn is_certain<S: Solve>(run: &mut Run<'_, S>, known: &Known<S>, point: &[Num<S>], away: i32) -> Result<bool, Error> {
    let distance = Dyadic::power(away + LOW).lift(run.context);
    let length = length(run, point);
    known.is_certain(run, &distance, &length)
}

/// The point where no unit is active, then those where one alone is; `None` without any.
fn solved<S: Solve>(
    run: &mut Run<'_, S>,
    known: &Known<S>,
    signs: &[Ordering],
    away: i32,
) -> Result<Option<Vec<Vec<Num<S>>>>, Error> {
    let count = known.signatures.len();
    // Dependent rows leave pivots of rounding: then no unit can be had alone.
    if run.independent_columns(&known.square, Item::default())?.len() < count {
        return Ok(None);
    }
    let [rest, alone] = [away, away + LOW].map(|k| Dyadic::power(k).lift::<S>(run.context));
    let target = |i: usize, p: usize| {
        let aim = if p == i + 1 { alone.clone() } else { -&rest };
        &turned(&aim, signs[i]) - &known.signatures[i].bias
    };
    let target = Matrix::from_fn(count, count + 1, target);
    let Some(weights) = S::solve(&known.square, &target, run.context) else { return Ok(None) };
    let points = S::products(&weights.transposed(), &known.rows.transposed(), run.context);
    // Adding a large number and taking it away rounds to few digits, which leave the oracle's sums
    // less to round; that moves a pre-activation by far less than `R/16`. ℚ keeps the point.
    let large = &Dyadic::power(ROUND + away).lift::<S>(run.context) * &run.lift(3.0);
    let rounded = |x: &Num<S>| &(x + &large) - &large;
    Ok(Some(points.iter_rows().map(|point| point.iter().map(rounded).collect()).collect()))
}

pub(super) fn turned<S: Scalar>(x: &Num<S>, sign: Ordering) -> Num<S> {
    if sign.is_lt() { -x } else { x.clone() }
}

/// A row and its strength where its unit is alone.
///
/// `sign`: of the side on which it is active. With `g_j` the difference over the step,
/// `[outputs]`, and `r` the reference, the row is `g_j·g_r / g_r·g_r`, and the strength `±g_r`:
/// all outputs are used. `None` where nothing changes along the reference.
pub(super) fn measure<S: Scalar>(
    run: &mut Run<'_, S>,
    signature: &Signature<Num<S>>,
    sign: Ordering,
    point: &[Num<S>],
) -> Result<Option<Remeasured<S>>, Error> {
    let here = run.ask(&Batch::Points(std::slice::from_ref(&point.to_vec())))?.swap_remove(0);
    let step = Dyadic::power(AWAY - 1).lift::<S>(run.context);
    let mut steps = Vec::with_capacity(point.len());
    for (j, w) in signature.row.iter().enumerate() {
        run.open(signature.item.axis(j));
        // To where the pre-activation grows on the active side; any way along an axis of no weight.
        let ahead = if run.sign(Site::Heading, w, w)?.is_lt() { -&step } else { step.clone() };
        steps.push(turned(&ahead, sign));
    }
    let probes: Vec<Probe<S>> =
        point.iter().zip(&steps).enumerate().map(|(j, (x, step))| vec![(j, x + step)]).collect();
    let answers = run.ask(&Batch::Probes { center: point, probes: &probes })?;
    let slope = |(far, step): (&Vec<Num<S>>, &Num<S>)| {
        far.iter().zip(&here).map(|(y, x)| (y - x).over(step)).collect::<Option<Vec<_>>>()
    };
    let Some(slopes) = answers.iter().zip(&steps).map(slope).collect::<Option<Vec<_>>>() else { return Ok(None) };
    let top = &slopes[signature.reference];
    let Some(row) = super::ratios(run, &slopes, top) else { return Ok(None) };
    let strength = top.iter().map(|s| turned(s, sign)).collect();
    Ok(Some(Remeasured { row, strength, anchor: None }))
}

/// Anchors for biases, one query a row.
pub(super) fn biases<S: Solve>(run: &mut Run<'_, S>, known: &mut Known<S>, signs: &[Ordering]) -> Result<(), Error> {
    let Some(Places { points, resting, .. }) = Places::new(run, known, signs, NEAR)? else { return Ok(()) };
    let (units, points): (Vec<usize>, Vec<Vec<Num<S>>>) =
        points.into_iter().enumerate().filter_map(|(i, point)| Some((i, point?))).unzip();
    let answers = run.ask(&Batch::Points(&points))?;
    for ((i, point), answer) in units.into_iter().zip(points).zip(&answers) {
        let signature = &known.signatures[i];
        let rise: Vec<Num<S>> = answer.iter().zip(&resting).map(|(y, rest)| y - rest).collect();
        let square = run.dot(&signature.strength, &signature.strength);
        let value = run.dot(&rise, &signature.strength).over(&square);
        if let Some((value, error)) = value.zip(roundoffs(run, signature, &resting, &point)) {
            known.offer(run, i, Anchor { point, value: turned(&value, signs[i]), error })?;
        }
    }
    Ok(())
}
