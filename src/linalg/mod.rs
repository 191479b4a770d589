//! Kernels over scalars: matrices, elimination, exact solving.
//!
//! Nothing here judges: where a column counts as dependent, the caller says so.

pub mod elimination;
mod enclosed;
mod lifting;
mod matrix;
mod modular;
mod solve;

pub use matrix::Matrix;
pub use solve::Solve;
