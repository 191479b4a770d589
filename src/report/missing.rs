//! Kinks of the victim that a run lacks, for people.

use super::words::{table, trimmed};
use crate::record::{MissingCause, MissingRecord};
use comfy_table::CellAlignment;

/// Kinks that a table names; a record has all.
const SHOWN: usize = 8;

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
