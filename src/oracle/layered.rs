//! The plain oracle of a network of any depth.

use super::{Batch, Evaluate};
use crate::net::Network;
use crate::num::{Num, Scalar};
use rayon::prelude::*;

/// Evaluates a network in its own arithmetic, each question by itself.
pub struct Layered<S: Scalar> {
    network: Network<Num<S>>,
    context: S::Context,
}

impl<S: Scalar> Layered<S> {
    /// An oracle for this network.
    pub fn new(network: Network<Num<S>>, context: S::Context) -> Self {
        Self { network, context }
    }
}

impl<S: Scalar> Evaluate<S> for Layered<S> {
    fn inputs(&self) -> usize {
        self.network.inputs()
    }

    fn outputs(&self) -> usize {
        self.network.outputs()
    }

    fn evaluate(&self, batch: &Batch<'_, S>) -> Vec<Vec<Num<S>>> {
        (0..batch.len()).into_par_iter().map(|i| self.network.forward(&batch.point(i), self.context)).collect()
    }
}
