//! The frontier: over seeds, the fewest bits that suffice, and how they grow with the network.

use super::cell::Description;
use super::fit::{End, Law, Observation, fit};
use super::result::CellRecord;
use crate::attack::Strategy;
use crate::compare::Threshold;
use crate::record::{Attacker, Document, VictimArithmetic};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// What a search looks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    /// All kinks, all sides, every reference label.
    Complete,
    /// Every weight.
    BitForBit,
}

/// How searches go, but for their shapes and seeds: what one law is fitted to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Knobs {
    /// What is looked for.
    pub goal: Goal,
    /// The attack.
    pub strategy: Strategy,
    /// Arithmetic of the oracle.
    pub victim_arithmetic: VictimArithmetic,
    /// Arithmetic of the attack.
    pub attacker: Attacker,
    /// Significant bits that coordinates of questions are rounded to; `null` leaves them alone.
    pub question_bits: Option<u32>,
    /// Type of the victims' weights.
    pub weights: String,
    /// What the victims' hidden units compute, where it is not ReLU.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activation: Option<String>,
    /// Random lines searched.
    pub lines: u16,
    /// Whether rows were measured once more.
    pub polish: bool,
    /// Whether weights were snapped.
    pub snap: bool,
    /// Queries allowed.
    pub max_queries: Option<u64>,
    /// Reference inputs.
    pub reference_inputs: u32,
    /// Least bits searched.
    pub from: u32,
    /// Most bits searched.
    pub to: u32,
}

/// One shape, one way to attack: the smallest bits over its seeds.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Group {
    /// How.
    #[serde(flatten)]
    pub knobs: Knobs,
    /// `random`, or the name of the victim's file.
    pub victim: String,
    /// Number of outputs.
    pub outputs: usize,
    /// Number of inputs.
    pub inputs: usize,
    /// Number of hidden units.
    pub hidden: usize,
    /// Searches, one a seed.
    pub seeds: usize,
    /// The 10th percentile of the smallest bits; `null` above `to`.
    pub p10: Option<u32>,
    /// The median; `null` above `to`.
    pub median: Option<u32>,
    /// The 90th percentile; `null` above `to`.
    pub p90: Option<u32>,
    /// Seeds at which `to` bits do not suffice.
    pub above: usize,
    /// Seeds at which `from` bits suffice, so that fewer may.
    pub at_most: usize,
    /// Seeds at which some run failed with more bits than one that succeeded.
    pub not_monotone: usize,
    /// The stage at which most seeds stop one bit below; `result` where a network came out that is not complete.
    pub limited_by: Option<String>,
    /// Its searches, as indices of [`Table::records`](super::Table::records); in no file.
    #[serde(skip)]
    pub members: Vec<usize>,
}

/// A law over the shapes of one way to attack.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Fitted {
    /// How.
    pub knobs: Knobs,
    /// Number of outputs.
    pub outputs: usize,
    /// The law; `null` where the shapes tell none.
    pub law: Option<Law>,
}

/// The frontier of a sweep: the content of `fewest-bits.json`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Frontier {
    /// `exactract/frontier/2`.
    #[schemars(extend("const" = Document::Frontier.schema()))]
    pub schema: String,
    /// Shape by shape: the rows of `fewest-bits.csv`.
    pub groups: Vec<Group>,
    /// How bits grow with the shapes, over random victims.
    pub laws: Vec<Fitted>,
}

/// A search's result for one goal.
struct Searched<'a> {
    index: usize,
    record: &'a CellRecord,
    threshold: &'a Threshold,
}

/// Source, then outputs, inputs, hidden units.
type Victim = (String, usize, usize, usize);

impl Frontier {
    pub(super) fn of(records: &[CellRecord]) -> Self {
        let mut groups: BTreeMap<(Knobs, Victim), Vec<Searched<'_>>> = BTreeMap::new();
        for (index, record) in records.iter().enumerate() {
            let Some(thresholds) = &record.thresholds else { continue };
            let goals =
                [(Goal::Complete, Some(&thresholds.complete)), (Goal::BitForBit, thresholds.bit_for_bit.as_ref())];
            for (goal, threshold) in goals {
                let (Some(threshold), Some(key)) = (threshold, key(goal, &record.cell)) else { continue };
                groups.entry(key).or_default().push(Searched { index, record, threshold });
            }
        }
        let mut laws: BTreeMap<(Knobs, usize), (Vec<Observation>, usize)> = BTreeMap::new();
        for ((knobs, (source, outputs, inputs, hidden)), searched) in &groups {
            if source != super::RANDOM {
                continue;
            }
            let (observations, left_out) = laws.entry((knobs.clone(), *outputs)).or_default();
            for one in searched {
                match one.threshold {
                    Threshold { bits: Some(bits), at_most: false, .. } => {
                        observations.push((*inputs, *hidden, f64::from(*bits)))
                    }
                    _ => *left_out += 1,
                }
            }
        }
        Self {
            schema: Document::Frontier.schema(),
            groups: groups.iter().map(|((knobs, victim), searched)| Group::new(knobs, victim, searched)).collect(),
            laws: laws
                .into_iter()
                .map(|((knobs, outputs), (seen, left_out))| Fitted { knobs, outputs, law: fit(&seen, left_out) })
                .collect(),
        }
    }
}

/// A row of `fewest-bits-law.csv`: a law, and one precision of answers that it is solved for.
#[derive(Debug, Serialize)]
pub(super) struct LawRow<'a> {
    #[serde(flatten)]
    knobs: &'a Knobs,
    outputs: usize,
    law: &'a Law,
    end: &'a End,
}

