//! What balls have beyond a scalar: a radius.

use super::{Rational, Scalar};

/// A set of reals around a midpoint: `{x : |x − midpoint| ≤ radius}`.
///
/// Every operation encloses: for `x` in `a` and `y` in `b`, `x + y` is in `a.add(&b)`, and
/// likewise for the others, as long as midpoint and radius are finite. One that is not
/// says nothing about its value, and neither does anything computed from it.
///
/// [`Scalar::exact`] is the midpoint, erased, of a ball that says something.
pub trait Enclosure: Scalar {
    /// The radius, exactly; `None` of a ball that says nothing.
    fn radius(&self) -> Option<Rational>;

    /// Whether `value` may be the number enclosed.
    ///
    /// True of every value where [`Enclosure::radius`] is `None`: a test that asks only this
    /// passes on balls that say nothing.
    fn contains(&self, value: &Rational) -> bool;
}
