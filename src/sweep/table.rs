//! What the cells of a plan found, as tables: every run, and the frontier.

use super::Error;
use super::attribution::AttributedRow;
use super::cell::Description;
use super::cell::RANDOM;
use super::frontier::Frontier;
use super::plan::Plan;
use super::result::{CellRecord, RunResult};
use super::store::Store;
use crate::format;
use crate::text;
use schemars::{JsonSchema, Schema};
use serde::Serialize;
use serde_json::Value;

/// Name and version of a row's layout.
pub const TABLE_SCHEMA: &str = "exactract/sweep/1";

/// One run of one cell: a line of `runs.jsonl`, a row of `runs.csv`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Row {
    /// [`TABLE_SCHEMA`].
    pub schema: String,
    /// The cell.
    pub id: String,
    /// `random`, or the name of the victim's file.
    pub victim: String,
    /// Number of inputs.
    pub inputs: usize,
    /// Number of hidden units.
    pub hidden: usize,
    /// Number of outputs.
    pub outputs: usize,
    /// Type of the weights.
    pub weights: String,
    /// SHA-256 of the victim.
    pub sha256: String,
    /// Seed of the random choices.
    pub seed: u64,
    /// `textbook` or `walk`.
    pub strategy: crate::attack::Strategy,
    /// Arithmetic of the oracle.
    pub victim_arithmetic: super::VictimArithmetic,
    /// Arithmetic of the attack.
    pub attacker: super::Attacker,
    /// Decimals that answers are rounded to; `null` leaves them alone.
    pub answer_decimals: Option<u32>,
    /// Significant bits that coordinates of questions are rounded to; `null` leaves them alone.
    pub question_bits: Option<u32>,
    /// Random lines searched.
    pub lines: u16,
    /// Whether rows were measured once more.
    pub polish: bool,
    /// Whether weights were snapped.
    pub snap: bool,
    /// Queries allowed.
    pub max_queries: Option<u64>,
    /// Whether the run is one of a search.
    pub frontier: bool,
    /// The run.
    #[serde(flatten)]
    pub run: RunResult,
}

/// The JSON schema of a line of `runs.jsonl`.
pub fn table_schema() -> Schema {
    schemars::schema_for!(Row)
}

/// All that the cells of a plan found, in an order of its own: the same for every order of the plan.
#[derive(Debug)]
pub struct Table {
    /// Every run.
    pub rows: Vec<Row>,
    /// The runs that tell who rounds, of the cells that asked for them.
    pub attribution: Vec<AttributedRow>,
    /// The frontier, of the cells that are searches.
    pub frontier: Frontier,
    /// Every cell, in the same order.
    pub records: Vec<CellRecord>,
    /// Cells of the plan without a file.
    pub missing: usize,
}

/// What cells are sorted by.
fn key(record: &CellRecord) -> impl Ord + use<> {
    let cell = &record.cell;
    let shape = cell.shape().map(|shape| (shape.outputs, shape.inputs, shape.hidden));
    let victim = (cell.victim.source != RANDOM, cell.victim.source.clone(), shape, cell.victim.weights.clone());
    let knobs = (cell.victim_arithmetic, cell.attacker, cell.question_bits, cell.lines, cell.polish, cell.snap);
    let limits = (cell.max_queries, cell.inputs);
    let channel = (cell.frontier, cell.answer_bits, cell.answer_decimals);
    (victim, cell.strategy, knobs, limits, channel, cell.seed, record.id.clone())
}

impl Table {
    /// Reads every cell of a plan.
    ///
    /// Errors: [`Error::Damaged`] for a file that is not as it was written; nothing of it is used.
    pub fn read(plan: &Plan, store: &Store) -> Result<Self, Error> {
        let mut records = Vec::new();
        for cell in &plan.cells {
            records.extend(store.read(&cell.id)?);
        }
        records.sort_by_cached_key(key);
        let rows = records.iter().flat_map(|record| record.runs.iter().map(|run| Row::new(record, run))).collect();
        let attribution = records.iter().flat_map(AttributedRow::of).collect();
        let (frontier, missing) = (Frontier::of(&records), plan.cells.len() - records.len());
        Ok(Self { rows, attribution, frontier, records, missing })
    }

