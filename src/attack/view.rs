//! A view: a part of the input space in coordinates of its own, with known units taken off the answers.

use crate::linalg::Matrix;
use crate::num::{Num, Scalar, dot};
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

/// Coordinates `u` of the affine subspace `x = origin + axes·u`, and the kinks that are known in them.
///
/// A run with a view asks in these coordinates, and sees what the known kinks leave of the answers.
pub(super) struct View<S> {
    /// `x` at `u = 0`, `[inputs]`.
    pub origin: Vec<Num<S>>,
    /// `[dimensions]` of `[inputs]`: where one step along each coordinate leads.
    pub axes: Matrix<Num<S>>,
    /// What is taken off the answers.
    pub known: Vec<Bent<S>>,
}

/// A batch of a view as questions to the oracle.
pub(super) enum Asked<S> {
    Points(Vec<Vec<Num<S>>>),
    Line { origin: Vec<Num<S>>, direction: Vec<Num<S>> },
}

impl<S: Scalar> View<S> {
    /// The inputs of a point of the view, `[inputs]`. Exact in ℚ.
    pub fn point(&self, u: &[Num<S>]) -> Vec<Num<S>> {
        self.moved(&self.origin, u)
    }

    /// `start + axes·u`, `[inputs]`.
    fn moved(&self, start: &[Num<S>], u: &[Num<S>]) -> Vec<Num<S>> {
        let along = |j: usize| u.iter().zip(self.axes.column(j)).fold(start[j].clone(), |sum, (t, a)| &sum + &(t * a));
        (0..start.len()).map(along).collect()
    }

    /// The questions of a batch, in inputs. `zero`: of the arithmetic.
    pub fn asked(&self, batch: &Batch<'_, S>, zero: &Num<S>) -> Asked<S> {
        match batch {
            Batch::Points(points) => Asked::Points(points.iter().map(|u| self.point(u)).collect()),
            Batch::Line { origin, direction, .. } => Asked::Line {
                origin: self.point(origin),
                direction: self.moved(&vec![zero.clone(); self.origin.len()], direction),
            },
            Batch::Probes { center, probes } => {
                let start = self.point(center);
                let probe = |probe: &Probe<S>| {
                    let mut point = start.clone();
                    for (j, value) in probe {
                        let step = value - &center[*j];
                        point.iter_mut().zip(self.axes.row(*j)).for_each(|(x, a)| *x = &*x + &(&step * a));
                    }
                    point
                };
                Asked::Points(probes.iter().map(probe).collect())
            }
        }
    }

    /// Takes the known kinks off an answer at `u`. Exact in ℚ.
    pub fn reduce(&self, u: &[Num<S>], answer: &mut [Num<S>], zero: &Num<S>) {
        for bent in &self.known {
            let z = (&dot(zero.clone(), &bent.row, u) + &bent.bias).relu();
            answer.iter_mut().zip(&bent.strength).for_each(|(y, s)| *y = &*y - &(s * &z));
        }
    }

    /// `Σ |strength|·|row·u + bias|`: what the known kinks' terms come to at `u` without cancellation.
    pub fn terms(&self, u: &[Num<S>], zero: &Num<S>) -> Num<S> {
        self.known.iter().fold(zero.clone(), |sum, bent| {
            let z = (&dot(zero.clone(), &bent.row, u) + &bent.bias).abs();
            bent.strength.iter().fold(sum, |sum, s| &sum + &(&s.abs() * &z))
        })
    }
}
