//! Random victims.

use super::{Draw, Shallow, Shape};
use crate::linalg::Matrix;

/// Precision of the weights of a network that is made here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weights {
    /// Rounded to bfloat16.
    Bf16,
    /// Rounded to IEEE 754 binary16.
    F16,
    /// Rounded to `f32`.
    F32,
    /// As computed, in `f64`.
    F64,
}

impl Weights {
    /// Every precision.
    pub const ALL: [Self; 4] = [Self::Bf16, Self::F16, Self::F32, Self::F64];

    /// The name that files, certificates and the command line use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bf16 => "bf16",
            Self::F16 => "f16",
            Self::F32 => "f32",
            Self::F64 => "f64",
        }
    }

    /// The precision of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|weights| weights.name() == name)
    }

    /// The weight of this precision nearest to a value, ties to even.
    pub fn round(self, value: f64) -> f64 {
        match self {
            Self::Bf16 => f64::from(half::bf16::from_f64(value)),
            Self::F16 => f64::from(half::f16::from_f64(value)),
            Self::F32 => f64::from(value as f32),
            Self::F64 => value,
        }
    }
}

/// A random network: weights `N(0, 1/fan-in)`, biases `N(0, 1)`.
///
/// The same on every platform for one seed.
pub fn random(shape: Shape, seed: u64, precision: Weights) -> Shallow<f64> {
    let mut draw = Draw::new(seed, "victim");
    let mut weight = |fan_in: usize| precision.round(draw.normal() / libm::sqrt(fan_in as f64));
    let hidden = Matrix::from_fn(shape.hidden, shape.inputs, |_, _| weight(shape.inputs));
    let hidden_bias = (0..shape.hidden).map(|_| weight(1)).collect();
    let output = Matrix::from_fn(shape.outputs, shape.hidden, |_, _| weight(shape.hidden));
    let output_bias = (0..shape.outputs).map(|_| weight(1)).collect();
    Shallow::assembled(hidden, hidden_bias, output, output_bias)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_pinned() {
        let network = random(Shape { inputs: 2, hidden: 1, outputs: 1 }, 7, Weights::F64);
        let bits: Vec<u64> = network.parameters().map(|w| w.to_bits()).collect();
        assert_eq!(bits, PINNED);
    }

    const PINNED: [u64; 5] =
        [4606451268817028986, 13828807605273055061, 4602644242118877731, 13805685838223239149, 4606986718741801227];
}
