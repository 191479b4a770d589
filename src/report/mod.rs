//! Reports: records as aligned text, for people. Read-only.

mod audit;
mod bits;
mod certified;
mod ledger;
mod missing;
mod refined;
mod text;
mod words;

pub use audit::audit;
pub use ledger::ledger;
pub use words::{magnitude, power};

use crate::record::DualRecord;

const WITHOUT_BOUNDS: &str = "Rows and last layer of a walk come from gradients: they have no bound yet.\n";

const POLISHED: &str =
    "Polished rows, and the last layer with them, have no entry in the ledger: leave --polish away to see theirs.\n";

/// The report of two runs, for a terminal of any width.
pub fn text(record: &DualRecord) -> String {
    let mut sections = Vec::new();
    if !record.polish.is_empty() {
        sections.push(refined::polish(&record.polish));
    }
    sections.extend(record.ledger.as_ref().map(ledger));
    if let Some(certified) = &record.certified {
        sections.push(certified::text(certified));
        if record.strategy == "walk" {
            sections.push(WITHOUT_BOUNDS.to_owned());
        }
    }
    if record.ledger.is_some() && record.polish.iter().any(|round| round.measured > 0) {
        sections.push(POLISHED.to_owned());
    }
    if !record.bits_needed.is_empty() {
        sections.push(bits::text(&record.bits_needed, record.runs.exact.equal == Some(true)));
    }
    sections.extend(record.runs.rounded.snapped.as_ref().map(|snapped| snapped.verdict.clone() + "\n"));
    text::text(record, &sections)
}
