//! Victims that are no textbook case, by kind; each is made by its seed alone.

use exactract::linalg::Matrix;
use exactract::net::{Draw, Shallow};

/// What is wrong with a victim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Pairs of parallel hyperplanes 2^-8 to 2^-60 apart, with strengths of any signs.
    NearPairs,
    /// Pairs of rows that differ by 2^-8 to 2^-60 in every entry.
    NearRows,
    /// Small integers.
    Integers,
    /// Rows that are equal, opposite, or multiples of each other.
    Multiples,
    /// Rows and output weights scaled by powers of two between 2^-1000 and 2^1000.
    Scales,
    /// Entries of one row that are far apart in size.
    Spread,
    /// Outputs that are equal, opposite, or zero on purpose.
    Tied,
    /// Zeros: rows, biases, output weights.
    Zeros,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 8] = [
        Self::NearPairs,
        Self::NearRows,
        Self::Integers,
        Self::Multiples,
        Self::Scales,
        Self::Spread,
        Self::Tied,
        Self::Zeros,
    ];

    /// Name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::NearPairs => "near pairs",
            Self::NearRows => "near rows",
            Self::Integers => "integers",
            Self::Multiples => "multiples",
            Self::Scales => "scales",
            Self::Spread => "spread",
            Self::Tied => "tied",
            Self::Zeros => "zeros",
        }
    }
}

/// The tensors of a network while it is made.
struct Draft {
    draw: Draw,
    /// `[hidden]` of `[inputs]`.
    hidden: Vec<Vec<f64>>,
    hidden_bias: Vec<f64>,
    /// `[outputs]` of `[hidden]`.
    output: Vec<Vec<f64>>,
    output_bias: Vec<f64>,
}

impl Draft {
    /// A network of 1 to 8 inputs, 2 to 16 hidden units and 1 to 3 outputs with entries by `entry`.
    fn new(mut draw: Draw, entry: impl Fn(&mut Draw) -> f64) -> Self {
        let (inputs, hidden, outputs) = (1 + draw.below(8), 2 + draw.below(15), 1 + draw.below(3));
        let mut row = |n: usize| -> Vec<f64> { (0..n).map(|_| entry(&mut draw)).collect() };
        let rows = (0..hidden).map(|_| row(inputs)).collect();
        let (hidden_bias, output) = (row(hidden), (0..outputs).map(|_| row(hidden)).collect());
        let output_bias = row(outputs);
        Self { draw, hidden: rows, hidden_bias, output, output_bias }
    }

    fn units(&self) -> usize {
        self.hidden.len()
    }

    /// Of `−1, 1, −2, −1/2, …` one.
    fn factor(&mut self) -> f64 {
        [1.0, -1.0, 2.0, -2.0, 0.5, -0.5, 3.0, -3.0][self.draw.below(8)]
    }

    fn power(&mut self, least: i32, most: i32) -> f64 {
        2f64.powi(least + self.draw.below((most - least + 1) as usize) as i32)
    }

    /// Makes unit `to` a multiple of unit `from`.
    fn copy_row(&mut self, from: usize, to: usize, factor: f64) {
        self.hidden[to] = self.hidden[from].iter().map(|w| w * factor).collect();
        self.hidden_bias[to] = self.hidden_bias[from] * factor;
    }

    fn network(self) -> Shallow<f64> {
        let matrix = |rows: Vec<Vec<f64>>| Matrix::from_rows(rows[0].len(), rows).expect("rows of one length");
        Shallow::new(matrix(self.hidden), self.hidden_bias, matrix(self.output), self.output_bias).expect("finite")
    }
}

fn normal(draw: &mut Draw) -> f64 {
    draw.normal()
}

fn small(draw: &mut Draw) -> f64 {
    draw.below(7) as f64 - 3.0
}

fn fine(draw: &mut Draw) -> f64 {
    small(draw) + 0.25 * small(draw)
}

/// The victim of a kind and a seed.
pub fn victim(kind: Kind, seed: u64) -> Shallow<f64> {
    let mut draw = Draw::new(seed, kind.name());
    let entry = [normal, small, fine][draw.below(3)];
    let mut net = match kind {
        Kind::Integers => Draft::new(draw, small),
        _ => Draft::new(draw, entry),
    };
    let units = net.units();
    match kind {
        Kind::Integers => {}
        Kind::NearPairs => {
            for first in (0..units - 1).step_by(2) {
                let factor = net.factor();
                net.copy_row(first, first + 1, factor);
                net.hidden_bias[first + 1] += net.power(-60, -8);
                // Strengths of a ratio that is nothing special, or a small one; either sign.
                if net.draw.below(2) == 0 {
                    let ratio = net.factor();
                    net.output.iter_mut().for_each(|row| row[first + 1] = row[first] * ratio);
                }
            }
        }
        Kind::NearRows => {
            for first in (0..units - 1).step_by(2) {
                let factor = net.factor();
                net.copy_row(first, first + 1, factor);
                let apart = net.power(-60, -8);
                for j in 0..net.hidden[first].len() {
                    net.hidden[first + 1][j] += apart * small(&mut net.draw);
                }
                net.hidden_bias[first + 1] += apart * small(&mut net.draw);
            }
        }
        Kind::Multiples => {
            for to in 1..units {
                if net.draw.below(2) == 0 {
                    let (from, factor) = (net.draw.below(to), net.factor());
                    net.copy_row(from, to, factor);
                }
            }
        }
        Kind::Scales => {
            for i in 0..units {
                let scale = net.power(-1000, 1000);
                net.hidden[i].iter_mut().for_each(|w| *w *= scale);
                net.hidden_bias[i] *= scale;
                // Some units keep their function, others make it as large or small as floats allow.
                let by = if net.draw.below(2) == 0 { 1.0 / scale } else { net.power(-900, 900).min(1.0 / scale) };
                net.output.iter_mut().for_each(|row| row[i] *= by);
            }
        }
        Kind::Spread => {
            for i in 0..units {
                for j in 0..net.hidden[i].len() {
                    net.hidden[i][j] *= net.power(-45, 45);
                }
                net.hidden_bias[i] *= net.power(-45, 45);
                let by = net.power(-45, 45);
                net.output.iter_mut().for_each(|row| row[i] *= by);
            }
        }
        Kind::Tied => {
            for o in 1..net.output.len() {
                let factor = net.factor();
                net.output[o] = net.output[0].iter().map(|w| w * factor).collect();
                net.output_bias[o] = net.output_bias[0] * factor;
            }
            if net.draw.below(2) == 0 {
                net.output_bias.fill(0.0);
            }
        }
        Kind::Zeros => {
            for i in 0..units {
                match net.draw.below(5) {
                    0 => net.hidden[i].fill(0.0),
                    1 => net.hidden_bias[i] = 0.0,
                    2 => net.output.iter_mut().for_each(|row| row[i] = 0.0),
                    _ => {}
                }
            }
            if net.draw.below(2) == 0 {
                net.output_bias.fill(0.0);
            }
        }
    }
    net.network()
}
