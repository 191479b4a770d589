//! Figures of sweeps, runs and audits: each with its data as a table and a sentence that says what to see.
//!
//! | step | what |
//! |---|---|
//! | [`Source`] | a sweep's folder, or the JSON record of a run or an audit |
//! | [`Report`] | sections of figures; what has no data says which command gives it |
//! | [`Report::page`] | one HTML file that needs nothing else |
//! | [`Report::files`] | figures as SVG and PNG, data as CSV and Parquet |
//!
//! The same input gives the same bytes.

mod audit;
mod axis;
mod cells;
#[cfg(feature = "parquet")]
mod columnar;
mod data;
mod export;
mod frontier;
mod growth;
mod margins;
mod page;
mod panels;
#[cfg(feature = "png")]
mod raster;
mod ratios;
mod run;
mod source;
mod svg;

pub use data::{Column, Data, Kind, Value};
pub use export::{File, Form};
pub use source::{Error, Source};

use crate::report::{WIDTH, wrapped_to};
use crate::text::shown;
use svg::Svg;

/// One figure: what it shows, the sentence computed from its data, the drawing, the data.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// Name of its files; one of its kind in a report.
    pub id: String,
    /// What it shows.
    pub title: String,
    /// What to see in it, computed from the data.
    pub says: String,
    drawing: Option<Drawing>,
    /// Its data: a title and a table each, the first the shortest.
    pub tables: Vec<(String, Data)>,
}

/// A drawing, with the key to its marks.
#[derive(Clone, Debug, PartialEq)]
struct Drawing {
    svg: Svg,
    /// How to read it, in words.
    key: String,
}

/// Figures of one source, or of one part of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Section {
    /// Its title.
    pub title: String,
    /// Facts on what was run: a name and a value each.
    pub facts: Vec<(String, String)>,
    /// The figures.
    pub figures: Vec<Figure>,
    /// Figures without data: what they would show, and what gives it.
    pub absent: Vec<(String, String)>,
}

/// Everything that a page or a folder of files is made from.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// Its sections.
    pub sections: Vec<Section>,
}

/// Text for a terminal in lines that begin with so many spaces.
fn indented(spaces: usize, text: &str) -> String {
    let lines = wrapped_to(&shown(text), WIDTH - spaces);
    lines.lines().map(|line| format!("{:spaces$}{line}\n", "")).collect()
}

impl Report {
    /// The figures of these sources, a section each.
    pub fn new(sources: &[Source]) -> Self {
        let mut report = Self { sections: sources.iter().map(Source::section).collect() };
        // Files and links go by these names.
        let mut seen = std::collections::BTreeMap::<String, usize>::new();
        for figure in report.sections.iter_mut().flat_map(|section| &mut section.figures) {
            let times = seen.entry(figure.id.clone()).or_default();
            *times += 1;
            if *times > 1 {
                figure.id += &format!("-{times}");
            }
        }
        report
    }

    /// Titles and sentences, for a terminal.
    pub fn text(&self) -> String {
        let section = |section: &Section| {
            let figures = section.figures.iter();
            let figures = figures.map(|figure| indented(2, &figure.title) + &indented(6, &figure.says));
            let absent = section.absent.iter();
            let absent = absent.map(|(what, how)| indented(2, what) + &indented(6, &format!("no data: {how}")));
            shown(&section.title) + "\n" + &figures.chain(absent).collect::<String>()
        };
        self.sections.iter().map(section).collect::<Vec<_>>().join("\n")
    }
}
