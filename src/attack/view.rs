//! A view: a part of the input space in coordinates of its own, with known units taken off the answers.

use crate::linalg::{Matrix, Solve};
use crate::num::{Dyadic, Num, Scalar};
use crate::oracle::{Batch, Probe};

/// A kink whose change of slope is known: `strength·relu(row·u + bias)`.
#[derive(Clone, Debug)]
pub(super) struct Bent<S> {
    /// `[dimensions]`.
    pub row: Vec<Num<S>>,
    /// The offset of its hyperplane.
    pub bias: Num<S>,
    /// `[outputs]`.
    pub strength: Vec<Num<S>>,
}

/// `log2` of how much larger the error of a row measured by gradients is than what tolerances take for rounding of
/// an answer: some 2^-27 beside 2^-41.
const BLUR: i32 = 14;

/// `A·Bᵀ`, as [`Solve::products`].
type Products<S> = fn(&Matrix<Num<S>>, &Matrix<Num<S>>, <S as Scalar>::Context) -> Matrix<Num<S>>;

/// Coordinates `u` of the affine subspace `x = origin + axes·u`, and the kinks that are known in them.
///
/// A run with a view asks in these coordinates, and sees what the known kinks leave of the answers.
pub(super) struct View<S: Scalar> {
    /// `x` at `u = 0`, `[inputs]`.
    origin: Vec<Num<S>>,
    /// `[dimensions, inputs]`: where one step along each coordinate leads.
    axes: Matrix<Num<S>>,
    /// `[inputs, dimensions]`.
    across: Matrix<Num<S>>,
    /// What is taken off the answers.
    known: Vec<Bent<S>>,
    context: S::Context,
    products: Products<S>,
}

impl<S: Solve> View<S> {
    /// A view in which nothing is known. `axes`: `[dimensions, inputs]`.
    pub fn new(origin: Vec<Num<S>>, axes: Matrix<Num<S>>, context: S::Context) -> Self {
        let across = axes.transposed();
        Self { origin, axes, across, known: Vec::new(), context, products: S::products }
    }
}

impl<S: Scalar> View<S> {
    /// Number of coordinates.
    pub fn dimensions(&self) -> usize {
        self.axes.rows()
    }

    /// The kinks that are taken off the answers.
    pub fn known(&mut self) -> &mut Vec<Bent<S>> {
        &mut self.known
    }

    /// `start + axes·u` for each `u`, `[inputs]` each. Exact in ℚ.
    fn moved(&self, start: &[Num<S>], us: &[Vec<Num<S>>]) -> Vec<Vec<Num<S>>> {
        let us = Matrix::from_fn(us.len(), self.dimensions(), |i, j| us[i][j].clone());
        let moves = (self.products)(&us, &self.across, self.context);
        moves.iter_rows().map(|step| start.iter().zip(step).map(|(x, s)| x + s).collect()).collect()
    }

    /// The points in inputs that questions stand for, or a line of them; asks `oracle` and gives its answers.
    pub fn ask<E>(
        &self,
        batch: &Batch<'_, S>,
        oracle: impl FnOnce(&Batch<'_, S>) -> Result<Vec<Vec<Num<S>>>, E>,
    ) -> Result<Vec<Vec<Num<S>>>, E> {
        let mut answers = match batch {
            Batch::Points(points) => oracle(&Batch::Points(&self.moved(&self.origin, points)))?,
            Batch::Line { origin, direction, at } => {
                let zero = vec![Num::lift(0.0, self.context); self.origin.len()];
                let mut ends = self.moved(&zero, &[origin.to_vec(), direction.to_vec()]);
                let (direction, origin) = (ends.pop().unwrap_or_default(), ends.pop().unwrap_or_default());
                let origin: Vec<Num<S>> = origin.iter().zip(&self.origin).map(|(x, o)| x + o).collect();
                oracle(&Batch::Line { origin: &origin, direction: &direction, at })?
            }
            Batch::Probes { center, probes } => {
                let start = self.moved(&self.origin, &[center.to_vec()]).pop().unwrap_or_default();
                let probe = |probe: &Probe<S>| {
                    let mut point = start.clone();
                    for (j, value) in probe {
                        let step = value - &center[*j];
                        point.iter_mut().zip(self.axes.row(*j)).for_each(|(x, a)| *x = &*x + &(&step * a));
                    }
                    point
                };
                let points: Vec<Vec<Num<S>>> = probes.iter().map(probe).collect();
                oracle(&Batch::Points(&points))?
            }
        };
        if !self.known.is_empty() {
            let us: Vec<Vec<Num<S>>> = (0..batch.len()).map(|i| batch.point(i)).collect();
            let values = self.values(&us);
            for (answer, values) in answers.iter_mut().zip(values.iter_rows()) {
                for (bent, z) in self.known.iter().zip(values) {
                    let z = z.relu();
                    answer.iter_mut().zip(&bent.strength).for_each(|(y, s)| *y = &*y - &(s * &z));
                }
            }
        }
        Ok(answers)
    }

    /// `row·u + bias` of each known kink, `[points, kinks]`.
    fn values(&self, us: &[Vec<Num<S>>]) -> Matrix<Num<S>> {
        let points = Matrix::from_fn(us.len(), self.dimensions(), |i, j| us[i][j].clone());
        let rows = Matrix::from_fn(self.known.len(), self.dimensions(), |i, j| self.known[i].row[j].clone());
        let sums = (self.products)(&points, &rows, self.context);
        Matrix::from_fn(sums.rows(), sums.columns(), |p, i| &sums[(p, i)] + &self.known[i].bias)
    }

    /// `2^BLUR·Σ |strength|·|row·u + bias|` for each point: what the known kinks' terms come to without cancellation,
    /// and how much more than a roundoff of them their rows' errors leave of each.
    pub fn terms(&self, us: &[Vec<Num<S>>]) -> Vec<Num<S>> {
        let zero = || Num::lift(0.0, self.context);
        if self.known.is_empty() {
            return vec![zero(); us.len()];
        }
        let blur = Dyadic::power(BLUR).lift::<S>(self.context);
        let term = |values: &[Num<S>]| {
            let terms = self.known.iter().zip(values).flat_map(|(bent, z)| bent.strength.iter().map(move |s| s * z));
            &terms.fold(zero(), |sum, term| &sum + &term.abs()) * &blur
        };
        self.values(us).iter_rows().map(term).collect()
    }
}
