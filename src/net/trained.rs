//! Trained victims: a small classifier by stochastic gradients, the same on every platform.

use super::adam::{DECAY, GUARD};
use super::{Draw, Dtype, Error, Samples, Shallow, Shape, first_largest};
use crate::linalg::Matrix;
use crate::num::{Num, lift_all};
use std::ops::ControlFlow;

/// How a victim is trained.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Training {
    /// Hidden units.
    pub hidden: usize,
    /// Passes over the data.
    pub epochs: usize,
    /// Step size of Adam.
    pub rate: f64,
    /// Seed of the first weights, the split and the order of samples.
    pub seed: u64,
    /// Precision that the trained weights are rounded to.
    pub precision: Dtype,
}

impl Default for Training {
    fn default() -> Self {
        Self { hidden: 32, epochs: 60, rate: 0.004, seed: 0, precision: Dtype::F32 }
    }
}

/// A trained network and how well it does.
#[derive(Clone, Debug)]
pub struct Trained {
    /// The network, weights rounded.
    pub network: Shallow<f64>,
    /// Correct labels and samples, of those it was trained on.
    pub seen: (usize, usize),
    /// Correct labels and samples, of the fifth held out.
    pub held_out: (usize, usize),
}

/// Samples a gradient is averaged over.
const BATCH: usize = 32;

/// Trains a classifier with one hidden ReLU layer on four fifths of the samples.
///
/// Softmax cross-entropy, Adam, batches of 32, `N(0, 2/fan-in)` first weights. All sums run
/// in a fixed order in `f64` with `libm`, so that the result is the same bits everywhere;
/// weights are rounded at the end. `told` hears of every epoch's mean loss and may stop.
///
/// Errors: [`Error::Shape`], [`Error::Diverged`]. `Ok(None)` when stopped.
///
/// Source: Kingma & Ba, *Adam* (ICLR 2015), algorithm 1.
pub fn train(
    samples: &Samples,
    training: &Training,
    mut told: impl FnMut(usize, f64) -> ControlFlow<()>,
) -> Result<Option<Trained>, Error> {
    let inputs = samples.inputs().columns();
    let shape = Shape { inputs, hidden: training.hidden, outputs: samples.classes() }.checked()?;
    let (mut order, held_out) = split(samples.len(), training.seed);
    let mut seen = order.clone();
    seen.sort_unstable();

    let mut model = Model::new(shape, training);
    let mut draw = Draw::new(training.seed, "order");
    for epoch in 1..=training.epochs {
        shuffle(&mut order, &mut draw);
        let loss: f64 = order.chunks(BATCH).map(|batch| model.step(samples, batch)).sum();
        let loss = loss / order.len() as f64;
        if !loss.is_finite() || model.weights.iter().any(|w| !w.is_finite()) {
            return Err(Error::Diverged { epoch });
        }
        if told(epoch, loss).is_break() {
            return Ok(None);
        }
    }
    let network = model.network(training.precision);
    let score = |which: &[usize]| (correct(&network, samples, which), which.len());
    Ok(Some(Trained { seen: score(&seen), held_out: score(&held_out), network }))
}

/// Samples to train on, and the fifth held out, by their numbers: those of [`train`] with this seed.
pub fn split(count: usize, seed: u64) -> (Vec<usize>, Vec<usize>) {
    let mut order: Vec<usize> = (0..count).collect();
    shuffle(&mut order, &mut Draw::new(seed, "split"));
    let held_out = order.split_off(count - count / 5);
    (order, held_out)
}

/// Fisher and Yates.
fn shuffle(order: &mut [usize], draw: &mut Draw) {
    for last in (1..order.len()).rev() {
        order.swap(last, draw.below(last + 1));
    }
}

/// Samples whose label is the first largest output.
fn correct(network: &Shallow<f64>, samples: &Samples, which: &[usize]) -> usize {
    let lifted = network.map(|&w| Num(w));
    let label = |&i: &usize| {
        let outputs = lifted.forward(&lift_all(samples.inputs().row(i), ()), ());
        first_largest(&outputs.into_iter().map(|y| y.0).collect::<Vec<f64>>())
    };
    which.iter().filter(|i| label(i) == samples.labels()[**i]).count()
}

/// All weights in one row (`A0` by unit, `b0`, `A1` by output, `b1`), with Adam's means.
struct Model {
    shape: Shape,
    weights: Vec<f64>,
    mean: Vec<f64>,
    square: Vec<f64>,
    rate: f64,
    /// `DECAY` to the number of steps so far.
    decayed: (f64, f64),
}

impl Model {
    fn new(shape: Shape, training: &Training) -> Self {
        let mut draw = Draw::new(training.seed, "training");
        let count = shape.parameters() as usize;
        let mut weights = vec![0.0; count];
        let (hidden, rest) = weights.split_at_mut(shape.inputs * shape.hidden);
        hidden.iter_mut().for_each(|w| *w = draw.normal() * libm::sqrt(2.0 / shape.inputs as f64));
        let output = &mut rest[shape.hidden..][..shape.hidden * shape.outputs];
        output.iter_mut().for_each(|w| *w = draw.normal() * libm::sqrt(2.0 / shape.hidden as f64));
        Self {
            shape,
            weights,
            mean: vec![0.0; count],
            square: vec![0.0; count],
            rate: training.rate,
            decayed: (1.0, 1.0),
        }
    }

