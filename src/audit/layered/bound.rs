//! An upper bound layer by layer: intervals of the victim's values, and of the copy's less the victim's.
//!
//! With `a` the victim's values before a layer, `a + e` the copy's, and `A' = A + ΔA`, `b' = b + Δb`,
//!
//! ```text
//! z = A·a + b          δ = z' − z = ΔA·a + Δb + A'·e
//! relu(z + δ) − relu(z)   is δ where both are positive, 0 where neither is, and between 0 and δ always
//! ```
//!
//! so intervals of `a` and `e` give those after the layer. An error of the weights is multiplied by the values
//! that reach *its* layer; only in the first these are the inputs. Ends of intervals are rationals, rounded
//! outward to 64 bits after each sum.

use super::super::number::{rounded_down, rounded_up};
use crate::net::Network;
use crate::num::{Exact, Rational, Scalar};
use rayon::prelude::*;

/// Numbers from `lower` to `upper`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Interval {
    pub(super) lower: Rational,
    pub(super) upper: Rational,
}

impl Interval {
    /// One number, to 64 bits.
    fn around(x: &Rational) -> Self {
        Self { lower: floor(x), upper: ceiling(x) }
    }

    /// The largest magnitude. Exact.
    pub(super) fn size(&self) -> Rational {
        self.lower.magnitude().max(self.upper.magnitude())
    }

    /// Adds a number times another interval. Exact.
    fn add_scaled(&mut self, weight: &Rational, other: &Self) {
        let (a, b) = (weight.mul(&other.lower), weight.mul(&other.upper));
        let (least, most) = if a <= b { (a, b) } else { (b, a) };
        self.lower = self.lower.add(&least);
        self.upper = self.upper.add(&most);
    }

    /// Adds a product of two intervals. Exact.
    fn add_product(&mut self, weight: &Self, other: &Self) {
        if weight.lower == weight.upper {
            return self.add_scaled(&weight.lower, other);
        }
        // The product is largest and smallest at ends.
        let ends = [&weight.lower, &weight.upper].map(|w| [w.mul(&other.lower), w.mul(&other.upper)]);
        if let (Some(least), Some(most)) = (ends.iter().flatten().min(), ends.iter().flatten().max()) {
            self.lower = self.lower.add(least);
            self.upper = self.upper.add(most);
        }
    }

    /// Ends of at most 64 bits, outward.
    fn rounded(&self) -> Self {
        Self { lower: floor(&self.lower), upper: ceiling(&self.upper) }
    }

    fn relu(&self) -> Self {
        let zero = Rational::default();
        Self { lower: self.lower.clone().max(zero.clone()), upper: self.upper.clone().max(zero) }
    }
}

fn floor(x: &Rational) -> Rational {
    if *x < Rational::default() { rounded_up(&x.neg()).neg() } else { rounded_down(x) }
}

fn ceiling(x: &Rational) -> Rational {
    floor(&x.neg()).neg()
}

/// `relu(z + δ) − relu(z)` for all `z` and `δ` of two intervals.
fn relu_difference(z: &Interval, delta: &Interval) -> Interval {
    let zero = Rational::default();
    let copy = Interval { lower: z.lower.add(&delta.lower), upper: z.upper.add(&delta.upper) };
    if z.lower >= zero && copy.lower >= zero {
        return delta.clone();
    }
    // −relu(z) ≤ relu(z + δ) − relu(z) ≤ relu(z + δ), and it lies between 0 and δ.
    let lower = delta.lower.clone().min(zero.clone()).max(z.relu().upper.neg());
    let upper = delta.upper.clone().max(zero).min(copy.relu().upper);
    Interval { lower, upper }
}

/// The victim's outputs, and the copy's less the victim's, for all inputs of a box, `[outputs]` each.
///
/// The networks have equally many units in each layer; `ends`: lower and upper ends of the inputs.
/// Sound, by the inequalities above; equal networks differ by 0.
pub(super) fn reach(
    victim: &Network<Rational>,
    copy: &Network<Rational>,
    (lower, upper): (&[Rational], &[Rational]),
) -> (Vec<Interval>, Vec<Interval>) {
    let input = |(lower, upper): (&Rational, &Rational)| Interval { lower: lower.clone(), upper: upper.clone() };
    let mut values: Vec<Interval> = lower.iter().zip(upper).map(input).collect();
    let mut errors = vec![Interval::default(); values.len()];
    for (index, (first, second)) in victim.layers().iter().zip(copy.layers()).enumerate() {
        if index > 0 {
            errors = values.iter().zip(&errors).map(|(z, delta)| relu_difference(z, delta)).collect();
            values = values.iter().map(Interval::relu).collect();
        }
        let unit = |i: usize| {
            let mut value = Interval { lower: first.bias()[i].clone(), upper: first.bias()[i].clone() };
            let mut error = Interval::around(&second.bias()[i].sub(&first.bias()[i]));
            let weights = first.weights().row(i).iter().zip(second.weights().row(i));
            for ((w, copied), (a, e)) in weights.zip(values.iter().zip(&errors)) {
                value.add_scaled(w, a);
                if w != copied {
                    error.add_product(&Interval::around(&copied.sub(w)), a);
                }
                if *e != Interval::default() {
                    error.add_product(&Interval::around(copied), e);
                }
            }
            (value.rounded(), error.rounded())
        };
        (values, errors) = (0..first.units()).into_par_iter().map(unit).unzip();
    }
    (values, errors)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// The rule of relu, at points of both intervals.
        #[test]
        fn differences_of_relu_are_inside(z in (-8i64..8, 0i64..8), d in (-8i64..8, 0i64..8), at in (0i64..9, 0i64..9)) {
            let interval = |(lower, width): (i64, i64)| Interval {
                lower: Rational::integer(lower),
                upper: Rational::integer(lower + width),
            };
            let inside = |(lower, width): (i64, i64), eighths: i64| {
                let step = Rational::integer(width * eighths).div(&Rational::integer(8)).unwrap();
                Rational::integer(lower).add(&step)
            };
            let (x, delta) = (inside(z, at.0), inside(d, at.1));
            let relu = |x: &Rational| x.clone().max(Rational::default());
            let found = relu_difference(&interval(z), &interval(d));
            let truth = relu(&x.add(&delta)).sub(&relu(&x));
            prop_assert!(found.lower <= truth && truth <= found.upper);
        }

        /// Rounding is outward, on both sides of 0.
        #[test]
        fn ends_are_rounded_outward(n in any::<i64>(), d in 1i64..) {
            let x = Rational::integer(n).div(&Rational::integer(d)).unwrap();
            let Interval { lower, upper } = Interval::around(&x);
            prop_assert!(lower <= x && x <= upper);
        }
    }
}
