//! The page: one HTML file with its style, its script and its figures inside, that asks for nothing else.

use super::data::{Data, Kind};
use super::svg::{DARK, LIGHT, SHAPE};
use super::{Figure, Report, Section};
use crate::text::markup;
use std::fmt::Write;

const STYLE: &str = include_str!("page/style.css");
const SCRIPT: &str = include_str!("page/script.js");
/// Nothing is loaded, whatever the page should come to hold.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

impl Report {
    /// The page.
    pub fn page(&self) -> String {
        let title = match self.sections.as_slice() {
            [one] => format!("{} · exactract", one.title),
            several => format!("{} sources · exactract", several.len()),
        };
        let mut out = format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n<title>{}</title>\n\
             <style>{STYLE}{SHAPE}{LIGHT}@media (prefers-color-scheme:dark){{{DARK}}}</style>\n</head>\n<body>\n\
             <header><h1>Where precision limits extraction</h1></header>\n{}<main>\n",
            markup(&title),
            self.contents(),
        );
        self.sections.iter().for_each(|section| section_of(&mut out, section));
        let _ = write!(
            out,
            "</main>\n<footer>Made by exactract {}. Errors are exact differences of two known networks, as powers of \
             two.</footer>\n<script>{SCRIPT}</script>\n</body>\n</html>\n",
            env!("CARGO_PKG_VERSION")
        );
        out
    }

    fn contents(&self) -> String {
        let item = |figure: &Figure| format!("<li><a href=\"#{}\">{}</a></li>", figure.id, markup(&figure.title));
        let section = |section: &Section| {
            let items: String = section.figures.iter().map(item).collect();
            format!("<div><h4>{}</h4><ul>{items}</ul></div>", markup(&section.title))
        };
        format!("<nav aria-label=\"Figures\">{}</nav>\n", self.sections.iter().map(section).collect::<String>())
    }
}

fn section_of(out: &mut String, section: &Section) {
    let fact = |(name, value): &(String, String)| format!("<dt>{}</dt><dd>{}</dd>", markup(name), markup(value));
    let facts: String = section.facts.iter().map(fact).collect();
    let _ = write!(out, "<section>\n<h2>{}</h2>\n<dl>{facts}</dl>\n<div class=\"figures\">\n", markup(&section.title));
    section.figures.iter().for_each(|figure| figure_of(out, figure));
    out.push_str("</div>\n");
    if !section.absent.is_empty() {
        let line = |(what, how): &(String, String)| format!("<li>{}: no data here; {}</li>", markup(what), code(how));
        let lines: String = section.absent.iter().map(line).collect();
        let _ = writeln!(out, "<ul class=\"absent\">{lines}</ul>");
    }
    out.push_str("</section>\n");
}

/// Text in which backquotes stand around commands.
fn code(text: &str) -> String {
    let parts = text.split('`').enumerate();
    parts.map(|(i, part)| if i % 2 == 1 { format!("<code>{}</code>", markup(part)) } else { markup(part) }).collect()
}

fn figure_of(out: &mut String, figure: &Figure) {
    let wide = if figure.drawing.is_none() { " class=\"wide\"" } else { "" };
    let (id, title) = (&figure.id, markup(&figure.title));
    let _ = write!(out, "<figure id=\"{id}\"{wide}>\n<h3>{title}</h3>\n<p>{}</p>\n", markup(&figure.says));
    if let Some(drawing) = &figure.drawing {
        let name = format!("{}. {}", figure.title, figure.says);
        let (svg, key) = (drawing.svg.inline(&name), markup(&drawing.key));
        let _ = write!(out, "<div class=\"plot\" tabindex=\"0\">{svg}</div>\n<figcaption>{key}</figcaption>\n");
    }
    // Where there is no drawing the table is the figure.
    let open = figure.drawing.is_none();
    if !open {
        out.push_str("<details><summary>Data</summary>\n");
    }
    for (title, data) in &figure.tables {
        if !open {
            let _ = writeln!(out, "<h4>{}</h4>", markup(title));
        }
        table(out, data, if open { WHOLE } else { HALF });
    }
    out.push_str(if open { "</figure>\n" } else { "</details>\n</figure>\n" });
}

/// Letters from which words may take several lines.
const LONG: usize = 40;
/// Pixels that a letter of a table takes at most, a cell beside its words, and a cell of long words.
const LETTER: f64 = 8.4;
const CELL: f64 = 20.0;
const WORDS: f64 = 144.0;
/// Pixels for a table on a page of 1,200, across the page and in a figure that is one of two in a row.
const WHOLE: f64 = 1090.0;
const HALF: f64 = 515.0;

/// Pixels that a table takes at least, from above: words stay whole, numbers on one line.
fn needed(data: &Data) -> f64 {
    let longest = |text: &str| text.split_whitespace().map(|word| word.chars().count()).max().unwrap_or(0);
    let column = |(i, column): (usize, &super::Column)| {
        let letters = data.rows.iter().map(|row| longest(&row[i].shown())).max().unwrap_or(0);
        let wordy = data.rows.iter().any(|row| row[i].shown().chars().count() > LONG);
        let words = LETTER * letters.max(longest(column.head)) as f64;
        CELL + if wordy { words.max(WORDS) } else { words }
    };
    data.columns.iter().enumerate().map(column).sum()
}

/// A table; one that may be wider than `room` says so, and shows how it scrolls.
fn table(out: &mut String, data: &Data, room: f64) {
    let numeric = |kind: Kind| matches!(kind, Kind::Count | Kind::Real);
    if needed(data) > room {
        let columns = data.columns.len();
        let _ = write!(
            out,
            "<p class=\"key\">Scroll sideways to see all {columns} columns.</p>\n<div class=\"scroll sideways\">"
        );
    } else {
        out.push_str("<div class=\"scroll\">");
    }
    out.push_str("<table><thead><tr>");
    for column in &data.columns {
        let class = if numeric(column.kind) { " class=\"n\"" } else { "" };
        let _ = write!(out, "<th scope=\"col\"{class}>{}</th>", markup(column.head));
    }
    out.push_str("</tr></thead><tbody>\n");
    for row in &data.rows {
        out.push_str("<tr>");
        for (value, column) in row.iter().zip(&data.columns) {
            let shown = value.shown();
            out.push_str(match numeric(column.kind) {
                true => "<td class=\"n\">",
                false if shown.chars().count() > LONG => "<td class=\"w\">",
                false => "<td>",
            });
            out.push_str(&markup(&shown));
            out.push_str("</td>");
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody></table></div>\n");
}
