//! Weight ratios: each hidden row up to a factor, at one of its critical points.

mod audit;
mod probe;
mod solve;

pub use probe::{Direction, differences, probes};
pub use solve::solve;

use crate::attack::stages::Ratios;
use crate::attack::{Error, Run};
use crate::judge::{Item, Site};
use crate::linalg::{Matrix, Solve};
use crate::net::Draw;
use crate::num::{Dyadic, Num, Scalar, lift_all};
use crate::oracle::Batch;
use crate::trace::{Kink, Missed, Probes, Reason, Signature};
use probe::second_differences;
use solve::project;
use std::cmp::Ordering;

/// A step starts at `2^-START` of what the nearest kink on the line suggests.
const START: i32 = 4;
/// A step that crossed another hyperplane is shortened by `2^SHORTEN`.
const SHORTEN: i32 = 3;
/// How often a step is shortened before the critical point is given up.
const PATIENCE: usize = 12;
/// The whole row is tried along a random direction of `2^-SHORT` the length of an axis' step.
const SHORT: i32 = 2;
/// Bits of that direction's coordinates.
const DRAW_BITS: u32 = 8;

/// A known hyperplane: on each line its pre-activation is `at_origin + t·along`.
struct Known<S> {
    lines: Vec<OnLine<S>>,
    /// How much rounding its row carries: output mass over the largest second difference, plus one.
    noise: Num<S>,
    /// One plus the distance, along its line, of the critical point where it was measured.
    distance: Num<S>,
}

struct OnLine<S> {
    at_origin: Num<S>,
    along: Num<S>,
}

/// Measures a row at the best placed critical point of every neuron.
///
/// Critical points are taken from the most to the least isolated; one that lies on a
/// hyperplane already known is passed over. At the end every probe is audited, without
/// queries, against all hyperplanes, and what another one spoiled is measured again.
///
/// About `4·inputs` queries a neuron.
pub(in crate::attack) fn rows<S: Solve>(run: &mut Run<'_, S>) -> Result<(), Error> {
    let mut known: Vec<Known<S>> = Vec::new();
    let mut missed = Vec::new();
    for (isolation, kink) in by_isolation(run)? {
        run.open(kink.item);
        if explained(run, &known, &kink)? {
            continue;
        }
        match measure(run, &kink, isolation)? {
            Ok(signature) => {
                known.push(Known::new(run, &signature));
                run.trace.signatures_mut().push(signature);
            }
            Err(reason) => missed.push((kink, reason)),
        }
    }
    audit::audit(run, &mut known)?;
    for (kink, reason) in missed {
        run.open(kink.item);
        if !explained(run, &known, &kink)? {
            run.trace.rows.missed.push(Missed { item: kink.item, reason });
        }
    }
    Ok(())
}

/// All critical points, most isolated first, each with `⌊log2 gap⌋`.
///
/// Isolation is the gap over the square of the distance from the line's origin: rounding
/// grows with that distance, and a row's error moves the hyperplane near the origin by as
/// much again.
pub(in crate::attack) fn by_isolation<S: Scalar>(run: &mut Run<'_, S>) -> Result<Vec<(i32, Kink<Num<S>>)>, Error> {
    let kinks: Vec<Kink<Num<S>>> = run.trace.located.kinks.iter().flatten().cloned().collect();
    let mut ranked = Vec::with_capacity(kinks.len());
    for kink in kinks {
        run.open(kink.item);
        let gap = run.binade(&kink.gap)?;
        let distance = &run.lift(1.0) + &kink.position.abs();
        let far = run.binade(&distance)?;
        ranked.push((gap, gap - 2 * far, kink));
    }
    ranked.sort_by_key(|(_, isolation, kink)| (-isolation, kink.item));
    Ok(ranked.into_iter().map(|(gap, _, kink)| (gap, kink)).collect())
}

