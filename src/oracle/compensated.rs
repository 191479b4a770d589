//! The compensated oracle: the victim evaluated again, in twice the working precision.
//!
//! A running error analysis of an answer takes each of its roundings at its worst, and most of
//! them cancel. Here the sums are formed again so that hardly any are left: pre-activations by
//! compensated dot products, whose radius is about one rounding of the result and
//! `γₙ²·(|A0||x| + |b0|)`, and from them outputs by one more. A second difference along an axis
//! needs no answers at all: only units near the point bend, each by a closed formula. Floats
//! alone, and so few of them that evaluating costs far less than the run did.

use super::{Batch, Evaluate};
use crate::linalg::compensated_dot;
use crate::net::Shallow;
use crate::num::{Ball, Num, Scalar, up};

/// A network of `f64` weights that encloses its exact answers.
pub struct Compensated {
    network: Shallow<f64>,
}

/// Where a unit stands at some point.
pub struct Preactivations(Vec<Ball>);

impl Compensated {
    /// The compensated oracle of this network.
    pub fn new(network: Shallow<f64>) -> Self {
        Self { network }
    }

    /// The pre-activations of all units at all points of a ball, `[inputs]`.
    pub fn preactivations(&self, point: &[Num<Ball>]) -> Preactivations {
        let biases = self.network.hidden_bias();
        let rows = self.network.hidden().iter_rows().zip(biases);
        Preactivations(rows.map(|(row, bias)| sum(row, point, *bias)).collect())
    }

    /// Exact second differences `Σᵢ aₒᵢ·(relu(zᵢ + δᵢ) + relu(zᵢ − δᵢ) − 2·relu(zᵢ))` with
    /// `δᵢ = step·Σⱼ wᵢⱼ` over `axes`, enclosed: `[outputs]`.
    ///
    /// For `relu(z) = (z + |z|)/2` and `|z + δ| + |z − δ| = 2·max(|z|, |δ|)` unit `i` bends by
    /// `relu(|δᵢ| − |zᵢ|)`: nothing unless its hyperplane lies within the step. `step`: a power of two.
    pub fn second_difference(&self, at: &Preactivations, axes: &[usize], step: f64) -> Vec<Num<Ball>> {
        let mut difference = vec![Num::<Ball>::lift(0.0, ()); self.network.shape().outputs];
        let scale = Num::<Ball>::lift(step, ());
        for (i, z) in at.0.iter().enumerate() {
            let row = self.network.hidden().row(i);
            let along = axes.iter().fold(Num::<Ball>::lift(0.0, ()), |sum, &j| &sum + &Num::lift(row[j], ()));
            let bend = Num(magnitude(&(&along * &scale).0).sub(&magnitude(z)));
            if bend.0.mid() + bend.0.rad() < 0.0 {
                continue;
            }
            let bend = Num(bend.0.relu());
            let weights = self.network.output().column(i);
            difference.iter_mut().zip(weights).for_each(|(sum, a)| *sum = &*sum + &(&bend * &Num::lift(*a, ())));
        }
        difference
    }

    fn outputs_of(&self, z: &[Ball]) -> Vec<Num<Ball>> {
        // `None` of a sign: the ball holds both, and relu moves by no more than its argument.
        let awake = |z: &Ball| if z.mid() + z.rad() < 0.0 { Ball::new(0.0, 0.0) } else { z.relu() };
        let active: Vec<Num<Ball>> = z.iter().map(|z| Num(awake(z))).collect();
        let rows = self.network.output().iter_rows().zip(self.network.output_bias());
        rows.map(|(row, bias)| Num(sum(row, &active, *bias))).collect()
    }
}

/// `{|x| : x in the ball}` and no wider: `||m| − |x|| ≤ |m − x| ≤ r`.
fn magnitude(ball: &Ball) -> Ball {
    Ball::new(ball.mid().abs(), ball.rad())
}

/// `Σ wⱼ·xⱼ + bias` for all `x` of a ball: that of the midpoints, and `Σ |wⱼ|·radⱼ`.
fn sum(weights: &[f64], point: &[Num<Ball>], bias: f64) -> Ball {
    let terms = weights.iter().zip(point).map(|(w, x)| (*w, x.0.mid()));
    let middle = compensated_dot(terms.chain([(bias, 1.0)]));
    let spread = weights.iter().zip(point).filter(|(_, x)| x.0.rad() != 0.0);
    let spread = spread.fold(0.0, |sum, (w, x)| up(sum + up(w * x.0.rad())));
    Ball::new(middle.mid(), up(middle.rad() + spread))
}

impl Evaluate<Ball> for Compensated {
    fn inputs(&self) -> usize {
        self.network.shape().inputs
    }

    fn outputs(&self) -> usize {
        self.network.shape().outputs
    }

    /// Enclosures of the exact answers at all points of the balls asked.
    fn evaluate(&self, batch: &Batch<'_, Ball>) -> Vec<Vec<Num<Ball>>> {
        match batch {
            Batch::Points(points) => points.iter().map(|x| self.outputs_of(&self.preactivations(x).0)).collect(),
            // z(u + t·v) = z(u) + t·A0·v.
            Batch::Line { origin, direction, at } => {
                let start = self.preactivations(origin).0;
                let rows = self.network.hidden().iter_rows();
                let along: Vec<Ball> = rows.map(|row| sum(row, direction, 0.0)).collect();
                let moved = |t: &Num<Ball>| -> Vec<Ball> {
                    start.iter().zip(&along).map(|(z, step)| z.add(&t.0.mul(step))).collect()
                };
                at.iter().map(|t| self.outputs_of(&moved(t))).collect()
            }
            // z(x) = z(c) + Σ wⱼ·(xⱼ − cⱼ) over what differs.
            Batch::Probes { center, probes } => {
                let start = self.preactivations(center).0;
                let moved = |probe: &super::Probe<Ball>| -> Vec<Ball> {
                    let unit = |(z, row): (&Ball, &[f64])| {
                        let steps = probe.iter().map(|(j, x)| &(x - &center[*j]) * &Num::lift(row[*j], ()));
                        steps.fold(*z, |z, step| z.add(&step.0))
                    };
                    start.iter().zip(self.network.hidden().iter_rows()).map(unit).collect()
                };
                probes.iter().map(|probe| self.outputs_of(&moved(probe))).collect()
            }
        }
    }
}
