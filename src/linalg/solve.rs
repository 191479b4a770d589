//! Solving, by the way that serves an arithmetic: elimination where it rounds, lifting in ℚ.

use super::elimination::{self, Independent, largest};
use super::{Matrix, lifting};
use crate::num::{BigRational, Num, Scalar};

/// A scalar with a way to multiply and solve at scale.
pub trait Solve: Scalar {
    /// `A·Bᵀ`: all inner products of the rows of `a`, `[n, m]`, with those of `b`, `[k, m]`.
    ///
    /// Sums run in the order of the index. Exact in ℚ, through integers.
    fn products(a: &Matrix<Num<Self>>, b: &Matrix<Num<Self>>, context: Self::Context) -> Matrix<Num<Self>>;

    /// `X` with `A·X = B`; `None` where `A` is singular.
    ///
    /// `a`: `[n, n]`, `b`: `[n, m]`, result `[n, m]`. Exact in ℚ.
    fn solve(a: &Matrix<Num<Self>>, b: &Matrix<Num<Self>>, context: Self::Context) -> Option<Matrix<Num<Self>>>;

    /// The lexicographically first independent columns of `a`, `[n, d]`, by the answers of `independent`.
    ///
    /// Asked column by column until `n` are chosen: of the largest remainder, beside the largest
    /// entry of `a`. In ℚ, where no elimination is carried out, of 1 beside 0 where the column is
    /// independent of those chosen, and of 0 beside 0 where it is not. A column of remainders
    /// that are zero, or may be, is never chosen. Errors: those of `independent`.
    fn independent_columns<E>(a: &Matrix<Num<Self>>, independent: Independent<'_, Self, E>) -> Result<Vec<usize>, E>;

    /// `X` that minimises `‖A·X − B‖₂` column by column, `[m, k]`; `None` where the columns of `A` are dependent.
    ///
    /// `a`: `[n, m]` with `n ≥ m`, `b`: `[n, k]`. Exact in ℚ; elsewhere by the normal
    /// equations and two steps of refinement, since field operations are all there is.
    fn least_squares(a: &Matrix<Num<Self>>, b: &Matrix<Num<Self>>, context: Self::Context)
    -> Option<Matrix<Num<Self>>>;
}

/// Steps of iterative refinement after the normal equations, which square the condition number.
const REFINEMENTS: usize = 2;

macro_rules! rounded {
    ($($type:ty),*) => {$(
        impl Solve for $type {
            fn products(
                a: &Matrix<Num<Self>>,
                b: &Matrix<Num<Self>>,
                context: Self::Context,
            ) -> Matrix<Num<Self>> {
                elimination::products(a, b, context)
            }

            fn solve(
                a: &Matrix<Num<Self>>,
                b: &Matrix<Num<Self>>,
                _: Self::Context,
            ) -> Option<Matrix<Num<Self>>> {
                elimination::solve(a, b, &mut largest)
            }

            fn independent_columns<E>(
                a: &Matrix<Num<Self>>,
                independent: Independent<'_, Self, E>,
            ) -> Result<Vec<usize>, E> {
                elimination::independent_columns(a, largest, independent)
            }

            fn least_squares(
                a: &Matrix<Num<Self>>,
                b: &Matrix<Num<Self>>,
                context: Self::Context,
            ) -> Option<Matrix<Num<Self>>> {
                let (square, right) = elimination::normal_equations(a, b, context);
                let mut solution = <Self as Solve>::solve(&square, &right, context)?;
                for _ in 0..REFINEMENTS {
                    let product = |i: usize, j: usize| {
                        let column: Vec<Num<Self>> = solution.column(j).cloned().collect();
                        crate::num::dot(Num::lift(0.0, context), a.row(i), &column)
                    };
                    let residual = Matrix::from_fn(b.rows(), b.columns(), |i, j| &b[(i, j)] - &product(i, j));
                    let (_, right) = elimination::normal_equations(a, &residual, context);
                    let step = <Self as Solve>::solve(&square, &right, context)?;
                    solution = Matrix::from_fn(solution.rows(), solution.columns(), |i, j| {
                        &solution[(i, j)] + &step[(i, j)]
                    });
                }
                Some(solution)
            }
        }
    )*};
}

macro_rules! exact {
    ($($type:ty),*) => {$(
        impl Solve for $type {
            fn products(a: &Matrix<Num<Self>>, b: &Matrix<Num<Self>>, (): ()) -> Matrix<Num<Self>> {
                lifting::products(a, b)
            }

            fn solve(a: &Matrix<Num<Self>>, b: &Matrix<Num<Self>>, (): ()) -> Option<Matrix<Num<Self>>> {
                lifting::solve(a, b)
            }

            fn independent_columns<E>(
                a: &Matrix<Num<Self>>,
                independent: Independent<'_, Self, E>,
            ) -> Result<Vec<usize>, E> {
                lifting::independent_columns(a, independent)
            }

            fn least_squares(a: &Matrix<Num<Self>>, b: &Matrix<Num<Self>>, (): ()) -> Option<Matrix<Num<Self>>> {
                lifting::least_squares(a, b)
            }
        }
    )*};
}

rounded!(f64, f32);
exact!(BigRational);
#[cfg(feature = "gmp")]
rounded!(crate::num::Float);
#[cfg(feature = "gmp")]
exact!(rug::Rational);
