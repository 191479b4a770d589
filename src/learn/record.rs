//! The record of `exactract learn`, as JSON with a published schema.

use super::{Measured, Share, Worst};
use crate::report::Log2;
use schemars::{JsonSchema, Schema};
use serde::Serialize;

/// Name and version of the record's layout.
pub const SCHEMA: &str = "exactract/learn/1";

/// The JSON schema of [`Record`].
pub fn schema() -> Schema {
    schemars::schema_for!(Record)
}

/// Everything that one command found out.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Record {
    /// [`SCHEMA`].
    pub schema: String,
    /// Version of the program.
    pub version: String,
    /// Who answers.
    pub victim: VictimRecord,
    /// Where images come from.
    pub data: DataRecord,
    /// What is seen of an answer: `label`, `label-score`, `topk:K`, `scores` or `logits`.
    pub access: String,
    /// What scores are softened by; 1 leaves them.
    pub temperature: f64,
    /// The student.
    pub student: StudentRecord,
    /// Method by method, and for each by the number of queries.
    pub rows: Vec<Row>,
    /// How much runs differ that differ in one thing; empty unless it was asked for.
    pub spread: Vec<SpreadRow>,
}

/// Who answers.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct VictimRecord {
    /// File, or how it was made.
    pub source: String,
    /// SHA-256 of the file's bytes; `null` of the data's own labels.
    pub sha256: Option<String>,
    /// Sizes or name; `null` of the data's own labels.
    pub shape: Option<String>,
    /// Held-out images with their true label.
    pub accuracy: Option<Counted>,
    /// Held-out images at which it has an exact tie.
    pub ties: Option<usize>,
}

/// Where images come from.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct DataRecord {
    /// File, or name.
    pub source: String,
    /// Colours, rows and columns of an image, and classes.
    pub form: [usize; 4],
    /// Images that may be queried or learned from unlabelled.
    pub pool: usize,
    /// Images held out.
    pub held_out: usize,
    /// Radius of adversarial examples.
    pub epsilon: f64,
}

/// The student.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct StudentRecord {
    /// Sizes, or name.
    pub name: String,
    /// Weights and biases.
    pub parameters: usize,
    /// Steps.
    pub steps: usize,
    /// Labelled images a step.
    pub batch: usize,
    /// Step size of Adam.
    pub rate: f64,
    /// What it computes on: `cpu` or `gpu`.
    pub device: String,
    /// What is done to images each time they are shown.
    pub augmentation: String,
    /// Where queries come from: `data` or `random`.
    pub queries_from: String,
}

/// Inputs on which something holds, of all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Counted {
    /// Those on which it holds.
    pub of: usize,
    /// All.
    pub all: usize,
}

impl From<Share> for Counted {
    fn from(share: Share) -> Self {
        Self { of: share.of, all: share.all }
    }
}

/// One method with one number of queries.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Row {
    /// `supervised`, `mixmatch`, `direct`, `direct-f32`, `polished`, `repaired` or `exact`.
    pub method: String,
    /// Queries; of a direct method the mean of what its runs spent.
    pub queries: f64,
    /// Run by run.
    pub runs: Vec<RunRecord>,
    /// Over the runs that have a copy, in percent.
    pub summary: Option<Summary>,
}

/// One run.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RunRecord {
    /// Its seed.
    pub seed: u64,
    /// Queries spent.
    pub queries: u64,
    /// Why there is no copy, where there is none.
    pub stopped: Option<String>,
    /// Held-out images with their true label.
    pub accuracy: Option<Counted>,
    /// Held-out images with the victim's label, of a tie any of the tied ones; this and what follows is `null` without a victim's network.
    pub same_on_test: Option<Counted>,
    /// Random images with the victim's label.
    pub same_on_random: Option<Counted>,
    /// Images made against the victim by PGD, with the victim's label.
    pub same_on_adversarial: Option<Counted>,
    /// Images that FGSM on the copy changes the copy's labels of, and those of them that change the victim's.
    pub fgsm_transfers: Option<Counted>,
    /// The same by PGD.
    pub pgd_transfers: Option<Counted>,
    /// Whether the copy is the victim on all of ℝ^d; `null` of a learned copy.
    pub equivalent: Option<bool>,
    /// Largest difference of an output over the held-out images, evaluated exactly; this and what follows is `null` but
    /// of one hidden layer.
    pub largest_difference_log2: Option<Log2>,
    /// Distinct kinks of the victim that the copy has to 2^-8, of a bias relative to one plus its magnitude, and all of
    /// them.
    pub kinks: Option<Counted>,
    /// Worst error of the kinks found, each row scaled so that the victim's largest entry is 1: of a row entry, a bias,
    /// or an output weight relative to the unit's largest.
    pub weight_error_log2: Option<Log2>,
    /// Bounds on the largest difference of an output on all inputs between 0 and 1; `null` unless asked for.
    pub worst_difference: Option<WorstRecord>,
}