impl LawRow<'_> {
    /// Columns of `fewest-bits-law.csv`.
    pub const COLUMNS: [&'static str; 35] = [
        "goal",
        "strategy",
        "victim_arithmetic",
        "attacker",
        "question_bits",
        "weights",
        "activation",
        "lines",
        "polish",
        "snap",
        "max_queries",
        "reference_inputs",
        "from",
        "to",
        "outputs",
        "law/constant/value",
        "law/constant/low",
        "law/constant/high",
        "law/inputs/value",
        "law/inputs/low",
        "law/inputs/high",
        "law/hidden/value",
        "law/hidden/low",
        "law/hidden/high",
        "law/deviation",
        "law/observations",
        "law/left_out",
        "end/bits",
        "end/along",
        "end/at",
        "end/measured_least",
        "end/measured_most",
        "end/log2/value",
        "end/log2/low",
        "end/log2/high",
    ];
}

impl Frontier {
    /// The laws, a row for each precision that they are solved for.
    pub(super) fn law_rows(&self) -> Vec<LawRow<'_>> {
        let mut rows = Vec::new();
        for Fitted { knobs, outputs, law } in &self.laws {
            let Some(law) = law else { continue };
            rows.extend(law.ends.iter().map(|end| LawRow { knobs, outputs: *outputs, law, end }));
        }
        rows
    }
}

fn key(goal: Goal, cell: &Description) -> Option<(Knobs, Victim)> {
    let ([from, to], shape) = (cell.frontier?, cell.shape()?);
    let knobs = Knobs {
        goal,
        strategy: cell.strategy,
        victim_arithmetic: cell.victim_arithmetic,
        attacker: cell.attacker,
        question_bits: cell.question_bits,
        weights: cell.victim.weights.clone(),
        activation: cell.victim.activation.clone(),
        lines: cell.lines,
        polish: cell.polish,
        snap: cell.snap,
        max_queries: cell.max_queries,
        reference_inputs: cell.reference_inputs,
        from,
        to,
    };
    // Two files of one name are two victims.
    let source = if cell.is_random() {
        cell.victim.source.clone()
    } else {
        format!("{} {}", cell.victim.source, &cell.victim.sha256.get(..12)?)
    };
    Some((knobs, (source, shape.outputs, shape.inputs, shape.hidden)))
}

impl Group {
    /// Columns of `fewest-bits.csv`.
    pub(super) const COLUMNS: [&str; 26] = [
        "goal",
        "strategy",
        "victim_arithmetic",
        "attacker",
        "question_bits",
        "weights",
        "activation",
        "lines",
        "polish",
        "snap",
        "max_queries",
        "reference_inputs",
        "from",
        "to",
        "victim",
        "outputs",
        "inputs",
        "hidden",
        "seeds",
        "p10",
        "median",
        "p90",
        "above",
        "at_most",
        "not_monotone",
        "limited_by",
    ];

    fn new(knobs: &Knobs, victim: &Victim, searched: &[Searched<'_>]) -> Self {
        let (source, outputs, inputs, hidden) = victim.clone();
        let count = |holds: &dyn Fn(&Threshold) -> bool| searched.iter().filter(|one| holds(one.threshold)).count();
        // Those above the range are larger than all that are known.
        let mut bits: Vec<u32> = searched.iter().map(|one| one.threshold.bits.unwrap_or(u32::MAX)).collect();
        bits.sort_unstable();
        let percentile = |p| Some(nearest_rank(&bits, p)).filter(|&bits| bits != u32::MAX);
        Self {
            knobs: knobs.clone(),
            victim: source,
            outputs,
            inputs,
            hidden,
            seeds: searched.len(),
            p10: percentile(10),
            median: percentile(50),
            p90: percentile(90),
            above: count(&|t| t.bits.is_none()),
            at_most: count(&|t| t.at_most),
            not_monotone: count(&|t| !t.monotone),
            limited_by: limited_by(searched),
            members: searched.iter().map(|one| one.index).collect(),
        }
    }
}

/// The `p`-th percentile by the nearest rank: the least value that at least `p` % of all do not exceed.
///
/// `sorted`: not empty, ascending.
fn nearest_rank(sorted: &[u32], p: usize) -> u32 {
    let rank = (p * sorted.len()).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or(u32::MAX)
}

/// Where most searches fail one bit below their thresholds; of equals, the first in the order of names.
fn limited_by(searched: &[Searched<'_>]) -> Option<String> {
    let mut votes: BTreeMap<&str, usize> = BTreeMap::new();
    for one in searched {
        let below = |bits: &u32| one.threshold.bits.is_none_or(|threshold| *bits < threshold);
        let run = one.record.runs.iter().rev().find(|run| run.answer_bits.as_ref().is_some_and(below));
        if let Some(run) = run {
            let stage = run.stopped.as_ref().and_then(|stopped| stopped.stage.as_deref());
            *votes.entry(stage.unwrap_or("result")).or_default() += 1;
        }
    }
    let most = votes.values().max().copied()?;
    votes.into_iter().find(|(_, count)| *count == most).map(|(stage, _)| stage.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_by_nearest_rank() {
        let five = [20, 21, 22, 23, 30];
        assert_eq!([10, 50, 90].map(|p| nearest_rank(&five, p)), [20, 22, 30]);
        let ten: Vec<u32> = (1..=10).collect();
        assert_eq!([10, 50, 90, 100].map(|p| nearest_rank(&ten, p)), [1, 5, 9, 10]);
        assert_eq!(nearest_rank(&[7], 10), 7);
    }
}
