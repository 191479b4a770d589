//! The full record of a run, as JSON with a published schema.

use super::log2::{Log2, SpreadRecord};
use super::margins::{MarginBin, bins};
use super::missing::{MissingRecord, missing};
use super::unmeasured::unmeasured;
use super::{BitsRecord, CertifiedRecord, Extras, LedgerRecord, PolishRecord, SnapRecord, Subject, verdict};
use crate::compare::{Divergence, Dual, Equality, ISOLATES, Judged, StageDecisions};
use crate::judge::Stage;
use crate::oracle::Tally;
use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};

/// Name and version of the record's layout.
pub const SCHEMA: &str = "exactract/run/1";

/// Outcome of a run that was interrupted or spent its budget.
pub(super) const CUT_SHORT: &str = "cut short";

/// The JSON schema of [`Record`].
pub fn schema() -> Schema {
    schemars::schema_for!(Record)
}

/// Everything that one command found out.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Record {
    /// [`SCHEMA`].
    pub schema: String,
    /// Version of the program.
    pub version: String,
    /// The network under attack.
    pub victim: VictimRecord,
    /// Distinct hyperplanes at which the victim has a kink.
    #[serde(default)]
    pub kinks: usize,
    /// Hidden units of the victim that make no kink, so that no answer shows more of them than an affine map.
    #[serde(default)]
    pub units_without_kink: Vec<usize>,
    /// The attack: `textbook` or `walk`.
    pub strategy: String,
    /// Seed of the attack's random choices.
    pub seed: u64,
    /// Kernel of the rounded oracle; `portable` gives the same bits on every machine.
    pub kernel: String,
    /// Where fidelity was measured.
    pub inputs: String,
    /// Remarks on the victim's file.
    pub notes: Vec<String>,
    /// The runs.
    pub runs: Runs,
    /// Stage by stage: the rounded run against the exact one.
    pub stages: Vec<StageRecord>,
    /// The first decision that differs.
    pub first_divergence: Option<DivergenceRecord>,
    /// Whether stage errors come from a replay of the rounded run along the exact path.
    pub replayed: bool,
    /// The attribution table; empty unless it was asked for.
    pub attribution: Vec<AttributionRow>,
    /// Whose error it is; `null` unless it was asked for.
    pub ledger: Option<LedgerRecord>,
    /// Bounds on the rounded run; `null` unless they were asked for.
    pub certified: Option<CertifiedRecord>,
    /// Rounds of polish, from before the first on; empty where nothing was polished.
    pub polish: Vec<PolishRecord>,
    /// Weights taken for floats of few bits; `null` unless it was asked for.
    pub snap: Option<SnapRecord>,
    /// Answer bits that each strategy needs for complete extraction; empty unless it was asked for.
    pub bits_needed: Vec<BitsRecord>,
    /// The answer: `yes`, `no` or `none`.
    pub answer: verdict::Answer,
    /// The outcome in one sentence.
    pub verdict: String,
}

/// The network under attack.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct VictimRecord {
    /// File, or how it was made.
    pub source: String,
    /// SHA-256 of the file's bytes, or of the made network's safetensors form.
    pub sha256: String,
    /// `inputs-hidden-outputs`.
    pub shape: String,
    /// What hidden units compute: `relu`, `leaky:0.01`, `prelu`, `relu6`, `clip:-1,1` or `abs`.
    #[serde(default = "relu")]
    pub activation: String,
    /// Weights and biases, and slopes of units that have their own.
    pub parameters: u64,
    /// Type of the stored weights.
    pub dtype: String,
    /// The tensors of the file that each layer was made from, the first layer first; left out where there is no file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub layers: Vec<String>,
}

/// What records say that are older than other activations.
fn relu() -> String {
    "relu".to_owned()
}

/// The rounded and the exact run.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Runs {
    /// The rounded run.
    pub f64: RunRecord,
    /// The exact run.
    pub exact: RunRecord,
}