    /// Where `b0`, `A1` and `b1` start.
    fn offsets(&self) -> (usize, usize, usize) {
        let Shape { inputs, hidden, outputs } = self.shape;
        let bias = inputs * hidden;
        (bias, bias + hidden, bias + hidden + hidden * outputs)
    }

    /// One step of Adam along the mean gradient of a batch; returns the summed loss.
    fn step(&mut self, samples: &Samples, batch: &[usize]) -> f64 {
        let mut gradient = vec![0.0; self.weights.len()];
        let loss =
            batch.iter().map(|&i| self.backward(samples.inputs().row(i), samples.labels()[i], &mut gradient)).sum();
        self.decayed = (self.decayed.0 * DECAY.0, self.decayed.1 * DECAY.1);
        for (i, sum) in gradient.into_iter().enumerate() {
            let slope = sum / batch.len() as f64;
            self.mean[i] = DECAY.0 * self.mean[i] + (1.0 - DECAY.0) * slope;
            self.square[i] = DECAY.1 * self.square[i] + (1.0 - DECAY.1) * slope * slope;
            let (mean, square) = (self.mean[i] / (1.0 - self.decayed.0), self.square[i] / (1.0 - self.decayed.1));
            self.weights[i] -= self.rate * mean / (libm::sqrt(square) + GUARD);
        }
        loss
    }

    /// Adds one sample's gradient; returns its loss.
    fn backward(&self, x: &[f64], label: usize, gradient: &mut [f64]) -> f64 {
        let Shape { inputs, hidden, outputs } = self.shape;
        let (bias, output, last) = self.offsets();
        let w = &self.weights;
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).fold(0.0, |sum, (p, q)| sum + p * q);
        let active: Vec<f64> =
            (0..hidden).map(|i| (dot(&w[i * inputs..][..inputs], x) + w[bias + i]).max(0.0)).collect();
        let scores: Vec<f64> =
            (0..outputs).map(|o| dot(&w[output + o * hidden..][..hidden], &active) + w[last + o]).collect();
        let top = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let shares: Vec<f64> = scores.iter().map(|s| libm::exp(s - top)).collect();
        let total: f64 = shares.iter().sum();
        let mut back = vec![0.0; hidden];
        for (o, share) in shares.iter().enumerate() {
            let slope = share / total - f64::from(o == label);
            gradient[last + o] += slope;
            for (i, &z) in active.iter().enumerate() {
                gradient[output + o * hidden + i] += slope * z;
                back[i] += slope * w[output + o * hidden + i];
            }
        }
        for (i, slope) in back.into_iter().enumerate().filter(|&(i, _)| active[i] > 0.0) {
            gradient[bias + i] += slope;
            gradient[i * inputs..][..inputs].iter_mut().zip(x).for_each(|(g, x)| *g += slope * x);
        }
        libm::log(total) - (scores[label] - top)
    }

    fn network(&self, precision: Dtype) -> Shallow<f64> {
        let Shape { inputs, hidden, outputs } = self.shape;
        let (bias, output, last) = self.offsets();
        let w = |i: usize| precision.round(self.weights[i]);
        Shallow::assembled(
            Matrix::from_fn(hidden, inputs, |i, j| w(i * inputs + j)),
            (bias..output).map(w).collect(),
            Matrix::from_fn(outputs, hidden, |o, i| w(output + o * hidden + i)),
            (last..last + outputs).map(w).collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clusters() -> Samples {
        let mut draw = Draw::new(3, "clusters");
        let labels: Vec<usize> = (0..60).map(|i| i % 3).collect();
        let inputs = Matrix::from_fn(60, 2, |i, j| f64::from(i % 3 == j + 1) + draw.dyadic(20) / 8.0);
        Samples::new(inputs, labels).unwrap()
    }

    #[test]
    fn gradients_are_those_of_finite_differences() {
        let (samples, training) = (clusters(), Training { hidden: 4, ..Training::default() });
        let mut model = Model::new(Shape { inputs: 2, hidden: 4, outputs: 3 }, &training);
        let (x, label) = (samples.inputs().row(1).to_vec(), samples.labels()[1]);
        let mut gradient = vec![0.0; model.weights.len()];
        model.backward(&x, label, &mut gradient);
        let step = 2f64.powi(-20);
        for (i, slope) in gradient.iter().enumerate() {
            let here = model.weights[i];
            let mut loss_at = |weight: f64| {
                model.weights[i] = weight;
                model.backward(&x, label, &mut vec![0.0; gradient.len()])
            };
            let difference = (loss_at(here + step) - loss_at(here - step)) / (2.0 * step);
            model.weights[i] = here;
            assert!((difference - slope).abs() < 1e-6, "weight {i}: {difference} and {slope}");
        }
    }

    #[test]
    fn separable_clusters_are_learned() {
        let training = Training { hidden: 8, epochs: 80, rate: 0.02, ..Training::default() };
        let trained = train(&clusters(), &training, |_, _| ControlFlow::Continue(())).unwrap().unwrap();
        assert_eq!(trained.held_out, (12, 12));
    }

    #[test]
    fn a_wild_rate_is_an_error() {
        let training = Training { rate: 1e300, ..Training::default() };
        let result = train(&clusters(), &training, |_, _| ControlFlow::Continue(()));
        assert!(matches!(result, Err(Error::Diverged { .. })));
    }
}
