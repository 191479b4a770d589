//! The hunt for inputs with a large difference: something from the first moment, then better and better.
//!
//! Every input that is found is evaluated in ℚ and serves all outputs. The hunt is the same, step by step, whatever
//! the machine and its threads; only where time cuts it off depends on them.

use super::super::ascent::Found;
use super::super::control::Control;
use super::super::outcome::{Subject, Witness};
use super::super::starts::{self, Starts};
use super::climb::{self, Ascent};
use super::line;
use super::twin::Twin;
use crate::linalg::Matrix;
use crate::net::Draw;
use crate::num::{Rational, Scalar};
use rayon::prelude::*;

/// Starts that are usual, at least and at most.
const USUAL: (usize, usize) = (64, 1024);
/// Products that usually go into all starts, about.
const WORK: usize = 1 << 33;
/// Starts at once.
const BATCH: usize = 8;
/// Lines through each start.
const LINES: usize = 2;
/// Starts between two improvements, at most; within this, improvements take as long as everything else.
const BETWEEN: usize = 256;
/// Values in f64 that are this part above the best are evaluated in ℚ.
const BETTER: f64 = 1.0 / (1u64 << 40) as f64;

/// What is known of `D` or `−D` at one output.
struct Side {
    output: usize,
    sign: f64,
    /// The largest value, exact, and where.
    best: Option<(Rational, Witness)>,
    /// The largest value in f64 that was evaluated.
    seen: f64,
    /// The best point since the last improvement.
    fresh: Option<Found>,
}

/// How far a hunt has come: its starts and directions are the same in every run.
pub(super) struct Trail<'a> {
    starts: Starts<'a>,
    directions: Draw,
    /// Starts so far.
    pub(super) count: usize,
    /// Those after which points are improved, and from one improvement to the next.
    next: usize,
    between: usize,
}

impl<'a> Trail<'a> {
    /// The beginning; `planes`: of the hunt's networks.
    pub(super) fn new(hunt: &Hunt<'_>, planes: &'a [Matrix<f64>; 2]) -> Self {
        let rows = planes.each_ref().map(|planes| planes.iter_rows().collect());
        let between = 2 * hunt.sides.len() * climb::improvement_work(hunt.twin) / hunt.start_work().max(1);
        let between = between.min(BETWEEN);
        let (starts, directions) = (Starts::new(hunt.twin.inputs(), rows, 0), Draw::new(0, "audit lines"));
        Self { starts, directions, count: 0, next: between, between }
    }
}

/// A hunt.
pub(super) struct Hunt<'a> {
    subject: &'a Subject<'a>,
    scale: &'a Rational,
    twin: &'a Twin,
    sides: Vec<Side>,
}

impl<'a> Hunt<'a> {
    /// A hunt for `D = c·f' − f`, which `twin` holds in f64; it knows what both networks answer at first points.
    pub(super) fn new(subject: &'a Subject<'a>, scale: &'a Rational, twin: &'a Twin) -> Self {
        let side = |output: usize, sign: f64| Side { output, sign, best: None, seen: f64::NEG_INFINITY, fresh: None };
        let sides = (0..twin.outputs()).flat_map(|output| [side(output, 1.0), side(output, -1.0)]).collect();
        let mut hunt = Self { subject, scale, twin, sides };
        starts::first(twin.inputs()).iter().for_each(|point| hunt.evaluate(point));
        hunt
    }

    /// Starts that are usual for networks of this size.
    pub(super) fn usual(&self) -> usize {
        (WORK / self.start_work().max(1)).clamp(USUAL.0, USUAL.1)
    }

    /// Products that go into a start, about.
    fn start_work(&self) -> usize {
        self.sides.len() * climb::ascent_work(self.twin) + LINES * climb::line_work(self.twin)
    }

    /// The inputs that are best for some output.
    pub(super) fn witnesses(self) -> Vec<Witness> {
        let mut found: Vec<Witness> = Vec::new();
        for (_, witness) in self.sides.into_iter().filter_map(|side| side.best) {
            if !found.contains(&witness) {
                found.push(witness);
            }
        }
        found
    }

    /// The largest `|D|` at an output, and where. Exact.
    pub(super) fn largest(&self, output: usize) -> Option<&(Rational, Witness)> {
        let [plus, minus] = [0, 1].map(|side| self.sides[2 * output + side].best.as_ref());
        plus.into_iter().chain(minus).max_by(|a, b| a.0.cmp(&b.0))
    }

    /// The largest `|D|` at each output. Exact.
    pub(super) fn lower(&self) -> Vec<Rational> {
        let value = |output: usize| self.largest(output).map(|(value, _)| value.clone()).unwrap_or_default();
        (0..self.twin.outputs()).map(value).collect()
    }

    /// The largest minus the smallest `D` at an output. Exact.
    pub(super) fn spread(&self, output: usize) -> Rational {
        let value = |side: &Side| side.best.as_ref().map(|best| best.0.clone()).unwrap_or_default();
        value(&self.sides[2 * output]).add(&value(&self.sides[2 * output + 1]))
    }