/// One run.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RunRecord {
    /// `exact`, `f64`, `p64`, `tolerant` (exact but for the policy) or `rounded` (exact attacker, rounded answers).
    pub name: String,
    /// Arithmetic of the oracle.
    pub victim_arithmetic: String,
    /// What coordinates of questions are rounded to on their way, such as `24 bits`.
    pub questions_rounded_to: Option<String>,
    /// What answers are rounded to on their way, such as `40 bits` or `6 decimals`.
    pub answers_rounded_to: Option<String>,
    /// Arithmetic of the attack.
    pub attacker: String,
    /// `exact` where only zero counts as zero, else `tolerance`.
    pub policy: String,
    /// `complete`, `stopped` (the attack found that it cannot go on) or `cut short` (budget, interrupt).
    pub outcome: String,
    /// Where and why the run stopped, if it did.
    pub stopped: Option<Stopped>,
    /// Queries in all.
    pub queries: u64,
    /// Queries by purpose.
    pub queries_by_purpose: QueryCounts,
    /// Queries divided by the victim's parameters.
    pub queries_per_parameter: f64,
    /// Wall time; the only field that differs between two runs of one command.
    pub seconds: f64,
    /// Critical points located, over all lines.
    pub critical_points: usize,
    /// Rows found.
    pub neurons_found: usize,
    /// Why rows could not be oriented, where the canonical form had to do.
    pub unoriented: Option<String>,
    /// Inputs with the victim's label, of a tie any of the tied ones, and inputs.
    pub label_agreement: Option<(usize, usize)>,
    /// Inputs at which the victim's label is an exact tie.
    pub label_ties: Option<usize>,
    /// Largest difference of an output over the inputs, evaluated exactly.
    pub max_abs_difference_log2: Option<Log2>,
    /// Error of the recovered hyperplanes, each row scaled so that the victim's largest entry is 1: of a row entry, a
    /// bias, or an output weight relative to the unit's largest.
    pub weight_error_log2: Option<SpreadRecord>,
    /// Distinct kinks of the victim that were recovered, and all of them.
    pub kinks_matched: Option<Weights>,
    /// The others, the strongest first; without a network those that no row found is; none of a run that was cut short.
    #[serde(default)]
    pub missing: Vec<MissingRecord>,
    /// Whether the recovered network is the victim as a function on all of ℝ^d.
    pub equivalent: Option<bool>,
    /// The first difference of the canonical forms, where they differ.
    pub difference: Option<String>,
}

/// Kinks matched.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Weights {
    /// Of the victim's kinks, those that the copy has to 2^-8; of a bias relative to one plus its magnitude.
    pub found: usize,
    /// The victim's kinks.
    pub kinks: usize,
}

/// Queries by the stage that asked them.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct QueryCounts {
    /// Critical points.
    pub locate: u64,
    /// Weight ratios.
    pub signature: u64,
    /// Signs.
    pub orientation: u64,
    /// Rows once more.
    pub polish: u64,
    /// Last layer.
    pub last_layer: u64,
    /// Check of the result.
    pub check: u64,
}

impl QueryCounts {
    fn new(tally: &Tally) -> Self {
        Self {
            locate: tally.of(Stage::Locate),
            signature: tally.of(Stage::Signature),
            orientation: tally.of(Stage::Orientation),
            polish: tally.of(Stage::Polish),
            last_layer: tally.of(Stage::LastLayer),
            check: tally.of(Stage::Check),
        }
    }
}

/// Where and why a run stopped.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Stopped {
    /// The stage.
    pub stage: String,
    /// The item, where there is one.
    pub item: Option<String>,
    /// The reason.
    pub reason: String,
}

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

/// One cell of the attribution table.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AttributionRow {
    /// What the cell isolates.
    pub isolates: String,
    /// The run.
    pub run: RunRecord,
}

