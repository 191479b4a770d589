//! The noise model: what roundings of an answer make of a row measured somewhere.
//!
//! A sum of `n` products is off by some roundoffs of their size times the root of `n`: errors add
//! up like random ones. With entries of `w` and `x` of like size, `Σ|w_j·x_j| ≈ |w|₁·|x|₁/n`. No
//! bound, and none is needed: it chooses places, and weighs what was measured there.

use crate::attack::{Error, Run};
use crate::judge::Site;
use crate::linalg::{Matrix, Solve};
use crate::num::{Dyadic, Num, Scalar};
use crate::trace::Signature;

/// `log2` of the roundoffs by which a critical point's position is off, beside mass over strength:
/// slopes are taken over a small part of an interval.
const POSITION: i32 = 5;

/// A point where a row's pre-activation is known: its bias is what the row leaves there.
#[derive(Clone)]
pub(super) struct Anchor<S> {
    /// `[inputs]`.
    pub(super) point: Vec<Num<S>>,
    pub(super) value: Num<S>,
    /// Error of the value, in roundoffs.
    pub(super) error: Num<S>,
}

/// All rows with what places are computed from.
pub(super) struct Known<S> {
    pub(super) signatures: Vec<Signature<Num<S>>>,
    /// Error of an entry of each row, beside its largest, in roundoffs.
    pub(super) errors: Vec<Num<S>>,
    /// What each bias stands on.
    pub(super) anchors: Vec<Anchor<S>>,
    /// Error of each bias, in roundoffs.
    pub(super) bias_errors: Vec<Num<S>>,
    /// The answer where no unit is active, once it was asked: the output biases, `[outputs]`.
    pub(super) resting: Option<Vec<Num<S>>>,
    /// `[units, inputs]`.
    pub(super) rows: Matrix<Num<S>>,
    /// Inner products of rows, `[units, units]`.
    pub(super) square: Matrix<Num<S>>,
    /// Weight of the units in an answer's error, `Σ |s_k|₁·|w_k|₁`, and of their biases.
    mass: (Num<S>, Num<S>),
    /// Largest error of a row, and of a bias.
    most: (Num<S>, Num<S>),
}

impl<S: Solve> Known<S> {
    /// The rows of the trace.
    pub(super) fn new(run: &mut Run<'_, S>, errors: Vec<Num<S>>) -> Result<Self, Error> {
        let anchor = |unit: &Signature<Num<S>>| {
            let mass = &unit.mass * &Dyadic::power(POSITION).lift(run.context);
            let error = mass.over(&run.l1(&unit.strength)).unwrap_or_else(|| run.zero());
            Anchor { point: unit.center.clone(), value: run.zero(), error }
        };
        let anchors = run.trace.signatures().iter().map(anchor).collect();
        Self::of(run, run.trace.signatures().to_vec(), errors, anchors, None)
    }

    /// The same once rows or anchors have changed.
    pub(super) fn renewed(self, run: &mut Run<'_, S>) -> Result<Self, Error> {
        Self::of(run, self.signatures, self.errors, self.anchors, self.resting)
    }

    fn of(
        run: &mut Run<'_, S>,
        signatures: Vec<Signature<Num<S>>>,
        errors: Vec<Num<S>>,
        anchors: Vec<Anchor<S>>,
        resting: Option<Vec<Num<S>>>,
    ) -> Result<Self, Error> {
        let rows = Matrix::from_fn(signatures.len(), run.inputs(), |i, j| signatures[i].row[j].clone());
        let square = S::products(&rows, &rows, run.context);
        let (mut units, mut biases) = (run.zero(), run.zero());
        let (mut most, mut most_bias) = (run.zero(), run.zero());
        let mut bias_errors = Vec::with_capacity(signatures.len());
        for ((unit, error), anchor) in signatures.iter().zip(&errors).zip(&anchors) {
            let strength = run.l1(&unit.strength);
            units = &units + &(&strength * &run.l1(&unit.row));
            biases = &biases + &(&strength * &unit.bias.abs());
            run.open(unit.item);
            let bias = bias_error(run, error, anchor);
            for (largest, x) in [(&mut most, error), (&mut most_bias, &bias)] {
                if run.sign(Site::Length, &(x - largest), x)?.is_gt() {
                    *largest = x.clone();
                }
            }
            bias_errors.push(bias);
        }
        let (mass, most) = ((units, biases), (most, most_bias));
        Ok(Self { signatures, errors, anchors, bias_errors, resting, rows, square, mass, most })
    }

    /// Takes an anchor in where a bias is known better from there, with row `i` as it is.
    pub(super) fn offer(&mut self, run: &mut Run<'_, S>, i: usize, anchor: Anchor<S>) -> Result<(), Error> {
        let [known, offered] = [&self.anchors[i], &anchor].map(|anchor| bias_error(run, &self.errors[i], anchor));
        run.open(self.signatures[i].item);
        if run.sign(Site::Length, &(&known - &offered), &known)?.is_gt() {
            self.anchors[i] = anchor;
        }
        self.settle(run, i);
        Ok(())
    }

    /// Bias `i` from its anchor and its row as it is.
    pub(super) fn settle(&mut self, run: &Run<'_, S>, i: usize) {
        let Anchor { point, value, .. } = &self.anchors[i];
        self.signatures[i].bias = value - &run.dot(&self.signatures[i].row, point);
    }

    /// Error of an answer where units are active as usual, in roundoffs. `length`: see [`length`].
    pub(super) fn mass(&self, run: &Run<'_, S>, length: &Num<S>) -> Num<S> {
        &(&(&self.mass.0 * length) * &share(run)) + &self.mass.1
    }

    /// Whether a distance from a hyperplane is certain at a point of this length, whichever row is off.
    pub(super) fn is_certain(&self, run: &mut Run<'_, S>, distance: &Num<S>, length: &Num<S>) -> Result<bool, Error> {
        let blur = &(&self.most.0 * length) + &self.most.1;
        Ok(!run.is_zero(Site::Distance, distance, &blur)?)
    }
}

/// Error of a bias: its row's along the way to the anchor, and that of the value there.
fn bias_error<S: Scalar>(run: &Run<'_, S>, row: &Num<S>, anchor: &Anchor<S>) -> Num<S> {
    &(row * &length(run, &anchor.point)) + &anchor.error
}

/// `|x|₁/√n`: the error that `n` entries of a row, each off by 1, make along `x`.
pub(super) fn length<S: Scalar>(run: &Run<'_, S>, x: &[Num<S>]) -> Num<S> {
    &run.l1(x) * &Dyadic::power(-(x.len().ilog2() as i32 / 2)).lift(run.context)
}

/// `1/n`, to a power of two.
pub(super) fn share<S: Scalar>(run: &Run<'_, S>) -> Num<S> {
    Dyadic::power(-(run.inputs().ilog2() as i32)).lift(run.context)
}
