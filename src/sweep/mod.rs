//! Sweeps: many attacks from one file, each a cell with a file of its own.
//!
//! A cell is named by what it runs: the SHA-256 of its description, which holds the victim's
//! own hash and the program's version. Its file appears whole or not at all, so that a sweep
//! can be killed at any moment and goes on from what is there; and holds no time, so that a
//! sweep gives the same bytes however often it was killed, on however many threads.
//!
//! | step | what |
//! |---|---|
//! | [`Plan`] | a TOML file's axes, combined into cells |
//! | [`Execution`] | cells that are missing are run, as many at once as memory takes |
//! | [`Table`] | what the cells found: one table, and the frontier with its law |
//!
//! A frontier is one cell: a search over the bits of the answers, with every run of it.

mod attribution;
mod cell;
mod draft;
mod error;
mod execute;
mod fit;
mod frontier;
mod gate;
mod lines;
mod memory;
mod plan;
mod request;
mod result;
mod several;
mod shapes;
mod store;
mod table;
mod text;
mod victims;
mod way;
mod work;

pub use attribution::AttributedRow;
pub use cell::{Description, RANDOM};
pub use error::Error;
pub use execute::{Execution, Progress, Watcher};
pub use fit::{Coefficient, End, Law, Side, trend};
pub use frontier::{Fitted, Frontier, Goal, Group, Knobs};
pub use memory::{TooLittle, check as check_memory, estimate};
pub use plan::{Plan, Planned};
pub use result::{CellRecord, Thresholds};
pub use shapes::{OverSeeds, ShapeLosses, ShapeRow, StageMedians};
pub use store::Store;
pub use table::{Row, Table};
pub use text::ends;

/// The fewest bits that answers are rounded to.
pub const LEAST_BITS: u32 = 8;
/// The most bits that answers are rounded to, where the attacker holds as many.
pub const MOST_BITS: u32 = crate::oracle::MOST_BITS;
/// Bits of a frontier's answers where the request does not say.
const USUAL_BITS: [u32; 2] = [16, 53];
