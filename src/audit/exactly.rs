//! Exact evaluation of networks of any depth, in integers.
//!
//! A row over its least common denominator `D` is `D` times the unit's own, and the next layer's weight for that
//! unit over `D` undoes it: relu leaves a positive factor where it is. So all sums are sums of integers over the
//! denominator of the input alone, and the one quotient comes last. It shares nothing with the bounds.

use super::Int;
use crate::linalg::Matrix;
use crate::net::Network;
use crate::num::{BigInteger, Exact, Rational, integers};

/// A network in integers.
pub(super) struct Exactly {
    /// Weights `[units, inputs]` and biases of each layer.
    layers: Vec<(Matrix<Int>, Vec<Int>)>,
    /// What the outputs are over, `[outputs]`.
    denominators: Vec<Int>,
}

impl Exactly {
    /// The integers of a network.
    pub(super) fn new(network: &Network<Rational>) -> Self {
        let mut layers = Vec::with_capacity(network.layers().len());
        let mut denominators = vec![Int::from(1i64); network.inputs()];
        for layer in network.layers() {
            let over = |(w, d): (&Rational, &Int)| Rational::from_parts(w.numerator().clone(), w.denominator().mul(d));
            let row = |(row, bias): (&[Rational], &Rational)| {
                let entries: Vec<Rational> = row.iter().zip(&denominators).map(over).chain([bias.clone()]).collect();
                integers(entries.iter())
            };
            let rows: Vec<(Vec<Int>, Int)> = layer.weights().iter_rows().zip(layer.bias()).map(row).collect();
            let weights = Matrix::from_fn(layer.units(), layer.inputs(), |i, j| rows[i].0[j].clone());
            let bias = rows.iter().map(|(row, _)| row[layer.inputs()].clone()).collect();
            layers.push((weights, bias));
            denominators = rows.into_iter().map(|(_, denominator)| denominator).collect();
        }
        Self { layers, denominators }
    }

    /// Number of inputs.
    pub(super) fn inputs(&self) -> usize {
        self.layers[0].0.columns()
    }

    /// Number of outputs.
    pub(super) fn outputs(&self) -> usize {
        self.denominators.len()
    }

    /// `f(x)`, `[outputs]`; exact.
    pub(super) fn values(&self, x: &[Rational]) -> Vec<Rational> {
        let (mut values, common) = integers(x.iter());
        for (index, (weights, bias)) in self.layers.iter().enumerate() {
            // Inputs as they are, and hidden units where they are active.
            let counts = |x: &Int| {
                let sign = BigInteger::sign(x);
                if index == 0 { sign.is_ne() } else { sign.is_gt() }
            };
            let inputs: Vec<(usize, &Int)> = values.iter().enumerate().filter(|(_, x)| counts(x)).collect();
            let unit = |(row, bias): (&[Int], &Int)| {
                let mut sum = bias.mul(&common);
                inputs.iter().for_each(|(j, x)| sum.add_mul(&row[*j], x));
                sum
            };
            values = weights.iter_rows().zip(bias).map(unit).collect();
        }
        values.into_iter().zip(&self.denominators).map(|(y, d)| Rational::from_parts(y, d.mul(&common))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::Affine;
    use crate::num::Num;
    use proptest::prelude::*;

    proptest! {
        /// The same values as the network over ℚ, for weights of any denominators and inputs of any sign.
        #[test]
        fn integers_and_quotients_agree(
            sizes in prop::collection::vec(1usize..4, 2..5),
            entries in prop::collection::vec((-9i64..10, 1i64..12), 64),
            x in prop::collection::vec((-9i64..10, 1i64..12), 4),
        ) {
            let quotient = |(p, q): &(i64, i64)| Rational::from_parts((*p).into(), (*q).into());
            let mut next = entries.iter().map(quotient);
            let layer = |pair: &[usize]| {
                let weights = Matrix::from_fn(pair[1], pair[0], |_, _| next.next().unwrap());
                Affine::new(weights, (0..pair[1]).map(|_| next.next().unwrap()).collect()).unwrap()
            };
            let network = Network::new(sizes.windows(2).map(layer).collect()).unwrap();
            let x: Vec<Rational> = x.iter().take(sizes[0]).map(quotient).collect();
            let plain = network.map(|w| Num(w.clone())).forward(&x.iter().map(|x| Num(x.clone())).collect::<Vec<_>>(), ());
            let plain: Vec<Rational> = plain.into_iter().map(|y| y.0).collect();
            prop_assert_eq!(Exactly::new(&network).values(&x), plain);
        }
    }
}
