//! `exactract report`: figures of sweeps, runs and audits, as a page or as files.

use super::{Error, named, output, say};
use crate::figures::{File, Form, Report, Source};
use crate::format;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Draw what sweeps, runs and audits found: a page, or figures and data as files
///
/// Without an option that writes, the sentences that go with the figures are printed.
#[derive(Debug, clap::Args)]
#[command(after_help = "Exit status: 0 written; 2 bad request, or an input that cannot be read.")]
pub(super) struct Arguments {
    /// Folders of sweeps, and files of exactract run --json and exactract audit --json; - for standard input
    #[arg(required = true, value_name = "DIR|RECORD")]
    inputs: Vec<PathBuf>,
    /// Write everything to one HTML file that needs nothing else
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Write every drawing to this folder, as SVG
    #[arg(long, value_name = "DIR")]
    svg: Option<PathBuf>,
    /// Write every drawing to this folder, as PNG; in builds with the feature png
    #[arg(long, value_name = "DIR")]
    png: Option<PathBuf>,
    /// Write the data of every figure to this folder, as CSV
    #[arg(long, value_name = "DIR")]
    csv: Option<PathBuf>,
    /// Write the data of every figure to this folder, as Parquet; in builds with the feature parquet
    #[arg(long, value_name = "DIR")]
    parquet: Option<PathBuf>,
}

impl Arguments {
    /// Reads, draws, writes.
    pub(super) fn run(self) -> Result<ExitCode, Error> {
        let folders =
            [(Form::Svg, &self.svg), (Form::Png, &self.png), (Form::Csv, &self.csv), (Form::Parquet, &self.parquet)];
        folders.iter().filter(|(_, folder)| folder.is_some()).try_for_each(|(form, _)| form.check())?;
        if let Some(path) = &self.html {
            format::check_writable(path)?;
        }
        let sources = self.inputs.iter().map(|path| Source::read(path)).collect::<Result<Vec<_>, _>>()?;
        let report = Report::new(&sources);
        let mut written = Vec::new();
        if let Some(path) = &self.html {
            let page = report.page();
            if path == Path::new("-") {
                output::hand_over(&page)?;
                return Ok(ExitCode::SUCCESS);
            }
            format::write_atomically(path, page.as_bytes())?;
            written.push(named(path));
        }
        for (form, folder) in folders {
            let Some(folder) = folder else { continue };
            let files = report.files(form)?;
            write(folder, &files)?;
            written.push(format!("{} files in {}", files.len(), named(folder)));
        }
        if written.is_empty() {
            say(&report.text())?;
        } else {
            say(&format!("written   {}\n", written.join(", ")))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn write(folder: &Path, files: &[File]) -> Result<(), Error> {
    std::fs::create_dir_all(folder)
        .map_err(|e| Error::Request(format!("{}: cannot be made a folder: {e}", folder.display())))?;
    for file in files {
        format::write_atomically(&folder.join(&file.name), &file.bytes)?;
    }
    Ok(())
}
