//! Runs on a deep victim: its layers compared after gauge fixing, and equality.

use super::Spread;
use crate::experiment::DeepFinished;
use crate::net::{Affine, Network, same};

pub use crate::net::Sameness;
use crate::num::{Exact, Rational, Scalar};

/// `log2` of the relative error up to which a row counts as found.
const FOUND: f64 = -8.0;

/// A run and how close what it found is to the victim.
#[derive(Clone, Debug)]
pub struct DeepJudged {
    /// The run.
    pub run: DeepFinished,
    /// The hidden layers found, beside the victim's.
    pub layers: Vec<LayerError>,
    /// Whether the network is the victim's function on ℝ^d; `None` without a network.
    pub sameness: Option<Sameness>,
}

/// The rounded and the exact run of one deep victim.
#[derive(Clone, Debug)]
pub struct DeepDual {
    /// The exact run.
    pub exact: DeepJudged,
    /// The run in `f64`.
    pub rounded: DeepJudged,
}

/// The rows of a layer beside the victim's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LayerError {
    /// Units of the victim's layer.
    pub units: usize,
    /// Rows that the run took for units of it.
    pub rows: usize,
    /// Units that one of them is.
    pub found: usize,
    /// `log2` of the error of an entry or a bias relative to the row's largest, a spread over the units found.
    pub error: Option<Spread>,
}

/// Both runs, judged. `victim`: the network in ℚ.
pub fn deep_dual(victim: &Network<Rational>, exact: DeepFinished, rounded: DeepFinished) -> DeepDual {
    let judge = |run: DeepFinished| DeepJudged {
        layers: layer_errors(victim, &run.layers),
        sameness: run.network.as_ref().map(|network| same(network, victim)),
        run,
    };
    DeepDual { exact: judge(exact), rounded: judge(rounded) }
}

/// Compares layers in the gauge of the victim: units matched to its units, layer by layer, and rows scaled to theirs.
///
/// Units of a layer without a counterpart have no part in the rows of the next.
pub fn layer_errors(victim: &Network<Rational>, copy: &[Affine<Rational>]) -> Vec<LayerError> {
    // Which of the victim's values each of the copy's is, and the copy's over it.
    let mut gauge: Vec<Option<(usize, Rational)>> =
        (0..victim.inputs()).map(|j| Some((j, Rational::integer(1)))).collect();
    let hidden = &victim.layers()[..victim.hidden_layers()];
    let mut errors = Vec::with_capacity(copy.len());
    for (layer, truth) in copy.iter().zip(hidden) {
        let mut owners: Vec<Option<(usize, Rational, f64)>> = Vec::with_capacity(layer.units());
        for (row, bias) in layer.weights().iter_rows().zip(layer.bias()) {
            let mut seen = vec![Rational::default(); truth.inputs()];
            for (x, gauge) in row.iter().zip(&gauge) {
                if let Some((j, scale)) = gauge {
                    seen[*j] = seen[*j].add(&x.mul(scale));
                }
            }
            seen.push(bias.clone());
            owners.push(owner(truth, &seen));
        }
        let mut best: Vec<Option<f64>> = vec![None; truth.units()];
        for (unit, _, error) in owners.iter().flatten().filter(|(_, _, error)| *error <= FOUND) {
            best[*unit] = Some(best[*unit].map_or(*error, |known| known.min(*error)));
        }
        let found: Vec<f64> = best.into_iter().flatten().collect();
        let (units, rows) = (truth.units(), layer.units());
        errors.push(LayerError { units, rows, found: found.len(), error: Spread::of(found) });
        gauge = owners
            .into_iter()
            .map(|owner| owner.filter(|(_, _, error)| *error <= FOUND).map(|(unit, scale, _)| (unit, scale)))
            .collect();
    }
    errors
}

/// The unit that a row with its bias is most like, the row's scale over it, and the error.
fn owner(truth: &Affine<Rational>, seen: &[Rational]) -> Option<(usize, Rational, f64)> {
    let candidates = truth.weights().iter_rows().zip(truth.bias()).enumerate().filter_map(|(unit, (row, bias))| {
        let truth: Vec<&Rational> = row.iter().chain([bias]).collect();
        let top = (0..truth.len()).max_by_key(|&j| truth[j].magnitude())?;
        let scale = seen[top].div(truth[top])?;
        if scale <= Rational::default() {
            return None;
        }
        let miss = |j: usize| seen[j].sub(&truth[j].mul(&scale)).magnitude();
        let worst = (0..truth.len()).map(miss).max()?;
        let error = worst.div(&truth[top].mul(&scale).magnitude())?.log2_magnitude();
        Some((unit, scale, error))
    });
    candidates.min_by(|a, b| a.2.total_cmp(&b.2))
}
