//! The true p-bit oracle: every operation rounds to p bits.

use super::{Batch, Evaluate};
use crate::net::{Activation, Shallow};
use crate::num::{Float, Num, Scalar};
use rayon::prelude::*;
use rug::Assign;

/// Evaluates a network in p-bit floats, question by question on all cores.
///
/// The answers are, bit for bit, those of [`super::Plain`]: weights and coordinates rounded to p bits, and so
/// every product and sum, in the order of the index. Numbers are kept from one operation to the next, which
/// saves most of the time.
pub struct Precise {
    network: Shallow<Float>,
    activation: Activation<Num<Float>>,
    bits: u32,
}

impl Precise {
    /// The oracle of this network at `bits` bits.
    pub fn new(network: &Shallow<f64>, bits: u32) -> Self {
        let network = network.map(|&w| Float::lift(w, bits));
        Self { activation: network.activation().map(|x| Num(x.clone())), network, bits }
    }

    fn evaluate(&self, point: &[Num<Float>]) -> Vec<Num<Float>> {
        let (mut product, network) = (Float::new(self.bits), &self.network);
        let point: Vec<Float> = point.iter().map(|x| Float::with_val(self.bits, &x.0)).collect();
        let mut sum = |row: &[Float], x: &[Float], bias: &Float| {
            let mut sum = Float::new(self.bits);
            for (w, x) in row.iter().zip(x) {
                // Each of the two rounds to the precision of what it is assigned to.
                product.assign(w * x);
                sum += &product;
            }
            sum + bias
        };
        let rows = network.hidden().iter_rows().zip(network.hidden_bias());
        let active = rows
            .enumerate()
            .map(|(unit, (row, bias))| self.activation.apply(unit, &Num(sum(row, &point, bias)), self.bits).0);
        let active: Vec<Float> = active.collect();
        let rows = network.output().iter_rows().zip(network.output_bias());
        rows.map(|(row, bias)| Num(sum(row, &active, bias))).collect()
    }
}

impl Evaluate<Float> for Precise {
    fn inputs(&self) -> usize {
        self.network.shape().inputs
    }

    fn outputs(&self) -> usize {
        self.network.shape().outputs
    }

    fn evaluate(&self, batch: &Batch<'_, Float>) -> Vec<Vec<Num<Float>>> {
        (0..batch.len()).into_par_iter().map(|i| self.evaluate(&batch.point(i))).collect()
    }
}
