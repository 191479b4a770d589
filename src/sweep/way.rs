//! How victims are attacked, in parts: those that all rows of a table share, and those that tell them apart.

use super::cell::Description;
use crate::text::shown;

/// Parts by the names of their columns.
const PARTS: [&str; 10] =
    ["weights", "units", "attack", "oracle", "attacker", "answers", "questions", "lines", "queries", "inputs"];

/// The parts of one cell, in the order of [`PARTS`].
pub(super) type Parts = [String; 10];

/// All of a cell but the shape of its victim, where that comes from, and the seed.
pub(super) fn parts(cell: &Description) -> Parts {
    let refined = if cell.snap {
        " snap"
    } else if cell.polish {
        " polish"
    } else {
        ""
    };
    let bits = |bits: Option<u32>| bits.map_or("unrounded".to_owned(), |bits| format!("{bits} bits"));
    [
        shown(&cell.victim.weights),
        shown(cell.victim.activation.as_deref().unwrap_or("relu")),
        format!("{}{refined}", cell.strategy.name()),
        cell.victim_arithmetic.0.to_string(),
        cell.attacker.0.to_string(),
        cell.answer_decimals.map_or(bits(cell.answer_bits), |k| format!("{k} decimals")),
        bits(cell.question_bits),
        cell.lines.to_string(),
        cell.max_queries.map_or("unlimited".to_owned(), |most| most.to_string()),
        cell.reference_inputs.to_string(),
    ]
}

/// A part in words; nothing where it is the usual one, or of no weight for what is found.
fn said(part: usize, value: &str) -> Option<String> {
    Some(match (PARTS[part], value) {
        ("units", "relu") | ("answers" | "questions", "unrounded") | ("queries", "unlimited") => return None,
        ("attack", attack) => attack.to_owned(),
        ("questions", bits) => format!("asked in {bits}"),
        ("answers", bits) => format!("answers of {bits}"),
        ("queries", most) => format!("at most {most} queries"),
        ("inputs", _) => return None,
        (name, value) => format!("{value} {name}"),
    })
}

/// The oracle's arithmetic.
pub(super) fn oracle(parts: &Parts) -> &str {
    &parts[3]
}

/// The strategy and the oracle, in words.
pub(super) fn way(parts: &Parts) -> String {
    of(parts, |name| matches!(name, "attack" | "oracle"))
}

/// All but the strategy and the oracle, in words.
pub(super) fn setting(parts: &Parts) -> String {
    of(parts, |name| !matches!(name, "attack" | "oracle"))
}

fn of(parts: &Parts, wanted: impl Fn(&str) -> bool) -> String {
    let parts = parts.iter().enumerate().filter(|(part, _)| wanted(PARTS[*part]));
    parts.filter_map(|(part, value)| said(part, value)).collect::<Vec<_>>().join(", ")
}

/// What rows of a table share, in words, and the columns that tell them apart.
pub(super) struct Ways {
    /// Shared parts, in words.
    pub shared: String,
    varying: Vec<usize>,
}

impl Ways {
    /// Of these rows.
    pub fn of(rows: &[Parts]) -> Self {
        let differs = |&part: &usize| rows.windows(2).any(|pair| pair[0][part] != pair[1][part]);
        let varying: Vec<usize> = (0..PARTS.len()).filter(differs).collect();
        let word = |(part, value): (usize, &String)| said(part, value).filter(|_| !varying.contains(&part));
        let shared: Vec<String> =
            rows.first().into_iter().flat_map(|first| first.iter().enumerate()).filter_map(word).collect();
        Self { shared: shared.join(", "), varying }
    }

    /// Names of the columns that tell rows apart.
    pub fn head(&self) -> impl Iterator<Item = String> + '_ {
        self.varying.iter().map(|&part| PARTS[part].to_owned())
    }

    /// Their values in a row; a dash where there is no rounding and no limit.
    pub fn row<'a>(&'a self, row: &'a Parts) -> impl Iterator<Item = String> + 'a {
        let value = |part: usize| if ["unrounded", "unlimited"].contains(&&*row[part]) { "—" } else { &row[part] };
        self.varying.iter().map(move |&part| value(part).to_owned())
    }
}
