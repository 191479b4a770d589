//! Rows, substituted backward: upper bounds `C_e·e + C_a·a + c` in what a layer hands on, until they are affine in
//! the inputs.
//!
//! A row is a valid bound as its floats stand: rounding goes into `mass`. With `g` at least `n·2^−53/(1 − n·2^−53)`
//! for sums of `n` products, a coefficient computed by a substitution is off by at most `g` times the sum of its
//! products' magnitudes, times the largest `|a_j|` or `|e_j|` of that input; summed over the inputs this is `g` times
//! `Σ_i |c_i|·S_i`, with `S_i = Σ_j |w_ij|·max|a_j| + |b_i|`, which costs no more than a sum over the units. A weight's
//! own rounding, that of a plane's slope, and of the constant are of the same kind. Theorems `Gamma.dot_gamma`,
//! `Differential.planes_to_bound`, `Differential.coefficients_off`.

use super::planes::{Change, Relu};
use super::weights::{Layer, Map};
use crate::linalg::Matrix;
use rayon::prelude::*;

/// Rows that are multiplied at once.
const TOGETHER: usize = 4;
/// Products from which on rows are spread over threads.
const MANY: usize = 1 << 20;

/// Which function of both networks rows bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// The victim's sums.
    Victim,
    /// The copy's.
    Copy,
    /// The copy's less the victim's.
    Change,
}

/// What a pass knows of a layer.
pub(super) struct Bounded {
    /// Planes of the victim's units, of the copy's, and of the change; `[units]`.
    pub(super) victim: Vec<Relu>,
    pub(super) copy: Vec<Relu>,
    pub(super) change: Vec<Change>,
    /// At least `Σ_j |w_ij|·max|a_j| + |b_i|`, and so at least `|z_i|`: of the three maps.
    pub(super) sizes: [Vec<f64>; 3],
    /// What underflow can do to any coefficient, in all.
    pub(super) tiny: f64,
}

impl Side {
    pub(super) fn index(self) -> usize {
        match self {
            Self::Victim => 0,
            Self::Copy => 1,
            Self::Change => 2,
        }
    }

    pub(super) fn map(self, layer: &Layer) -> &Map {
        match self {
            Self::Victim => &layer.victim,
            Self::Copy => &layer.copy,
            Self::Change => &layer.change,
        }
    }
}

/// Upper bounds in what a layer hands on, `[rows]`.
#[derive(Clone)]
pub(super) struct Rows {
    pub(super) side: Side,
    /// `C_a`, `[rows, units]`: of `relu(z)` of the victim, or of the copy for [`Side::Copy`].
    pub(super) a: Matrix<f64>,
    /// `C_e`, `[rows, units]`; no rows but for [`Side::Change`].
    pub(super) e: Matrix<f64>,
    pub(super) constant: Vec<f64>,
    /// What, times `g`, bounds all rounding so far.
    pub(super) mass: Vec<f64>,
}

/// A substituted row before the products: what it takes of `z` and of `δ` of each unit.
struct Factors {
    z: Vec<f64>,
    delta: Vec<f64>,
}

impl Rows {
    /// Sums of a layer, each with a sign, as rows in what the layer before hands on; `sizes`: of its sums, for
    /// what its weights are rounded by.
    pub(super) fn of(layer: &Layer, side: Side, units: &[(usize, f64)], sizes: &[f64]) -> Self {
        let map = side.map(layer);
        let inputs = map.weights.columns();
        let signed = |matrix: &Matrix<f64>| {
            let entries = units.iter().flat_map(|(i, sign)| matrix.row(*i).iter().map(move |w| sign * w)).collect();
            Matrix::from_entries(units.len(), inputs, entries)
        };
        let nothing = || Matrix::from_fn(0, inputs, |_, _| 0.0);
        let e = if side == Side::Change { signed(&layer.copy.weights) } else { None };
        Self {
            side,
            a: signed(&map.weights).unwrap_or_else(nothing),
            e: e.unwrap_or_else(nothing),
            constant: units.iter().map(|(i, sign)| sign * map.bias[*i]).collect(),
            mass: units.iter().map(|(i, _)| sizes[*i]).collect(),
        }
    }

    pub(super) fn count(&self) -> usize {
        self.constant.len()
    }

