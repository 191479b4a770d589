//! What can be asked of a victim, and who can answer.

use super::{Access, Failure, Observation};
use crate::num::{Num, Scalar};
use std::sync::Arc;

/// A structured batch of questions.
///
/// The structure is a promise about the points, not another question: every batch
/// means the points that it expands to, and may be answered by expanding it.
#[derive(Clone, Debug)]
pub enum Batch<'a, S> {
    /// Points, each `[inputs]`.
    Points(&'a [Vec<Num<S>>]),
    /// `origin + t·direction` for each `t` in `at`; computed in `S`, product first.
    Line {
        /// `[inputs]`.
        origin: &'a [Num<S>],
        /// `[inputs]`.
        direction: &'a [Num<S>],
        /// Positions along the line.
        at: &'a [Num<S>],
    },
    /// Points that differ from `center` in a few coordinates.
    Probes {
        /// `[inputs]`.
        center: &'a [Num<S>],
        /// One point each.
        probes: &'a [Probe<S>],
    },
}

/// A point that differs from a center in a few coordinates, each named once: `(coordinate, new value)`.
pub type Probe<S> = Vec<(usize, Num<S>)>;

impl<S: Scalar> Batch<'_, S> {
    /// Number of questions.
    pub fn len(&self) -> usize {
        match self {
            Self::Points(points) => points.len(),
            Self::Line { at, .. } => at.len(),
            Self::Probes { probes, .. } => probes.len(),
        }
    }

    /// Whether nothing is asked.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Question `i` as a point, `[inputs]`: the meaning of the batch.
    pub fn point(&self, i: usize) -> Vec<Num<S>> {
        match self {
            Self::Points(points) => points[i].clone(),
            Self::Line { origin, direction, at } => {
                origin.iter().zip(*direction).map(|(u, v)| u + &(&at[i] * v)).collect()
            }
            Self::Probes { center, probes } => {
                let mut point = center.to_vec();
                for (coordinate, value) in &probes[i] {
                    point[*coordinate] = value.clone();
                }
                point
            }
        }
    }
}

/// A victim that is asked in some arithmetic: it answers or says why not, and counts nothing.
///
/// A network in this process is one behind [`Held`].
pub trait Answer<S: Scalar>: Send + Sync {
    /// Number of inputs of the network.
    fn inputs(&self) -> usize;

    /// Number of outputs of the network.
    fn outputs(&self) -> usize;

    /// How much of every answer is shown.
    fn access(&self) -> Access;

    /// What is shown of the answers, one observation a question, in order.
    ///
    /// Errors: [`Failure`]; then none of the answers is there.
    fn answer(&self, batch: &Batch<'_, S>) -> Result<Vec<Observation<S>>, Failure>;
}

/// A victim that several oracles ask.
impl<S: Scalar, A: Answer<S> + ?Sized> Answer<S> for Arc<A> {
    fn inputs(&self) -> usize {
        (**self).inputs()
    }

    fn outputs(&self) -> usize {
        (**self).outputs()
    }

    fn access(&self) -> Access {
        (**self).access()
    }

    fn answer(&self, batch: &Batch<'_, S>) -> Result<Vec<Observation<S>>, Failure> {
        (**self).answer(batch)
    }
}

impl<S: Scalar> Answer<S> for Box<dyn Answer<S>> {
    fn inputs(&self) -> usize {
        (**self).inputs()
    }

    fn outputs(&self) -> usize {
        (**self).outputs()
    }

    fn access(&self) -> Access {
        (**self).access()
    }

    fn answer(&self, batch: &Batch<'_, S>) -> Result<Vec<Observation<S>>, Failure> {
        (**self).answer(batch)
    }
}

/// A network that is evaluated in this process, in some arithmetic; it always answers, with its logits.
///
/// An implementation may use the structure of a batch, but its answers are those of
/// the plain evaluation in its own arithmetic, question by question.
pub trait Evaluate<S: Scalar>: Send + Sync {
    /// Number of inputs of the network.
    fn inputs(&self) -> usize;

    /// Number of outputs of the network.
    fn outputs(&self) -> usize;

    /// The answers, one `[outputs]` a question, in order.
    fn evaluate(&self, batch: &Batch<'_, S>) -> Vec<Vec<Num<S>>>;
}

/// A network in this process as a victim that is asked, and shows its logits.
pub struct Held<E>(pub E);

impl<S: Scalar, E: Evaluate<S>> Answer<S> for Held<E> {
    fn inputs(&self) -> usize {
        self.0.inputs()
    }

    fn outputs(&self) -> usize {
        self.0.outputs()
    }

    fn access(&self) -> Access {
        Access::Logits
    }

    fn answer(&self, batch: &Batch<'_, S>) -> Result<Vec<Observation<S>>, Failure> {
        Ok(self.0.evaluate(batch).into_iter().map(Observation::Logits).collect())
    }
}
