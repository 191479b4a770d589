//! How reports write numbers and tables.

use crate::record::{Log2, power};
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

/// Columns of a line of text.
pub const WIDTH: usize = 100;

/// Text behind a head, broken between words so that no line is longer than `width` but for a word that is; further
/// lines begin below the text.
pub fn hanging(head: &str, text: &str, width: usize) -> String {
    let indent = head.chars().count();
    let (mut out, mut columns) = (head.to_owned(), indent);
    for word in text.split(' ') {
        let length = word.chars().count();
        if columns > indent && columns + 1 + length > width {
            out += &format!("\n{:indent$}", "");
            columns = indent;
        } else if columns > indent {
            out.push(' ');
            columns += 1;
        }
        out += word;
        columns += length;
    }
    out + "\n"
}

/// Text with its lines broken between words, each with a line break at its end, so that none is longer than [`WIDTH`]
/// but for a word that is.
pub fn wrapped(text: &str) -> String {
    wrapped_to(text, WIDTH)
}

/// [`wrapped`], to lines of so many columns.
pub fn wrapped_to(text: &str, width: usize) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / width.max(1));
    for line in text.lines() {
        // Columns of tables are set: a line that fits stays as it is.
        if line.chars().count() <= width {
            out += line;
            out.push('\n');
            continue;
        }
        let mut columns = 0;
        for word in line.split(' ') {
            let length = word.chars().count();
            if columns > 0 && columns + 1 + length > width {
                out.push('\n');
                columns = 0;
            } else if columns > 0 {
                out.push(' ');
                columns += 1;
            }
            out += word;
            columns += length;
        }
        out.push('\n');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_broken_between_words() {
        let (short, word) = ("a  b", "w".repeat(WIDTH + 5));
        assert_eq!(wrapped(&format!("{short}\n")), format!("{short}\n"));
        let text = vec!["four"; 60].join(" ");
        let broken = wrapped(&format!("{text} {word}"));
        assert!(broken.lines().all(|line| line.len() <= WIDTH || line == word), "{broken}");
        assert_eq!(broken.split_whitespace().collect::<Vec<_>>().join(" "), format!("{text} {word}"));
    }
}
