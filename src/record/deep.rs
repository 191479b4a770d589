//! The record of a run on a victim with several hidden layers.

use super::run::{Outcome, QueryCounts, Stopped};
use super::{Answer, Document, NetworkRecord, Share, SpreadRecord};
use crate::attack::Error;
use crate::compare::{DeepDual, DeepJudged, LayerError, Sameness};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Everything that a run on a victim with several hidden layers found out.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct DeepRecord {
    /// `exactract/deep/2`.
    #[schemars(extend("const" = Document::Deep.schema()))]
    pub schema: String,
    /// Version of the program.
    pub program: String,
    /// The network under attack.
    pub victim: NetworkRecord,
    /// The attack: `peel`.
    pub strategy: String,
    /// Seed of the attack's random choices.
    pub seed: u64,
    /// The runs.
    pub runs: DeepRuns,
    /// The answer: `yes`, `no` or `none`.
    pub answer: Answer,
    /// The outcome in one sentence.
    pub verdict: String,
}

/// The exact and the rounded run.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct DeepRuns {
    /// The exact run.
    pub exact: DeepRun,
    /// The rounded run.
    pub rounded: DeepRun,
}

/// One run on a victim with several hidden layers.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct DeepRun {
    /// `exact` or `f64`.
    pub name: String,
    /// How it ended.
    pub outcome: Outcome,
    /// Where and why it has no network, where it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<Stopped>,
    /// The hidden layers found, the first first.
    pub layers: Vec<DeepLayer>,
    /// Sizes of the recovered network, inputs first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovered: Option<String>,
    /// Queries in all.
    pub queries: u64,
    /// Queries by the stage that asked them.
    pub queries_by_stage: QueryCounts,
    /// Queries divided by the victim's parameters.
    pub queries_per_parameter: f64,
    /// Wall time.
    pub seconds: f64,
    /// Whether the recovered network is the victim's function on all of ℝ^d: `equal` and `different` are proved,
    /// `undecided` is neither; left out without a network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub equality: Option<String>,
    /// The first difference of the two networks' normal forms, where they differ.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_difference: Option<String>,
    /// An input at which their answers differ, as fractions, where one was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub witness: Option<Vec<String>>,
}

/// A hidden layer that was found.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct DeepLayer {
    /// Rows that the run took for units of the layer.
    pub rows: usize,
    /// Units that one of the rows is, up to a positive factor, to 2^-8, and units of the victim's layer.
    pub units: Share,
    /// Queries asked for this layer.
    pub queries: u64,
    /// Error of an entry or a bias relative to the row's largest, over the units found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_log2: Option<SpreadRecord>,
}

impl DeepRecord {
    /// The record of both runs; `victim` says its sizes and parameters.
    pub fn new(victim: NetworkRecord, seed: u64, dual: &DeepDual) -> Self {
        let parameters = victim.parameters.unwrap_or_default().max(1);
        let (exact, rounded) = (run(&dual.exact, parameters), run(&dual.rounded, parameters));
        let sentence = |judged, exact| sentence(judged, &victim.shape, exact);
        Self {
            schema: Document::Deep.schema(),
            program: env!("CARGO_PKG_VERSION").to_owned(),
            strategy: "peel".to_owned(),
            seed,
            answer: answer(dual),
            verdict: format!("{}; {}.", sentence(&dual.exact, true), sentence(&dual.rounded, false)),
            runs: DeepRuns { exact, rounded },
            victim,
        }
    }
}

fn is_equal(judged: &DeepJudged) -> bool {
    judged.sameness == Some(Sameness::Equal)
}

/// Whether every row of the victim's hidden layers was found.
fn found_all(judged: &DeepJudged, depth: usize) -> bool {
    judged.run.network.is_some()
        && judged.layers.len() == depth
        && judged.layers.iter().all(|layer| layer.found == layer.units)
}

