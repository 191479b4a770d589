//! Kernels over scalars: matrices, elimination, exact solving.
//!
//! Nothing here judges: where elimination must choose a pivot, the caller says which.

pub mod elimination;
mod enclosed;
mod lifting;
mod matrix;
mod modular;
mod solve;

pub use matrix::Matrix;
pub use solve::{LeastSquares, Solve};
