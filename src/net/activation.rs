//! Activations: what a hidden unit does to its pre-activation. All are continuous and piecewise linear.
//!
//! [`Activation::pieces`] defines each one exactly; everything that is exact follows from it
//! ([`super::Network::over_relu`]). [`Activation::apply`] is the evaluation in any arithmetic.

use crate::num::{Num, Scalar};
use std::convert::Infallible;

/// A continuous, piecewise-linear function of one number, the same for all units of a layer but for
/// [`Activation::Parametric`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Activation<T> {
    /// `max(z, 0)`.
    #[default]
    Relu,
    /// `z` above zero and `α·z` below: LeakyReLU.
    Leaky(T),
    /// The same with a slope a unit, `[units]`: PReLU.
    Parametric(Vec<T>),
    /// `min(max(z, low), high)` with `low < high`: ReLU6, hardtanh.
    Clip {
        /// The least value.
        low: T,
        /// The largest value.
        high: T,
    },
    /// `|z|`.
    Abs,
    /// `z`.
    Identity,
}

/// What a unit's activation is: `slopes[0]` before the first knot, where it has the value `start`, and
/// `slopes[k]` from knot `k − 1` on.
///
/// Without a knot it is `start + slopes[0]·z`.
#[derive(Clone, Debug)]
pub struct Pieces<T> {
    /// In ascending order.
    pub knots: Vec<T>,
    /// One more than knots.
    pub slopes: Vec<T>,
    /// The value at the first knot.
    pub start: T,
}

impl<T> Activation<T> {
    /// Whether it is ReLU.
    pub fn is_relu(&self) -> bool {
        matches!(self, Self::Relu)
    }

    /// Whether flipping a unit gives another unit: what an attack has to find out besides the hyperplane.
    ///
    /// `|−z| = |z|`, and `clip(low + high − z) = low + high − clip(z)`.
    pub fn has_sides(&self) -> bool {
        matches!(self, Self::Relu | Self::Leaky(_) | Self::Parametric(_))
    }

    /// Whether its values are never below zero by its form alone.
    pub fn is_never_negative(&self) -> bool {
        matches!(self, Self::Relu | Self::Abs)
    }

    /// The same activation over another kind of number.
    pub fn map<U>(&self, mut f: impl FnMut(&T) -> U) -> Activation<U> {
        let Ok(mapped) = self.try_map(|x| Ok::<_, Infallible>(f(x)));
        mapped
    }

    /// The same activation over another kind of number; errors: the first of `f`.
    pub fn try_map<U, E>(&self, mut f: impl FnMut(&T) -> Result<U, E>) -> Result<Activation<U>, E> {
        Ok(match self {
            Self::Relu => Activation::Relu,
            Self::Leaky(slope) => Activation::Leaky(f(slope)?),
            Self::Parametric(slopes) => Activation::Parametric(slopes.iter().map(f).collect::<Result<_, _>>()?),
            Self::Clip { low, high } => Activation::Clip { low: f(low)?, high: f(high)? },
            Self::Abs => Activation::Abs,
            Self::Identity => Activation::Identity,
        })
    }

    /// Its numbers, in order.
    pub fn parameters(&self) -> impl Iterator<Item = &T> {
        let (single, many) = match self {
            Self::Relu | Self::Abs | Self::Identity => ([None, None], &[][..]),
            Self::Leaky(slope) => ([Some(slope), None], &[][..]),
            Self::Parametric(slopes) => ([None, None], slopes.as_slice()),
            Self::Clip { low, high } => ([Some(low), Some(high)], &[][..]),
        };
        single.into_iter().flatten().chain(many)
    }
}

