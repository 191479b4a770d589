//! Signs: which side of each hyperplane is active.

use super::each::each;
use std::cmp::Ordering;

/// What tells the active side of a hyperplane: answers along the preimage of its row.
#[derive(Clone, Debug, PartialEq)]
pub struct Sides<T> {
    /// The coordinates of the preimage that are not zero.
    pub preimage: Vec<(usize, T)>,
    /// The answers ahead of the critical point and behind it, `[outputs]` each.
    pub answers: [Vec<T>; 2],
}

impl<T> Sides<T> {
    /// The same over another kind of number; errors: the first of `f`.
    pub fn try_map<U, E>(&self, f: &mut impl FnMut(&T) -> Result<U, E>) -> Result<Sides<U>, E> {
        let preimage = self.preimage.iter().map(|(j, v)| Ok((*j, f(v)?))).collect::<Result<_, _>>()?;
        Ok(Sides { preimage, answers: [each(&self.answers[0], f)?, each(&self.answers[1], f)?] })
    }
}

/// How the rows were given their sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Orientation {
    /// By the preimage test: for each row, the sign that makes it the active side.
    Preimages(Vec<Ordering>),
    /// By a gradient, which is the sum of the active units' alone; signs as above.
    Shares(Vec<Ordering>),
    /// Not needed: the activation is the same function when a unit is flipped.
    Symmetric,
    /// Not at all: the network is returned through its canonical form.
    Canonical(Unoriented),
}

/// Why rows could not be oriented, so that the canonical form had to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unoriented {
    /// There are no rows: the function is affine as far as the lines show.
    NoKinks,
    /// The rows are linearly dependent: this many of them are independent.
    Dependent {
        /// Rank of the rows.
        rank: usize,
    },
    /// Crossing this row's hyperplane along its preimage changes the output on both sides.
    BothSides {
        /// Index of the row.
        row: usize,
    },
    /// The oriented rows do not give the oracle's answers.
    Remainder,
    /// Units of this activation have two kinks each, and this row has no second one.
    Unpaired {
        /// Index of the row.
        row: usize,
    },
    /// This row is part of a gradient, but not as a whole.
    Parted {
        /// Index of the row.
        row: usize,
    },
}

impl std::fmt::Display for Unoriented {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoKinks => f.write_str("no critical point was found"),
            Self::Dependent { rank } => write!(f, "the rows have rank {rank}, less than their number"),
            Self::BothSides { row } => {
                write!(f, "the output changes on both sides of hyperplane {row}: units cancel or share a hyperplane")
            }
            Self::Parted { row } => {
                write!(f, "a part of row {row} is active on either side: units cancel or share a hyperplane")
            }
            Self::Unpaired { row } => {
                write!(f, "row {row} has no parallel row of the opposite strength, as a unit of this activation has")
            }
            Self::Remainder => f.write_str("the rows alone do not give the answers: units cancel to an affine part"),
        }
    }
}

/// What tells the sides of rows, and the conclusion.
#[derive(Clone, Debug)]
pub struct Oriented<T> {
    /// What tells the side of each row, in their order, as far as it was asked.
    pub sides: Vec<Sides<T>>,
    /// How rows were oriented; `None` where the run stopped before.
    pub orientation: Option<Orientation>,
}

impl<T> Default for Oriented<T> {
    fn default() -> Self {
        Self { sides: Vec::new(), orientation: None }
    }
}

impl<T> Oriented<T> {
    /// The same over another kind of number; errors: the first of `f`.
    pub fn try_map<U, E>(&self, f: &mut impl FnMut(&T) -> Result<U, E>) -> Result<Oriented<U>, E> {
        let sides = self.sides.iter().map(|sides| sides.try_map(f)).collect::<Result<_, _>>()?;
        Ok(Oriented { sides, orientation: self.orientation.clone() })
    }
}
