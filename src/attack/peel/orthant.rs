//! The second hidden layer, where all units of the first are active: the walk, in coordinates of the first.

use super::again;
use super::frame::Frame;
use super::plan::{self, Sketch};
use super::snapped;
use crate::attack::stages::gradients::one_line;
use crate::attack::stages::locate;
use crate::attack::stages::shares;
use crate::attack::{Error, Run};
use crate::judge::{Item, Site, Stage};
use crate::linalg::Solve;
use crate::net::{Draw, Shallow};
use crate::num::{Dyadic, Num, dot, lift_all};
use crate::oracle::Batch;
use crate::trace::{Gradient, Line, Signature};

/// Lines without a new kink after which the axes are asked.
const IDLE: usize = 4;
/// Lines at most.
const LINES: usize = 24;
/// How often the axes are searched.
const ROUNDS: usize = 64;
/// Where the axes start, beside the size of a pre-activation, in every coordinate.
const CORNER: f64 = 0.01;
/// `log2` of the far end of an axis beside the size of a pre-activation: in ℚ, and in arithmetics that round.
const EXACT_AXIS: i32 = 20;
const ROUNDED_AXIS: i32 = 7;
/// `log2` of how much more the errors of known rows leave along an axis than on a line between two corners.
const LONG: i32 = 5;
/// Part of a line's length that is left out at either end.
const MARGIN: f64 = 1.0 / 64.0;
/// How far beyond its two corners a line may go, in their distance.
const BEYOND: f64 = 8.0;
/// `log2` of the step of a gradient in the middle of the orthant, beside the size of a pre-activation.
const EXACT_STEP: i32 = -40;
const ROUNDED_STEP: i32 = -12;

/// The layers behind the first, as one hidden layer in the frame's coordinates `u`.
///
/// Complete by the axis lemma, as far as sums of missing kinks do not hide each other: a unit that switches in the
/// positive orthant does so on one of its axes. Errors: kinks that do not come to an end, which are those of a third
/// layer.
pub(super) fn behind<S: Solve>(run: &mut Run<'_, S>, frame: &Frame<S>) -> Result<Shallow<Num<S>>, Error> {
    let mut draw = Draw::new(run.options.seed, "peel: orthant");
    run.view = Some(frame.view(run));
    let found = search(run, frame, &mut draw);
    let network = found.and_then(|gradient| {
        if let Some(view) = &mut run.view {
            view.known().clear();
        }
        let gradient = match gradient {
            Some(gradient) => gradient,
            None => middle(run, frame)?,
        };
        shares::assembled(run, gradient)
    });
    run.view = None;
    network
}

/// The kinks found.
struct Rows<S> {
    found: Vec<Signature<Num<S>>>,
    /// Those that are no rows of floats, in arithmetics that round.
    open: Vec<usize>,
}

/// Finds all kinks and leaves them as the trace's signatures; a gradient with nothing taken off, where one was measured.
fn search<S: Solve>(
    run: &mut Run<'_, S>,
    frame: &Frame<S>,
    draw: &mut Draw,
) -> Result<Option<Gradient<Num<S>>>, Error> {
    let (mut whole, mut idle, mut lines) = (None, 0, 0);
    let mut rows = Rows { found: Vec::new(), open: Vec::new() };
    while idle < IDLE {
        if lines == LINES {
            return Err(deeper(rows.found.len()));
        }
        let (line, ends) = across(draw, frame, lines);
        let (new, gradient) = add(run, frame, &mut rows, line, ends)?;
        whole = whole.or(gradient);
        idle = if new == 0 { idle + 1 } else { 0 };
        lines += 1;
    }
    for _ in 0..ROUNDS {
        settle(run, frame, &mut rows)?;
        let Some(axis) = bent_axis(run, frame)? else {
            *run.trace.signatures_mut() = rows.found;
            return Ok(whole);
        };
        let (line, ends) = along(run, frame, axis);
        // The corner is near to where the others end.
        run.longest = Some((CORNER * frame.size).log2().floor() as i32 - 1);
        let (new, gradient) = add(run, frame, &mut rows, line, ends)?;
        run.longest = None;
        whole = whole.or(gradient);
        if new == 0 {
            let what = format!("axis {axis} of the second layer bends where no kink was found on it");
            return Err(Error::degenerate(Stage::Signature, None, what));
        }
    }
    Err(deeper(rows.found.len()))
}

fn deeper(rows: usize) -> Error {
    let what = format!(
        "where the first layer is active new kinks do not come to an end ({rows} found): they are those of a third \
         hidden layer, or the first layer lacks a unit"
    );
    Error::degenerate(Stage::Signature, None, what)
}

