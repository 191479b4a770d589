//! The report of a gate, for people and for CI systems.

use super::junit::{Case, Failure, Suite, junit};
use super::words::{WIDTH, hanging};
use crate::record::{CheckRecord, CheckState, GateRecord};
use crate::text::shown;

/// Columns of a state and of a check's name.
const STATE: usize = 6;
const NAME: usize = 12;

/// A line that says whether the gate is passed, and one check after the other.
pub fn gate(record: &GateRecord) -> String {
    let line = |check: &CheckRecord| {
        let head = format!("{:<STATE$}{:<NAME$}", check.state.name(), check.name);
        hanging(&head, &shown(&check.says), WIDTH)
    };
    gate_verdict(record) + "\n" + &record.checks.iter().map(line).collect::<String>()
}

/// Whether the gate is passed, in one line.
pub fn gate_verdict(record: &GateRecord) -> String {
    let model = &record.model;
    let of = |state: CheckState| record.checks.iter().filter(move |check| check.state == state).count();
    let (all, failed, open) = (record.checks.len(), of(CheckState::Fail), of(CheckState::Open));
    let outcome = match record.answer {
        CheckState::Fail => format!("FAIL  {failed} of {all} checks fail"),
        CheckState::Open => format!("OPEN  {open} of {all} checks are undecided"),
        CheckState::Pass | CheckState::New => format!("PASS  {all} of {all} checks"),
    };
    format!("{outcome}: {}, {}, {}\n", shown(&model.source), model.shape, model.weights)
}

/// A suite with one case for each check; a check that fails or is open is a failure.
pub fn gate_junit(record: &GateRecord) -> String {
    let case = |check: &CheckRecord| {
        let missed = matches!(check.state, CheckState::Fail | CheckState::Open);
        let failure =
            missed.then(|| Failure { kind: check.state.name(), message: check.says.clone(), says: check.says.clone() });
        Case { name: check.name.clone(), failure }
    };
    let name = format!("{} {} {}", record.model.source, record.model.shape, record.model.weights);
    junit("exactract gate", &[Suite { name, cases: record.checks.iter().map(case).collect() }])
}