/// Bounds on the largest difference.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct WorstRecord {
    /// Reached at an input.
    pub at_least_log2: Log2,
    /// Proved.
    pub at_most_log2: Log2,
}

impl From<Worst> for WorstRecord {
    fn from(worst: Worst) -> Self {
        Self { at_least_log2: Log2(worst.at_least), at_most_log2: Log2(worst.at_most) }
    }
}

impl RunRecord {
    /// A run without a copy, for this reason.
    pub fn stopped(seed: u64, queries: u64, reason: Option<String>) -> Self {
        Self {
            seed,
            queries,
            stopped: reason,
            accuracy: None,
            same_on_test: None,
            same_on_random: None,
            same_on_adversarial: None,
            fgsm_transfers: None,
            pgd_transfers: None,
            equivalent: None,
            largest_difference_log2: None,
            kinks: None,
            weight_error_log2: None,
            worst_difference: None,
        }
    }

    /// The same run with what was measured of its copy.
    pub fn with(self, measured: &Measured) -> Self {
        Self {
            accuracy: Some(measured.accuracy.into()),
            same_on_test: Some(measured.test.into()),
            same_on_random: Some(measured.random.into()),
            same_on_adversarial: Some(measured.adversarial.into()),
            fgsm_transfers: Some(measured.fgsm.into()),
            pgd_transfers: Some(measured.pgd.into()),
            ..self
        }
    }
}

/// Means and standard deviations over runs, in percent.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Summary {
    /// Accuracy.
    pub accuracy: Option<Mean>,
    /// Fidelity on held-out images.
    pub same_on_test: Option<Mean>,
    /// Fidelity on random images.
    pub same_on_random: Option<Mean>,
    /// Fidelity on adversarial images.
    pub same_on_adversarial: Option<Mean>,
    /// Transfer of FGSM.
    pub fgsm_transfers: Option<Mean>,
    /// Transfer of PGD.
    pub pgd_transfers: Option<Mean>,
}

impl Summary {
    /// Over these runs; `None` where none has a copy.
    pub fn of(runs: &[RunRecord]) -> Option<Self> {
        let mean = |part: fn(&RunRecord) -> Option<Counted>| Mean::of(runs.iter().filter_map(part));
        let summary = Self {
            accuracy: mean(|run| run.accuracy),
            same_on_test: mean(|run| run.same_on_test),
            same_on_random: mean(|run| run.same_on_random),
            same_on_adversarial: mean(|run| run.same_on_adversarial),
            fgsm_transfers: mean(|run| run.fgsm_transfers),
            pgd_transfers: mean(|run| run.pgd_transfers),
        };
        summary.accuracy.map(|_| summary)
    }
}

/// A mean with the deviation of one run, in percent, rounded to 1/1000.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Mean {
    /// The mean.
    pub mean: f64,
    /// The sample's standard deviation; `null` of one run.
    pub deviation: Option<f64>,
}

impl Mean {
    fn of(counts: impl Iterator<Item = Counted>) -> Option<Self> {
        let all: Vec<f64> = counts.filter(|count| count.all > 0).map(|c| 100.0 * c.of as f64 / c.all as f64).collect();
        let (count, round) = (all.len() as f64, |x: f64| (1000.0 * x).round() / 1000.0);
        let mean = all.iter().sum::<f64>() / count;
        let squares: f64 = all.iter().map(|x| (x - mean) * (x - mean)).sum();
        let deviation = (all.len() > 1).then(|| round(libm::sqrt(squares / (count - 1.0))));
        (!all.is_empty()).then(|| Self { mean: round(mean), deviation })
    }
}

/// Runs of one attack that differ in one thing, compared with each other two by two.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SpreadRow {
    /// The method.
    pub method: String,
    /// Queries.
    pub queries: usize,
    /// What differs: `queries`, `first weights`, `order` of batches and their changes, or `nothing`.
    pub differs: String,
    /// Runs.
    pub runs: usize,
    /// Held-out images on which two runs agree, in percent: the least pair, the mean, the greatest.
    pub test: [f64; 3],
    /// The same on random images.
    pub random: [f64; 3],
}