/// Searches a line, and takes the kinks found off all answers from then on.
fn add<S: Solve>(
    run: &mut Run<'_, S>,
    frame: &Frame<S>,
    rows: &mut Rows<S>,
    line: Line,
    ends: (Dyadic, Dyadic),
) -> Result<(usize, Option<Gradient<Num<S>>>), Error> {
    run.enter(Stage::Locate);
    let direction: Vec<Num<S>> = lift_all(&line.direction, run.context);
    locate::on(run, line, Some(ends))?;
    let mut told = one_line::rows(run, Some(ends))?;
    let is_whole = rows.found.is_empty();
    for (unit, jump) in told.rows.iter_mut().zip(&told.jumps).filter(|_| !run.is_exact()) {
        let snapped = snapped::refine(run, frame, unit);
        rows.open.extend((!snapped).then_some(rows.found.len()));
        // The line's change of slope tells the strength better than a gradient.
        let along = dot(run.zero(), &unit.row, &direction).abs();
        if let Some(strength) = jump.iter().map(|x| x.over(&along)).collect::<Option<Vec<_>>>() {
            unit.strength = strength;
        }
        rows.found.push(unit.clone());
    }
    let gradient = told.gradients.into_iter().next().filter(|_| is_whole);
    if run.is_exact() {
        rows.found.extend(told.rows.iter().cloned());
    }
    if let Some(view) = &mut run.view {
        view.known().extend(told.rows.iter().map(again::bent));
    }
    Ok((told.rows.len(), gradient))
}

/// Measures rows again that are no floats yet, while that makes floats of some.
fn settle<S: Solve>(run: &mut Run<'_, S>, frame: &Frame<S>, rows: &mut Rows<S>) -> Result<(), Error> {
    loop {
        let before = rows.open.len();
        for index in std::mem::take(&mut rows.open) {
            if !again::measured(run, frame, &mut rows.found[index], index)? {
                rows.open.push(index);
            }
        }
        if rows.open.is_empty() || rows.open.len() == before {
            return Ok(());
        }
    }
}

/// A line between two opposite corners of the orthant, and the part of it inside.
fn across<S: Solve>(draw: &mut Draw, frame: &Frame<S>, index: usize) -> (Line, (Dyadic, Dyadic)) {
    let units = frame.plan.rows.len();
    let size = if index.is_multiple_of(2) { 3.0 } else { libm::exp(plan::between(draw, -2.0, 1.5)) } * frame.size;
    let tilt = libm::exp(0.5 * draw.normal());
    let (mut start, mut end) = (Vec::with_capacity(units), Vec::with_capacity(units));
    for _ in 0..units {
        let far = libm::exp(0.7 * draw.normal()) * size;
        let (a, b) = if draw.below(2) == 0 { (far, 0.02 * far) } else { (0.02 * far, far) };
        start.push(a);
        end.push(b * tilt);
    }
    let direction: Vec<f64> = end.iter().zip(&start).map(|(b, a)| b - a).collect();
    let origin = plan::rounded(&start, plan::COORDINATE_BITS);
    let direction = plan::rounded(&direction, plan::COORDINATE_BITS);
    let ends = inside(&frame.plan, &origin, &direction);
    (Line { origin, direction }, ends)
}

/// The part of a line where all pre-activations are positive, around its middle, with some room at either end.
fn inside(plan: &Sketch, origin: &[f64], direction: &[f64]) -> (Dyadic, Dyadic) {
    let (mut low, mut high) = (-BEYOND, BEYOND);
    for ((z, row), _) in plan.at(origin).iter().zip(&plan.rows).zip(&plan.biases) {
        let along = plan::dot(row, direction);
        let at = -z / along;
        if along > 0.0 {
            low = low.max(at);
        } else if along < 0.0 {
            high = high.min(at);
        }
    }
    let margin = (high - low) * MARGIN;
    (plan::position(low + margin), plan::position(high - margin))
}

/// The corner of the orthant from which axes start.
fn corner<S: Solve>(frame: &Frame<S>) -> Vec<f64> {
    let units = frame.plan.rows.len();
    plan::rounded(&vec![CORNER * frame.size; units], plan::COORDINATE_BITS)
}

/// `log2` of the near and the far end of an axis: no farther than the other pre-activations stay positive, which the
/// rounding of directions moves a little.
fn reach<S: Solve>(run: &Run<'_, S>, frame: &Frame<S>, axis: usize) -> (i32, i32) {
    let near = frame.size.log2().round() as i32;
    let far = near + if run.is_exact() { EXACT_AXIS } else { ROUNDED_AXIS };
    let along = frame.plan.rows.iter().map(|row| row[axis]);
    let leaves = frame.plan.at(&corner(frame)).into_iter().zip(along).filter(|(_, along)| *along < 0.0);
    let most = leaves.map(|(z, along)| (z / -along).log2().floor() as i32 - 2).min();
    (near, most.map_or(far, |most| most.clamp(near + 1, far)))
}

