//! Output biases: what an answer leaves beside the units.

use crate::linalg::Matrix;
use crate::num::{Num, Scalar, dot};

/// `y_o − Σ_i a_oi·h_i` of every output.
///
/// `answer`: `[outputs]`; `units`: the hidden units' values at the same point, `[hidden]`; `output`: `[outputs, hidden]`.
/// Exact in ℚ.
pub fn remaining<S: Scalar>(
    answer: &[Num<S>],
    units: &[Num<S>],
    output: &Matrix<Num<S>>,
    context: S::Context,
) -> Vec<Num<S>> {
    let left = |(y, row): (&Num<S>, &[Num<S>])| y - &dot(Num::lift(0.0, context), units, row);
    answer.iter().zip(output.iter_rows()).map(left).collect()
}
