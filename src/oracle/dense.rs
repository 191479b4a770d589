//! Rounded oracles: batches of points through matrix products in `f64` or `f32`, stored in these or in 16 bits.

use super::{Batch, Evaluate};
use crate::net::{Activation, Shallow};
use crate::num::{Narrow, Num, Scalar};
use nalgebra::{ClosedAddAssign, ClosedMulAssign, DMatrix, DMatrixView};
use num_traits::{One, Zero};
use rayon::prelude::*;
use std::ops::{Add, Mul};

/// A hardware float.
pub trait Real:
    Scalar<Context = ()>
    + nalgebra::Scalar
    + Copy
    + Add<Output = Self>
    + Mul<Output = Self>
    + Zero
    + One
    + ClosedAddAssign
    + ClosedMulAssign
{
}
impl Real for f64 {}
impl Real for f32 {}

/// How hidden pre-activations are summed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kernel {
    /// Each sum runs in the order of the inputs, without fused multiply-add: the same bits
    /// on every machine and for every batch.
    #[default]
    Portable,
    /// The blocked product of `nalgebra`, whose last bits depend on the processor.
    Fast,
}

/// Points evaluated together: their coordinates and the packed weights stay in the cache.
const BLOCK: usize = 64;
/// Points a tile.
const POINTS: usize = 4;
/// Hidden units a tile.
const UNITS: usize = 8;

/// A network in hardware floats, evaluated in blocks on all cores.
///
/// With [`Kernel::Portable`] the answers are, bit for bit, those of
/// [`forward`](crate::net::Network::forward): vector lanes are different units, never parts of one sum.
pub struct Dense<T> {
    network: Shallow<T>,
    /// Where it is not ReLU.
    activation: Option<Activation<Num<T>>>,
    /// Rounds what is stored between sums; `None` where it is stored as it was summed.
    storage: Option<fn(T) -> T>,
    /// Hidden weights by tile of units, then by input; the last tile is padded with zeros.
    panels: Vec<Vec<[T; UNITS]>>,
    /// Hidden weights, `[hidden, inputs]`, for the fast kernel.
    product: Option<DMatrix<T>>,
}

impl<T: Real> Dense<T> {
    /// An oracle for this network.
    pub fn new(network: Shallow<T>, kernel: Kernel) -> Self {
        let shape = network.shape();
        let weight = |i: usize, j: usize| if i < shape.hidden { network.hidden()[(i, j)] } else { T::zero() };
        let panel = |first: usize| (0..shape.inputs).map(|j| std::array::from_fn(|k| weight(first + k, j))).collect();
        let (panels, product) = match kernel {
            Kernel::Portable => ((0..shape.hidden).step_by(UNITS).map(panel).collect(), None),
            Kernel::Fast => (Vec::new(), Some(DMatrix::from_fn(shape.hidden, shape.inputs, weight))),
        };
        let activation = Some(network.activation().map(|&x| Num(x))).filter(|activation| !activation.is_relu());
        Self { network, activation, storage: None, panels, product }
    }

    fn stored(&self, values: &mut [T]) {
        if let Some(storage) = self.storage {
            values.iter_mut().for_each(|x| *x = storage(*x));
        }
    }

    /// The answers to questions `first..first + count` of a batch.
    fn block(&self, batch: &Batch<'_, T>, first: usize, count: usize) -> Vec<Vec<Num<T>>> {
        let shape = self.network.shape();
        let mut points = vec![T::zero(); count * shape.inputs];
        for (i, point) in points.chunks_exact_mut(shape.inputs).enumerate() {
            fill(batch, first + i, point);
        }
        self.stored(&mut points);
        let mut hidden = vec![T::zero(); count * shape.hidden];
        match &self.product {
            Some(weights) => fast(&points, weights, count, &mut hidden),
            None => portable(&points, &self.panels, shape.inputs, shape.hidden, &mut hidden),
        }
        hidden.chunks_exact(shape.hidden).map(|sums| self.outputs_of(sums)).collect()
    }

    /// The second layer, in the order of [`forward`](crate::net::Network::forward).
    fn outputs_of(&self, sums: &[T]) -> Vec<Num<T>> {
        let mut active: Vec<T> = sums.iter().zip(self.network.hidden_bias()).map(|(&z, &b)| z + b).collect();
        match &self.activation {
            None => active.iter_mut().for_each(|z| *z = Scalar::relu(z)),
            Some(activation) => {
                active.iter_mut().enumerate().for_each(|(unit, z)| *z = activation.apply(unit, &Num(*z), ()).0);
            }
        }
        self.stored(&mut active);
        let rows = self.network.output().iter_rows().zip(self.network.output_bias());
        let sum =
            |(row, &bias): (&[T], &T)| row.iter().zip(&active).fold(T::zero(), |sum, (&a, &z)| sum + a * z) + bias;
        let mut outputs: Vec<T> = rows.map(sum).collect();
        self.stored(&mut outputs);
        outputs.into_iter().map(Num).collect()
    }
}