    /// The same bounds in what the layer before hands on; of the first layer's: in the inputs.
    pub(super) fn through(&self, layer: &Layer, bounded: &Bounded, is_first: bool) -> Self {
        let inputs = layer.victim.weights.columns();
        let has_e = self.side == Side::Change && !is_first;
        let live = self.live(bounded);
        let block = |first: usize| {
            let rows = first..(first + TOGETHER).min(self.count());
            let mut part = Block::new(rows.len(), inputs, has_e);
            let factors: Vec<Factors> =
                rows.clone().map(|row| self.factors(row, layer, bounded, &live, &mut part)).collect();
            part.products(&factors, layer, self.side, &live);
            part
        };
        let products = self.count() * live.len() * inputs;
        let starts: Vec<usize> = (0..self.count()).step_by(TOGETHER).collect();
        let parts: Vec<Block> = match products >= MANY {
            true => starts.into_par_iter().map(block).collect(),
            false => starts.into_iter().map(block).collect(),
        };
        let mut next = Block::new(0, inputs, has_e);
        parts.into_iter().for_each(|part| next.extend(part));
        let matrix = |rows: usize, entries: Vec<f64>| {
            Matrix::from_entries(rows, inputs, entries).unwrap_or_else(|| Matrix::from_fn(0, inputs, |_, _| 0.0))
        };
        let (a, e) = (matrix(self.count(), next.a), matrix(if has_e { self.count() } else { 0 }, next.e));
        Self { side: self.side, a, e, constant: next.constant, mass: next.mass }
    }

    /// Units whose planes are not all zero.
    fn live(&self, bounded: &Bounded) -> Vec<usize> {
        let relu =
            |planes: &[Relu], i: usize| planes[i].upper != 0.0 || planes[i].lower != 0.0 || planes[i].offset != 0.0;
        let change = |i: usize| {
            let Change { lower, upper } = bounded.change[i];
            [lower, upper].iter().any(|plane| plane.z != 0.0 || plane.delta != 0.0 || plane.offset != 0.0)
        };
        let is_live = |i: &usize| match self.side {
            Side::Victim => relu(&bounded.victim, *i),
            Side::Copy => relu(&bounded.copy, *i),
            Side::Change => relu(&bounded.victim, *i) || change(*i),
        };
        (0..bounded.victim.len()).filter(is_live).collect()
    }

    /// Puts planes for what the units hand on.
    fn factors(&self, row: usize, layer: &Layer, bounded: &Bounded, live: &[usize], part: &mut Block) -> Factors {
        let (mut constant, mut mass, mut size) = (self.constant[row], self.mass[row], 0.0);
        let mut factors = Factors { z: Vec::with_capacity(live.len()), delta: Vec::new() };
        let (relus, own) = match self.side {
            Side::Copy => (&bounded.copy, &bounded.sizes[Side::Copy.index()]),
            _ => (&bounded.victim, &bounded.sizes[Side::Victim.index()]),
        };
        let bias = if self.side == Side::Copy { &layer.copy.bias } else { &layer.victim.bias };
        for &i in live {
            let (a, relu) = (self.a.row(row)[i], &relus[i]);
            let mut z = a * if a > 0.0 { relu.upper } else { relu.lower };
            let mut most = z.abs();
            if a > 0.0 {
                constant += a * relu.offset;
                mass += a * relu.offset;
            }
            if self.side == Side::Change {
                let (e, change) = (self.e.row(row)[i], &bounded.change[i]);
                let plane = if e > 0.0 { &change.upper } else { &change.lower };
                let (by_z, by_delta, by_one) = (e * plane.z, e * plane.delta, e * plane.offset);
                z += by_z;
                most += by_z.abs();
                constant += by_one + by_delta * layer.change.bias[i];
                mass += by_one.abs() + by_delta.abs() * bounded.sizes[Side::Change.index()][i];
                size += by_delta.abs();
                factors.delta.push(by_delta);
            }
            constant += z * bias[i];
            mass += most * own[i];
            size += most;
            factors.z.push(z);
        }
        part.constant.push(constant);
        part.mass.push(if size > 0.0 { mass + (1.0 + size) * bounded.tiny } else { mass });
        factors
    }

