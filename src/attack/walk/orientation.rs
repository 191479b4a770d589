//! Signs and the last layer out of one gradient and its answer, without a query.
//!
//! With rows `w_i`, biases `b_i` and jumps of gradients `s_i ⊗ w_i` across their
//! hyperplanes, unit `i` is `s_i·relu(w_i·x + b_i)` or `s_i·relu(−w_i·x − b_i)`. Let `p_i` be
//! 1 for the first, 0 for the second, and `q_i` 1 where `w_i·x + b_i > 0`, else 0. Then
//! `∇f(x) = Σ (p_i + q_i − 1)·s_i ⊗ w_i`: a linear system for `p` whose solution is 0 or 1.

use super::super::linear::Affine;
use super::super::textbook::canonical;
use super::super::{Error, Run};
use super::gradient::Gradient;
use crate::judge::{Item, Site, Stage};
use crate::linalg::{Matrix, Solve};
use crate::net::Shallow;
use crate::num::{Num, Scalar};
use crate::trace::{Orientation, Signature, Unoriented};
use std::cmp::Ordering;

/// Equations an unknown, where there are that many.
pub(crate) const EQUATIONS: usize = 2;

/// Orients every row by a gradient, or says why the canonical form has to do.
///
/// In ℚ a solution of zeros and ones is verified in every equation. In an arithmetic that
/// rounds its distance from zeros and ones is the margin.
pub(super) fn orient<S: Solve>(run: &mut Run<'_, S>, gradient: &Gradient<S>) -> Result<Orientation, Error> {
    let signatures = std::mem::take(&mut run.trace.signatures);
    let result = shares(run, &signatures, gradient);
    run.trace.signatures = signatures;
    result
}

fn shares<S: Solve>(
    run: &mut Run<'_, S>,
    signatures: &[Signature<Num<S>>],
    gradient: &Gradient<S>,
) -> Result<Orientation, Error> {
    let count = signatures.len();
    let ahead = ahead(run, signatures, &gradient.point)?;
    // Σ p_i·s_i ⊗ w_i: the gradient, and what is ahead of the point taken away.
    let mut known = gradient.slopes.clone();
    let mut sizes = vec![run.zero(); run.outputs()];
    for (unit, &ahead) in signatures.iter().zip(&ahead) {
        sizes.iter_mut().zip(&unit.strength).for_each(|(size, strength)| *size = &*size + &strength.abs());
        if !ahead {
            add(&mut known, unit, &run.lift(1.0));
        }
    }
    let (inputs, outputs) = (run.inputs(), run.outputs());
    let entry = |e: usize, i: usize| &signatures[i].strength[e % outputs] * &signatures[i].row[e / outputs];
    let right = |e: usize| known[e / outputs][e % outputs].clone();
    let all: Vec<usize> = (0..inputs * outputs).collect();
    let some: Vec<usize> = all.iter().copied().step_by((all.len() / (EQUATIONS * count)).max(1)).collect();
    let mut rank = 0;
    let mut solution = None;
    for equations in [some, all] {
        let columns = Matrix::from_fn(count, equations.len(), |i, e| entry(equations[e], i));
        rank = run.independent_columns(&columns, Item::default())?.len();
        if rank == count {
            let right = Matrix::from_fn(equations.len(), 1, |e, _| right(equations[e]));
            solution = S::least_squares(&columns.transposed(), &right, run.context);
            break;
        }
    }
    let Some(solution) = solution else { return Ok(Orientation::Canonical(Unoriented::Dependent { rank })) };
    let one = run.lift(1.0);
    let mut signs = Vec::with_capacity(count);
    for (i, (share, unit)) in solution.column(0).zip(signatures).enumerate() {
        run.open(unit.item);
        if run.is_zero(Site::Share, share, &one)? {
            signs.push(Ordering::Less);
        } else if run.is_zero(Site::Share, &(share - &one), &one)? {
            signs.push(Ordering::Greater);
        } else {
            return Ok(Orientation::Canonical(Unoriented::Parted { row: i }));
        }
    }
    for (unit, sign) in signatures.iter().zip(&signs) {
        if sign.is_gt() {
            add(&mut known, unit, &run.lift(-1.0));
        }
    }
    for (j, left) in known.iter().enumerate() {
        run.open(Item::default().axis(j));
        for (x, size) in left.iter().zip(&sizes) {
            if !run.is_zero(Site::Affine, x, size)? {
                return Ok(Orientation::Canonical(Unoriented::Remainder));
            }
        }
    }
    Ok(Orientation::Shares(signs))
}

