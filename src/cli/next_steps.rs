//! What to ask for next, after a run.

use crate::record::{DualRecord, Word};

/// Steps that are named.
const SHOWN: usize = 3;

/// Options that fit what a run found, a line each with what it gives; `asked`: those that the run had.
///
/// Empty where nothing is left to ask for.
pub(super) fn of(record: &DualRecord, asked: &[&str]) -> String {
    let relu = record.victim.activation.as_deref().is_none_or(|name| name == "relu");
    let weights = record.victim.weights.as_str();
    let snap = format!("--snap {weights}");
    let on_a_grid = relu && record.strategy == "walk" && weights != "f64";
    let result = record.conclusion.result;
    let found = matches!(result, Word::Equal | Word::Extracted);
    let steps = [
        ("-v", true, "both runs side by side, and the stages"),
        ("--predict-bits", relu && result == Word::Incomplete, "how many bits answers must have"),
        ("--attribution", result == Word::Incomplete, "whose rounding it is"),
        ("--snap", on_a_grid && result == Word::Extracted, "the weights bit for bit"),
        ("--ledger", relu && result == Word::Extracted, "whose error each stage's is"),
        ("--certificate", found, "a proof for others"),
    ];
    let fitting = steps.iter().filter(|(option, fits, _)| *fits && !asked.contains(option));
    let line = |(i, (option, _, what)): (usize, &(&str, bool, &str))| {
        let option = match *option {
            "--snap" => &snap,
            "--certificate" => "--certificate cert.json",
            option => option,
        };
        format!("{:<12}{option:<25}{what}\n", if i == 0 { "next" } else { "" })
    };
    fitting.take(SHOWN).enumerate().map(line).collect()
}
