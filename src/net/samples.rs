//! Labelled inputs: what a victim is trained on, and where fidelity is measured.

use super::Error;
use crate::linalg::Matrix;

/// Inputs with a class each.
#[derive(Clone, Debug, PartialEq)]
pub struct Samples {
    inputs: Matrix<f64>,
    labels: Vec<usize>,
}

impl Samples {
    /// Samples of these inputs, `[n, inputs]`, and labels, `[n]`.
    ///
    /// Errors: [`Error::Samples`] unless there are as many labels as inputs, two at least.
    pub fn new(inputs: Matrix<f64>, labels: Vec<usize>) -> Result<Self, Error> {
        if inputs.rows() != labels.len() || labels.len() < 2 {
            return Err(Error::Samples { inputs: inputs.rows(), labels: labels.len() });
        }
        Ok(Self { inputs, labels })
    }

    /// `[n, inputs]`.
    pub fn inputs(&self) -> &Matrix<f64> {
        &self.inputs
    }

    /// `[n]`.
    pub fn labels(&self) -> &[usize] {
        &self.labels
    }

    /// One more than the largest label.
    pub fn classes(&self) -> usize {
        self.labels.iter().max().map_or(0, |largest| largest + 1)
    }

    /// Number of samples.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are none; never, by construction.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }
}
