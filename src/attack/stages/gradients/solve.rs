//! Rows out of differences of gradients.

use super::between::{Between, direction, side_by_side};
use super::course::{Course, Gradient};
use super::rows::{Solved, Unit};
use crate::attack::{Error, Run};
use crate::judge::{Item, Site};
use crate::linalg::{Matrix, Solve};
use crate::num::{Dyadic, Num, Scalar};
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
    let directions = between.iter().map(|&bend| direction(&run.zero(), &course.bends[bend].jump));
    let Some(directions) = directions.collect::<Option<Vec<_>>>() else { return Ok(None) };
    let known = known.iter().map(|(unit, heading)| (&unit.strength[..], &unit.row[..], *heading)).collect();
    let seen = Between { slopes: [&from.slopes, &to.slopes], known, directions };
    let difference = seen.difference();
    if !are_independent(run, course.bends[between[0]].item, &seen.directions)? {
        return Ok(None);
    }
    let Some(rows) = seen.rows(&difference, run.context) else { return Ok(None) };
    if run.outputs() > 1 && !fits(run, &seen.directions, &rows, &difference, &error)? {
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
    let solved = seen.directions.into_iter().zip(rows).zip(between);
    let solved = solved.map(|((direction, row), &bend)| Solved { bend, direction, row, error: error.clone() });
    Ok(Some(solved.collect()))
}

/// Whether rows of kinks with these directions can be told apart; of one kink always.
///
/// `item`: the kink that names the group.
fn are_independent<S: Solve>(run: &mut Run<'_, S>, item: Item, directions: &[Vec<Num<S>>]) -> Result<bool, Error> {
    if directions.len() < 2 {
        return Ok(true);
    }
    if directions.len() > run.outputs() {
        return Ok(false);
    }
    let independent = run.independent_columns(&side_by_side(directions), item)?.len() == directions.len();
    run.open(item);
    Ok(independent)
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
