//! A rational network over integers: what exact evaluation and comparison compute with.

use super::Shallow;
use crate::linalg::Matrix;
use crate::num::{BigInteger, Exact, Num, integers};

/// `f_o(x) = (Σ_i N_oi·relu(W_i·x + B_i) + C_o) / E_o` with all tensors integers, `E_o > 0`.
///
/// Row `i` is the network's own times a positive integer `D_i`, which leaves the sides of
/// its hyperplane, and `N_oi / E_o` is the output weight over `D_i`. Sums of products then
/// need no common divisors; the one quotient comes last.
#[derive(Clone, Debug)]
pub struct Integral<I> {
    /// `W`, `[hidden, inputs]`.
    pub hidden: Matrix<I>,
    /// `B`, `[hidden]`.
    pub hidden_bias: Vec<I>,
    /// `N`, `[outputs, hidden]`.
    pub output: Matrix<I>,
    /// `C`, `[outputs]`.
    pub output_bias: Vec<I>,
    /// `E`, `[outputs]`.
    pub denominators: Vec<I>,
}

impl<I: BigInteger> Integral<I> {
    /// The integers of a network, over ReLU units. Exact.
    pub fn new<Q: Exact<Integer = I>>(network: &Shallow<Num<Q>>) -> Self {
        let over_relu;
        let network = if network.activation().is_relu() {
            network
        } else {
            over_relu = network.over_relu(());
            &over_relu
        };
        let shape = network.shape();
        let rows: Vec<(Vec<I>, I)> = (0..shape.hidden)
            .map(|i| integers(network.hidden().row(i).iter().chain([&network.hidden_bias()[i]]).map(|x| &x.0)))
            .collect();
        let outputs: Vec<(Vec<I>, I)> = (0..shape.outputs)
            .map(|o| {
                let over = |(a, (_, scale)): (&Num<Q>, &(Vec<I>, I))| {
                    Q::from_parts(a.0.numerator().clone(), a.0.denominator().mul(scale))
                };
                let mut row: Vec<Q> = network.output().row(o).iter().zip(&rows).map(over).collect();
                row.push(network.output_bias()[o].0.clone());
                integers(row.iter())
            })
            .collect();
        Self {
            hidden: Matrix::from_fn(shape.hidden, shape.inputs, |i, j| rows[i].0[j].clone()),
            hidden_bias: rows.iter().map(|(row, _)| row[shape.inputs].clone()).collect(),
            output: Matrix::from_fn(shape.outputs, shape.hidden, |o, i| outputs[o].0[i].clone()),
            output_bias: outputs.iter().map(|(row, _)| row[shape.hidden].clone()).collect(),
            denominators: outputs.into_iter().map(|(_, denominator)| denominator).collect(),
        }
    }
}
