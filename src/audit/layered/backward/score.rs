//! Where a box is best split: at the input to which the relaxation owes most.
//!
//! A unit's planes lose, in the worst row, at most its coefficient times the gap between the planes. That loss is
//! shared among the inputs by the unit's own coefficients. Nothing here has to be right.

use super::layers::Layers;
use super::rows::{Rows, Side};
use super::weights::{Layer, Weights};
use crate::linalg::Matrix;

/// The row of an output's largest difference.
pub(super) struct Worst {
    pub(super) output: usize,
    pub(super) sign: f64,
    /// In the inputs, at `place`.
    pub(super) row: Rows,
    pub(super) place: usize,
    /// Whether it bounds both networks apart.
    pub(super) apart: bool,
}

impl Worst {
    /// The largest of all outputs and signs, each by the better of its rows: `rows`, whose bounds are `largest`, and
    /// those of both networks apart, where there are any.
    pub(super) fn new(outputs: &[usize], rows: Rows, largest: &[f64], mut apart: Vec<(f64, Rows)>) -> Option<Self> {
        let better = |place: usize| apart.get(place).map_or(largest[place], |(bound, _)| bound.min(largest[place]));
        let place = (0..largest.len()).max_by(|a, b| better(*a).total_cmp(&better(*b)))?;
        let (output, sign) = (outputs[place % outputs.len()], if place < outputs.len() { 1.0 } else { -1.0 });
        let is_apart = apart.get(place).is_some_and(|(bound, _)| *bound < largest[place]);
        let (row, place) = if is_apart { (apart.swap_remove(place).1, 0) } else { (rows, place) };
        Some(Self { output, sign, row, place, apart: is_apart })
    }
}

/// The loss to each input, `[free]`.
pub(super) fn scores(weights: &Weights, layers: &Layers, worst: &Worst, ends: &[(f64, f64)]) -> Vec<f64> {
    let width = |q: usize| ends[q].1 - ends[q].0;
    let row = worst.row.a.row(worst.place);
    let mut scores: Vec<f64> = row.iter().enumerate().map(|(q, c)| c.abs() * width(q)).collect();
    let Some(layer) = weights.layers.last() else { return scores };
    let sides: &[(Side, f64)] = match worst.apart {
        true => &[(Side::Copy, 1.0), (Side::Victim, -1.0)],
        false => &[(Side::Change, 1.0)],
    };
    let nothing = vec![0.0; layer.victim.units()];
    for (side, sign) in sides {
        let mut rows = Rows::of(layer, *side, &[(worst.output, sign * worst.sign)], &nothing);
        for j in (0..weights.layers.len() - 1).rev() {
            let losses = losses(&rows, layers, j);
            for (unit, loss) in losses.into_iter().enumerate().filter(|(_, loss)| *loss > 0.0) {
                share(&mut scores, loss, coefficients(&weights.layers[j], layers, j, unit, *side), &width);
            }
            rows = rows.through(&weights.layers[j], &layers.bounded[j], j == 0);
        }
    }
    scores
}

/// What the planes of a layer's units lose in a row.
fn losses(rows: &Rows, layers: &Layers, j: usize) -> Vec<f64> {
    let (bounded, ranges) = (&layers.bounded[j], &layers.ranges[j]);
    let (relus, sums) = match rows.side {
        Side::Copy => (&bounded.copy, &ranges.copied),
        _ => (&bounded.victim, &ranges.z),
    };
    let one = |i: usize| {
        let a = rows.a.row(0)[i];
        let by_a = match (sums[i].is_open(), a > 0.0) {
            (false, _) => 0.0,
            (true, true) => a * relus[i].offset,
            (true, false) => -a * sums[i].upper.min(-sums[i].lower),
        };
        let e = if rows.side == Side::Change { rows.e.row(0)[i] } else { 0.0 };
        let plane = if e > 0.0 { bounded.change[i].upper } else { bounded.change[i].lower };
        by_a + (e * plane.offset).abs()
    };
    (0..relus.len()).map(one).collect()
}

/// The coefficients of a unit in the inputs, where they are known.
fn coefficients<'a>(layer: &'a Layer, layers: &'a Layers, j: usize, unit: usize, side: Side) -> Option<&'a [f64]> {
    let matrix: &Matrix<f64> = if side == Side::Copy { &layer.copy.weights } else { &layer.victim.weights };
    if j == 0 {
        return Some(matrix.row(unit));
    }
    let [victim, copy] = &layers.traced[j];
    let own = if side == Side::Copy { copy } else { victim };
    own.as_ref().or(victim.as_ref()).and_then(|traced| traced.row(unit))
}

fn share(scores: &mut [f64], loss: f64, row: Option<&[f64]>, width: &dyn Fn(usize) -> f64) {
    let Some(row) = row else { return };
    let total: f64 = row.iter().enumerate().map(|(q, c)| c.abs() * width(q)).sum();
    if total > 0.0 && loss.is_finite() {
        for (q, (score, c)) in scores.iter_mut().zip(row).enumerate() {
            *score += loss * c.abs() * width(q) / total;
        }
    }
}
