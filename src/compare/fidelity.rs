//! Fidelity on inputs: label agreement with exact ties, and the largest difference, in ℚ.

use crate::net::{Draw, Shallow, gives_label, label};
use crate::num::{Exact, Num, Rational, Scalar, lift_all};
use crate::oracle::{Batch, Evaluate, Incremental};
use std::sync::OnceLock;

/// Inputs to compare two networks at, with a word on where they come from.
#[derive(Clone, Debug)]
pub struct Inputs {
    /// `[n]` of `[inputs]`.
    pub points: Vec<Vec<f64>>,
    /// What they are.
    pub source: String,
}

impl Inputs {
    /// Random points with coordinates uniform over the odd multiples of 2^-8 in (−1, 1).
    pub fn random(inputs: usize, count: usize, seed: u64) -> Self {
        let mut draw = Draw::new(seed, "fidelity");
        let points = (0..count).map(|_| (0..inputs).map(|_| draw.dyadic(8)).collect()).collect();
        Self { points, source: format!("{count} random points of (-1, 1)^{inputs}") }
    }
}

/// How far a copy agrees with its victim on inputs. Exact.
#[derive(Clone, Debug, PartialEq)]
pub struct Fidelity {
    /// Inputs at which the copy gives the victim's label; see [`gives_label`].
    pub same: usize,
    /// Inputs.
    pub total: usize,
    /// Inputs at which the victim itself has a tie.
    pub ties: usize,
    /// `log2` of the largest difference of an output; `−∞` where there is none.
    pub max_difference_log2: f64,
}

/// Inputs evaluated together: exact points take some hundred times the memory of floats.
const BLOCK: usize = 64;

/// A victim's exact answers at inputs, evaluated when first asked for: what copies are compared with.
pub struct Reference<'a> {
    victim: Incremental<Rational>,
    inputs: &'a Inputs,
    answers: OnceLock<Vec<Vec<Num<Rational>>>>,
}

impl<'a> Reference<'a> {
    /// The answers of this victim at these inputs, in ℚ.
    pub fn new(victim: &Shallow<f64>, inputs: &'a Inputs) -> Self {
        Self::of(Incremental::new(victim), inputs)
    }

    /// The answers of this exact oracle at these inputs.
    pub(super) fn of(victim: Incremental<Rational>, inputs: &'a Inputs) -> Self {
        Self { victim, inputs, answers: OnceLock::new() }
    }

    fn answers(&self) -> &[Vec<Num<Rational>>] {
        self.answers.get_or_init(|| answers(&self.victim, &self.inputs.points))
    }

    /// How far a copy agrees, evaluated in ℚ.
    ///
    /// Labels are exact, ties included; with one output a label is its sign.
    pub fn fidelity(&self, copy: &Shallow<Rational>) -> Fidelity {
        self.agreement(&answers(&Incremental::rational(&copy.map(|x| Num(x.clone()))), &self.inputs.points))
    }

    /// The fidelity of the victim itself.
    pub fn perfect(&self) -> Fidelity {
        self.agreement(self.answers())
    }

    fn agreement(&self, seen: &[Vec<Num<Rational>>]) -> Fidelity {
        let total = self.inputs.points.len();
        let mut result = Fidelity { same: 0, total, ties: 0, max_difference_log2: f64::NEG_INFINITY };
        let mut largest = Rational::default();
        for (truth, copied) in self.answers().iter().zip(seen) {
            let own = label_of(truth);
            result.same += usize::from(gives_label(&label_of(copied), &own));
            result.ties += usize::from(own.len() != 1);
            for (a, b) in truth.iter().zip(copied) {
                largest = largest.max(a.0.sub(&b.0).magnitude());
            }
        }
        result.max_difference_log2 = largest.log2();
        result
    }
}

fn answers(network: &Incremental<Rational>, points: &[Vec<f64>]) -> Vec<Vec<Num<Rational>>> {
    let block = |points: &[Vec<f64>]| {
        let points: Vec<Vec<Num<Rational>>> = points.iter().map(|x| lift_all(x, ())).collect();
        network.evaluate(&Batch::Points(&points))
    };
    points.chunks(BLOCK).flat_map(block).collect()
}

fn label_of(outputs: &[Num<Rational>]) -> Vec<usize> {
    label(&outputs.iter().map(|y| y.0.clone()).collect::<Vec<_>>())
}
