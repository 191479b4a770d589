//! Who rounds: the five runs of a cell that keep oracle, attacker and policy apart.

use super::cell::Description;
use super::result::{CellRecord, RunResult};
use super::{Attacker, VictimArithmetic};
use crate::compare::ISOLATES;
use crate::report::{Log2, magnitude};
use crate::text::shown;
use schemars::{JsonSchema, Schema};
use serde::Serialize;

/// Name and version of the layout of a line of `attribution.jsonl`.
pub const ATTRIBUTION_SCHEMA: &str = "exactract/attribution/1";

/// One of the five runs of a cell: a line of `attribution.jsonl`, a row of `attribution.csv`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct AttributedRow {
    /// [`ATTRIBUTION_SCHEMA`].
    pub schema: String,
    /// The cell.
    pub id: String,
    /// `random`, or the name of the victim's file.
    pub victim: String,
    /// `inputs-hidden-outputs`.
    pub shape: String,
    /// Type of the weights.
    pub weights: String,
    /// Seed of the random choices.
    pub seed: u64,
    /// How the victim is attacked in practice: what the five runs explain.
    pub explains: String,
    /// What the run isolates.
    pub isolates: String,
    /// Arithmetic of its oracle.
    pub victim_arithmetic: VictimArithmetic,
    /// Arithmetic of its attack.
    pub attacker: Attacker,
    /// `exact` where only zero counts as zero, else `tolerance`.
    pub policy: String,
    /// The run.
    #[serde(flatten)]
    pub run: RunResult,
}

/// The JSON schema of a line of `attribution.jsonl`.
pub fn attribution_schema() -> Schema {
    schemars::schema_for!(AttributedRow)
}

impl AttributedRow {
    pub(super) fn of(record: &CellRecord) -> impl Iterator<Item = Self> {
        let Description { victim, seed, .. } = &record.cell;
        let explains = Description { attribution: false, ..record.cell.clone() }.way();
        record.attribution.iter().map(move |one| Self {
            schema: ATTRIBUTION_SCHEMA.to_owned(),
            id: record.id.clone(),
            victim: victim.source.clone(),
            shape: victim.shape.clone(),
            weights: victim.weights.clone(),
            seed: *seed,
            explains: explains.clone(),
            isolates: one.isolates.clone(),
            victim_arithmetic: one.victim_arithmetic,
            attacker: one.attacker,
            policy: one.policy.clone(),
            run: one.run.clone(),
        })
    }

    /// What tables are told apart by: everything but the seed.
    fn table(&self) -> [&str; 4] {
        [&self.victim, &self.shape, &self.weights, &self.explains]
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
        let victim = shown(&format!("{} {} {}", first.victim, first.shape, first.weights));
        let mut line = vec![victim, first.explains.clone()];
        line.extend(ISOLATES.map(|isolates| {
            let alike: Vec<&AttributedRow> = rows.iter().filter(|row| row.isolates == isolates).collect();
            let complete = alike.iter().filter(|row| row.run.complete).count();
            let mut errors: Vec<Log2> = alike.iter().filter_map(|row| row.run.weight_error_log2).collect();
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
