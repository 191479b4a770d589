//! `exactract regress`: runs pinned in a file, and what has moved since.

use super::{Error, layers, named, number, progress, say, tell};
use crate::attack::{Options, Strategy};
use crate::experiment::{Arithmetic, Cell, Settings, run_cell};
use crate::format::{self, Choice, Layers, Victim};
use crate::judge::{Policy, Site};
use crate::net::{self, Dtype, Shape};
use crate::oracle::Kernel;
use crate::record::NetworkRecord;
use crate::regress::{Baseline, Checked, Pin, Pinned, RunName, Snapshot, junit};
use crate::sweep;
use crate::text;
use std::path::{Component, Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The largest baseline that is read, in bytes.
const MOST_BYTES: u64 = 1 << 30;

/// Pin what runs decide and find, and say what has moved since
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    step: Step,
}

#[derive(Debug, clap::Subcommand)]
enum Step {
    Record(Record),
    Check(Check),
}

/// Run attacks, and write all that they decide and find to a baseline
///
/// Every victim is attacked with every seed and strategy. Without a victim it is the bundled classifier.
#[derive(Debug, clap::Args)]
struct Record {
    /// The baseline to write
    baseline: PathBuf,
    /// Network files to attack: .npz, .safetensors or .onnx
    victims: Vec<PathBuf>,
    #[command(flatten)]
    layers: layers::Chosen,
    /// Also attack a random network of this shape; may be given several times
    #[arg(long, value_name = "SHAPE")]
    random: Vec<Shape>,
    /// Precision of random networks' weights
    #[arg(long, value_name = "PRECISION", value_parser = super::weights(), default_value = "f64")]
    weights: Dtype,
    /// Seed of random networks and of the attacks' random lines; may be given several times
    #[arg(long, default_value = "0")]
    seed: Vec<u64>,
    /// The attack; may be given several times
    #[arg(long, value_parser = super::strategy(), default_value = "walk")]
    strategy: Vec<Strategy>,
    /// Measure every row of a walk's f64 run once more
    #[arg(long)]
    polish: bool,
    /// Random lines searched for critical points
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=1024))]
    lines: u16,
    /// Random inputs that labels are compared at
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    inputs: u32,
    /// Bits that the errors of a stage may lose before a check fails
    #[arg(long, value_name = "BITS", default_value_t = 2.0, value_parser = number::not_negative)]
    allow: f64,
}

/// Run the attacks of a baseline again, and say what moved: at which stage and item, by how many bits
#[derive(Debug, clap::Args)]
#[command(after_help = "Exit status: 0 nothing moved; 1 something did; 2 bad request; 3 interrupted.")]
struct Check {
    /// The baseline, as regress record wrote it; - for standard input
    baseline: PathBuf,
    /// Check this alone; may be given several times
    #[arg(long, value_enum, value_name = "WHAT")]
    only: Vec<What>,
    /// Matrix product of the f64 oracle; a baseline is of the portable one
    #[arg(long, value_enum, default_value_t = super::run::KernelChoice::Portable)]
    kernel: super::run::KernelChoice,
    /// Take the tolerance of this site 2^BY times as large: what would that move? For example chord=4
    #[arg(long, value_name = "SITE=BY", value_parser = adjustment)]
    tolerance: Option<(Site, i32)>,
    /// Write the findings as JUnit XML to this file, too
    #[arg(long, value_name = "PATH")]
    junit: Option<PathBuf>,
    /// Print what moved only
    #[arg(long, short)]
    quiet: bool,
}

/// A part of what is pinned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum What {
    /// Decisions and numbers of the exact run
    Exact,
    /// Decisions of the f64 run
    Decisions,
    /// Numbers of the f64 run, bit for bit
    F64,
    /// Errors of the f64 run, with their allowance
    Errors,
    /// Labels, kinks, equality, and how runs ended
    Result,
}

impl What {
    fn pins(self) -> &'static [Pin] {
        match self {
            Self::Exact => &[Pin::ExactDecisions, Pin::ExactNumbers],
            Self::Decisions => &[Pin::Decisions],
            Self::F64 => &[Pin::Numbers],
            Self::Errors => &[Pin::Errors],
            Self::Result => &[Pin::Result],
        }
    }
}

fn adjustment(text: &str) -> Result<(Site, i32), String> {
    let names = || Site::table().iter().map(|row| row.name).collect::<Vec<_>>().join(", ");
    let (name, by) = text.split_once('=').ok_or("expected a site and a power of two, as in chord=4")?;
    let row = Site::table().iter().find(|row| row.name == name);
    let row = row.ok_or_else(|| format!("no site is called {name}: there are {}", names()))?;
    let by = by.parse().ok().filter(|by| (-64..=64).contains(by));
    Ok((row.site, by.ok_or("expected a power of two from -64 to 64")?))
}