impl<S: Scalar> Activation<Num<S>> {
    /// The value of unit `unit` at pre-activation `z`.
    ///
    /// Where the activation selects a value none is rounded; a slope costs one product. Exact in ℚ.
    pub fn apply(&self, unit: usize, z: &Num<S>, context: S::Context) -> Num<S> {
        // relu(z) − α·relu(−z): one of the two is zero, so that the difference is not rounded.
        let leaky = |slope: &Num<S>| &z.relu() - &(slope * &(-z).relu());
        match self {
            Self::Relu => z.relu(),
            Self::Leaky(slope) => leaky(slope),
            Self::Parametric(slopes) => leaky(slopes.get(unit).unwrap_or(&Num::lift(0.0, context))),
            // max(x, low) = −min(−x, −low).
            Self::Clip { low, high } => -&(-&z.least(high)).least(&-low),
            Self::Abs => z.abs(),
            Self::Identity => z.clone(),
        }
    }

    /// The pieces of unit `unit`. Exact.
    pub fn pieces(&self, unit: usize, context: S::Context) -> Pieces<Num<S>> {
        let number = |value: f64| Num::lift(value, context);
        let bent = |slopes: [Num<S>; 2]| Pieces { knots: vec![number(0.0)], slopes: slopes.into(), start: number(0.0) };
        match self {
            Self::Relu => bent([number(0.0), number(1.0)]),
            Self::Leaky(slope) => bent([slope.clone(), number(1.0)]),
            Self::Parametric(slopes) => bent([slopes.get(unit).cloned().unwrap_or_else(|| number(0.0)), number(1.0)]),
            Self::Clip { low, high } => Pieces {
                knots: vec![low.clone(), high.clone()],
                slopes: [0.0, 1.0, 0.0].map(number).into(),
                start: low.clone(),
            },
            Self::Abs => bent([number(-1.0), number(1.0)]),
            Self::Identity => Pieces { knots: Vec::new(), slopes: vec![number(1.0)], start: number(0.0) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::num::{Ball, Enclosure, Rational};
    use proptest::prelude::*;

    fn any() -> impl Strategy<Value = Activation<f64>> {
        let small = || (-64i8..64).prop_map(|n| f64::from(n) / 16.0);
        prop_oneof![
            Just(Activation::Relu),
            Just(Activation::Abs),
            Just(Activation::Identity),
            small().prop_map(Activation::Leaky),
            prop::collection::vec(small(), 3).prop_map(Activation::Parametric),
            (small(), 1u8..99).prop_map(|(low, width)| Activation::Clip { low, high: low + f64::from(width) / 16.0 }),
        ]
    }

    proptest! {
        /// The two definitions agree: values by selection, and sums over knots.
        #[test]
        fn pieces_are_what_is_applied(activation in any(), unit in 0usize..3, z in -400i32..400) {
            let exact = activation.map(|&x| Num::<Rational>::lift(x, ()));
            let z = Rational::lift(f64::from(z) / 64.0, ());
            let Pieces { knots, slopes, start } = exact.pieces(unit, ());
            // Along from the first knot, or from zero where there is none.
            let zero = Rational::default();
            let mut at = knots.first().map_or(zero.clone(), |knot| knot.0.clone());
            let mut value = start.0.clone();
            if z < at {
                value = value.add(&slopes[0].0.mul(&z.sub(&at)));
            } else {
                for (index, slope) in slopes.iter().enumerate().skip(usize::from(!knots.is_empty())) {
                    let end = knots.get(index).map_or(z.clone(), |knot| knot.0.clone().min(z.clone()));
                    value = value.add(&slope.0.mul(&end.sub(&at)));
                    at = end;
                }
            }
            prop_assert_eq!(exact.apply(unit, &Num(z), ()).0, value);
        }

        /// In `f64` what selects is not rounded, and balls enclose.
        #[test]
        fn floats_select_and_balls_enclose(activation in any(), unit in 0usize..3, z in -30.0f64..30.0) {
            let exact = activation.map(|&x| Num::<Rational>::lift(x, ())).apply(unit, &Num::lift(z, ()), ()).0;
            let rounded = activation.map(|&x| Num(x)).apply(unit, &Num(z), ()).0;
            prop_assert_eq!(rounded, f64::nearest(&exact, ()));
            let ball = activation.map(|&x| Num::<Ball>::lift(x, ())).apply(unit, &Num(Ball::lift(z, ())), ()).0;
            prop_assert!(ball.contains(&exact));
        }
    }
}
