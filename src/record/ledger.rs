//! The ledger: each stage's items with their errors in parts, why, and where they come from.

use super::Log2;
use crate::judge::Stage;
use crate::ledger::{Account, Quantity, Share, StageLedger};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whose error it is, stage by stage.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct LedgerRecord {
    /// Stages with numbers.
    pub stages: Vec<LedgerStage>,
    /// Where the last stage's error comes from, in one sentence.
    pub origin: String,
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
        Self { stages: stages.iter().map(stage).collect(), origin: verdict(stages) }
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

/// The item with the largest error, and the number that has it.
fn worst(stage: &StageLedger) -> Option<(&Account, &Share)> {
    let found = stage.accounts.iter().filter_map(|account| Some((account, account.worst()?)));
    found.max_by(|(_, a), (_, b)| a.log2(&a.total).total_cmp(&b.log2(&b.total)))
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

/// Where the error of the last stage comes from: back along its largest part, from stage to
/// stage, until a stage makes more of it than it was handed.
///
/// What a row inherits comes from its own critical point; the last layer inherits from all rows.
fn verdict(stages: &[StageLedger]) -> String {
    let mut origin = None;
    for stage in stages.iter().rev() {
        let same = |account: &&Account| stage.stage == Stage::Locate && account.item == origin;
        let own = stage.accounts.iter().find(same).and_then(|account| Some((account, account.worst()?)));
        let Some((account, share)) = own.or_else(|| worst(stage)) else { continue };
        let [inherited, answers, local] = [&share.inherited, &share.answers, &share.local].map(|part| share.log2(part));
        origin = account.item;
        let made = answers.max(local);
        if made == f64::NEG_INFINITY || made < inherited {
            continue;
        }
        let by = if answers > local { "the rounding of answers" } else { "the stage's own rounding" };
        let place = origin.map_or(String::new(), |item| format!(" ({item})"));
        return format!("Followed back along its largest part, the error comes from {}{place}: {by}.", stage.stage);
    }
    "There is no error to follow back.".to_owned()
}
