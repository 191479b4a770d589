//! Signs and the last layer out of one gradient and its answer, without a query.
//!
//! With rows `w_i`, biases `b_i` and jumps of gradients `s_i ⊗ w_i` across their
//! hyperplanes, unit `i` is `s_i·relu(w_i·x + b_i)` or `s_i·relu(−w_i·x − b_i)`. Let `p_i` be
//! 1 for the first, 0 for the second, and `q_i` 1 where `w_i·x + b_i > 0`, else 0. Then
//! `∇f(x) = Σ (p_i + q_i − 1)·s_i ⊗ w_i`: a linear system for `p` whose solution is 0 or 1.
//!
//! Units with slope `α` below zero have output weights `s_i/(1 − α)`. With `β = α/(1 − α)` the same system holds for
//! `p_i = 1 + β` and `p_i = −β`. Where `α` is not known, each `p_i` gives one: `1/α` with the row flipped is the same
//! unit, and the one with `|α| < 1` is taken.

use crate::attack::stages::canonical;
use crate::attack::stages::gradients::Gradient;
use crate::attack::stages::linear::Affine;
use crate::attack::stages::output_bias::remaining;
use crate::attack::{Error, Run};
use crate::judge::{Item, Site, Stage};
use crate::linalg::{Matrix, Solve};
use crate::net::{Activation, Family, Shallow};
use crate::num::{Num, Scalar};
use crate::trace::{Orientation, Signature, Unoriented};
use std::cmp::Ordering;

/// Equations an unknown, where there are that many.
const EQUATIONS: usize = 2;

/// Orients every row by a gradient, or says why the canonical form has to do.
///
/// In ℚ a solution of zeros and ones is verified in every equation. In an arithmetic that
/// rounds its distance from zeros and ones is the margin.
pub(in crate::attack) fn orient<S: Solve>(
    run: &mut Run<'_, S>,
    gradient: &Gradient<S>,
) -> Result<(Orientation, Activation<Num<S>>), Error> {
    run.on_rows(|run, rows| shares(run, rows, gradient))
}

/// What a share says of a unit: its active side, and `β`; `None` where it is part of the gradient in another way.
fn side<S: Scalar>(
    run: &mut Run<'_, S>,
    share: &Num<S>,
    beta: Option<&Num<S>>,
) -> Result<Option<(Ordering, Num<S>)>, Error> {
    let one = run.lift(1.0);
    let Some(beta) = beta else {
        let off = share - &run.lift(0.5);
        return Ok(match run.sign(Site::Share, &off, &one)? {
            Ordering::Greater => Some((Ordering::Greater, share - &one)),
            Ordering::Less => Some((Ordering::Less, -share)),
            // The slopes −1 and 1, or no kink.
            Ordering::Equal => None,
        });
    };
    // The two answers lie 1 + 2β apart.
    let apart = (&one + &(beta + beta)).abs();
    for (sign, expected) in [(Ordering::Less, -beta), (Ordering::Greater, &one + beta)] {
        if run.is_zero(Site::Share, &(share - &expected), &apart)? {
            return Ok(Some((sign, beta.clone())));
        }
    }
    Ok(None)
}

fn shares<S: Solve>(
    run: &mut Run<'_, S>,
    signatures: &[Signature<Num<S>>],
    gradient: &Gradient<S>,
) -> Result<(Orientation, Activation<Num<S>>), Error> {
    let not = |reason: Unoriented| Ok((Orientation::Canonical(reason), Activation::Relu));
    let beta = match run.options.activation {
        Family::Leaky(slope) => {
            let slope = run.lift(slope);
            // A slope of 1 is refused before.
            slope.over(&(&run.lift(1.0) - &slope))
        }
        Family::Parametric => None,
        _ => Some(run.zero()),
    };
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
    let Some(solution) = solution else { return not(Unoriented::Dependent { rank }) };
    let (mut signs, mut betas) = (Vec::with_capacity(count), Vec::with_capacity(count));
    for (i, (share, unit)) in solution.column(0).zip(signatures).enumerate() {
        run.open(unit.item);
        let Some((sign, beta)) = side(run, share, beta.as_ref())? else { return not(Unoriented::Parted { row: i }) };
        signs.push(sign);
        betas.push(beta);
    }
    let one = run.lift(1.0);
    for ((unit, sign), beta) in signatures.iter().zip(&signs).zip(&betas) {
        // An inactive ReLU is no part of a gradient.
        match sign.is_gt() {
            true => add(&mut known, unit, &-&(&one + beta)),
            false if run.options.activation == Family::Relu => {}
            false => add(&mut known, unit, beta),
        }
    }
    for (j, left) in known.iter().enumerate() {
        run.open(Item::default().axis(j));
        for (x, size) in left.iter().zip(&sizes) {
            if !run.is_zero(Site::Affine, x, size)? {
                return not(Unoriented::Remainder);
            }
        }
    }
    let slopes = betas.iter().map(|beta| beta.over(&(&one + beta))).collect::<Option<Vec<_>>>();
    let activation = run.assumed().or(slopes.map(Activation::Parametric)).unwrap_or_default();
    Ok((Orientation::Shares(signs), activation))
}

