//! The record of learned copies.

use super::{Document, NetworkRecord, RunRecord, Share};
use schemars::JsonSchema;
use serde::Serialize;

/// Everything that one command found out.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LearnRecord {
    /// `exactract/learn/2`.
    #[schemars(extend("const" = Document::Learn.schema()))]
    pub schema: String,
    /// Version of the program.
    pub program: String,
    /// Who answers; left out where the data's own labels do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub victim: Option<NetworkRecord>,
    /// Where images come from.
    pub data: DataRecord,
    /// What is seen of an answer: `label`, `label-score`, `topk:K`, `scores` or `logits`.
    pub access: String,
    /// What scores are softened by; 1 leaves them.
    pub temperature: f64,
    /// The student.
    pub student: StudentRecord,
    /// Method by method, and for each by the number of queries.
    pub rows: Vec<CopiesRecord>,
    /// How much runs differ that differ in one thing; empty unless it was asked for.
    pub spread: Vec<SpreadRow>,
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

/// One method with one number of queries.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CopiesRecord {
    /// `supervised`, `mixmatch`, `direct`, `direct-f32`, `polished`, `repaired` or `exact`.
    pub method: String,
    /// Queries; of a direct method the mean of what its runs spent.
    pub queries: f64,
    /// Run by run.
    pub runs: Vec<RunRecord>,
    /// Over the runs that have a copy, in percent.
    pub summary: Option<Summary>,
}

/// Means and standard deviations over runs, in percent.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Summary {
    /// Accuracy.
    pub accuracy: Option<Mean>,
    /// Fidelity on held-out images.
    pub labels: Option<Mean>,
    /// Fidelity on random images.
    pub labels_on_random: Option<Mean>,
    /// Fidelity on adversarial images.
    pub labels_on_adversarial: Option<Mean>,
    /// Transfer of FGSM.
    pub fgsm_transfers: Option<Mean>,
    /// Transfer of PGD.
    pub pgd_transfers: Option<Mean>,
}

impl Summary {
    /// Over these runs; `None` where none has a copy.
    pub fn of(runs: &[RunRecord]) -> Option<Self> {
        let mean = |part: fn(&RunRecord) -> Option<Share>| Mean::of(runs.iter().filter_map(part));
        let summary = Self {
            accuracy: mean(|run| run.accuracy),
            labels: mean(|run| run.labels),
            labels_on_random: mean(|run| run.labels_on_random),
            labels_on_adversarial: mean(|run| run.labels_on_adversarial),
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
    fn of(counts: impl Iterator<Item = Share>) -> Option<Self> {
        let all: Vec<f64> = counts.filter(|count| count.total > 0).map(|c| c.percent()).collect();
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
