//! The ledger: each stage's items with their errors in parts, why, and where they come from.

use super::Log2;
use crate::ledger::{Account, Origin, Quantity, Share, StageLedger};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whose error it is, stage by stage.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct LedgerRecord {
    /// Stages with numbers.
    pub stages: Vec<LedgerStage>,
}

/// Where the largest error of a run's result comes from: followed back along its largest part, until a stage makes more
/// of it than it was handed.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct OriginRecord {
    /// The stage that made it.
    pub stage: String,
    /// The critical point at which it did.
    pub item: String,
    /// Which number.
    pub number: String,
    /// How: `answers`, or `rounding` of the stage itself.
    pub made_by: String,
    /// The error of that number, relative to its scale.
    pub made_log2: Log2,
    /// The stage whose output has the largest error of the result.
    pub shown_in: String,
    /// That error.
    pub shown_log2: Log2,
}

impl OriginRecord {
    /// Of what the ledger found.
    pub fn new(origin: &Origin) -> Self {
        let share = &origin.share;
        Self {
            stage: origin.stage.name().to_owned(),
            item: origin.item.to_string(),
            number: number(share),
            made_by: if origin.is_of_answers() { "answers" } else { "rounding" }.to_owned(),
            made_log2: Log2(share.log2(&share.total)),
            shown_in: origin.of.0.name().to_owned(),
            shown_log2: Log2(origin.log2),
        }
    }
}

/// One stage of the ledger.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct LedgerStage {
    /// The stage.
    pub name: String,
    /// Items that the exact run does not have, or has decided otherwise.
    pub unmatched: usize,
    /// Each item with its worst number.
    pub items: Vec<LedgerItem>,
}

/// The worst number of an item; `total = inherited + answers + local`, exactly.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct LedgerItem {
    /// The critical point that names it; `null` of the output biases.
    pub item: Option<String>,
    /// Which number.
    pub number: String,
    /// Error, relative to the number's scale, in magnitude.
    pub total_log2: Log2,
    /// Its part from earlier stages.
    pub inherited_log2: Log2,
    /// Its part from the rounding of answers.
    pub answers_log2: Log2,
    /// Its part from the stage's own rounding.
    pub local_log2: Log2,
    /// Distance to the next kink along the line.
    pub gap_log2: Option<Log2>,
    /// How many times the errors of answers grow here; `null` where that is not known.
    pub amplification_log2: Option<Log2>,
}

impl LedgerRecord {
    /// Of the accounts of stages.
    pub fn new(stages: &[StageLedger]) -> Self {
        let stage = |stage: &StageLedger| LedgerStage {
            name: stage.stage.name().to_owned(),
            unmatched: stage.unmatched,
            items: stage.accounts.iter().filter_map(LedgerItem::new).collect(),
        };
        Self { stages: stages.iter().map(stage).collect() }
    }
}

impl LedgerItem {
    fn new(account: &Account) -> Option<Self> {
        let share = account.worst()?;
        let part = |part| Log2(share.log2(part));
        Some(Self {
            item: account.item.map(|item| item.to_string()),
            number: number(share),
            total_log2: part(&share.total),
            inherited_log2: part(&share.inherited),
            answers_log2: part(&share.answers),
            local_log2: part(&share.local),
            gap_log2: account.cause.gap.map(Log2),
            amplification_log2: Some(account.cause.amplification).filter(|x| x.is_finite()).map(Log2),
        })
    }
}

fn number(share: &Share) -> String {
    match share.quantity {
        Quantity::Position => "position".to_owned(),
        Quantity::Entry(j) => format!("weight of input {j}"),
        Quantity::Bias => "bias".to_owned(),
        Quantity::OutputWeight(o) => format!("weight for output {o}"),
        Quantity::OutputBias(o) => format!("bias of output {o}"),
    }
}
