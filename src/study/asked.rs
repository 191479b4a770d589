//! What is asked for beside the two runs, and what of it goes together.

use super::Error;
use crate::attack::Strategy;
use crate::experiment::{Arithmetic, Cell};
use crate::net::Family;

/// What a study is asked for beside the two runs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asked {
    /// Rows measured once more.
    pub polish: bool,
    /// Weights bit for bit.
    pub snap: bool,
    /// The five runs that tell whose rounding costs what.
    pub attribution: bool,
    /// Whose error each stage's is.
    pub ledger: bool,
    /// Bounds on every number and sign.
    pub certify: bool,
    /// The fewest answer bits.
    pub bits: bool,
}

impl Asked {
    /// Errors where it contradicts itself, the runs, or the activation of the victim's hidden units.
    pub fn check(&self, cell: &Cell, strategy: Strategy, activation: Family) -> Result<(), Error> {
        cell.check()?;
        if self.attribution && !cell.rounds() {
            return Err(Error::NothingRounds);
        }
        if self.certify && !cell.questions().is_empty() {
            return Err(Error::QuestionsRounded);
        }
        if self.certify && !matches!(cell.attacker, Arithmetic::F64 | Arithmetic::Exact) {
            return Err(Error::Unbounded { attacker: cell.attacker });
        }
        if (self.polish || self.snap) && !matches!(strategy, Strategy::Walk) {
            return Err(Error::Refined { strategy });
        }
        if self.bits && self.snap {
            return Err(Error::BitsAndSnap);
        }
        let for_relu = [
            ("polish", self.polish),
            ("snapping", self.snap),
            ("the ledger", self.ledger),
            ("certified bounds", self.certify),
            ("the search for answer bits", self.bits),
            ("the textbook attack", matches!(strategy, Strategy::Textbook)),
        ];
        match for_relu.into_iter().find(|(_, asked)| *asked && activation != Family::Relu) {
            Some((what, _)) => Err(Error::ReluAlone { what, activation }),
            None if activation == Family::Identity => Err(Error::Affine),
            None => Ok(()),
        }
    }
}
