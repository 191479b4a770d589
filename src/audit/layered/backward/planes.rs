//! Planes that bound what a unit hands on: `a = relu(z)`, and `e = relu(z + δ) − relu(z)`.
//!
//! With the convex `relu(x) ≤ s·x + t` on `[l, u]` for any `s` and `t = max(−s·l, u − s·u)` where `l < 0 < u` (the
//! chord, [`Chord`]), and `relu(x) ≥ λ·x` for any `λ` in `[0, 1]`, the nine cases of signs of `z` and `z' = z + δ`:
//!
//! ```text
//! z ≥ 0, z' ≥ 0    e = δ                    z ≤ 0, z' ≤ 0    e = 0
//! z ≥ 0, z' ≤ 0    e = −z                   z ≤ 0, z' ≥ 0    e = z' = z + δ
//! z ≤ 0, z' open   e = relu(z')             z open, z' ≤ 0   e = −relu(z)
//! z ≥ 0, z' open   e = δ + relu(−z')        z open, z' ≥ 0   e = δ − relu(−z)
//! both open        −relu(−δ) ≤ e ≤ relu(δ)
//! ```
//!
//! (`relu(z') = z' + relu(−z')`.) Theorems `Differential.relu_chord`, `Differential.relu_below`,
//! and `Differential.relax_on_on` with those after it, one a case.

/// A range; both ends may be infinite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Range {
    pub(super) lower: f64,
    pub(super) upper: f64,
}

impl Range {
    pub(super) const ZERO: Self = Self { lower: 0.0, upper: 0.0 };
    pub(super) const ALL: Self = Self { lower: f64::NEG_INFINITY, upper: f64::INFINITY };

    /// The largest magnitude.
    pub(super) fn size(self) -> f64 {
        self.lower.abs().max(self.upper.abs())
    }

    /// A number in it, about half way.
    pub(super) fn middle(self) -> f64 {
        if self.lower == self.upper { self.lower } else { (self.lower + self.upper) / 2.0 }
    }

    /// At least the distance of either end from the middle.
    pub(super) fn radius(self) -> f64 {
        let middle = self.middle();
        let most = (self.upper - middle).max(middle - self.lower);
        if most == 0.0 { 0.0 } else { most.next_up() }
    }

    pub(super) fn relu(self) -> Self {
        Self { lower: self.lower.max(0.0), upper: self.upper.max(0.0) }
    }

    pub(super) fn is_on(self) -> bool {
        self.lower >= 0.0
    }

    pub(super) fn is_off(self) -> bool {
        self.upper <= 0.0
    }

    pub(super) fn is_open(self) -> bool {
        !self.is_on() && !self.is_off()
    }

    fn negated(self) -> Self {
        Self { lower: -self.upper, upper: -self.lower }
    }

    /// What is in both; a bound that is no number bounds nothing.
    pub(super) fn within(self, lower: f64, upper: f64) -> Self {
        Self { lower: self.lower.max(lower), upper: self.upper.min(upper) }
    }
}

/// `relu(x) ≤ slope·x + offset` on a range, with `0 ≤ slope ≤ 1`.
#[derive(Clone, Copy, Debug)]
struct Chord {
    slope: f64,
    offset: f64,
}

impl Chord {
    fn new(range: Range) -> Self {
        if range.is_on() {
            return Self { slope: 1.0, offset: 0.0 };
        }
        if range.is_off() {
            return Self { slope: 0.0, offset: 0.0 };
        }
        let Range { lower: l, upper: u } = range;
        let slope = u / (u - l);
        let slope = if slope >= 0.0 { slope.min(1.0) } else { 0.0 };
        // relu(x) − s·x is convex: at most −s·l or u − s·u, each rounded upward.
        let offset = (-(slope * l)).next_up().max((u - (slope * u).next_down()).next_up());
        Self { slope, offset }
    }
}

/// Planes of `a = relu(z)`: `lower·z ≤ a ≤ upper·z + offset`.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Relu {
    pub(super) upper: f64,
    pub(super) offset: f64,
    pub(super) lower: f64,
}

impl Relu {
    pub(super) fn new(z: Range) -> Self {
        let Chord { slope, offset } = Chord::new(z);
        Self { upper: slope, offset, lower: steep(z) }
    }
}

/// The slope of the lower plane: 1 where clearly more of the range is positive, so that a range about zero has the same
/// slope in every arithmetic, however it rounds.
fn steep(z: Range) -> f64 {
    if z.is_on() || z.is_open() && z.upper * (1.0 - TIE) > -z.lower { 1.0 } else { 0.0 }
}

/// See [`steep`].
const TIE: f64 = 1.0 / (1u64 << 20) as f64;

/// A plane in `(z, δ)`.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Plane {
    pub(super) z: f64,
    pub(super) delta: f64,
    pub(super) offset: f64,
}

/// Planes of `e = relu(z + δ) − relu(z)`, below and above it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Change {
    pub(super) lower: Plane,
    pub(super) upper: Plane,
}

