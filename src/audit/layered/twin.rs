//! Two deep networks over the cube, in f64, side by side.
//!
//! Values are carried as the victim's and the difference to the copy's, as in `bound`, so that close networks
//! do not cancel. Nothing here has to be right: what is found is evaluated in ℚ.

use super::super::domain::Domain;
use crate::linalg::Matrix;
use crate::net::{Affine, Network};
use crate::num::{Rational, Scalar};

/// Sums that a product of vectors runs in, side by side.
const LANES: usize = 8;

/// One layer of both networks. Matrices are `[inputs, units]`.
struct Layer {
    /// `A`, transposed.
    weights: Matrix<f64>,
    /// `A' − A`, transposed.
    change: Matrix<f64>,
    /// `A'`, transposed.
    copied: Matrix<f64>,
    /// `b` and `b' − b`.
    bias: Values,
}

/// Numbers of each unit of a layer, `[units]` each: of the victim's sums, `z`, and of `δ = z' − z`.
#[derive(Clone, Debug, Default)]
pub(super) struct Values {
    pub(super) z: Vec<f64>,
    pub(super) delta: Vec<f64>,
}

/// Whether a unit is active, in the victim and in the copy.
pub(super) type Gate = (bool, bool);

/// Two networks with equally many units in each layer.
pub(super) struct Twin {
    layers: Vec<Layer>,
}

impl Values {
    fn zeros(units: usize) -> Self {
        Self { z: vec![0.0; units], delta: vec![0.0; units] }
    }

    /// Which units are active.
    fn gates(&self) -> impl Iterator<Item = Gate> {
        self.z.iter().zip(&self.delta).map(|(z, delta)| (*z > 0.0, z + delta > 0.0))
    }

    /// `a = relu(z)` and `relu(z + δ) − relu(z)` behind these gates, without cancellation.
    fn behind(&self, gates: &[Gate]) -> Self {
        let one = |((z, delta), gate): ((&f64, &f64), &Gate)| match gate {
            (true, true) => (*z, *delta),
            (true, false) => (*z, -z),
            (false, true) => (0.0, z + delta),
            (false, false) => (0.0, 0.0),
        };
        let (z, delta) = self.z.iter().zip(&self.delta).zip(gates).map(one).unzip();
        Self { z, delta }
    }

    /// Adds multiples, `z` by `z` and `δ` by `δ`.
    fn add(&mut self, factor: f64, other: &Self) {
        add(&mut self.z, factor, &other.z);
        add(&mut self.delta, factor, &other.delta);
    }
}

impl Layer {
    /// What the layer makes of values that reach it, without its biases.
    fn linear(&self, inputs: &Values) -> Values {
        let mut sums = Values::zeros(self.bias.z.len());
        for (j, (a, e)) in inputs.z.iter().zip(&inputs.delta).enumerate() {
            if *a != 0.0 {
                add(&mut sums.z, *a, self.weights.row(j));
                add(&mut sums.delta, *a, self.change.row(j));
            }
            if *e != 0.0 {
                add(&mut sums.delta, *e, self.copied.row(j));
            }
        }
        sums
    }
}

impl Twin {
    /// Of networks with equally many units in each layer.
    pub(super) fn new(victim: &Network<Rational>, copy: &Network<Rational>, domain: &Domain) -> Self {
        let near = |x: &Rational| f64::nearest(x, ());
        let rows = |index: usize, layer: &Affine<Rational>| -> Vec<Vec<Rational>> {
            let row = |i: usize| {
                let (row, bias) = (layer.weights().row(i), &layer.bias()[i]);
                if index == 0 { domain.over_cube(row, bias) } else { row.iter().chain([bias]).cloned().collect() }
            };
            (0..layer.units()).map(row).collect()
        };
        let layer = |(index, (first, second)): (usize, (&Affine<Rational>, &Affine<Rational>))| {
            let (first_rows, second_rows) = (rows(index, first), rows(index, second));
            let (units, inputs) = (first.units(), first.inputs());
            let change = |j: usize, i: usize| near(&second_rows[i][j].sub(&first_rows[i][j]));
            Layer {
                weights: Matrix::from_fn(inputs, units, |j, i| near(&first_rows[i][j])),
                change: Matrix::from_fn(inputs, units, change),
                copied: Matrix::from_fn(inputs, units, |j, i| near(&second_rows[i][j])),
                bias: Values {
                    z: (0..units).map(|i| near(&first_rows[i][inputs])).collect(),
                    delta: (0..units).map(|i| change(inputs, i)).collect(),
                },
            }
        };
        Self { layers: victim.layers().iter().zip(copy.layers()).enumerate().map(layer).collect() }
    }

    /// Number of inputs.
    pub(super) fn inputs(&self) -> usize {
        self.layers[0].weights.rows()
    }

    /// Number of outputs.
    pub(super) fn outputs(&self) -> usize {
        self.layers[self.layers.len() - 1].bias.z.len()
    }

