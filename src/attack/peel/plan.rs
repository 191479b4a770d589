//! Planning: where to ask next, in `f64`.
//!
//! A plan chooses a question and concludes nothing: a wrong one costs queries. Whatever is concluded from the answers
//! is decided by the judge, on the numbers of the run. Everything planned is dyadic, so that every arithmetic can ask
//! it.

use crate::linalg::Matrix;
use crate::net::Draw;
use crate::num::{Dyadic, Num, Rational, Scalar};

/// Bits of planned coordinates beside the largest.
pub(super) const COORDINATE_BITS: i32 = 24;
/// Binary places of planned positions along a line.
const POSITION_PLACES: i32 = 24;
/// Random points that a layer's size is taken from.
const SAMPLES: usize = 101;

/// A number as a plan sees it.
pub(super) fn seen<S: Scalar>(x: &Num<S>) -> f64 {
    x.0.exact().map_or(f64::NAN, |x: Rational| f64::nearest(&x, ()))
}

/// Numbers as a plan sees them.
pub(super) fn all_seen<S: Scalar>(xs: &[Num<S>]) -> Vec<f64> {
    xs.iter().map(seen).collect()
}

/// `Σ xᵢ·yᵢ`.
pub(super) fn dot(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(a, b)| a * b).sum()
}

/// The Euclidean length.
pub(super) fn length(x: &[f64]) -> f64 {
    dot(x, x).sqrt()
}

/// The same with `bits` bits beside the largest entry.
pub(super) fn rounded(x: &[f64], bits: i32) -> Vec<f64> {
    let largest = x.iter().fold(0.0f64, |most, x| most.max(x.abs()));
    if largest == 0.0 || !largest.is_finite() {
        return x.to_vec();
    }
    let unit = 2f64.powi(largest.log2().floor() as i32 - bits);
    x.iter().map(|x| (x / unit).round() * unit).collect()
}

/// A position along a line.
pub(super) fn position(t: f64) -> Dyadic {
    Dyadic::new((t * 2f64.powi(POSITION_PLACES)).round() as i64, -POSITION_PLACES)
}

/// A random vector with normal entries of this size.
pub(super) fn normal(draw: &mut Draw, dimensions: usize, size: f64) -> Vec<f64> {
    (0..dimensions).map(|_| draw.normal() * size).collect()
}

/// A number between two, uniformly.
pub(super) fn between(draw: &mut Draw, low: f64, high: f64) -> f64 {
    low + (high - low) * (0.5 + 0.5 * draw.dyadic(30))
}

/// The rows and biases of a layer as a plan sees them.
#[derive(Clone, Debug, Default)]
pub(super) struct Sketch {
    /// `[units]` of `[inputs]`.
    pub rows: Vec<Vec<f64>>,
    /// `[units]`.
    pub biases: Vec<f64>,
}

impl Sketch {
    /// Of a layer.
    pub fn of<S: Scalar>(rows: &Matrix<Num<S>>, biases: &[Num<S>]) -> Self {
        Self { rows: rows.iter_rows().map(all_seen).collect(), biases: all_seen(biases) }
    }

    /// The pre-activations at a point.
    pub fn at(&self, x: &[f64]) -> Vec<f64> {
        self.rows.iter().zip(&self.biases).map(|(row, bias)| dot(row, x) + bias).collect()
    }

    /// The median magnitude of a pre-activation at random points of size 1.
    pub fn size(&self, draw: &mut Draw, inputs: usize) -> f64 {
        let points = (0..SAMPLES).map(|_| normal(draw, inputs, 1.0));
        let mut sizes: Vec<f64> = points.flat_map(|x| self.at(&x)).map(f64::abs).collect();
        sizes.sort_by(f64::total_cmp);
        sizes.get(sizes.len() / 2).copied().filter(|size| *size > 0.0).unwrap_or(1.0)
    }
}
