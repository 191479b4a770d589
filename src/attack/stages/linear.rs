//! Direct recovery of an affine map from `d + 1` answers.

use crate::linalg::Matrix;
use crate::num::Num;
use crate::num::Scalar;

/// An affine map `x ↦ W·x + b`.
#[derive(Clone, Debug)]
pub struct Affine<S> {
    /// `W`, `[outputs, inputs]`.
    pub weights: Matrix<Num<S>>,
    /// `b`, `[outputs]`.
    pub bias: Vec<Num<S>>,
}

/// The `d + 1` questions that determine an affine map: the origin, and one unit step along each axis.
///
/// Result: `[d + 1]` points of `[d]`.
pub fn questions<S: Scalar>(inputs: usize, context: S::Context) -> Vec<Vec<Num<S>>> {
    let unit = |j: Option<usize>| (0..inputs).map(|i| Num::lift(f64::from(Some(i) == j), context)).collect();
    std::iter::once(unit(None)).chain((0..inputs).map(|j| unit(Some(j)))).collect()
}

/// The affine map with these answers to [`questions`]: `b = f(0)`, `W·e_j = f(e_j) − f(0)`.
///
/// `answers`: `[d + 1]` of `[outputs]`. Exact in ℚ; in f64 each entry carries the error of
/// two answers and one rounding. `None` when there are no answers.
///
/// Source: Jagielski et al., USENIX Security 2020: a linear model is a system of `d + 1` equations.
pub fn recover<S: Scalar>(answers: &[Vec<Num<S>>]) -> Option<Affine<S>> {
    let (bias, steps) = answers.split_first()?;
    let weights = Matrix::from_fn(bias.len(), steps.len(), |o, j| &steps[j][o] - &bias[o]);
    Some(Affine { weights, bias: bias.clone() })
}
