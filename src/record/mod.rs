//! Records: what is written for machines, one family of them.
//!
//! A run is one [`RunRecord`] wherever it is written: in the record of one command, in a sweep's cell, in a row of a
//! sweep's tables, in a baseline, in a row of learned copies. A network is one [`NetworkRecord`], a count of all is one
//! [`Share`], a magnitude is one [`Log2`]. A field that a document has no use for is left out; it is never called
//! something else.
//!
//! | file | what |
//! |---|---|
//! | `document` | the kinds of documents, their version, and what is said of others |
//! | `family` | the JSON schema of them all, each definition once |
//! | `run`, `network`, `share`, `log2`, `arithmetic` | the parts that documents share |
//! | `dual`, `subject`, `stages`, `verdict` | the record of one command: two runs and what sets them apart |
//! | `losses` | two runs of one cell of a sweep: what each stage loses, in columns |
//! | `margins`, `missing`, `unmeasured`, `refined`, `bits`, `ledger`, `certified` | its parts |
//! | `deep` | the record of a victim with several hidden layers |
//! | `audit`, `gate`, `learn` | the records of the commands of these names |
//! | `rows` | records as lines of JSON and as CSV |
//!
//! Documents of sweeps and baselines stand where they are planned and checked, in `sweep` and `regress`.

mod arithmetic;
mod audit;
mod audit_parts;
mod bits;
mod certified;
mod deep;
mod document;
mod dual;
mod family;
mod gate;
mod learn;
mod ledger;
mod log2;
mod losses;
mod margins;
mod missing;
mod network;
mod refined;
mod rows;
mod run;
mod share;
mod stages;
mod subject;
mod unmeasured;
mod verdict;

pub use arithmetic::{Attacker, VictimArithmetic};
pub use audit::{AuditAnswer, AuditRecord, AuditSubject, Certified};
pub use audit_parts::{Bounds, LabelsRecord, Magnitude, MomentRecord, ScaleRecord, SegmentRecord, WitnessRecord};
pub use bits::{AskedRecord, BitsRecord};
pub use certified::{CertifiedRecord, CertifiedStage, OpenSign, SignCounts, SignMargins};
pub use deep::{DeepLayer, DeepRecord, DeepRun, DeepRuns};
pub use document::{Document, Refused};
pub use dual::{DualRecord, Runs};
pub use family::Family;
pub use gate::{CheckRecord, CheckState, ExtractionRecord, GateRecord};
pub use learn::{CopiesRecord, DataRecord, LearnRecord, Mean, SpreadRow, StudentRecord, Summary};
pub use ledger::{LedgerItem, LedgerRecord, LedgerStage, OriginRecord};
pub use log2::{Log2, SpreadRecord, power};
pub use losses::{LOSS_COLUMNS, LossRecord, StageLoss};
pub use margins::MarginBin;
pub use missing::{MissingCause, MissingRecord};
pub use network::NetworkRecord;
pub use refined::{PolishRecord, SnapRecord};
pub use rows::{csv, json_lines};
pub use run::{AttributedRun, Outcome, QueryCounts, RUN_COLUMNS, RunRecord, Stopped};
pub use share::Share;
pub use stages::{DecisionCounts, DivergenceRecord, StageRecord};
pub use subject::Subject;
pub use verdict::{Answer, Conclusion, Word};
