//! Weight ratios by gradients: a row is the jump of gradients across its hyperplane.
//!
//! `search` decides where the next gradient is measured (`course` cuts lines into segments, `zones` ranks them),
//! `gradient` measures it, `solve` makes rows of the differences
//! (`between` has the numbers of that), `audit` finds steps that crossed a hyperplane,
//! and `fallback` measures rows by second differences where gradients do not show them.

mod audit;
mod between;
mod course;
mod fallback;
mod gradient;
pub(in crate::attack) mod one_line;
mod record;
mod rows;
mod search;
mod solve;
mod zones;

pub use between::{Between, bias_through, direction, ratios};
pub(in crate::attack) use course::Gradient;
pub(in crate::attack) use gradient::along;
pub(in crate::attack) use search::GradientSearch;
