//! Kinks of the victim that a run lacks, by unit, and why.

use super::Log2;
use crate::compare::{Dual, Judged, Missing};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A kink of the victim that a run lacks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MissingRecord {
    /// The victim's hidden units whose hyperplane it is.
    pub units: Vec<usize>,
    /// Its strength relative to that of the victim's strongest kink.
    pub strength_log2: Log2,
    /// Whose fault it is.
    pub cause: MissingCause,
    /// The cause in words.
    pub reason: String,
}

/// Why a run lacks a kink.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum MissingCause {
    /// The exact run finds it, and this run's answers or tolerances hide it.
    Precision,
    /// The exact run lacks it, too.
    Algorithm,
    /// The exact run was cut short before it could tell.
    Open,
}

/// What a run lacks; nothing of a run that was cut short.
pub(super) fn missing(judged: &Judged, dual: &Dual) -> Vec<MissingRecord> {
    if judged.run.was_cut_short() {
        return Vec::new();
    }
    let bits = judged.run.cell.bits();
    let exact = &dual.exact;
    let why = |missing: &Missing| {
        if exact.run.was_cut_short() {
            return (MissingCause::Open, "the exact run was cut short before it could tell".to_owned());
        }
        if exact.missing.iter().any(|lacks| lacks.units == missing.units) {
            return (MissingCause::Algorithm, "the attack does not find it in exact arithmetic either".to_owned());
        }
        let hides = if judged.run.cell.rounds() || judged.run.cell.attacker != exact.run.cell.attacker {
            format!("answers of {bits} bits do not show it")
        } else {
            format!("tolerances for answers of {bits} bits hide it")
        };
        (MissingCause::Precision, format!("the exact run finds it, {hides}"))
    };
    let record = |missing: &Missing| {
        let (cause, reason) = why(missing);
        MissingRecord { units: missing.units.clone(), strength_log2: Log2(missing.strength), cause, reason }
    };
    judged.missing.iter().map(record).collect()
}