impl Arguments {
    /// Carries the command out.
    pub(super) fn run(self) -> Result<ExitCode, Error> {
        match self.step {
            Step::Record(record) => record.run(),
            Step::Check(check) => check.run(),
        }
    }
}

/// Everything that runs share: what stops them.
struct Work {
    interrupt: Arc<AtomicBool>,
}

impl Work {
    fn new() -> Result<Self, Error> {
        Ok(Self { interrupt: progress::interrupt("stopping; nothing is written")? })
    }

    fn settings(&self, run: &RunName, kernel: Kernel) -> Result<Settings, Error> {
        let strategy = Strategy::named(&run.strategy)
            .ok_or_else(|| Error::Request(format!("no strategy is called {}", run.strategy)))?;
        let needed = sweep::estimate(
            run.victim.shape.parse().map_err(net::Error::from)?,
            strategy,
            run.reference_inputs as usize,
        );
        sweep::check_memory(needed, rayon::current_num_threads()).map_err(|e| Error::Request(format!("{run} {e}")))?;
        Ok(Settings {
            strategy,
            options: Options {
                seed: run.seed,
                lines: usize::from(run.lines),
                polish: run.polish,
                ..Options::default()
            },
            kernel,
            interrupt: self.interrupt.clone(),
            ..Settings::default()
        })
    }

    fn interrupted(&self) -> bool {
        self.interrupt.load(Ordering::SeqCst)
    }
}

/// What is pinned: the oracle and the attacker both compute in f64.
const PRACTICE: Cell = Cell::tolerant(Arithmetic::F64, Arithmetic::F64);

impl Record {
    fn run(self) -> Result<ExitCode, Error> {
        if self.polish && self.strategy.iter().any(|strategy| matches!(strategy, Strategy::Textbook)) {
            let what = "--polish refines a walk, not the textbook: record the textbook in a baseline of its own";
            return Err(Error::Request(what.to_owned()));
        }
        format::check_writable(&self.baseline)?;
        let work = Work::new()?;
        let empty = Baseline::new(self.allow, Vec::new());
        let mut runs = Vec::new();
        for (source, layers, victim) in self.victims()? {
            for &seed in &self.seed {
                let victim = match &victim {
                    Named::Read(victim) => victim.clone(),
                    Named::Random(shape) => self.made(*shape, seed)?,
                };
                for strategy in &self.strategy {
                    let run = self.name(&source, layers, &victim, seed, strategy.name());
                    if runs.iter().any(|pinned: &Pinned| pinned.run == run) {
                        tell(format!("{run}: asked for twice, recorded once"));
                        continue;
                    }
                    let settings = work.settings(&run, Kernel::Portable)?;
                    let network = &victim.network;
                    let runner = |cell: &Cell, replay| run_cell(network, cell, &settings, replay);
                    let measured = Snapshot::new(&run, network, &PRACTICE, &runner);
                    if work.interrupted() {
                        return Ok(super::NO_ANSWER.into());
                    }
                    runs.push(measured.pinned(run, &empty.sites));
                }
            }
        }
        let baseline = Baseline { runs, ..empty };
        format::write_atomically(&self.baseline, &baseline.bytes())?;
        let lines: String = baseline.runs.iter().map(|pinned| format!("          {}\n", pinned.run)).collect();
        let (path, n) = (named(&self.baseline), baseline.runs.len());
        say(&format!("pinned    {n} runs in {path}\n{lines}"))?;
        Ok(ExitCode::SUCCESS)
    }

    fn victims(&self) -> Result<Vec<(String, Option<&Layers>, Named)>, Error> {
        if self.victims.iter().any(|path| path == Path::new("-")) {
            let what = "-: a baseline names its victims, and standard input has no name: name a file";
            return Err(Error::Request(what.to_owned()));
        }
        self.layers.check_no_keys()?;
        let paths: Vec<&Path> = self.victims.iter().map(PathBuf::as_path).collect();
        let mut found = Vec::new();
        for (path, (victim, layers)) in paths.iter().zip(self.layers.read(&paths, format::read_shallow_chosen)?) {
            found.push((from_folder(&self.baseline, path), layers, Named::Read(Box::new(victim))));
        }
        found.extend(self.random.iter().map(|shape| (RANDOM.to_owned(), None, Named::Random(*shape))));
        if found.is_empty() {
            found.push((BUNDLED.to_owned(), None, Named::Read(Box::new(format::bundled()?))));
        }
        Ok(found)
    }

    fn made(&self, shape: Shape, seed: u64) -> Result<Box<Victim>, Error> {
        Ok(Box::new(Victim::made(net::random(shape, seed, self.weights), self.weights)?))
    }

