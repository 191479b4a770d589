//! Aligned text for a terminal.

use super::missing;
use super::words::{grouped, magnitude, or_dash, table, trimmed, wrapped};
use crate::oracle::Rounding;
use crate::record::{DecisionCounts, DualRecord, Log2, RunRecord, Share, SpreadRecord};
use crate::text::shown;

/// What was attacked and how, both runs side by side, the stages, and where the runs part.
pub(super) fn details(record: &DualRecord) -> String {
    let victim = &record.victim;
    let hash = victim.sha256.get(..12).unwrap_or_default();
    let activation = victim.activation.as_ref().filter(|name| *name != "relu");
    let mut out = format!(
        "victim    {}\n          {}{}, {} parameters, {} weights, sha256 {hash}\nattack    {}, seed {}, {} kernel\nfidelity  on {}\n",
        shown(&victim.source),
        victim.shape,
        activation.map_or(String::new(), |name| format!(" {}", shown(name))),
        grouped(victim.parameters.unwrap_or_default()),
        victim.weights,
        record.strategy,
        record.seed,
        record.kernel,
        record.reference,
    );
    if !victim.layers.is_empty() {
        out += &format!("layers    {}\n", shown(&victim.layers.join("; ")));
    }
    out += &format!("\n{}\n", runs(record));
    out += &format!("\n{}\n{}", stages(record), wrapped(&unmeasured(record)));
    out + &format!("\n{}", wrapped(&parted(record)))
}

/// The first decision that differs.
fn parted(record: &DualRecord) -> String {
    let Some(d) = &record.first_divergence else {
        let cut_short = [&record.runs.exact, &record.runs.rounded].iter().any(|run| run.outcome.is_cut_short());
        let so_far = if cut_short {
            "No decision differs as far as both runs came.\n"
        } else {
            "Both runs took the same decisions.\n"
        };
        return so_far.to_owned();
    };
    let rounded = name(&record.runs.rounded);
    let margin = magnitude(Some(&d.margin_log2));
    let mut out = format!(
        "First decision that differs: {}, {}, question \"{}\". The {rounded} run takes it for {} ({margin} times its \
         tolerance); in exact arithmetic it is {}.\n",
        d.stage, d.item, d.site, d.rounded, d.exact
    );
    if record.replayed {
        out += "Errors and bits are those of a replay of that run along the exact run's decisions.\n";
    }
    out
}

/// What a reader has to know to read the first lines right: notes on the file, ties, what a run lacks, why it stopped.
pub(super) fn remarks(record: &DualRecord) -> Vec<String> {
    let victim = &record.victim;
    let mut out: Vec<String> = victim.notes.iter().map(|note| format!("note        {}\n", shown(note))).collect();
    let of_ties = [&record.runs.exact, &record.runs.rounded].into_iter().find_map(|run| run.labels.zip(run.label_ties));
    if let Some((labels, ties)) = of_ties.filter(|(_, ties)| *ties > 0) {
        let inputs = labels.total;
        out.push(format!(
            "The victim's own label is a tie at {ties} of the {inputs} inputs; each of the tied labels counts as the victim's.\n"
        ));
    }
    let mut lacking = missing::idle(&victim.units_without_kink);
    for run in [&record.runs.exact, &record.runs.rounded] {
        lacking += &missing::text(name(run), &run.missing, victim.kinks.unwrap_or_default());
    }
    if !lacking.is_empty() {
        out.push(lacking);
    }
    let unoriented = |run: &RunRecord| run.unoriented.clone().filter(|_| run.stopped.is_none());
    let [exact, rounded] = [&record.runs.exact, &record.runs.rounded].map(unoriented);
    let told = |names: &str, reason: String| {
        format!("{names}: no orientation ({reason}); the network is returned through its canonical form.\n")
    };
    let names = [name(&record.runs.exact), name(&record.runs.rounded)];
    if exact == rounded {
        out.extend(exact.map(|reason| told(&names.join(" and "), reason)));
    } else {
        out.extend([exact, rounded].into_iter().zip(names).filter_map(|(reason, name)| Some(told(name, reason?))));
    }
    for run in [&record.runs.exact, &record.runs.rounded] {
        let name = name(run);
        let Some(stopped) = &run.stopped else { continue };
        let Some(stage) = &stopped.stage else {
            out.push(format!("{name} has no network: {}\n", stopped.reason));
            continue;
        };
        let item = stopped.item.as_ref().map_or(String::new(), |item| format!(", {item}"));
        // Most reasons name their stage themselves.
        let reason = stopped.reason.strip_prefix(&format!("{stage}: ")).unwrap_or(&stopped.reason);
        out.push(format!("{name} stopped at {stage}{item}: {reason}\n"));
    }
    out.iter().map(|remark| wrapped(remark)).collect()
}

