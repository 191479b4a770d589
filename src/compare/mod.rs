//! Comparing runs: decisions, values along one path and who is to blame for them, networks,
//! fidelity on inputs; and the answer bits that an attack needs.
//!
//! Everything here is plain code over ℚ: a run of any arithmetic is erased to
//! rationals when it ends.

mod arithmetic;
mod bits;
mod cell;
mod certified;
mod decisions;
mod dual;
mod fidelity;
mod kinks;
mod ledger;
mod networks;
mod oracle;
mod orientation;
mod polish;
mod snapped;
mod threshold;
mod values;

pub use arithmetic::{Arithmetic, UnknownArithmetic};
pub use bits::{Asked, Need, NoBits, Part, Recovered};
pub use cell::{Cell, Finished, Settings, run_cell};
pub use certified::{Certification, Form, Number, SignBound, StageBounds, Verdict};
pub use decisions::{Divergence, StageDecisions, decisions};
pub use dual::{Dual, ISOLATES, Judged, Runner, attribution, dual, dual_by, judge};
pub use fidelity::{Fidelity, Inputs, Reference};
pub use kinks::{Missing, WeightError, weight_error};
pub use ledger::{Account, Cause, Quantity, Share, StageLedger, ledger};
pub use networks::{Equality, equality};
pub use orientation::{Sides, sides};
pub use polish::PolishRound;
pub use snapped::{Snapped, snapped};
pub use threshold::{Threshold, threshold};
pub use values::{ItemError, Spread, StageErrors, item_errors, values};
