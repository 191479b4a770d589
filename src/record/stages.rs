//! Stage by stage: the rounded run's decisions and errors beside the exact run's.

use super::margins::{MarginBin, bins};
use super::unmeasured::unmeasured;
use super::{Log2, SpreadRecord};
use crate::compare::{Divergence, Dual, StageDecisions};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Decisions of a stage of the rounded run.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct DecisionCounts {
    /// Asked by the rounded run.
    pub asked: usize,
    /// Answered alike by the exact run.
    pub same: usize,
    /// Answered differently, or not asked, by the exact run.
    pub different: usize,
    /// The closest call: `|log2(|x| / tolerance)|`.
    pub min_margin_log2: Option<Log2>,
    /// How close they were, of sites with a tolerance, in ascending order.
    pub margins: Vec<MarginBin>,
}

/// One stage of the rounded run against the exact one.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct StageRecord {
    /// The stage.
    pub name: String,
    /// Queries of the rounded run.
    pub queries: u64,
    /// Decisions.
    pub decisions: DecisionCounts,
    /// Correct bits of its worst input.
    pub bits_in: Option<Log2>,
    /// Bits lost.
    pub bits_lost: Option<Log2>,
    /// Correct bits of its worst output.
    pub bits_out: Option<Log2>,
    /// Relative error of its outputs.
    pub error_log2: Option<SpreadRecord>,
    /// Why there are no bits of its outputs, where there are none; `null` of the check, which has no outputs.
    pub unmeasured: Option<String>,
}

/// The first decision that differs.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct DivergenceRecord {
    /// The stage.
    pub stage: String,
    /// The item.
    pub item: String,
    /// The question.
    pub site: String,
    /// The exact run's answer: `zero`, `positive`, `negative`, or `not asked`.
    pub exact: String,
    /// The rounded run's answer.
    pub rounded: String,
    /// `log2` of the number over its tolerance, in the rounded run.
    pub margin_log2: Log2,
}

impl DivergenceRecord {
    pub(super) fn new(d: &Divergence) -> Self {
        let word = |sign| match sign {
            std::cmp::Ordering::Less => "negative",
            std::cmp::Ordering::Equal => "zero",
            std::cmp::Ordering::Greater => "positive",
        };
        Self {
            stage: d.key.stage.name().to_owned(),
            item: d.key.item.to_string(),
            site: d.site.row().name.to_owned(),
            exact: d.exact.map_or("not asked", word).to_owned(),
            rounded: word(d.rounded).to_owned(),
            margin_log2: Log2(d.margin),
        }
    }
}

/// The stages of a dual run.
pub(super) fn stages(dual: &Dual) -> Vec<StageRecord> {
    let tally = &dual.rounded.run.tally;
    let one = |d: &StageDecisions| {
        let errors = dual.errors.iter().find(|e| e.stage == d.stage);
        StageRecord {
            name: d.stage.name().to_owned(),
            queries: tally.of(d.stage),
            decisions: DecisionCounts {
                asked: d.asked,
                same: d.same,
                different: d.different,
                min_margin_log2: d.closest_margin.map(Log2),
                margins: bins(&d.margins),
            },
            bits_in: errors.and_then(|e| e.bits_in).map(Log2),
            bits_lost: errors.and_then(|e| e.bits_lost).map(Log2),
            bits_out: errors.and_then(|e| e.bits_out).map(Log2),
            error_log2: errors.and_then(|e| e.error).map(SpreadRecord::new),
            unmeasured: errors.is_none_or(|e| e.bits_out.is_none()).then(|| unmeasured(dual, d.stage)).flatten(),
        }
    };
    dual.decisions.iter().map(one).collect()
}
