//! Polish: rows measured once more, round by round.

use super::Signature;
use super::each::{each, lists, optional};

/// Rows as they stood after a round of polish.
#[derive(Clone, Debug)]
pub struct Round<T> {
    /// Rows measured again; 0 before the first round.
    pub measured: usize,
    /// Queries of the run until then.
    pub spent: u64,
    /// Scaled to 1 at their references, in the order of the signatures, each `[inputs]`.
    pub rows: Vec<Vec<T>>,
    /// Their biases.
    pub biases: Vec<T>,
    /// What the noise model takes the error of an entry of each row for, in roundoffs.
    pub errors: Vec<T>,
    /// The same of each bias.
    pub bias_errors: Vec<T>,
}

/// What was asked of weights that rounding hides beside larger ones.
///
/// An error is relative to `2^k` times the largest entry of the row, or the largest output weight of the
/// unit: `k` is 0 where a weight was measured together with all others. [`Faint::NOTHING`] stands where a
/// weight was moved so far, without a change of any answer, that it can only be zero.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Faint {
    /// `k` of every entry, in the order of the signatures, each `[inputs]`.
    pub entries: Vec<Vec<i32>>,
    /// `k` of every output weight, in the same order, each `[outputs]`.
    pub outputs: Vec<Vec<i32>>,
    /// Whether all biases can only be zero.
    pub unbiased: bool,
    /// Whether the output biases are themselves an answer, so that nothing was rounded beside them.
    pub resting: bool,
    /// Whether an answer changes where none of the rows found is active, so that a unit is missing.
    pub hidden: bool,
}

impl Faint {
    /// `k` of a weight that can only be zero: no float of at most 32 bits is that small beside another.
    pub const NOTHING: i32 = -300;
}

impl<T> Round<T> {
    /// The same over another kind of number; errors: the first of `f`.
    pub fn try_map<U, E>(&self, f: &mut impl FnMut(&T) -> Result<U, E>) -> Result<Round<U>, E> {
        Ok(Round {
            measured: self.measured,
            spent: self.spent,
            rows: lists(&self.rows, f)?,
            biases: each(&self.biases, f)?,
            errors: each(&self.errors, f)?,
            bias_errors: each(&self.bias_errors, f)?,
        })
    }
}

/// Rows as rounds of polish left them.
#[derive(Clone, Debug)]
pub struct Polished<T> {
    /// The rounds, from before the first on.
    pub rounds: Vec<Round<T>>,
    /// What was asked of weights that rounding hides, where it was.
    pub faint: Option<Faint>,
    /// The rows in the end, in the order of those measured; `None` where the run stopped before.
    pub signatures: Option<Vec<Signature<T>>>,
}

impl<T> Default for Polished<T> {
    fn default() -> Self {
        Self { rounds: Vec::new(), faint: None, signatures: None }
    }
}

impl<T> Polished<T> {
    /// The same over another kind of number; errors: the first of `f`.
    pub fn try_map<U, E>(&self, f: &mut impl FnMut(&T) -> Result<U, E>) -> Result<Polished<U>, E> {
        let rounds = self.rounds.iter().map(|round| round.try_map(f)).collect::<Result<_, _>>()?;
        let rows = |rows: &Vec<Signature<T>>| rows.iter().map(|row| row.try_map(f)).collect();
        Ok(Polished { rounds, faint: self.faint.clone(), signatures: optional(self.signatures.as_ref(), rows)? })
    }
}
