//! Runs by shape: what the seeds of one victim's shape and way to attack have in common.

use super::cell::{Description, RANDOM};
use super::lines::Section;
use super::result::CellRecord;
use super::way::{Parts, Ways, parts, setting, way};
use crate::attack::Strategy;
use crate::record::{Attacker, Log2, LossRecord, NetworkRecord, RunRecord, StageLoss, VictimArithmetic, power};
use crate::text::shown;
use serde::Serialize;
use std::collections::BTreeMap;

/// A magnitude over the seeds, by its base-2 logarithm.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct OverSeeds {
    /// The least.
    pub least: Log2,
    /// The median, by nearest rank.
    pub median: Log2,
    /// The largest.
    pub most: Log2,
}

/// What a stage loses, in the median over the seeds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct StageMedians {
    /// Bits lost.
    pub bits_lost: Option<Log2>,
    /// The largest error in its ledger.
    pub worst_error_log2: Option<Log2>,
    /// Its part from earlier stages.
    pub inherited_log2: Option<Log2>,
    /// Its part from the rounding of answers.
    pub answers_log2: Option<Log2>,
    /// Its part from the stage's own rounding.
    pub local_log2: Option<Log2>,
    /// The largest certified bound.
    pub bound_log2: Option<Log2>,
}

/// The stages, of runs with a ledger.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ShapeLosses {
    /// Critical points.
    pub locate: StageMedians,
    /// Weight ratios.
    pub signature: StageMedians,
    /// Rows once more.
    pub polish: StageMedians,
    /// Last layer.
    pub last_layer: StageMedians,
}

/// A row of `runs-by-shape.csv`: single attacks of one shape, in one way, over their seeds.
#[derive(Clone, Debug, Serialize)]
pub struct ShapeRow {
    /// The victim; without a hash where each seed has its own.
    pub victim: NetworkRecord,
    /// Number of inputs.
    pub inputs: usize,
    /// Number of hidden units.
    pub hidden: usize,
    /// Number of outputs.
    pub outputs: usize,
    /// The attack.
    pub strategy: Strategy,
    /// Arithmetic of the oracle.
    pub victim_arithmetic: VictimArithmetic,
    /// Arithmetic of the attack.
    pub attacker: Attacker,
    /// Significant bits that answers are rounded to.
    pub answer_bits: Option<u32>,
    /// Decimals that answers are rounded to.
    pub answer_decimals: Option<u32>,
    /// Significant bits that questions are rounded to.
    pub question_bits: Option<u32>,
    /// Random lines searched.
    pub lines: u16,
    /// Whether rows were measured once more.
    pub polish: bool,
    /// Whether weights were snapped.
    pub snap: bool,
    /// Queries allowed a run.
    pub max_queries: Option<u64>,
    /// Reference inputs.
    pub reference_inputs: u32,
    /// Runs, one a seed.
    pub seeds: usize,
    /// Complete ones among them.
    pub complete: usize,
    /// Those without a network.
    pub without_network: usize,
    /// The worst weight error of each run that has a network.
    pub weight_error_log2: Option<OverSeeds>,
    /// Queries divided by parameters, in the median.
    pub queries_per_parameter: Option<f64>,
    /// What stages lose, of runs with a ledger.
    pub losses: Option<ShapeLosses>,
    /// The stage that makes the largest error of most results.
    pub made_in: Option<String>,
    /// The worst weight error of each run that has a network, by its base-2 logarithm where it has one; in no file.
    #[serde(skip)]
    errors: Vec<f64>,
    /// Its way to attack, for tables; in no file.
    #[serde(skip)]
    parts: Parts,
}

impl ShapeRow {
    /// Columns of `runs-by-shape.csv`.
    pub(super) const COLUMNS: [&str; 46] = [
        "victim/source",
        "victim/shape",
        "victim/weights",
        "victim/activation",
        "victim/sha256",
        "inputs",
        "hidden",
        "outputs",
        "strategy",
        "victim_arithmetic",
        "attacker",
        "answer_bits",
        "answer_decimals",
        "question_bits",
        "lines",
        "polish",
        "snap",
        "max_queries",
        "reference_inputs",
        "seeds",
        "complete",
        "without_network",
        "weight_error_log2/least",
        "weight_error_log2/median",
        "weight_error_log2/most",
        "queries_per_parameter",
        "losses/locate/bits_lost",
        "losses/locate/worst_error_log2",
        "losses/locate/inherited_log2",
        "losses/locate/answers_log2",
        "losses/locate/local_log2",
        "losses/locate/bound_log2",
        "losses/signature/bits_lost",
        "losses/signature/worst_error_log2",
        "losses/signature/inherited_log2",
        "losses/signature/answers_log2",
        "losses/signature/local_log2",
        "losses/signature/bound_log2",
        "losses/polish/bits_lost",
        "losses/last_layer/bits_lost",
        "losses/last_layer/worst_error_log2",
        "losses/last_layer/inherited_log2",
        "losses/last_layer/answers_log2",
        "losses/last_layer/local_log2",
        "losses/last_layer/bound_log2",
        "made_in",
    ];

