//! `run --snap`: the f64 run's network as floats of few bits, and whether that is the victim.

use crate::attack::snap::{Grid, snap};
use crate::compare::{Dual, Equality, equality};
use crate::net::Network;
use crate::num::{Rational, Scalar};

/// A kind of float that weights are taken for.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(super) enum Kind {
    Bf16,
    F16,
    F32,
    /// The coarsest of these that fits
    Auto,
}

/// What came of it.
pub(super) struct Snapped {
    /// The network, where there is one.
    pub(super) network: Option<Network<f64>>,
    /// One sentence.
    pub(super) verdict: String,
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

    /// Snaps the rounded run's network and compares what comes out with the victim, in ℚ.
    pub(super) fn apply(self, victim: &Network<f64>, result: &Dual) -> Snapped {
        let Some(copy) = result.rounded.run.network() else {
            return Snapped { network: None, verdict: "Nothing to snap: the run stopped.".to_owned() };
        };
        let mut reasons = Vec::new();
        for grid in self.grids() {
            match snap(copy, grid) {
                Ok(network) => {
                    let exact = |network: &Network<f64>| network.map(|&w| Rational::lift(w, ()));
                    let name = grid.name();
                    let verdict = match equality(&exact(victim), &network) {
                        Equality::Equal => format!(
                            "Snapped to {name}: every weight exactly, up to a power of two and a common factor of \
                             each row; in exact arithmetic the network is the victim on all of R^{}.",
                            victim.shape().inputs
                        ),
                        Equality::Different(what) => format!("Snapped to {name}, which is not the victim: {what}."),
                        Equality::BackendsDisagree => {
                            format!("Snapped to {name}; the two exact backends disagree on what that is.")
                        }
                    };
                    let network = network.map(|x| f64::nearest(x, ()));
                    return Snapped { network: Some(network), verdict };
                }
                Err(reason) => reasons.push(format!("{}: {reason}", grid.name())),
            }
        }
        Snapped { network: None, verdict: format!("Not snapped ({}).", reasons.join("; ")) }
    }
}
