//! One line alone: the rows of its kinks.
//!
//! On a line through a part of the input space nothing is known of other parts, so that no other line can confirm a
//! row; a strategy for deep networks confirms them in its own way.

use super::course::{Course, Gradient};
use super::rows::Unit;
use super::search::GradientSearch;
use crate::attack::{Error, Run};
use crate::judge::Stage;
use crate::linalg::Solve;
use crate::num::{Dyadic, Num};
use crate::trace::{self, Signature};

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
    let Some(last) = run.trace.located.lines.len().checked_sub(1) else {
        return Ok(Told { rows: Vec::new(), jumps: Vec::new(), gradients: Vec::new() });
    };
    let course = Course::within(run, last, ends)?;
    let mut search = GradientSearch::alone(run, course);
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
