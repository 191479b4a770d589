//! Certified errors for people: how far each bound is above the error, and what is known of every sign.

use super::words::{grouped, magnitude, table, trimmed};
use crate::judge::Stage;
use crate::record::{CertifiedRecord, SignCounts, SpreadRecord};

/// Open signs that are printed; the record has them all.
const PRINTED: usize = 5;

pub(super) fn text(record: &CertifiedRecord) -> String {
    let header = [
        "certified",
        "numbers",
        "median\nerror",
        "median\nbound",
        "times\nerror",
        "exact\nanswers",
        "running",
        "a priori",
        "without",
    ];
    let mut rows = table(&header);
    let median = |spread: &Option<SpreadRecord>| magnitude(spread.as_ref().map(|s| &s.median));
    for stage in &record.stages {
        rows.add_row([
            stage.name.clone(),
            grouped(stage.numbers as u64),
            median(&stage.error_log2),
            median(&stage.bound_log2),
            times(&stage.certified_log2),
            times(&stage.measured_answers_log2),
            times(&stage.running_log2),
            times(&stage.a_priori_log2),
            grouped(stage.without_bound as u64),
        ]);
    }
    let mut out = trimmed(&rows) + "\n";
    if record.signs_are_by_exact_answers() {
        out += "Answers have no bound from their arithmetic here: signs are compared with the exact ones.\n";
    }
    out += &signs("relative signs", &record.relative_signs);
    out += &signs("sides", &record.sides);
    let (wrong, undecided): (Vec<_>, Vec<_>) = record.open_signs.iter().partition(|sign| sign.verdict == "wrong");
    for sign in wrong.into_iter().chain(undecided).take(PRINTED) {
        let margin = sign.margin_log2.map_or("no bound".to_owned(), |m| format!("2^{:.1} of its bound", m.0));
        out += &format!("  {}: {} in {}, {margin}\n", sign.item, sign.verdict, sign.stage);
    }
    if record.open_signs.len() > PRINTED {
        out +=
            &format!("  and {} more, in the record of --json\n", grouped((record.open_signs.len() - PRINTED) as u64));
    }
    out += &costliest(record).unwrap_or_default();
    out + if record.holds {
        "No error is above a bound on it: measured ≤ certified ≤ a priori.\n"
    } else {
        "A BOUND IS BROKEN: this is a defect of exactract; please report it with the command.\n"
    }
}

/// A factor: plain where it is short, else as a power of two.
fn times(spread: &Option<SpreadRecord>) -> String {
    match spread.as_ref().map(|s| s.median.0) {
        None => "—".to_owned(),
        Some(log2) if log2 < 10.0 => format!("{:.1}", log2.exp2()),
        Some(log2) => format!("2^{log2:.1}"),
    }
}

fn signs(what: &str, counts: &SignCounts) -> String {
    let SignCounts { certified, undecided, wrong } = *counts;
    let total = grouped((certified + undecided + wrong) as u64);
    let [certified, undecided, wrong] = [certified, undecided, wrong].map(|n| grouped(n as u64));
    format!("{what}: {certified} of {total} certified, {undecided} undecided, {wrong} wrong\n")
}

/// The stage whose bounds widen most, and why they do.
fn costliest(record: &CertifiedRecord) -> Option<String> {
    let mut before = 0.0;
    let mut most: Option<(f64, &str)> = None;
    for stage in &record.stages {
        let Some(slack) = &stage.certified_log2 else { continue };
        let widened = slack.median.0 - before;
        before = slack.median.0;
        if most.is_none_or(|(largest, _)| widened > largest) {
            most = Some((widened, &stage.name));
        }
    }
    let (widened, name) = most?;
    let why = if name == Stage::LastLayer.name() {
        "the errors of all rows are taken at their worst at once"
    } else if name == Stage::Signature.name() {
        "the errors of all answers around a critical point are taken at their worst at once"
    } else {
        "the roundings of all pre-activations are taken at their worst at once"
    };
    Some(format!("Bounds widen most in {name}, 2^{widened:.1} times: {why}.\n"))
}
