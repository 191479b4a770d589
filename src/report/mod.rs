//! Reports of finished runs: a record for machines, aligned text for people. Read-only.

mod audit;
mod bits;
mod certified;
mod deep;
mod ledger;
mod log2;
mod margins;
mod missing;
mod record;
mod refined;
mod text;
mod unmeasured;
mod verdict;
mod words;

pub use audit::{
    AUDIT_SCHEMA, AuditAnswer, AuditRecord, AuditSubject, Bounds, Labels, Magnitude, NetworkRecord, WitnessRecord,
    audit_schema,
};
pub use bits::{AskedRecord, BitsRecord};
pub use certified::{CertifiedRecord, CertifiedStage, OpenSign, SignCounts, SignMargins};
pub use deep::{DEEP_SCHEMA, DeepLayer, DeepRecord, DeepRun, deep_record, deep_schema, deep_text};
pub use ledger::{LedgerItem, LedgerRecord, LedgerStage, ledger};
pub use log2::{Log2, SpreadRecord};
pub use margins::MarginBin;
pub use missing::{MissingCause, MissingRecord};
pub use record::{
    AttributionRow, DecisionCounts, DivergenceRecord, QueryCounts, Record, RunRecord, Runs, SCHEMA, StageRecord,
    Stopped, VictimRecord, Weights, schema,
};
pub use refined::{PolishRecord, Snap, SnapRecord};
pub use verdict::{Answer, answer};
pub use words::{magnitude, power};

use crate::attack::Strategy;
use crate::certify::Certification;
use crate::compare::{Dual, Judged, Need, NoBits};
use crate::ledger::StageLedger;

/// What a report is about, beside the runs.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The victim.
    pub victim: VictimRecord,
    /// Kinks of one hidden unit.
    pub kinks_a_unit: usize,
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

/// What was asked for beside the dual run; empty or `None` where it was not.
#[derive(Clone, Debug, Default)]
pub struct Extras {
    /// The attribution table.
    pub attribution: Vec<Judged>,
    /// The ledger.
    pub ledger: Option<Vec<StageLedger>>,
    /// The bounds.
    pub certification: Option<Certification>,
    /// What snapping gave.
    pub snap: Option<Snap>,
    /// The answer bits that strategies need, the run's own first.
    pub bits: Vec<(Strategy, Result<Need, NoBits>)>,
}

/// The record of a dual run.
pub fn record(subject: Subject, dual: &Dual, extras: &Extras) -> Record {
    Record::new(subject, dual, extras)
}

const WITHOUT_BOUNDS: &str = "Rows and last layer of a walk come from gradients: they have no bound yet.\n";

const POLISHED: &str =
    "Polished rows, and the last layer with them, have no entry in the ledger: leave --polish away to see theirs.\n";

/// The report as text, for a terminal of any width.
pub fn text(record: &Record, extras: &Extras) -> String {
    let ledger = extras.ledger.as_deref().map(ledger);
    let certified = record.certified.as_ref().map(certified::text);
    let mut sections: Vec<String> = ledger.into_iter().chain(certified).collect();
    if record.strategy == "walk" {
        sections.extend(extras.certification.as_ref().map(|_| WITHOUT_BOUNDS.to_owned()));
    }
    if extras.ledger.is_some() && record.polish.iter().any(|round| round.measured > 0) {
        sections.push(POLISHED.to_owned());
    }
    if !record.polish.is_empty() {
        sections.insert(0, refined::polish(&record.polish));
    }
    if !record.bits_needed.is_empty() {
        sections.push(bits::text(&record.bits_needed, record.runs.exact.equivalent == Some(true)));
    }
    sections.extend(record.snap.as_ref().map(|snap| snap.verdict.clone() + "\n"));
    text::text(record, &sections)
}
