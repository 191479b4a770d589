//! The folder of a sweep: its plan, its victims, one file a finished cell, and who is at work.
//!
//! ```text
//! plan.jsonl        one line a cell
//! victims/SHA256    named files among the victims, so that the folder is complete
//! cells/ID.json     one finished cell, whole or not there at all
//! claims/ID         locked while somebody runs the cell
//! lock              held by everybody at work here
//! ```
//!
//! Locks are the system's own (`flock`): they end with the process that holds them, however it
//! ends. They save work, not results: without them two sweeps would write the same bytes twice.

use super::Error;
use super::plan::{Plan, Planned};
use super::result::CellRecord;
use crate::format::{self, Problem};
use crate::record::Document;
use std::collections::HashMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// A folder of a sweep that this process is at work in.
pub struct Store {
    out: PathBuf,
    /// Shared by all who are at work; held until this is dropped. Who only reads holds nothing.
    _at_work: Option<File>,
}

/// A cell that this process alone may run now.
pub(super) struct Claim {
    path: PathBuf,
    _locked: File,
}

impl Drop for Claim {
    fn drop(&mut self) {
        // While it is locked: whoever opened it before looks for the cell's file once it has the lock.
        let _ = fs::remove_file(&self.path);
    }
}

/// What names of temporary files begin with.
const TEMPORARY: &str = ".exactract-";
/// The largest file of a cell or a plan that is read, in bytes.
const MOST_BYTES: u64 = 1 << 30;
const CLAIMS: &str = "claims";
const CELLS: &str = "cells";

impl Store {
    /// Opens the folder, or makes it. Leftovers of killed sweeps are removed if nobody else is at work.
    ///
    /// Errors: [`Error::Folder`] where it cannot be made or written to.
    pub fn open(out: &Path) -> Result<Self, Error> {
        let failed = |path: &Path, what| {
            let path = path.to_owned();
            move |error| Error::Folder { path, what, error }
        };
        for folder in [out.to_owned(), out.join(CELLS), out.join(CLAIMS), out.join("victims")] {
            fs::create_dir_all(&folder).map_err(failed(&folder, "cannot be made a folder"))?;
        }
        let path = out.join("lock");
        let lock = OpenOptions::new().create(true).append(true).open(&path);
        let lock = lock.map_err(failed(&path, "cannot be written"))?;
        if lock.try_lock().is_ok() {
            clean(&out.join(CELLS), |name| name.starts_with(TEMPORARY));
            clean(&out.join("victims"), |name| name.starts_with(TEMPORARY));
            clean(out, |name| name.starts_with(TEMPORARY));
            clean(&out.join(CLAIMS), |_| true);
            let _ = lock.unlock();
        }
        match lock.lock_shared() {
            Err(error) if error.kind() != ErrorKind::Unsupported => Err(failed(&path, "cannot be locked")(error)),
            // A file system without locks: cells may be run twice, to the same bytes.
            _ => Ok(Self { out: out.to_owned(), _at_work: Some(lock) }),
        }
    }

    /// The folder as it is, to read from: nothing is made, removed or locked.
    pub fn at_rest(out: &Path) -> Self {
        Self { out: out.to_owned(), _at_work: None }
    }

    /// The folder.
    pub fn out(&self) -> &Path {
        &self.out
    }

    /// Where the victim with this hash is kept.
    pub(super) fn victim(&self, sha256: &str) -> PathBuf {
        self.out.join("victims").join(sha256)
    }

    /// Where a cell's file is, or will be.
    pub fn path(&self, id: &str) -> PathBuf {
        self.out.join(CELLS).join(format!("{id}.json"))
    }

    fn plan(&self) -> PathBuf {
        self.out.join("plan.jsonl")
    }

