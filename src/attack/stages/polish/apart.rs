//! Rows measured on both sides of their hyperplane, at the point of a sample farthest from all others.

use super::Remeasured;
use super::noise::{Anchor, Known, length};
use crate::attack::stages::gradients::along;
use crate::attack::{Error, Run};
use crate::judge::Site;
use crate::linalg::{Matrix, Solve};
use crate::net::Draw;
use crate::num::{Dyadic, Num, Scalar, dot};
use crate::oracle::Batch;

/// Points that are drawn, by `log2` of the size of their entries, and how many of each.
const SIZES: [i32; 4] = [0, 2, 4, 6];
const DRAWN: usize = 16;

/// Random points, with all pre-activations there.
pub(super) struct Samples<S> {
    points: Vec<Vec<Num<S>>>,
    /// [`length`] of each.
    lengths: Vec<Num<S>>,
    /// `[points, units]`.
    sums: Matrix<Num<S>>,
}

/// Where to measure a row: on its hyperplane, to be left by twice the step on either side.
pub(super) struct Place<S> {
    point: Vec<Num<S>>,
    step: i32,
    /// Error of an answer there, in roundoffs.
    mass: Num<S>,
    /// Error that the row would have, in roundoffs.
    pub(super) error: Num<S>,
}

impl<S: Solve> Samples<S> {
    /// New points in every round, the same in every arithmetic.
    pub(super) fn new(run: &Run<'_, S>, known: &Known<S>, round: usize) -> Self {
        let mut draw = Draw::new(run.options.seed.wrapping_add((round as u64) << 32), "polish");
        let inputs = run.inputs();
        let mut point = |size: i32| -> Vec<Num<S>> {
            let size = Dyadic::power(size).lift::<S>(run.context);
            (0..inputs).map(|_| &run.lift(draw.dyadic(20)) * &size).collect()
        };
        let points: Vec<Vec<Num<S>>> =
            SIZES.iter().flat_map(|&size| std::iter::repeat_n(size, DRAWN)).map(&mut point).collect();
        let matrix = Matrix::from_fn(points.len(), inputs, |p, j| points[p][j].clone());
        let products = S::products(&matrix, &known.rows, run.context);
        let sums =
            Matrix::from_fn(points.len(), known.signatures.len(), |p, k| &products[(p, k)] + &known.signatures[k].bias);
        let lengths = points.iter().map(|point| length(run, point)).collect();
        Self { points, lengths, sums }
    }

    /// The best place for row `i` among the samples moved onto its hyperplane.
    ///
    /// Moved by `−z_i·w_i/w_i·w_i`, a sample has pre-activations `z_k − z_i·c_k` with
    /// `c_k = w_k·w_i/w_i·w_i`. From `2s` off the hyperplane along its normal a step `s` along
    /// an axis crosses no other one while `s·(1 + 2|c_k|) < |z_k|`. Samples are compared by
    /// `Σ ((1 + 2|c_k|)/|z_k|)⁴`, near the fourth power of the largest term.
    pub(super) fn best(&self, run: &mut Run<'_, S>, known: &Known<S>, i: usize) -> Result<Option<Place<S>>, Error> {
        let unit = &known.signatures[i];
        let normal = &known.square[(i, i)];
        let turns: Option<Vec<Num<S>>> = known.square.row(i).iter().map(|product| product.over(normal)).collect();
        let Some(turns) = turns else { return Ok(None) };
        let (one, fourth) = (run.lift(1.0), |x: &Num<S>| &(x * x) * &(x * x));
        let room = |p: usize, k: usize| {
            let moved = &self.sums[(p, k)] - &(&self.sums[(p, i)] * &turns[k]);
            let need = &one + &(&turns[k].abs() + &turns[k].abs());
            moved.abs().over(&need)
        };
        let others = || (0..turns.len()).filter(|&k| k != i);
        let mut best: Option<(usize, Num<S>)> = None;
        for p in 0..self.points.len() {
            let crowded = others().map(|k| Some(fourth(&one.over(&room(p, k)?)?)));
            let Some(crowded) = crowded.collect::<Option<Vec<_>>>() else { continue };
            let crowd = crowded.iter().fold(run.zero(), |sum, x| &sum + x);
            let score = &crowd * &fourth(&known.mass(run, &self.lengths[p]));
            let better = match &best {
                Some((_, least)) => run.sign(Site::Length, &(&score - least), least)?.is_lt(),
                None => true,
            };
            if better {
                best = Some((p, score));
            }
        }
        let Some((p, _)) = best else { return Ok(None) };
        let mut least = self.lengths[p].clone();
        for k in others() {
            let Some(room) = room(p, k) else { return Ok(None) };
            if run.sign(Site::Length, &(&room - &least), &least)?.is_lt() {
                least = room;
            }
        }
        let step = run.binade(&least)? - 1;
        let length = Dyadic::power(step).lift::<S>(run.context);
        if !known.is_certain(run, &length, &self.lengths[p])? {
            return Ok(None);
        }
        let Some(back) = (-&self.sums[(p, i)]).over(normal) else { return Ok(None) };
        let point = self.points[p].iter().zip(&unit.row).map(|(x, w)| x + &(&back * w)).collect();
        let size = &run.l1(&unit.strength) * &length;
        let mass = known.mass(run, &self.lengths[p]);
        let error = mass.over(&size);
        Ok(error.map(|error| Place { point, step, mass, error: &error + &error }))
    }
}

