//! Rounds of polish, for people.

use super::words::{grouped, magnitude, table, trimmed};
use crate::record::{PolishRecord, SpreadRecord};

/// The rounds as a table, with what each gained.
pub(super) fn polish(rounds: &[PolishRecord]) -> String {
    let header = ["polish", "rows", "queries", "median error", "worst error", "gain", "predicted median", "worst"];
    let mut rows = table(&header);
    let mut before: Option<f64> = None;
    for (index, round) in rounds.iter().enumerate() {
        let name = if index == 0 { "before".to_owned() } else { format!("round {index}") };
        let median = round.error_log2.as_ref().map(|error| error.median.0);
        let gain = before.zip(median).map(|(before, after)| format!("{:.1} bits", before - after));
        before = median;
        let of = |spread: &Option<SpreadRecord>, worst: bool| {
            magnitude(spread.as_ref().map(|s| if worst { &s.max } else { &s.median }))
        };
        rows.add_row([
            name,
            grouped(round.measured as u64),
            grouped(round.queries),
            of(&round.error_log2, false),
            of(&round.error_log2, true),
            gain.unwrap_or("—".to_owned()),
            of(&round.predicted_log2, false),
            of(&round.predicted_log2, true),
        ]);
    }
    let end = match rounds.len() {
        0 | 1 => "No row gains a bit by being measured again.\n",
        _ => "No row gains another bit by being measured again.\n",
    };
    trimmed(&rows) + "\n" + end
}
