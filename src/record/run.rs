//! One run of an attack, wherever it is written.

use super::{Attacker, Bounds, Log2, LossRecord, MissingRecord, Share, SnapRecord, SpreadRecord, VictimArithmetic};
use crate::attack::Error;
use crate::compare::{Equality, Judged};
use crate::experiment::{Arithmetic, Finished};
use crate::judge::Stage;
use crate::oracle::{self, Rounding, Tally, Wrapper};
use crate::trace::Orientation;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a run ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// With a network.
    Complete,
    /// The attack found that it cannot go on.
    // The default claims nothing.
    #[default]
    Stopped,
    /// It spent the queries that it was allowed.
    Budget,
    /// It was told to stop.
    Interrupted,
    /// The oracle failed.
    Failed,
}

impl Outcome {
    /// How a run ended.
    pub fn of(run: &Finished) -> Self {
        Self::ended(run.stopped.as_ref(), run.network().is_some())
    }

    /// How a run ended that stopped there, if it did; `whole`: whether it has a network.
    pub(super) fn ended(stopped: Option<&(Stage, Error)>, whole: bool) -> Self {
        match stopped {
            None if whole => Self::Complete,
            Some((_, Error::Oracle(error))) => Self::after(error),
            _ => Self::Stopped,
        }
    }

    /// How a run ended that its oracle ended.
    pub fn after(error: &oracle::Error) -> Self {
        match error {
            oracle::Error::Budget { .. } => Self::Budget,
            oracle::Error::Interrupted { .. } => Self::Interrupted,
            oracle::Error::Failed { .. } => Self::Failed,
            oracle::Error::Access { .. } => Self::Stopped,
        }
    }

    /// The word for it, in records and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Stopped => "stopped",
            Self::Budget => "budget",
            Self::Interrupted => "interrupted",
            Self::Failed => "failed",
        }
    }

    /// Whether it was ended from outside, so that it does not tell what the attack comes to.
    pub fn is_cut_short(self) -> bool {
        matches!(self, Self::Budget | Self::Interrupted | Self::Failed)
    }
}

/// Where and why a run ended without a network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Stopped {
    /// The stage, of an attack that did not come to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
    /// The item, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<String>,
    /// The reason.
    pub reason: String,
}

impl Stopped {
    /// For a reason that no stage of an attack gives.
    pub fn because(reason: impl ToString) -> Self {
        Self { stage: None, item: None, reason: reason.to_string() }
    }

    /// Why a run has no network; `None` where it has one.
    pub fn of(run: &Finished) -> Option<Self> {
        Self::ended(run.stopped.as_ref(), run.network().is_some())
    }

    /// Why a run has no network that stopped there, if it did; `whole`: whether it has one.
    pub(super) fn ended(stopped: Option<&(Stage, Error)>, whole: bool) -> Option<Self> {
        match stopped {
            Some((stage, error)) => Some(Self {
                stage: Some(stage.name().to_owned()),
                item: error.place().1.map(|item| item.to_string()),
                reason: error.to_string(),
            }),
            None => (!whole).then(|| Self::because("numbers overflowed")),
        }
    }
}

