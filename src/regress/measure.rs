//! A run as a baseline sees it: its decisions and numbers by item, in the order of the run.

use super::baseline::{ByStage, Pinned, Pins, RunName, letter};
use crate::compare::{Inputs, Judged, Reference, Runner, dual_by, item_errors};
use crate::experiment::Cell;
use crate::judge::{Decision, Item, Site, Stage};
use crate::net::Shallow;
use crate::num::{Exact, Rational, Scalar};
use crate::record::{Log2, RunRecord};
use crate::text::hexadecimal;
use crate::trace::{Orientation, Trace};
use sha2::{Digest, Sha256};
use std::cmp::Ordering;
use std::collections::HashMap;

/// Digits of an item's hash: 64 bits.
const DIGITS: usize = 16;

/// Names of items that are no critical points.
pub(super) const OUTPUT_BIASES: &str = "output biases";
pub(super) const UNIT: &str = "unit ";

/// What a run gave, ready to be pinned or compared with a baseline.
#[derive(Clone, Debug)]
pub struct Snapshot {
    pub(super) exact: Observed,
    pub(super) rounded: Observed,
    pub(super) errors: Vec<Entry<f64>>,
}

/// Something known of an item.
#[derive(Clone, Debug)]
pub(super) struct Entry<T> {
    pub stage: Stage,
    pub item: String,
    pub known: T,
}

/// Decisions and numbers of one run.
#[derive(Clone, Debug)]
pub(super) struct Observed {
    pub run: RunRecord,
    pub decisions: Vec<Entry<Vec<Decision>>>,
    pub numbers: Vec<Entry<String>>,
}

impl Snapshot {
    /// Carries a run out in both arithmetics; `runner` does the work.
    pub fn new(run: &RunName, victim: &Shallow<f64>, cell: &Cell, runner: &Runner<'_>) -> Self {
        let inputs = Inputs::random(victim.shape().inputs, run.reference_inputs as usize, run.seed);
        let dual = dual_by(runner, victim, cell, &Reference::new(victim, &inputs));
        let path = dual.replay.as_ref().unwrap_or(&dual.rounded.run);
        let errors = match (&dual.exact.run.trace, &path.trace) {
            (Some(exact), Some(rounded)) => item_errors(exact, rounded),
            _ => Vec::new(),
        };
        let parameters = victim.shape().parameters() as u64;
        let named = |(i, error): (usize, crate::compare::ItemError)| Entry {
            stage: error.stage,
            item: error.item.map_or_else(|| format!("{UNIT}{i}"), |item| item.to_string()),
            known: error.log2,
        };
        Self {
            exact: Observed::new(&dual.exact, parameters, true),
            rounded: Observed::new(&dual.rounded, parameters, false),
            errors: errors.into_iter().enumerate().map(named).collect(),
        }
    }

    /// As it goes into a baseline; `sites`: their names, in the order of their letters.
    pub fn pinned(&self, run: RunName, sites: &[String]) -> Pinned {
        let errors = self.errors.iter().map(|e| e.with(Log2(e.known)));
        Pinned { run, exact: self.exact.pins(sites), rounded: self.rounded.pins(sites), errors: by_stage(errors) }
    }
}

impl<T> Entry<T> {
    pub fn with<U>(&self, known: U) -> Entry<U> {
        Entry { stage: self.stage, item: self.item.clone(), known }
    }
}

/// Entries under their names; of two with one name, the later.
pub(super) fn by_stage<T>(entries: impl Iterator<Item = Entry<T>>) -> ByStage<T> {
    let mut stages = ByStage::new();
    for Entry { stage, item, known } in entries {
        stages.entry(stage.name().to_owned()).or_default().insert(item, known);
    }
    stages
}