impl<S: Solve> Known<S> {
    fn new(run: &Run<'_, S>, signature: &Signature<Num<S>>) -> Self {
        let lines = &run.trace.located.lines;
        let places: Vec<&[f64]> = lines.iter().flat_map(|line| [&line.origin[..], &line.direction[..]]).collect();
        let places = Matrix::from_fn(places.len(), run.inputs(), |i, j| run.lift(places[i][j]));
        let row = Matrix::from_fn(1, run.inputs(), |_, j| signature.row[j].clone());
        let values = S::products(&places, &row, run.context);
        let on = |l: usize| OnLine {
            at_origin: &values[(2 * l, 0)] + &signature.bias,
            along: values[(2 * l + 1, 0)].clone(),
        };
        let noise = signature.probes.as_ref().and_then(|probes| {
            let step = Dyadic::power(probes.steps[signature.reference]).lift::<S>(run.context);
            signature.mass.over(&(&run.l1(&signature.strength) * &step))
        });
        let noise = noise.unwrap_or_else(|| run.zero());
        let kinks = &run.trace.located.kinks[signature.item.line as usize];
        let position = kinks.iter().find(|kink| kink.item == signature.item).map(|kink| kink.position.abs());
        let distance = &position.unwrap_or_else(|| run.zero()) + &run.lift(1.0);
        Self { lines: (0..lines.len()).map(on).collect(), noise: &noise + &run.lift(1.0), distance }
    }
}

