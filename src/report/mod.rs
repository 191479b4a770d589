//! Reports: records as aligned text, for people. Read-only.

mod audit;
mod bits;
mod certified;
mod deep;
mod gate;
mod headline;
mod junit;
mod ledger;
mod missing;
mod refined;
mod text;
mod words;

pub use crate::record::power;
pub use audit::audit;
pub use deep::{deep_text, deep_verdict};
pub use gate::{gate, gate_junit, gate_verdict};
pub use junit::{Case, CaseFinding, CaseState, Suite, junit};
pub use ledger::ledger;
pub use words::{WIDTH, hanging, magnitude, wrapped, wrapped_to};

use crate::record::DualRecord;

const WITHOUT_BOUNDS: &str =
    "Rows and last layer of a walk come from gradients: they have no bound yet. Those of the textbook attack have.\n";

const POLISHED: &str =
    "Polished rows, and the last layer with them, have no entry in the ledger: leave --polish away to see theirs.\n";

/// The report of two runs, for a terminal: the first lines, remarks, and what was asked for beside the runs.
///
/// `details`: also both runs side by side, and the stages.
pub fn text(record: &DualRecord, details: bool) -> String {
    let mut sections = vec![headline::headline(record)];
    sections.extend(text::remarks(record));
    if details {
        sections.push(text::details(record));
    }
    if !record.attribution.is_empty() {
        sections.push(text::attribution(record) + "\n");
    }
    if !record.polish.is_empty() {
        sections.push(refined::polish(&record.polish));
    }
    sections.extend(record.ledger.as_ref().map(|accounts| wrapped(&ledger(accounts, record.origin.as_ref()))));
    if let Some(certified) = &record.certified {
        sections.push(wrapped(&certified::text(certified)));
        if record.strategy == "walk" {
            sections.push(wrapped(WITHOUT_BOUNDS));
        }
    }
    if record.ledger.is_some() && record.polish.iter().any(|round| round.measured > 0) {
        sections.push(wrapped(POLISHED));
    }
    sections.extend(meanings(record));
    sections.join("\n")
}

/// The first line with all that changes its meaning.
pub fn verdict(record: &DualRecord) -> String {
    let notes = record.victim.notes.iter().map(|note| format!("note        {}\n", crate::text::shown(note)));
    let sections: Vec<String> =
        std::iter::once(wrapped(&format!("{}\n", record.verdict))).chain(notes).chain(meanings(record)).collect();
    sections.concat()
}

/// What prediction and snapping say.
fn meanings(record: &DualRecord) -> Vec<String> {
    let mut sections = Vec::new();
    if !record.bits_needed.is_empty() {
        let run = &record.runs.rounded;
        let own = run.victim_arithmetic.and_then(|arithmetic| arithmetic.0.bits());
        let answers = own.into_iter().chain(run.answer_bits).min().filter(|bits| *bits < f64::MANTISSA_DIGITS);
        sections.push(wrapped(&bits::text(&record.bits_needed, record.runs.exact.equal == Some(true), answers)));
    }
    sections.extend(record.runs.rounded.snapped.as_ref().map(|snapped| wrapped(&snapped.verdict)));
    sections
}
