//! Experiments: one attack on one victim, in the arithmetics that a [`Cell`] names.
//!
//! A victim answers in one arithmetic and an attacker computes in another; questions and answers may be rounded on
//! their way. What a run leaves, [`Finished`], is erased to ℚ, so that all that comes after it is plain code.

mod arithmetic;
mod black_box;
mod cell;
mod deep;
mod oracle;
mod run;

pub use arithmetic::{Arithmetic, UnknownArithmetic};
pub use black_box::{Extraction, Stopped, extract};
pub use cell::{Cell, Finished, Settings};
pub use deep::{DeepFinished, run_deep};
pub use run::{run_cell, run_ideal};
