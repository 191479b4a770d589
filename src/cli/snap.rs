//! `run --snap`: the f64 run's network as floats of few bits, and whether that is the victim.

use crate::attack::snap::{Grid, snap};
use crate::compare::{Dual, equality};
use crate::net::Network;
use crate::num::{Rational, Scalar};
use crate::report::Snap;

/// A kind of float that weights are taken for.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(super) enum Kind {
    Bf16,
    F16,
    F32,
    /// The coarsest of these that fits
    Auto,
}

impl Kind {
    fn grids(self) -> Vec<Grid> {
        match self {
            Self::Bf16 => vec![Grid::Bf16],
            Self::F16 => vec![Grid::F16],
            Self::F32 => vec![Grid::F32],
            Self::Auto => Grid::ALL.to_vec(),
        }
    }

    /// Snaps the rounded run's network and compares what comes out with the victim, in ℚ: the
    /// network, where there is one, and what to report.
    pub(super) fn apply(self, victim: &Network<f64>, result: &Dual) -> (Option<Network<f64>>, Snap) {
        let Some(copy) = result.rounded.run.network() else { return (None, Snap::Nothing) };
        let mut reasons = Vec::new();
        for grid in self.grids() {
            match snap(copy, grid) {
                Ok(network) => {
                    let truth = victim.map(|&w| Rational::lift(w, ()));
                    let (kind, inputs) = (grid.name(), victim.shape().inputs);
                    let found = Snap::Found { kind, equality: equality(&truth, &network), inputs };
                    return (Some(network.map(|x| f64::nearest(x, ()))), found);
                }
                Err(reason) => reasons.push(format!("{}: {reason}", grid.name())),
            }
        }
        (None, Snap::Off(reasons))
    }
}
