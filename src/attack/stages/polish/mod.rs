//! Polish: rows measured again where all hyperplanes known by now allow it best.
//!
//! A walk measures a gradient wherever two neighbouring kinks of a line leave room. With all
//! hyperplanes known, better places can be computed, of two kinds:
//!
//! | | where | queries a row | what it needs |
//! |---|---|---|---|
//! | [`alone`] | one unit is active and no other | `inputs + 2`, and one | independent rows |
//! | [`apart`] | either side of one hyperplane, as far from the others as samples of it come | `2·inputs + 2` | |
//!
//! [`noise`] predicts the error of a row at each place from what is known, and a row is measured
//! where that gains at least a bit. Old and new are combined, each with the inverse square of
//! its error. Then everything is known better, and a next round may gain again; it is
//! over when nothing does.

mod alone;
mod apart;
mod faint;
mod noise;

use crate::attack::{Error, Run};
use crate::judge::{Item, Site, Stage};
use crate::linalg::Solve;
use crate::num::{Num, Scalar};
use crate::trace::{Round, Signature};
use alone::Places;
use apart::Samples;
use noise::{Anchor, Known};
use std::cmp::Ordering;

/// Rounds at most; the second seldom gains.
const ROUNDS: usize = 4;
/// An error so many times another's has no part in a mean.
const MUCH: f64 = 8.0;

/// A row as one measurement gives it, its entry at the reference 1.
struct Remeasured<S> {
    /// `[inputs]`.
    row: Vec<Num<S>>,
    /// `[outputs]`.
    strength: Vec<Num<S>>,
    /// Where its pre-activation was found, too, if it was.
    anchor: Option<Anchor<S>>,
}

/// Rows, biases and strengths measured again, in the trace; returns the output biases where
/// polish has them, `[outputs]`.
///
/// `signs`: which side of each row is active, where that is known. `errors`: of an entry of each row, beside its largest, in roundoffs. For arithmetics that
/// round: in ℚ there is nothing to gain, and points solved for have many digits. Every round
/// is recorded; what does not agree with the row known is dropped.
pub(in crate::attack) fn polish<S: Solve>(
    run: &mut Run<'_, S>,
    signs: Option<&[Ordering]>,
    errors: Vec<Num<S>>,
) -> Result<Option<Vec<Num<S>>>, Error> {
    run.enter(Stage::Polish);
    let mut known = Known::new(run, errors)?;
    record(run, &known, 0);
    for round in 0..ROUNDS {
        let places = match signs {
            Some(signs) => Places::far(run, &mut known, signs)?,
            None => None,
        };
        let samples = Samples::new(run, &known, round);
        let mut measured = 0;
        for i in 0..known.signatures.len() {
            let place = places.as_ref().zip(signs).map(|(places, signs)| (places, signs[i]));
            let Some((found, error, alone)) = again(run, &known, i, place, &samples)? else { continue };
            let signature = &known.signatures[i];
            let agreed = agrees(run, signature.item, &found.row, &signature.row, &(&error + &known.errors[i]))?;
            if agreed || (alone && confirmed(run, &known, i, &found, &error, &samples)?) {
                // A row that two measurements speak against has no part in a mean.
                let before = agreed.then_some(&known.errors[i]);
                combine(run, &mut known.signatures[i], &found, before, &error)?;
                known.errors[i] = error;
                known.settle(run, i);
                if let Some(anchor) = found.anchor {
                    known.offer(run, i, anchor)?;
                }
                measured += 1;
            }
        }
        if measured == 0 {
            break;
        }
        known = known.renewed(run)?;
        if let Some(signs) = signs.filter(|_| places.is_some()) {
            // Rows are known better now, and so is where one unit is alone.
            alone::biases(run, &mut known, signs)?;
            known = known.renewed(run)?;
        }
        record(run, &known, measured);
    }
    if let Some(signs) = signs.filter(|_| run.options.faint) {
        let (found, faint) = faint::faint(run, known, signs)?;
        (known, run.trace.polished.faint) = (found, Some(faint));
    }
    run.trace.polished.signatures = Some(known.signatures);
    Ok(known.resting)
}

