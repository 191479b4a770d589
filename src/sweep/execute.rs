//! Carrying a plan out: what is finished stays, what is missing is run, many cells at once.

use super::Error;
use super::gate::{Gate, budget, estimate};
use super::memory;
use super::plan::{Plan, Planned};
use super::result::CellRecord;
use super::store::Store;
use super::work::{Without, victim, work};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Told what happens, from any thread.
pub trait Watcher: Sync {
    /// A cell of the plan is there: found (no seconds), or run in so many seconds.
    fn finished(&self, cell: &Planned, seconds: Option<f64>);
    /// A cell's file is not as it was written, and is computed again.
    fn damaged(&self, error: &Error);
}

/// What a sweep did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Cells of the plan.
    pub cells: usize,
    /// Cells whose files were there.
    pub found: usize,
    /// Cells that were run, here or by another sweep meanwhile.
    pub run: usize,
    /// Whether it was told to stop before all were there.
    pub interrupted: bool,
}

/// How a sweep is carried out. None of it changes a result.
pub struct Execution {
    /// Cells at once, and threads of each; 0 takes all cores.
    pub threads: usize,
    /// Bytes that the cells at work may take by their estimates; `None`: half of what is free.
    pub memory: Option<u64>,
    /// Ends the sweep: running cells are given up, finished ones stay.
    pub interrupt: Arc<AtomicBool>,
}

/// How long to wait for cells that other processes run.
const POLL: Duration = Duration::from_millis(50);

impl Execution {
    /// Runs every cell of a plan that has no file yet.
    ///
    /// A failed attack is a result. Errors: a file that cannot be written ends the sweep; a
    /// cell that brings the program down is told when the others are done.
    pub fn run(&self, plan: &Plan, store: &Store, watcher: &dyn Watcher) -> Result<Progress, Error> {
        let missing = plan.cells.iter().filter(|cell| !is_there(store, cell, watcher)).collect::<Vec<_>>();
        let found = plan.cells.len() - missing.len();
        // Rayon's pool is shared by the cells, so that the last ones use all cores; the waiting for memory
        // is done by threads outside of it, since a worker of the pool that waits could hold up the one it waits for.
        let pool = rayon::ThreadPoolBuilder::new().num_threads(self.threads).build();
        let pool = pool.map_err(|e| Error::Threads { threads: self.threads, what: e.to_string() })?;
        let sweep = Sweep {
            store,
            watcher,
            interrupt: &self.interrupt,
            gate: Gate::new(self.memory.unwrap_or_else(budget)),
            next: AtomicUsize::new(0),
            run: AtomicUsize::new(0),
            elsewhere: Mutex::default(),
            stop: Mutex::default(),
            defect: Mutex::default(),
        };
        std::thread::scope(|scope| {
            for _ in 0..pool.current_num_threads().min(missing.len()) {
                scope.spawn(|| sweep.work_off(&missing, &pool));
            }
        });
        // A file that cannot be written sets the flag, too.
        let told = sweep.stop.lock().map_or(true, |stop| stop.is_none());
        let taken = |error: Mutex<Option<Error>>| error.into_inner().unwrap_or_else(PoisonError::into_inner);
        let run = sweep.run.into_inner();
        if let Some(error) = taken(sweep.stop) {
            return Err(error);
        }
        let interrupted = told && self.interrupt.load(Ordering::SeqCst) && found + run < plan.cells.len();
        match taken(sweep.defect) {
            Some(error) if !interrupted => Err(error),
            _ => Ok(Progress { cells: plan.cells.len(), found, run, interrupted }),
        }
    }
}

/// Whether a cell's file is there and whole; a damaged one is told.
fn is_there(store: &Store, cell: &Planned, watcher: &dyn Watcher) -> bool {
    match store.read(&cell.id) {
        Ok(Some(_)) => {
            watcher.finished(cell, None);
            true
        }
        Ok(None) => false,
        Err(error) => {
            watcher.damaged(&error);
            false
        }
    }
}

