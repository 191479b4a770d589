//! The f64 ball: a midpoint and a radius in hardware floats, rounded to nearest.
//!
//! Operation by operation, and bit for bit, the definitions of `proofs/theories/Ball.v`,
//! where each is proved to enclose. No rounding mode is changed: a computed upper bound
//! `z` is replaced by [`up`]`(z)`, one step above its magnitude, which dominates the exact
//! value that `z` was rounded from. Overflow and NaN need no check on the way: they reach
//! the result, and a result that is not finite says nothing.
//!
//! A ball can show that `x ≠ 0`; it can never show that `x = 0`. So balls walk the path
//! of another run and enclose what it computed; they do not search for one.

use super::{Enclosure, Exact, Rational, Scalar};
use std::cmp::Ordering;

/// A midpoint with a radius; see [`Enclosure`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ball {
    mid: f64,
    rad: f64,
}

/// Half a unit in the last place of 1, `2^−53`.
const ROUNDOFF: f64 = f64::EPSILON / 2.0;

/// The float after `|z|`: at least `|x|` wherever `z` is `x` rounded to nearest.
///
/// The magnitude keeps an overflow from becoming finite: the float after `−∞` is.
/// Theorem `B64.up_rnd`.
pub fn up(z: f64) -> f64 {
    z.abs().next_up()
}

/// A bound on `|m − x|` wherever `m` is `x` rounded to nearest, subnormal or not.
///
/// `|m − x| ≤ max(|m|·2^−53, 2^−1075) ≤ up(|m|·2^−53)`. Theorem `B64.rerr_ok`.
pub fn rounding_error(m: f64) -> f64 {
    up(m.abs() * ROUNDOFF)
}

impl Ball {
    /// The ball around `mid` of radius `rad ≥ 0`.
    pub const fn new(mid: f64, rad: f64) -> Self {
        Self { mid, rad }
    }

    /// The midpoint.
    pub const fn mid(&self) -> f64 {
        self.mid
    }

    /// The radius, as it is computed with.
    pub const fn rad(&self) -> f64 {
        self.rad
    }

    const NOTHING: Self = Self::new(f64::NAN, f64::NAN);

    fn is_finite(&self) -> bool {
        self.mid.is_finite() && self.rad.is_finite()
    }

    /// A midpoint computed with one rounding, and a bound on what the operands bring.
    fn rounded(mid: f64, inherited: f64) -> Self {
        // |m − x| ≤ |m − m*| + |m* − x|, with m* the exact result of the midpoints.
        Self::new(mid, up(inherited + rounding_error(mid)))
    }

    /// `self / other`, which says nothing where `other` may be zero. Theorem `Ball.bdiv_ok`.
    pub fn quotient(&self, other: &Self) -> Self {
        let gap = other.mid.abs() - other.rad;
        let least = gap.next_down();
        let apart = other.is_finite() && gap.is_finite() && least.is_finite() && least > 0.0;
        if !apart {
            return Self::NOTHING;
        }
        let mid = self.mid / other.mid;
        // |q* − x/y| ≤ (r_a + |q*|·r_b) / (|b| − r_b), with |q*| ≤ |m| + rerr(m) and least ≤ |b| − r_b.
        let size = up(mid.abs() + rounding_error(mid));
        Self::rounded(mid, up(up(self.rad + up(size * other.rad)) / least))
    }
}

impl Scalar for Ball {
    type Context = ();
    const NAME: &'static str = "ball";

    /// The one value, radius 0.
    fn lift(value: f64, (): ()) -> Self {
        Self::new(value, 0.0)
    }

    /// Around the nearest `f64`; radius 0 where it is the value itself.
    fn nearest(value: &Rational, (): ()) -> Self {
        let mid = f64::nearest(value, ());
        let exact = mid.exact().is_some_and(|m| m == *value);
        // |m − x| ≤ rerr(m): m is x rounded to nearest.
        Self::new(mid, if exact { 0.0 } else { rounding_error(mid) })
    }

    /// Theorem `Ball.badd_ok`.
    fn add(&self, other: &Self) -> Self {
        // |(a + b) − (x + y)| ≤ r_a + r_b.
        Self::rounded(self.mid + other.mid, up(self.rad + other.rad))
    }

    /// Theorem `Ball.bsub_ok`.
    fn sub(&self, other: &Self) -> Self {
        // |(a − b) − (x − y)| ≤ r_a + r_b.
        Self::rounded(self.mid - other.mid, up(self.rad + other.rad))
    }

    /// Theorem `Ball.bmul_ok`.
    fn mul(&self, other: &Self) -> Self {
        // |a·b − x·y| ≤ |a|·r_b + r_a·|y|, with |y| ≤ |b| + r_b.
        let most = up(other.mid.abs() + other.rad);
        Self::rounded(self.mid * other.mid, up(up(self.mid.abs() * other.rad) + up(self.rad * most)))
    }

    fn neg(&self) -> Self {
        Self::new(-self.mid, self.rad)
    }

    /// [`Ball::quotient`]; `None` only where the divisor is zero and nothing else.
    ///
    /// A divisor that may be zero gives a quotient that says nothing: code that takes a
    /// missing quotient for zero would be wrong about all other members of the ball.
    fn div(&self, other: &Self) -> Option<Self> {
        let zero = other.mid == 0.0 && other.rad == 0.0;
        (!zero).then(|| self.quotient(other))
    }

    /// Theorem `Ball.brelu_ok`.
    fn relu(&self) -> Self {
        if !self.mid.is_finite() {
            return Self::NOTHING;
        }
        // |relu(m) − relu(x)| ≤ |m − x| ≤ r; taking one branch would lose the other half.
        if self.mid < 0.0 { Self::new(0.0, self.rad) } else { *self }
    }

    /// Never `Equal`, not even of the exact zero. Theorem `Ball.bsign_ok`.
    fn sign(&self) -> Option<Ordering> {
        // |m − x| ≤ r < |m|: x has the sign of m.
        if !self.is_finite() {
            None
        } else if self.rad < self.mid {
            Some(Ordering::Greater)
        } else if self.mid < -self.rad {
            Some(Ordering::Less)
        } else {
            None
        }
    }

    fn exact(&self) -> Option<Rational> {
        if self.rad.is_finite() { self.mid.exact() } else { None }
    }

    fn log2(&self) -> f64 {
        self.mid.abs().log2()
    }
}

impl Enclosure for Ball {
    fn radius(&self) -> Option<Rational> {
        if self.mid.is_finite() { self.rad.exact() } else { None }
    }

    fn contains(&self, value: &Rational) -> bool {
        match (self.exact(), self.radius()) {
            (Some(mid), Some(radius)) => mid.sub(value).magnitude() <= radius,
            _ => true,
        }
    }
}
