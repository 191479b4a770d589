//! The report of an audit, for people: within a screen.

use crate::record::{AuditAnswer, AuditRecord, Bounds, LabelsRecord, NetworkRecord};
use crate::text::{shown, wrapped};

/// Columns of the names of lines above and below the bounds.
const HEAD: usize = 12;
const BODY: usize = 24;
/// Layers, notes, outputs and inputs that are shown; all of them are in the record.
const MOST_LAYERS: usize = 8;
const MOST_NOTES: usize = 3;
const MOST_OUTPUTS: usize = 5;
const MOST_WITNESSES: usize = 3;
/// Columns of a screen; characters of a name that are shown even where there is no room, and entries of an input.
const COLUMNS: usize = 100;
const FEWEST_OF_NAME: usize = 12;
const MOST_ENTRIES: usize = 3;

fn head(name: &str, text: &str) -> String {
    wrapped(&format!("{name:<HEAD$}"), HEAD, text)
}

fn body(name: &str, text: &str) -> String {
    wrapped(&format!("{name:<BODY$}"), BODY, text)
}

/// Aligned text for a terminal: at most 100 columns, and for networks of usual depth 40 lines.
pub fn audit(record: &AuditRecord) -> String {
    let mut out = network("victim", &record.victim) + &network("copy", &record.copy);
    out += &format!("{:<HEAD$}{}\n", "domain", ending(&shown(&record.domain), COLUMNS - HEAD));
    let free = match (record.scale_is_free, record.scale_is_settled) {
        (false, _) => "",
        (true, true) => ", the one that favours the copy most",
        (true, false) => ", the best so far: the search for the one that favours the copy most did not end",
    };
    out += &head("scale", &format!("{}{free}", record.scale));
    if let (Some(claim), Some(value)) = (&record.claim_shown, record.claim_of_outputs) {
        let unit = &record.unit_written;
        let means = format!("no output is off by more than {}", about(value));
        let of = if unit == "1" { String::new() } else { format!(" in units of {unit} of the victim's outputs") };
        out += &head("claim", &format!("{claim}{of}: {means}"));
    }
    out += "\n";
    let line = |name: &str, bounds: &Bounds| {
        let (lower, upper) = (bounds.lower.text(), bounds.upper.text());
        format!("{name:<BODY$}at least {lower:<14}at most {upper}\n")
    };
    let rows = [
        ("largest difference", &record.difference),
        ("over the output range", &record.relative),
        ("in the certificate", &record.certified),
    ];
    rows.iter().filter_map(|(name, bounds)| Some((name, bounds.as_ref()?))).for_each(|row| out += &line(row.0, row.1));
    out += &outputs(&record.outputs, &line);
    if let Some(LabelsRecord { compared, same, ties, outside, proved, .. }) = &record.labels {
        out += &body("same label", &format!("{same} of {compared} inputs, {ties} with a tie"));
        out += &body("proved by the bound", &format!("{proved} of {compared} inputs, {outside} outside the domain"));
    }
    if let Some(what) = &record.first_difference {
        out += &body("first difference", what);
    }
    for witness in record.witnesses.iter().take(MOST_WITNESSES) {
        let first: Vec<String> = witness.input.iter().take(MOST_ENTRIES).map(f64::to_string).collect();
        let more = if witness.input.len() > first.len() { ", ..." } else { "" };
        out += &body("witness", &format!("({}{more})", first.join(", ")));
    }
    if let more @ 1.. = record.witnesses.len().saturating_sub(MOST_WITNESSES) {
        out += &body("", &format!("and {more} more, in the JSON record"));
    }
    record.unfinished.iter().for_each(|what| out += &body("unfinished", what));
    out += &body("cells bounded", &format!("{} in {} s", record.cells, record.seconds));
    out + "\n" + &answer(record)
}

/// The answer, and what it is worth.
fn answer(record: &AuditRecord) -> String {
    let mut out = wrapped("", 0, &record.verdict);
    if record.says_nothing
        && let Some(over) = &record.relative
    {
        let what = if record.answer == AuditAnswer::Refuted { "The bound from above" } else { "The bound" };
        let times = about(over.upper.value);
        out += &wrapped(
            "",
            0,
            &format!("{what} says nothing: it is {times} times the victim's output range that was found."),
        );
    }
    out
}

fn network(name: &str, network: &NetworkRecord) -> String {
    let hash = network.sha256.get(..12).unwrap_or_default();
    let (shape, weights) = (&network.shape, &network.weights);
    let rest = format!(": {shape}, {weights} weights, sha256 {hash}");
    // A name may hold anything: it stays on its line. The end of a path says more than its start.
    let room = COLUMNS.saturating_sub(HEAD + rest.chars().count()).max(FEWEST_OF_NAME);
    let mut out = format!("{name:<HEAD$}{}{rest}\n", ending(&shown(&network.source), room));
    let layers = match &network.layers[..] {
        layers if layers.len() <= MOST_LAYERS => layers.join("; "),
        layers => {
            let (first, last) = (layers[..MOST_LAYERS - 2].join("; "), &layers[layers.len() - 1]);
            format!("{first}; and so on to {last}")
        }
    };
    out += &head("layers", &shown(&layers));
    network.notes.iter().take(MOST_NOTES).for_each(|note| out += &head("note", &shown(note)));
    if let more @ 1.. = network.notes.len().saturating_sub(MOST_NOTES) {
        out += &head("", &format!("and {more} more notes, in the JSON record"));
    }
    out
}

/// The end of a text that is longer than so many characters.
fn ending(text: &str, most: usize) -> String {
    match text.chars().count() {
        count if count > most => format!("…{}", text.chars().skip(count - most + 1).collect::<String>()),
        _ => text.to_owned(),
    }
}

/// Outputs of the largest bounds, in their order; none of a single one.
fn outputs(outputs: &[Bounds], line: &dyn Fn(&str, &Bounds) -> String) -> String {
    if outputs.len() < 2 {
        return String::new();
    }
    let mut order: Vec<usize> = (0..outputs.len()).collect();
    let upper = |o: &usize| outputs[*o].upper.value;
    order.sort_by(|a, b| upper(b).total_cmp(&upper(a)).then(a.cmp(b)));
    let left = outputs.len().saturating_sub(MOST_OUTPUTS);
    order.truncate(MOST_OUTPUTS);
    order.sort_unstable();
    let mut out: String = order.iter().map(|o| line(&format!("output {o}"), &outputs[*o])).collect();
    if left > 0 {
        let bound = outputs.len() - left;
        out += &body("", &format!("{left} outputs with smaller bounds than these {bound} are in the JSON record"));
    }
    out
}

/// A number to a few digits.
fn about(x: f64) -> String {
    let near = |digits: usize| format!("{x:.digits$e}").parse::<f64>().unwrap_or(x);
    match x.abs() {
        0.0 => "0".to_owned(),
        1e-4..1e6 => near(4).to_string(),
        _ => format!("{x:.4e}"),
    }
}
