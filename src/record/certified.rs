//! Certified errors: how far each bound is above the error, and what is known of every sign.

use super::{Log2, MarginBin, SpreadRecord};
use crate::certify::{Certification, Form, Number, SignBound, StageBounds, Verdict};
use crate::compare::Spread;
use crate::judge::Stage;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Bounds on the rounded run.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct CertifiedRecord {
    /// Stages with numbers.
    pub stages: Vec<CertifiedStage>,
    /// Signs of ratios, relative to the reference's.
    pub relative_signs: SignCounts,
    /// Signs of rows.
    pub sides: SignCounts,
    /// What the verdicts on signs stand on: `bounds on answers`, or `exact answers` where there
    /// are no such bounds, so that a certain sign is one that the exact oracle confirms.
    pub signs_by: String,
    /// All signs by how far their numbers are from zero, in ascending order by stage.
    pub sign_margins: Vec<SignMargins>,
    /// Signs that the answers leave open, and wrong ones.
    pub open_signs: Vec<OpenSign>,
    /// Whether no bound is below the error, nor a certified sign wrong; if not, this program has a
    /// defect.
    pub holds: bool,
}

/// The numbers of one stage with their bounds.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct CertifiedStage {
    /// The stage.
    pub name: String,
    /// Its numbers.
    pub numbers: usize,
    /// Numbers without a certified bound: a hypothesis fails, or none is known.
    pub without_bound: usize,
    /// Error of its numbers, relative to their scale.
    pub error_log2: Option<SpreadRecord>,
    /// Certified bounds, relative to the same.
    pub bound_log2: Option<SpreadRecord>,
    /// How many times the error a bound is: with the answers' own errors, measured.
    pub measured_answers_log2: Option<SpreadRecord>,
    /// With answers enclosed in twice the working precision.
    pub certified_log2: Option<SpreadRecord>,
    /// With a running error analysis of the answers that the run saw.
    pub running_log2: Option<SpreadRecord>,
    /// With bounds from sizes and magnitudes alone.
    pub a_priori_log2: Option<SpreadRecord>,
}

/// Decided signs, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SignCounts {
    /// Every number that the answers allow has this sign.
    pub certified: usize,
    /// The answers allow zero.
    pub undecided: usize,
    /// The victim has the other sign.
    pub wrong: usize,
}

/// Signs of a stage whose number lies in `2^log2 ≤ |x| / bound < 2^(log2 + 2)`; bins as in
/// [`MarginBin`]. Signs without a bound are in no bin.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SignMargins {
    /// The stage that decided them.
    pub stage: String,
    /// Where the bin starts, even.
    pub log2: i32,
    /// The signs.
    #[serde(flatten)]
    pub counts: SignCounts,
}

/// A sign that is not certified.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct OpenSign {
    /// The stage that decided it.
    pub stage: String,
    /// The row, and the input where there is one.
    pub item: String,
    /// `undecided` or `wrong`.
    pub verdict: String,
    /// The deciding number over the bound on its error; `null` where there is no bound.
    pub margin_log2: Option<Log2>,
}

impl CertifiedRecord {
    pub(super) fn new(certification: &Certification) -> Self {
        let counts = |stage: Stage| {
            let mut counts = SignCounts::default();
            certification.signs.iter().filter(|sign| sign.stage == stage).for_each(|sign| counts.add(sign.verdict));
            counts
        };
        let open = certification.signs.iter().filter(|sign| sign.verdict != Verdict::Certified);
        Self {
            stages: certification.stages.iter().map(CertifiedStage::new).collect(),
            relative_signs: counts(Stage::Signature),
            sides: counts(Stage::Orientation),
            signs_by: match certification.signs_by {
                Some(Form::Measured) => EXACT_ANSWERS,
                _ => "bounds on answers",
            }
            .to_owned(),
            sign_margins: sign_margins(&certification.signs),
            open_signs: open.map(OpenSign::new).collect(),
            holds: certification.holds(),
        }
    }
}

impl CertifiedRecord {
    /// Whether the verdicts on signs stand on the exact answers, since the run's answers have no bounds.
    pub fn signs_are_by_exact_answers(&self) -> bool {
        self.signs_by == EXACT_ANSWERS
    }
}

impl SignCounts {
    /// Of these signs.
    pub(super) fn of(signs: &[SignBound]) -> Self {
        let mut counts = Self::default();
        signs.iter().for_each(|sign| counts.add(sign.verdict));
        counts
    }

    fn add(&mut self, verdict: Verdict) {
        *(match verdict {
            Verdict::Certified => &mut self.certified,
            Verdict::Undecided => &mut self.undecided,
            Verdict::Wrong => &mut self.wrong,
        }) += 1;
    }
}

fn sign_margins(signs: &[SignBound]) -> Vec<SignMargins> {
    let mut bins = std::collections::BTreeMap::<(Stage, i32), SignCounts>::new();
    for sign in signs.iter().filter(|sign| !sign.margin.is_nan()) {
        bins.entry((sign.stage, MarginBin::start(sign.margin))).or_default().add(sign.verdict);
    }
    bins.into_iter()
        .map(|((stage, log2), counts)| SignMargins { stage: stage.name().to_owned(), log2, counts })
        .collect()
}

impl CertifiedStage {
    pub(super) fn new(stage: &StageBounds) -> Self {
        let spread = |values: Vec<f64>| Spread::of(values).map(SpreadRecord::new);
        let slack = |form: Form| spread(stage.numbers.iter().filter_map(|n| n.slack(form)).collect());
        let bound = |n: &Number| n.bounds[Form::Certified as usize];
        let relative = |n: &Number| Some(bound(n)?.log2() - n.scale);
        Self {
            name: stage.stage.name().to_owned(),
            numbers: stage.numbers.len(),
            without_bound: stage.numbers.iter().filter(|n| bound(n).is_none()).count(),
            error_log2: spread(stage.numbers.iter().map(Number::error).collect()),
            bound_log2: spread(stage.numbers.iter().filter_map(relative).collect()),
            measured_answers_log2: slack(Form::Measured),
            certified_log2: slack(Form::Certified),
            running_log2: slack(Form::Running),
            a_priori_log2: slack(Form::APriori),
        }
    }
}

impl OpenSign {
    fn new(sign: &SignBound) -> Self {
        let verdict = if sign.verdict == Verdict::Wrong { "wrong" } else { "undecided" };
        Self {
            stage: sign.stage.name().to_owned(),
            item: sign.item.to_string(),
            verdict: verdict.to_owned(),
            margin_log2: sign.margin.is_finite().then_some(Log2(sign.margin)),
        }
    }
}

/// What signs are measured by where answers have no bounds.
const EXACT_ANSWERS: &str = "exact answers";
