//! Comparing runs: decisions, values along one path and who is to blame for them, networks,
//! fidelity on inputs; and the answer bits that an attack needs.
//!
//! Everything here is plain code over ℚ: a run of any arithmetic is erased to
//! rationals when it ends.

mod bits;
mod decisions;
mod deep;
mod dual;
mod fidelity;
mod kinks;
mod networks;
mod orientation;
mod polish;
mod snapped;
mod threshold;
mod values;

pub use bits::{Asked, Need, NoBits, Part, Recovered};
pub use decisions::{Divergence, StageDecisions, decisions};
pub use deep::{DeepDual, DeepJudged, LayerError, Sameness, deep_dual, layer_errors};
pub use dual::{Dual, ISOLATES, Judged, Runner, attribution, dual, dual_by, judge};
pub use fidelity::{Fidelity, Inputs, Reference};
pub use kinks::{Missing, WeightError, weight_error};
pub use networks::{Equality, equality};
pub use orientation::{Sides, sides};
pub use polish::PolishRound;
pub use snapped::{Snapped, snapped};
pub use threshold::{Threshold, threshold};
pub use values::{ItemError, Spread, StageErrors, item_errors, values};
