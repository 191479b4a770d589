//! Which side of its hyperplane a unit is active on: of a victim's units, those that a copy has right.

use crate::linalg::{Matrix, Solve};
use crate::net::Shallow;
use crate::num::{Exact, Num, Rational, Scalar};
use std::cmp::Ordering;
use std::convert::Infallible;

/// Units whose active side a copy has, where answers determine sides.
///
/// Answers determine the function alone. Where the jumps of gradients `a_i ⊗ w_i` of all units are linearly
/// independent, the affine part of the canonical form tells every side; where they are dependent, as with more units
/// than inputs and one output, other sides may give the same function. There, and with activations that a flip leaves
/// alone, both numbers are 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sides {
    /// Of them, those that have a unit of the copy beside them, active on the same side.
    pub found: usize,
    /// Units of the victim that bend its function: neither the row nor all output weights are zero.
    pub units: usize,
}

/// `2^−8`, as exponent: how far apart the entries of two rows may be, in units of the victim's largest.
const NEAR: i32 = -8;

/// Compares the rows of two networks. Exact.
///
/// Canonical forms absorb a flip, `relu(−z) = relu(z) − z`, into the affine part; this does not.
/// A unit counts as found where the copy has a row that, scaled by a *positive* factor to agree
/// in the victim's largest entry, is within `2^−8` in every entry and, relative to
/// `1 + |bias|`, in the bias. Activations that a flip leaves alone, clips and `|z|`, have no sides.
pub fn sides(victim: &Shallow<Rational>, copy: &Shallow<Rational>) -> Sides {
    if !victim.activation().has_sides() {
        return Sides { found: 0, units: 0 };
    }
    let zero = Rational::default();
    let bends = |i: &usize| {
        let (row, output) = (victim.hidden().row(*i), victim.output().column(*i));
        row.iter().any(|x| *x != zero) && output.into_iter().any(|x| *x != zero)
    };
    let units: Vec<usize> = (0..victim.shape().hidden).filter(bends).collect();
    let found = |&i: &usize| {
        let unit = Plane::new(victim.hidden().row(i), &victim.hidden_bias()[i]);
        (0..copy.shape().hidden)
            .any(|k| unit.side(copy.hidden().row(k), &copy.hidden_bias()[k]) == Some(Ordering::Greater))
    };
    let found = units.iter().filter(|i| found(i)).count();
    if found < units.len() && !are_determined(victim, &units) {
        return Sides { found: 0, units: 0 };
    }
    Sides { found, units: units.len() }
}

/// Whether the jumps of gradients of these units are independent. Exact.
fn are_determined(victim: &Shallow<Rational>, units: &[usize]) -> bool {
    let outputs = victim.shape().outputs;
    let jump = |i: usize, e: usize| {
        let (o, j) = (e % outputs, e / outputs);
        Num(victim.output()[(o, units[i])].mul(&victim.hidden()[(units[i], j)]))
    };
    let jumps = Matrix::from_fn(units.len(), outputs * victim.shape().inputs, jump);
    let independent = &mut |_, remainder: &Num<Rational>, _: &Num<Rational>| {
        Ok::<_, Infallible>(remainder.0.sign() == Some(Ordering::Greater))
    };
    let Ok(columns) = Rational::independent_columns(&jumps, independent);
    columns.len() == units.len()
}

/// A unit's hyperplane, with its active side.
pub(super) struct Plane<'a> {
    row: &'a [Rational],
    bias: &'a Rational,
    /// The place of the row's largest entry; `None` of no entries.
    top: Option<usize>,
}

impl<'a> Plane<'a> {
    /// `row`: `[inputs]`.
    pub(super) fn new(row: &'a [Rational], bias: &'a Rational) -> Self {
        let top = (0..row.len()).max_by(|&a, &b| row[a].magnitude().cmp(&row[b].magnitude()));
        Self { row, bias, top }
    }

    /// Whether another row and bias have this hyperplane, in the sense of [`sides`]: `Greater` with its active side,
    /// `Less` with the other one, `None` where they are elsewhere.
    pub(super) fn side(&self, row: &[Rational], bias: &Rational) -> Option<Ordering> {
        let near = Rational::power_of_two(NEAR);
        let top = self.top?;
        // |x·t − y·s| ≤ 2^−8·|s·t| says |x/s − y/t| ≤ 2^−8, with the largest entries s and t.
        let (s, t) = (&self.row[top], &row[top]);
        let allowed = s.mul(t).magnitude().mul(&near);
        let close = |x: &Rational, y: &Rational, allowed: &Rational| x.mul(t).sub(&y.mul(s)).magnitude() <= *allowed;
        let bias_allowed = allowed.add(&self.bias.mul(t).magnitude().mul(&near));
        let side = s.mul(t).cmp(&Rational::default());
        let found = side.is_ne()
            && close(self.bias, bias, &bias_allowed)
            && self.row.iter().zip(row).all(|(x, y)| close(x, y, &allowed));
        found.then_some(side)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::{Dtype, Shape, random};

    /// A flip is seen, and a permutation or a positive factor is none.
    #[test]
    fn a_flip_is_seen() {
        let shape = Shape { inputs: 5, hidden: 4, outputs: 2 };
        let victim = random(shape, 3, Dtype::F64).map(|&w| Rational::lift(w, ()));
        let copied = |change: &dyn Fn(usize) -> (usize, i64)| {
            let entry = |i: usize, x: &dyn Fn(usize) -> Rational| {
                let (unit, factor) = change(i);
                x(unit).mul(&Rational::integer(factor))
            };
            let hidden = crate::linalg::Matrix::from_fn(4, 5, |i, j| entry(i, &|k| victim.hidden()[(k, j)].clone()));
            let bias = (0..4).map(|i| entry(i, &|k| victim.hidden_bias()[k].clone())).collect();
            let output = victim.output().clone();
            Shallow::new(hidden, bias, output, victim.output_bias().to_vec()).unwrap()
        };
        assert_eq!(sides(&victim, &victim), Sides { found: 4, units: 4 });
        assert_eq!(sides(&victim, &copied(&|i| (3 - i, 7))).found, 4);
        assert_eq!(sides(&victim, &copied(&|i| (i, if i == 2 { -1 } else { 1 }))).found, 3);
        assert_eq!(sides(&victim, &copied(&|i| (i.min(2), 1))).found, 3);
    }
}
