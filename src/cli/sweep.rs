//! `exactract sweep`: many attacks from one file; alone, or in the steps plan, cell, collect.

use super::sweep_watch::Watch;
use super::{Error, named, progress, say, tell};
use crate::report;
use crate::sweep::{self, Execution, Plan, Planned, Store, Table};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Run every attack that a file asks for, and put what they found into one table
///
/// A sweep that was killed goes on with the same command. What is finished is never run again.
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "Exit status: 0 every cell has a result; 2 bad request, or a file that cannot be written; \
                  3 interrupted, or cells are missing. docs/sweep.md tells what FILE holds."
)]
pub(super) struct Arguments {
    #[command(subcommand)]
    step: Option<Step>,
    #[command(flatten)]
    whole: Option<Whole>,
}

#[derive(Debug, clap::Args)]
struct Whole {
    /// What to run: axes in TOML
    #[arg(required = true)]
    file: PathBuf,
    /// Folder for the plan, the cells and the tables
    #[arg(long, value_name = "DIR", required = true)]
    out: PathBuf,
    /// Cells at once, and threads of each; 0 takes all cores. Results do not depend on it
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u16).range(0..=1024))]
    threads: u16,
    /// Memory for cells at work, in MiB, by their estimates; half of what is free unless it is given
    #[arg(long, value_name = "MIB", value_parser = clap::value_parser!(u32).range(1..))]
    memory: Option<u32>,
    /// Print all rows, also those that do not fit on a screen
    #[arg(long, short, conflicts_with = "quiet")]
    verbose: bool,
    /// Print no tables, and no progress
    #[arg(long, short)]
    quiet: bool,
}

#[derive(Debug, clap::Subcommand)]
enum Step {
    /// Write the plan of a file to a folder, and print it: one line a cell, id and description
    Plan {
        /// What to run: axes in TOML
        file: PathBuf,
        /// Folder of the sweep
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Run one cell of a plan, unless it is finished
    Cell {
        /// Its id, or the start of it
        id: String,
        /// Folder of the sweep
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// Threads; 0 takes all cores. Results do not depend on it
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(0..=1024))]
        threads: u16,
    },
    /// Put the finished cells of a plan into tables
    Collect {
        /// Folder of the sweep
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// Print all rows, also those that do not fit on a screen
        #[arg(long, short)]
        verbose: bool,
    },
}

impl Arguments {
    /// Carries the command out.
    pub(super) fn run(self) -> Result<ExitCode, Error> {
        match (self.step, self.whole) {
            (Some(Step::Plan { file, out }), _) => plan(&file, &out),
            (Some(Step::Cell { id, out, threads }), _) => cell(&id, &out, threads),
            (Some(Step::Collect { out, verbose }), _) => {
                let store = open(&out)?;
                collect(&store.load_plan()?, &store, Detail::of(false, verbose))
            }
            (None, Some(whole)) => whole.run(),
            (None, None) => Err(Error::Request("name a file, or a step: plan, cell or collect".to_owned())),
        }
    }
}

/// The folder of steps that have a plan: it must be there.
fn open(out: &Path) -> Result<Store, Error> {
    if !out.join("plan.jsonl").exists() {
        return Err(sweep::Error::NoPlan { out: out.to_owned() }.into());
    }
    Ok(Store::open(out)?)
}

fn plan(file: &Path, out: &Path) -> Result<ExitCode, Error> {
    let plan = Plan::read(file)?;
    Store::open(out)?.save_plan(&plan)?;
    say(&plan.cells.iter().map(|Planned { id, cell }| format!("{id}  {cell}\n")).collect::<String>())?;
    Ok(ExitCode::SUCCESS)
}

fn cell(id: &str, out: &Path, threads: u16) -> Result<ExitCode, Error> {
    let store = open(out)?;
    let mut cells = store.load_plan()?.cells;
    cells.retain(|cell| cell.id.starts_with(id));
    if cells.len() != 1 {
        return Err(sweep::Error::Cell { out: out.to_owned(), id: id.to_owned(), found: cells.len() }.into());
    }
    let plan = Plan { cells, ..Plan::default() };
    let interrupt = progress::interrupt("stopping; the cell is given up")?;
    let execution = Execution { threads: usize::from(threads), memory: None, interrupt };
    let done = execution.run(&plan, &store, &Watch::new(&plan, execution.threads, true))?;
    Ok(if done.interrupted { super::NO_ANSWER.into() } else { ExitCode::SUCCESS })
}

/// How much is printed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Detail {
    Quiet,
    Screen,
    Whole,
}

impl Detail {
    fn of(quiet: bool, verbose: bool) -> Self {
        match (quiet, verbose) {
            (true, _) => Self::Quiet,
            (false, true) => Self::Whole,
            (false, false) => Self::Screen,
        }
    }
}

/// Writes the tables; status 3 where cells are missing.
fn collect(plan: &Plan, store: &Store, detail: Detail) -> Result<ExitCode, Error> {
    let table = Table::read(plan, store)?;
    table.write(store)?;
    if detail != Detail::Quiet {
        let names: Vec<&str> = table.files().iter().map(|(name, _)| *name).collect();
        let tables =
            report::hanging("tables    ", &format!("{}: {}", named(store.out()), names.join(", ")), report::WIDTH);
        // The line on the sweep above, an empty one and the names of the tables below.
        let taken = 2 + tables.lines().count();
        say(&format!("{}\n{tables}", table.text(taken, detail == Detail::Whole)))?;
    }
    if table.missing > 0 {
        let (missing, all) = (table.missing, plan.cells.len());
        tell(format!("{missing} of {all} cells are missing: run them with exactract sweep FILE, then collect again"));
        return Ok(super::NO_ANSWER.into());
    }
    Ok(ExitCode::SUCCESS)
}

impl Whole {
    fn run(self) -> Result<ExitCode, Error> {
        let plan = Plan::read(&self.file)?;
        let store = Store::open(&self.out)?;
        store.save_plan(&plan)?;
        let interrupt = progress::interrupt("stopping; finished cells are kept")?;
        let memory = self.memory.map(|mebibytes| u64::from(mebibytes) << 20);
        let execution = Execution { threads: usize::from(self.threads), memory, interrupt };
        let watch = Watch::new(&plan, execution.threads, self.quiet);
        let done = execution.run(&plan, &store, &watch);
        watch.clear();
        let done = done?;
        if done.interrupted {
            let (have, all) = (done.found + done.run, done.cells);
            tell(format!("interrupted with {have} of {all} cells done; the same command goes on from there"));
            return Ok(super::NO_ANSWER.into());
        }
        if !self.quiet {
            let again = if plan.repeated > 0 { format!(", {} asked for twice", plan.repeated) } else { String::new() };
            let (file, found, run) = (named(&self.file), done.found, done.run);
            say(&format!("sweep     {file}: {} cells, {found} there before, {run} run{again}\n", done.cells))?;
        }
        collect(&plan, &store, Detail::of(self.quiet, self.verbose))
    }
}
