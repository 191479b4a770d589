//! Fidelity on inputs: label agreement with exact ties, and the largest difference, in ℚ.

use crate::net::{Draw, Network};
use crate::num::{Exact, Num, Rational, Scalar, lift_all};
use crate::oracle::{Answer, Batch, Incremental, Plain};

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
    /// Inputs with the same set of top labels.
    pub same: usize,
    /// Inputs.
    pub total: usize,
    /// Inputs at which the victim itself has a tie.
    pub ties: usize,
    /// `log2` of the largest difference of an output; `−∞` where there is none.
    pub max_difference_log2: f64,
}

/// Evaluates both networks at every input, in ℚ.
///
/// The label is the set of outputs that reach the maximum, so that ties are exact; with
/// one output it is its sign.
pub fn fidelity(victim: &Network<f64>, copy: &Network<Rational>, inputs: &Inputs) -> Fidelity {
    let points: Vec<Vec<Num<Rational>>> = inputs.points.iter().map(|x| lift_all(x, ())).collect();
    let truth = Incremental::<Rational>::new(victim).answer(&Batch::Points(&points));
    let seen = answers(copy, &points);
    let mut result = Fidelity { same: 0, total: points.len(), ties: 0, max_difference_log2: f64::NEG_INFINITY };
    let mut largest = Rational::default();
    for (t, s) in truth.iter().zip(&seen) {
        let (label, copied) = (top(t), top(s));
        result.same += usize::from(label == copied);
        result.ties += usize::from(label.len() != 1);
        for (a, b) in t.iter().zip(s) {
            largest = largest.max(a.0.sub(&b.0).magnitude());
        }
    }
    result.max_difference_log2 = largest.log2();
    result
}

/// Exact answers of a network; through integers where all weights are floats.
fn answers(network: &Network<Rational>, points: &[Vec<Num<Rational>>]) -> Vec<Vec<Num<Rational>>> {
    let floats = network.map(|x| f64::nearest(x, ()));
    let dyadic = network.parameters().zip(floats.parameters()).all(|(q, x)| Rational::lift(*x, ()) == *q);
    if dyadic {
        return Incremental::<Rational>::new(&floats).answer(&Batch::Points(points));
    }
    Plain::new(network.map(|x| Num(x.clone())), ()).answer(&Batch::Points(points))
}

/// The outputs that reach the maximum; of a single output, its sign.
fn top(outputs: &[Num<Rational>]) -> Vec<usize> {
    let zero = Rational::default();
    match outputs {
        [one] => match one.0.cmp(&zero) {
            std::cmp::Ordering::Less => vec![0],
            std::cmp::Ordering::Equal => vec![0, 1],
            std::cmp::Ordering::Greater => vec![1],
        },
        many => {
            let best = many.iter().map(|x| &x.0).max();
            (0..many.len()).filter(|&o| Some(&many[o].0) == best).collect()
        }
    }
}
