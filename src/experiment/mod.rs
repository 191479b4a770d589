//! Experiments: one attack on one victim, in the arithmetics that a [`Cell`] names.
//!
//! A [`Request`] says who answers and how it is attacked; [`run`] carries it out. Of a black box nothing is known, and the
//! copy is as good as the attack's own checks show.
//!
//! A victim answers in one arithmetic and an attacker computes in another; questions and answers may be rounded on
//! their way. What a run leaves, [`Finished`], is erased to ℚ, so that all that comes after it is plain code.

mod arithmetic;
mod cell;
mod oracle;
mod request;
mod run;

pub use arithmetic::{Arithmetic, UnknownArithmetic};
pub use cell::{Cell, Finished, Settings};
pub use request::{Error, Request, Victim};
pub use run::{run, run_cell};