/// Adds a unit's jump of gradients, times a factor.
fn add<S: Scalar>(slopes: &mut [Vec<Num<S>>], unit: &Signature<Num<S>>, factor: &Num<S>) {
    for (slope, w) in slopes.iter_mut().zip(&unit.row) {
        let w = w * factor;
        slope.iter_mut().zip(&unit.strength).for_each(|(x, s)| *x = &*x + &(s * &w));
    }
}

/// Whether a point lies where each row with its bias is positive.
fn ahead<S: Solve>(
    run: &mut Run<'_, S>,
    signatures: &[Signature<Num<S>>],
    point: &[Num<S>],
) -> Result<Vec<bool>, Error> {
    let values = values(run, signatures, point);
    let mut ahead = Vec::with_capacity(values.len());
    for (unit, value) in signatures.iter().zip(&values) {
        run.open(unit.item);
        ahead.push(run.sign(Site::Heading, value, value)?.is_gt());
    }
    Ok(ahead)
}

fn values<S: Solve>(run: &Run<'_, S>, signatures: &[Signature<Num<S>>], point: &[Num<S>]) -> Vec<Num<S>> {
    let rows = Matrix::from_fn(signatures.len(), point.len(), |i, j| signatures[i].row[j].clone());
    let point = Matrix::from_fn(1, point.len(), |_, j| point[j].clone());
    let sums = S::products(&rows, &point, run.context);
    signatures.iter().enumerate().map(|(i, unit)| &sums[(i, 0)] + &unit.bias).collect()
}

/// The output biases: what the answer at the gradient's point leaves.
pub(super) fn output_bias<S: Solve>(run: &Run<'_, S>, gradient: &Gradient<S>, signs: &[Ordering]) -> Vec<Num<S>> {
    let signatures = &run.trace.signatures;
    let values = values(run, signatures, &gradient.point);
    let active: Vec<Num<S>> = values.iter().zip(signs).map(|(z, &sign)| turned(z, sign).relu()).collect();
    let bias = |o: usize| {
        let given = active.iter().zip(signatures).fold(run.zero(), |sum, (z, unit)| &sum + &(z * &unit.strength[o]));
        &gradient.answer[o] - &given
    };
    (0..run.outputs()).map(bias).collect()
}

fn turned<S: Scalar>(x: &Num<S>, sign: Ordering) -> Num<S> {
    if sign.is_lt() { -x } else { x.clone() }
}

/// The network with these rows, oriented by `signs`: the last layer is what the jumps are.
pub(super) fn oriented<S: Solve>(
    run: &Run<'_, S>,
    output_bias: Vec<Num<S>>,
    signs: &[Ordering],
) -> Result<Shallow<Num<S>>, Error> {
    let signatures = &run.trace.signatures;
    let rows = Matrix::from_fn(signatures.len(), run.inputs(), |i, j| turned(&signatures[i].row[j], signs[i]));
    let biases: Vec<Num<S>> = signatures.iter().zip(signs).map(|(unit, &sign)| turned(&unit.bias, sign)).collect();
    let output = Matrix::from_fn(run.outputs(), signatures.len(), |o, i| signatures[i].strength[o].clone());
    let failed = |error: crate::net::Error| Error::degenerate(Stage::LastLayer, None, error.to_string());
    Shallow::new(rows, biases, output, output_bias).map_err(failed)
}

/// The network through its canonical form: every row active where it is positive, and what
/// that leaves of the gradient and of the answer at its point is affine.
pub(super) fn canonical<S: Solve>(run: &mut Run<'_, S>, gradient: &Gradient<S>) -> Result<Shallow<Num<S>>, Error> {
    let signatures = std::mem::take(&mut run.trace.signatures);
    let affine = remainder(run, &signatures, gradient);
    run.trace.signatures = signatures;
    canonical::assembled(run, &affine?)
}

fn remainder<S: Solve>(
    run: &mut Run<'_, S>,
    signatures: &[Signature<Num<S>>],
    gradient: &Gradient<S>,
) -> Result<Affine<S>, Error> {
    let mut slopes = gradient.slopes.clone();
    let mut bias = gradient.answer.clone();
    let ahead = ahead(run, signatures, &gradient.point)?;
    let values = values(run, signatures, &gradient.point);
    for ((unit, z), _) in signatures.iter().zip(&values).zip(&ahead).filter(|(_, ahead)| **ahead) {
        add(&mut slopes, unit, &run.lift(-1.0));
        bias.iter_mut().zip(&unit.strength).for_each(|(y, s)| *y = &*y - &(s * z));
    }
    for (o, y) in bias.iter_mut().enumerate() {
        let along = slopes.iter().zip(&gradient.point).fold(run.zero(), |sum, (slope, x)| &sum + &(&slope[o] * x));
        *y = &*y - &along;
    }
    Ok(Affine { weights: Matrix::from_fn(run.outputs(), run.inputs(), |o, j| slopes[j][o].clone()), bias })
}