    /// The largest value of each row over a box of inputs, rounding included: `g` times the mass.
    pub(super) fn largest(&self, ends: &[(f64, f64)], g: f64) -> Vec<f64> {
        let one = |(row, (constant, mass)): (&[f64], (&f64, &f64))| {
            let (mut value, mut mass) = (*constant, *mass);
            for (c, (lower, upper)) in row.iter().zip(ends) {
                value += c * if *c > 0.0 { upper } else { lower };
                mass += c.abs() * lower.abs().max(upper.abs());
            }
            // One more addition, and the mass was added up in floats: `g` has room for twice that.
            (value + (mass + f64::MIN_POSITIVE) * g).next_up()
        };
        self.a.iter_rows().zip(self.constant.iter().zip(&self.mass)).map(one).collect()
    }

    /// Sums of rows of two kinds, both in the inputs: bounds of the sum. Their rounding, too.
    pub(super) fn plus(&self, row: usize, other: &Self, other_row: usize) -> Self {
        let sum: Vec<f64> = self.a.row(row).iter().zip(other.a.row(other_row)).map(|(a, b)| a + b).collect();
        // |a + b| may be less than |a| + |b|: what its rounding is relative to is the sum itself.
        Self {
            side: Side::Change,
            e: Matrix::from_fn(0, sum.len(), |_, _| 0.0),
            a: Matrix::from_fn(1, sum.len(), |_, j| sum[j]),
            constant: vec![self.constant[row] + other.constant[other_row]],
            mass: vec![self.mass[row] + other.mass[other_row]],
        }
    }
}

/// A few rows of a result.
struct Block {
    inputs: usize,
    a: Vec<f64>,
    e: Vec<f64>,
    constant: Vec<f64>,
    mass: Vec<f64>,
}

impl Block {
    fn new(rows: usize, inputs: usize, has_e: bool) -> Self {
        let e = if has_e { vec![0.0; rows * inputs] } else { Vec::new() };
        Self { inputs, a: vec![0.0; rows * inputs], e, constant: Vec::new(), mass: Vec::new() }
    }

    fn extend(&mut self, other: Self) {
        self.a.extend(other.a);
        self.e.extend(other.e);
        self.constant.extend(other.constant);
        self.mass.extend(other.mass);
    }

    /// The products of the factors with the layer's weights.
    fn products(&mut self, factors: &[Factors], layer: &Layer, side: Side, live: &[usize]) {
        let weights = if side == Side::Copy { &layer.copy.weights } else { &layer.victim.weights };
        // A box of one point has no inputs that vary.
        if self.inputs == 0 {
            return;
        }
        let zs: Vec<&[f64]> = factors.iter().map(|factors| &factors.z[..]).collect();
        multiply(&mut self.a, self.inputs, &zs, weights, live);
        if side == Side::Change {
            let deltas: Vec<&[f64]> = factors.iter().map(|factors| &factors.delta[..]).collect();
            multiply(&mut self.a, self.inputs, &deltas, &layer.change.weights, live);
            if !self.e.is_empty() {
                multiply(&mut self.e, self.inputs, &deltas, &layer.copy.weights, live);
            }
        }
    }
}

/// Adds `factors·weights` over the units named; in an order that depends neither on the machine nor on its threads.
fn multiply(sums: &mut [f64], inputs: usize, factors: &[&[f64]], weights: &Matrix<f64>, units: &[usize]) {
    let mut rows: Vec<&mut [f64]> = sums.chunks_exact_mut(inputs).collect();
    if let ([r0, r1, r2, r3], [f0, f1, f2, f3]) = (&mut rows[..], factors) {
        for (k, &i) in units.iter().enumerate() {
            let by = [f0[k], f1[k], f2[k], f3[k]];
            if by == [0.0; TOGETHER] {
                continue;
            }
            let w = weights.row(i);
            let n = w.len();
            let (r0, r1, r2, r3) = (&mut r0[..n], &mut r1[..n], &mut r2[..n], &mut r3[..n]);
            for q in 0..n {
                r0[q] += by[0] * w[q];
                r1[q] += by[1] * w[q];
                r2[q] += by[2] * w[q];
                r3[q] += by[3] * w[q];
            }
        }
        return;
    }
    for (row, factors) in rows.into_iter().zip(factors) {
        for (k, &i) in units.iter().enumerate() {
            let by = factors[k];
            if by != 0.0 {
                row.iter_mut().zip(weights.row(i)).for_each(|(sum, w)| *sum += by * w);
            }
        }
    }
}
