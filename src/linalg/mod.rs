//! Kernels over scalars: matrices, elimination, exact solving.
//!
//! Nothing here judges: where a column counts as dependent, the caller says so.

mod compensated;
pub mod elimination;
mod enclosed;
mod lifting;
mod matrix;
mod modular;
mod solve;

pub use compensated::compensated_dot;
pub use matrix::Matrix;
pub use solve::Solve;
