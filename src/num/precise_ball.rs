//! The p-bit ball: a midpoint in MPFR, rounded to nearest, and a radius rounded up.
//!
//! MPFR says of every operation whether it rounded, so that an exact one adds nothing to
//! the radius, and rounds each step of a radius upward. Exponents have practically no
//! limit; what passes it is infinite or NaN, and says nothing.

use super::{Enclosure, Exact, Float, Rational, Scalar};
use rug::float::{Round, Special};
use rug::ops::AssignRound;
use std::cmp::Ordering;

/// A midpoint of `p` bits with a radius; see [`Enclosure`].
///
/// Two operands of different precision round to that of the left one.
#[derive(Clone, Debug, PartialEq)]
pub struct PreciseBall {
    mid: Float,
    rad: Float,
}

/// Bits of a radius: an upper bound, so that few are enough.
const RADIUS_BITS: u32 = 53;

/// A sum, product or quotient of radii, rounded up.
fn up<T>(value: T) -> Float
where
    Float: AssignRound<T, Round = Round, Ordering = Ordering>,
{
    Float::with_val_round(RADIUS_BITS, value, Round::Up).0
}

/// A value at `bits` bits, and a bound on what rounding it to nearest made of it.
fn nearest<T>(bits: u32, value: T) -> (Float, Float)
where
    Float: AssignRound<T, Round = Round, Ordering = Ordering>,
{
    let (mid, direction) = Float::with_val_round(bits, value, Round::Nearest);
    let error = match (direction, mid.get_exp()) {
        (Ordering::Equal, _) => Float::new(RADIUS_BITS),
        // 2^(e−1) ≤ |m| < 2^e: a unit in the last place is 2^(e−p), and |m − x| ≤ half of it.
        (_, Some(exponent)) => power(exponent - bits as i32 - 1),
        // Rounded to zero or to infinity: past the limits of the exponent.
        (_, None) => nothing(RADIUS_BITS),
    };
    (mid, error)
}

fn power(exponent: i32) -> Float {
    Float::with_val(RADIUS_BITS, 1) << exponent
}

fn nothing(bits: u32) -> Float {
    Float::with_val(bits, Special::Nan)
}

impl PreciseBall {
    /// The ball around `mid` of radius `rad ≥ 0`, rounded up.
    pub fn new(mid: Float, rad: &Float) -> Self {
        Self { mid, rad: up(rad) }
    }

    /// The midpoint.
    pub fn mid(&self) -> &Float {
        &self.mid
    }

    /// The radius, as it is computed with.
    pub fn rad(&self) -> &Float {
        &self.rad
    }

    /// A midpoint computed with one rounding, and a bound on what the operands bring.
    fn rounded((mid, error): (Float, Float), inherited: &Float) -> Self {
        // |m − x| ≤ |m − m*| + |m* − x|, with m* the exact result of the midpoints.
        Self { rad: up(inherited + &error), mid }
    }

    fn is_finite(&self) -> bool {
        self.mid.is_finite() && self.rad.is_finite()
    }

    /// `self / other`, which says nothing where `other` may be zero.
    pub fn quotient(&self, other: &Self) -> Self {
        // least ≤ |b| − r_b, rounded down.
        let gap = Float::with_val(other.mid.prec(), other.mid.abs_ref());
        let least = Float::with_val_round(RADIUS_BITS, &gap - &other.rad, Round::Down).0;
        if !other.is_finite() || least.cmp0() != Some(Ordering::Greater) {
            return Self { mid: nothing(self.mid.prec()), rad: nothing(RADIUS_BITS) };
        }
        let (mid, error) = nearest(self.mid.prec(), &self.mid / &other.mid);
        // |q* − x/y| ≤ (r_a + |q*|·r_b) / (|b| − r_b), with |q*| ≤ |m| + error.
        let size = up(&up(mid.abs_ref()) + &error);
        let brought = up(&self.rad + &up(&size * &other.rad));
        Self::rounded((mid, error), &up(&brought / &least))
    }
}

impl Scalar for PreciseBall {
    type Context = u32;
    const NAME: &'static str = "precise ball";

    /// The one value, radius 0, where 53 bits fit.
    fn lift(value: f64, bits: u32) -> Self {
        let (mid, rad) = nearest(bits, value);
        Self { mid, rad }
    }

    /// Around the nearest p-bit number; radius 0 where it is the value itself.
    fn nearest(value: &Rational, bits: u32) -> Self {
        let (mid, rad) = nearest(bits, value);
        Self { mid, rad }
    }

    fn add(&self, other: &Self) -> Self {
        // |(a + b) − (x + y)| ≤ r_a + r_b.
        Self::rounded(nearest(self.mid.prec(), &self.mid + &other.mid), &up(&self.rad + &other.rad))
    }

    fn sub(&self, other: &Self) -> Self {
        // |(a − b) − (x − y)| ≤ r_a + r_b.
        Self::rounded(nearest(self.mid.prec(), &self.mid - &other.mid), &up(&self.rad + &other.rad))
    }

    fn mul(&self, other: &Self) -> Self {
        // |a·b − x·y| ≤ |a|·r_b + r_a·|y|, with |y| ≤ |b| + r_b.
        let (a, b) = (up(self.mid.abs_ref()), up(other.mid.abs_ref()));
        let most = up(&b + &other.rad);
        let inherited = up(&up(&a * &other.rad) + &up(&self.rad * &most));
        Self::rounded(nearest(self.mid.prec(), &self.mid * &other.mid), &inherited)
    }

    fn neg(&self) -> Self {
        Self { mid: Float::with_val(self.mid.prec(), -&self.mid), rad: self.rad.clone() }
    }

    /// [`PreciseBall::quotient`]; `None` only where the divisor is zero and nothing else.
    fn div(&self, other: &Self) -> Option<Self> {
        let zero = other.mid.is_zero() && other.rad.is_zero();
        (!zero).then(|| self.quotient(other))
    }

    fn relu(&self) -> Self {
        let bits = self.mid.prec();
        let size = Float::with_val(bits, self.mid.abs_ref());
        let straddles = size < self.rad;
        if !self.is_finite() || !straddles && !self.mid.is_sign_negative() {
            return self.clone();
        }
        if !straddles {
            // x ≤ m + r ≤ 0.
            return Self { mid: Float::new(bits), rad: Float::new(RADIUS_BITS) };
        }
        // 0 ≤ relu(x) ≤ hi: the smallest ball around [0, hi], which is no larger than the one given.
        let half: Float = Float::with_val_round(bits, &self.mid + &self.rad, Round::Up).0 >> 1;
        Self { rad: up(&half), mid: half }
    }

    /// Never `Equal`, not even of the exact zero.
    fn sign(&self) -> Option<Ordering> {
        // |m − x| ≤ r < |m|: x has the sign of m.
        let decided = self.is_finite() && self.rad.cmp_abs(&self.mid) == Some(Ordering::Less);
        if decided { self.mid.cmp0() } else { None }
    }

    fn exact(&self) -> Option<Rational> {
        if self.rad.is_finite() { self.mid.to_rational() } else { None }
    }

    fn log2(&self) -> f64 {
        Scalar::log2(&self.mid)
    }
}

impl Enclosure for PreciseBall {
    fn radius(&self) -> Option<Rational> {
        if self.mid.is_finite() { self.rad.to_rational() } else { None }
    }

    fn contains(&self, value: &Rational) -> bool {
        match (self.exact(), self.radius()) {
            (Some(mid), Some(radius)) => mid.sub(value).magnitude() <= radius,
            _ => true,
        }
    }
}
