//! Kinks of the victim that a run lacks, by unit, and why.

use super::Log2;
use super::words::{table, trimmed};
use crate::compare::{Dual, Judged, Missing};
use comfy_table::CellAlignment;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Kinks that a table names; a record has all.
const SHOWN: usize = 8;

/// A kink of the victim that a run lacks.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
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

/// The kinks that a run lacks, the strongest first; nothing where it has all, or found none at all.
///
/// `kinks`: the victim's.
pub(super) fn text(name: &str, missing: &[MissingRecord], kinks: usize) -> String {
    if missing.is_empty() || missing.len() >= kinks {
        return String::new();
    }
    let mut rows = table(&[&format!("{name} lacks"), "strength", "because of"]);
    rows.column_mut(2).into_iter().for_each(|column| column.set_cell_alignment(CellAlignment::Left));
    for record in missing.iter().take(SHOWN) {
        let units: Vec<String> = record.units.iter().map(ToString::to_string).collect();
        let plural = if units.len() == 1 { "" } else { "s" };
        let cause = match record.cause {
            MissingCause::Precision => "precision",
            MissingCause::Algorithm => "algorithm",
            MissingCause::Open => "open",
        };
        rows.add_row([
            format!("unit{plural} {}", units.join(", ")),
            format!("2^{:.1}", record.strength_log2.0),
            format!("{cause}: {}", record.reason),
        ]);
    }
    let more = missing.len().saturating_sub(SHOWN);
    let more = if more > 0 { format!("and {more} more\n") } else { String::new() };
    let count = missing.len();
    format!(
        "{}\n{more}Missing are {count} of the victim's {kinks} kinks; a strength is relative to its strongest.\n",
        trimmed(&rows)
    )
}

/// The victim's units without a kink, in a sentence; nothing where there is none.
pub(super) fn idle(units: &[usize]) -> String {
    if units.is_empty() {
        return String::new();
    }
    let shown: Vec<String> = units.iter().take(SHOWN).map(ToString::to_string).collect();
    let more = units.len().saturating_sub(SHOWN);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let (count, plural, make) = match units.len() {
        1 => (1, "", "makes"),
        count => (count, "s", "make"),
    };
    format!(
        "{count} hidden unit{plural} of the victim {make} no kink ({}{more}): a row or output weights of zeros, or other \
         units cancel it. No answer shows more of it.\n",
        shown.join(", ")
    )
}
