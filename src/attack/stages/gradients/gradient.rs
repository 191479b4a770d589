//! Gradients: `f(p + s·e_j) − f(p)` along every axis, with a step that stays within a region.

use super::course::{Course, Gradient, Segment};
use crate::attack::{Error, Run};
use crate::judge::Site;
use crate::net::Draw;
use crate::num::{Dyadic, Num, Scalar, dot};
use crate::oracle::{Batch, Probe};

/// A step starts at `2^−START` of the segment's width times the root of the inputs.
const START: i32 = 3;
/// A gradient that does not give the slope along the line is taken again with a step shorter by `2^SHORTEN`.
const SHORTEN: i32 = 2;
/// How often a step is shortened before the segment is given up.
const PATIENCE: usize = 12;
/// Axes that one direction of the test for straightness combines.
const COMBINED: usize = 16;

/// Directions in which a region is tested: some axes each, with a sign.
pub(super) struct Directions(Vec<Vec<(usize, f64)>>);

impl Directions {
    /// Random directions, the same for every segment: `1 + log2(inputs)/3` of up to [`COMBINED`] axes.
    pub(super) fn new(seed: u64, inputs: usize) -> Self {
        let mut draw = Draw::new(seed, "directions");
        let count = 1 + inputs.ilog2() as usize / 3;
        let mut direction = || {
            let mut axes: Vec<usize> = (0..inputs).collect();
            (0..COMBINED.min(inputs))
                .map(|i| {
                    axes.swap(i, i + draw.below(inputs - i));
                    (axes[i], draw.dyadic(1).signum())
                })
                .collect()
        };
        Self((0..count).map(|_| direction()).collect())
    }
}

/// The gradient in a segment; `None` where no step stays within it.
///
/// `inputs + 1` queries, and two a direction of the test for each step tried. The segment's
/// hyperplanes are not known yet: a step is believed when second differences along some
/// combinations of axes vanish, and when the gradient gives the slope along the line, which
/// costs nothing. What still slips through, [`super::audit`] finds.
pub(super) fn measure<S: Scalar>(
    run: &mut Run<'_, S>,
    course: &Course<S>,
    segment: &Segment<S>,
    directions: &Directions,
) -> Result<Option<Gradient<S>>, Error> {
    let Some(place) = segment.place else { return Ok(None) };
    let at = place.lift(run.context);
    let point = course.point(&at);
    run.open(segment.item);
    let answer = run.ask(&Batch::Points(std::slice::from_ref(&point)))?.swap_remove(0);
    // A unit step along the line changes a pre-activation about √d times as much as one along an axis.
    let mut step = segment.size + run.inputs().ilog2() as i32 / 2 - START;
    for _ in 0..PATIENCE {
        if !is_straight(run, &point, &answer, &segment.mass, step, directions)? {
            step -= 1;
            continue;
        }
        let axes: Vec<(usize, i32)> = (0..point.len()).map(|j| (j, step)).collect();
        let slopes = along(run, &point, &answer, &axes)?;
        let error = &segment.mass * &Dyadic::power(-step).lift(run.context);
        if gives_slope(run, course, segment, &slopes, &error)? {
            return Ok(Some(Gradient { at, point, answer, steps: vec![step; axes.len()], slopes, error }));
        }
        step -= SHORTEN;
    }
    Ok(None)
}

/// Forward differences over the step of each axis named, one query each: `[axes]` of `[outputs]`.
pub(in crate::attack) fn along<S: Scalar>(
    run: &mut Run<'_, S>,
    point: &[Num<S>],
    answer: &[Num<S>],
    axes: &[(usize, i32)],
) -> Result<Vec<Vec<Num<S>>>, Error> {
    let lift = |step: i32| Dyadic::power(step).lift::<S>(run.context);
    let probes: Vec<Probe<S>> = axes.iter().map(|&(j, step)| vec![(j, &point[j] + &lift(step))]).collect();
    let answers = run.ask(&Batch::Probes { center: point, probes: &probes })?;
    let slopes = answers.iter().zip(axes).map(|(far, &(_, step))| {
        let over = Dyadic::power(-step).lift::<S>(run.context);
        far.iter().zip(answer).map(|(y, here)| &(y - here) * &over).collect()
    });
    Ok(slopes.collect())
}

/// Whether second differences around a point vanish along all directions.
fn is_straight<S: Scalar>(
    run: &mut Run<'_, S>,
    point: &[Num<S>],
    answer: &[Num<S>],
    mass: &Num<S>,
    step: i32,
    directions: &Directions,
) -> Result<bool, Error> {
    let length = Dyadic::power(step).lift::<S>(run.context);
    let mut probes = Vec::with_capacity(2 * directions.0.len());
    for direction in &directions.0 {
        for side in [1.0, -1.0] {
            let moved = |&(j, sign): &(usize, f64)| (j, &point[j] + &(&length * &run.lift(side * sign)));
            probes.push(direction.iter().map(moved).collect());
        }
    }
    let answers = run.ask(&Batch::Probes { center: point, probes: &probes })?;
    for pair in answers.chunks_exact(2) {
        for ((ahead, behind), here) in pair[0].iter().zip(&pair[1]).zip(answer) {
            if !run.is_zero(Site::Straight, &(&(ahead - here) + &(behind - here)), mass)? {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

/// Whether a gradient gives the slope along the line, in every output.
fn gives_slope<S: Scalar>(
    run: &mut Run<'_, S>,
    course: &Course<S>,
    segment: &Segment<S>,
    slopes: &[Vec<Num<S>>],
    error: &Num<S>,
) -> Result<bool, Error> {
    let Some((known, length)) = &segment.slope else { return Ok(true) };
    // Errors along d axes add up to about √d of them.
    let root = Dyadic::power(slopes.len().ilog2() as i32 / 2 + 1).lift::<S>(run.context);
    let of_slope = segment.mass.over(length).unwrap_or_else(|| run.zero());
    let scale = &of_slope + &(error * &root);
    for (o, slope) in known.iter().enumerate() {
        let column: Vec<Num<S>> = slopes.iter().map(|entry| entry[o].clone()).collect();
        let miss = &dot(run.zero(), &column, &course.direction) - slope;
        if !run.is_zero(Site::Along, &miss, &scale)? {
            return Ok(false);
        }
    }
    Ok(true)
}