/// Queries by the stage that asked them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
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
    pub(super) fn new(tally: &Tally) -> Self {
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

/// One run, compared with the victim. A run without a network is a result, too.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RunRecord {
    /// Seed of its random choices, where runs of one document differ in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// `exact`, `f64`, `p64`, `tolerant` (exact but for the policy) or `rounded` (exact attacker, rounded answers).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Arithmetic of the oracle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub victim_arithmetic: Option<VictimArithmetic>,
    /// Arithmetic of the attack.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attacker: Option<Attacker>,
    /// `exact` where only zero counts as zero, else `tolerance`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// Significant bits that coordinates of questions are rounded to on their way, where they are rounded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub question_bits: Option<u32>,
    /// Significant bits that answers are rounded to on their way, where they are rounded so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer_bits: Option<u32>,
    /// Decimals that answers are rounded to on their way, where they are rounded so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer_decimals: Option<u32>,
    /// All that questions and answers go through, in words, from the victim to the attacker, where the three fields
    /// above do not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wrappers: Option<Vec<String>>,
    /// How it ended.
    pub outcome: Outcome,
    /// Where and why it ended, where it has no network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<Stopped>,
    /// Queries spent.
    pub queries: u64,
    /// Queries by the stage that asked them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queries_by_stage: Option<QueryCounts>,
    /// Queries divided by the victim's parameters, to four decimals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queries_per_parameter: Option<f64>,
    /// Wall time; it differs between two runs of one command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
    /// Critical points located, over all lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub critical_points: Option<usize>,
    /// Rows found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<usize>,
    /// Why rows could not be oriented, where the canonical form had to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unoriented: Option<String>,
    /// Of the victim's kinks, those that the copy has to 2^-8; of a bias relative to one plus its magnitude.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kinks: Option<Share>,
    /// Of the units that bend the victim's function, those of which the copy has the active side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sides: Option<Share>,
    /// Of the reference inputs, those with the victim's label, of a tie any of the tied ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<Share>,
    /// Reference inputs at which the victim's label is an exact tie.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label_ties: Option<usize>,
    /// Largest difference of an output over the reference inputs, evaluated exactly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub largest_difference_log2: Option<Log2>,
    /// Error of the hyperplanes found, each row scaled so that the victim's largest entry is 1: of a row entry, a bias,
    /// or an output weight relative to the unit's largest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight_error_log2: Option<SpreadRecord>,
    /// The victim's kinks that the run lacks, the strongest first; without a network those that no row found is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<MissingRecord>,
    /// Whether the copy is the victim as a function on all of ℝ^d.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub equal: Option<bool>,
    /// The first difference of the canonical forms, where they differ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_difference: Option<String>,
    /// Whether the extraction is complete: all kinks, all sides, and every reference label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub complete: Option<bool>,
    /// What it lost stage by stage against the exact run, of a sweep's cell that asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub losses: Option<LossRecord>,
    /// The weights taken for floats of few bits, where that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapped: Option<SnapRecord>,
    /// Bounds on the largest difference of an output on all inputs between 0 and 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difference_bounds: Option<Bounds>,
    /// Held-out images with their true label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accuracy: Option<Share>,
    /// Random images with the victim's label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels_on_random: Option<Share>,
    /// Images made against the victim by PGD, with the victim's label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels_on_adversarial: Option<Share>,
    /// Of the images that FGSM on the copy changes the copy's label of, those that change the victim's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fgsm_transfers: Option<Share>,
    /// The same by PGD.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pgd_transfers: Option<Share>,
}

/// Columns of a run in tables, as [`csv`](super::csv) takes them.
pub const RUN_COLUMNS: &[&str] = &[
    "seed",
    "name",
    "victim_arithmetic",
    "attacker",
    "policy",
    "question_bits",
    "answer_bits",
    "answer_decimals",
    "outcome",
    "complete",
    "stopped/stage",
    "stopped/item",
    "stopped/reason",
    "queries",
    "queries_by_stage/locate",
    "queries_by_stage/signature",
    "queries_by_stage/orientation",
    "queries_by_stage/polish",
    "queries_by_stage/last_layer",
    "queries_by_stage/check",
    "queries_per_parameter",
    "critical_points",
    "rows",
    "unoriented",
    "kinks/count",
    "kinks/total",
    "sides/count",
    "sides/total",
    "labels/count",
    "labels/total",
    "label_ties",
    "largest_difference_log2",
    "weight_error_log2/max",
    "weight_error_log2/median",
    "equal",
    "first_difference",
    "snapped/kind",
    "snapped/equal",
    "snapped/verdict",
];

/// A run that isolates one cause of errors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AttributedRun {
    /// What it isolates.
    pub isolates: String,
    /// The run.
    pub run: RunRecord,
}

/// A list of wrappers as a record has it.
#[derive(Default)]
struct Wrapped {
    question_bits: Option<u32>,
    answer_bits: Option<u32>,
    answer_decimals: Option<u32>,
    others: Option<Vec<String>>,
}

impl Wrapped {
    /// At most one rounding of questions to bits, and one of answers, has a field of its own.
    fn new(wrappers: &[Wrapper]) -> Self {
        let mut found = Self::default();
        for wrapper in wrappers {
            let (field, number) = match wrapper {
                Wrapper::Questions(Rounding::Bits(bits)) => (&mut found.question_bits, bits),
                Wrapper::Answers(Rounding::Bits(bits)) if found.answer_decimals.is_none() => {
                    (&mut found.answer_bits, bits)
                }
                Wrapper::Answers(Rounding::Decimals(k)) if found.answer_bits.is_none() => {
                    (&mut found.answer_decimals, k)
                }
                _ => return Self::in_words(wrappers),
            };
            if field.replace(*number).is_some() {
                return Self::in_words(wrappers);
            }
        }
        found
    }

