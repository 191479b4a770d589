//! A row up to a factor, as weight ratios are found.

use crate::num::Num;

/// A row up to a factor with its bias and strength.
#[derive(Clone, Debug)]
pub struct Ratios<S> {
    /// The row divided by its entry at the reference, `[inputs]`.
    pub row: Vec<Num<S>>,
    /// The bias divided by the same entry.
    pub bias: Num<S>,
    /// Output weight times the magnitude of that entry, `[outputs]`.
    pub strength: Vec<Num<S>>,
}