impl Observed {
    fn new(judged: &Judged, parameters: u64, exact: bool) -> Self {
        let run = &judged.run;
        let mut places = HashMap::<(Stage, Item), usize>::new();
        let mut decisions: Vec<Entry<Vec<Decision>>> = Vec::new();
        for decision in &run.decisions {
            let (stage, item) = (decision.key.stage, decision.key.item);
            let place = *places.entry((stage, item)).or_insert(decisions.len());
            if place == decisions.len() {
                decisions.push(Entry { stage, item: item.to_string(), known: Vec::new() });
            }
            decisions[place].known.push(*decision);
        }
        let numbers = run.trace.as_ref().map_or(Vec::new(), |trace| numbers(trace, exact));
        Self { run: RunRecord::new(judged, parameters), decisions, numbers }
    }

    fn pins(&self, sites: &[String]) -> Pins {
        let decisions = || self.decisions.iter().map(|entry| entry.with(answers(&entry.known, sites)));
        let mut hash = Sha256::new();
        for Entry { stage, item, known } in decisions().chain(self.numbers.iter().cloned()) {
            hash.update(format!("{stage}\t{item}\t{known}\n"));
        }
        Pins {
            run: self.run.clone(),
            sha256: hexadecimal(&hash.finalize()),
            decisions: by_stage(decisions()),
            numbers: by_stage(self.numbers.iter().cloned()),
        }
    }
}

/// Two letters a question: its site and its answer.
pub(super) fn answers(decisions: &[Decision], sites: &[String]) -> String {
    let place = |site: Site| sites.iter().position(|name| name == site.row().name);
    let sign = |sign: Ordering| match sign {
        Ordering::Less => '-',
        Ordering::Equal => '0',
        Ordering::Greater => '+',
    };
    decisions.iter().flat_map(|d| [letter(place(d.site).unwrap_or(usize::MAX)), sign(d.sign)]).collect()
}

/// What each stage found, item by item.
fn numbers(trace: &Trace<Rational>, exact: bool) -> Vec<Entry<String>> {
    let mut found = Vec::new();
    let mut put = |stage: Stage, item: String, values: &[&Rational]| {
        found.push(Entry { stage, item, known: text(values, exact) });
    };
    for kink in trace.located.kinks.iter().flatten() {
        put(Stage::Locate, kink.item.to_string(), &[&kink.position]);
    }
    for unit in trace.signatures() {
        let values: Vec<_> = unit.row.iter().chain([&unit.bias]).collect();
        put(Stage::Signature, unit.item.to_string(), &values);
    }
    let sides = match trace.orientation() {
        Some(Orientation::Preimages(sides) | Orientation::Shares(sides)) => sides.as_slice(),
        _ => &[],
    };
    for (unit, side) in trace.signatures().iter().zip(sides) {
        let side = Rational::integer(*side as i64);
        put(Stage::Orientation, unit.item.to_string(), &[&side]);
    }
    if let Some(round) = trace.polished.rounds.last() {
        for ((unit, row), bias) in trace.signatures().iter().zip(&round.rows).zip(&round.biases) {
            put(Stage::Polish, unit.item.to_string(), &row.iter().chain([bias]).collect::<Vec<_>>());
        }
    }
    if let Some(network) = &trace.network() {
        // Oriented rows are those above; through the canonical form the network has rows of its own.
        let oriented = sides.len() == network.shape().hidden;
        for i in 0..network.shape().hidden {
            let item = match trace.signatures().get(i).filter(|_| oriented) {
                Some(unit) => unit.item.to_string(),
                None => format!("{UNIT}{i}"),
            };
            let own = network.hidden().row(i).iter().chain([&network.hidden_bias()[i]]).filter(|_| !oriented);
            put(Stage::LastLayer, item, &own.chain(network.output().column(i)).collect::<Vec<_>>());
        }
        put(Stage::LastLayer, OUTPUT_BIASES.to_owned(), &network.output_bias().iter().collect::<Vec<_>>());
    }
    found
}

fn text(values: &[&Rational], exact: bool) -> String {
    let bits = values.iter().map(|x| format!("{:016x}", f64::nearest(x, ()).to_bits()));
    let floats = bits.collect::<Vec<_>>().join(" ");
    if !exact {
        return floats;
    }
    let whole: String = values.iter().map(|x| format!("{x} ")).collect();
    format!("{}: {floats}", &hexadecimal(&Sha256::digest(whole))[..DIGITS])
}
