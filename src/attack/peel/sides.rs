//! The active side of each unit of the first layer: a unit is part of a gradient only where it is active.

use crate::attack::stages::gradients::one_line;
use crate::attack::{Error, Run};
use crate::judge::{Site, Stage};
use crate::linalg::{Matrix, Solve};
use crate::net::Draw;
use crate::num::{Dyadic, Num, dot};
use crate::trace::{Gradient, Signature};
use std::cmp::Ordering;

/// `log2` of the distance beside a unit's kink where a gradient is measured, and of its step, for rows whose largest
/// entry is 1: in ℚ, and in arithmetics that round.
const EXACT_BESIDE: (i32, i32) = (-30, -45);
const ROUNDED_BESIDE: (i32, i32) = (-10, -16);

/// The side on which each row's unit is active.
///
/// `pivots`: columns in which `rows` are independent; `gradients`: anywhere. A unit that none of them tells is asked
/// right beside its own kink, where its jump is: `inputs + 1` queries. Errors: a unit that is active on both sides.
pub(super) fn sides<S: Solve>(
    run: &mut Run<'_, S>,
    found: &[Signature<Num<S>>],
    rows: &Matrix<Num<S>>,
    pivots: &[usize],
    gradients: &[Gradient<Num<S>>],
) -> Result<Vec<Ordering>, Error> {
    let mut sides = Sides { rows, found, pivots, signs: vec![None; found.len()] };
    for gradient in gradients {
        if sides.signs.iter().all(Option::is_some) {
            break;
        }
        sides.take(run, gradient)?;
    }
    let mut all = Vec::with_capacity(found.len());
    for (i, unit) in found.iter().enumerate() {
        if let Some(side) = sides.signs[i] {
            all.push(side);
            continue;
        }
        let (gradient, asked) = beside(run, unit)?;
        sides.take(run, &gradient)?;
        // One of the sides of its kink shows it.
        all.push(sides.signs[i].unwrap_or(asked.reverse()));
    }
    Ok(all)
}

/// The active side of each unit, as far as gradients tell it.
struct Sides<'r, S> {
    rows: &'r Matrix<Num<S>>,
    found: &'r [Signature<Num<S>>],
    pivots: &'r [usize],
    signs: Vec<Option<Ordering>>,
}

impl<S: Solve> Sides<'_, S> {
    /// What one gradient tells: `∇f = Σ c_i·w_i` over the active units, so that `c_i ≠ 0` says where unit `i` is.
    ///
    /// Of several outputs a combination. Errors: a unit that is active on both sides.
    fn take(&mut self, run: &mut Run<'_, S>, gradient: &Gradient<Num<S>>) -> Result<(), Error> {
        let outputs = run.outputs();
        let mut draw = Draw::new(run.options.seed, "peel: outputs");
        let weights: Vec<Num<S>> = (0..outputs).map(|_| run.lift(draw.dyadic(8))).collect();
        let slope = |j: usize| dot(run.zero(), &gradient.slopes[j], &weights);
        let right = Matrix::from_fn(self.pivots.len(), 1, |i, _| slope(self.pivots[i]));
        let system = self.rows.select_columns(self.pivots).transposed();
        let Some(shares) = S::solve(&system, &right, run.context) else { return Ok(()) };
        let scale = shares.column(0).fold(run.zero(), |sum, share| &sum + &share.abs());
        for (i, share) in shares.column(0).enumerate() {
            run.open(self.found[i].item);
            if run.is_zero(Site::Affine, share, &scale)? {
                continue;
            }
            let z = &dot(run.zero(), self.rows.row(i), &gradient.point) + &self.found[i].bias;
            let side = run.sign(Site::Heading, &z, &z)?;
            if self.signs[i].is_some_and(|known| known != side) {
                let what = "a unit of the first layer is active on both sides of its hyperplane: two units share it, or \
                            it is a kink of a deeper layer";
                return Err(Error::degenerate(Stage::Orientation, self.found[i].item, what));
            }
            self.signs[i] = Some(side);
        }
        Ok(())
    }
}

/// A gradient right beside a unit's own kink, and on which side.
fn beside<S: Solve>(run: &mut Run<'_, S>, unit: &Signature<Num<S>>) -> Result<(Gradient<Num<S>>, Ordering), Error> {
    let (distance, step) = if run.is_exact() { EXACT_BESIDE } else { ROUNDED_BESIDE };
    let mut point = unit.center.clone();
    // Along its largest entry, which is 1.
    point[unit.reference] = &point[unit.reference] + &Dyadic::power(distance).lift(run.context);
    let z = &dot(run.zero(), &unit.row, &point) + &unit.bias;
    let side = run.sign(Site::Heading, &z, &z)?;
    Ok((one_line::gradient(run, point, step)?, side))
}