/// Whether a known hyperplane passes through a critical point.
fn explained<S: Scalar>(run: &mut Run<'_, S>, known: &[Known<S>], kink: &Kink<Num<S>>) -> Result<bool, Error> {
    for plane in known {
        let on = &plane.lines[kink.item.line as usize];
        let moved = &on.along * &kink.position;
        // Rounding moves entries of up to 1, whatever they cancel to along a line, and the
        // plane turns about the point where it was measured.
        let reach = &kink.position.abs() + &plane.distance;
        let scale = &(&(&on.at_origin.abs() + &moved.abs()) + &reach) * &plane.noise;
        if run.is_zero(Site::OnHyperplane, &(&on.at_origin + &moved), &scale)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A row measured at a critical point, or why there is none; `gap`: `⌊log2⌋` of the kink's.
pub(in crate::attack) fn measure<S: Scalar>(
    run: &mut Run<'_, S>,
    kink: &Kink<Num<S>>,
    gap: i32,
) -> Result<Result<Signature<Num<S>>, Reason>, Error> {
    let line = &run.trace.located.lines[kink.item.line as usize];
    let (origin, direction) = (lift_all::<S>(&line.origin, run.context), lift_all::<S>(&line.direction, run.context));
    let center: Vec<Num<S>> = origin.iter().zip(&direction).map(|(u, v)| u + &(&kink.position * v)).collect();
    let answer = run.ask(&Batch::Points(std::slice::from_ref(&center)))?.swap_remove(0);
    // A unit step along the line changes a pre-activation about √d times as much as one along an axis.
    let mut step = gap + run.inputs().ilog2() as i32 / 2 - START;
    for _ in 0..PATIENCE {
        let point = Point { item: kink.item, center: &center, answer: &answer, mass: &kink.mass, step };
        if let Some(found) = point.signature(run)? {
            return Ok(found);
        }
        step -= SHORTEN;
    }
    Ok(Err(Reason::Crowded))
}

/// A critical point with a step to measure at.
struct Point<'p, S> {
    item: Item,
    center: &'p [Num<S>],
    answer: &'p [Num<S>],
    mass: &'p Num<S>,
    step: i32,
}

/// The reference coordinate: its second difference along with its size, `Σ` over outputs.
struct Reference<S> {
    axis: usize,
    difference: Vec<Num<S>>,
    size: Num<S>,
    step: i32,
}

impl<S: Scalar> Reference<S> {
    fn project(&self, run: &Run<'_, S>, difference: &[Num<S>]) -> Num<S> {
        project(&run.zero(), difference, &self.difference, &self.size)
    }
}

impl<S: Scalar> Point<'_, S> {
    fn differences(&self, run: &mut Run<'_, S>, directions: &[Direction]) -> Result<Vec<Vec<Num<S>>>, Error> {
        second_differences(run, self.center, self.answer, directions)
    }

    /// `None` when the step is too long.
    fn signature(&self, run: &mut Run<'_, S>) -> Result<Option<Result<Signature<Num<S>>, Reason>>, Error> {
        let inputs = run.inputs();
        let along = |axis| Direction { axis, with: None, step: self.step };
        let differences = self.differences(run, &(0..inputs).map(along).collect::<Vec<_>>())?;
        let Some(reference) = self.reference(run, &differences)? else { return Ok(Some(Err(Reason::Flat))) };
        if !self.is_homogeneous(run, &reference)? {
            return Ok(None);
        }
        let top = reference.project(run, &reference.difference);
        let (steps, signs) = (vec![self.step; inputs], vec![Ordering::Equal; inputs]);
        let mut probes = Probes { steps, differences, mixed: vec![Vec::new(); inputs], signs };
        probes.signs[reference.axis] = Ordering::Greater;
        let mut open = Vec::new();
        for j in (0..inputs).filter(|&j| j != reference.axis) {
            run.open(self.item.axis(j));
            let difference = &probes.differences[j];
            let size = reference.project(run, difference);
            if !run.is_zero(Site::Entry, &size, self.mass)? {
                open.push((j, difference.clone()));
            }
        }
        let mut spoiled = self.signs(run, &reference, &top, open, self.step, &mut probes)?;
        for step in (1..=PATIENCE as i32).map(|k| self.step - k * SHORTEN) {
            if spoiled.is_empty() {
                break;
            }
            // Where most axes are spoiled, it is the reference's own step that is too long.
            if spoiled.len() > inputs / 2 + 1 {
                return Ok(None);
            }
            spoiled.iter().for_each(|&j| probes.steps[j] = step);
            spoiled = self.axes(run, &reference, &spoiled, step, &mut probes)?;
        }
        if !spoiled.is_empty() {
            return Ok(None);
        }
        let found = solve(reference.axis, &probes, self.center, run.context);
        let Ratios { row, bias, strength } = found.ok_or_else(|| no_reference(self.item))?;
        if !self.fits_whole(run, &reference, &row)? {
            return Ok(None);
        }
        Ok(Some(Ok(Signature {
            item: self.item,
            reference: reference.axis,
            row,
            bias,
            strength,
            center: self.center.to_vec(),
            answer: self.answer.to_vec(),
            mass: self.mass.clone(),
            probes: Some(probes),
        })))
    }

    /// The axis of the largest second difference; `None` when all are zero.
    fn reference(&self, run: &mut Run<'_, S>, differences: &[Vec<Num<S>>]) -> Result<Option<Reference<S>>, Error> {
        let mut axis = 0;
        let mut size = run.l1(&differences[0]);
        for (j, difference) in differences.iter().enumerate().skip(1) {
            run.open(self.item.axis(j));
            let next = run.l1(difference);
            if run.sign(Site::Reference, &(&next - &size), &next)? == Ordering::Greater {
                (axis, size) = (j, next);
            }
        }
        run.open(self.item);
        let flat = run.is_zero(Site::Entry, &size, self.mass)?;
        let difference = differences[axis].clone();
        Ok((!flat).then_some(Reference { axis, difference, size, step: self.step }))
    }

    /// Whether half the step gives half the second difference.
    fn is_homogeneous(&self, run: &mut Run<'_, S>, reference: &Reference<S>) -> Result<bool, Error> {
        let half = Direction { axis: reference.axis, with: None, step: self.step - 1 };
        let halved = self.differences(run, &[half])?.swap_remove(0);
        run.open(self.item);
        for (half, whole) in halved.iter().zip(&reference.difference) {
            if !run.is_zero(Site::Homogeneous, &(&(half + half) - whole), self.mass)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether the second difference along a random direction is the row's.
    ///
    /// Where another row has a zero at the reference coordinate, its kink adds the same to a
    /// difference and to its mixed one, and the two still fit together; here it does not.
    fn fits_whole(&self, run: &mut Run<'_, S>, reference: &Reference<S>, row: &[Num<S>]) -> Result<bool, Error> {
        let mut draw = Draw::new(run.options.seed, "direction");
        let direction: Vec<Num<S>> = row.iter().map(|_| run.lift(draw.dyadic(DRAW_BITS))).collect();
        let step = self.step - SHORT - run.inputs().ilog2() as i32 / 2;
        let length = Dyadic::power(step).lift::<S>(run.context);
        let moved =
            |sign: &Num<S>| self.center.iter().zip(&direction).map(|(x, r)| x + &(&(r * &length) * sign)).collect();
        let sides: [Vec<Num<S>>; 2] = [moved(&run.lift(1.0)), moved(&run.lift(-1.0))];
        let answers = run.ask(&Batch::Points(&sides))?;
        let share = &run.dot(row, &direction).abs() * &Dyadic::power(step - reference.step).lift(run.context);
        let steps = &run.l1(&direction) * &Dyadic::power(step - self.step).lift(run.context);
        let scale = self.mass * &(&run.lift(1.0) + &steps);
        run.open(self.item);
        let outputs = answers[0].iter().zip(&answers[1]).zip(self.answer).zip(&reference.difference);
        for (((plus, minus), here), top) in outputs {
            let difference = &(plus - here) + &(minus - here);
            if !run.is_zero(Site::Whole, &(&difference - &(top * &share)), &scale)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Measures some axes again with a shorter step; returns those that are still spoiled.
    fn axes(
        &self,
        run: &mut Run<'_, S>,
        reference: &Reference<S>,
        axes: &[usize],
        step: i32,
        probes: &mut Probes<Num<S>>,
    ) -> Result<Vec<usize>, Error> {
        let along: Vec<Direction> = axes.iter().map(|&axis| Direction { axis, with: None, step }).collect();
        let differences = self.differences(run, &along)?;
        let open = axes.iter().copied().zip(differences).collect();
        let top = reference.project(run, &reference.difference);
        let shortened = &top * &Dyadic::power(step - reference.step).lift(run.context);
        self.signs(run, reference, &shortened, open, step, probes)
    }

    /// Decides signs relative to the reference's; returns the axes whose differences do not fit together.
    ///
    /// With `P_j` proportional to `|w_j|`, the mixed difference along `e_ref + e_j` is
    /// `P_ref + P_j` where the signs agree and `|P_ref − P_j|` where they differ; anything
    /// else means that a probe crossed another hyperplane. Theorem `RelativeSign.relative_sign`.
    fn signs(
        &self,
        run: &mut Run<'_, S>,
        reference: &Reference<S>,
        top: &Num<S>,
        axes: Vec<(usize, Vec<Num<S>>)>,
        step: i32,
        probes: &mut Probes<Num<S>>,
    ) -> Result<Vec<usize>, Error> {
        let mixed: Vec<Direction> =
            axes.iter().map(|&(axis, _)| Direction { axis, with: Some(reference.axis), step }).collect();
        let sums = self.differences(run, &mixed)?;
        let mut spoiled = Vec::new();
        for ((j, difference), sum) in axes.into_iter().zip(sums) {
            run.open(self.item.axis(j));
            let size = reference.project(run, &difference);
            let along_both = reference.project(run, &sum);
            let ratio = size.over(top).ok_or_else(|| no_reference(self.item))?;
            let same = run.sign(Site::RelativeSign, &(&along_both - top), &size)? != Ordering::Less;
            let expected = if same { top + &size } else { (top - &size).abs() };
            let fits = run.is_zero(Site::Consistent, &(&along_both - &expected), self.mass)?
                && self.is_one_unit(run, reference, &difference, &ratio, step)?;
            if fits {
                probes.signs[j] = if same { Ordering::Greater } else { Ordering::Less };
                probes.differences[j] = difference;
                probes.mixed[j] = sum;
            } else {
                spoiled.push(j);
            }
        }
        Ok(spoiled)
    }

    /// Whether a second difference is proportional to the reference's in every output.
    fn is_one_unit(
        &self,
        run: &mut Run<'_, S>,
        reference: &Reference<S>,
        difference: &[Num<S>],
        ratio: &Num<S>,
        step: i32,
    ) -> Result<bool, Error> {
        if difference.len() == 1 {
            return Ok(true);
        }
        let shorter = Dyadic::power(step - reference.step).lift::<S>(run.context);
        for (d, r) in difference.iter().zip(&reference.difference) {
            let miss = d - &(&(r * &shorter) * ratio);
            if !run.is_zero(Site::Consistent, &miss, self.mass)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

fn no_reference(item: Item) -> Error {
    Error::degenerate(crate::judge::Stage::Signature, item, "the reference second difference is zero")
}
