//! Two aligned networks over the cube, in f64, with all that rounding can do to a weight known.

use super::super::super::domain::Domain;
use crate::linalg::Matrix;
use crate::net::{Affine, Network};
use crate::num::{Rational, Scalar};

/// One network's affine map, or the difference of two.
pub(super) struct Map {
    /// `[units, inputs]`.
    pub(super) weights: Matrix<f64>,
    /// `[units]`.
    pub(super) bias: Vec<f64>,
    /// Whether a row and its bias are zero, exactly; `[units]`.
    pub(super) is_zero: Vec<bool>,
}

/// One layer of both networks.
pub(super) struct Layer {
    /// `A` and `b`.
    pub(super) victim: Map,
    /// `A'` and `b'`.
    pub(super) copy: Map,
    /// `A' − A` and `b' − b`.
    pub(super) change: Map,
}

/// Two networks with equally many units in each layer.
///
/// Every number is the exact one within `2^−53` of itself or `2^−1074`. The inputs are coordinates of the cube
/// `[−1, 1]^free` for those inputs whose interval is no point.
pub(in super::super) struct Weights {
    pub(super) layers: Vec<Layer>,
    /// Inputs that vary, in order.
    pub(in super::super) free: Vec<usize>,
    /// The most products that one number of a row is a sum of, with room for what is added to them.
    pub(super) longest: usize,
}

impl Map {
    /// Of rows, the bias last.
    fn new(rows: &[Vec<Rational>]) -> Self {
        let width = rows.first().map_or(0, |row| row.len() - 1);
        let zero = Rational::default();
        Self {
            weights: Matrix::from_fn(rows.len(), width, |i, j| near(&rows[i][j])),
            bias: rows.iter().map(|row| near(&row[width])).collect(),
            is_zero: rows.iter().map(|row| row.iter().all(|x| *x == zero)).collect(),
        }
    }

    pub(super) fn units(&self) -> usize {
        self.bias.len()
    }
}

impl Weights {
    /// Of networks with equally many units in each layer, over a box.
    pub(in super::super) fn new(victim: &Network<Rational>, copy: &Network<Rational>, domain: &Domain) -> Self {
        let (lower, upper) = domain.ends();
        let free: Vec<usize> = (0..lower.len()).filter(|j| lower[*j] < upper[*j]).collect();
        let rows = |index: usize, layer: &Affine<Rational>| -> Vec<Vec<Rational>> {
            let row = |i: usize| {
                let (row, bias) = (layer.weights().row(i), &layer.bias()[i]);
                if index > 0 {
                    return row.iter().chain([bias]).cloned().collect();
                }
                let over = domain.over_cube(row, bias);
                free.iter().chain([&row.len()]).map(|j| over[*j].clone()).collect::<Vec<_>>()
            };
            (0..layer.units()).map(row).collect()
        };
        let layer = |(index, (first, second)): (usize, (&Affine<Rational>, &Affine<Rational>))| {
            let (first, second) = (rows(index, first), rows(index, second));
            let less = |(a, b): (&Vec<Rational>, &Vec<Rational>)| b.iter().zip(a).map(|(b, a)| b.sub(a)).collect();
            let change: Vec<Vec<Rational>> = first.iter().zip(&second).map(less).collect();
            Layer { victim: Map::new(&first), copy: Map::new(&second), change: Map::new(&change) }
        };
        let layers: Vec<Layer> = victim.layers().iter().zip(copy.layers()).enumerate().map(layer).collect();
        let units: usize = layers.iter().map(|layer| layer.victim.units()).sum();
        // Constants run through all layers; a coefficient is a sum over one layer's units, twice.
        let longest = 8 * (units + free.len()) + 64;
        Self { layers, free, longest }
    }

    /// `g`: twice what sums of so many products are off by, as a part of the sum of their magnitudes.
    ///
    /// `γ_n = n·2^−53/(1 − n·2^−53) ≤ n·2^−52`, and as much again for sums of magnitudes that are rounded themselves.
    pub(super) fn rounding(&self) -> f64 {
        2.0 * self.longest as f64 * f64::EPSILON
    }

    /// Products of one pass, about.
    pub(in super::super) fn work(&self) -> usize {
        let mut before = 0;
        let mut work = 0;
        for layer in &self.layers {
            work += 2 * layer.victim.units() * before;
            before += layer.victim.weights.entries().len();
            work += 6 * layer.victim.weights.entries().len();
        }
        work
    }

    /// Number of outputs.
    pub(in super::super) fn outputs(&self) -> usize {
        self.layers.last().map_or(0, |layer| layer.victim.units())
    }
}

/// The nearest float; of a number that is not zero, one that is not zero either.
fn near(x: &Rational) -> f64 {
    let near = f64::nearest(x, ());
    let least = f64::from_bits(1);
    match near == 0.0 && *x != Rational::default() {
        true if *x > Rational::default() => least,
        true => -least,
        false => near,
    }
}
