//! One line alone: the rows of its kinks, and a layer assembled from rows of many lines.
//!
//! On a line through a part of the input space nothing is known of other parts, so that no other line can confirm a
//! row; a strategy for deep networks confirms them in its own way.

use super::super::{Error, Run};
use super::course::{Course, Gradient};
use super::orientation;
use super::rows::Unit;
use super::search::Search;
use crate::judge::Stage;
use crate::linalg::Solve;
use crate::net::Shallow;
use crate::num::{Dyadic, Num};
use crate::trace::{self, Orientation, Signature, Unoriented};

/// What one line tells.
pub(in crate::attack) struct Told<S> {
    /// A row for each kink that gave one, in the order in which they were found.
    pub rows: Vec<Signature<Num<S>>>,
    /// The change of the slope along the line at each of them, `[outputs]` each.
    pub jumps: Vec<Vec<Num<S>>>,
    /// The gradients measured, in order along the line.
    pub gradients: Vec<trace::Gradient<Num<S>>>,
}

/// The rows of all kinks of the trace's last line, by the gradients of its segments.
///
/// `ends`: what was searched of the line. `inputs + 1` queries a gradient, for up to half as many kinks as there are
/// outputs. Rows are not confirmed: a kink may be of any layer.
pub(in crate::attack) fn rows<S: Solve>(
    run: &mut Run<'_, S>,
    ends: Option<(Dyadic, Dyadic)>,
) -> Result<Told<S>, Error> {
    run.enter(Stage::Signature);
    let Some(last) = run.trace.lines.len().checked_sub(1) else {
        return Ok(Told { rows: Vec::new(), jumps: Vec::new(), gradients: Vec::new() });
    };
    let course = Course::within(run, last, ends)?;
    let mut search = Search::alone(run, course);
    search.gather(run)?;
    let course = &search.courses[0];
    let signature = |unit: &Unit<S>| {
        let bend = course.bends.iter().find(|bend| bend.item == unit.item)?;
        let signature = Signature {
            item: unit.item,
            reference: unit.reference,
            row: unit.row.clone(),
            bias: unit.bias.clone(),
            strength: unit.strength.clone(),
            center: course.point(&bend.position),
            answer: Vec::new(),
            mass: bend.mass.clone(),
            probes: None,
        };
        Some((signature, bend.jump.clone()))
    };
    let gradient = |gradient: &Gradient<S>| trace::Gradient {
        point: gradient.point.clone(),
        answer: gradient.answer.clone(),
        steps: gradient.steps.clone(),
        slopes: gradient.slopes.clone(),
    };
    let (rows, jumps) = search.units.iter().filter_map(signature).unzip();
    Ok(Told {
        rows,
        jumps,
        gradients: course.segments.iter().filter_map(|segment| segment.gradient.as_ref().map(gradient)).collect(),
    })
}

/// The network of the trace's rows, oriented by one gradient; through its canonical form where that orients none.
///
/// Valid wherever the rows are all kinks there are. No query.
pub(in crate::attack) fn assembled<S: Solve>(
    run: &mut Run<'_, S>,
    gradient: trace::Gradient<Num<S>>,
) -> Result<Shallow<Num<S>>, Error> {
    run.enter(Stage::Orientation);
    let trace::Gradient { point, answer, steps, slopes } = gradient;
    let gradient = Gradient { at: run.zero(), point, answer, steps, slopes, error: run.zero() };
    if run.trace.signatures.is_empty() {
        run.trace.orientation = Some(Orientation::Canonical(Unoriented::NoKinks));
        return orientation::canonical(run, &gradient);
    }
    let (orientation, activation) = orientation::orient(run, &gradient)?;
    run.trace.orientation = Some(orientation.clone());
    run.enter(Stage::LastLayer);
    let Orientation::Shares(signs) = &orientation else { return orientation::canonical(run, &gradient) };
    let output_bias = orientation::output_bias(run, &gradient, signs, &activation);
    orientation::oriented(run, output_bias, signs, activation)
}

/// The gradient at a point: forward differences with one step along every axis. `inputs + 1` queries.
pub(in crate::attack) fn gradient<S: Solve>(
    run: &mut Run<'_, S>,
    point: Vec<Num<S>>,
    step: i32,
) -> Result<trace::Gradient<Num<S>>, Error> {
    let answer = run.ask(&crate::oracle::Batch::Points(std::slice::from_ref(&point)))?.swap_remove(0);
    let axes: Vec<(usize, i32)> = (0..point.len()).map(|j| (j, step)).collect();
    let slopes = super::gradient::along(run, &point, &answer, &axes)?;
    Ok(trace::Gradient { steps: vec![step; point.len()], point, answer, slopes })
}
