//! Findings as JUnit XML: a suite a run, a case a pin.

use super::check::{Checked, Finding};
use crate::report::{Case, CaseFinding, CaseState, Suite};

/// What moved is a failure with its words.
pub fn junit(checked: &[Checked]) -> String {
    let case = |finding: &Finding| {
        let said = (finding.moved > 0).then(|| CaseFinding {
            state: CaseState::Failure,
            kind: "moved",
            message: format!("{} of {} moved: {}", finding.moved, finding.items, finding.says),
            says: finding.says.clone(),
        });
        Case { name: finding.pin.name().to_owned(), finding: said }
    };
    let suite = |run: &Checked| Suite { name: run.run.clone(), cases: run.findings.iter().map(case).collect() };
    crate::report::junit("exactract regress", &checked.iter().map(suite).collect::<Vec<_>>())
}