/// The line from the corner along an axis.
fn along<S: Solve>(run: &Run<'_, S>, frame: &Frame<S>, axis: usize) -> (Line, (Dyadic, Dyadic)) {
    let origin = corner(frame);
    let direction = (0..origin.len()).map(|j| if j == axis { 1.0 } else { 0.0 }).collect();
    (Line { origin, direction }, (Dyadic::ZERO, Dyadic::power(reach(run, frame, axis).1)))
}

/// The first axis along which what is left of the answers is not affine, if there is one.
///
/// A unit `θ·z + β` with `β ≠ 0` that takes both signs for `z ≥ 0` is zero on one of the axes: if `β > 0` some
/// `θ_j < 0`, or it would never be negative, and it is zero at `z_j = −β/θ_j > 0`; if `β < 0` likewise some `θ_j > 0`.
/// Here the axes start at a corner a little off the origin, and missing kinks that add up to nothing at both places
/// asked would hide each other. Two queries an axis, and one.
fn bent_axis<S: Solve>(run: &mut Run<'_, S>, frame: &Frame<S>) -> Result<Option<usize>, Error> {
    run.enter(Stage::Check);
    let corner = lift_all::<S>(&corner(frame), run.context);
    let ends: Vec<(i32, i32)> = (0..corner.len()).map(|axis| reach(run, frame, axis)).collect();
    let mut points = vec![corner.clone()];
    for (j, &(near, far)) in ends.iter().enumerate() {
        for k in [near, far] {
            let mut point = corner.clone();
            point[j] = &point[j] + &Dyadic::power(k).lift(run.context);
            points.push(point);
        }
    }
    let terms = run.view.as_ref().map(|view| view.terms(&points)).unwrap_or_default();
    let answers = run.ask(&Batch::Points(&points))?;
    let slope =
        |at: usize, k: i32, o: usize| &(&answers[at][o] - &answers[0][o]) * &Dyadic::power(-k).lift::<S>(run.context);
    let mut slopes = Vec::with_capacity(corner.len());
    for (j, &(near, far)) in ends.iter().enumerate() {
        let both = |o: usize| &slope(2 * j + 2, far, o) - &slope(2 * j + 1, near, o);
        let turned: Vec<Num<S>> = (0..run.outputs()).map(both).collect();
        let mass = |at: usize, k: i32| {
            let sum = &(&run.l1(&answers[at]) + &terms[at]) + &(&run.l1(&answers[0]) + &terms[0]);
            &sum * &Dyadic::power(LONG - k).lift(run.context)
        };
        slopes.push((turned, &mass(2 * j + 1, near) + &mass(2 * j + 2, far)));
    }
    for (j, (turned, scale)) in slopes.iter().enumerate() {
        run.open(Item::default().axis(j));
        for x in turned {
            if !run.is_zero(Site::Slope, x, scale)? {
                return Ok(Some(j));
            }
        }
    }
    Ok(None)
}

/// For each unit a point where it is active, as far from its critical point as pre-activations are large.
///
/// `centers`: a critical point of each, in the frame's coordinates.
pub(super) fn active_points<S: Solve>(
    run: &Run<'_, S>,
    frame: &Frame<S>,
    shallow: &Shallow<Num<S>>,
    centers: &[Vec<Num<S>>],
) -> Vec<Vec<Num<S>>> {
    let ahead = |(row, center): (&[Num<S>], &Vec<Num<S>>)| {
        let seen = plan::all_seen(row);
        let step = frame.size / plan::length(&seen);
        let step: Vec<f64> = seen.iter().map(|w| w * step).collect();
        let step = lift_all::<S>(&plan::rounded(&step, plan::COORDINATE_BITS), run.context);
        center.iter().zip(&step).map(|(u, s)| u + s).collect()
    };
    shallow.hidden().iter_rows().zip(centers).map(ahead).collect()
}

/// A gradient where no line gave one.
fn middle<S: Solve>(run: &mut Run<'_, S>, frame: &Frame<S>) -> Result<Gradient<Num<S>>, Error> {
    let center = plan::rounded(&vec![0.3 * frame.size; frame.plan.rows.len()], plan::COORDINATE_BITS);
    let step = frame.size.log2().round() as i32 + if run.is_exact() { EXACT_STEP } else { ROUNDED_STEP };
    run.enter(Stage::Orientation);
    one_line::gradient(run, lift_all(&center, run.context), step)
}
