//! How reports write numbers and tables.

use crate::record::Log2;
use comfy_table::{CellAlignment, Table, presets};

/// A table without lines: the first column to the left, the others to the right.
pub(super) fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(header);
    for (index, column) in table.column_iter_mut().enumerate() {
        let left = u16::from(index > 0);
        column.set_padding((left, 1));
        column.set_cell_alignment(if index == 0 { CellAlignment::Left } else { CellAlignment::Right });
    }
    table
}

/// Its text, without spaces at the ends of lines.
pub(super) fn trimmed(table: &Table) -> String {
    table.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

/// A magnitude by its base-2 logarithm: `2^-34.2`, `0` of nothing.
pub fn power(log2: f64) -> String {
    if log2 == f64::NEG_INFINITY { "0".to_owned() } else { format!("2^{log2:.1}") }
}

/// [`power`], or a dash where there is none.
pub fn magnitude(log2: Option<&Log2>) -> String {
    log2.map_or("—".to_owned(), |Log2(x)| power(*x))
}

/// A value, or a dash where there is none.
pub(super) fn or_dash(value: Option<impl std::fmt::Display>) -> String {
    value.map_or("—".to_owned(), |value| value.to_string())
}

/// Thousands apart.
pub(super) fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
