//! What can be asked of a victim, and who can answer.

use crate::num::{Num, Scalar};

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

/// Why a victim gave no answers, or none that can be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The victim said that it cannot answer, or is gone.
    #[error("the oracle failed: {0}")]
    Gone(String),
    /// It gave more or fewer answers than it was asked for.
    #[error("the oracle gave {found} answers to {asked} questions")]
    Count {
        /// Questions.
        asked: usize,
        /// Answers.
        found: usize,
    },
    /// An answer has another length than the network has outputs.
    #[error("the oracle's answer to question {question} has {found} numbers; it has {expected} outputs")]
    Length {
        /// The question, from 0, in its batch.
        question: usize,
        /// Outputs.
        expected: usize,
        /// Numbers found.
        found: usize,
    },
    /// An answer is infinite or no number.
    #[error("the oracle's answer to question {question} is not finite at output {output}")]
    NotFinite {
        /// The question, from 0, in its batch.
        question: usize,
        /// The output.
        output: usize,
    },
}

/// A victim that is asked in some arithmetic: it answers or says why not, and counts nothing.
///
/// A network in this process is one behind [`Held`].
pub trait Answer<S: Scalar>: Send + Sync {
    /// Number of inputs of the network.
    fn inputs(&self) -> usize;

    /// Number of outputs of the network.
    fn outputs(&self) -> usize;

    /// The answers, one `[outputs]` a question, in order.
    ///
    /// Errors: [`Failure`]; then none of the answers is there.
    fn answer(&self, batch: &Batch<'_, S>) -> Result<Vec<Vec<Num<S>>>, Failure>;
}

/// A network that is evaluated in this process, in some arithmetic; it always answers.
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

/// A network in this process as a victim that is asked.
pub struct Held<E>(pub E);

impl<S: Scalar, E: Evaluate<S>> Answer<S> for Held<E> {
    fn inputs(&self) -> usize {
        self.0.inputs()
    }

    fn outputs(&self) -> usize {
        self.0.outputs()
    }

    fn answer(&self, batch: &Batch<'_, S>) -> Result<Vec<Vec<Num<S>>>, Failure> {
        Ok(self.0.evaluate(batch))
    }
}
