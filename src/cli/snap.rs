//! `run --snap`: the kinds of floats that weights are taken for.

use crate::attack::snap::Grid;

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
    /// The kinds to try, the coarsest first.
    pub(super) fn grids(self) -> Vec<Grid> {
        match self {
            Self::Bf16 => vec![Grid::Bf16],
            Self::F16 => vec![Grid::F16],
            Self::F32 => vec![Grid::F32],
            Self::Auto => Grid::ALL.to_vec(),
        }
    }
}
