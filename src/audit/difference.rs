//! The difference of two networks over the cube, one output, in integers.
//!
//! By canonical forms, `D = c·f' − f = A + Σ_k (κ'_k·|z'_k| − κ_k·|z_k|)` with `A` affine, one term a pair
//! of hyperplanes. Where the signs of a pair are known, its term is affine: with
//!
//! ```text
//! v = κ'·z' − κ·z        w = κ'·z' + κ·z
//!
//! z ≥ 0, z' ≥ 0:  +v     z ≤ 0, z' ≤ 0:  −v     z ≥ 0, z' ≤ 0:  −w     z ≤ 0, z' ≥ 0:  +w
//! ```
//!
//! Where they are not, there is an `s` in `[−1, 1]`, the sign of `z` wherever both agree, with
//!
//! ```text
//! |κ'·|z'| − κ·|z| − s·v| ≤ 2·|κ' − κ|·max|z' − z|
//! ```
//!
//! For `δ = z' − z`, `||z + δ| − |z|| ≤ |δ|` gives an `s` with `|z + δ| − |z| = s·δ`. Then the term is
//! `κ'·s·δ + (κ' − κ)·|z| = s·v + (κ' − κ)·(|z| − s·z)`, and the last part vanishes where `s` is the sign of
//! `z`, that is, unless `|z| ≤ |δ|`.
//!
//! The error of a near pair is thus of second order, and one sign stands for both networks.

use super::Int;
use super::pairing::Pair;
use crate::linalg::Matrix;
use crate::num::{BigInteger, Exact, Rational, Scalar, integers};
use std::cmp::Ordering;

/// Numbers that a certificate has room for, at one output.
const MOST_NUMBERS: usize = 1 << 21;

/// A hyperplane over the cube, scaled by a positive factor.
pub(super) struct Plane {
    /// Coefficients, then the constant.
    pub(super) exact: Vec<Int>,
    /// The same divided by `2^exponent`, the largest between ½ and 1.
    pub(super) rounded: Vec<f64>,
    /// See `rounded`.
    pub(super) exponent: i64,
}

/// A term of the difference.
pub(super) struct Term {
    /// `z`.
    pub(super) plane: Plane,
    /// `z'`, where it is another hyperplane.
    pub(super) other: Option<Plane>,
    /// `v`, over the denominator of the difference, exact and rounded as the objective is.
    pub(super) agree: (Vec<Int>, Vec<f64>),
    /// `w`; empty where there is one hyperplane.
    pub(super) part: (Vec<Int>, Vec<f64>),
    /// `max|v|` over the cube and the error of second order.
    pub(super) reach: Int,
    /// The error of second order alone, from above.
    pub(super) slack: Int,
    /// What the signs are all over the cube, where they are the same there.
    pub(super) fixed: Option<State>,
}

/// What is known of the signs of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Nothing.
    Open,
    /// `z ≥ 0` and `z' ≥ 0`.
    Above,
    /// `z ≤ 0` and `z' ≤ 0`.
    Below,
    /// `z ≥ 0` and `z' ≤ 0`.
    Leaving,
    /// `z ≤ 0` and `z' ≥ 0`.
    Entering,
}

impl State {
    /// The sides of `z` and `z'`; `None` where they are open.
    pub(super) fn sides(self) -> Option<(f64, f64)> {
        match self {
            Self::Open => None,
            Self::Above => Some((1.0, 1.0)),
            Self::Below => Some((-1.0, -1.0)),
            Self::Leaving => Some((1.0, -1.0)),
            Self::Entering => Some((-1.0, 1.0)),
        }
    }
}

impl Term {
    /// The affine map of a state, exact and rounded, and whether it is negated; `None` for open signs.
    pub(super) fn affine(&self, state: State) -> Option<(&(Vec<Int>, Vec<f64>), bool)> {
        match state {
            State::Open => None,
            State::Above => Some((&self.agree, false)),
            State::Below => Some((&self.agree, true)),
            State::Leaving => Some((&self.part, true)),
            State::Entering => Some((&self.part, false)),
        }
    }

    /// The states in which a branch over the signs ends.
    pub(super) fn states(&self) -> &'static [State] {
        match self.other {
            None => &[State::Above, State::Below],
            Some(_) => &[State::Above, State::Below, State::Leaving, State::Entering],
        }
    }
}

/// `D` over the cube.
pub(super) struct Difference {
    /// Inputs.
    pub(super) inputs: usize,
    /// All objectives are integers over this.
    pub(super) denominator: Int,
    /// Rounded objectives are the exact ones divided by `2^exponent`.
    pub(super) exponent: i64,
    /// `A`, exact and rounded.
    pub(super) affine: (Vec<Int>, Vec<f64>),
    /// The terms.
    pub(super) terms: Vec<Term>,
}

