//! Who rounds: the five runs of a cell that keep oracle, attacker and policy apart.

use super::cell::Description;
use super::result::{CellRecord, RunResult};
use super::table::power;
use super::{Attacker, VictimArithmetic};
use crate::compare::Cell;
use crate::report::Log2;
use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};
use std::fmt::Write;

/// Name and version of the layout of a line of `attribution.jsonl`.
pub const ATTRIBUTION_SCHEMA: &str = "exactract/attribution/1";

/// One of the five runs.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AttributedRun {
    /// What the run isolates.
    pub isolates: String,
    /// Arithmetic of its oracle.
    pub victim_arithmetic: VictimArithmetic,
    /// Arithmetic of its attack.
    pub attacker: Attacker,
    /// `exact` where only zero counts as zero, else `tolerance`.
    pub policy: String,
    /// The run.
    pub run: RunResult,
}

impl AttributedRun {
    pub(super) fn new(isolates: &str, cell: &Cell, run: RunResult) -> Self {
        Self {
            isolates: isolates.to_owned(),
            victim_arithmetic: VictimArithmetic(cell.victim),
            attacker: Attacker(cell.attacker),
            policy: if cell.exact_policy { "exact" } else { "tolerance" }.to_owned(),
            run,
        }
    }
}

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
        record.attribution.iter().map(|one| Self {
            schema: ATTRIBUTION_SCHEMA.to_owned(),
            id: record.id.clone(),
            victim: victim.source.clone(),
            shape: victim.shape.clone(),
            weights: victim.weights.clone(),
            seed: *seed,
            explains: record.cell.way(),
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

/// A table for every way to attack and every shape, over its seeds: one line for each of the five runs.
pub(super) fn text(rows: &[AttributedRow]) -> String {
    let mut text = String::new();
    for rows in rows.chunk_by(|a, b| a.table() == b.table()) {
        let first = &rows[0];
        let _ =
            writeln!(text, "\nwho rounds: {} {} {}, {}\n", first.victim, first.shape, first.weights, first.explains);
        let _ = writeln!(
            text,
            "{:<25}{:>8}{:>10}{:>11}{:>12}{:>14}{:>13}",
            "isolates", "oracle", "attacker", "zero is", "complete", "median error", "worst error"
        );
        for line in rows.iter().take_while(|row| row.seed == first.seed && row.id == first.id) {
            let alike: Vec<&AttributedRow> = rows.iter().filter(|row| row.isolates == line.isolates).collect();
            let complete = alike.iter().filter(|row| row.run.complete).count();
            let mut errors: Vec<Log2> = alike.iter().filter_map(|row| row.run.weight_error_log2).collect();
            errors.sort_by(|a, b| a.0.total_cmp(&b.0));
            let _ = writeln!(
                text,
                "{:<25}{:>8}{:>10}{:>11}{:>12}{:>14}{:>13}",
                line.isolates,
                line.victim_arithmetic.0.to_string(),
                line.attacker.0.to_string(),
                if line.policy == "exact" { "zero" } else { "tolerance" },
                format!("{complete} of {}", alike.len()),
                power(errors.get(errors.len().saturating_sub(1) / 2).copied()),
                power(errors.last().copied()),
            );
        }
    }
    text
}
