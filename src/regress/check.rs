//! A baseline against a run made now: what moved, where, and by how many bits.

use super::baseline::{Baseline, ByStage, Pinned, Pins, letter};
use super::measure::{Entry, OUTPUT_BIASES, Observed, Snapshot, UNIT, answers, by_stage};
use crate::judge::{Decision, Stage};
use crate::record::{Log2, RunRecord, Share};
use crate::report::{WIDTH, hanging, power};
use crate::text::shown;

/// What is pinned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pin {
    /// Decisions of the exact run.
    ExactDecisions,
    /// Numbers of the exact run.
    ExactNumbers,
    /// Decisions of the f64 run.
    Decisions,
    /// Numbers of the f64 run.
    Numbers,
    /// Errors of the f64 run along the exact path.
    Errors,
    /// Labels, kinks, equality, and how runs ended.
    Result,
}

impl Pin {
    /// All of them, in order.
    pub const ALL: [Self; 6] =
        [Self::ExactDecisions, Self::ExactNumbers, Self::Decisions, Self::Numbers, Self::Errors, Self::Result];

    /// Name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::ExactDecisions => "exact decisions",
            Self::ExactNumbers => "exact numbers",
            Self::Decisions => "f64 decisions",
            Self::Numbers => "f64 numbers",
            Self::Errors => "f64 errors",
            Self::Result => "result",
        }
    }
}

/// What came of one pin of one run.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Which.
    pub pin: Pin,
    /// Items that were compared.
    pub items: usize,
    /// Items that moved; 0 where all is as it was.
    pub moved: usize,
    /// The stage of the first that moved, or of errors the one that lost most.
    pub stage: Option<Stage>,
    /// That item.
    pub item: Option<String>,
    /// `log2` of how far its numbers moved, relative to the largest of them; of errors, bits lost.
    pub bits: Option<f64>,
    /// All that in words; empty where nothing moved.
    pub says: String,
}

/// A run of a baseline, checked.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The run, in words.
    pub run: String,
    /// What came of its pins.
    pub findings: Vec<Finding>,
}

impl Checked {
    /// Whether anything moved.
    pub fn moved(&self) -> bool {
        self.findings.iter().any(|finding| finding.moved > 0)
    }

    /// For a terminal: a line a pin.
    pub fn text(&self) -> String {
        let line = |finding: &Finding| {
            let name = finding.pin.name();
            match finding.moved {
                0 => format!("  {name:<16} same   {}\n", finding.items),
                moved => {
                    let says = format!("{moved} of {}: {}", finding.items, shown(&finding.says));
                    hanging(&format!("  {name:<16} MOVED  "), &says, WIDTH)
                }
            }
        };
        format!("{}\n{}", self.run, self.findings.iter().map(line).collect::<String>())
    }
}

impl Pinned {
    /// Compares a run made now with this one; `pins`: in what.
    ///
    /// What a run finds is compared item by item, items by where they were found.
    pub fn check(&self, baseline: &Baseline, now: &Snapshot, pins: &[Pin]) -> Checked {
        let one = |&pin: &Pin| match pin {
            Pin::ExactDecisions => decisions(pin, &self.exact, &now.exact, &baseline.sites),
            Pin::ExactNumbers => numbers(pin, &self.exact, &now.exact),
            Pin::Decisions => decisions(pin, &self.rounded, &now.rounded, &baseline.sites),
            Pin::Numbers => numbers(pin, &self.rounded, &now.rounded),
            Pin::Errors => errors(&self.errors, &now.errors, baseline.allowance),
            Pin::Result => result(self, now),
        };
        Checked { run: self.run.to_string(), findings: pins.iter().map(one).collect() }
    }
}

/// An item that is not as it was.
struct Move<'a> {
    stage: Stage,
    item: &'a str,
    bits: Option<f64>,
    says: String,
}

/// Items of both sides, and those that differ, in the order of the run; then those that are gone.
fn compare<'a, T>(
    before: &'a ByStage<T>,
    now: &'a [Entry<T>],
    differ: impl Fn(&T, &Entry<T>) -> Option<(Option<f64>, String)>,
) -> (usize, Vec<Move<'a>>) {
    let mut moves = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    for entry in now {
        let (stage, item) = (entry.stage, entry.item.as_str());
        seen.insert((stage.name(), item));
        let known = before.get(stage.name()).and_then(|items| items.get(item));
        let difference = match known {
            None => Some((None, "is new".to_owned())),
            Some(known) => differ(known, entry),
        };
        moves.extend(difference.map(|(bits, says)| Move { stage, item, bits, says }));
    }
    let mut items = seen.len();
    for stage in Stage::ALL {
        for item in before.get(stage.name()).into_iter().flat_map(|items| items.keys()) {
            if !seen.contains(&(stage.name(), item.as_str())) {
                items += 1;
                moves.push(Move { stage, item, bits: None, says: "is gone".to_owned() });
            }
        }
    }
    (items, moves)
}

