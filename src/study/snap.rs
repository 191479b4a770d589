//! A run's network as floats of few bits, and whether that is the victim.

use crate::attack::snap::Grid;
use crate::compare::{Equality, Snapped, snapped};
use crate::experiment::Finished;
use crate::net::Shallow;
use crate::num::Rational;

/// What came of taking weights for floats of few bits.
#[derive(Clone, Debug)]
pub enum Snap {
    /// The run has no network.
    Nothing,
    /// A network of such floats, compared with the victim in ℚ.
    Found {
        /// The kind of float.
        grid: Grid,
        /// The network.
        snapped: Snapped,
    },
    /// No kind asked for fits: each with the reason.
    Off(Vec<String>),
}

impl Snap {
    /// The network, where it is the victim; its weights are floats.
    pub fn victim(&self) -> Option<&Shallow<Rational>> {
        match self {
            Self::Found { snapped: Snapped { network, equality: Equality::Equal, .. }, .. } => Some(network),
            _ => None,
        }
    }
}

/// Snaps a run's network to the first of these kinds of floats that fits.
pub fn snap(victim: &Shallow<f64>, run: &Finished, grids: &[Grid]) -> Snap {
    let mut reasons = Vec::new();
    for &grid in grids {
        match snapped(victim, run, grid) {
            None => return Snap::Nothing,
            Some(Ok(snapped)) => return Snap::Found { grid, snapped },
            Some(Err(reason)) => reasons.push(format!("{}: {reason}", grid.name())),
        }
    }
    Snap::Off(reasons)
}