    /// Hidden units.
    pub(super) fn hidden(&self) -> usize {
        self.layers.iter().skip(1).map(|layer| layer.weights.rows()).sum()
    }

    /// Products of one evaluation, about.
    pub(super) fn products(&self) -> usize {
        self.layers.iter().map(|layer| 3 * layer.weights.entries().len()).sum()
    }

    /// Products of one evaluation behind the first layer, about.
    pub(super) fn later_products(&self) -> usize {
        self.products() - 3 * self.layers[0].weights.entries().len()
    }

    /// Coefficients of the first layer's units in each network, `[units, inputs]`.
    pub(super) fn planes(&self) -> [Matrix<f64>; 2] {
        let first = &self.layers[0];
        [&first.weights, &first.copied]
            .map(|matrix| Matrix::from_fn(matrix.columns(), matrix.rows(), |i, j| matrix.row(j)[i]))
    }

    /// `z` and `δ` of the outputs at a point of the cube, and the gates of all hidden units, layer by layer.
    pub(super) fn at(&self, y: &[f64]) -> (Values, Vec<Gate>) {
        let mut gates = Vec::with_capacity(self.hidden());
        let mut sums = self.placed(y);
        for layer in &self.layers[1..] {
            let open = gates.len();
            gates.extend(sums.gates());
            sums = layer.linear(&sums.behind(&gates[open..]));
            sums.add(1.0, &layer.bias);
        }
        (sums, gates)
    }

    /// The first layer at a point.
    pub(super) fn placed(&self, y: &[f64]) -> Values {
        let mut sums = self.turned(y);
        sums.add(1.0, &self.layers[0].bias);
        sums
    }

    /// What the first layer makes of a direction.
    pub(super) fn turned(&self, direction: &[f64]) -> Values {
        self.layers[0].linear(&Values { z: direction.to_vec(), delta: vec![0.0; direction.len()] })
    }

    /// The coefficient of an input in the first layer's units.
    pub(super) fn coefficient(&self, input: usize) -> Values {
        let first = &self.layers[0];
        Values { z: first.weights.row(input).to_vec(), delta: first.change.row(input).to_vec() }
    }

    /// One coefficient of all units of all layers as affine maps behind given gates, from that of the first layer's.
    ///
    /// `constant`: of the constant, to which biases are added.
    pub(super) fn through(&self, first: Values, gates: &[Gate], constant: bool) -> Values {
        let mut all = first.clone();
        let (mut sums, mut open) = (first, 0);
        for layer in &self.layers[1..] {
            let next = open + sums.z.len();
            sums = layer.linear(&sums.behind(&gates[open..next]));
            if constant {
                sums.add(1.0, &layer.bias);
            }
            all.z.extend_from_slice(&sums.z);
            all.delta.extend_from_slice(&sums.delta);
            open = next;
        }
        all
    }

    /// The difference at an output and its gradient where it is affine.
    pub(super) fn slope(&self, y: &[f64], output: usize) -> (f64, Vec<f64>) {
        let (sums, gates) = self.at(y);
        // Derivatives by z and δ of each unit of a layer, from the last layer back.
        let mut back = Values::zeros(self.outputs());
        back.delta[output] = 1.0;
        let mut open = gates.len();
        for layer in self.layers[1..].iter().rev() {
            let units = layer.weights.rows();
            open -= units;
            let mut before = Values::zeros(units);
            for (j, (on, copied)) in gates[open..open + units].iter().enumerate() {
                // a = relu(z), e = relu(z + δ) − relu(z).
                let by_a = || dot(&back.z, layer.weights.row(j)) + dot(&back.delta, layer.change.row(j));
                let by_e = if *on || *copied { dot(&back.delta, layer.copied.row(j)) } else { 0.0 };
                let (on, copied) = (if *on { 1.0 } else { 0.0 }, if *copied { 1.0 } else { 0.0 });
                let through = if on > 0.0 { by_a() } else { 0.0 };
                before.z[j] = through + (copied - on) * by_e;
                before.delta[j] = copied * by_e;
            }
            back = before;
        }
        let first = &self.layers[0];
        let by_input = |j: usize| dot(&back.z, first.weights.row(j)) + dot(&back.delta, first.change.row(j));
        (sums.delta[output], (0..first.weights.rows()).map(by_input).collect())
    }
}

fn add(sums: &mut [f64], factor: f64, row: &[f64]) {
    sums.iter_mut().zip(row).for_each(|(sum, w)| *sum += factor * w);
}

/// `Σ x_i·y_i`, in an order that does not depend on the machine.
fn dot(x: &[f64], y: &[f64]) -> f64 {
    let mut sums = [0.0; LANES];
    let (whole, rest) = (x.chunks_exact(LANES), x.len() / LANES * LANES);
    for (x, y) in whole.zip(y.chunks_exact(LANES)) {
        for lane in 0..LANES {
            sums[lane] += x[lane] * y[lane];
        }
    }
    let tail: f64 = x[rest..].iter().zip(&y[rest..]).map(|(x, y)| x * y).sum();
    sums.iter().sum::<f64>() + tail
}
