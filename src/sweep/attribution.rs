//! Who rounds: the five runs of a cell that keep oracle, attacker and policy apart.

use super::cell::{Description, RANDOM};
use super::lines::Section;
use super::result::CellRecord;
use super::shapes::median;
use super::way::{Parts, Ways, oracle, parts};
use crate::attack::Strategy;
use crate::compare::ISOLATES;
use crate::record::{AttributedRun, Document, NetworkRecord, RunRecord};
use crate::report::magnitude;
use crate::text::shown;
use schemars::JsonSchema;
use serde::Serialize;

/// One of the five runs of a cell: a line of `runs-by-cause.jsonl`, a row of `runs-by-cause.csv`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct AttributedRow {
    /// `exactract/attribution/2`.
    #[schemars(extend("const" = Document::Attribution.schema()))]
    pub schema: String,
    /// The cell.
    pub id: String,
    /// The victim.
    pub victim: NetworkRecord,
    /// Number of inputs.
    pub inputs: usize,
    /// Number of hidden units.
    pub hidden: usize,
    /// Number of outputs.
    pub outputs: usize,
    /// `textbook` or `walk`.
    pub strategy: Strategy,
    /// How the victim is attacked in practice: what the five runs explain.
    pub explains: String,
    /// What the run isolates.
    pub isolates: String,
    /// The run.
    #[serde(flatten)]
    pub run: RunRecord,
    /// Its way to attack in practice, for tables; in no file.
    #[serde(skip)]
    parts: Parts,
}

impl AttributedRow {
    /// Columns of `runs-by-cause.csv` before those of the run.
    pub(super) const COLUMNS: [&str; 13] = [
        "schema",
        "id",
        "victim/source",
        "victim/shape",
        "victim/weights",
        "victim/activation",
        "victim/sha256",
        "inputs",
        "hidden",
        "outputs",
        "strategy",
        "explains",
        "isolates",
    ];

    pub(super) fn of(record: &CellRecord) -> impl Iterator<Item = Self> {
        let seed = &record.cell.seed;
        let explains = Description { attribution: false, ledger: false, certify: false, ..record.cell.clone() }.way();
        let (shape, parts) = (record.cell.shape(), parts(&record.cell));
        record.attribution.iter().map(move |AttributedRun { isolates, run }| Self {
            schema: Document::Attribution.schema(),
            id: record.id.clone(),
            victim: record.cell.named_victim(),
            inputs: shape.map_or(0, |shape| shape.inputs),
            hidden: shape.map_or(0, |shape| shape.hidden),
            outputs: shape.map_or(0, |shape| shape.outputs),
            strategy: record.cell.strategy,
            parts: parts.clone(),
            explains: explains.clone(),
            isolates: isolates.clone(),
            run: RunRecord { seed: Some(*seed), ..run.clone() },
        })
    }

    /// Arithmetic of the oracle in practice.
    pub fn oracle(&self) -> &str {
        oracle(&self.parts)
    }

    /// What tables are told apart by: everything but the seed.
    pub fn table(&self) -> [&str; 5] {
        let activation = self.victim.activation.as_deref().unwrap_or_default();
        [&self.victim.source, &self.victim.shape, &self.victim.weights, activation, &self.explains]
    }
}

/// One table: a line for every victim's shape and way to attack, over its seeds.
pub(super) fn section(rows: &[AttributedRow]) -> Option<Section> {
    let groups: Vec<&[AttributedRow]> = rows.chunk_by(|a, b| a.table() == b.table()).collect();
    let all: Vec<Parts> = groups.iter().map(|rows| rows[0].parts.clone()).collect();
    let ways = Ways::of(&all);
    let mut head = vec!["victim".to_owned()];
    head.extend(ways.head());
    let words = head.len();
    head.extend(["algorithm", "heuristics", "attacker", "oracle", "practice"].map(str::to_owned));
    let line = |(rows, parts): (&&[AttributedRow], &Parts)| {
        let NetworkRecord { source, shape, .. } = &rows[0].victim;
        let mut line = vec![shown(&if source == RANDOM { shape.clone() } else { format!("{source} {shape}") })];
        line.extend(ways.row(parts));
        line.extend(ISOLATES.map(|isolates| {
            let alike: Vec<&AttributedRow> = rows.iter().filter(|row| row.isolates == isolates).collect();
            let complete = alike.iter().filter(|row| row.run.complete == Some(true)).count();
            let errors = alike.iter().filter_map(|row| row.run.weight_error_log2.map(|error| error.max));
            format!("{complete}/{} {}", alike.len(), magnitude(median(errors).as_ref()))
        }));
        line
    };
    (!rows.is_empty()).then(|| Section {
        title: format!(
            "who rounds: complete runs of all seeds, and the median of their worst weight errors: {}",
            ways.shared
        ),
        head,
        rows: groups.iter().zip(&all).map(line).collect(),
        numbers: words..usize::MAX,
        foot: String::new(),
        file: "runs-by-cause.csv",
        holds: "has the runs of all",
    })
}
