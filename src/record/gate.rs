//! The record of a gate: what was asked of a model, and what came of it.

use super::{Bounds, Document, Log2, NetworkRecord, Share};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What came of one check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CheckState {
    /// What was asked for holds.
    Pass,
    /// It does not hold.
    Fail,
    /// Neither was found out.
    Open,
    /// There is nothing to compare with: another model was measured before.
    New,
}

impl CheckState {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Open => "open",
            Self::New => "new",
        }
    }
}

/// One check of a gate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckRecord {
    /// `recovered`, `spare bits`, `resists`, `released`, `difference` or `baseline`.
    pub name: String,
    /// What came of it.
    pub state: CheckState,
    /// What was found, and what was asked for.
    pub says: String,
    /// The network that the model is compared with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other: Option<NetworkRecord>,
    /// Bounds on their largest difference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difference: Option<Bounds>,
}

/// What the attack came to on a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExtractionRecord {
    /// The attack.
    pub strategy: String,
    /// Seed of its random choices.
    pub seed: u64,
    /// Whether the exact run's network is the model's function on all of ℝ^d, proved.
    pub exact: bool,
    /// Whether the f64 run found every unit and gives every label.
    pub complete: bool,
    /// Why either is not so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// Of the model's kinks, or units of several hidden layers, those that the f64 run has.
    pub found: Share,
    /// The largest weight error of those.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight_error_log2: Option<Log2>,
    /// The fewest significant bits of an answer with which extraction in f64 is complete, over 8 to 53, where that was
    /// asked for and is so of 53.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bits_needed: Option<u32>,
}

/// Everything that a gate found out about a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GateRecord {
    /// `exactract/gate/2`.
    #[schemars(extend("const" = Document::Gate.schema()))]
    pub schema: String,
    /// Version of the program.
    pub program: String,
    /// The model.
    pub model: NetworkRecord,
    /// What the attack came to, where a check needs it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extraction: Option<ExtractionRecord>,
    /// The checks, in their order.
    pub checks: Vec<CheckRecord>,
    /// `fail` where a check fails, else `open` where one is open, else `new` where none passes, else `pass`.
    pub answer: CheckState,
}

impl GateRecord {
    /// The record of some checks of a model.
    pub fn new(model: NetworkRecord, extraction: Option<ExtractionRecord>, checks: Vec<CheckRecord>) -> Self {
        let any = |state| checks.iter().any(|check: &CheckRecord| check.state == state);
        let order = [CheckState::Fail, CheckState::Open, CheckState::Pass];
        let answer = order.into_iter().find(|&state| any(state)).unwrap_or(CheckState::New);
        let (schema, program) = (Document::Gate.schema(), env!("CARGO_PKG_VERSION").to_owned());
        Self { schema, program, model, extraction, checks, answer }
    }
}
