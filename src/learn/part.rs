//! The tensors that a student is made of, and the statistics of its normalisations.

use burn_tensor::Tensor;

/// One tensor of a student: its name, its shape, and the inputs that each of its sums has.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// As PyTorch would name it.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Terms of a sum that it weights; 0 of a bias or a scale.
    pub fan_in: usize,
    /// What it starts at where it is not drawn.
    pub start: f64,
}

impl Part {
    /// A matrix or a kernel, drawn at the start.
    pub(super) fn kernel(name: String, shape: &[usize]) -> Self {
        Self { name, shape: shape.to_vec(), fan_in: shape[1..].iter().product(), start: 0.0 }
    }

    /// A vector that starts at one value.
    pub(super) fn vector(name: String, size: usize, start: f64) -> Self {
        Self { name, shape: vec![size], fan_in: 0, start }
    }

    /// Its numbers.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether it has none; never, by construction.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Means and variances over a batch, of one normalisation each: gathered, or used as they stand.
pub enum Norm<'a> {
    /// Those of the batch itself; what they are is appended.
    Batch(&'a mut Vec<Tensor<1>>),
    /// Those of earlier batches, means and variances in turn.
    Kept(&'a [Tensor<1>]),
}
