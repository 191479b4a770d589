//! Solving, by the way that serves an arithmetic: elimination where it rounds, lifting in ℚ.

use super::elimination::{self, largest};
use super::{Matrix, lifting};
use crate::num::{BigRational, Num, Scalar};

/// A least-squares solution.
#[derive(Clone, Debug)]
pub struct LeastSquares<S> {
    /// `X` minimising `‖A·X − B‖₂` column by column, `[m, k]`.
    pub solution: Matrix<Num<S>>,
    /// Whether `A·X = B`; `None` in an arithmetic that rounds.
    pub consistent: Option<bool>,
}

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

    /// The lexicographically first maximal set of independent columns of `a`, `[n, d]`.
    ///
    /// In an arithmetic that rounds, a column whose remainder is at most `tolerance` times
    /// the largest entry of the matrix counts as dependent; in ℚ only zero does.
    fn independent_columns(a: &Matrix<Num<Self>>, tolerance: f64, context: Self::Context) -> Vec<usize>;

    /// The least-squares solution; `None` where the columns of `A` are dependent.
    ///
    /// `a`: `[n, m]` with `n ≥ m`, `b`: `[n, k]`. Exact in ℚ; elsewhere by the normal
    /// equations and two steps of refinement, since field operations are all there is.
    fn least_squares(
        a: &Matrix<Num<Self>>,
        b: &Matrix<Num<Self>>,
        context: Self::Context,
    ) -> Option<LeastSquares<Self>>;
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
                context: Self::Context,
            ) -> Option<Matrix<Num<Self>>> {
                let zero = Num::lift(0.0, context);
                elimination::solve(a, b, &mut |column| largest(column, &zero))
            }

            fn independent_columns(a: &Matrix<Num<Self>>, tolerance: f64, context: Self::Context) -> Vec<usize> {
                let zero = Num::lift(0.0, context);
                let Some(top) = largest(a.entries(), &zero) else { return Vec::new() };
                let floor = &a.entries()[top].abs() * &Num::lift(tolerance, context);
                elimination::independent_columns(a, &mut |column| largest(column, &floor))
            }

            fn least_squares(
                a: &Matrix<Num<Self>>,
                b: &Matrix<Num<Self>>,
                context: Self::Context,
            ) -> Option<LeastSquares<Self>> {
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
                Some(LeastSquares { solution, consistent: None })
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

            fn independent_columns(a: &Matrix<Num<Self>>, _: f64, (): ()) -> Vec<usize> {
                lifting::independent_columns(a)
            }

            fn least_squares(a: &Matrix<Num<Self>>, b: &Matrix<Num<Self>>, (): ()) -> Option<LeastSquares<Self>> {
                let (solution, consistent) = lifting::least_squares(a, b)?;
                Some(LeastSquares { solution, consistent: Some(consistent) })
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