impl<S: Scalar> Place<S> {
    /// The row as the jump of gradients, anchored where both affine pieces meet.
    ///
    /// `2·inputs + 2` queries. With `x₋`, `x₊` on either side, `v = x₊ − x₋` and `y₋ + t·g₋·v =
    /// y₊ − (1 − t)·g₊·v` at the hyperplane, `t = (y₊ − y₋ − g₊·v) / (g₋ − g₊)·v`, of each
    /// output; they are weighed by the jump at the reference. `None` where that is zero.
    pub(super) fn measure(
        &self,
        run: &mut Run<'_, S>,
        known: &Known<S>,
        i: usize,
    ) -> Result<Option<Remeasured<S>>, Error> {
        let unit = &known.signatures[i];
        let Some(aside) = Dyadic::power(self.step + 1).lift::<S>(run.context).over(&known.square[(i, i)]) else {
            return Ok(None);
        };
        let side = |x: &Num<S>, w: &Num<S>, aside: &Num<S>| x + &(w * aside);
        let points = [-&aside, aside]
            .map(|aside| self.point.iter().zip(&unit.row).map(|(x, w)| side(x, w, &aside)).collect::<Vec<_>>());
        let answers = run.ask(&Batch::Points(&points))?;
        let axes: Vec<(usize, i32)> = (0..self.point.len()).map(|j| (j, self.step)).collect();
        let behind = along(run, &points[0], &answers[0], &axes)?;
        let ahead = along(run, &points[1], &answers[1], &axes)?;
        let jumps: Vec<Vec<Num<S>>> =
            ahead.iter().zip(&behind).map(|(a, b)| a.iter().zip(b).map(|(x, y)| x - y).collect()).collect();
        let top = &jumps[unit.reference];
        let Some(row) = super::ratios(run, &jumps, top) else { return Ok(None) };
        let v: Vec<Num<S>> = points[1].iter().zip(&points[0]).map(|(a, b)| a - b).collect();
        let (mut rise, mut bend) = (run.zero(), run.zero());
        for (o, weight) in top.iter().enumerate() {
            let slope = |slopes: &[Vec<Num<S>>]| {
                let column: Vec<Num<S>> = slopes.iter().map(|entry| entry[o].clone()).collect();
                dot(run.zero(), &column, &v)
            };
            let (before, after) = (slope(&behind), slope(&ahead));
            rise = &rise + &(weight * &(&(&answers[1][o] - &answers[0][o]) - &after));
            bend = &bend + &(weight * &(&before - &after));
        }
        let Some(t) = rise.over(&bend) else { return Ok(None) };
        let kink = points[0].iter().zip(&v).map(|(x, v)| x + &(v * &t)).collect();
        let error = (&self.mass + &self.mass).over(&run.l1(top)).unwrap_or_else(|| run.zero());
        let anchor = Some(Anchor { point: kink, value: run.zero(), error });
        Ok(Some(Remeasured { row, strength: top.clone(), anchor }))
    }
}