    /// The rows of single attacks; `records`: in the order of tables, so that the seeds of one row are neighbours.
    pub(super) fn of(records: &[CellRecord]) -> Vec<Self> {
        let single: Vec<&CellRecord> = records.iter().filter(|record| record.thresholds.is_none()).collect();
        single.chunk_by(|a, b| alike(&a.cell) == alike(&b.cell)).map(Self::new).collect()
    }

    fn new(seeds: &[&CellRecord]) -> Self {
        let cell = alike(&seeds[0].cell);
        let runs: Vec<&RunRecord> = seeds.iter().flat_map(|record| &record.runs).collect();
        let shape = cell.shape();
        let worst = |run: &&RunRecord| run.weight_error_log2.map(|error| error.max);
        let mut ratios: Vec<f64> = runs.iter().filter_map(|run| run.queries_per_parameter).collect();
        ratios.sort_by(f64::total_cmp);
        let losses: Vec<&LossRecord> = runs.iter().filter_map(|run| run.losses.as_ref()).collect();
        Self {
            inputs: shape.map_or(0, |shape| shape.inputs),
            hidden: shape.map_or(0, |shape| shape.hidden),
            outputs: shape.map_or(0, |shape| shape.outputs),
            strategy: cell.strategy,
            victim_arithmetic: cell.victim_arithmetic,
            attacker: cell.attacker,
            answer_bits: cell.answer_bits,
            answer_decimals: cell.answer_decimals,
            question_bits: cell.question_bits,
            lines: cell.lines,
            polish: cell.polish,
            snap: cell.snap,
            max_queries: cell.max_queries,
            reference_inputs: cell.reference_inputs,
            seeds: runs.len(),
            complete: runs.iter().filter(|run| run.complete == Some(true)).count(),
            without_network: runs.iter().filter(|run| run.labels.is_none()).count(),
            weight_error_log2: over_seeds(runs.iter().filter_map(worst)),
            queries_per_parameter: ratios.get(ratios.len().saturating_sub(1) / 2).copied(),
            losses: (!losses.is_empty()).then(|| ShapeLosses::new(&losses)),
            made_in: most_frequent(losses.iter().filter_map(|losses| losses.made_in.as_deref())),
            errors: runs.iter().filter_map(worst).map(|Log2(x)| x).filter(|x| x.is_finite()).collect(),
            parts: parts(&cell),
            victim: cell.named_victim(),
        }
    }

    /// The worst weight error of each run that has a network and is not exact, by its base-2 logarithm.
    pub fn errors(&self) -> &[f64] {
        &self.errors
    }

    /// The strategy and the oracle, in words.
    pub fn way(&self) -> String {
        way(&self.parts)
    }

    /// Everything else that tells it from other rows, but for its shape, in words.
    pub fn setting(&self) -> String {
        let outputs = if self.outputs == 1 { "1 output".to_owned() } else { format!("{} outputs", self.outputs) };
        format!("{}, {outputs}", setting(&self.parts))
    }

    /// `16-8-1`, behind the name of its file where it has one.
    pub fn name(&self) -> String {
        let NetworkRecord { source, shape, .. } = &self.victim;
        shown(&if source == RANDOM { shape.clone() } else { format!("{source} {shape}") })
    }
}

/// The description without what differs between the seeds of one row.
fn alike(cell: &Description) -> Description {
    let mut cell = Description { seed: 0, attribution: false, ..cell.clone() };
    if cell.is_random() {
        cell.victim.sha256.clear();
    }
    cell
}

