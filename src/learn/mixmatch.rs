//! MixMatch, part by part.
//!
//! Source: Berthelot, Carlini, Goodfellow, Papernot, Oliver, Raffel, *MixMatch: A holistic approach to
//! semi-supervised learning* (NeurIPS 2019), algorithm 1 and equations 2 to 11.

use burn_tensor::activation::{log_softmax, softmax};
use burn_tensor::{Int, Tensor};

/// Guessed labels, made surer: `p_i^(1/T) / Σ_j p_j^(1/T)`, `[n, classes]`; equation 7.
///
/// `temperature > 0`: towards 0 the guess becomes one label, 1 leaves it as it is.
pub fn sharpen(guess: Tensor<2>, temperature: f64) -> Tensor<2> {
    let raised = guess.powf_scalar(1.0 / temperature);
    raised.clone() / raised.sum_dim(1)
}

/// The mean of the softmax of several logits for the same images, each `[n, classes]`; equation 6.
pub fn guess(logits: Vec<Tensor<2>>) -> Option<Tensor<2>> {
    let count = logits.len();
    let sum = logits.into_iter().map(|logits| softmax(logits, 1)).reduce(|a, b| a + b)?;
    Some(sum.div_scalar(count as f64))
}

/// `λ'·x + (1 − λ')·x[order]` row by row, with `λ' = max(λ, 1 − λ)`; equations 9 to 11.
///
/// `x`: `[n, m]`; `lambda`: `[n, 1]`, between 0 and 1; `order`: `[n]`, a permutation of the rows.
/// The larger part stays with a row's own image.
pub fn mixup(x: Tensor<2>, lambda: Tensor<2>, order: Tensor<1, Int>) -> Tensor<2> {
    let other = lambda.clone().neg().add_scalar(1.0);
    let larger = lambda.max_pair(other);
    let partner = x.clone().select(0, order);
    partner.clone() + larger * (x - partner)
}

/// Mean cross-entropy of logits against soft labels, `[n, classes]` both; one number. Equation 3.
pub fn labelled_loss(logits: Tensor<2>, labels: Tensor<2>) -> Tensor<1> {
    let count = logits.dims()[0] as f64;
    (log_softmax(logits, 1) * labels).sum().neg().div_scalar(count)
}

/// Mean squared difference of softmax and guess, over rows and classes; one number. Equation 4.
pub fn unlabelled_loss(logits: Tensor<2>, guess: Tensor<2>) -> Tensor<1> {
    (softmax(logits, 1) - guess).square().mean()
}

/// The weight of the unlabelled loss at a step, growing linearly from 0 to `most` over `ramp` steps.
pub fn ramp(most: f64, step: usize, ramp: usize) -> f64 {
    most * (step as f64 / ramp.max(1) as f64).min(1.0)
}
