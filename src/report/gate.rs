//! The report of a gate, for people and for CI systems.

use super::junit::{Case, CaseFinding, CaseState, Suite, junit};
use super::words::{WIDTH, hanging};
use crate::record::{CheckRecord, CheckState, GateRecord};
use crate::text::shown;

/// Columns of a state and of a check's name.
const STATE: usize = 6;
const NAME: usize = 12;

/// A line that says whether the gate is passed, and one check after the other.
pub fn gate(record: &GateRecord) -> String {
    verdict(record) + "\n" + &record.checks.iter().map(line).collect::<String>()
}

/// Whether the gate is passed, with the checks that did not pass.
pub fn gate_verdict(record: &GateRecord) -> String {
    let missed = record.checks.iter().filter(|check| check.state != CheckState::Pass);
    verdict(record) + &missed.map(line).collect::<String>()
}

fn line(check: &CheckRecord) -> String {
    hanging(&format!("{:<STATE$}{:<NAME$}", check.state.name(), check.name), &shown(&check.says), WIDTH)
}

fn verdict(record: &GateRecord) -> String {
    let model = &record.model;
    let of = |state: CheckState| record.checks.iter().filter(|check| check.state == state).count();
    let states = [CheckState::Pass, CheckState::Fail, CheckState::Open, CheckState::New];
    let counts = states.map(|state| (of(state), state.name())).into_iter().filter(|(count, _)| *count > 0);
    let counts: Vec<String> = counts.map(|(count, name)| format!("{count} {name}")).collect();
    let word = record.answer.name().to_uppercase();
    format!("{word:<STATE$}{}: {}, {}, {}\n", counts.join(", "), shown(&model.source), model.shape, model.weights)
}

/// A suite with one case for each check. A check that fails is a failure, one that is open an error, and a new
/// measurement is skipped.
pub fn gate_junit(record: &GateRecord) -> String {
    let case = |check: &CheckRecord| {
        let state = match check.state {
            CheckState::Pass => None,
            CheckState::Fail => Some(CaseState::Failure),
            CheckState::Open => Some(CaseState::Error),
            CheckState::New => Some(CaseState::Skipped),
        };
        let said = |state| CaseFinding {
            state,
            kind: check.state.name(),
            message: check.says.clone(),
            says: format!("{} {} {}", record.model.source, record.model.shape, record.model.sha256),
        };
        Case { name: check.name.clone(), finding: state.map(said) }
    };
    junit("exactract gate", &[Suite { name: "gate".to_owned(), cases: record.checks.iter().map(case).collect() }])
}