    fn name(&self, source: &str, layers: Option<&Layers>, victim: &Victim, seed: u64, strategy: &str) -> RunName {
        RunName {
            victim: NetworkRecord {
                chosen_layers: layers.map(Layers::to_string),
                ..NetworkRecord::named(source, victim, victim.network.shape())
            },
            seed,
            strategy: strategy.to_owned(),
            polish: self.polish,
            lines: self.lines,
            reference_inputs: self.inputs,
        }
    }
}

/// A victim that is read once, or made for each seed.
enum Named {
    Read(Box<Victim>),
    Random(Shape),
}

const RANDOM: &str = "random";
const BUNDLED: &str = "bundled";

/// A file's path from the folder of the baseline, so that both can move together.
fn from_folder(baseline: &Path, file: &Path) -> String {
    let folder = baseline.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
    let (Ok(folder), Ok(file)) = (folder.canonicalize(), file.canonicalize()) else {
        return file.display().to_string();
    };
    let (here, there): (Vec<Component<'_>>, Vec<Component<'_>>) =
        (folder.components().collect(), file.components().collect());
    let shared = here.iter().zip(&there).take_while(|(a, b)| a == b).count();
    let up = here[shared..].iter().map(|_| Component::ParentDir);
    up.chain(there[shared..].iter().copied()).collect::<PathBuf>().display().to_string()
}

/// The victim of a pinned run, with the hash that it had.
fn victim(baseline: &Path, run: &RunName) -> Result<Victim, Error> {
    let pin = &run.victim;
    let victim = match pin.source.as_str() {
        BUNDLED => format::bundled()?,
        RANDOM => {
            // Another type, of another program, is another hash.
            let weights = Dtype::named(&pin.weights).unwrap_or(Dtype::F64);
            Victim::made(net::random(pin.shape.parse().map_err(net::Error::from)?, run.seed, weights), weights)?
        }
        path => {
            let layers = pin.chosen_layers.as_deref().map(str::parse::<Layers>).transpose();
            let layers =
                layers.map_err(|e| Error::Request(format!("{}: layers of {path}: {e}", baseline.display())))?;
            let choice = layers.as_ref().map_or(Choice::File, Choice::User);
            format::read_shallow_chosen(&baseline.parent().unwrap_or(Path::new("")).join(path), choice)?
        }
    };
    if victim.sha256 != pin.sha256 {
        let (file, found, was) = (baseline.display(), &victim.sha256, &pin.sha256);
        return Err(Error::Request(format!(
            "{file}: the victim {} has sha256 {found}, not {was}: bring the file back, or record a new baseline",
            pin.source
        )));
    }
    Ok(victim)
}

impl Check {
    fn run(self) -> Result<ExitCode, Error> {
        let path = &self.baseline;
        let bytes = format::read_json(path, MOST_BYTES)?;
        let baseline = Baseline::read(&bytes).map_err(|what| Error::Request(format!("{}: {what}", path.display())))?;
        if let Some(path) = &self.junit {
            format::check_writable(path)?;
        }
        let mut pins: Vec<Pin> = self.only.iter().flat_map(|what| what.pins()).copied().collect();
        if pins.is_empty() {
            pins = Pin::ALL.to_vec();
        }
        pins.sort_unstable();
        pins.dedup();
        let (work, mut checked) = (Work::new()?, Vec::new());
        for pinned in &baseline.runs {
            let (run, victim) = (&pinned.run, victim(path, &pinned.run)?);
            let settings = work.settings(run, self.kernel.into())?;
            let policy = |cell: &Cell| {
                let (site, by) = self.tolerance.filter(|_| !cell.exact_policy)?;
                Some(Policy::Adjusted { bits: f64::MANTISSA_DIGITS, site, by })
            };
            let runner = |cell: &Cell, replay: Option<Policy>| {
                run_cell(&victim.network, cell, &settings, replay.or_else(|| policy(cell)))
            };
            let measured = Snapshot::new(run, &victim.network, &PRACTICE, &runner);
            if work.interrupted() {
                return Ok(super::NO_ANSWER.into());
            }
            checked.push(pinned.check(&baseline, &measured, &pins));
        }
        self.tell(&baseline, &checked)?;
        if let Some(path) = &self.junit {
            format::write_atomically(path, junit(&checked).as_bytes())?;
        }
        Ok(ExitCode::from(u8::from(checked.iter().any(Checked::moved))))
    }

    fn tell(&self, baseline: &Baseline, checked: &[Checked]) -> Result<(), Error> {
        let (path, n) = (named(&self.baseline), checked.len());
        let shown = checked.iter().filter(|run| !self.quiet || run.moved()).map(|run| run.text() + "\n");
        let moved = checked.iter().filter(|run| run.moved()).count();
        let verdict = if moved == 0 { "Nothing moved.".to_owned() } else { format!("{moved} of {n} runs moved.") };
        let program = text::shown(&baseline.program);
        say(&format!(
            "baseline  {path}, {n} runs, recorded by exactract {program}\n\n{}{verdict}\n",
            shown.collect::<String>()
        ))
    }
}