    /// Writes `runs.csv` and `runs.jsonl`; where cells tell who rounds, `attribution.csv` and `.jsonl`, and where a
    /// cell is a search, `frontier.csv` and `frontier.json`, too.
    pub fn write(&self, store: &Store) -> Result<(), Error> {
        let write = |name: &str, text: String| format::write_atomically(&store.out().join(name), text.as_bytes());
        write("runs.jsonl", lines(&self.rows))?;
        write("runs.csv", csv(&self.rows))?;
        if !self.attribution.is_empty() {
            write("attribution.jsonl", lines(&self.attribution))?;
            write("attribution.csv", csv(&self.attribution))?;
        }
        if !self.frontier.groups.is_empty() {
            write("frontier.csv", csv(&self.frontier.groups))?;
            write("frontier.json", text::record(&self.frontier))?;
        }
        Ok(())
    }
}

impl Row {
    fn new(record: &CellRecord, run: &RunResult) -> Self {
        let Description {
            victim,
            seed,
            strategy,
            victim_arithmetic,
            attacker,
            answer_decimals,
            question_bits,
            lines,
            polish,
            snap,
            max_queries,
            ..
        } = &record.cell;
        let shape = record.cell.shape();
        Self {
            schema: TABLE_SCHEMA.to_owned(),
            id: record.id.clone(),
            victim: victim.source.clone(),
            inputs: shape.map_or(0, |shape| shape.inputs),
            hidden: shape.map_or(0, |shape| shape.hidden),
            outputs: shape.map_or(0, |shape| shape.outputs),
            weights: victim.weights.clone(),
            sha256: victim.sha256.clone(),
            seed: *seed,
            strategy: *strategy,
            victim_arithmetic: *victim_arithmetic,
            attacker: *attacker,
            answer_decimals: *answer_decimals,
            question_bits: *question_bits,
            lines: *lines,
            polish: *polish,
            snap: *snap,
            max_queries: *max_queries,
            frontier: record.cell.frontier.is_some(),
            run: run.clone(),
        }
    }
}

/// One JSON object a line.
fn lines<T: Serialize>(rows: &[T]) -> String {
    // Strings, numbers and booleans: serialising them does not fail.
    rows.iter().map(|row| serde_json::to_string(row).unwrap_or_default() + "\n").collect()
}

/// Rows with a line of names, as RFC 4180 has it; `null` is an empty field. All rows have the fields of the first.
fn csv<T: Serialize>(rows: &[T]) -> String {
    let mut text = String::new();
    for (number, row) in rows.iter().enumerate() {
        // Through the text of the row: a `Value` alone would sort its fields.
        let fields = serde_json::to_string(row).ok().and_then(|row| serde_json::from_str::<Fields>(&row).ok());
        let fields = fields.unwrap_or_default().0;
        if number == 0 {
            text += &(fields.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>().join(",") + "\n");
        }
        text += &(fields.iter().map(|(_, value)| field(value)).collect::<Vec<_>>().join(",") + "\n");
    }
    text
}

fn field(value: &Value) -> String {
    let text = match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(field).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    };
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

/// The fields of an object, in their order.
#[derive(Default)]
struct Fields(Vec<(String, Value)>);

impl<'de> serde::Deserialize<'de> for Fields {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> serde::de::Visitor<'de> for Pairs {
            type Value = Fields;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    fields.push(pair);
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_keep_their_order_and_are_quoted() {
        #[derive(Serialize)]
        struct Pair {
            z: &'static str,
            a: Option<u8>,
        }
        let rows = [Pair { z: "x,\"y\"", a: None }, Pair { z: "line\nbreak", a: Some(1) }];
        assert_eq!(csv(&rows), "z,a\n\"x,\"\"y\"\"\",\n\"line\nbreak\",1\n");
    }
}
