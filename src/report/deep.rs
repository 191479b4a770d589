//! The record of a run on a deep victim, and its text.

use super::record::CUT_SHORT;
use super::words::{grouped, magnitude, table, trimmed};
use super::{Answer, QueryCounts, SpreadRecord, Stopped, VictimRecord};
use crate::attack::Error;
use crate::compare::{DeepDual, DeepJudged, Sameness};
use crate::text::shown;
use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};

/// Name and version of the record's layout.
pub const DEEP_SCHEMA: &str = "exactract/deep/1";

/// The JSON schema of [`DeepRecord`].
pub fn deep_schema() -> Schema {
    schemars::schema_for!(DeepRecord)
}

/// Everything that a run on a victim with several hidden layers found out.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct DeepRecord {
    /// [`DEEP_SCHEMA`].
    pub schema: String,
    /// Version of the program.
    pub version: String,
    /// The network under attack.
    pub victim: VictimRecord,
    /// The attack: `peel`.
    pub strategy: String,
    /// Seed of the attack's random choices.
    pub seed: u64,
    /// Remarks on the victim's file.
    pub notes: Vec<String>,
    /// The exact run.
    pub exact: DeepRun,
    /// The run in f64.
    pub f64: DeepRun,
    /// The answer: `yes`, `no` or `none`.
    pub answer: Answer,
    /// The outcome in one sentence.
    pub verdict: String,
}

/// One run on a deep victim.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct DeepRun {
    /// `exact` or `f64`.
    pub name: String,
    /// `complete`, `stopped` (the attack found that it cannot go on) or `cut short` (budget, interrupt).
    pub outcome: String,
    /// Where and why the run stopped, if it did.
    pub stopped: Option<Stopped>,
    /// The hidden layers found, the first first.
    pub layers: Vec<DeepLayer>,
    /// Sizes of the recovered network, inputs first.
    pub recovered: Option<String>,
    /// Queries in all.
    pub queries: u64,
    /// Queries by purpose.
    pub queries_by_purpose: QueryCounts,
    /// Queries divided by the victim's parameters.
    pub queries_per_parameter: f64,
    /// Wall time; the only field that differs between two runs of one command.
    pub seconds: f64,
    /// Whether the recovered network is the victim's function on all of ℝ^d: `equal` and `different` are proved,
    /// `undecided` is neither; `null` without a network.
    pub equality: Option<String>,
    /// The first difference of the two networks' normal forms, where they differ.
    pub difference: Option<String>,
    /// An input at which their answers differ, as fractions, where one was found.
    pub witness: Option<Vec<String>>,
}

/// A hidden layer that was found.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct DeepLayer {
    /// Rows that the run took for units of the layer.
    pub rows: usize,
    /// Units of the victim's layer.
    pub units: usize,
    /// Units that one of the rows is, up to a positive factor, to 2^-8.
    pub found: usize,
    /// Queries asked for this layer.
    pub queries: u64,
    /// Error of an entry or a bias relative to the row's largest, over the units found.
    pub error_log2: Option<SpreadRecord>,
}

/// The record of both runs.
pub fn deep_record(victim: VictimRecord, notes: Vec<String>, seed: u64, dual: &DeepDual) -> DeepRecord {
    let parameters = victim.parameters;
    let (exact, f64) = (run(&dual.exact, parameters), run(&dual.rounded, parameters));
    DeepRecord {
        schema: DEEP_SCHEMA.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        strategy: "peel".to_owned(),
        seed,
        notes,
        answer: answer(dual),
        verdict: format!(
            "{}; {}.",
            sentence(&dual.exact, &victim.shape, true),
            sentence(&dual.rounded, &victim.shape, false)
        ),
        victim,
        exact,
        f64,
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
    let layer = |(layer, (spent, before)): (&crate::compare::LayerError, (&u64, u64))| DeepLayer {
        rows: layer.rows,
        units: layer.units,
        found: layer.found,
        queries: spent - before,
        error_log2: layer.error.map(SpreadRecord::new),
    };
    let outcome = match &run.stopped {
        None => "complete",
        Some(_) if run.was_cut_short() => CUT_SHORT,
        Some(_) => "stopped",
    };
    DeepRun {
        name: run.name.to_owned(),
        outcome: outcome.to_owned(),
        stopped: run.stopped.as_ref().map(|(stage, error)| Stopped {
            stage: stage.name().to_owned(),
            item: error.place().1.map(|item| item.to_string()),
            reason: error.to_string(),
        }),
        layers: layers.iter().zip(run.spent.iter().zip(before)).map(layer).collect(),
        recovered: run.network.as_ref().map(|network| network.sizes().to_string()),
        queries: run.tally.total(),
        queries_by_purpose: QueryCounts::new(&run.tally),
        queries_per_parameter: run.tally.total() as f64 / parameters as f64,
        seconds: run.seconds,
        equality: equality.map(str::to_owned),
        difference,
        witness: witness.map(|point| point.iter().map(ToString::to_string).collect()),
    }
}

/// The report as text, for a terminal of any width.
pub fn deep_text(record: &DeepRecord) -> String {
    let victim = &record.victim;
    let hash = victim.sha256.get(..12).unwrap_or_default();
    let mut out = format!(
        "victim    {}\n          {}, {} parameters, {} weights, sha256 {hash}\nattack    {}, seed {}\n",
        shown(&victim.source),
        victim.shape,
        grouped(victim.parameters),
        victim.dtype,
        record.strategy,
        record.seed,
    );
    for note in &record.notes {
        out += &format!("note      {}\n", shown(note));
    }
    let runs = [&record.exact, &record.f64];
    let mut all = table(&["run", "outcome", "recovered", "queries", "a parameter", "seconds", "equal on R^d"]);
    for run in runs {
        all.add_row([
            run.name.clone(),
            run.outcome.clone(),
            run.recovered.clone().unwrap_or_else(|| "—".to_owned()),
            grouped(run.queries),
            format!("{:.2}", run.queries_per_parameter),
            format!("{:.2}", run.seconds),
            match run.equality.as_deref() {
                Some("equal") => "proved".to_owned(),
                Some(other) => other.to_owned(),
                None => "—".to_owned(),
            },
        ]);
    }
    out += &format!("\n{}\n", trimmed(&all));
    let mut layers = table(&["layer", "run", "units found", "rows", "queries", "worst error", "median"]);
    for run in runs {
        for (index, layer) in run.layers.iter().enumerate() {
            let error = |of: fn(&SpreadRecord) -> &super::Log2| magnitude(layer.error_log2.as_ref().map(of));
            layers.add_row([
                format!("{}", index + 1),
                run.name.clone(),
                format!("{} of {}", layer.found, layer.units),
                layer.rows.to_string(),
                grouped(layer.queries),
                error(|e| &e.max),
                error(|e| &e.median),
            ]);
        }
    }
    if runs.iter().any(|run| !run.layers.is_empty()) {
        out += &format!("\n{}\n", trimmed(&layers));
    }
    for run in runs {
        if let Some(what) = &run.difference {
            out += &format!("\n{} run: {}\n", run.name, shown(what));
        }
    }
    out += &format!("\n{}\n", record.verdict);
    out
}