    /// Keeps a plan, and the victims that it reads from files. An earlier plan is replaced; its cells stay.
    pub fn save_plan(&self, plan: &Plan) -> Result<(), Error> {
        for (sha256, path) in &plan.files {
            let kept = self.victim(sha256);
            if !kept.exists() {
                let bytes = format::bytes_within(path, format::MOST_BYTES)?;
                format::write_atomically(&kept, &bytes)?;
            }
        }
        // Strings, numbers and booleans: serialising them does not fail.
        let line = |cell: &Planned| serde_json::to_string(cell).unwrap_or_default() + "\n";
        let text: String = plan.cells.iter().map(line).collect();
        // The same plan again is left alone: a sweep that goes on writes nothing but what is new.
        if read(&self.plan())?.as_deref() == Some(text.as_bytes()) {
            return Ok(());
        }
        Ok(format::write_atomically(&self.plan(), text.as_bytes())?)
    }

    /// The plan of this folder.
    ///
    /// Errors: [`Error::NoPlan`], and [`Error::Damaged`] with the line.
    pub fn load_plan(&self) -> Result<Plan, Error> {
        let path = self.plan();
        let Some(bytes) = read(&path)? else { return Err(Error::NoPlan { out: self.out.clone() }) };
        let damaged = |line: usize, what: String| Error::Damaged {
            path: path.clone(),
            what: format!("line {line} {what}"),
            cure: "plan again with exactract sweep plan FILE",
        };
        let (mut plan, mut seen) = (Plan::default(), HashMap::new());
        for (number, line) in String::from_utf8_lossy(&bytes).lines().enumerate() {
            let planned: Planned = Document::Cell.read(line.as_bytes()).map_err(|what| damaged(number + 1, what))?;
            if planned.cell.program != env!("CARGO_PKG_VERSION") {
                return Err(damaged(number + 1, format!("is of program {}", planned.cell.program)));
            }
            if planned.cell.id() != planned.id {
                return Err(damaged(number + 1, "was changed: its id does not fit".to_owned()));
            }
            if let Some(before) = seen.insert(planned.id.clone(), number + 1) {
                return Err(damaged(number + 1, format!("repeats the cell of line {before}")));
            }
            plan.cells.push(planned);
        }
        // A request has at least one cell: a sweep without any was not planned by this program.
        if plan.cells.is_empty() {
            return Err(damaged(1, "is missing: there is no cell at all".to_owned()));
        }
        Ok(plan)
    }

    /// The record of a finished cell; `None` where there is none yet.
    ///
    /// Errors: [`Error::Damaged`] where the file is not what this program wrote.
    pub fn read(&self, id: &str) -> Result<Option<CellRecord>, Error> {
        let path = self.path(id);
        let Some(bytes) = read(&path)? else { return Ok(None) };
        let damaged = |what| Error::Damaged { path, what, cure: "the sweep's command computes it anew" };
        CellRecord::read(&bytes, id).map(Some).map_err(damaged)
    }

    /// Keeps a finished cell; in the face of a full disk or a kill, whole or not at all.
    pub(super) fn write(&self, record: &CellRecord) -> Result<(), Error> {
        Ok(format::write_atomically(&self.path(&record.id), &record.bytes())?)
    }

    /// The right to run a cell; `None` while another process runs it.
    pub(super) fn claim(&self, id: &str) -> Result<Option<Claim>, Error> {
        let path = self.out.join(CLAIMS).join(id);
        let failed = |what| {
            let path = path.clone();
            move |error| Error::Folder { path, what, error }
        };
        let opened = OpenOptions::new().create(true).append(true).open(&path);
        let file = opened.map_err(failed("cannot be written"))?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) if error.kind() != ErrorKind::Unsupported => {
                Err(failed("cannot be locked")(error))
            }
            _ => Ok(Some(Claim { path, _locked: file })),
        }
    }
}

/// The bytes of a file; `None` where there is no such file.
fn read(path: &Path) -> Result<Option<Vec<u8>>, Error> {
    match format::read_json(path, MOST_BYTES) {
        Err(error) if matches!(&*error.problem, Problem::Read(e) if e.kind() == ErrorKind::NotFound) => Ok(None),
        read => Ok(Some(read?)),
    }
}

/// Removes files of a folder by their names, as far as that goes.
fn clean(folder: &Path, unwanted: impl Fn(&str) -> bool) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().to_str().is_some_and(&unwanted) {
            let _ = fs::remove_file(entry.path());
        }
    }
}
