//! The last layer, and the network that it completes.

use super::each::{lists, optional};
use crate::net::Shallow;

/// What the last layer was fitted to.
#[derive(Clone, Debug)]
pub struct Fit<T> {
    /// The points asked, each `[inputs]`.
    pub points: Vec<Vec<T>>,
    /// The answers, each `[outputs]`.
    pub answers: Vec<Vec<T>>,
    /// `log2` of each equation's weight.
    pub weights: Vec<i32>,
}

impl<T> Fit<T> {
    /// The same over another kind of number; errors: the first of `f`.
    pub fn try_map<U, E>(&self, f: &mut impl FnMut(&T) -> Result<U, E>) -> Result<Fit<U>, E> {
        let (points, answers) = (lists(&self.points, f)?, lists(&self.answers, f)?);
        Ok(Fit { points, answers, weights: self.weights.clone() })
    }
}

/// The last layer, and whether the network gave the oracle's answers at fresh points.
#[derive(Clone, Debug)]
pub struct LastLayer<T> {
    /// What it was fitted to, where it was by least squares.
    pub fit: Option<Fit<T>>,
    /// The whole network; `None` where the run stopped before.
    pub network: Option<Shallow<T>>,
    /// What the check of the network found; `None` where the run stopped before.
    pub agrees: Option<bool>,
}

impl<T> Default for LastLayer<T> {
    fn default() -> Self {
        Self { fit: None, network: None, agrees: None }
    }
}

impl<T> LastLayer<T> {
    /// The same over another kind of number; errors: the first of `f`, but for a network that the check refused.
    ///
    /// A number of it that cannot be mapped is reason enough to refuse it, and no defect of the rest.
    pub fn try_map<U, E>(&self, f: &mut impl FnMut(&T) -> Result<U, E>) -> Result<LastLayer<U>, E> {
        let network = match optional(self.network.as_ref(), |network| network.try_map(&mut *f)) {
            Err(_) if self.agrees == Some(false) => None,
            mapped => mapped?,
        };
        Ok(LastLayer { fit: optional(self.fit.as_ref(), |fit| fit.try_map(f))?, network, agrees: self.agrees })
    }
}
