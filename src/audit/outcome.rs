//! What an audit is about, and what comes of it.

use super::domain::Domain;
use super::exactly::Exactly;
use super::parts::Parts;
use super::tree::Tree;
use crate::num::{Exact, Rational, Scalar};

/// Two networks on a box.
pub(super) struct Subject<'a> {
    pub(super) victim: Exactly,
    pub(super) copy: Exactly,
    pub(super) domain: &'a Domain,
}

impl Subject<'_> {
    /// A point of the cube as an input, evaluated in ℚ.
    pub(super) fn evaluated(&self, point: &[f64]) -> Witness {
        let input = self.domain.point(point);
        let (victim, copy) = (self.victim.values(&input), self.copy.values(&input));
        Witness { input, victim, copy }
    }
}

/// An input and what both networks answer there, evaluated in ℚ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// The input, `[inputs]`.
    pub input: Vec<Rational>,
    /// The victim's outputs.
    pub victim: Vec<Rational>,
    /// The copy's outputs, not scaled.
    pub copy: Vec<Rational>,
}

impl Witness {
    /// `|c·f' − f|` at an output.
    pub fn difference(&self, output: usize, scale: &Rational) -> Rational {
        self.signed(output, scale).magnitude()
    }

    /// `c·f' − f` at an output.
    pub(super) fn signed(&self, output: usize, scale: &Rational) -> Rational {
        scale.mul(&self.copy[output]).sub(&self.victim[output])
    }
}

/// Bounds on `max|c·f' − f|` at one output.
#[derive(Clone, Debug)]
pub struct Sandwich {
    /// From above, proved.
    pub upper: Rational,
    /// The difference at the witness.
    pub lower: Rational,
    /// Where the difference is at least `lower`; `None` where none was found.
    pub witness: Option<Witness>,
    /// Cells that were bounded.
    pub cells: u64,
    /// Whether the search was cut off, by time or by an interrupt.
    pub cut: bool,
    /// The first of them, for a certificate.
    pub(super) tree: Tree,
}

impl Sandwich {
    /// Takes what inputs show at this output.
    pub(super) fn learn(&mut self, output: usize, scale: &Rational, witnesses: &[Witness]) {
        for witness in witnesses {
            let difference = witness.difference(output, scale);
            if difference > self.lower {
                (self.lower, self.witness) = (difference, Some(witness.clone()));
            }
        }
    }

    /// Takes what another search of the same difference found.
    pub(super) fn improve(&mut self, other: Self) {
        if other.upper < self.upper {
            (self.upper, self.tree) = (other.upper, other.tree);
        }
        if other.lower > self.lower {
            (self.lower, self.witness) = (other.lower, other.witness);
        }
        self.cells += other.cells;
        self.cut = other.cut;
    }
}

/// What the copy's output is multiplied by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scale {
    /// This positive number.
    Fixed(Rational),
    /// The one that favours the copy most.
    Free,
}

/// A sandwich for two networks.
#[derive(Clone, Debug)]
pub struct Audit {
    /// The scale of the upper bounds; of a free one, 0 is the limit of small scales.
    pub scale: Rational,
    /// Whether the search for it ended; true of a fixed one.
    pub settled: bool,
    /// Bounds at each output, at this scale.
    pub outputs: Vec<Sandwich>,
    /// The largest difference of an output is at most this; with a free scale, at the best scale.
    pub upper: Rational,
    /// It is at least this.
    pub lower: Rational,
    /// Inputs that show it: one, or with a free scale those that no scale survives.
    pub witnesses: Vec<Witness>,
    /// Cells that were bounded, in all.
    pub cells: u64,
    /// Of deep networks, what a certificate needs, where that was kept.
    pub parts: Option<Parts>,
}
