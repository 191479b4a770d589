//! Rows out of differences of gradients.

use super::super::{Error, Run};
use super::course::{Course, Gradient};
use super::rows::{Solved, Unit};
use crate::judge::{Item, Site};
use crate::linalg::{Matrix, Solve};
use crate::num::{Dyadic, Num, Scalar, dot, l1};
use std::cmp::Ordering;

/// How much an error may grow when several rows are solved for at once, as a power of two.
const SOLVED: i32 = 4;

/// The rows of all kinks between two gradients of one line that no known row explains.
///
/// `between`: those kinks; `known`: the rows of the others there. The jumps of gradients
/// `J_i = c_i·u_i` of `m` kinks add up to the difference; with the jumps of slopes `c_i`,
/// `[outputs]`, known and independent, `u_i`, `[inputs]` each, solves `Σ c_i·u_i = ΔG`.
/// One kink alone always does. `None` where the kinks are dependent, or do not fit.
pub(super) fn solve<S: Solve>(
    run: &mut Run<'_, S>,
    course: &Course<S>,
    between: &[usize],
    (from, to): (&Gradient<S>, &Gradient<S>),
    known: &[(&Unit<S>, Ordering)],
) -> Result<Option<Vec<Solved<S>>>, Error> {
    run.open(course.bends[between[0]].item);
    let of_known = |sum: Num<S>, unit: &Unit<S>| &(&sum + &unit.error) + &unit.blur;
    let error = known.iter().fold(&from.error + &to.error, |sum, (unit, _)| of_known(sum, unit));
    let rows_known = known.iter().map(|(unit, heading)| (&unit.strength[..], &unit.row[..], *heading));
    let difference = difference(&from.slopes, &to.slopes, rows_known);
    let directions = between.iter().map(|&bend| direction(&run.zero(), &course.bends[bend].jump));
    let Some(directions) = directions.collect::<Option<Vec<_>>>() else { return Ok(None) };
    let Some(rows) = rows(run, course.bends[between[0]].item, &directions, &difference)? else { return Ok(None) };
    if run.outputs() > 1 && !fits(run, &directions, &rows, &difference, &error)? {
        return Ok(None);
    }
    let error = match between {
        [_] => error,
        _ => {
            let grown = &error * &Dyadic::power(SOLVED).lift(run.context);
            let turned = turned(run, course, between, &rows);
            if run.is_zero(Site::Turned, &grown, &turned)? {
                return Ok(None);
            }
            &grown + &turned
        }
    };
    let solved = directions.into_iter().zip(rows).zip(between);
    let solved = solved.map(|((direction, row), &bend)| Solved { bend, direction, row, error: error.clone() });
    Ok(Some(solved.collect()))
}

/// The difference of two gradients, with what known rows make of it taken away: `[outputs, inputs]`.
///
/// `known`: strength, `[outputs]`, row, `[inputs]`, and the way the line crosses it.
pub(super) fn difference<'u, S: Scalar>(
    from: &[Vec<Num<S>>],
    to: &[Vec<Num<S>>],
    known: impl Iterator<Item = (&'u [Num<S>], &'u [Num<S>], Ordering)>,
) -> Matrix<Num<S>> {
    let outputs = from.first().map_or(0, Vec::len);
    let mut difference = Matrix::from_fn(outputs, from.len(), |o, j| &to[j][o] - &from[j][o]);
    for (strength, row, heading) in known {
        for (o, strength) in strength.iter().enumerate() {
            let strength = if heading.is_lt() { -strength } else { strength.clone() };
            difference.row_mut(o).iter_mut().zip(row).for_each(|(x, w)| *x = &*x - &(&strength * w));
        }
    }
    difference
}

/// The direction of a jump of slopes, of magnitude 1: ratios of output weights, whatever the line.
pub(super) fn direction<S: Scalar>(zero: &Num<S>, jump: &[Num<S>]) -> Option<Vec<Num<S>>> {
    let size = l1(zero.clone(), jump);
    jump.iter().map(|x| x.over(&size)).collect()
}

