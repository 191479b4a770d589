//! Planes that bound what a unit hands on, and what it hands on: the theorem behind bounds of deep networks.
//!
//! With `a = relu(z)` and `e = relu(z + δ) − relu(z)`, for `z` of the victim and `z' = z + δ` of the copy:
//!
//! - `relu(x) ≤ s·x + t` on `l ≤ x ≤ u` for any `s` and `t ≥ max(−s·l, u − s·u)`, as `relu(x) − s·x` is convex and so
//!   largest at an end (`l ≤ 0 ≤ u`); `relu(x) ≥ λ·x` for `λ` in `{0, 1}`;
//! - `z ≥ 0` and `z' ≥ 0`: `e = δ`. `z ≤ 0` and `z' ≤ 0`: `e = 0`. `z ≥ 0`, `z' ≤ 0`: `e = −z`. `z ≤ 0`, `z' ≥ 0`:
//!   `e = z + δ`;
//! - `z ≤ 0`: `e = relu(z')`. `z' ≤ 0`: `e = −relu(z)`. `z ≥ 0`: `e = δ + relu(−z')`. `z' ≥ 0`: `e = δ − relu(−z)`,
//!   by `relu(x) = x + relu(−x)`;
//! - always `−relu(−δ) ≤ e ≤ relu(δ)` and `−relu(z) ≤ e ≤ relu(z')`.

use crate::deep_fixed::{SLOPE_BITS, too_large};
use crate::refusal::Refusal;

/// 1, as a slope.
const ONE: i64 = 1 << SLOPE_BITS;

/// A range of values over `2^places`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) lower: i128,
    pub(crate) upper: i128,
}

impl Range {
    pub(crate) const ZERO: Self = Self { lower: 0, upper: 0 };

    pub(crate) fn size(self) -> i128 {
        self.lower.abs().max(self.upper.abs())
    }

    pub(crate) fn is_on(self) -> bool {
        self.lower >= 0
    }

    pub(crate) fn is_off(self) -> bool {
        self.upper <= 0
    }

    pub(crate) fn relu(self) -> Self {
        Self { lower: self.lower.max(0), upper: self.upper.max(0) }
    }

    fn negated(self) -> Self {
        Self { lower: -self.upper, upper: -self.lower }
    }

    /// What is in both ranges.
    pub(crate) fn within(self, lower: i128, upper: i128) -> Self {
        Self { lower: self.lower.max(lower), upper: self.upper.min(upper) }
    }
}

/// A plane in `(z, δ)`: slopes over `2^SLOPE_BITS`, and a value.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Plane {
    pub(crate) z: i64,
    pub(crate) delta: i64,
    pub(crate) offset: i128,
}

/// A plane below and one above.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Planes {
    pub(crate) lower: Plane,
    pub(crate) upper: Plane,
}

impl Planes {
    fn both(z: i64, delta: i64) -> Self {
        let plane = Plane { z, delta, offset: 0 };
        Self { lower: plane, upper: plane }
    }

    /// Whether what is handed on is zero.
    pub(crate) fn are_zero(&self) -> bool {
        [self.lower, self.upper].iter().all(|plane| plane.z == 0 && plane.delta == 0 && plane.offset == 0)
    }
}

/// `s` and `t` with `relu(x) ≤ s·x + t` on a range.
fn chord(range: Range) -> Result<(i64, i128), Refusal> {
    let Range { lower: l, upper: u } = range;
    if range.is_on() {
        return Ok((ONE, 0));
    }
    if range.is_off() {
        return Ok((0, 0));
    }
    let one = i128::from(ONE);
    let slope = u.checked_mul(one).ok_or_else(too_large)? / (u - l);
    let at = |product: Option<i128>| product.map(|p| -((-p) >> SLOPE_BITS)).ok_or_else(too_large);
    let offset = at((-l).checked_mul(slope))?.max(at(u.checked_mul(one - slope))?);
    Ok((slope as i64, offset))
}

