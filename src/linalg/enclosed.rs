//! Solving in balls, by plain elimination with pivots chosen by midpoint.
//!
//! What comes out encloses the exact solution, or says nothing. Radii grow with every
//! step: about 1 to 2 bits an unknown, so that 53 bits are used up before 50 unknowns. For
//! the error of one solution a residual certificate is far sharper; this is for walking a
//! whole run in balls.

use super::elimination::{self, Independent, is_certainly_not_zero};
use super::{Matrix, Solve};
use crate::num::{Ball, Enclosure, Exact, Num};

/// The first entry whose midpoint is largest in magnitude, among those that are certainly not
/// zero; where there are none of them, among all.
fn by_midpoint<B: Enclosure>(column: &[Num<B>]) -> Option<usize> {
    let size = |x: &Num<B>| (is_certainly_not_zero(x), x.0.exact().map(|m| m.magnitude()));
    let sized = column.iter().enumerate().map(|(i, x)| (size(x), i));
    sized.max_by(|(a, i), (b, j)| a.cmp(b).then(j.cmp(i))).map(|(_, i)| i)
}

fn solve<B: Enclosure>(a: &Matrix<Num<B>>, b: &Matrix<Num<B>>) -> Option<Matrix<Num<B>>> {
    elimination::solve(a, b, &mut |column| by_midpoint(column).filter(|&i| is_certainly_not_zero(&column[i])))
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

            fn independent_columns<E>(
                a: &Matrix<Num<Self>>,
                independent: Independent<'_, Self, E>,
            ) -> Result<Vec<usize>, E> {
                elimination::independent_columns(a, by_midpoint, independent)
            }

            /// By the normal equations: refinement would widen what is already enclosed.
            fn least_squares(
                a: &Matrix<Num<Self>>,
                b: &Matrix<Num<Self>>,
                context: Self::Context,
            ) -> Option<Matrix<Num<Self>>> {
                let (square, right) = elimination::normal_equations(a, b, context);
                solve(&square, &right)
            }
        }
    };
}

enclosed!(Ball);
#[cfg(feature = "gmp")]
enclosed!(crate::num::PreciseBall);