fn finding(pin: Pin, (items, moves): (usize, Vec<Move<'_>>)) -> Finding {
    // What is there and not as it was says more than what is missing for it.
    let first = moves.iter().min_by_key(|m| (m.stage, m.says == "is new" || m.says == "is gone"));
    let furthest = moves.iter().filter(|m| m.bits.is_some()).max_by(|a, b| {
        let size = |m: &Move<'_>| m.bits.unwrap_or(f64::NEG_INFINITY);
        size(a).total_cmp(&size(b))
    });
    let place = |m: &Move<'_>| format!("{}, {}: {}", m.stage, m.item, m.says);
    let mut says = first.map_or(String::new(), |m| format!("first in {}", place(m)));
    let another = |m: &&Move<'_>| first.is_some_and(|first| (first.stage, first.item) != (m.stage, m.item));
    if let Some(furthest) = furthest.filter(another) {
        says += &format!("; furthest in {}", place(furthest));
    }
    Finding {
        pin,
        items,
        moved: moves.len(),
        stage: first.map(|m| m.stage),
        item: first.map(|m| m.item.to_owned()),
        bits: first.and_then(|m| m.bits),
        says,
    }
}

fn decisions(pin: Pin, before: &Pins, now: &Observed, sites: &[String]) -> Finding {
    let entries: Vec<Entry<String>> = now.decisions.iter().map(|e| e.with(answers(&e.known, sites))).collect();
    let details: std::collections::HashMap<(Stage, &str), &[Decision]> =
        now.decisions.iter().map(|e| ((e.stage, e.item.as_str()), e.known.as_slice())).collect();
    let differ = |known: &String, entry: &Entry<String>| {
        let made = details.get(&(entry.stage, entry.item.as_str())).copied().unwrap_or_default();
        (*known != entry.known).then(|| (None, question(known, &entry.known, made, sites)))
    };
    finding(pin, compare(&before.decisions, &entries, differ))
}

/// The first question that is answered otherwise.
fn question(known: &str, found: &str, made: &[Decision], sites: &[String]) -> String {
    let pairs = |text: &str| -> Vec<(char, char)> {
        let letters: Vec<char> = text.chars().collect();
        letters.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect()
    };
    let (before, now) = (pairs(known), pairs(found));
    let site = |wanted: char| {
        let name = sites.iter().enumerate().find(|(place, _)| letter(*place) == wanted);
        name.map_or("a site of another version", |(_, name)| name.as_str())
    };
    let sign = |sign: char| match sign {
        '+' => "positive",
        '-' => "negative",
        _ => "zero",
    };
    let step = before.iter().zip(&now).take_while(|(a, b)| a == b).count();
    match (before.get(step), now.get(step)) {
        (Some(was), Some(is)) if was.0 == is.0 => {
            let margin = made.get(step).map_or(String::new(), |d| {
                if d.margin.is_finite() { format!(" (2^{:.1} times its tolerance)", d.margin) } else { String::new() }
            });
            format!("question {} \"{}\" was {}, is {}{margin}", step + 1, site(is.0), sign(was.1), sign(is.1))
        }
        (Some(was), Some(is)) => format!("question {} was \"{}\", is \"{}\"", step + 1, site(was.0), site(is.0)),
        (Some(_), None) => format!("{} questions, were {}", now.len(), before.len()),
        _ => format!("{} questions more", now.len() - before.len()),
    }
}

fn numbers(pin: Pin, before: &Pins, now: &Observed) -> Finding {
    let differ = |known: &String, entry: &Entry<String>| (*known != entry.known).then(|| distance(entry, known));
    finding(pin, compare(&before.numbers, &now.numbers, differ))
}

/// How far the numbers of an item moved, by the one that moved most.
fn distance(entry: &Entry<String>, known: &str) -> (Option<f64>, String) {
    let floats = |text: &str| -> Vec<f64> {
        let numbers = text.rsplit(": ").next().unwrap_or_default().split(' ');
        numbers.map(|hex| u64::from_str_radix(hex, 16).map_or(f64::NAN, f64::from_bits)).collect()
    };
    let (before, now) = (floats(known), floats(&entry.known));
    if before.len() != now.len() {
        return (None, format!("{} numbers, were {}", now.len(), before.len()));
    }
    let scale = before.iter().chain(&now).fold(0.0, |most: f64, x| most.max(x.abs()));
    let misses = before.iter().zip(&now).map(|(a, b)| (a - b).abs() / scale);
    let most = misses.enumerate().max_by(|a, b| a.1.total_cmp(&b.1)).filter(|(_, miss)| *miss > 0.0);
    match most {
        Some((place, miss)) => {
            let log2 = libm::log2(miss);
            (Some(log2), format!("{} moved by 2^{log2:.1}", number(entry, place, now.len())))
        }
        // Exact numbers with the same nearest floats.
        None => (None, "moved by less than 2^-53".to_owned()),
    }
}

/// What a number of an item is.
fn number(entry: &Entry<String>, place: usize, of: usize) -> String {
    match entry.stage {
        Stage::Locate => "position".to_owned(),
        Stage::Orientation => "side".to_owned(),
        Stage::Signature | Stage::Polish if place + 1 == of => "bias".to_owned(),
        Stage::Signature | Stage::Polish => format!("weight of input {place}"),
        Stage::LastLayer | Stage::Check if entry.item == OUTPUT_BIASES => format!("bias of output {place}"),
        // Through the canonical form a unit has its row and its bias here, too.
        Stage::LastLayer | Stage::Check if entry.item.starts_with(UNIT) => format!("number {}", place + 1),
        Stage::LastLayer | Stage::Check => format!("weight for output {place}"),
    }
}

fn errors(before: &ByStage<Log2>, now: &[Entry<f64>], allowance: f64) -> Finding {
    let measured = by_stage(now.iter().map(|e| e.with(Log2(e.known))));
    let (mut items, mut lost) = (0, Vec::new());
    for stage in Stage::ALL {
        let Some(was) = before.get(stage.name()) else { continue };
        items += 1;
        let Some(is) = measured.get(stage.name()) else {
            lost.push((f64::INFINITY, stage, None, format!("{stage} is not reached")));
            continue;
        };
        let (worst_before, worst) = (spread(was), spread(is));
        let grown = [
            (worst.0 - worst_before.0, "worst", worst_before.0, worst.0),
            (worst.1 - worst_before.1, "median", worst_before.1, worst.1),
        ];
        let most = grown.into_iter().max_by(|a, b| a.0.total_cmp(&b.0));
        if let Some((bits, which, from, to)) = most.filter(|(bits, ..)| *bits > allowance) {
            let item = if which == "worst" { format!(" ({})", worst.2) } else { String::new() };
            let says = format!(
                "{stage} lost {bits:.1} bits: {which} error {}{item}, was {}; {allowance} allowed",
                exponent(to),
                exponent(from)
            );
            lost.push((bits, stage, Some(worst.2.to_owned()), says));
        }
    }
    let most = lost.iter().max_by(|a, b| a.0.total_cmp(&b.0));
    Finding {
        pin: Pin::Errors,
        items,
        moved: lost.len(),
        stage: most.map(|(_, stage, ..)| *stage),
        item: most.and_then(|(_, _, item, _)| item.clone()),
        bits: most.map(|(bits, ..)| *bits),
        says: lost.iter().map(|(.., says)| says.as_str()).collect::<Vec<_>>().join("; "),
    }
}

/// Below this, in bits, errors are as good as none: an f64 holds no smaller one beside 1.
const NOTHING: f64 = -1074.0;

/// The worst error, the median, and the item of the worst.
fn spread(items: &std::collections::BTreeMap<String, Log2>) -> (f64, f64, &str) {
    let mut errors: Vec<(f64, &str)> = items.iter().map(|(item, e)| (e.0.max(NOTHING), item.as_str())).collect();
    errors.sort_by(|a, b| a.0.total_cmp(&b.0));
    let worst = errors.last().copied().unwrap_or((NOTHING, ""));
    (worst.0, errors.get(errors.len() / 2).map_or(NOTHING, |e| e.0), worst.1)
}

fn exponent(log2: f64) -> String {
    power(if log2 <= NOTHING { f64::NEG_INFINITY } else { log2 })
}

/// How a run ended, in words.
fn ending(run: &RunRecord) -> &str {
    run.stopped.as_ref().map_or(run.outcome.name(), |stopped| &stopped.reason)
}

fn result(before: &Pinned, now: &Snapshot) -> Finding {
    let mut says = Vec::new();
    for (name, was, is) in [("exact", &before.exact, &now.exact), ("f64", &before.rounded, &now.rounded)] {
        let (was, is) = (&was.run, &is.run);
        if was.outcome != is.outcome || ending(was) != ending(is) {
            says.push(format!("the {name} run was {}, is {}", ending(was), ending(is)));
        }
        if was.queries != is.queries {
            says.push(format!("the {name} run spent {} queries, {} before", is.queries, was.queries));
        }
    }
    let (was, is) = (&before.rounded.run, &now.rounded.run);
    let count = |share: Option<Share>| share.map(|share| share.count);
    for (what, was, is) in [("kinks", was.kinks, is.kinks), ("labels", was.labels, is.labels)] {
        if count(is) < count(was) {
            let shown = |share| count(share).map_or("none".to_owned(), |n| n.to_string());
            says.push(format!("{} {what}, {} before", shown(is), shown(was)));
        }
    }
    if before.exact.run.equal == Some(true) && now.exact.run.equal != Some(true) {
        says.push("the exact run's network is no longer the victim".to_owned());
    }
    let moved = says.len();
    Finding { pin: Pin::Result, items: 7, moved, stage: None, item: None, bits: None, says: says.join("; ") }
}
