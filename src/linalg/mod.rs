//! Kernels over scalars: matrices, elimination, exact solving.
//!
//! Nothing here judges: where elimination must choose a pivot, the caller says which.

mod matrix;

pub use matrix::Matrix;
