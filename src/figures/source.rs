//! What figures are made from.

use super::{Section, audit, cells, frontier, growth, run};
use crate::format;
use crate::record::{AuditRecord, Document, DualRecord};
use crate::sweep::{self, Store, Table};
use std::path::{Path, PathBuf};

/// Why there are no figures, or no files of them. The message says what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A folder of a sweep that cannot be read.
    #[error(transparent)]
    Sweep(#[from] sweep::Error),
    /// A file that cannot be read.
    #[error(transparent)]
    Read(#[from] format::Error),
    /// A file that is no record of a run or an audit.
    #[error("{}: {what}: name a sweep's folder, or a file of exactract run --json or audit --json", path.display())]
    Record {
        /// The file.
        path: PathBuf,
        /// What it is instead.
        what: String,
    },
    /// A kind of file that this build cannot write.
    #[error("--{form}: this build does not write it: build with --features {form}")]
    Feature {
        /// The kind of file.
        form: &'static str,
    },
    /// A figure that cannot be brought into a form.
    #[error("--{form}: {what}")]
    Form {
        /// The kind of file.
        form: &'static str,
        /// Why not.
        what: String,
    },
}

/// The largest record that is read, in bytes.
const MOST_BYTES: u64 = 1 << 30;

/// One input of a report.
#[derive(Debug)]
pub enum Source {
    /// A sweep: what its folder is called, and what its cells found.
    Sweep {
        /// The folder, as it was named.
        name: String,
        /// Its cells.
        table: Box<Table>,
    },
    /// One run: its file, and its record.
    Run {
        /// The file, as it was named.
        name: String,
        /// The record.
        record: Box<DualRecord>,
    },
    /// One audit: its file, and its record.
    Audit {
        /// The file, as it was named.
        name: String,
        /// The record.
        record: Box<AuditRecord>,
    },
}

impl Source {
    /// Reads a sweep's folder, or the record of a run or an audit.
    ///
    /// Errors: [`Error::Sweep`] for a folder without a plan, or with a damaged file; [`Error::Record`]
    /// for a file that holds something else, or a record of another layout.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let name = path.display().to_string();
        if path.is_dir() {
            let store = Store::at_rest(path);
            let table = Table::read(&store.load_plan()?, &store)?;
            return Ok(Self::Sweep { name, table: Box::new(table) });
        }
        let bytes = format::read_json(path, MOST_BYTES)?;
        if Document::Audit.check(&bytes).is_ok() {
            let record = Document::Audit.read(&bytes).map_err(|what| Error::Record { path: path.to_owned(), what })?;
            return Ok(Self::Audit { name, record: Box::new(record) });
        }
        let record = Document::Run.read(&bytes).map_err(|what| Error::Record { path: path.to_owned(), what })?;
        Ok(Self::Run { name, record: Box::new(record) })
    }

    pub(super) fn section(&self) -> Section {
        let (name, table) = match self {
            Self::Sweep { name, table } => (name, table),
            Self::Run { name, record } => return run::section(name, record),
            Self::Audit { name, record } => return audit::section(name, record),
        };
        let mut figures = frontier::figures(table);
        let mut absent = Vec::new();
        if figures.is_empty() {
            let how =
                "a sweep with a `[frontier]` gives it, as `exactract sweep examples/frontier-small.toml`".to_owned();
            absent.push(("The precision frontier".to_owned(), how));
        }
        let growth = growth::figures(table);
        if growth.is_empty() {
            let how = "a sweep with a `[grid]` of several shapes gives it; `ledger = true` adds bits lost by stage, \
                       `attribution = true` who rounds";
            absent.push(("Error, bits lost and who rounds as networks grow".to_owned(), how.to_owned()));
        }
        figures.extend(growth);
        figures.push(cells::figure(table));
        let how = "the record of one run gives them: `exactract run … --ledger --certify --attribution --json FILE`";
        absent.push(("What the stages of a run lose, and where".to_owned(), how.to_owned()));
        let facts = vec![
            ("sweep".to_owned(), name.clone()),
            ("program".to_owned(), format!("exactract {}", env!("CARGO_PKG_VERSION"))),
            ("cells".to_owned(), table.records.len().to_string()),
        ];
        Section { title: format!("Sweep {name}"), facts, figures, absent }
    }
}
