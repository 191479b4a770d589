//! Tables for a terminal: columns that fit a line, and as many rows as a screen takes.

use crate::report::{WIDTH, wrapped};
use std::ops::Range;

/// Lines of a screen.
const SCREEN: usize = 40;
/// Rows that a table keeps when others crowd it.
const LEAST_ROWS: usize = 3;
/// Characters that a column of words keeps when it is cut.
const LEAST_WORDS: usize = 11;

/// A table with what is said above and below it.
pub(super) struct Section {
    /// What it shows; empty where nothing is said.
    pub title: String,
    /// Names of its columns; empty where there is no table.
    pub head: Vec<String>,
    /// Its rows, each as long as the head.
    pub rows: Vec<Vec<String>>,
    /// Columns of numbers, to the right; the others are words, to the left.
    pub numbers: Range<usize>,
    /// What is said below it.
    pub foot: String,
    /// The file that has more.
    pub file: &'static str,
    /// What it has, in front of the number of rows.
    pub holds: &'static str,
}

impl Section {
    /// A sentence without a table.
    pub fn said(title: String) -> Self {
        Self { title, head: vec![], rows: vec![], numbers: 0..0, foot: String::new(), file: "", holds: "has all" }
    }

    fn title(&self) -> String {
        wrapped(&self.title)
    }

    fn foot(&self) -> String {
        wrapped(&self.foot)
    }

    /// Lines that it takes beside its rows: what is said, the head, and an empty one below the title and between two.
    fn frame(&self) -> usize {
        let all: Vec<&Vec<String>> = std::iter::once(&self.head).chain(&self.rows).collect();
        let narrowed = usize::from(!self.head.is_empty() && self.widths(&all).len() < self.head.len());
        let table = if self.head.is_empty() { 0 } else { 2 } + narrowed;
        self.title().lines().count() + table + self.foot().lines().count() + 1
    }

    fn text(&self, most: usize) -> String {
        if self.head.is_empty() {
            return self.title() + &self.foot();
        }
        let all = self.rows.len();
        // The line that says what is cut takes the place of a row.
        let shown = if all <= most { all } else { most.saturating_sub(1).max(1) };
        let lines: Vec<&Vec<String>> = std::iter::once(&self.head).chain(&self.rows[..shown]).collect();
        let widths = self.widths(&lines);
        let mut text = self.title() + "\n";
        for line in lines {
            let cell = |(i, (text, &width)): (usize, (&String, &usize))| {
                let text = cut(text, width);
                if self.is_words(i) { format!("{text:<width$}") } else { format!("{text:>width$}") }
            };
            text += line.iter().zip(&widths).enumerate().map(cell).collect::<Vec<_>>().join("  ").trim_end();
            text.push('\n');
        }
        let left_out = &self.head[widths.len()..];
        if !left_out.is_empty() {
            text += &wrapped(&format!(
                "without {}, for which there is no room: {} has them",
                left_out.join(", "),
                self.file
            ));
        }
        if shown < all {
            text += &format!("and {} more rows: {} {} {all}\n", all - shown, self.file, self.holds);
        }
        text + &self.foot()
    }

    fn is_words(&self, column: usize) -> bool {
        !self.numbers.contains(&column)
    }

    /// Widths of the columns that a line has room for: those of words give way, the widest first, then the last ones.
    fn widths(&self, lines: &[&Vec<String>]) -> Vec<usize> {
        let widest = |i: usize| lines.iter().map(|line| line[i].chars().count()).max().unwrap_or(0);
        let mut widths: Vec<usize> = (0..self.head.len()).map(widest).collect();
        while widths.iter().sum::<usize>() + 2 * (widths.len() - 1) > WIDTH {
            let words = (0..widths.len()).filter(|&i| self.is_words(i) && widths[i] > LEAST_WORDS);
            match words.max_by_key(|&i| widths[i]) {
                Some(widest) => widths[widest] -= 1,
                None if widths.len() > 1 => drop(widths.pop()),
                None => break,
            }
        }
        widths
    }
}

/// The text, cut to so many characters with a sign that it is.
fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    text.chars().take(width.saturating_sub(1)).chain(['…']).collect()
}

/// Sections one below the other, each with as many of its rows as fit on a screen that has `taken` lines already; all
/// of them where `whole` is asked for.
pub(super) fn screen(sections: &[Section], taken: usize, whole: bool) -> String {
    let mut shown: Vec<&Section> = sections.iter().collect();
    let lines = |shown: &[&Section]| -> usize {
        let rows = |section: &&Section| section.frame() + section.rows.len().min(LEAST_ROWS);
        shown.iter().map(rows).sum::<usize>() + taken
    };
    let mut left_out = Vec::new();
    // A line for what is left out.
    while !whole && shown.len() > 1 && lines(&shown) + usize::from(!left_out.is_empty()) > SCREEN {
        left_out.extend(shown.pop());
    }
    let mut most: Vec<usize> = shown.iter().map(|section| section.rows.len()).collect();
    let frames = shown.iter().map(|section| section.frame()).sum::<usize>() + taken + usize::from(!left_out.is_empty());
    while !whole && most.iter().sum::<usize>() + frames > SCREEN {
        let Some(longest) = most.iter_mut().max().filter(|rows| **rows > 1) else { break };
        *longest -= 1;
    }
    let mut text = shown.iter().zip(most).map(|(section, most)| section.text(most)).collect::<Vec<_>>().join("\n");
    if !left_out.is_empty() {
        let mut files: Vec<&str> =
            left_out.iter().map(|section| section.file).filter(|file| !file.is_empty()).collect();
        files.sort_unstable();
        files.dedup();
        text += &format!("\nand {} more tables: see {}\n", left_out.len(), files.join(", "));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(rows: usize, name: &str) -> Section {
        let row = |i: usize| vec![format!("{name}{i}"), i.to_string()];
        let head = ["victim", "seeds"].map(str::to_owned).to_vec();
        let rows = (0..rows).map(row).collect();
        Section { head, rows, numbers: 1..2, file: "all.csv", ..Section::said("what it shows".to_owned()) }
    }

    #[test]
    fn a_screen_holds_what_is_shown_and_says_what_is_not() {
        for rows in [1, 20, 36, 37, 400] {
            let text = screen(&[section(rows, "v")], 2, false);
            assert!(text.lines().count() + 2 <= SCREEN, "{rows}: {text}");
            assert_eq!(text.contains(&format!("all.csv has all {rows}\n")), rows > 36 - 2, "{rows}: {text}");
        }
        assert_eq!(screen(&[section(400, "v")], 2, true).lines().count(), 403);
        let many: Vec<Section> = (0..30).map(|_| section(9, "v")).collect();
        let text = screen(&many, 2, false);
        assert!(text.lines().count() + 2 <= SCREEN && text.contains("more tables: see all.csv\n"), "{text}");
    }

    #[test]
    fn long_names_give_way() {
        let text = screen(&[section(2, &"long".repeat(40))], 0, false);
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH), "{text}");
        assert!(text.contains("…  ") && text.lines().nth(2).unwrap().ends_with("  seeds"), "{text}");
        let wide = |n: usize| vec!["12345678".to_owned(); n];
        let section = Section { head: wide(14), rows: vec![wide(14); 50], numbers: 1..14, ..section(0, "") };
        let text = screen(&[section], 0, false);
        assert!(text.lines().all(|line| line.chars().count() <= WIDTH) && text.lines().count() <= SCREEN, "{text}");
        assert!(
            text.contains("\nwithout 12345678, 12345678, 12345678, 12345678, for which there is no room: all.csv"),
            "{text}"
        );
    }
}
