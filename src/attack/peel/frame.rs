//! Coordinates in which a layer's units can be moved one by one.

use super::first::{Layer, sketch};
use super::plan::{self, Sketch};
use crate::attack::view::View;
use crate::attack::{Error, Run};
use crate::judge::Stage;
use crate::linalg::{Matrix, Solve};
use crate::net::Draw;
use crate::num::{Num, dot, lift_all};
use nalgebra::DMatrix;

/// Bits of the directions.
const BITS: i32 = 52;

/// `x = origin + axes·u`, chosen so that the pre-activations of the layer are `z = B·u + c` with `B` near the identity
/// and `c` near zero.
///
/// The directions are dyadic, so that questions stay short in ℚ; `B` and `c` are what they are, exactly. Where all
/// `z > 0` the rest of the network sees `z` itself: a network with two hidden layers is one with a single hidden layer
/// there, in `u`.
pub(super) struct Frame<S> {
    /// `[units]` of `[inputs]`.
    axes: Matrix<Num<S>>,
    /// `[inputs]`.
    origin: Vec<Num<S>>,
    /// `B`, `[units, units]`.
    slope: Matrix<Num<S>>,
    /// `c`, `[units]`.
    offset: Vec<Num<S>>,
    /// `z` of `u` as a plan sees it.
    pub plan: Sketch,
    /// The size of a pre-activation where inputs are of size 1.
    pub size: f64,
}

impl<S: Solve> Frame<S> {
    /// The frame of a layer with independent rows. No query.
    pub fn new(run: &Run<'_, S>, layer: &Layer<S>, draw: &mut Draw) -> Result<Self, Error> {
        let seen = sketch(layer);
        let (units, inputs) = (layer.rows.rows(), layer.rows.columns());
        let rows = DMatrix::from_fn(units, inputs, |i, j| seen.rows[i][j]);
        let failed =
            || Error::degenerate(Stage::Signature, None, "the rows of the layer are dependent but for rounding");
        // Aᵀ(AAᵀ)⁻¹, near which the directions are.
        let gram = (&rows * rows.transpose()).lu();
        let inverse = gram.solve(&DMatrix::identity(units, units)).ok_or_else(failed)?;
        let right = rows.transpose() * inverse;
        let flat: Vec<f64> = (0..units).flat_map(|i| right.column(i).iter().copied().collect::<Vec<_>>()).collect();
        let flat = plan::rounded(&flat, BITS);
        let origin: Vec<f64> =
            (0..inputs).map(|j| -(0..units).map(|i| right[(j, i)] * seen.biases[i]).sum::<f64>()).collect();
        let origin = lift_all(&plan::rounded(&origin, BITS), run.context);
        let axes = Matrix::from_fn(units, inputs, |i, j| run.lift(flat[i * inputs + j]));
        let slope = S::products(&layer.rows, &axes, run.context);
        let offset: Vec<Num<S>> = layer
            .rows
            .iter_rows()
            .zip(&layer.biases)
            .map(|(row, bias)| &dot(run.zero(), row, &origin) + bias)
            .collect();
        let plan = Sketch::of(&slope, &offset);
        let size = seen.size(draw, inputs);
        Ok(Self { axes, origin, slope, offset, plan, size })
    }

    /// The view of the run in these coordinates.
    pub fn view(&self, run: &Run<'_, S>) -> View<S> {
        View::new(self.origin.clone(), self.axes.clone(), run.context)
    }

    /// The inputs of a point in these coordinates, `[inputs]`.
    pub fn point(&self, run: &Run<'_, S>, u: &[Num<S>]) -> Vec<Num<S>> {
        let along = |j: usize| u.iter().zip(self.axes.column(j)).fold(run.zero(), |sum, (t, a)| &sum + &(t * a));
        self.origin.iter().enumerate().map(|(j, x)| x + &along(j)).collect()
    }

    /// The pre-activations at a point in these coordinates, `[units]`.
    pub fn values(&self, run: &Run<'_, S>, u: &[Num<S>]) -> Vec<Num<S>> {
        let rows = self.slope.iter_rows().zip(&self.offset);
        rows.map(|(row, c)| &dot(run.zero(), row, u) + c).collect()
    }

    /// A row and its bias in `u` from theirs in `z`: `w = θ·B`, `b = β + θ·c`. Exact in ℚ.
    pub fn back(&self, run: &Run<'_, S>, row: &[Num<S>], bias: &Num<S>) -> (Vec<Num<S>>, Num<S>) {
        let along = |j: usize| row.iter().zip(self.slope.column(j)).fold(run.zero(), |sum, (t, b)| &sum + &(t * b));
        ((0..row.len()).map(along).collect(), bias + &dot(run.zero(), row, &self.offset))
    }

    /// The rows and biases of units in `z`, from theirs in `u`: `θ = w·B⁻¹`, `β = b − θ·c`. Exact in ℚ.
    ///
    /// `rows`: `[n, units]`. `None` where `B` is singular.
    pub fn rows(
        &self,
        run: &Run<'_, S>,
        rows: &Matrix<Num<S>>,
        biases: &[Num<S>],
    ) -> Option<(Matrix<Num<S>>, Vec<Num<S>>)> {
        let rows = S::solve(&self.slope.transposed(), &rows.transposed(), run.context)?.transposed();
        let biases = rows.iter_rows().zip(biases).map(|(row, b)| b - &dot(run.zero(), row, &self.offset)).collect();
        Some((rows, biases))
    }
}
