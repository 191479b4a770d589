//! Reports of finished runs: a record for machines, aligned text for people. Read-only.

mod ledger;
mod record;
mod text;
mod verdict;

pub use ledger::ledger;
pub use record::{
    AttributionRow, DecisionCounts, DivergenceRecord, Log2, QueryCounts, Record, RunRecord, Runs, SCHEMA, SpreadRecord,
    StageRecord, Stopped, VictimRecord, Weights, schema,
};
pub use text::text;
pub use verdict::{Answer, answer};

use crate::compare::{Dual, Judged};

/// What a report is about, beside the runs.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The victim.
    pub victim: VictimRecord,
    /// Name of the strategy.
    pub strategy: String,
    /// Seed of the attack's random choices.
    pub seed: u64,
    /// Kernel of the rounded oracle.
    pub kernel: String,
    /// Where fidelity was measured.
    pub inputs: String,
    /// What the reader of the file noticed.
    pub notes: Vec<String>,
}

/// The record of a dual run, with the attribution table where one was made.
pub fn record(subject: Subject, dual: &Dual, attribution: &[Judged]) -> Record {
    Record::new(subject, dual, attribution)
}