/// Planes of `relu(z)`.
pub(crate) fn relu(z: Range) -> Result<Planes, Refusal> {
    let (slope, offset) = chord(z)?;
    // 2^-20 of it does not count, so that a range about zero has the slope that it has in other arithmetics.
    let steep = if z.is_on() || !z.is_off() && z.upper - (z.upper >> 20) > -z.lower { ONE } else { 0 };
    Ok(Planes { lower: Plane { z: steep, delta: 0, offset: 0 }, upper: Plane { z: slope, delta: 0, offset } })
}

/// Planes of `relu(z + δ) − relu(z)`, for `z`, `δ` and `z' = z + δ` of these ranges.
pub(crate) fn change(z: Range, delta: Range, copied: Range) -> Result<Planes, Refusal> {
    let plane = |z: i64, delta: i64, offset: i128| Plane { z, delta, offset };
    Ok(match (z.is_on(), z.is_off(), copied.is_on(), copied.is_off()) {
        (_, true, _, true) => Planes::both(0, 0),
        (true, _, true, _) => Planes::both(0, ONE),
        (true, _, _, true) => Planes::both(-ONE, 0),
        (_, true, true, _) => Planes::both(ONE, ONE),
        (_, true, _, _) => {
            let (s, t) = chord(copied)?;
            Planes { lower: plane(0, 0, 0), upper: plane(s, s, t) }
        }
        (_, _, _, true) => {
            let (s, t) = chord(z)?;
            Planes { lower: plane(-s, 0, -t), upper: plane(0, 0, 0) }
        }
        (true, _, _, _) => {
            // δ + relu(−z') ≤ δ − s·(z + δ) + t
            let (s, t) = chord(copied.negated())?;
            Planes { lower: plane(0, ONE, 0), upper: plane(-s, ONE - s, t) }
        }
        (_, _, true, _) => {
            // δ − relu(−z) ≥ δ + s·z − t
            let (s, t) = chord(z.negated())?;
            Planes { lower: plane(s, ONE, -t), upper: plane(0, ONE, 0) }
        }
        _ => {
            let ((above, t), (below, v)) = (chord(delta)?, chord(delta.negated())?);
            Planes { lower: plane(0, below, -v), upper: plane(0, above, t) }
        }
    })
}

/// What `relu(z + δ) − relu(z)` lies in.
pub(crate) fn changed(z: Range, delta: Range, copied: Range) -> Range {
    if z.is_on() && copied.is_on() {
        return delta;
    }
    Range { lower: delta.lower.min(0).max(-z.upper.max(0)), upper: delta.upper.max(0).min(copied.upper.max(0)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(plane: &Plane, z: i128, delta: i128) -> i128 {
        // Over 2^SLOPE_BITS.
        i128::from(plane.z) * z + i128::from(plane.delta) * delta + (plane.offset << SLOPE_BITS)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        /// All nine cases, at every point of small ranges.
        #[test]
        fn planes_bound(z in (-9i128..9, 0i128..9), delta in (-9i128..9, 0i128..9), cut in (0i128..6, 0i128..6)) {
            let range = |(lower, width): (i128, i128)| Range { lower, upper: lower + width };
            let (z, delta) = (range(z), range(delta));
            let copied = Range { lower: z.lower + delta.lower + cut.0, upper: z.upper + delta.upper - cut.1 };
            let (planes, own) = (change(z, delta, copied).unwrap(), relu(z).unwrap());
            let inside = changed(z, delta, copied);
            for x in z.lower..=z.upper {
                let a = x.max(0) << SLOPE_BITS;
                prop_assert!(at(&own.lower, x, 0) <= a && a <= at(&own.upper, x, 0));
                for d in delta.lower..=delta.upper {
                    if x + d < copied.lower || x + d > copied.upper {
                        continue;
                    }
                    let e = (x + d).max(0) - x.max(0);
                    prop_assert!(inside.lower <= e && e <= inside.upper);
                    let e = e << SLOPE_BITS;
                    prop_assert!(at(&planes.lower, x, d) <= e && e <= at(&planes.upper, x, d));
                }
            }
        }
    }
}
