//! Who rounds: the five runs of a cell that keep oracle, attacker and policy apart.

use super::cell::Description;
use super::result::CellRecord;
use crate::compare::ISOLATES;
use crate::record::{AttributedRun, Document, Log2, NetworkRecord, RunRecord};
use crate::report::magnitude;
use crate::text::shown;
use schemars::JsonSchema;
use serde::Serialize;

/// One of the five runs of a cell: a line of `attribution.jsonl`, a row of `attribution.csv`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct AttributedRow {
    /// `exactract/attribution/2`.
    #[schemars(extend("const" = Document::Attribution.schema()))]
    pub schema: String,
    /// The cell.
    pub id: String,
    /// The victim.
    pub victim: NetworkRecord,
    /// How the victim is attacked in practice: what the five runs explain.
    pub explains: String,
    /// What the run isolates.
    pub isolates: String,
    /// The run.
    #[serde(flatten)]
    pub run: RunRecord,
}

impl AttributedRow {
    /// Columns of `attribution.csv` before those of the run.
    pub(super) const COLUMNS: [&str; 8] =
        ["schema", "id", "victim/source", "victim/shape", "victim/weights", "victim/sha256", "explains", "isolates"];

    pub(super) fn of(record: &CellRecord) -> impl Iterator<Item = Self> {
        let Description { victim, seed, .. } = &record.cell;
        let explains = Description { attribution: false, ..record.cell.clone() }.way();
        record.attribution.iter().map(move |AttributedRun { isolates, run }| Self {
            schema: Document::Attribution.schema(),
            id: record.id.clone(),
            victim: victim.clone(),
            explains: explains.clone(),
            isolates: isolates.clone(),
            run: RunRecord { seed: Some(*seed), ..run.clone() },
        })
    }

    /// What tables are told apart by: everything but the seed.
    fn table(&self) -> [&str; 4] {
        [&self.victim.source, &self.victim.shape, &self.victim.weights, &self.explains]
    }
}

/// One table: a line for every victim's shape and way to attack, over its seeds.
pub(super) fn text(rows: &[AttributedRow]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let mut head = vec!["victim".to_owned(), "attack".to_owned()];
    head.extend(["algorithm", "heuristics", "attacker", "oracle", "practice"].map(str::to_owned));
    let mut table = vec![head];
    for rows in rows.chunk_by(|a, b| a.table() == b.table()) {
        let first = &rows[0];
        let victim = shown(&first.table()[..3].join(" "));
        let mut line = vec![victim, first.explains.clone()];
        line.extend(ISOLATES.map(|isolates| {
            let alike: Vec<&AttributedRow> = rows.iter().filter(|row| row.isolates == isolates).collect();
            let complete = alike.iter().filter(|row| row.run.complete == Some(true)).count();
            let mut errors: Vec<Log2> =
                alike.iter().filter_map(|row| row.run.weight_error_log2.map(|error| error.max)).collect();
            errors.sort_by(|a, b| a.0.total_cmp(&b.0));
            format!("{complete}/{} {}", alike.len(), magnitude(errors.get(errors.len().saturating_sub(1) / 2)))
        }));
        table.push(line);
    }
    let width = |i: usize| table.iter().map(|line| line[i].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..table[0].len()).map(width).collect();
    let mut text =
        "\nwho rounds: complete runs of all seeds, and the median of their worst weight errors\n\n".to_owned();
    for line in &table {
        let cell = |(i, text): (usize, &String)| {
            // Words to the left, figures to the right.
            let width = widths[i];
            if i < 2 { format!("{text:<width$}") } else { format!("{text:>width$}") }
        };
        text += &(line.iter().enumerate().map(cell).collect::<Vec<_>>().join("  ") + "\n");
    }
    text
}