    /// Goes on until time is over, or as long as it is told to, by the number of starts so far.
    pub(super) fn run(&mut self, control: &Control<'_>, goes_on: &dyn Fn(&Self, usize) -> bool) {
        let planes = self.twin.planes();
        let mut trail = Trail::new(self, &planes);
        while !control.is_over() && goes_on(self, trail.count) {
            self.batch(&mut trail, control);
        }
    }

    /// Some more starts, and now and then an improvement of the best points since the last one.
    pub(super) fn batch(&mut self, trail: &mut Trail<'_>, control: &Control<'_>) {
        let twin = self.twin;
        let batch: Vec<Vec<f64>> = (0..BATCH).map(|_| trail.starts.next()).collect();
        self.step(control, |ascent, _| best(batch.iter().map(|start| ascent.vertices(start))));
        batch.iter().for_each(|start| self.lines(start, &mut trail.directions, control));
        trail.count += BATCH;
        if trail.count >= trail.next {
            let inner = trail.starts.inner();
            self.step(control, |ascent, fresh| {
                let value = ascent.sign * twin.at(&inner).0.delta[ascent.output];
                let inner = Found { value, point: inner.clone() };
                best(fresh.cloned().into_iter().chain([inner]).map(|found| ascent.improved(found)))
            });
            self.sides.iter_mut().for_each(|side| side.fresh = None);
            trail.next = trail.count + trail.between;
        }
    }

    /// Products of a batch, about, improvements included.
    pub(super) fn batch_work(&self) -> usize {
        2 * BATCH * self.start_work()
    }

    /// Points that others found: what looks better than the best is evaluated.
    pub(super) fn offer(&mut self, points: &[Vec<f64>], control: &Control<'_>) {
        let twin = self.twin;
        let deltas: Vec<Vec<f64>> = points.par_iter().map(|point| twin.at(point).0.delta).collect();
        for side in 0..self.sides.len() {
            let Side { output, sign, .. } = self.sides[side];
            let value = |k: &usize| sign * deltas[*k][output];
            // The first of equal ones.
            let best = (0..points.len()).max_by(|a, b| value(a).total_cmp(&value(b)).then(b.cmp(a)));
            if let Some(best) = best {
                self.take(side, Found { value: value(&best), point: points[best].clone() }, control);
            }
        }
    }

    /// Ascents of all sides; what looks better than the best is evaluated.
    fn step(&mut self, control: &Control<'_>, ascend: impl Fn(&Ascent<'_>, Option<&Found>) -> Option<Found> + Sync) {
        let (twin, is_over) = (self.twin, || control.is_over());
        let one = |side: &Side| {
            let ascent = Ascent { twin, output: side.output, sign: side.sign, is_over: &is_over };
            ascend(&ascent, side.fresh.as_ref())
        };
        let found: Vec<Option<Found>> = self.sides.par_iter().map(one).collect();
        for (side, found) in found.into_iter().enumerate() {
            if let Some(found) = found {
                self.take(side, found, control);
            }
        }
    }

    /// Along a coordinate and along a random direction through a start, for all outputs at once.
    fn lines(&mut self, start: &[f64], draw: &mut Draw, control: &Control<'_>) {
        let (twin, inputs) = (self.twin, start.len());
        let mut coordinate = vec![0.0; inputs];
        coordinate[draw.below(inputs)] = 1.0;
        let random: Vec<f64> = (0..inputs).map(|_| draw.dyadic(20)).collect();
        let directions: [_; LINES] = [coordinate, random];
        for direction in directions {
            let walked = line::walk(twin, start, &direction, climb::pieces(twin), &|| control.is_over());
            for side in 0..self.sides.len() {
                let Side { output, sign, fresh, .. } = &self.sides[side];
                let is_better = |fresh: &Found| walked.value(*output, *sign) > fresh.value;
                if fresh.as_ref().is_none_or(is_better) {
                    let found = line::best(twin, &walked, (start, &direction), *output, *sign);
                    self.take(side, found, control);
                }
            }
        }
    }

    /// Keeps a point; evaluates it where it looks better than the best.
    fn take(&mut self, index: usize, found: Found, control: &Control<'_>) {
        let side = &mut self.sides[index];
        if found.value > side.seen + side.seen.abs() * BETTER && !control.is_over() {
            side.seen = side.seen.max(found.value);
            self.evaluate(&found.point);
        }
        let side = &mut self.sides[index];
        if side.fresh.as_ref().is_none_or(|fresh| found.value > fresh.value) {
            side.fresh = Some(found);
        }
    }

    /// Evaluates a point of the cube in ℚ, for all outputs.
    fn evaluate(&mut self, point: &[f64]) {
        let witness = self.subject.evaluated(point);
        for side in &mut self.sides {
            let plus = witness.signed(side.output, self.scale);
            let value = if side.sign < 0.0 { plus.neg() } else { plus };
            if side.best.as_ref().is_none_or(|(best, _)| value > *best) {
                side.seen = side.seen.max(f64::nearest(&value, ()));
                side.best = Some((value, witness.clone()));
            }
        }
    }
}

fn best(found: impl Iterator<Item = Found>) -> Option<Found> {
    found.max_by(|a, b| a.value.total_cmp(&b.value))
}
