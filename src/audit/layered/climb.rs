//! Inputs with a large difference of two deep networks: sign ascent over the vertices of the cube, in f64.
//!
//! Values are carried as the victim's and the difference to the copy's, as in `bound`, so that close networks
//! do not cancel. Nothing here has to be right: what is found is evaluated in ℚ.

use super::super::ascent::vertex;
use super::super::domain::Domain;
use crate::linalg::Matrix;
use crate::net::{Draw, Layered};
use crate::num::{Rational, Scalar};

/// Vertices tried along one ascent.
const STEPS: usize = 64;

/// One layer of both networks: `A`, `b`, `A' − A`, `b' − b`, `A'`.
struct Layer {
    weights: Matrix<f64>,
    bias: Vec<f64>,
    change: Matrix<f64>,
    bias_change: Vec<f64>,
    copied: Matrix<f64>,
}

/// Two networks over the cube, in f64.
pub(super) struct Climber {
    layers: Vec<Layer>,
}

/// What a layer gives: `z` and `δ`.
type Values = Vec<(f64, f64)>;

impl Climber {
    /// Of networks with equally many units in each layer.
    pub(super) fn new(victim: &Layered<Rational>, copy: &Layered<Rational>, domain: &Domain) -> Self {
        let near = |x: &Rational| f64::nearest(x, ());
        let layer =
            |(index, (first, second)): (usize, (&crate::net::Affine<Rational>, &crate::net::Affine<Rational>))| {
                let rows = |layer: &crate::net::Affine<Rational>| -> Vec<Vec<Rational>> {
                    let row = |i: usize| {
                        let (row, bias) = (layer.weights().row(i), &layer.bias()[i]);
                        if index == 0 {
                            domain.over_cube(row, bias)
                        } else {
                            row.iter().chain([bias]).cloned().collect()
                        }
                    };
                    (0..layer.units()).map(row).collect()
                };
                let (first_rows, second_rows) = (rows(first), rows(second));
                let (units, inputs) = (first.units(), first.inputs());
                let change = |i: usize, j: usize| near(&second_rows[i][j].sub(&first_rows[i][j]));
                Layer {
                    weights: Matrix::from_fn(units, inputs, |i, j| near(&first_rows[i][j])),
                    bias: (0..units).map(|i| near(&first_rows[i][inputs])).collect(),
                    change: Matrix::from_fn(units, inputs, change),
                    bias_change: (0..units).map(|i| change(i, inputs)).collect(),
                    copied: Matrix::from_fn(units, inputs, |i, j| near(&second_rows[i][j])),
                }
            };
        Self { layers: victim.layers().iter().zip(copy.layers()).enumerate().map(layer).collect() }
    }

    /// `z` and `δ` of every layer at a point of the cube.
    fn forward(&self, y: &[f64]) -> Vec<Values> {
        let mut all: Vec<Values> = Vec::with_capacity(self.layers.len());
        for layer in &self.layers {
            let inputs: Values = match all.last() {
                None => y.iter().map(|y| (*y, 0.0)).collect(),
                Some(values) => values.iter().map(|&(z, delta)| activated(z, delta)).collect(),
            };
            let unit = |i: usize| {
                let (mut z, mut delta) = (layer.bias[i], layer.bias_change[i]);
                let rows = layer.weights.row(i).iter().zip(layer.change.row(i)).zip(layer.copied.row(i));
                for (((w, change), copied), (a, e)) in rows.zip(&inputs) {
                    z += w * a;
                    delta += change * a + copied * e;
                }
                (z, delta)
            };
            all.push((0..layer.bias.len()).map(unit).collect());
        }
        all
    }

    /// The difference at an output and its gradient where it is affine.
    fn value(&self, y: &[f64], output: usize) -> (f64, Vec<f64>) {
        let all = self.forward(y);
        let last = self.layers.len() - 1;
        // Derivatives by z and δ of each unit of a layer, from the last layer back.
        let mut back: Vec<(f64, f64)> = vec![(0.0, 0.0); self.layers[last].bias.len()];
        back[output] = (0.0, 1.0);
        for (index, layer) in self.layers.iter().enumerate().rev() {
            let mut before = vec![(0.0, 0.0); layer.weights.columns()];
            for (i, (by_z, by_delta)) in back.iter().enumerate().filter(|(_, by)| **by != (0.0, 0.0)) {
                let rows = layer.weights.row(i).iter().zip(layer.change.row(i)).zip(layer.copied.row(i));
                for ((a, e), ((w, change), copied)) in before.iter_mut().zip(rows) {
                    *a += by_z * w + by_delta * change;
                    *e += by_delta * copied;
                }
            }
            if index == 0 {
                return (all[last][output].1, before.into_iter().map(|(a, _)| a).collect());
            }
            let through = |((by_a, by_e), (z, delta)): ((f64, f64), &(f64, f64))| {
                let (on, copied) = (f64::from(*z > 0.0), f64::from(z + delta > 0.0));
                (on * by_a + (copied - on) * by_e, copied * by_e)
            };
            back = before.into_iter().zip(&all[index - 1]).map(through).collect();
        }
        (0.0, Vec::new())
    }

    /// Climbs `sign·D` at an output from a random vertex: the value and the point.
    pub(super) fn climb(&self, draw: &mut Draw, output: usize, sign: f64) -> (f64, Vec<f64>) {
        let mut point = vertex(draw, self.layers[0].weights.columns());
        let (mut best, mut gradient) = self.value(&point, output);
        for _ in 0..STEPS {
            // An input without influence stays where it is.
            let side = |(y, g): (&f64, &f64)| if *g == 0.0 { *y } else { (sign * g).signum() };
            let next: Vec<f64> = point.iter().zip(&gradient).map(side).collect();
            let (value, slope) = self.value(&next, output);
            if sign * value <= sign * best {
                break;
            }
            (point, best, gradient) = (next, value, slope);
        }
        (sign * best, point)
    }
}

/// `relu(z)` and `relu(z + δ) − relu(z)`, without cancellation.
fn activated(z: f64, delta: f64) -> (f64, f64) {
    match (z > 0.0, z + delta > 0.0) {
        (true, true) => (z, delta),
        (true, false) => (z, -z),
        (false, true) => (0.0, z + delta),
        (false, false) => (0.0, 0.0),
    }
}
