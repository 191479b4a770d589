//! Snap between layers: rows of a layer that was measured by gradients alone, with errors of many sizes.

use super::grid::{Told, exp2, on_grid, told};
use super::ratio::{Anchor, Entry, anchor_within};
use super::{COMMON, Grid};
use crate::num::{Exact, Rational, Scalar};

/// Errors that rows are tried with, `log2` relative to their largest entry, from the least up.
const ROWS: [i32; 4] = [-42, -38, -34, -30];
/// Bits by which what a row tells must exceed what is asked of it: a row that is none of floats passes for one with
/// probability `2^−SURPLUS`, and the network with it is checked.
const SURPLUS: f64 = 20.0;
/// Errors of a bias that is computed from a critical point, `log2` relative to its terms.
const BIASES: [i32; 4] = [-48, -44, -40, -34];
/// Errors of output weights fitted to answers, `log2` relative to their terms.
const OUTPUTS: [i32; 4] = [-47, -44, -41, -37];

/// The floats of this kind that a row and its bias are, up to a positive factor; `None` where they are none, or several.
///
/// `row`: its largest entry ±1. `point`: on its hyperplane, `[inputs]`. An entry within its error of zero is zero.
pub(in crate::attack) fn row(row: &[f64], point: &[f64], grid: Grid) -> Option<(Vec<f64>, f64)> {
    let entries: Vec<Entry> = row.iter().map(|x| Entry { size: x.abs(), blur: 0, least: ROWS[0] }).collect();
    let Anchor::Only { largest, error } = anchor_within(&entries, grid.bits(), ROWS, SURPLUS) else { return None };
    let factors = (1..COMMON).step_by(2).map_while(|c| (c * largest).checked_ilog2().map(|_| c * largest));
    let factors = factors.take_while(|m| *m < 1 << grid.bits());
    for m in factors {
        let off = |x: f64| (on_grid(m as f64 * x, grid.bits()) - m as f64 * x).abs() / m as f64;
        // The error that the row has, by entries that tell theirs: a smaller one may be of several floats, or zero.
        let told = row.iter().zip(&entries).filter(|(_, entry)| entry.is_told(grid.bits(), error));
        let own = told.map(|(&x, _)| off(x)).fold(exp2(ROWS[0] - f64::MANTISSA_DIGITS as i32), f64::max);
        let snapped = |x: f64| {
            if x.abs() <= 4.0 * own {
                return Some(0.0);
            }
            (x.abs() * exp2(-grid.bits() - 2) >= own).then(|| on_grid(m as f64 * x, grid.bits()))
        };
        let Some(row) = row.iter().map(|&x| snapped(x)).collect::<Option<Vec<f64>>>() else { continue };
        let terms = row.iter().zip(point).map(|(w, x)| (w * x).abs()).sum::<f64>();
        if let Some(bias) = number(-exact_dot(&row, point), terms, grid, BIASES) {
            // As large as a measured row is: a power of two moves every float to another.
            let size = exp2(-(m.ilog2() as i32));
            return Some((row.iter().map(|w| w * size).collect(), bias * size));
        }
    }
    None
}

/// The float of this kind that an output weight is; `beside`: what its error is relative to.
pub(in crate::attack) fn output(x: f64, beside: f64, grid: Grid) -> Option<f64> {
    number(x, beside, grid, OUTPUTS)
}

fn number(x: f64, beside: f64, grid: Grid, errors: [i32; 4]) -> Option<f64> {
    match told(x, grid.bits(), errors, beside, 0) {
        Told::Is(value) => Some(value),
        // Within its error of zero.
        Told::Open(_) if x.abs() <= exp2(errors[0] + 2) * beside => Some(0.0),
        Told::Open(_) | Told::Off => None,
    }
}

/// `Σ wᵢ·xᵢ`, rounded once.
fn exact_dot(w: &[f64], x: &[f64]) -> f64 {
    let lift = |x: f64| if x.is_finite() { Rational::lift(x, ()) } else { Rational::integer(0) };
    let sum = w.iter().zip(x).fold(Rational::default(), |sum, (w, x)| sum.add(&lift(*w).mul(&lift(*x))));
    f64::nearest(&sum, ())
}
