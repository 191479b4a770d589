//! Errors of a rounded run along the exact run's path, stage by stage.

use crate::judge::{Item, Stage};
use crate::num::{Exact, Rational, Scalar};
use crate::trace::{Kink, Orientation, Round, Signature, Trace};
use std::collections::HashMap;

/// `log2` of relative errors over the items of a stage; `−∞` where all are exact.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// The largest.
    pub max: f64,
    /// The median.
    pub median: f64,
}

impl Spread {
    /// The spread of these `log2` errors; `None` of nothing.
    pub fn of(mut errors: Vec<f64>) -> Option<Self> {
        errors.sort_by(f64::total_cmp);
        Some(Self { max: *errors.last()?, median: errors[errors.len() / 2] })
    }
}

/// What one stage did to the error.
#[derive(Clone, Debug, PartialEq)]
pub struct StageErrors {
    /// The stage.
    pub stage: Stage,
    /// Correct bits of its worst input: those of the stage before, or of the oracle's answers.
    pub bits_in: Option<f64>,
    /// Error of its outputs; `None` where a stage only decides.
    pub error: Option<Spread>,
    /// Correct bits of its worst output.
    pub bits_out: Option<f64>,
    /// `bits_in − bits_out`.
    pub bits_lost: Option<f64>,
}

/// Errors stage by stage of `rounded`, a run along the path of `exact`.
///
/// `answers`: exact answers at the rounded run's own critical points, in the order of its
/// signatures, each `[outputs]`; their distance from the rounded answers, relative to the
/// output mass, is what the oracle itself lost.
///
/// Relative to: the distance from the line's origin plus one (critical points); the row's
/// largest entry, and of its bias one plus its magnitude (ratios); the unit's largest output weight
/// (last layer). [`super::weight_error`] has errors of whole networks, of the bias as it is.
pub fn values(exact: &Trace<Rational>, rounded: &Trace<Rational>, answers: &[Vec<Rational>]) -> Vec<StageErrors> {
    let oracle = rounded.signatures().iter().zip(answers).filter_map(|(signature, truth)| {
        let miss = signature.answer.iter().zip(truth).map(|(a, t)| a.sub(t).magnitude()).max()?;
        Some(miss.div(&signature.mass)?.log2())
    });
    let mut bits_in = Spread::of(oracle.collect()).map(|spread| bits(spread.max));
    let mut stages = Vec::new();
    for stage in Stage::ALL {
        let error = match stage {
            Stage::Locate => spread(position_errors(exact, rounded)),
            // What polish made of the rows is its own.
            Stage::Signature => rows(exact, rounded, rounded.polished.rounds.first()),
            Stage::Polish => rounded.polished.rounds.last().and_then(|round| rows(exact, rounded, Some(round))),
            Stage::LastLayer => output_errors(exact, rounded).and_then(spread),
            Stage::Orientation | Stage::Check => None,
        };
        let reached = match stage {
            Stage::Orientation => exact.orientation().is_some() && rounded.orientation().is_some(),
            _ => error.is_some(),
        };
        if stage == Stage::Polish && error.is_none() {
            continue;
        }
        let bits_out = error.map(|spread| bits(spread.max)).or(bits_in.filter(|_| reached));
        let bits_lost = bits_in.zip(bits_out).map(|(before, after)| before - after);
        stages.push(StageErrors { stage, bits_in: bits_in.filter(|_| reached), error, bits_out, bits_lost });
        bits_in = bits_out;
    }
    stages
}

/// Correct bits, `−log2` of the error; an exact result counts as 53.
fn bits(error: f64) -> f64 {
    if error == f64::NEG_INFINITY { f64::from(f64::MANTISSA_DIGITS) } else { -error }
}

fn relative(miss: &Rational, scale: &Rational) -> f64 {
    miss.div(scale).map_or(f64::NEG_INFINITY, |ratio| ratio.log2())
}

/// The error of one item, named where it was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ItemError {
    /// The stage whose output it is.
    pub stage: Stage,
    /// The critical point; `None` of a unit without a row of its own.
    pub item: Option<Item>,
    /// `log2` of its relative error, as in [`values`].
    pub log2: f64,
}

