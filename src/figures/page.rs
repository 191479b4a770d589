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
        table(out, data);
    }
    out.push_str(if open { "</figure>\n" } else { "</details>\n</figure>\n" });
}

/// Words that take more than this many bytes may take several lines.
const LONG: usize = 40;

fn table(out: &mut String, data: &Data) {
    let numeric = |kind: Kind| matches!(kind, Kind::Count | Kind::Real);
    out.push_str("<div class=\"scroll\"><table><thead><tr>");
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
                false if shown.len() > LONG => "<td class=\"w\">",
                false => "<td>",
            });
            out.push_str(&markup(&shown));
            out.push_str("</td>");
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody></table></div>\n");
}
