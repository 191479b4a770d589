//! Figures and their data as files.

use super::{Data, Error, Figure, Report};

/// A kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A drawing that scales.
    Svg,
    /// A drawing in pixels.
    Png,
    /// The data as text.
    Csv,
    /// The data by columns.
    Parquet,
}

/// A file to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its name, without a folder.
    pub name: String,
    /// What it holds.
    pub bytes: Vec<u8>,
}

impl Form {
    /// The ending of its files, and the feature of this crate that they need, if any.
    pub fn name(self) -> &'static str {
        match self {
            Self::Svg => "svg",
            Self::Png => "png",
            Self::Csv => "csv",
            Self::Parquet => "parquet",
        }
    }

    /// Errors: [`Error::Feature`] where this build cannot write it.
    pub fn check(self) -> Result<(), Error> {
        let can = match self {
            Self::Svg | Self::Csv => true,
            Self::Png => cfg!(feature = "png"),
            Self::Parquet => cfg!(feature = "parquet"),
        };
        if can { Ok(()) } else { Err(Error::Feature { form: self.name() }) }
    }

    fn draw(self, svg: String) -> Result<Vec<u8>, Error> {
        match self {
            #[cfg(feature = "png")]
            Self::Png => super::raster::png(&svg).map_err(|what| Error::Form { form: self.name(), what }),
            _ => Ok(svg.into_bytes()),
        }
    }

    fn write(self, data: &Data) -> Result<Vec<u8>, Error> {
        match self {
            #[cfg(feature = "parquet")]
            Self::Parquet => super::columnar::parquet(data).map_err(|what| Error::Form { form: self.name(), what }),
            _ => Ok(data.csv().into_bytes()),
        }
    }
}

impl Report {
    /// Every figure in this form; figures without a drawing have none.
    ///
    /// Errors: [`Error::Feature`] where this build cannot write it, [`Error::Form`].
    pub fn files(&self, form: Form) -> Result<Vec<File>, Error> {
        form.check()?;
        let figures = self.sections.iter().flat_map(|section| &section.figures);
        figures.map(|figure| figure.files(form)).collect::<Result<Vec<_>, _>>().map(|files| files.concat())
    }
}

impl Figure {
    fn files(&self, form: Form) -> Result<Vec<File>, Error> {
        let file = |name: &str, bytes| File { name: format!("{name}.{}", form.name()), bytes };
        match form {
            Form::Svg | Form::Png => {
                let drawings = self.drawing.iter().map(|drawing| drawing.svg.file(&self.title));
                drawings.map(|svg| Ok(file(&self.id, form.draw(svg)?))).collect()
            }
            Form::Csv | Form::Parquet => {
                // The figure's own table has its name; the others add what they hold.
                let name = |i: usize, title: &str| match i {
                    0 => self.id.clone(),
                    _ => format!("{}-{}", self.id, title.to_lowercase().replace(' ', "-")),
                };
                let tables = self.tables.iter().enumerate();
                tables.map(|(i, (title, data))| Ok(file(&name(i, title), form.write(data)?))).collect()
            }
        }
    }
}