/// Adds a unit's jump of gradients, times a factor.
pub(in crate::attack) fn add<S: Scalar>(slopes: &mut [Vec<Num<S>>], unit: &Signature<Num<S>>, factor: &Num<S>) {
    for (slope, w) in slopes.iter_mut().zip(&unit.row) {
        let w = w * factor;
        slope.iter_mut().zip(&unit.strength).for_each(|(x, s)| *x = &*x + &(s * &w));
    }
}

/// Whether a point lies where each row with its bias is positive.
pub(in crate::attack) fn ahead<S: Solve>(
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
pub(in crate::attack) fn output_bias<S: Solve>(
    run: &Run<'_, S>,
    gradient: &Gradient<S>,
    signs: &[Ordering],
    activation: &Activation<Num<S>>,
) -> Vec<Num<S>> {
    let values = values(run, run.trace.signatures(), &gradient.point);
    let active = values.iter().zip(signs).enumerate();
    let active: Vec<Num<S>> =
        active.map(|(unit, (z, &sign))| activation.apply(unit, &turned(z, sign), run.context)).collect();
    let weights = output_weights(run, activation);
    remaining(&gradient.answer, &active, &weights, run.context)
}

/// `s/(1 − α)`, `[outputs, units]`.
fn output_weights<S: Solve>(run: &Run<'_, S>, activation: &Activation<Num<S>>) -> Matrix<Num<S>> {
    let signatures = run.trace.signatures();
    let weight = |o: usize, i: usize| {
        let strength = &signatures[i].strength[o];
        if activation.is_relu() {
            return strength.clone();
        }
        let slopes = activation.pieces(i, run.context).slopes;
        strength.over(&(&slopes[1] - &slopes[0])).unwrap_or_else(|| run.zero())
    };
    Matrix::from_fn(run.outputs(), signatures.len(), weight)
}

fn turned<S: Scalar>(x: &Num<S>, sign: Ordering) -> Num<S> {
    if sign.is_lt() { -x } else { x.clone() }
}

/// The network with these rows, oriented by `signs`: the last layer is what the jumps are.
pub(in crate::attack) fn oriented<S: Solve>(
    run: &Run<'_, S>,
    output_bias: Vec<Num<S>>,
    signs: &[Ordering],
    activation: Activation<Num<S>>,
) -> Result<Shallow<Num<S>>, Error> {
    let signatures = run.trace.signatures();
    let rows = Matrix::from_fn(signatures.len(), run.inputs(), |i, j| turned(&signatures[i].row[j], signs[i]));
    let biases: Vec<Num<S>> = signatures.iter().zip(signs).map(|(unit, &sign)| turned(&unit.bias, sign)).collect();
    let failed = |error: crate::net::Error| Error::degenerate(Stage::LastLayer, None, error.to_string());
    let network = Shallow::new(rows, biases, output_weights(run, &activation), output_bias).map_err(failed)?;
    network.with_activation(activation).map_err(failed)
}

/// The network through its canonical form: every row active where it is positive, and what
/// that leaves of the gradient and of the answer at its point is affine.
pub(in crate::attack) fn canonical<S: Solve>(
    run: &mut Run<'_, S>,
    gradient: &Gradient<S>,
) -> Result<Shallow<Num<S>>, Error> {
    let affine = run.on_rows(|run, rows| remainder(run, rows, gradient))?;
    canonical::assembled(run, &affine)
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
