//! The first lines of a report: what was attacked, what each run came to, and where the error comes from.

use super::ledger::made_by;
use super::words::{WIDTH, grouped, magnitude};
use crate::record::{Conclusion, DualRecord, Log2, OriginRecord, RunRecord, Word, power};
use crate::text::shown;

/// Columns of the words that lines begin with.
const LABEL: usize = 12;
/// The word and the subject, a line for each run, and one for the error.
pub(super) fn headline(record: &DualRecord) -> String {
    let mut lines = vec![first(record)];
    let inputs = record.victim.shape.split('-').next().unwrap_or("d");
    let exact = &record.runs.exact;
    let of_exact = match exact.equal {
        Some(true) => format!("the same function on all of R^{inputs}, proved"),
        Some(false) => "not the victim's function".to_owned(),
        None => stopped(exact),
    };
    lines.push(run("exact", &of_exact, exact));
    let rounded = &record.runs.rounded;
    lines.push(run(super::text::name(rounded), &found(record, rounded), rounded));
    lines.extend(record.origin.as_ref().map(|origin| labelled("error", &of_error(origin))));
    lines.join("\n") + "\n"
}

/// The word, the victim and the attack; why on a line of its own.
fn first(record: &DualRecord) -> String {
    let Conclusion { result, why, .. } = &record.conclusion;
    let word = match result {
        Word::Equal => "EQUAL",
        Word::Extracted => "EXTRACTED",
        Word::Incomplete => "INCOMPLETE",
        Word::NotEqual => "NOT EQUAL",
        Word::Stopped => "STOPPED",
    };
    let victim = &record.victim;
    let activation = victim.activation.as_ref().filter(|name| *name != "relu");
    let activation = activation.map_or(String::new(), |name| format!(" {}", shown(name)));
    let subject = format!(
        "{}, {}{activation}, {}, {}, seed {}",
        shown(&victim.source),
        victim.shape,
        victim.weights,
        record.strategy,
        record.seed
    );
    let line = labelled(word, &subject);
    why.as_ref().map_or(line.clone(), |why| format!("{line}\n{}", labelled("", &shown(why).to_string())))
}

fn labelled(label: &str, text: &str) -> String {
    format!("{label:<LABEL$}{text}").trim_end().to_owned()
}

/// A run's line, with its queries at the right.
fn run(label: &str, text: &str, run: &RunRecord) -> String {
    let (line, queries) = (labelled(label, text), format!("{} queries", grouped(run.queries)));
    let room = WIDTH.saturating_sub(line.chars().count()).max(queries.len() + 2);
    format!("{line}{queries:>room$}")
}

/// What a run without a network ends with.
fn stopped(run: &RunRecord) -> String {
    match &run.stopped {
        Some(stopped) => {
            let stage = stopped.stage.as_ref().map_or(String::new(), |stage| format!(" in {stage}"));
            format!("stopped{stage}, without a network")
        }
        None => "not compared with the victim".to_owned(),
    }
}

/// What a rounded run found.
fn found(record: &DualRecord, run: &RunRecord) -> String {
    let Some(kinks) = &run.kinks else { return stopped(run) };
    let units = if record.victim.activation.as_deref().is_none_or(|name| name == "relu") { "neurons" } else { "kinks" };
    let mut parts = vec![format!("{kinks} {units}")];
    parts.extend(run.labels.map(|labels| format!("{labels} labels")));
    parts.extend(run.weight_error_log2.as_ref().map(|error| match error.max {
        Log2(f64::NEG_INFINITY) => "weights without error".to_owned(),
        Log2(max) => format!("largest weight error {}", power(max)),
    }));
    parts.join(", ")
}

fn of_error(origin: &OriginRecord) -> String {
    let OriginRecord { stage, item, made_log2, shown_in, shown_log2, .. } = origin;
    let made = format!("{} from {} in {stage}, {item}", magnitude(Some(made_log2)), made_by(origin));
    if shown_in == stage {
        return made;
    }
    let shown = format!("{} in {shown_in}", magnitude(Some(shown_log2)));
    let fits = LABEL + made.chars().count() + 2 + shown.len() <= WIDTH;
    if fits { format!("{made}; {shown}") } else { format!("{made};\n{}", labelled("", &shown)) }
}
