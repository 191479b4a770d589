//! What a cell found, and the file that holds it.

use super::cell::Description;
use crate::compare::Threshold;
use crate::format;
use crate::record::{AttributedRun, Document, RunRecord};
use crate::text;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a search for the smallest precision found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Thresholds {
    /// For complete extraction.
    pub complete: Threshold,
    /// For weights bit for bit; `null` where nothing was snapped.
    pub bit_for_bit: Option<Threshold>,
}

/// The file of a cell. No time and no run time: the same cell gives the same bytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CellRecord {
    /// [`Description::id`].
    pub id: String,
    /// What was run.
    pub cell: Description,
    /// The run; of a frontier, every run of the search, in order of bits.
    pub runs: Vec<RunRecord>,
    /// Of a frontier, the smallest bits.
    pub thresholds: Option<Thresholds>,
    /// Where it was asked for: five runs, from the algorithm itself to practice.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attribution: Vec<AttributedRun>,
    /// SHA-256 of this record with an empty text here.
    pub sha256: String,
}

impl CellRecord {
    /// The record of a finished cell.
    pub fn new(cell: Description, runs: Vec<RunRecord>, thresholds: Option<Thresholds>) -> Self {
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
        let record: Self = Document::Cell.read(bytes)?;
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
