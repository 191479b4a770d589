//! What a rounded run loses, stage by stage: the worst numbers of its stages as the columns of a table.

use super::{Log2, SignCounts};
use crate::certify::StageBounds;
use crate::compare::{Spread, StageErrors};
use crate::judge::Stage;
use crate::ledger::StageLedger;
use crate::study::Outcome;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Stage by stage, what the rounded run lost against the exact run; a stage without numbers is left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LossRecord {
    /// Critical points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locate: Option<StageLoss>,
    /// Weight ratios.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<StageLoss>,
    /// Rows once more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub polish: Option<StageLoss>,
    /// Last layer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_layer: Option<StageLoss>,
    /// The stage that made the largest error of the result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_in: Option<String>,
    /// How it did: `answers`, or `rounding` of the stage itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_by: Option<String>,
    /// Signs of ratios and of rows with their verdicts, where bounds were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signs: Option<SignCounts>,
    /// Whether errors are those of a replay of the rounded run along the exact run's decisions.
    pub replayed: bool,
}

/// What one stage lost.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StageLoss {
    /// Correct bits of its worst input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bits_in: Option<Log2>,
    /// Bits lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bits_lost: Option<Log2>,
    /// Correct bits of its worst output.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bits_out: Option<Log2>,
    /// The largest error in its ledger, relative to the number's scale; the parts below are those of this number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worst_error_log2: Option<Log2>,
    /// Its part from earlier stages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inherited_log2: Option<Log2>,
    /// Its part from the rounding of answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answers_log2: Option<Log2>,
    /// Its part from the stage's own rounding.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub local_log2: Option<Log2>,
    /// The median over its items of the worst error of each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub median_error_log2: Option<Log2>,
    /// The largest certified bound on an error of its numbers, relative to their scale.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bound_log2: Option<Log2>,
    /// Numbers without a certified bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub without_bound: Option<usize>,
}

/// Columns of what a run lost, as [`csv`](super::csv) takes them; they follow those of the run.
pub const LOSS_COLUMNS: &[&str] = &[
    "losses/locate/bits_in",
    "losses/locate/bits_lost",
    "losses/locate/bits_out",
    "losses/locate/worst_error_log2",
    "losses/locate/inherited_log2",
    "losses/locate/answers_log2",
    "losses/locate/local_log2",
    "losses/locate/median_error_log2",
    "losses/locate/bound_log2",
    "losses/locate/without_bound",
    "losses/signature/bits_in",
    "losses/signature/bits_lost",
    "losses/signature/bits_out",
    "losses/signature/worst_error_log2",
    "losses/signature/inherited_log2",
    "losses/signature/answers_log2",
    "losses/signature/local_log2",
    "losses/signature/median_error_log2",
    "losses/signature/bound_log2",
    "losses/signature/without_bound",
    "losses/polish/bits_in",
    "losses/polish/bits_lost",
    "losses/polish/bits_out",
    "losses/last_layer/bits_in",
    "losses/last_layer/bits_lost",
    "losses/last_layer/bits_out",
    "losses/last_layer/worst_error_log2",
    "losses/last_layer/inherited_log2",
    "losses/last_layer/answers_log2",
    "losses/last_layer/local_log2",
    "losses/last_layer/median_error_log2",
    "losses/last_layer/bound_log2",
    "losses/last_layer/without_bound",
    "losses/made_in",
    "losses/made_by",
    "losses/signs/certified",
    "losses/signs/undecided",
    "losses/signs/wrong",
    "losses/replayed",
];

impl LossRecord {
    /// Of a study with a ledger.
    pub fn new(found: &Outcome) -> Self {
        let bounds = found.certification.as_ref();
        let of = |stage: Stage| {
            let errors = found.dual.errors.iter().find(|errors| errors.stage == stage);
            let ledger = found.ledger.iter().flatten().find(|ledger| ledger.stage == stage);
            let bounds = bounds.and_then(|bounds| bounds.stages.iter().find(|bounds| bounds.stage == stage));
            Some(StageLoss::new(errors, ledger, bounds)).filter(|loss| *loss != StageLoss::default())
        };
        let made_by = |answers: bool| if answers { "answers" } else { "rounding" };
        Self {
            locate: of(Stage::Locate),
            signature: of(Stage::Signature),
            polish: of(Stage::Polish),
            last_layer: of(Stage::LastLayer),
            made_in: found.origin.as_ref().map(|origin| origin.stage.name().to_owned()),
            made_by: found.origin.as_ref().map(|origin| made_by(origin.is_of_answers()).to_owned()),
            signs: bounds.map(|bounds| SignCounts::of(&bounds.signs)),
            replayed: found.dual.replayed,
        }
    }

    /// Names of its stages in reports, in the order of an attack.
    pub fn names() -> [&'static str; 4] {
        [Stage::Locate, Stage::Signature, Stage::Polish, Stage::LastLayer].map(Stage::name)
    }
}

impl StageLoss {
    fn new(errors: Option<&StageErrors>, ledger: Option<&StageLedger>, bounds: Option<&StageBounds>) -> Self {
        let worst: Vec<_> = ledger.into_iter().flat_map(|ledger| &ledger.accounts).filter_map(|a| a.worst()).collect();
        let totals = worst.iter().map(|share| share.log2(&share.total)).collect();
        let most = worst.into_iter().max_by(|a, b| a.log2(&a.total).total_cmp(&b.log2(&b.total)));
        let certified = bounds.map(super::CertifiedStage::new);
        Self {
            bits_in: errors.and_then(|errors| errors.bits_in).map(Log2),
            bits_lost: errors.and_then(|errors| errors.bits_lost).map(Log2),
            bits_out: errors.and_then(|errors| errors.bits_out).map(Log2),
            worst_error_log2: most.map(|share| Log2(share.log2(&share.total))),
            inherited_log2: most.map(|share| Log2(share.log2(&share.inherited))),
            answers_log2: most.map(|share| Log2(share.log2(&share.answers))),
            local_log2: most.map(|share| Log2(share.log2(&share.local))),
            median_error_log2: Spread::of(totals).map(|spread| Log2(spread.median)),
            bound_log2: certified.as_ref().and_then(|stage| stage.bound_log2).map(|spread| spread.max),
            without_bound: certified.map(|stage| stage.without_bound),
        }
    }
}