impl Change {
    /// For `z`, `δ` and `z' = z + δ` in these ranges.
    pub(super) fn new(z: Range, delta: Range, copied: Range) -> Self {
        let plane = |z: f64, delta: f64, offset: f64| Plane { z, delta, offset };
        let both = |plane: Plane| Self { lower: plane, upper: plane };
        match (z.is_on(), z.is_off(), copied.is_on(), copied.is_off()) {
            (_, true, _, true) => both(plane(0.0, 0.0, 0.0)),
            (true, _, true, _) => both(plane(0.0, 1.0, 0.0)),
            (true, _, _, true) => both(plane(-1.0, 0.0, 0.0)),
            (_, true, true, _) => both(plane(1.0, 1.0, 0.0)),
            (_, true, _, _) => {
                // 0 ≤ relu(z') ≤ s·(z + δ) + t
                let Chord { slope, offset } = Chord::new(copied);
                Self { lower: plane(0.0, 0.0, 0.0), upper: plane(slope, slope, offset) }
            }
            (_, _, _, true) => {
                // −s·z − t ≤ −relu(z) ≤ 0
                let Chord { slope, offset } = Chord::new(z);
                Self { lower: plane(-slope, 0.0, -offset), upper: plane(0.0, 0.0, 0.0) }
            }
            (true, _, _, _) => {
                // δ ≤ δ + relu(−z') ≤ δ − s·(z + δ) + t
                let Chord { slope, offset } = Chord::new(copied.negated());
                Self { lower: plane(0.0, 1.0, 0.0), upper: plane(-slope, 1.0 - slope, offset) }
            }
            (_, _, true, _) => {
                // δ + s·z − t ≤ δ − relu(−z) ≤ δ
                let Chord { slope, offset } = Chord::new(z.negated());
                Self { lower: plane(slope, 1.0, -offset), upper: plane(0.0, 1.0, 0.0) }
            }
            _ => {
                let (above, below) = (Chord::new(delta), Chord::new(delta.negated()));
                Self { lower: plane(0.0, below.slope, -below.offset), upper: plane(0.0, above.slope, above.offset) }
            }
        }
    }
}

/// `relu(z + δ) − relu(z)` for all `z`, `δ` and `z' = z + δ` of these ranges.
///
/// It is `δ` where both are positive; `−relu(z) ≤ e ≤ relu(z')` always, and it lies between 0 and `δ`.
pub(super) fn change(z: Range, delta: Range, copied: Range) -> Range {
    if z.is_on() && copied.is_on() {
        return delta;
    }
    Range { lower: delta.lower.min(0.0).max(-z.upper.max(0.0)), upper: delta.upper.max(0.0).min(copied.upper.max(0.0)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::num::{Exact, Rational, Scalar};
    use proptest::prelude::*;

    fn exact(x: f64) -> Rational {
        Rational::lift(x, ())
    }

    fn relu(x: &Rational) -> Rational {
        x.clone().max(Rational::default())
    }

    fn at(plane: &Plane, z: &Rational, delta: &Rational) -> Rational {
        exact(plane.z).mul(z).add(&exact(plane.delta).mul(delta)).add(&exact(plane.offset))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        /// All nine cases, with slopes as floats have them, at points of the ranges; but for `1 − s`, which rows pay for.
        #[test]
        fn planes_bound(
            z in (-3.0f64..3.0, 0.0f64..3.0), delta in (-2.0f64..2.0, 0.0f64..2.0),
            cut in (0.0f64..1.0, 0.0f64..1.0), at_z in 0i64..=4, at_delta in 0i64..=4,
        ) {
            let range = |(lower, width): (f64, f64)| Range { lower, upper: lower + width };
            let (z, delta) = (range(z), range(delta));
            let copied = Range { lower: z.lower + delta.lower + cut.0, upper: z.upper + delta.upper - cut.1 };
            let inside = |range: Range, quarters: i64| {
                let part = Rational::integer(quarters).mul(&exact(0.25));
                exact(range.lower).add(&exact(range.upper).sub(&exact(range.lower)).mul(&part))
            };
            let (x, d) = (inside(z, at_z), inside(delta, at_delta));
            let own = Relu::new(z);
            prop_assert!(exact(own.lower).mul(&x) <= relu(&x));
            prop_assert!(relu(&x) <= exact(own.upper).mul(&x).add(&exact(own.offset)));
            let y = x.add(&d);
            if exact(copied.lower) <= y && y <= exact(copied.upper) {
                let (e, planes) = (relu(&y).sub(&relu(&x)), Change::new(z, delta, copied));
                let slack = d.magnitude().mul(&Rational::power_of_two(-53));
                prop_assert!(at(&planes.lower, &x, &d) <= e.add(&slack));
                prop_assert!(e <= at(&planes.upper, &x, &d).add(&slack));
                let inside = change(z, delta, copied);
                prop_assert!(exact(inside.lower) <= e && e <= exact(inside.upper));
            }
        }
    }
}