/// Row `i` measured at the place of the smaller error, with that error, and whether it was alone there;
/// `None` where no place gains.
fn again<S: Solve>(
    run: &mut Run<'_, S>,
    known: &Known<S>,
    i: usize,
    alone: Option<(&Places<S>, Ordering)>,
    samples: &Samples<S>,
) -> Result<Option<(Remeasured<S>, Num<S>, bool)>, Error> {
    let signature = &known.signatures[i];
    run.open(signature.item);
    if let Some((places, sign)) = alone
        && let Some((place, error)) = places.of(run, known, i)
        && gains(run, &error, &known.errors[i])?
    {
        return Ok(alone::measure(run, signature, sign, place)?.map(|found| (found, error, true)));
    }
    let Some(place) = samples.best(run, known, i)? else { return Ok(None) };
    if !gains(run, &place.error, &known.errors[i])? {
        return Ok(None);
    }
    Ok(place.measure(run, known, i)?.map(|found| (found, place.error, false)))
}

/// Whether an error is half of what it was, at most.
fn gains<S: Scalar>(run: &mut Run<'_, S>, error: &Num<S>, before: &Num<S>) -> Result<bool, Error> {
    let doubled = error + error;
    Ok(run.sign(Site::Length, &(before - &doubled), before)?.is_gt())
}

/// Whether two rows are one, as far as the sum of their errors tells.
fn agrees<S: Scalar>(
    run: &mut Run<'_, S>,
    item: Item,
    row: &[Num<S>],
    other: &[Num<S>],
    error: &Num<S>,
) -> Result<bool, Error> {
    run.open(item);
    let miss = row.iter().zip(other).fold(run.zero(), |sum, (x, y)| &sum + &(x - y).abs());
    let entries = run.lift(row.len() as f64);
    run.is_zero(Site::Agree, &miss, &(error * &entries))
}

/// Whether a third measurement, across the hyperplane, finds the row that one found alone and that was not known.
///
/// Of a row found across it the same place would say nothing new.
fn confirmed<S: Solve>(
    run: &mut Run<'_, S>,
    known: &Known<S>,
    i: usize,
    found: &Remeasured<S>,
    error: &Num<S>,
    samples: &Samples<S>,
) -> Result<bool, Error> {
    let Some(place) = samples.best(run, known, i)? else { return Ok(false) };
    let Some(third) = place.measure(run, known, i)? else { return Ok(false) };
    agrees(run, known.signatures[i].item, &found.row, &third.row, &(error + &place.error))
}

/// The mean of what was known and what was found, by the inverse squares of their errors; what
/// was found alone where that is far better, so that a weight of zero stays one, or where no error
/// `before` is given.
fn combine<S: Scalar>(
    run: &mut Run<'_, S>,
    signature: &mut Signature<Num<S>>,
    found: &Remeasured<S>,
    before: Option<&Num<S>>,
    error: &Num<S>,
) -> Result<(), Error> {
    // Not what the row was computed from any more.
    signature.probes = None;
    let far = error * &run.lift(MUCH);
    let before = match before {
        Some(before) if run.sign(Site::Length, &(before - &far), before)?.is_le() => before,
        _ => {
            (signature.row, signature.strength) = (found.row.clone(), found.strength.clone());
            return Ok(());
        }
    };
    let (old, new) = (before * before, error * error);
    let share = old.over(&(&old + &new)).unwrap_or_else(|| run.lift(1.0));
    let mean = |known: &Num<S>, found: &Num<S>| known + &(&(found - known) * &share);
    let means = |known: &[Num<S>], found: &[Num<S>]| known.iter().zip(found).map(|(k, f)| mean(k, f)).collect();
    signature.row = means(&signature.row, &found.row);
    signature.strength = means(&signature.strength, &found.strength);
    Ok(())
}

/// `g_j·top / top·top` of every entry: rows of rank one across the outputs. `None` where `top` is zero.
fn ratios<S: Scalar>(run: &Run<'_, S>, slopes: &[Vec<Num<S>>], top: &[Num<S>]) -> Option<Vec<Num<S>>> {
    let square = run.dot(top, top);
    slopes.iter().map(|slope| run.dot(slope, top).over(&square)).collect()
}

/// Writes the rows as they stand to the trace.
fn record<S: Scalar>(run: &mut Run<'_, S>, known: &Known<S>, measured: usize) {
    let spent = run.spent();
    run.trace.polished.rounds.push(Round {
        measured,
        spent,
        rows: known.signatures.iter().map(|unit| unit.row.clone()).collect(),
        biases: known.signatures.iter().map(|unit| unit.bias.clone()).collect(),
        errors: known.errors.clone(),
        bias_errors: known.bias_errors.clone(),
    });
}