/// The errors of `rounded`, a run along the path of `exact`, item by item: what [`values`] has the
/// largest and the median of.
pub fn item_errors(exact: &Trace<Rational>, rounded: &Trace<Rational>) -> Vec<ItemError> {
    let named = |stage: Stage, errors: Vec<(Option<Item>, f64)>| {
        errors.into_iter().map(move |(item, log2)| ItemError { stage, item, log2 })
    };
    let polished = rounded.polished.rounds.last().map(|round| row_errors(exact, rounded, Some(round)));
    named(Stage::Locate, position_errors(exact, rounded))
        .chain(named(Stage::Signature, row_errors(exact, rounded, rounded.polished.rounds.first())))
        .chain(named(Stage::Polish, polished.unwrap_or_default()))
        .chain(named(Stage::LastLayer, output_errors(exact, rounded).unwrap_or_default()))
        .collect()
}

fn spread(errors: Vec<(Option<Item>, f64)>) -> Option<Spread> {
    Spread::of(errors.into_iter().map(|(_, log2)| log2).collect())
}

fn position_errors(exact: &Trace<Rational>, rounded: &Trace<Rational>) -> Vec<(Option<Item>, f64)> {
    let truth: HashMap<Item, &Rational> = exact.located.kinks.iter().flatten().map(|k| (k.item, &k.position)).collect();
    let one = Rational::integer(1);
    let error = |kink: &Kink<Rational>| {
        let position = truth.get(&kink.item)?;
        Some((Some(kink.item), relative(&kink.position.sub(position), &one.add(&position.magnitude()))))
    };
    rounded.located.kinks.iter().flatten().filter_map(error).collect()
}

/// Errors of the rows as a round of polish left them, or as they are.
pub(super) fn rows(exact: &Trace<Rational>, rounded: &Trace<Rational>, at: Option<&Round<Rational>>) -> Option<Spread> {
    spread(row_errors(exact, rounded, at))
}

fn row_errors(
    exact: &Trace<Rational>,
    rounded: &Trace<Rational>,
    at: Option<&Round<Rational>>,
) -> Vec<(Option<Item>, f64)> {
    let truth: HashMap<Item, &Signature<Rational>> = exact.signatures().iter().map(|s| (s.item, s)).collect();
    let error = |(i, seen): (usize, &Signature<Rational>)| {
        let (row, bias) = match at {
            Some(round) => (round.rows.get(i)?, round.biases.get(i)?),
            None => (&seen.row, &seen.bias),
        };
        Some((Some(seen.item), row_error(row, bias, truth.get(&seen.item)?)?))
    };
    rounded.signatures().iter().enumerate().filter_map(error).collect()
}

/// Largest error of a row, and of its bias relative to one plus its magnitude, both scaled to 1 at
/// the exact run's reference; infinite of a row that is zero there.
fn row_error(row: &[Rational], bias: &Rational, exact: &Signature<Rational>) -> Option<f64> {
    let scale = &row[exact.reference];
    let misses = row.iter().zip(&exact.row).map(|(r, e)| Some(r.div(scale)?.sub(e).magnitude()));
    let one = Rational::integer(1).add(&exact.bias.magnitude());
    let bias_miss = bias.div(scale).and_then(|bias| bias.sub(&exact.bias).magnitude().div(&one));
    let worst = misses.chain([bias_miss]).collect::<Option<Vec<_>>>();
    worst.map_or(Some(f64::INFINITY), |misses| Some(misses.into_iter().max()?.log2()))
}

fn output_errors(exact: &Trace<Rational>, rounded: &Trace<Rational>) -> Option<Vec<(Option<Item>, f64)>> {
    let (truth, seen) = (exact.network()?, rounded.network()?);
    let oriented = |trace: &Trace<Rational>| {
        matches!(trace.orientation(), Some(Orientation::Preimages(_) | Orientation::Shares(_)))
    };
    if truth.shape() != seen.shape() || oriented(exact) != oriented(rounded) {
        return None;
    }
    let errors = (0..truth.shape().hidden).filter_map(|i| {
        let pairs = || truth.output().column(i).zip(seen.output().column(i));
        let scale = pairs().map(|(t, _)| t.magnitude()).max()?;
        let item = rounded.signatures().get(i).filter(|_| oriented(rounded)).map(|signature| signature.item);
        Some((item, relative(&pairs().map(|(t, s)| s.sub(t).magnitude()).max()?, &scale)))
    });
    Some(errors.collect())
}
