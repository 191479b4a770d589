//! The record of `exactract learn`, for people.

use crate::record::{CopiesRecord, LearnRecord, Log2, Mean, RunRecord};
use crate::report::power;
use crate::text::shown;
use std::fmt::Write;

/// The record as aligned text.
pub fn text(record: &LearnRecord) -> String {
    let mut out = String::new();
    let (data, student) = (&record.data, &record.student);
    let _ = match &record.victim {
        None => writeln!(out, "victim   the data's own labels"),
        Some(victim) => {
            let right = victim.accuracy.map(|share| format!(", {share} held-out images right")).unwrap_or_default();
            let ties = victim.label_ties.filter(|ties| *ties > 0).map(|ties| format!(", {ties} ties"));
            let (source, shape, ties) = (shown(&victim.source), &victim.shape, ties.unwrap_or_default());
            writeln!(out, "victim   {source}, {shape}{right}{ties}")
        }
    };
    let [channels, height, width, classes] = data.form;
    let _ = writeln!(
        out,
        "data     {}: {channels}x{height}x{width} in {classes} classes, {} to query or to learn from, {} held out",
        shown(&data.source),
        data.pool,
        data.held_out
    );
    let softened =
        if record.temperature == 1.0 { String::new() } else { format!(" at temperature {}", record.temperature) };
    let random = if student.queries_from == "random" { ", random queries" } else { "" };
    let on = if student.device == "cpu" { String::new() } else { format!(" on the {}", student.device) };
    let _ = writeln!(
        out,
        "student  {}, {} parameters, {} steps of {}{on}, {}; access: {}{softened}{random}\n",
        student.name, student.parameters, student.steps, student.batch, student.augmentation, record.access
    );
    out.push_str(&table(&rows(record)));
    for row in &record.rows {
        for run in row.runs.iter().filter(|run| run.stopped.is_some()) {
            let (method, seed) = (&row.method, run.seed.unwrap_or_default());
            let reason = run.stopped.as_ref().map(|stopped| shown(&stopped.reason)).unwrap_or_default();
            let _ = writeln!(out, "{method} with seed {seed} has no copy: {reason}");
        }
    }
    if !record.spread.is_empty() {
        let mut lines = vec![
            ["runs that differ in", "method", "queries", "runs", "agree on test", "on random"]
                .map(str::to_owned)
                .to_vec(),
        ];
        lines.extend(record.spread.iter().map(|row| {
            let range = |[least, mean, most]: [f64; 3]| format!("{mean:.1} % ({least:.1} to {most:.1})");
            let (queries, runs) = (row.queries.to_string(), row.runs.to_string());
            vec![row.differs.clone(), row.method.clone(), queries, runs, range(row.test), range(row.random)]
        }));
        let _ = write!(out, "\n{}", table(&lines));
    }
    out
}

fn rows(record: &LearnRecord) -> Vec<Vec<String>> {
    let exact = record.rows.iter().flat_map(|row| &row.runs).any(|run| run.largest_difference_log2.is_some());
    let worst = record.rows.iter().flat_map(|row| &row.runs).any(|run| run.difference_bounds.is_some());
    let mut head =
        vec!["method", "queries", "accuracy", "same on test", "on random", "on adversarial", "FGSM fools", "PGD fools"];
    if exact {
        head.extend(["largest difference", "kinks", "weight error"]);
    }
    head.extend(worst.then_some("worst difference"));
    let mut lines = vec![head.iter().map(|name| (*name).to_owned()).collect()];
    lines.extend(record.rows.iter().map(|row| line(row, exact, worst)));
    lines
}

fn line(row: &CopiesRecord, exact: bool, worst: bool) -> Vec<String> {
    let parts: [Option<Mean>; 6] = row.summary.map_or([None; 6], |s| {
        [s.accuracy, s.labels, s.labels_on_random, s.labels_on_adversarial, s.fgsm_transfers, s.pgd_transfers]
    });
    let mut line = vec![row.method.clone(), format!("{}", row.queries.round())];
    line.extend(parts.map(|part| part.map_or("—".to_owned(), percent)));
    if exact {
        // Of the worst run; the row's runs have the victim's kinks in common.
        let largest = |part: fn(&RunRecord) -> Option<Log2>| {
            row.runs.iter().filter_map(part).map(|log2| log2.0).reduce(f64::max).map_or("—".to_owned(), power)
        };
        line.push(largest(|run| run.largest_difference_log2));
        let fewest = row.runs.iter().filter_map(|run| run.kinks).min_by_key(|kinks| kinks.count);
        line.push(fewest.map_or("—".to_owned(), |kinks| kinks.to_string()));
        line.push(largest(|run| run.weight_error_log2.map(|error| error.max)));
    }
    if worst {
        line.push(row.runs.iter().find_map(difference).unwrap_or_else(|| "—".to_owned()));
    }
    line
}

fn percent(mean: Mean) -> String {
    match mean.deviation {
        Some(deviation) => format!("{:.1} ± {deviation:.1} %", mean.mean),
        None => format!("{:.1} %", mean.mean),
    }
}

/// Of the first run: what is reached, and what is proved.
fn difference(run: &RunRecord) -> Option<String> {
    if run.equal == Some(true) {
        return Some("0, everywhere".to_owned());
    }
    let bounds = run.difference_bounds.as_ref()?;
    Some(format!("{} to {}", bounds.lower.text(), bounds.upper.text()))
}

/// Columns aligned to the right, the first to the left.
fn table(lines: &[Vec<String>]) -> String {
    let columns = lines.first().map_or(0, Vec::len);
    let width = |c: usize| lines.iter().map(|line| line[c].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut out = String::new();
    for line in lines {
        for (c, cell) in line.iter().enumerate() {
            let _ = if c == 0 { write!(out, "{cell:<0$}", widths[c]) } else { write!(out, "  {cell:>0$}", widths[c]) };
        }
        out.push('\n');
    }
    out
}
