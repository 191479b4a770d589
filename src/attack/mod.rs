//! The attack: from answers to a network, generic over the arithmetic.
//!
//! A stage is a function of its input, the oracle's answers and the judge's answers;
//! that is its whole contract, and it makes a run replayable in another arithmetic.

pub mod linear;
mod run;
pub mod textbook;

pub use run::{Error, Options, Outcome, Run};
