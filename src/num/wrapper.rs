//! [`Num`]: the operators, once, for every scalar.

use super::Scalar;
use std::ops::{Add, Mul, Neg, Sub};

/// A number of an arithmetic, with `+`, `−`, `·` and no comparison.
///
/// ```
/// use exactract::num::{Num, Rational, Scalar};
/// let third = Num::<Rational>::lift(1.0, ()).over(&Num::lift(3.0, ())).ok_or("zero")?;
/// let sum = &(&third + &third) + &third;
/// assert_eq!(sum.0, Rational::lift(1.0, ()));
/// # Ok::<(), &str>(())
/// ```
#[derive(Clone, Debug)]
pub struct Num<S>(pub S);

impl<S: Scalar> Num<S> {
    /// The number nearest to a finite `f64`; see [`Scalar::lift`].
    pub fn lift(value: f64, context: S::Context) -> Self {
        Self(S::lift(value, context))
    }

    /// `self / divisor`; `None` when the divisor is zero.
    pub fn over(&self, divisor: &Self) -> Option<Self> {
        self.0.div(&divisor.0).map(Self)
    }

    /// `max(self, 0)`, as a value.
    pub fn relu(&self) -> Self {
        Self(self.0.relu())
    }

    /// `min(self, other)`, as a value; see [`Scalar::least`].
    pub fn least(&self, other: &Self) -> Self {
        Self(self.0.least(&other.0))
    }

    /// `|self| = relu(self) + relu(−self)`, as a value; exact in every arithmetic,
    /// since one of the two terms is zero.
    pub fn abs(&self) -> Self {
        &self.relu() + &(-self).relu()
    }
}

macro_rules! operator {
    ($trait:ident, $method:ident) => {
        impl<S: Scalar> $trait<&Num<S>> for &Num<S> {
            type Output = Num<S>;
            fn $method(self, other: &Num<S>) -> Num<S> {
                Num(self.0.$method(&other.0))
            }
        }
    };
}
operator!(Add, add);
operator!(Sub, sub);
operator!(Mul, mul);

impl<S: Scalar> Neg for &Num<S> {
    type Output = Num<S>;
    fn neg(self) -> Num<S> {
        Num(self.0.neg())
    }
}

/// `Σ xᵢ·yᵢ`, summed in the order of the index.
///
/// `x`, `y`: `[n]`, the shorter length counts. `zero` is the empty sum.
/// Error in f64: `γₙ Σ|xᵢ||yᵢ|` (Higham, *Accuracy and Stability of Numerical
/// Algorithms*, 2nd ed., §3.1); exact in ℚ.
pub fn dot<S: Scalar>(zero: Num<S>, x: &[Num<S>], y: &[Num<S>]) -> Num<S> {
    x.iter().zip(y).fold(zero, |sum, (a, b)| &sum + &(a * b))
}

/// `Σ |xᵢ|`, summed in the order of the index; `zero` is the empty sum.
pub fn l1<S: Scalar>(zero: Num<S>, x: &[Num<S>]) -> Num<S> {
    x.iter().fold(zero, |sum, a| &sum + &a.abs())
}

/// Lifts every entry of a slice.
pub fn lift_all<S: Scalar>(values: &[f64], context: S::Context) -> Vec<Num<S>> {
    values.iter().map(|&x| Num::lift(x, context)).collect()
}
