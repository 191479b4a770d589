//! What a cell found, and the file that holds it.

use super::arithmetic::{Attacker, VictimArithmetic};
use super::cell::Description;
use crate::compare::Threshold;
use crate::experiment::Cell;
use crate::format;
use crate::report::Log2;
use crate::text;
use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// With a network.
    Complete,
    /// The attack found that it cannot go on.
    Stopped,
    /// It spent its queries.
    Budget,
}

/// One run of an attack, compared with the victim. A run without a network is a result, too.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RunResult {
    /// Significant bits of the answers; `null` where they were not rounded.
    pub answer_bits: Option<u32>,
    /// How it ended.
    pub outcome: Outcome,
    /// The stage that stopped it.
    pub stage: Option<String>,
    /// Why it has no network.
    pub reason: Option<String>,
    /// Queries spent.
    pub queries: u64,
    /// The victim's kinks that the copy has to 2^-8; of a bias relative to one plus its magnitude.
    pub kinks_found: Option<usize>,
    /// The victim's kinks.
    pub kinks: Option<usize>,
    /// Units of the victim of which the copy has the active side.
    pub sides_found: Option<usize>,
    /// Units of the victim that bend its function.
    pub sides: Option<usize>,
    /// Reference inputs with the victim's label, of a tie any of the tied ones.
    pub labels_same: Option<usize>,
    /// Reference inputs.
    pub labels: Option<usize>,
    /// Largest difference of an output over the reference inputs, evaluated exactly.
    pub difference_log2: Option<Log2>,
    /// Worst error of the hyperplanes found, each row scaled so that the victim's largest entry is 1: of a row entry, a
    /// bias, or an output weight relative to the unit's largest.
    pub weight_error_log2: Option<Log2>,
    /// Median error of them.
    pub weight_error_median_log2: Option<Log2>,
    /// Whether the network is the victim on all of ℝ^d.
    pub equal: Option<bool>,
    /// All kinks, all sides, and every reference label.
    pub complete: bool,
    /// Whether the snapped network is the victim on all of ℝ^d; `null` where nothing was snapped.
    pub bit_for_bit: Option<bool>,
    /// What stood in the way of snapping.
    pub unsnapped: Option<String>,
}

/// What a search for the smallest precision found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Thresholds {
    /// For complete extraction.
    pub complete: Threshold,
    /// For weights bit for bit; `null` where nothing was snapped.
    pub bit_for_bit: Option<Threshold>,
}

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

/// The file of a cell. No time and no run time: the same cell gives the same bytes.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CellRecord {
    /// [`Description::id`].
    pub id: String,
    /// What was run.
    pub cell: Description,
    /// The run; of a frontier, every run of the search, in order of bits.
    pub runs: Vec<RunResult>,
    /// Of a frontier, the smallest bits.
    pub thresholds: Option<Thresholds>,
    /// Where it was asked for: five runs, from the algorithm itself to practice.
    pub attribution: Vec<AttributedRun>,
    /// SHA-256 of this record with an empty text here.
    pub sha256: String,
}

/// The JSON schema of a cell's file.
pub fn cell_schema() -> Schema {
    schemars::schema_for!(CellRecord)
}

impl CellRecord {
    /// The record of a finished cell.
    pub fn new(cell: Description, runs: Vec<RunResult>, thresholds: Option<Thresholds>) -> Self {
        Self { id: cell.id(), cell, runs, thresholds, attribution: Vec::new(), sha256: String::new() }.sealed()
    }

    /// The record with the runs that tell who rounds.
    pub fn with_attribution(self, attribution: Vec<AttributedRun>) -> Self {
        Self { attribution, sha256: String::new(), ..self }.sealed()
    }

    fn sealed(self) -> Self {
        let mut record = self;
        record.sha256 = format::sha256(&[record.text().as_bytes()]);
        record
    }

    fn text(&self) -> String {
        text::record(self)
    }

    /// The bytes of its file.
    pub fn bytes(&self) -> Vec<u8> {
        self.text().into_bytes()
    }

    /// Reads a file back; errors say in words what is wrong with it.
    ///
    /// A record that is given is, byte for byte, one that this program wrote for cell `id`.
    pub fn read(bytes: &[u8], id: &str) -> Result<Self, String> {
        if bytes.is_empty() {
            return Err("is empty".to_owned());
        }
        let record: Self = serde_json::from_slice(bytes).map_err(|e| format!("is no record of a cell ({e})"))?;
        if record.id != id || record.cell.id() != id {
            return Err(format!("is the record of another cell, {}", record.cell.id()));
        }
        let plain = Self { sha256: String::new(), ..record.clone() };
        if format::sha256(&[plain.text().as_bytes()]) != record.sha256 || record.text().as_bytes() != bytes {
            return Err("was changed after it was written (its sha256 does not fit)".to_owned());
        }
        Ok(record)
    }
}