/// The name of a run.
pub(super) fn name(run: &RunRecord) -> &str {
    run.name.as_deref().unwrap_or("run")
}

fn runs(record: &DualRecord) -> String {
    let (exact, rounded) = (&record.runs.exact, &record.runs.rounded);
    let mut table = table(&["", name(exact), name(rounded)]);
    let mut row = |name: &str, cell: &dyn Fn(&RunRecord) -> String| {
        table.add_row([name.to_owned(), cell(exact), cell(rounded)]);
    };
    if [exact, rounded].iter().any(|run| run.question_bits.is_some()) {
        let asked = |run: &RunRecord| run.question_bits.map(|bits| format!("{bits} bits"));
        row("oracle is asked in", &|run| asked(run).unwrap_or_else(|| attacker(run)));
    }
    row("oracle answers in", &oracle);
    if [exact, rounded].iter().any(|run| run.wrappers.is_some()) {
        row("between them", &|run| or_dash(run.wrappers.as_ref().map(|all| all.join(", "))));
    }
    row("attacker computes in", &attacker);
    row("outcome", &|run| run.outcome.name().to_owned());
    row("kinks recovered", &|run| match &run.kinks {
        Some(kinks) => kinks.to_string(),
        None => format!("{} rows", run.rows.unwrap_or_default()),
    });
    row("queries", &|run| grouped(run.queries));
    row("queries per parameter", &|run| or_dash(run.queries_per_parameter.map(|x| format!("{x:.2}"))));
    row("same label", &|run| or_dash(run.labels));
    row("largest difference", &|run| magnitude(run.largest_difference_log2.as_ref()));
    row("worst weight error", &|run| magnitude(run.weight_error_log2.as_ref().map(|e| &e.max)));
    row("equal to the victim", &|run| match run.equal {
        Some(true) => "yes".to_owned(),
        Some(false) => "no".to_owned(),
        None => "—".to_owned(),
    });
    row("seconds", &|run| or_dash(run.seconds.map(|x| format!("{x:.2}"))));
    trimmed(&table)
}

/// The oracle's arithmetic, and what its answers pass through.
fn oracle(run: &RunRecord) -> String {
    let arithmetic = or_dash(run.victim_arithmetic);
    let channel = run.answer_bits.map(Rounding::Bits).or(run.answer_decimals.map(Rounding::Decimals));
    channel.map_or(arithmetic.clone(), |channel| format!("{arithmetic}, {channel}"))
}

fn attacker(run: &RunRecord) -> String {
    or_dash(run.attacker)
}

fn stages(record: &DualRecord) -> String {
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
fn unmeasured(record: &DualRecord) -> String {
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

pub(super) fn attribution(record: &DualRecord) -> String {
    let mut table = table(&[
        "isolates",
        "oracle",
        "attacker",
        "zero is",
        "kinks",
        "weight\nerror",
        "largest\ndifference",
        "same\nlabel",
    ]);
    let of = |share: Share| format!("{}/{}", share.count, share.total);
    for row in &record.attribution {
        let run = &row.run;
        table.add_row([
            row.isolates.clone(),
            oracle(run),
            attacker(run),
            if run.policy.as_deref() == Some("exact") { "zero".to_owned() } else { "tolerance".to_owned() },
            run.kinks.map_or_else(|| run.outcome.name().to_owned(), of),
            magnitude(run.weight_error_log2.as_ref().map(|e| &e.max)),
            magnitude(run.largest_difference_log2.as_ref()),
            or_dash(run.labels.map(of)),
        ]);
    }
    trimmed(&table)
}