impl Record {
    pub(super) fn new(subject: Subject, dual: &Dual, extras: &Extras) -> Self {
        let parameters = subject.victim.parameters;
        let run = |judged: &Judged| RunRecord::new(judged, dual, parameters);
        let rows = extras.attribution.iter().zip(ISOLATES);
        let runs = Runs { f64: run(&dual.rounded), exact: run(&dual.exact) };
        Self {
            schema: SCHEMA.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            answer: verdict::answer(dual),
            verdict: verdict::sentence(dual, &subject),
            stages: stages(dual),
            first_divergence: dual.first_divergence.as_ref().map(DivergenceRecord::new),
            replayed: dual.replayed,
            attribution: rows.map(|(j, text)| AttributionRow { isolates: text.to_owned(), run: run(j) }).collect(),
            ledger: extras.ledger.as_deref().map(LedgerRecord::new),
            certified: extras.certification.as_ref().map(CertifiedRecord::new),
            polish: dual.polish().iter().map(PolishRecord::new).collect(),
            snap: extras.snap.as_ref().map(SnapRecord::new),
            bits_needed: extras.bits.iter().map(BitsRecord::new).collect(),
            runs,
            kinks: dual.kinks,
            units_without_kink: dual.without_kink.clone(),
            victim: subject.victim,
            strategy: subject.strategy,
            seed: subject.seed,
            kernel: subject.kernel,
            inputs: subject.inputs,
            notes: subject.notes,
        }
    }
}

impl RunRecord {
    fn new(judged: &Judged, dual: &Dual, parameters: u64) -> Self {
        let run = &judged.run;
        let queries = run.tally.total();
        let stopped = run.stopped.as_ref().map(|(stage, error)| Stopped {
            stage: stage.name().to_owned(),
            item: error.place().1.map(|item| item.to_string()),
            reason: error.to_string(),
        });
        let outcome = match (&stopped, run.was_cut_short()) {
            (None, _) => "complete",
            (Some(_), true) => CUT_SHORT,
            (Some(_), false) => "stopped",
        };
        let trace = run.trace.as_ref();
        let unoriented = trace.and_then(|t| t.orientation.as_ref()).and_then(|o| match o {
            crate::trace::Orientation::Canonical(reason) => Some(reason.to_string()),
            _ => None,
        });
        Self {
            name: run.cell.name(),
            victim_arithmetic: run.cell.victim.to_string(),
            questions_rounded_to: run.cell.questions_rounded_to(),
            answers_rounded_to: run.cell.answers_rounded_to(),
            attacker: run.cell.attacker.to_string(),
            policy: if run.cell.exact_policy { "exact" } else { "tolerance" }.to_owned(),
            outcome: outcome.to_owned(),
            stopped,
            queries,
            queries_by_purpose: QueryCounts::new(&run.tally),
            queries_per_parameter: (queries as f64 / parameters as f64 * 1e4).round() / 1e4,
            seconds: (run.seconds * 1000.0).round() / 1000.0,
            critical_points: trace.map_or(0, |t| t.kinks.iter().map(Vec::len).sum()),
            neurons_found: trace.map_or(0, |t| t.signatures.len()),
            unoriented,
            label_agreement: judged.fidelity.as_ref().map(|f| (f.same, f.total)),
            label_ties: judged.fidelity.as_ref().map(|f| f.ties),
            max_abs_difference_log2: judged.fidelity.as_ref().map(|f| Log2(f.max_difference_log2)),
            weight_error_log2: judged.weights.as_ref().and_then(|w| w.error).map(SpreadRecord::new),
            kinks_matched: judged.weights.as_ref().map(|w| Weights { found: w.found, kinks: w.kinks }),
            missing: missing(judged, dual),
            equivalent: judged.equality.as_ref().map(|e| *e == Equality::Equal),
            difference: judged.equality.as_ref().and_then(|e| match e {
                Equality::Equal => None,
                Equality::Different(what) => Some(what.clone()),
                Equality::BackendsDisagree => Some("the two exact backends disagree".to_owned()),
            }),
        }
    }
}

impl DivergenceRecord {
    fn new(d: &Divergence) -> Self {
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

fn stages(dual: &Dual) -> Vec<StageRecord> {
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
