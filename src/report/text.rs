//! Aligned text for a terminal.

use super::record::CUT_SHORT;
use super::words::{grouped, magnitude, table, trimmed};
use super::{DecisionCounts, Log2, Record, RunRecord, SpreadRecord, missing};
use crate::text::shown;

/// The report; `sections` stand before the verdict.
pub(super) fn text(record: &Record, sections: &[String]) -> String {
    let victim = &record.victim;
    let hash = victim.sha256.get(..12).unwrap_or_default();
    let mut out = format!(
        "victim    {}\n          {}{}, {} parameters, {} weights, sha256 {hash}\nattack    {}, seed {}, {} kernel\nfidelity  on {}\n",
        shown(&victim.source),
        victim.shape,
        if victim.activation == "relu" { String::new() } else { format!(" {}", shown(&victim.activation)) },
        grouped(victim.parameters),
        victim.dtype,
        record.strategy,
        record.seed,
        record.kernel,
        record.inputs,
    );
    if !victim.layers.is_empty() {
        out += &format!("layers    {}\n", shown(&victim.layers.join("; ")));
    }
    for note in &record.notes {
        out += &format!("note      {}\n", shown(note));
    }
    out += &format!("\n{}\n", runs(record));
    out += &format!("\n{}\n{}", stages(record), unmeasured(record));
    if let Some(d) = &record.first_divergence {
        out += &format!(
            "\nThe runs first part in {}, {}: \"{}\" is {} in the {} run ({} times its tolerance), {} exactly.\n",
            d.stage,
            d.item,
            d.site,
            d.rounded,
            record.runs.f64.name,
            magnitude(Some(&d.margin_log2)),
            d.exact
        );
        if record.replayed {
            out += "Bits are those of a replay of it along the exact run's decisions.\n";
        }
    } else if [&record.runs.exact, &record.runs.f64].iter().any(|run| run.outcome == CUT_SHORT) {
        out += "\nNo decision differs as far as both runs came.\n";
    } else {
        out += "\nBoth runs took the same decisions.\n";
    }
    let of_ties =
        [&record.runs.exact, &record.runs.f64].into_iter().find_map(|run| run.label_agreement.zip(run.label_ties));
    if let Some(((_, inputs), ties)) = of_ties.filter(|(_, ties)| *ties > 0) {
        out += &format!(
            "\nThe victim's own label is a tie at {ties} of the {inputs} inputs; each of the tied labels counts as the victim's.\n"
        );
    }
    let mut lacking = missing::idle(&record.units_without_kink);
    for run in [&record.runs.exact, &record.runs.f64] {
        lacking += &missing::text(&run.name, &run.missing, record.kinks);
    }
    if !lacking.is_empty() {
        out += &format!("\n{lacking}");
    }
    if !record.attribution.is_empty() {
        out += &format!("\n{}\n", attribution(record));
    }
    sections.iter().for_each(|section| out += &format!("\n{section}"));
    for run in [&record.runs.exact, &record.runs.f64] {
        let name = &run.name;
        if let Some(reason) = run.unoriented.as_ref().filter(|_| run.stopped.is_none()) {
            out +=
                &format!("\n{name}: no orientation ({reason}); the network is returned through its canonical form.\n");
        }
        if let Some(stopped) = &run.stopped {
            let item = stopped.item.as_ref().map_or(String::new(), |item| format!(", {item}"));
            // Most reasons name their stage themselves.
            let stage = format!("{}: ", stopped.stage);
            let reason = stopped.reason.strip_prefix(&stage).unwrap_or(&stopped.reason);
            out += &format!("\n{name} stopped at {}{item}: {reason}\n", stopped.stage);
        }
    }
    out + &format!("\n{}\n", record.verdict)
}

