//! Adam with weight decay, and the running average of the weights.

use crate::net::adam::{DECAY, GUARD};
use burn_tensor::Tensor;

/// How weights move along gradients.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rates {
    /// Step size.
    pub rate: f64,
    /// Share that a kernel loses each step, in units of `rate`.
    pub decay: f64,
    /// Share of the running average that stays each step.
    pub average: f64,
}

/// One tensor of weights with all that its training keeps, each flat.
#[derive(Clone, Debug)]
pub struct Trained {
    /// The weights.
    pub weights: Tensor<1>,
    /// Running average of the weights: what a copy is in the end.
    pub average: Tensor<1>,
    /// Mean gradient.
    pub mean: Tensor<1>,
    /// Mean square of the gradient.
    pub square: Tensor<1>,
    /// Whether weight decay applies: kernels only.
    pub decays: bool,
}

impl Trained {
    /// Weights before their first step.
    pub fn new(weights: Tensor<1>, decays: bool) -> Self {
        let zeros = weights.zeros_like();
        Self { average: weights.clone(), mean: zeros.clone(), square: zeros, weights, decays }
    }

    /// One step, the `step`th, from 1.
    ///
    /// `m ← 0.9·m + 0.1·g`, `s ← 0.999·s + 0.001·g²`, both divided by what they lack, then
    /// `w ← (w − rate·m̂/(√ŝ + 1e-8))·(1 − rate·decay)`, and `average ← average + (1 − a)·(w − average)`.
    /// Source: Kingma & Ba, *Adam* (ICLR 2015), algorithm 1; the decay beside it as in MixMatch.
    pub fn step(&mut self, gradient: Tensor<1>, step: usize, rates: &Rates) {
        let lacks = |decay: f64| 1.0 - libm::pow(decay, step as f64);
        self.mean = self.mean.clone().mul_scalar(DECAY.0) + gradient.clone().mul_scalar(1.0 - DECAY.0);
        self.square = self.square.clone().mul_scalar(DECAY.1) + gradient.square().mul_scalar(1.0 - DECAY.1);
        let mean = self.mean.clone().div_scalar(lacks(DECAY.0));
        let size = self.square.clone().div_scalar(lacks(DECAY.1)).sqrt().add_scalar(GUARD);
        let moved = self.weights.clone() - (mean / size).mul_scalar(rates.rate);
        self.weights = if self.decays { moved.mul_scalar(1.0 - rates.rate * rates.decay) } else { moved };
        let apart = self.weights.clone() - self.average.clone();
        self.average = self.average.clone() + apart.mul_scalar(1.0 - rates.average);
    }
}
