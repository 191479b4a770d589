//! What a search of deep networks leaves for a certificate.

use crate::num::Rational;

/// A unit of each network, compared with each other; `None` for a unit of zeros.
#[derive(Clone, Debug)]
pub(super) struct UnitPair {
    pub(super) victim: Option<usize>,
    pub(super) copy: Option<usize>,
    /// What the copy's unit is multiplied by.
    pub(super) factor: Rational,
}

/// The parts of a box that were bounded.
#[derive(Clone, Debug)]
pub struct Parts {
    /// For each hidden layer, its units in pairs.
    pub(super) pairs: Vec<Vec<UnitPair>>,
    /// Whether both networks were also bounded apart.
    pub(super) apart: bool,
    /// In preorder: the input at which a part is halved, or `None` for one that was bounded.
    pub(super) parts: Vec<Option<usize>>,
    /// Which of the halved parts are needed as well: not every half is bounded better than the whole, for each output.
    pub(super) inner: Vec<usize>,
}
