//! `run --snap`: the f64 run's network as floats of few bits, and whether that is the victim.

use crate::attack::snap::Grid;
use crate::compare::{Dual, Equality, Snapped, snapped};
use crate::net::Shallow;
use crate::num::Scalar;
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
    /// network, where it is the victim, and what to report.
    pub(super) fn apply(self, victim: &Shallow<f64>, result: &Dual) -> (Option<Shallow<f64>>, Snap) {
        let mut reasons = Vec::new();
        for grid in self.grids() {
            match snapped(victim, &result.rounded.run, grid) {
                None => return (None, Snap::Nothing),
                Some(Ok(Snapped { network, zeros, equality })) => {
                    let (kind, inputs) = (grid.name(), victim.shape().inputs);
                    let exact = (equality == Equality::Equal).then(|| network.map(|x| f64::nearest(x, ())));
                    return (exact, Snap::Found { kind, zeros, equality, inputs });
                }
                Some(Err(reason)) => reasons.push(format!("{}: {reason}", grid.name())),
            }
        }
        (None, Snap::Off(reasons))
    }
}