impl Dense<f32> {
    /// An oracle that stores in 16 bits and sums in `f32`, as kernels of such networks do.
    ///
    /// Weights, biases, coordinates of questions, activations and answers are rounded to `format`, each once;
    /// products, sums in the order of the index, and the bias after them are those of `f32`.
    pub fn narrow(network: &Shallow<f64>, format: Narrow, kernel: Kernel) -> Self {
        let storage: fn(f32) -> f32 = match format {
            Narrow::F16 => |x| Narrow::F16.round(x),
            Narrow::Bf16 => |x| Narrow::Bf16.round(x),
        };
        Self { storage: Some(storage), ..Self::new(network.map(|&w| format.of_f64(w)), kernel) }
    }
}

impl<T: Real> Evaluate<T> for Dense<T> {
    fn inputs(&self) -> usize {
        self.network.shape().inputs
    }

    fn outputs(&self) -> usize {
        self.network.shape().outputs
    }

    fn evaluate(&self, batch: &Batch<'_, T>) -> Vec<Vec<Num<T>>> {
        let blocks = batch.len().div_ceil(BLOCK);
        let block = |b: usize| self.block(batch, b * BLOCK, BLOCK.min(batch.len() - b * BLOCK));
        (0..blocks).into_par_iter().flat_map_iter(block).collect()
    }
}

/// Writes question `i` of a batch into `point`, `[inputs]`.
fn fill<T: Real>(batch: &Batch<'_, T>, i: usize, point: &mut [T]) {
    match batch {
        Batch::Points(points) => point.iter_mut().zip(&points[i]).for_each(|(x, value)| *x = value.0),
        Batch::Line { origin, direction, at } => {
            let entries = origin.iter().zip(*direction);
            point.iter_mut().zip(entries).for_each(|(x, (u, v))| *x = u.0 + at[i].0 * v.0);
        }
        Batch::Probes { center, probes } => {
            point.iter_mut().zip(*center).for_each(|(x, value)| *x = value.0);
            probes[i].iter().for_each(|(j, value)| point[*j] = value.0);
        }
    }
}

/// `hidden[p][i] = Σ_j points[p][j]·weights[j][i]`, each sum in the order of `j`.
///
/// `points`: `[count, inputs]`, `hidden`: `[count, units]`, both row by row.
fn portable<T: Real>(points: &[T], panels: &[Vec<[T; UNITS]>], inputs: usize, units: usize, hidden: &mut [T]) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: `wide` is `tiles` compiled for AVX2, and this processor has AVX2.
        return unsafe { wide(points, panels, inputs, units, hidden) };
    }
    tiles(points, panels, inputs, units, hidden);
}

/// [`tiles`] with vectors of four doubles: 2.0 times the speed of the baseline's two. Without the FMA
/// feature, so that every product is still rounded and the bits are the same.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn wide<T: Real>(points: &[T], panels: &[Vec<[T; UNITS]>], inputs: usize, units: usize, hidden: &mut [T]) {
    tiles(points, panels, inputs, units, hidden);
}

#[inline(always)]
fn tiles<T: Real>(points: &[T], panels: &[Vec<[T; UNITS]>], inputs: usize, units: usize, hidden: &mut [T]) {
    let count = points.len() / inputs;
    for (index, panel) in panels.iter().enumerate() {
        for first in (0..count).step_by(POINTS) {
            // A tile past the last point repeats it; the repeats are not stored.
            let row = |p: usize| {
                let start = (first + p).min(count - 1) * inputs;
                &points[start..start + inputs]
            };
            let sums = tile([row(0), row(1), row(2), row(3)], panel);
            let width = UNITS.min(units - index * UNITS);
            for (p, sum) in sums.iter().enumerate().take(count - first) {
                let start = (first + p) * units + index * UNITS;
                hidden[start..start + width].copy_from_slice(&sum[..width]);
            }
        }
    }
}

/// `POINTS × UNITS` independent sums, held in registers.
#[inline(always)]
fn tile<T: Real>(points: [&[T]; POINTS], panel: &[[T; UNITS]]) -> [[T; UNITS]; POINTS] {
    let mut sums = [[T::zero(); UNITS]; POINTS];
    let coordinates = points[0].iter().zip(points[1]).zip(points[2]).zip(points[3]);
    for ((((a, b), c), d), weights) in coordinates.zip(panel) {
        for (sum, &x) in sums.iter_mut().zip([a, b, c, d]) {
            for (s, &w) in sum.iter_mut().zip(weights) {
                *s += x * w;
            }
        }
    }
    sums
}

fn fast<T: Real>(points: &[T], weights: &DMatrix<T>, count: usize, hidden: &mut [T]) {
    // Column-major views: a row-major [count, inputs] is an [inputs, count] there.
    let points = DMatrixView::from_slice(points, weights.ncols(), count);
    hidden.copy_from_slice((weights * points).as_slice());
}