impl ShapeLosses {
    fn new(runs: &[&LossRecord]) -> Self {
        let of = |stage: fn(&LossRecord) -> Option<&StageLoss>| {
            let stages: Vec<&StageLoss> = runs.iter().filter_map(|losses| stage(losses)).collect();
            let middle = |part: fn(&StageLoss) -> Option<Log2>| median(stages.iter().filter_map(|loss| part(loss)));
            StageMedians {
                bits_lost: middle(|loss| loss.bits_lost),
                worst_error_log2: middle(|loss| loss.worst_error_log2),
                inherited_log2: middle(|loss| loss.inherited_log2),
                answers_log2: middle(|loss| loss.answers_log2),
                local_log2: middle(|loss| loss.local_log2),
                bound_log2: middle(|loss| loss.bound_log2),
            }
        };
        Self {
            locate: of(|losses| losses.locate.as_ref()),
            signature: of(|losses| losses.signature.as_ref()),
            polish: of(|losses| losses.polish.as_ref()),
            last_layer: of(|losses| losses.last_layer.as_ref()),
        }
    }

    /// The stages in the order of [`LossRecord::names`].
    pub fn stages(&self) -> [StageMedians; 4] {
        [self.locate, self.signature, self.polish, self.last_layer]
    }
}

/// The median by nearest rank; `None` of nothing.
pub(super) fn median(values: impl Iterator<Item = Log2>) -> Option<Log2> {
    let mut values: Vec<Log2> = values.collect();
    values.sort_by(|a, b| a.0.total_cmp(&b.0));
    values.get(values.len().saturating_sub(1) / 2).copied()
}

fn over_seeds(values: impl Iterator<Item = Log2>) -> Option<OverSeeds> {
    let mut values: Vec<Log2> = values.collect();
    values.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (least, most) = (*values.first()?, *values.last()?);
    Some(OverSeeds { least, median: median(values.into_iter())?, most })
}

/// What occurs most often; of equals, the first in the order of names.
fn most_frequent<'a>(words: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut counts = BTreeMap::<&str, usize>::new();
    words.for_each(|word| *counts.entry(word).or_default() += 1);
    let most = counts.values().max().copied()?;
    counts.into_iter().find(|(_, count)| *count == most).map(|(word, _)| word.to_owned())
}

/// The stages at the heads of columns, in the order of [`LossRecord::names`].
const STAGES: [&str; 4] = ["points", "ratios", "polish", "last layer"];

/// The rows for a terminal: how many seeds are complete, how wrong their weights are, and which stage loses how much.
pub(super) fn section(rows: &[ShapeRow]) -> Option<Section> {
    let all: Vec<Parts> = rows.iter().map(|row| row.parts.clone()).collect();
    let ways = Ways::of(&all);
    let lost: Vec<_> = rows.iter().filter_map(|row| row.losses).collect();
    // Few runs are polished: the column is there where one is.
    let stages: Vec<usize> = (0..4).filter(|&i| lost.iter().any(|l| l.stages()[i].bits_lost.is_some())).collect();
    let mut head = vec!["victim".to_owned()];
    head.extend(ways.head());
    let words = head.len();
    head.extend(["complete", "median", "worst"].map(str::to_owned));
    head.extend(stages.iter().map(|&i| STAGES[i].to_owned()));
    let error = |log2: Option<Log2>| log2.map_or("—".to_owned(), |Log2(x)| power(x));
    let line = |row: &ShapeRow| {
        let mut line = vec![row.name()];
        line.extend(ways.row(&row.parts));
        line.push(format!("{} of {}", row.complete, row.seeds));
        line.push(error(row.weight_error_log2.map(|over| over.median)));
        line.push(error(row.weight_error_log2.map(|over| over.most)));
        let bits = |i: usize| row.losses.and_then(|losses| losses.stages()[i].bits_lost);
        line.extend(stages.iter().map(|&i| bits(i).map_or("—".to_owned(), |Log2(x)| format!("{x:.1}"))));
        line
    };
    let what = if stages.is_empty() {
        "complete runs of all seeds, and the worst weight error of a run over the seeds"
    } else {
        "complete runs of all seeds, the worst weight error of a run over the seeds, and the bits that critical points, \
         weight ratios and the last layer lose in the median"
    };
    let foot = if stages.is_empty() {
        "ledger = true adds the bits that each stage loses, and whose error it is.\n".to_owned()
    } else {
        String::new()
    };
    (!rows.is_empty()).then(|| Section {
        title: format!("{what}: {}", ways.shared),
        head,
        rows: rows.iter().map(line).collect(),
        numbers: words..usize::MAX,
        foot,
        file: "runs-by-shape.csv",
        holds: "has all",
    })
}