fn runs(record: &Record) -> String {
    let mut table = table(&["", &record.runs.exact.name, &record.runs.f64.name]);
    let (exact, f64) = (&record.runs.exact, &record.runs.f64);
    let mut row = |name: &str, cell: &dyn Fn(&RunRecord) -> String| {
        table.add_row([name.to_owned(), cell(exact), cell(f64)]);
    };
    if [exact, f64].iter().any(|run| run.questions_rounded_to.is_some()) {
        row("oracle is asked in", &|run| run.questions_rounded_to.clone().unwrap_or_else(|| run.attacker.clone()));
    }
    row("oracle answers in", &oracle);
    row("attacker computes in", &|run| run.attacker.clone());
    row("outcome", &|run| run.outcome.clone());
    row("kinks recovered", &|run| match &run.kinks_matched {
        Some(w) => format!("{} of {}", w.found, w.kinks),
        None => format!("{} rows", run.neurons_found),
    });
    row("queries", &|run| grouped(run.queries));
    row("queries per parameter", &|run| format!("{:.2}", run.queries_per_parameter));
    row("same label", &|run| {
        run.label_agreement.map_or("—".to_owned(), |(same, total)| format!("{same} of {total}"))
    });
    row("largest difference", &|run| magnitude(run.max_abs_difference_log2.as_ref()));
    row("worst weight error", &|run| magnitude(run.weight_error_log2.as_ref().map(|e| &e.max)));
    row("equal to the victim", &|run| match run.equivalent {
        Some(true) => "yes".to_owned(),
        Some(false) => "no".to_owned(),
        None => "—".to_owned(),
    });
    row("seconds", &|run| format!("{:.2}", run.seconds));
    trimmed(&table)
}

/// The oracle's arithmetic, and what its answers pass through.
fn oracle(run: &RunRecord) -> String {
    match &run.answers_rounded_to {
        Some(rounding) => format!("{}, {rounding}", run.victim_arithmetic),
        None => run.victim_arithmetic.clone(),
    }
}

fn stages(record: &Record) -> String {
    let mut table = table(&[
        "stage",
        "queries",
        "decisions",
        "same",
        "different",
        "closest",
        "bits in",
        "lost",
        "bits out",
        "worst error",
        "median",
    ]);
    for stage in &record.stages {
        let DecisionCounts { asked, same, different, min_margin_log2, .. } = &stage.decisions;
        let bits = |value: &Option<Log2>| value.map_or("—".to_owned(), |b| format!("{:.1}", b.0));
        let error = |pick: fn(&SpreadRecord) -> &Log2| magnitude(stage.error_log2.as_ref().map(pick));
        table.add_row([
            stage.name.clone(),
            grouped(stage.queries),
            grouped(*asked as u64),
            grouped(*same as u64),
            grouped(*different as u64),
            min_margin_log2.map_or("—".to_owned(), |m| format!("{:.1}", m.0)),
            bits(&stage.bits_in),
            bits(&stage.bits_lost),
            bits(&stage.bits_out),
            error(|e| &e.max),
            error(|e| &e.median),
        ]);
    }
    trimmed(&table)
}

/// Stages without bits, those of one reason together.
fn unmeasured(record: &Record) -> String {
    let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
    for stage in &record.stages {
        let Some(reason) = stage.unmeasured.as_deref() else { continue };
        match reasons.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, stages)) => stages.push(&stage.name),
            None => reasons.push((reason, vec![&stage.name])),
        }
    }
    let line = |(reason, stages): (&str, Vec<&str>)| format!("no bits of {}: {reason}\n", stages.join(", "));
    let lines: String = reasons.into_iter().map(line).collect();
    if lines.is_empty() { lines } else { format!("\n{lines}") }
}

fn attribution(record: &Record) -> String {
    let mut table = table(&[
        "isolates",
        "oracle",
        "attacker",
        "zero is",
        "outcome",
        "kinks",
        "weight error",
        "largest diff",
        "same label",
    ]);
    for row in &record.attribution {
        let run = &row.run;
        table.add_row([
            row.isolates.clone(),
            oracle(run),
            run.attacker.clone(),
            if run.policy == "exact" { "zero".to_owned() } else { "tolerance".to_owned() },
            run.outcome.clone(),
            run.kinks_matched.as_ref().map_or("—".to_owned(), |w| format!("{} of {}", w.found, w.kinks)),
            magnitude(run.weight_error_log2.as_ref().map(|e| &e.max)),
            magnitude(run.max_abs_difference_log2.as_ref()),
            run.label_agreement.map_or("—".to_owned(), |(same, total)| format!("{same} of {total}")),
        ]);
    }
    trimmed(&table)
}
