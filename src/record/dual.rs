//! The record of one command: two runs of one attack, and what sets them apart.

use super::missing::missing;
use super::stages::{DivergenceRecord, StageRecord, stages};
use super::verdict::{self, Conclusion};
use super::{
    AttributedRun, BitsRecord, CertifiedRecord, Document, LedgerRecord, NetworkRecord, OriginRecord, PolishRecord,
    RunRecord, SnapRecord, Subject,
};
use crate::compare::{ISOLATES, Judged};
use crate::study::Outcome;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Everything that one command found out.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct DualRecord {
    /// `exactract/run/2`.
    #[schemars(extend("const" = Document::Run.schema()))]
    pub schema: String,
    /// Version of the program.
    pub program: String,
    /// The network under attack.
    pub victim: NetworkRecord,
    /// The attack: `textbook` or `walk`.
    pub strategy: String,
    /// Seed of the attack's random choices.
    pub seed: u64,
    /// Kernel of the rounded oracle; `portable` gives the same bits on every machine.
    pub kernel: String,
    /// The reference inputs, where fidelity was measured.
    pub reference: String,
    /// The runs.
    pub runs: Runs,
    /// Stage by stage: the rounded run beside the exact one.
    pub stages: Vec<StageRecord>,
    /// The first decision that differs, where one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_divergence: Option<DivergenceRecord>,
    /// Whether stage errors come from a replay of the rounded run along the exact path.
    pub replayed: bool,
    /// Where the largest error of the rounded run comes from; left out where it has none, after polish, and of units
    /// other than ReLU.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<OriginRecord>,
    /// The attribution table, where it was asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attribution: Vec<AttributedRun>,
    /// Whose error it is, where that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ledger: Option<LedgerRecord>,
    /// Bounds on the rounded run, where they were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certified: Option<CertifiedRecord>,
    /// Rounds of polish, from before the first on, where anything was polished.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub polish: Vec<PolishRecord>,
    /// Answer bits that each strategy needs for complete extraction, where that was asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bits_needed: Vec<BitsRecord>,
    /// What it comes to.
    #[serde(flatten)]
    pub conclusion: Conclusion,
    /// The outcome in one sentence.
    pub verdict: String,
}

/// The exact and the rounded run.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Runs {
    /// The exact run.
    pub exact: RunRecord,
    /// The rounded run.
    pub rounded: RunRecord,
}

impl DualRecord {
    /// The record of a study.
    pub fn new(subject: Subject, found: &Outcome) -> Self {
        let dual = &found.dual;
        let run = |judged: &Judged| {
            let record = RunRecord::new(judged, subject.parameters).timed(judged.run.seconds);
            RunRecord { missing: missing(judged, dual), ..record }
        };
        let rows = found.attribution.iter().zip(ISOLATES);
        let rounded = RunRecord { snapped: found.snap.as_ref().map(SnapRecord::new), ..run(&dual.rounded) };
        Self {
            schema: Document::Run.schema(),
            program: env!("CARGO_PKG_VERSION").to_owned(),
            conclusion: Conclusion::new(found),
            verdict: verdict::sentence(found, &subject.victim.shape, subject.kinks_a_unit),
            origin: found.origin.as_ref().map(OriginRecord::new),
            stages: stages(dual),
            first_divergence: dual.first_divergence.as_ref().map(DivergenceRecord::new),
            replayed: dual.replayed,
            attribution: rows.map(|(j, text)| AttributedRun { isolates: text.to_owned(), run: run(j) }).collect(),
            ledger: found.ledger.as_deref().map(LedgerRecord::new),
            certified: found.certification.as_ref().map(CertifiedRecord::new),
            polish: dual.polish().iter().map(PolishRecord::new).collect(),
            bits_needed: found.bits.iter().map(BitsRecord::new).collect(),
            runs: Runs { exact: run(&dual.exact), rounded },
            victim: NetworkRecord {
                parameters: Some(subject.parameters),
                kinks: Some(dual.kinks),
                units_without_kink: dual.without_kink.clone(),
                ..subject.victim
            },
            strategy: subject.strategy,
            seed: subject.seed,
            kernel: subject.kernel,
            reference: subject.reference,
        }
    }
}