/// `u` with `c·u = ΔG`, in least squares over the outputs: the row of one kink alone.
pub(super) fn alone<S: Scalar>(
    zero: &Num<S>,
    direction: &[Num<S>],
    difference: &Matrix<Num<S>>,
) -> Option<Vec<Num<S>>> {
    let square = dot(zero.clone(), direction, direction);
    let share = direction.iter().map(|c| c.over(&square)).collect::<Option<Vec<_>>>()?;
    let entry = |j: usize| difference.column(j).zip(&share).fold(zero.clone(), |sum, (x, c)| &sum + &(x * c));
    Some((0..difference.columns()).map(entry).collect())
}

/// `u_i` with `Σ c_i·u_i = ΔG`, in least squares over the outputs: the rows of several kinks.
pub(super) fn together<S: Solve>(
    directions: &[Vec<Num<S>>],
    difference: &Matrix<Num<S>>,
    context: S::Context,
) -> Option<Vec<Vec<Num<S>>>> {
    let system = Matrix::from_fn(difference.rows(), directions.len(), |o, i| directions[i][o].clone());
    let found = S::least_squares(&system, difference, context)?;
    Some(found.iter_rows().map(<[_]>::to_vec).collect())
}

/// `u_i` with `Σ c_i·u_i = ΔG`, in least squares over the outputs.
///
/// `item`: the kink that names the group. In ℚ too it may leave a difference: the caller asks.
fn rows<S: Solve>(
    run: &mut Run<'_, S>,
    item: Item,
    directions: &[Vec<Num<S>>],
    difference: &Matrix<Num<S>>,
) -> Result<Option<Vec<Vec<Num<S>>>>, Error> {
    if let [direction] = directions {
        return Ok(alone(&run.zero(), direction, difference).map(|row| vec![row]));
    }
    if directions.len() > difference.rows() {
        return Ok(None);
    }
    let system = Matrix::from_fn(difference.rows(), directions.len(), |o, i| directions[i][o].clone());
    if run.independent_columns(&system, item)?.len() < directions.len() {
        return Ok(None);
    }
    run.open(item);
    Ok(together(directions, difference, run.context))
}

/// What the errors of the kinks' directions make of an entry of rows that were solved for together.
///
/// `rows`: those of the kinks `between`, `[inputs]` each. A direction is as uncertain as its
/// kink's jump of slopes, and takes that part of its own row to the others.
fn turned<S: Solve>(run: &Run<'_, S>, course: &Course<S>, between: &[usize], rows: &[Vec<Num<S>>]) -> Num<S> {
    let mean = Dyadic::power(-(run.inputs().ilog2() as i32)).lift(run.context);
    between.iter().zip(rows).fold(run.zero(), |sum, (&bend, row)| {
        let bend = &course.bends[bend];
        let part = bend.blur.over(&run.l1(&bend.jump)).unwrap_or_else(|| run.zero());
        &sum + &(&part * &(&run.l1(row) * &mean))
    })
}

/// Whether the rows give the difference in every output.
fn fits<S: Scalar>(
    run: &mut Run<'_, S>,
    directions: &[Vec<Num<S>>],
    rows: &[Vec<Num<S>>],
    difference: &Matrix<Num<S>>,
    error: &Num<S>,
) -> Result<bool, Error> {
    let scale = error * &run.lift(difference.columns() as f64);
    for (o, outputs) in difference.iter_rows().enumerate() {
        let mut left = run.zero();
        for (j, x) in outputs.iter().enumerate() {
            let given = directions.iter().zip(rows).fold(run.zero(), |sum, (c, row)| &sum + &(&c[o] * &row[j]));
            left = &left + &(x - &given).abs();
        }
        if !run.is_zero(Site::Jump, &left, &scale)? {
            return Ok(false);
        }
    }
    Ok(true)
}
