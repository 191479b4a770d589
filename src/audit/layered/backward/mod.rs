//! Backward bounds of the pairs `(z, δ)` of both networks over a box, in f64, rounding included.
//!
//! | file | what |
//! |---|---|
//! | `weights` | both networks in f64 |
//! | `planes` | planes of what a unit hands on: the nine cases |
//! | `rows` | bounds substituted back, rows at once |
//! | `layers` | what a pass knows of the layers so far |
//! | `score` | where a box is best split |
//! | `pass` | one pass over a box |

mod layers;
mod pass;
mod planes;
mod rows;
mod score;
mod weights;

pub(super) use pass::{Passed, Wanted, pass};
pub(super) use weights::Weights;
