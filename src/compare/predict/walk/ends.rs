//! Signs and the last layer of a walk on paper: out of one gradient and its answer.

use super::super::Level;
use super::super::geometry::{Geometry, dot};
use super::super::layers::{Copy, independent, told_apart};
use super::Walk;
use super::rows::Unit;
use crate::attack::walk::orientation::EQUATIONS;
use crate::judge::Site;
use crate::linalg::{Matrix, Solve};
use crate::num::Num;

/// The network that the walk ends with; `None` where a gradient does not tell the sides of its rows.
///
/// With it, for each row, whether it is told its side; where rows are dependent, whether it is told
/// from the others.
pub(in crate::compare::predict) fn finished(walk: &Walk<'_>) -> (Option<Copy>, Vec<bool>) {
    let untold = (None, vec![false; walk.units.len()]);
    let Some(gradient) = walk.best().filter(|_| !walk.units.is_empty()) else { return untold };
    let values: Vec<f64> = walk.units.iter().map(|unit| dot(&unit.row, &gradient.point) + unit.bias).collect();
    let mut known = gradient.slopes.clone();
    for (unit, _) in walk.units.iter().zip(&values).filter(|(_, value)| **value <= 0.0) {
        add(&mut known, unit, 1.0);
    }
    let shares = match shares(walk.geometry, walk.level, &walk.units, &known) {
        Ok(shares) => shares,
        Err(told) => return (None, told),
    };
    let level = walk.level;
    let part = |share: &f64| {
        if level.is_zero(Site::Share, *share, 1.0) {
            Some(-1.0)
        } else {
            level.is_zero(Site::Share, share - 1.0, 1.0).then_some(1.0)
        }
    };
    let signs: Vec<Option<f64>> = shares.iter().map(part).collect();
    let told = signs.iter().map(Option::is_some).collect();
    let Some(signs) = signs.into_iter().collect::<Option<Vec<f64>>>() else { return (None, told) };
    for (unit, _) in walk.units.iter().zip(&signs).filter(|(_, sign)| **sign > 0.0) {
        add(&mut known, unit, -1.0);
    }
    let mut output_bias = gradient.answer.clone();
    let size = |o: usize| walk.units.iter().map(|unit| unit.strength[o].abs()).sum::<f64>();
    let sizes: Vec<f64> = (0..output_bias.len()).map(size).collect();
    let flat = |left: &Vec<f64>| left.iter().zip(&sizes).all(|(left, size)| level.is_zero(Site::Affine, *left, *size));
    if !known.iter().all(flat) {
        return (None, vec![false; walk.units.len()]);
    }
    for ((unit, value), sign) in walk.units.iter().zip(&values).zip(&signs) {
        let active = (sign * value).max(0.0);
        output_bias.iter_mut().zip(&unit.strength).for_each(|(b, s)| *b -= active * s);
    }
    let turned = |unit: &Unit, sign: f64| unit.row.iter().map(|w| sign * w).collect();
    let copy = Copy {
        rows: walk.units.iter().zip(&signs).map(|(unit, &sign)| turned(unit, sign)).collect(),
        biases: walk.units.iter().zip(&signs).map(|(unit, sign)| sign * unit.bias).collect(),
        output: walk.units.iter().map(|unit| unit.strength.clone()).collect(),
        output_bias,
    };
    (Some(copy), told)
}

/// How much of each row is in the gradient; where rows are dependent, which are told from the others.
fn shares(geometry: &Geometry, level: Level, units: &[Unit], known: &[Vec<f64>]) -> Result<Vec<f64>, Vec<bool>> {
    let (inputs, outputs, count) = (geometry.inputs, geometry.outputs(), units.len());
    let all: Vec<usize> = (0..inputs * outputs).collect();
    let some: Vec<usize> = all.iter().copied().step_by((all.len() / (EQUATIONS * count)).max(1)).collect();
    let entry = |e: usize, i: usize| Num(units[i].strength[e % outputs] * units[i].row[e / outputs]);
    let mut told = vec![false; count];
    for equations in [some, all] {
        let columns = Matrix::from_fn(count, equations.len(), |i, e| entry(equations[e], i));
        let chosen = independent(level, &columns);
        told = told_apart(&columns, &chosen);
        if chosen.len() == count {
            let right = Matrix::from_fn(equations.len(), 1, |e, _| {
                let e = equations[e];
                Num(known[e / outputs][e % outputs])
            });
            let Some(solution) = f64::least_squares(&columns.transposed(), &right, ()) else { break };
            return Ok(solution.column(0).map(|x| x.0).collect());
        }
    }
    Err(told)
}

fn add(slopes: &mut [Vec<f64>], unit: &Unit, factor: f64) {
    for (slope, w) in slopes.iter_mut().zip(&unit.row) {
        slope.iter_mut().zip(&unit.strength).for_each(|(x, s)| *x += s * w * factor);
    }
}
