//! The plain oracle: any arithmetic, one question at a time, as the formula reads.

use super::{Batch, Evaluate};
use crate::net::Shallow;
use crate::num::{Num, Scalar};

/// Evaluates a network in its own arithmetic: what every faster oracle is tested against.
pub struct Plain<S: Scalar> {
    network: Shallow<Num<S>>,
    context: S::Context,
}

impl<S: Scalar> Plain<S> {
    /// An oracle for this network.
    pub fn new(network: Shallow<Num<S>>, context: S::Context) -> Self {
        Self { network, context }
    }
}

impl<S: Scalar> Evaluate<S> for Plain<S> {
    fn inputs(&self) -> usize {
        self.network.shape().inputs
    }

    fn outputs(&self) -> usize {
        self.network.shape().outputs
    }

    fn evaluate(&self, batch: &Batch<'_, S>) -> Vec<Vec<Num<S>>> {
        (0..batch.len()).map(|i| self.network.forward(&batch.point(i), self.context)).collect()
    }
}
