//! Baselines: what runs decided and found, pinned; and what has moved since.
//!
//! | pinned | how |
//! |---|---|
//! | decisions, of the exact and of the f64 run | every answer |
//! | numbers of the exact run | a hash an item, and the nearest floats, to say by how much they moved |
//! | numbers of the f64 run | every bit, under the portable kernel |
//! | errors of the f64 run along the exact path | item by item; a stage may lose an allowance of bits |
//! | labels, kinks, equality | none may be lost |
//!
//! A [`Baseline`] names its runs; [`Pinned::check`] compares one with a run made now, by this program
//! or by a [`Runner`](crate::compare::Runner) that exchanges a part of it.

mod baseline;
mod check;
mod junit;
mod measure;

pub use baseline::{Baseline, Pinned, Pins, RunName};
pub use check::{Checked, Finding, Pin};
pub use junit::junit;
pub use measure::Snapshot;