/// What the threads of a sweep share.
struct Sweep<'a> {
    store: &'a Store,
    watcher: &'a dyn Watcher,
    interrupt: &'a Arc<AtomicBool>,
    gate: Gate,
    /// The next cell to look at.
    next: AtomicUsize,
    run: AtomicUsize,
    /// Cells that another process has claimed, by index.
    elsewhere: Mutex<Vec<usize>>,
    /// What ended the sweep.
    stop: Mutex<Option<Error>>,
    /// The first cell that brought the program down, or that does not fit into memory.
    defect: Mutex<Option<Error>>,
}

impl Sweep<'_> {
    fn is_over(&self) -> bool {
        self.interrupt.load(Ordering::SeqCst)
    }

    /// Takes cells until none is left: first those that nobody has, then those that others had.
    fn work_off(&self, cells: &[&Planned], pool: &rayon::ThreadPool) {
        while !self.is_over() {
            let index = self.next.fetch_add(1, Ordering::SeqCst);
            let (index, again) = if index < cells.len() {
                (index, false)
            } else {
                let other = self.elsewhere.lock().unwrap_or_else(PoisonError::into_inner).pop();
                let Some(index) = other else { return };
                (index, true)
            };
            match self.one(cells[index], pool) {
                Ok(true) => {}
                Ok(false) => {
                    if again {
                        std::thread::sleep(POLL);
                    }
                    self.elsewhere.lock().unwrap_or_else(PoisonError::into_inner).insert(0, index);
                }
                Err(error) => {
                    // What fails now fails for every cell: a full disk, a folder that is gone.
                    self.interrupt.store(true, Ordering::SeqCst);
                    self.stop.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                    return;
                }
            }
        }
    }

    /// Runs a cell; `false` where another process is at it.
    fn one(&self, planned: &Planned, pool: &rayon::ThreadPool) -> Result<bool, Error> {
        let Some(_claim) = self.store.claim(&planned.id)? else { return Ok(false) };
        // It may have been finished between the first look and the claim.
        if let Ok(Some(_)) = self.store.read(&planned.id) {
            self.run.fetch_add(1, Ordering::SeqCst);
            self.watcher.finished(planned, None);
            return Ok(true);
        }
        let needed = estimate(&planned.cell);
        let _pass = self.gate.enter(needed);
        if self.is_over() {
            return Ok(true);
        }
        if let Err(too_little) = memory::check(needed, pool.current_num_threads()) {
            let error = Error::Memory { id: planned.id.clone(), cell: planned.cell.to_string(), too_little };
            self.defect.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
            return Ok(true);
        }
        let start = Instant::now();
        match cell(planned, self.store, self.interrupt, pool) {
            Ok(Some(record)) => self.store.write(&record)?,
            Ok(None) => return Ok(true),
            Err(error @ Error::Defect { .. }) => {
                self.defect.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                return Ok(true);
            }
            Err(error) => return Err(error),
        }
        self.run.fetch_add(1, Ordering::SeqCst);
        self.watcher.finished(planned, Some(start.elapsed().as_secs_f64()));
        Ok(true)
    }
}

/// The record of a cell; `None` where it was told to stop.
///
/// Errors: [`Error::Victim`], [`Error::Contradiction`], [`Error::Defect`] where the program panics.
fn cell(
    planned: &Planned,
    store: &Store,
    interrupt: &Arc<AtomicBool>,
    pool: &rayon::ThreadPool,
) -> Result<Option<CellRecord>, Error> {
    let Planned { id, cell } = planned;
    let victim = victim(id, cell, store)?;
    let work = AssertUnwindSafe(|| pool.install(|| work(cell, &victim, interrupt)));
    match catch_unwind(work) {
        Ok(Ok(record)) => Ok(Some(record)),
        Ok(Err(Without::Interrupted)) => Ok(None),
        Ok(Err(Without::Contradiction(error))) => {
            Err(Error::Contradiction { id: id.clone(), cell: cell.to_string(), error })
        }
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(|&text| text.to_owned()));
            let what = text.unwrap_or_else(|| "it panicked".to_owned());
            Err(Error::Defect { id: id.clone(), cell: cell.to_string(), what })
        }
    }
}