/// Yes: the exact run's network is proved to be the victim, and the rounded run found every unit that the exact one did.
fn answer(dual: &DeepDual) -> Answer {
    if dual.exact.run.was_cut_short() || dual.rounded.run.was_cut_short() {
        return Answer::None;
    }
    let rounded = is_equal(&dual.rounded) || found_all(&dual.rounded, dual.exact.layers.len());
    if is_equal(&dual.exact) && rounded { Answer::Yes } else { Answer::No }
}

fn sentence(judged: &DeepJudged, shape: &str, exact: bool) -> String {
    let name = if exact { "In exact arithmetic" } else { "in f64" };
    let inputs = shape.split('-').next().unwrap_or("d");
    match (&judged.run.stopped, &judged.sameness) {
        (Some((_, error)), _) => format!("{name} there is no network ({}: {error})", cause(error, exact)),
        (None, Some(Sameness::Equal)) => {
            format!("{name} the recovered network is proved to be the victim on all of R^{inputs}")
        }
        (None, Some(_)) if !exact => {
            let worst = judged.layers.iter().filter_map(|layer| layer.error).map(|error| error.max);
            let rows = judged.layers.iter().map(|layer| format!("{} of {}", layer.found, layer.units));
            let rows = rows.collect::<Vec<_>>().join(" and ");
            let worst = worst.fold(f64::NEG_INFINITY, f64::max);
            format!("{name} the run finds {rows} units by layer, the worst to {}", super::power(worst))
        }
        (None, Some(Sameness::Different { what, .. })) => {
            format!("{name} the recovered network is not the victim, which its own checks did not notice ({what})")
        }
        (None, Some(Sameness::Undecided(what))) => {
            format!("{name} it is undecided whether the recovered network is the victim ({what})")
        }
        (None, None) => format!("{name} the recovered network's numbers overflowed"),
    }
}

/// What made a run stop: the algorithm where nothing is rounded, else the algorithm or the precision.
fn cause(error: &Error, exact: bool) -> &'static str {
    match error {
        Error::Oracle(_) => "cut short",
        Error::Undecided(_) => "precision",
        Error::Degenerate { .. } if exact => "the algorithm does not reach this victim",
        Error::Degenerate { .. } => "precision, where the exact run goes on",
    }
}

fn run(judged: &DeepJudged, parameters: u64) -> DeepRun {
    let DeepJudged { run, layers, sameness } = judged;
    let (equality, difference, witness) = match sameness {
        None => (None, None, None),
        Some(Sameness::Equal) => (Some("equal"), None, None),
        Some(Sameness::Different { what, point }) => (Some("different"), Some(what.clone()), point.clone()),
        Some(Sameness::Undecided(what)) => (Some("undecided"), Some(what.clone()), None),
    };
    let before = [0].into_iter().chain(run.spent.iter().copied());
    let layer = |(layer, (spent, before)): (&LayerError, (&u64, u64))| DeepLayer {
        rows: layer.rows,
        units: Share { count: layer.found, total: layer.units },
        queries: spent - before,
        error_log2: layer.error.map(SpreadRecord::new),
    };
    let whole = run.network.is_some();
    DeepRun {
        name: run.name.to_owned(),
        outcome: Outcome::ended(run.stopped.as_ref(), whole),
        stopped: Stopped::ended(run.stopped.as_ref(), whole),
        layers: layers.iter().zip(run.spent.iter().zip(before)).map(layer).collect(),
        recovered: run.network.as_ref().map(|network| network.sizes().to_string()),
        queries: run.tally.total(),
        queries_by_stage: QueryCounts::new(&run.tally),
        queries_per_parameter: (run.tally.total() as f64 / parameters as f64 * 1e4).round() / 1e4,
        seconds: (run.seconds * 1000.0).round() / 1000.0,
        equality: equality.map(str::to_owned),
        first_difference: difference,
        witness: witness.map(|point| point.iter().map(ToString::to_string).collect()),
    }
}
