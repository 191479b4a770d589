//! Columns in which all rows are small: what weight decay leaves of an input that is always zero.

use super::super::alone::{AWAY, Places, turned};
use super::super::noise::Known;
use super::{FAR, unmoved};
use crate::attack::{Error, Run};
use crate::judge::{Item, Site};
use crate::linalg::Solve;
use crate::num::{Dyadic, Num, Scalar, dot};
use crate::oracle::{Batch, Probe};
use crate::trace::Faint;
use std::cmp::Ordering;

/// `log2` of the step of every axis where a unit is alone.
const STEP: i32 = AWAY - 1;
/// A step so many binades below the longest leaves a unit that is alone active whichever way it goes.
const EITHER: i32 = 5;

/// Entries of such columns, each with the longest step that its column takes.
///
/// Two measurements an entry: the first, with a shorter step, tells which way the unit stays active.
pub(super) fn measure<S: Solve>(
    run: &mut Run<'_, S>,
    known: &mut Known<S>,
    signs: &[Ordering],
    places: &Places<S>,
    faint: &mut Faint,
) -> Result<(), Error> {
    let mut columns = Vec::new();
    for (j, reach) in reaches(run, known, &places.rest)? {
        match reach {
            Some(reach) => columns.push((j, reach)),
            None => clear(run, known, j, faint),
        }
    }
    if columns.is_empty() {
        return Ok(());
    }
    for (i, place) in places.points.iter().enumerate() {
        let Some(place) = place else { continue };
        let unit = &known.signatures[i];
        let top: Vec<Num<S>> = unit.strength.iter().map(|s| turned(s, signs[i])).collect();
        let square = run.dot(&top, &top);
        let (item, mut row) = (unit.item, unit.row.clone());
        let here = run.ask(&Batch::Points(std::slice::from_ref(place)))?.swap_remove(0);
        for shorter in [EITHER, 0] {
            let mut steps = Vec::with_capacity(columns.len());
            for &(j, reach) in &columns {
                run.open(item.axis(j));
                let step = Dyadic::power(reach - shorter).lift::<S>(run.context);
                // To where the pre-activation grows on the active side.
                let back = run.sign(Site::Heading, &row[j], &row[j])?.is_lt();
                steps.push(turned(&if back { -&step } else { step }, signs[i]));
            }
            let probes: Vec<Probe<S>> =
                columns.iter().zip(&steps).map(|(&(j, _), step)| vec![(j, &place[j] + step)]).collect();
            let answers = run.ask(&Batch::Probes { center: place, probes: &probes })?;
            for ((&(j, _), step), answer) in columns.iter().zip(&steps).zip(&answers) {
                let rise: Vec<Num<S>> = answer.iter().zip(&here).map(|(y, x)| y - x).collect();
                if let Some(entry) = dot(run.zero(), &rise, &top).over(&(&square * step)) {
                    row[j] = entry;
                }
            }
        }
        known.signatures[i].row = row;
        known.settle(run, i);
        for &(j, reach) in &columns {
            faint.entries[i][j] = (STEP - reach).max(Faint::NOTHING + 1);
        }
    }
    Ok(())
}

/// Columns that are nothing but zero, by two answers each at any point.
pub(super) fn prove<S: Solve>(
    run: &mut Run<'_, S>,
    known: &mut Known<S>,
    center: &[Num<S>],
    faint: &mut Faint,
) -> Result<(), Error> {
    let quiet = quiet(run, known)?;
    let farthest: Vec<(usize, i32)> = quiet.into_iter().map(|j| (j, FAR)).collect();
    let still = still(run, center, &farthest)?;
    for (&(j, _), _) in farthest.iter().zip(still).filter(|(_, still)| *still) {
        clear(run, known, j, faint);
    }
    Ok(())
}

/// A column of zeros.
fn clear<S: Solve>(run: &Run<'_, S>, known: &mut Known<S>, j: usize, faint: &mut Faint) {
    for (unit, entries) in known.signatures.iter_mut().zip(&mut faint.entries) {
        unit.row[j] = run.zero();
        entries[j] = Faint::NOTHING;
    }
}

/// Columns in which no row has a large entry.
fn quiet<S: Solve>(run: &mut Run<'_, S>, known: &Known<S>) -> Result<Vec<usize>, Error> {
    let one = run.lift(1.0);
    let mut quiet = Vec::new();
    for j in 0..run.inputs() {
        run.open(Item::default().axis(j));
        let mut small = true;
        for unit in &known.signatures {
            small = small && run.is_zero(Site::Faint, &unit.row[j], &one)?;
        }
        if small {
            quiet.push(j);
        }
    }
    Ok(quiet)
}

/// Every such column with `log2` of half the longest step, to a binade, that leaves no unit active, to either
/// side of where none is; `None` where a step of `2^FAR` does.
///
/// There every pre-activation is `−2^AWAY`, so that all entries are at most `2^(AWAY − k)`. The smallest step, that
/// of a large column, is known to leave it so.
fn reaches<S: Solve>(
    run: &mut Run<'_, S>,
    known: &Known<S>,
    rest: &[Num<S>],
) -> Result<Vec<(usize, Option<i32>)>, Error> {
    let quiet = quiet(run, known)?;
    let farthest: Vec<(usize, i32)> = quiet.iter().map(|&j| (j, FAR)).collect();
    let zero = still(run, rest, &farthest)?;
    let mut bounds: Vec<(usize, i32, i32)> =
        quiet.iter().zip(&zero).filter(|(_, zero)| !**zero).map(|(&j, _)| (j, STEP, FAR)).collect();
    while bounds.iter().any(|(_, low, high)| high - low > 1) {
        let middle = |&(j, low, high): &(usize, i32, i32)| (j, low + (high - low) / 2);
        let asked: Vec<(usize, i32)> = bounds.iter().map(middle).collect();
        for ((bound, (_, middle)), still) in bounds.iter_mut().zip(&asked).zip(still(run, rest, &asked)?) {
            *(if still { &mut bound.1 } else { &mut bound.2 }) = *middle;
        }
    }
    let zeros = quiet.into_iter().zip(zero).filter(|(_, zero)| *zero).map(|(j, _)| (j, None));
    // A binade less: where another unit is alone, pre-activations are off by what its place is rounded.
    Ok(bounds.into_iter().map(|(j, low, _)| (j, Some(low - 1))).chain(zeros).collect())
}

/// Whether an answer stays the same when one coordinate moves by `±2^k`, for each `(coordinate, k)`.
fn still<S: Scalar>(run: &mut Run<'_, S>, center: &[Num<S>], moves: &[(usize, i32)]) -> Result<Vec<bool>, Error> {
    if moves.is_empty() {
        return Ok(Vec::new());
    }
    let here = run.ask(&Batch::Points(std::slice::from_ref(&center.to_vec())))?.swap_remove(0);
    let mut probes: Vec<Probe<S>> = Vec::with_capacity(2 * moves.len());
    for &(j, k) in moves {
        let step = Dyadic::power(k).lift::<S>(run.context);
        probes.push(vec![(j, &center[j] + &step)]);
        probes.push(vec![(j, &center[j] - &step)]);
    }
    let answers = run.ask(&Batch::Probes { center, probes: &probes })?;
    let mut still = Vec::with_capacity(moves.len());
    for (pair, &(j, _)) in answers.chunks_exact(2).zip(moves) {
        run.open(Item::default().axis(j));
        still.push(unmoved(run, &here, &pair[0])? && unmoved(run, &here, &pair[1])?);
    }
    Ok(still)
}
