//! Extraction of one-hidden-layer ReLU networks from their answers, in floating
//! point and in exact rational arithmetic.
#![deny(missing_docs)]
#![warn(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod num;

pub mod linalg;
pub mod net;
pub mod oracle;
