//! What the cells of a plan found, as tables: every run, and the frontier.

use super::Error;
use super::attribution::AttributedRow;
use super::cell::{Description, RANDOM};
use super::frontier::{Frontier, Group, LawRow};
use super::plan::Plan;
use super::result::CellRecord;
use super::shapes::ShapeRow;
use super::store::Store;
use crate::format;
use crate::record::{Document, LOSS_COLUMNS, NetworkRecord, RUN_COLUMNS, RunRecord, csv, json_lines};
use crate::text;
use schemars::JsonSchema;
use serde::Serialize;

/// One run of one cell: a line of `runs.jsonl`, a row of `runs.csv`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Row {
    /// `exactract/sweep/2`.
    #[schemars(extend("const" = Document::Sweep.schema()))]
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
    pub strategy: crate::attack::Strategy,
    /// Random lines searched.
    pub lines: u16,
    /// Whether rows were measured once more.
    pub polish: bool,
    /// Whether weights were snapped.
    pub snap: bool,
    /// Queries allowed; `null` without a limit.
    pub max_queries: Option<u64>,
    /// Random inputs that labels are compared at.
    pub reference_inputs: u32,
    /// Whether the run is one of a search.
    pub frontier: bool,
    /// The run.
    #[serde(flatten)]
    pub run: RunRecord,
}

/// Columns of `runs.csv` before those of the run.
const COLUMNS: [&str; 16] = [
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
    "lines",
    "polish",
    "snap",
    "max_queries",
    "frontier",
];

/// All that the cells of a plan found, in an order of its own: the same for every order of the plan.
#[derive(Debug)]
pub struct Table {
    /// Every run.
    pub rows: Vec<Row>,
    /// Single attacks by the shape of their victim.
    pub shapes: Vec<ShapeRow>,
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
    let NetworkRecord { source, weights, activation, .. } = &cell.victim;
    let victim = (source != RANDOM, source.clone(), shape, weights.clone(), activation.clone());
    let knobs = (cell.victim_arithmetic, cell.attacker, cell.question_bits, cell.lines, cell.polish, cell.snap);
    let limits = (cell.max_queries, cell.reference_inputs);
    // Two files of one name are two victims.
    let file = (!cell.is_random()).then(|| cell.victim.sha256.clone());
    let channel = (cell.frontier, cell.answer_bits, cell.answer_decimals, cell.ledger, cell.certify, file);
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
        let (shapes, frontier) = (ShapeRow::of(&records), Frontier::of(&records));
        Ok(Self { rows, shapes, attribution, frontier, missing: plan.cells.len() - records.len(), records })
    }

    /// Writes [`Self::files`].
    pub fn write(&self, store: &Store) -> Result<(), Error> {
        let write = |(name, text): (&str, String)| format::write_atomically(&store.out().join(name), text.as_bytes());
        Ok(self.files().into_iter().try_for_each(write)?)
    }

    /// The tables by the names of their files: every run; single runs by shape; where cells tell who rounds, these runs;
    /// and where a cell is a search, the fewest bits and their laws.
    pub fn files(&self) -> Vec<(&'static str, String)> {
        let columns = [&COLUMNS, RUN_COLUMNS, LOSS_COLUMNS].concat();
        let mut files = vec![("runs.csv", csv(&self.rows, &columns)), ("runs.jsonl", json_lines(&self.rows))];
        if !self.shapes.is_empty() {
            files.push(("runs-by-shape.csv", csv(&self.shapes, &ShapeRow::COLUMNS)));
        }
        if !self.attribution.is_empty() {
            let columns = [&AttributedRow::COLUMNS, RUN_COLUMNS].concat();
            files.push(("runs-by-cause.csv", csv(&self.attribution, &columns)));
            files.push(("runs-by-cause.jsonl", json_lines(&self.attribution)));
        }
        if !self.frontier.groups.is_empty() {
            files.push(("fewest-bits.csv", csv(&self.frontier.groups, &Group::COLUMNS)));
            files.push(("fewest-bits-law.csv", csv(&self.frontier.law_rows(), &LawRow::COLUMNS)));
            files.push(("fewest-bits.json", text::record(&self.frontier)));
        }
        files
    }
}

impl Row {
    fn new(record: &CellRecord, run: &RunRecord) -> Self {
        let Description { seed, strategy, lines, polish, snap, max_queries, reference_inputs, .. } = &record.cell;
        let shape = record.cell.shape();
        Self {
            schema: Document::Sweep.schema(),
            id: record.id.clone(),
            victim: record.cell.named_victim(),
            inputs: shape.map_or(0, |shape| shape.inputs),
            hidden: shape.map_or(0, |shape| shape.hidden),
            outputs: shape.map_or(0, |shape| shape.outputs),
            strategy: *strategy,
            lines: *lines,
            polish: *polish,
            snap: *snap,
            max_queries: *max_queries,
            reference_inputs: *reference_inputs,
            frontier: record.cell.frontier.is_some(),
            run: RunRecord { seed: Some(*seed), ..run.clone() },
        }
    }
}
