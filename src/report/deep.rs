//! The report of a run on a victim with several hidden layers.

use super::words::{grouped, magnitude, table, trimmed, wrapped};
use crate::record::{DeepRecord, Log2, SpreadRecord};
use crate::text::shown;

/// The report as text, for a terminal of any width.
pub fn deep_text(record: &DeepRecord) -> String {
    let victim = &record.victim;
    let hash = victim.sha256.get(..12).unwrap_or_default();
    let mut out = format!(
        "victim    {}\n          {}, {} parameters, {} weights, sha256 {hash}\nattack    {}, seed {}\n",
        shown(&victim.source),
        victim.shape,
        grouped(victim.parameters.unwrap_or_default()),
        victim.weights,
        record.strategy,
        record.seed,
    );
    for note in &victim.notes {
        out += &format!("note      {}\n", shown(note));
    }
    let runs = [&record.runs.exact, &record.runs.rounded];
    let mut all = table(&["run", "outcome", "recovered", "queries", "a parameter", "seconds", "equal on R^d"]);
    for run in runs {
        all.add_row([
            run.name.clone(),
            run.outcome.name().to_owned(),
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
            let error = |of: fn(&SpreadRecord) -> &Log2| magnitude(layer.error_log2.as_ref().map(of));
            layers.add_row([
                format!("{}", index + 1),
                run.name.clone(),
                layer.units.to_string(),
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
        if let Some(what) = &run.first_difference {
            out += &format!("\n{} run: {}\n", run.name, shown(what));
        }
    }
    out + "\n" + &deep_verdict(record)
}

/// The outcome in one sentence.
pub fn deep_verdict(record: &DeepRecord) -> String {
    wrapped(&record.verdict)
}
