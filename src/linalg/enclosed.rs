//! Solving in balls, by plain elimination with pivots chosen by midpoint.
//!
//! What comes out encloses the exact solution, or says nothing. Radii grow with every
//! step: about 1 to 2 bits an unknown, so that 53 bits are used up before 50 unknowns. For
//! the error of one solution a residual certificate is far sharper; this is for walking a
//! whole run in balls.

use super::elimination::{self, Pivot};
use super::{LeastSquares, Matrix, Solve};
use crate::num::{Ball, Enclosure, Exact, Num, Rational, Scalar};
use std::cmp::Ordering;

/// The entry whose midpoint is largest in magnitude and above `floor`, among those that are
/// certainly not zero.
fn by_midpoint<B: Enclosure>(column: &[Num<B>], floor: &Rational) -> Option<usize> {
    let size = |x: &Num<B>| x.0.exact().filter(|_| x.0.sign().is_some_and(Ordering::is_ne)).map(|m| m.magnitude());
    let sized = column.iter().enumerate().filter_map(|(i, x)| Some((size(x)?, i)));
    // Of equal sizes the first.
    let largest = sized.max_by(|(a, i), (b, j)| a.cmp(b).then(j.cmp(i)));
    largest.filter(|(size, _)| size > floor).map(|(_, i)| i)
}

fn solve<B: Enclosure>(a: &Matrix<Num<B>>, b: &Matrix<Num<B>>) -> Option<Matrix<Num<B>>> {
    let pivot: Pivot<'_, B> = &mut |column| by_midpoint(column, &Rational::default());
    elimination::solve(a, b, pivot)
}

fn independent_columns<B: Enclosure>(a: &Matrix<Num<B>>, tolerance: f64) -> Vec<usize> {
    let top = a.entries().iter().filter_map(|x| x.0.exact()).map(|x| x.magnitude()).max();
    let floor = top.unwrap_or_default().mul(&Rational::lift(tolerance, ()));
    elimination::independent_columns(a, &mut |column| by_midpoint(column, &floor))
}

macro_rules! enclosed {
    ($type:ty) => {
        impl Solve for $type {
            fn products(a: &Matrix<Num<Self>>, b: &Matrix<Num<Self>>, context: Self::Context) -> Matrix<Num<Self>> {
                elimination::products(a, b, context)
            }

            fn solve(a: &Matrix<Num<Self>>, b: &Matrix<Num<Self>>, _: Self::Context) -> Option<Matrix<Num<Self>>> {
                solve(a, b)
            }

            fn independent_columns(a: &Matrix<Num<Self>>, tolerance: f64, _: Self::Context) -> Vec<usize> {
                independent_columns(a, tolerance)
            }

            /// By the normal equations: refinement would widen what is already enclosed.
            fn least_squares(
                a: &Matrix<Num<Self>>,
                b: &Matrix<Num<Self>>,
                context: Self::Context,
            ) -> Option<LeastSquares<Self>> {
                let (square, right) = elimination::normal_equations(a, b, context);
                Some(LeastSquares { solution: solve(&square, &right)?, consistent: None })
            }
        }
    };
}

enclosed!(Ball);
#[cfg(feature = "gmp")]
enclosed!(crate::num::PreciseBall);
