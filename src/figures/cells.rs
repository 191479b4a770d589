//! Every cell of a sweep as a row, and how single runs ended.

use super::Figure;
use super::data::{Data, Kind, Value, count, power, word};
use crate::sweep::{CellRecord, RANDOM, Table};

/// The cells of a sweep.
pub(super) fn figure(table: &Table) -> Figure {
    Figure {
        id: "cells".to_owned(),
        title: "Every cell".to_owned(),
        says: says(table),
        drawing: None,
        tables: vec![("Cells".to_owned(), cells(table))],
    }
}

fn says(table: &Table) -> String {
    let (searches, single): (Vec<_>, Vec<_>) = table.records.iter().partition(|record| record.thresholds.is_some());
    let mut parts = Vec::new();
    if !searches.is_empty() {
        let runs: usize = searches.iter().map(|record| record.runs.len()).sum();
        let ended = |record: &&&CellRecord| record.thresholds.as_ref().is_some_and(|t| t.complete.bits.is_some());
        let within = searches.iter().filter(ended).count();
        let (n, es) = (searches.len(), if searches.len() == 1 { "" } else { "es" });
        parts.push(format!("{n} search{es} with {}, {within} of them with an end in their range.", count(runs, "run")));
    }
    if !single.is_empty() {
        let runs: Vec<_> = single.iter().flat_map(|record| &record.runs).collect();
        let complete: Vec<_> = runs.iter().filter(|run| run.complete == Some(true)).collect();
        let stopped = runs.iter().filter(|run| run.labels.is_none()).count();
        let worst =
            complete.iter().filter_map(|run| run.weight_error_log2).map(|error| error.max.0).max_by(f64::total_cmp);
        let worst = worst.map_or(String::new(), |x| format!(", their worst weight error {}", power(x)));
        parts.push(format!(
            "{}: {} complete{worst}; {stopped} without a network.",
            count(runs.len(), "single run"),
            complete.len(),
        ));
    }
    if table.missing > 0 {
        parts.push(format!("{} of the plan missing.", count(table.missing, "cell")));
    }
    if parts.is_empty() { "No cell is finished.".to_owned() } else { parts.join(" ") }
}

fn cells(table: &Table) -> Data {
    let mut data = Data::new([
        ("id", "cell", Kind::Text),
        ("victim", "victim", Kind::Text),
        ("shape", "shape", Kind::Text),
        ("seed", "seed", Kind::Count),
        ("weights", "weights", Kind::Text),
        ("strategy", "strategy", Kind::Text),
        ("oracle", "oracle", Kind::Text),
        ("attacker", "attacker", Kind::Text),
        ("answer_bits", "answer bits", Kind::Count),
        ("outcome", "outcome", Kind::Text),
        ("kinks_count", "kinks found", Kind::Count),
        ("kinks_total", "kinks", Kind::Count),
        ("labels_count", "labels alike", Kind::Count),
        ("weight_error_log2_max", "log2 weight error", Kind::Real),
        ("queries", "queries", Kind::Count),
        ("reason", "why not", Kind::Text),
    ]);
    for record in &table.records {
        // Of a search, the run that it ended with.
        let threshold = record.thresholds.as_ref().map(|t| t.complete.bits);
        let shown = match threshold {
            Some(bits) => record.runs.iter().find(|run| bits.is_some() && run.answer_bits == bits),
            None => record.runs.first(),
        };
        let cell = &record.cell;
        let extras = [(cell.polish, " polish"), (cell.snap, " snap")];
        let extras: String = extras.iter().filter(|(on, _)| *on).map(|(_, word)| *word).collect();
        let outcome = match (threshold, shown) {
            (Some(Some(_)), _) => "fewest bits".to_owned(),
            (Some(None), _) => "too few bits".to_owned(),
            (None, Some(run)) if run.complete == Some(true) => "complete".to_owned(),
            (None, Some(run)) if run.labels.is_some() => "not complete".to_owned(),
            (None, Some(run)) => run.outcome.name().to_owned(),
            (None, None) => String::new(),
        };
        let victim = &cell.victim;
        let source = if victim.source == RANDOM { RANDOM } else { &victim.source };
        let queries: u64 = record.runs.iter().map(|run| run.queries).sum();
        let reason = shown.and_then(|run| Some(run.stopped.as_ref()?.reason.clone()));
        data.push([
            record.id.get(..8).unwrap_or(&record.id).into(),
            source.into(),
            victim.shape.clone().into(),
            cell.seed.into(),
            victim.weights.clone().into(),
            (word(&cell.strategy) + &extras).into(),
            word(&cell.victim_arithmetic).into(),
            word(&cell.attacker).into(),
            shown.and_then(|run| run.answer_bits).into(),
            outcome.into(),
            shown.and_then(|run| run.kinks).map(|kinks| kinks.count).into(),
            shown.and_then(|run| run.kinks).map(|kinks| kinks.total).into(),
            shown.and_then(|run| run.labels).map(|labels| labels.count).into(),
            shown.and_then(|run| run.weight_error_log2).map(|error| error.max).map_or(Value::Empty, Value::from),
            queries.into(),
            reason.into(),
        ]);
    }
    data
}
