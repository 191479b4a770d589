//! The report of an audit, for people.

use crate::record::{AuditRecord, Bounds, LabelsRecord};
use crate::text::shown;

/// Aligned text for a terminal.
pub fn audit(record: &AuditRecord) -> String {
    let mut out = String::new();
    for (name, network) in [("victim", &record.victim), ("copy", &record.copy)] {
        let hash = network.sha256.get(..12).unwrap_or_default();
        let (file, shape, weights) = (shown(&network.source), &network.shape, &network.weights);
        out += &format!("{name:<12}{file}: {shape}, {weights} weights, sha256 {hash}\n");
        out += &format!("{:<12}{}\n", "layers", shown(&network.layers.join("; ")));
        network.notes.iter().for_each(|note| out += &format!("{:<12}{}\n", "note", shown(note)));
    }
    out += &format!("{:<12}{}\n", "domain", shown(&record.domain));
    let free = match (record.scale_is_free, record.scale_is_settled) {
        (false, _) => "",
        (true, true) => ", the one that favours the copy most",
        (true, false) => ", the best so far: the search for the one that favours the copy most did not end",
    };
    out += &format!("{:<12}{}{free}\n", "scale", record.scale);
    if let Some(claim) = &record.claim {
        out += &format!("{:<12}{claim}, in units of {}\n", "claim", record.unit);
    }
    out += "\n";
    let mut line = |name: &str, bounds: &Bounds| {
        let (lower, upper) = (bounds.lower.text(), bounds.upper.text());
        out += &format!("{name:<24}at least {lower:<14}at most {upper}\n");
    };
    if let Some(bounds) = &record.difference {
        line("largest difference", bounds);
    }
    if let Some(bounds) = &record.relative {
        line("over the output range", bounds);
    }
    if record.outputs.len() > 1 {
        record.outputs.iter().enumerate().for_each(|(o, bounds)| line(&format!("output {o}"), bounds));
    }
    if let Some(LabelsRecord { compared, same, ties, outside, proved, .. }) = &record.labels {
        out += &format!("{:<24}{same} of {compared} inputs, {ties} with a tie\n", "same label");
        out += &format!("{:<24}{proved} of {compared} inputs, {outside} outside the domain\n", "proved by the bound");
    }
    for witness in &record.witnesses {
        let first: Vec<String> = witness.input.iter().take(4).map(f64::to_string).collect();
        let more = if witness.input.len() > first.len() { ", ..." } else { "" };
        out += &format!("{:<24}({}{more})\n", "witness", first.join(", "));
    }
    record.unfinished.iter().for_each(|what| out += &format!("{:<24}{what}\n", "unfinished"));
    out + &format!("{:<24}{} in {} s\n\n{}\n", "cells bounded", record.cells, record.seconds, record.verdict)
}
