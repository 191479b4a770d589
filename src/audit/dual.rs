//! What multipliers prove.
//!
//! For multipliers `λ ≥ 0` and constraints `a_i ≥ 0`, at every point of a cell
//! `L ≤ L + Σ λ_i·a_i ≤ Σ_j |c_j + Σ_i λ_i·a_ij| + (c_0 + Σ_i λ_i·a_i0)`, with `L` of coefficients `c`.
//! True for any multipliers, so theirs may be rounded: they become integers over a common denominator.

use super::Int;
use super::difference::{Difference, Plane, State, sum};
use crate::num::{BigInteger, Exact, Rational};

/// Bits kept of a multiplier.
const DIGITS: i64 = 64;

/// An affine map over the cube: integers over `denominator·2^shift` of a difference.
pub(super) struct Combined {
    /// Coefficients, then the constant.
    pub(super) row: Vec<Int>,
    /// See the type.
    pub(super) shift: u32,
}

/// The affine part of `sign·D` in a cell, exact: `A` and the terms whose signs are known.
pub(super) fn objective(difference: &Difference, states: &[State], negated: bool) -> Vec<Int> {
    let mut row = difference.affine.0.clone();
    for (term, state) in difference.terms.iter().zip(states) {
        let Some(((exact, _), minus)) = term.affine(*state) else { continue };
        for (x, v) in row.iter_mut().zip(exact) {
            if minus { x.sub_assign(v) } else { x.add_assign(v) }
        }
    }
    if negated { row.iter().map(BigInteger::neg).collect() } else { row }
}

/// The constraints of a cell: the sign of each and its hyperplane.
pub(super) fn constraints<'a>(difference: &'a Difference, states: &[State]) -> Vec<(f64, &'a Plane)> {
    let mut found = Vec::new();
    for (term, state) in difference.terms.iter().zip(states) {
        let Some((first, second)) = state.sides().filter(|_| term.fixed.is_none()) else { continue };
        found.push((first, &term.plane));
        found.extend(term.other.as_ref().map(|other| (second, other)));
    }
    found
}

/// `L + Σ λ_i·a_i`, for multipliers that were found for the rounded rows.
pub(super) fn combined(
    objective: Vec<Int>,
    exponent: i64,
    constraints: &[(f64, &Plane)],
    multipliers: &[f64],
) -> Combined {
    let used = || constraints.iter().zip(multipliers).filter(|(_, λ)| **λ > 0.0);
    // λ on rounded rows is λ·2^(exponent of L − exponent of a) on exact ones; `shift` keeps its digits.
    let places = used().map(|((_, plane), λ)| exponent - plane.exponent + i64::from(libm::ilogb(*λ)));
    let shift = places.map(|place| (DIGITS - place).max(0)).max().unwrap_or(0).min(1 << 14) as u32;
    let mut row: Vec<Int> = if shift == 0 { objective } else { objective.iter().map(|x| x.shl(shift)).collect() };
    for ((sign, plane), λ) in used() {
        let (significand, power) = libm::frexp(*λ);
        let whole = Int::from(libm::ldexp(significand, 53) as i64);
        let by = i64::from(power) - 53 + i64::from(shift) + exponent - plane.exponent;
        let whole = if by < 0 { whole.shr(by.unsigned_abs() as u32) } else { whole.shl(by as u32) };
        let whole = if *sign < 0.0 { whole.neg() } else { whole };
        row.iter_mut().zip(&plane.exact).for_each(|(x, a)| x.add_mul(&whole, a));
    }
    Combined { row, shift }
}

impl Combined {
    /// The largest value over the cube, and `more` over the denominator of the difference. Exact.
    pub(super) fn bound(&self, difference: &Difference, more: &Int) -> Rational {
        let (constant, row) = self.row.split_last().map_or((Int::default(), &[][..]), |(c, row)| (c.clone(), row));
        let mut value = row.iter().fold(constant, |value, x| sum(value, &x.abs()));
        value.add_assign(&more.shl(self.shift));
        self.rational(value, difference)
    }

    /// An integer over the denominator of this map.
    pub(super) fn rational(&self, value: Int, difference: &Difference) -> Rational {
        Rational::from_parts(value, difference.denominator.shl(self.shift))
    }
}