impl Difference {
    /// The difference at one output, `copy` scaled by `scale`; the affine parts over the cube, `[outputs, inputs + 1]`.
    pub(super) fn new(
        pairs: &[Pair],
        (victim, copy): (&Matrix<Rational>, &Matrix<Rational>),
        output: usize,
        scale: &Rational,
    ) -> Self {
        let inputs = victim.columns() - 1;
        let affine = copy.row(output).iter().zip(victim.row(output)).map(|(g, f)| scale.mul(g).sub(f)).collect();
        let mut rows: Vec<Vec<Rational>> = vec![affine];
        let mut slacks = Vec::new();
        for pair in pairs {
            let (first, second) = (&pair.victim[output], pair.copy[output].mul(scale));
            let other = pair.other.as_ref().unwrap_or(&pair.plane);
            let zip = || pair.plane.iter().zip(other);
            rows.push(zip().map(|(z, y)| second.mul(y).sub(&first.mul(z))).collect());
            rows.push(match pair.other {
                Some(_) => zip().map(|(z, y)| second.mul(y).add(&first.mul(z))).collect(),
                None => Vec::new(),
            });
            let apart = zip().fold(Rational::default(), |sum, (z, y)| sum.add(&y.sub(z).magnitude()));
            slacks.push(second.sub(first).magnitude().mul(&apart).mul(&Rational::integer(2)));
        }
        let (all, denominator) = integers(rows.iter().flatten());
        let mut all = all.into_iter();
        let rows: Vec<Vec<Int>> = rows.iter().map(|row| all.by_ref().take(row.len()).collect()).collect();
        let exponent = rows.iter().flatten().map(BigInteger::bits).max().unwrap_or(0) as i64;
        let both = |row: Vec<Int>| {
            let rounded = row.iter().map(|x| shifted(x, exponent)).collect();
            (row, rounded)
        };
        let mut rows = rows.into_iter();
        let affine = both(rows.next().unwrap_or_default());
        let mut terms = Vec::new();
        for (pair, slack) in pairs.iter().zip(slacks) {
            let (agree, part) = (both(rows.next().unwrap_or_default()), both(rows.next().unwrap_or_default()));
            let (plane, other) = (Plane::new(&pair.plane), pair.other.as_ref().map(|other| Plane::new(other)));
            // From above: the next integer.
            let (whole, rest) = BigInteger::div_rem(&slack.numerator().mul(&denominator), slack.denominator());
            let slack = if rest == Int::default() { whole } else { sum(whole, &Int::from(1i64)) };
            let reach = sum(largest(&agree.0), &slack);
            let fixed = match (plane.side(), other.as_ref().unwrap_or(&plane).side()) {
                (Some(Ordering::Greater), Some(Ordering::Greater)) => Some(State::Above),
                (Some(Ordering::Less), Some(Ordering::Less)) => Some(State::Below),
                _ => None,
            };
            terms.push(Term { plane, other, agree, part, reach, slack, fixed });
        }
        Self { inputs, denominator, exponent, affine, terms }
    }

    /// Cells that a certificate has room for.
    pub(super) fn most_kept(&self) -> usize {
        let terms = self.terms.len();
        // The numbers of a cell: a factor of the open terms, weights of the inputs, multipliers.
        MOST_NUMBERS / (terms * terms / 2 + self.inputs + 2 * terms + 1)
    }

    /// `D(y)` and its gradient where it is affine, in f64, divided by `2^exponent` as objectives are.
    ///
    /// Terms are summed in the form that does not cancel.
    pub(super) fn value(&self, y: &[f64], gradient: &mut [f64]) -> f64 {
        gradient.copy_from_slice(&self.affine.1[..self.inputs]);
        let mut value = at(&self.affine.1, y);
        for (term, state) in self.terms.iter().zip(self.states(y)) {
            let Some(((_, row), negated)) = term.affine(state) else { continue };
            let sign = if negated { -1.0 } else { 1.0 };
            value += sign * at(row, y);
            gradient.iter_mut().zip(row).for_each(|(g, v)| *g += sign * v);
        }
        value
    }

    /// The sides of all hyperplanes on which a point lies, in f64.
    pub(super) fn states(&self, y: &[f64]) -> impl Iterator<Item = State> {
        self.terms.iter().map(move |term| {
            if let Some(fixed) = term.fixed {
                return fixed;
            }
            let above = at(&term.plane.rounded, y) >= 0.0;
            let other = term.other.as_ref().map_or(above, |other| at(&other.rounded, y) >= 0.0);
            match (above, other) {
                (true, true) => State::Above,
                (false, false) => State::Below,
                (true, false) => State::Leaving,
                (false, true) => State::Entering,
            }
        })
    }
}

impl Plane {
    fn new(plane: &[Rational]) -> Self {
        let (exact, _) = integers(plane.iter());
        let exponent = exact.iter().map(BigInteger::bits).max().unwrap_or(0) as i64;
        let rounded = exact.iter().map(|x| shifted(x, exponent)).collect();
        Self { exact, rounded, exponent }
    }

    /// The sign all over the cube, zeros at its border included; `None` where it changes.
    fn side(&self) -> Option<Ordering> {
        let constant = self.exact.last()?;
        let reach = largest(&self.exact[..self.exact.len() - 1]);
        let side = BigInteger::sign(constant);
        (constant.abs() >= reach && side.is_ne()).then_some(side)
    }
}

/// `w·y + b`.
pub(super) fn at(row: &[f64], y: &[f64]) -> f64 {
    let constant = row.last().copied().unwrap_or(0.0);
    row.iter().zip(y).map(|(w, y)| w * y).sum::<f64>() + constant
}

/// `Σ|entry|`: the largest magnitude of an affine map over the cube.
pub(super) fn largest(row: &[Int]) -> Int {
    row.iter().fold(Int::default(), |sum, x| self::sum(sum, &x.abs()))
}

pub(super) fn sum(mut a: Int, b: &Int) -> Int {
    a.add_assign(b);
    a
}

/// `x / 2^exponent` in f64, to 61 bits and then rounded.
pub(super) fn shifted(x: &Int, exponent: i64) -> f64 {
    let drop = x.bits().saturating_sub(62);
    let leading = x.shr(drop as u32).to_i128().unwrap_or_default() as f64;
    libm::ldexp(leading, (drop as i64 - exponent).clamp(-4000, 4000) as i32)
}