    fn in_words(wrappers: &[Wrapper]) -> Self {
        Self { others: Some(wrappers.iter().map(Wrapper::to_string).collect()), ..Self::default() }
    }
}

impl RunRecord {
    /// A run of which nothing is known but how it ended.
    pub fn ended(outcome: Outcome, stopped: Option<Stopped>, queries: u64) -> Self {
        Self { outcome, stopped, queries, ..Self::default() }
    }

    /// Everything about a run that is the same however often it is made.
    ///
    /// `parameters`: the victim's.
    pub fn new(judged: &Judged, parameters: u64) -> Self {
        let (run, trace) = (&judged.run, judged.run.trace.as_ref());
        let queries = run.tally.total();
        let unoriented = trace.and_then(|t| t.orientation()).and_then(|o| match o {
            Orientation::Canonical(reason) => Some(reason.to_string()),
            _ => None,
        });
        let wrapped = Wrapped::new(&run.cell.wrappers);
        let attacker = if run.cell.attacker.attacks() { run.cell.attacker } else { Arithmetic::F64 };
        let fidelity = judged.fidelity.as_ref();
        Self {
            name: Some(run.cell.name()),
            victim_arithmetic: Some(VictimArithmetic(run.cell.victim)),
            attacker: Some(Attacker(attacker)),
            policy: Some(if run.cell.exact_policy { "exact" } else { "tolerance" }.to_owned()),
            question_bits: wrapped.question_bits,
            answer_bits: wrapped.answer_bits,
            answer_decimals: wrapped.answer_decimals,
            wrappers: wrapped.others,
            queries_by_stage: Some(QueryCounts::new(&run.tally)),
            queries_per_parameter: Some((queries as f64 / parameters as f64 * 1e4).round() / 1e4),
            critical_points: trace.map(|t| t.located.kinks.iter().map(Vec::len).sum()),
            rows: trace.map(|t| t.signatures().len()),
            unoriented,
            kinks: judged.weights.as_ref().map(|w| Share { count: w.found, total: w.kinks }),
            sides: judged.sides.map(|s| Share { count: s.found, total: s.units }),
            labels: fidelity.map(|f| Share { count: f.same, total: f.total }),
            label_ties: fidelity.map(|f| f.ties),
            largest_difference_log2: fidelity.map(|f| Log2(f.max_difference_log2)),
            weight_error_log2: judged.weights.as_ref().and_then(|w| w.error).map(SpreadRecord::new),
            equal: judged.equality.as_ref().map(|e| *e == Equality::Equal),
            first_difference: judged.equality.as_ref().and_then(Equality::difference),
            complete: Some(judged.is_complete()),
            ..Self::ended(Outcome::of(run), Stopped::of(run), queries)
        }
    }

    /// Whether snapping found every weight of the victim.
    pub fn is_bit_for_bit(&self) -> bool {
        self.snapped.as_ref().is_some_and(|snapped| snapped.equal == Some(true))
    }

    /// The run with its wall time, rounded to milliseconds.
    #[must_use]
    pub fn timed(self, seconds: f64) -> Self {
        Self { seconds: Some((seconds * 1000.0).round() / 1000.0), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::super::LOSS_COLUMNS;
    use super::*;

    /// A column that the layout lacks would be empty in every table.
    #[test]
    fn columns_are_fields_of_the_layout() {
        let root = schemars::schema_for!(RunRecord).to_value();
        let resolved = |schema: &serde_json::Value| -> serde_json::Value {
            let of = |schema: &serde_json::Value| {
                schema["$ref"].as_str().and_then(|place| root.pointer(place.strip_prefix('#')?)).cloned()
            };
            let some = schema["anyOf"].as_array().and_then(|any| any.iter().find_map(of));
            some.or_else(|| of(schema)).unwrap_or_else(|| schema.clone())
        };
        for column in [RUN_COLUMNS, LOSS_COLUMNS].concat() {
            let found = column.split('/').fold(root.clone(), |schema, name| resolved(&schema["properties"][name]));
            assert!(found.is_object() && found["properties"].is_null(), "{column}: {found}");
        }
        let json = serde_json::to_value(RunRecord::ended(Outcome::Budget, None, 3)).unwrap();
        assert_eq!(json, serde_json::json!({"outcome": "budget", "queries": 3}));
    }

    #[test]
    fn outcomes_are_written_by_their_names() {
        for outcome in [Outcome::Complete, Outcome::Stopped, Outcome::Budget, Outcome::Interrupted, Outcome::Failed] {
            assert_eq!(serde_json::to_value(outcome).unwrap(), outcome.name());
        }
    }
}
