//! The last layer: a least-squares solution against the truth, for rows known to some error.

use super::position::most;
use super::row::RowBounds;
use crate::linalg::{Matrix, Solve, compensated_dot};
use crate::num::{Ball, Num, Rational, Scalar, up};
use crate::trace::{Fit, Signature};
use rayon::prelude::*;
use std::cmp::Ordering;

/// `|x̂ − x*|` at most for every output weight and bias: `[hidden + 1, outputs]`.
///
/// The truth solves `A*·x* = y*` with the features of the true rows and exact answers. For
/// `A` and `y` within `E` and `f` of them and any `R`, componentwise
///
/// ```text
/// |x̂ − x*| ≤ |R(y − A·x̂)| + |R|(f + E·|x̂|) + (|I − R·A| + |R|·E)·|x̂ − x*|
/// ```
///
/// whose last term is at most its row's sum times the norm bound of `Linear.perturbed_bound`.
/// `R` is the pseudoinverse as f64 computes it.
///
/// `sides`: which side of each row is active; `network`: the recovered output weights,
/// `[hidden + 1, outputs]`, biases last. `None` where the norm bound says nothing.
pub(super) fn errors(
    rows: &[&RowBounds],
    signatures: &[Signature<Rational>],
    sides: &[Ordering],
    (fit, answers): (&Fit<Rational>, &[Vec<Ball>]),
    network: &Matrix<Rational>,
) -> Option<Matrix<f64>> {
    let system = features(rows, signatures, sides, fit);
    let (points, unknowns) = (system.rows(), system.columns());
    let inverse = pseudoinverse(&system.map(|x| x.mid()))?;
    let candidate = network.map(|x| Ball::nearest(x, ()));

    // Row sums of |I − R·A| + |R|·E.
    let spread: Vec<f64> = system.iter_rows().map(|row| row.iter().fold(0.0, |sum, a| up(sum + a.rad()))).collect();
    let defect = |i: usize| {
        let own = (0..unknowns).fold(0.0, |sum, k| {
            let product = ball_dot(inverse.row(i), (0..points).map(|p| Ball::new(system[(p, k)].mid(), 0.0)));
            let identity = Num::<Ball>::lift(f64::from(u8::from(i == k)), ());
            up(sum + most(&(&identity - &Num(product)).0))
        });
        up(own + weighted(inverse.row(i), &spread))
    };
    let defects: Vec<f64> = (0..unknowns).into_par_iter().map(defect).collect();
    let room = (1.0 - largest(&defects)).next_down();
    if room.is_nan() || room <= 0.0 {
        return None;
    }

    let mut bounds = Matrix::from_fn(unknowns, network.columns(), |_, _| f64::INFINITY);
    for o in 0..network.columns() {
        let solution: Vec<Ball> = candidate.column(o).copied().collect();
        let miss = |p: usize| {
            let weight = crate::num::Dyadic::power(fit.weights[p]).lift::<Ball>(());
            let known = &Num(answers[p][o]) * &weight;
            let row = system.row(p);
            let terms = row.iter().zip(&solution).map(|(a, x)| (-a.mid(), x.mid()));
            let residual = compensated_dot(terms.chain([(known.0.mid(), 1.0)]));
            // f + E·|x̂|
            let moved = row
                .iter()
                .zip(&solution)
                .fold(known.0.rad(), |sum, (a, x)| up(sum + up(up(a.rad() * most(x)) + up(a.mid() * x.rad()))));
            (residual, moved)
        };
        let (residuals, moved): (Vec<Ball>, Vec<f64>) = (0..points).into_par_iter().map(miss).unzip();
        let first = |i: usize| {
            let residual = ball_dot(inverse.row(i), residuals.iter().copied());
            up(most(&residual) + weighted(inverse.row(i), &moved))
        };
        let first: Vec<f64> = (0..unknowns).into_par_iter().map(first).collect();
        let norm = up(largest(&first) / room);
        for (i, c) in first.iter().enumerate() {
            bounds[(i, o)] = up(c + up(defects[i] * norm));
        }
    }
    bounds.entries().iter().all(|b| b.is_finite()).then_some(bounds)
}

/// The weighted features of the true rows, in balls: `[points, hidden + 1]`.
fn features(
    rows: &[&RowBounds],
    signatures: &[Signature<Rational>],
    sides: &[Ordering],
    fit: &Fit<Rational>,
) -> Matrix<Ball> {
    let balls = |x: &[Rational]| x.iter().map(|x| Num(Ball::nearest(x, ()))).collect::<Vec<_>>();
    let points: Vec<Vec<Num<Ball>>> = fit.points.iter().map(|x| balls(x)).collect();
    let centers: Vec<Vec<Num<Ball>>> = signatures.iter().map(|s| balls(&s.center)).collect();
    let unit = |p: usize, k: usize| {
        // τ·x + β = τ·(x − c) + δ: near its own critical point a row's error hardly counts.
        let away = points[p].iter().zip(&centers[k]).map(|(x, c)| (x - c).0);
        let sum = rows[k].along(away.enumerate());
        let active = sum.add(&rows[k].offset);
        if sides[k] == Ordering::Less { active.neg().relu() } else { active.relu() }
    };
    let row = |p: usize| {
        let weight = crate::num::Dyadic::power(fit.weights[p]).lift::<Ball>(());
        let units = (0..rows.len()).map(|k| unit(p, k)).chain([Ball::lift(1.0, ())]);
        units.map(|x| (&Num(x) * &weight).0).collect::<Vec<_>>()
    };
    let rows: Vec<Vec<Ball>> = (0..points.len()).into_par_iter().map(row).collect();
    let columns = rows.first().map_or(0, Vec::len);
    Matrix::from_fn(rows.len(), columns, |i, j| rows[i][j])
}

/// `(AᵀA)⁻¹Aᵀ` as f64 computes it: `[n, m]` of `[m, n]`.
fn pseudoinverse(a: &Matrix<f64>) -> Option<Matrix<f64>> {
    let transposed = a.map(|&x| Num(x)).transposed();
    let square = <f64 as Solve>::products(&transposed, &transposed, ());
    Some(<f64 as Solve>::solve(&square, &transposed, ())?.map(|x| x.0))
}

fn ball_dot(x: &[f64], y: impl Iterator<Item = Ball>) -> Ball {
    x.iter().zip(y).fold(Ball::lift(0.0, ()), |sum, (x, y)| sum.add(&Ball::lift(*x, ()).mul(&y)))
}

/// `Σ |xᵢ|·yᵢ` from above, of `yᵢ ≥ 0`.
fn weighted(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).fold(0.0, |sum, (x, y)| up(sum + up(x.abs() * y)))
}

/// The largest of numbers that are not negative; NaN where one is.
fn largest(numbers: &[f64]) -> f64 {
    numbers.iter().fold(0.0, |most: f64, &x| if x > most || x.is_nan() { x } else { most })
}
