//! Figures and their data as files.

use super::{Figure, Report};

/// A kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A drawing that scales.
    Svg,
    /// The data as text.
    Csv,
}

/// A file to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its name, without a folder.
    pub name: String,
    /// What it holds.
    pub bytes: Vec<u8>,
}

impl Report {
    /// Every figure in this form; figures without a drawing have none.
    pub fn files(&self, form: Form) -> Vec<File> {
        let figures = self.sections.iter().flat_map(|section| &section.figures);
        figures.flat_map(|figure| figure.files(form)).collect()
    }
}

impl Figure {
    fn files(&self, form: Form) -> Vec<File> {
        let file = |name: String, text: String| File { name, bytes: text.into_bytes() };
        match form {
            Form::Svg => {
                let drawing = self.drawing.iter();
                drawing.map(|drawing| file(format!("{}.svg", self.id), drawing.svg.file(&self.title))).collect()
            }
            Form::Csv => self.data().map(|(name, data)| file(format!("{name}.csv"), data.csv())).collect(),
        }
    }

    /// Its tables with the names of their files: the figure's own, then numbered.
    fn data(&self) -> impl Iterator<Item = (String, &super::Data)> {
        self.tables
            .iter()
            .enumerate()
            .map(|(i, (_, data))| (if i == 0 { self.id.clone() } else { format!("{}.{}", self.id, i + 1) }, data))
    }
}
