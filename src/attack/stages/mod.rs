//! The stages, each written once; a strategy names them in its order.
//!
//! A stage asks, decides, and computes. What it computes is a function of what it saw and of its decisions alone,
//! public and generic over the arithmetic, so that the same numbers can be computed once more in ℚ:
//!
//! | stage | way | what it computes |
//! |---|---|---|
//! | critical points | [`locate`] | [`locate::position`] |
//! | weight ratios | [`second_differences`] | [`second_differences::solve`] |
//! | | [`gradients`] | [`gradients::Between::rows`], [`gradients::ratios`] |
//! | signs | `preimages`, `shares`, or `symmetric` for units that have no sides | |
//! | polish | `polish` | |
//! | last layer | [`least_squares`] | [`least_squares::solve`] |
//! | | `shares` | [`output_bias::remaining`] |
//! | | `canonical`, where rows have no sides | [`linear::recover`] |
//! | check | `check` | |

pub(in crate::attack) mod canonical;
pub(in crate::attack) mod check;
pub mod gradients;
pub mod least_squares;
pub mod linear;
pub mod locate;
pub mod output_bias;
pub(in crate::attack) mod polish;
pub(in crate::attack) mod preimages;
mod ratios;
pub mod second_differences;
pub(in crate::attack) mod shares;
pub(in crate::attack) mod symmetric;

pub use ratios::Ratios;
