//! Rows from two gradients and what is known of the kinks between them: numbers, without a question or a decision.

use crate::linalg::{Matrix, Solve};
use crate::num::{Num, Scalar, dot, l1};
use std::cmp::Ordering;

/// What rows are solved for from: two gradients of a line, and what is known of the kinks between them.
pub struct Between<'a, S> {
    /// The slopes of the gradients, each `[inputs]` of `[outputs]`.
    pub slopes: [&'a [Vec<Num<S>>]; 2],
    /// The rows known between them: strength, `[outputs]`, row, `[inputs]`, and the way the line crosses it.
    pub known: Vec<(&'a [Num<S>], &'a [Num<S>], Ordering)>,
    /// The [`direction`] of each kink whose row is solved for, `[outputs]`.
    pub directions: Vec<Vec<Num<S>>>,
}

impl<S: Solve> Between<'_, S> {
    /// The difference of the gradients, without what the known rows make of it: `[outputs, inputs]`. Exact in ℚ.
    pub fn difference(&self) -> Matrix<Num<S>> {
        let [from, to] = self.slopes;
        let outputs = from.first().map_or(0, Vec::len);
        let mut difference = Matrix::from_fn(outputs, from.len(), |o, j| &to[j][o] - &from[j][o]);
        for (strength, row, heading) in &self.known {
            for (o, strength) in strength.iter().enumerate() {
                let strength = if heading.is_lt() { -strength } else { strength.clone() };
                difference.row_mut(o).iter_mut().zip(*row).for_each(|(x, w)| *x = &*x - &(&strength * w));
            }
        }
        difference
    }

    /// `u_i` with `Σ c_i·u_i = ΔG`, in least squares over the outputs: the rows with their sizes, `[kinks]` of `[inputs]`.
    ///
    /// `difference`: [`Between::difference`]. Exact in ℚ, where it may still leave a part of the difference.
    /// `None` where the directions are dependent.
    pub fn rows(&self, difference: &Matrix<Num<S>>, context: S::Context) -> Option<Vec<Vec<Num<S>>>> {
        let zero = || Num::lift(0.0, context);
        if let [direction] = &self.directions[..] {
            let square = dot(zero(), direction, direction);
            let share = direction.iter().map(|c| c.over(&square)).collect::<Option<Vec<_>>>()?;
            let entry = |j: usize| difference.column(j).zip(&share).fold(zero(), |sum, (x, c)| &sum + &(x * c));
            return Some(vec![(0..difference.columns()).map(entry).collect()]);
        }
        let system = side_by_side(&self.directions);
        let found = S::least_squares(&system, difference, context)?;
        Some(found.iter_rows().map(<[_]>::to_vec).collect())
    }
}

/// The directions as columns, `[outputs, kinks]`.
pub(super) fn side_by_side<S: Clone>(directions: &[Vec<Num<S>>]) -> Matrix<Num<S>> {
    let outputs = directions.first().map_or(0, Vec::len);
    Matrix::from_fn(outputs, directions.len(), |o, i| directions[i][o].clone())
}

/// The direction of a jump of slopes, of magnitude 1: ratios of output weights, whatever the line.
pub fn direction<S: Scalar>(zero: &Num<S>, jump: &[Num<S>]) -> Option<Vec<Num<S>>> {
    let size = l1(zero.clone(), jump);
    jump.iter().map(|x| x.over(&size)).collect()
}

/// A row, scaled to 1 at its reference, and its strength: `J = c·u` with `c` the direction and `u` the row with its size.
///
/// Exact in ℚ. `None` where `u` is zero at the reference.
pub fn ratios<S: Scalar>(reference: usize, row: &[Num<S>], direction: &[Num<S>]) -> Option<(Vec<Num<S>>, Vec<Num<S>>)> {
    let size = row[reference].abs();
    let scaled = row.iter().map(|x| x.over(&row[reference])).collect::<Option<_>>()?;
    Some((scaled, direction.iter().map(|c| c * &size).collect()))
}

/// The bias of a row whose hyperplane goes through this position of a line.
///
/// `on`: the row along the line, without bias: its pre-activation at the origin, and its slope. Exact in ℚ.
pub fn bias_through<S: Scalar>((origin, along): &(Num<S>, Num<S>), position: &Num<S>) -> Num<S> {
    -&(origin + &(along * position))
}
