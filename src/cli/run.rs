//! `exactract run`: one victim, extracted in floating point and exactly.

use super::{Error, certify as emission, layers, output, precision, progress, snap, tell};
use crate::attack::{Options, Strategy};
use crate::certificate::Source;
use crate::compare::Inputs;
use crate::experiment::Settings;
use crate::format::{self, Victim};
use crate::net::{self, Activation, Dtype, Family, Shape};
use crate::num::{Num, Scalar};
use crate::oracle::Kernel;
use crate::record::{Answer, DualRecord, NetworkRecord, Subject};
use crate::report;
use crate::study::{self, Outcome};
use crate::sweep;
use indicatif::ProgressBar;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// Random inputs that fidelity is measured on, where the victim has no data of its own.
const RANDOM_INPUTS: usize = 1000;

/// Extract a network twice, in f64 and in exact rational arithmetic, and compare the runs
///
/// Without a victim, the bundled 64-32-10 classifier of handwritten digits is attacked.
#[derive(Debug, clap::Args)]
#[command(after_help = "Exit status: 0 the exact run equals the victim and the f64 run finds every neuron and gives \
                        every label, and what --snap asks for is found; 1 not so; 2 bad request; 3 interrupted or out of queries.")]
pub(super) struct Arguments {
    /// Network file: .npz (A0, b0, A1, b1), .safetensors (two Linear layers) or .onnx; - for standard input
    #[arg(conflicts_with = "random")]
    victim: Option<PathBuf>,
    #[command(flatten)]
    layers: layers::Chosen,
    /// Attack a random network of this shape instead, for example 784-128-1
    #[arg(long, value_name = "SHAPE")]
    random: Option<Shape>,
    /// Seed of the random network and of the attack's random lines
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Precision of a random network's weights
    #[arg(long, value_name = "PRECISION", value_parser = super::weights(), default_value = "f64", requires = "random")]
    weights: Dtype,
    #[command(flatten)]
    units: layers::Units,
    /// The attack; without it the walk, or with --certify the textbook, whose rows and signs have bounds. Textbook:
    /// second differences at critical points, signs by preimages, least squares, as published. Walk: gradients on
    /// either side of critical points, one query a parameter, fewer with several outputs
    #[arg(long, value_parser = super::strategy())]
    strategy: Option<Strategy>,
    /// Measure every row of the f64 run once more, alone: a second query a parameter, to the last bits
    #[arg(long)]
    polish: bool,
    /// Take the victim's weights for floats of this kind and find them bit for bit from the f64 run's; implies --polish
    #[arg(long, value_enum, value_name = "KIND")]
    snap: Option<snap::Kind>,
    #[command(flatten)]
    precision: precision::Knobs,
    /// Also run all five cells that tell whose rounding costs what
    #[arg(long)]
    attribution: bool,
    /// Also say whose error each stage's is: what it was handed, its answers, its own rounding
    #[arg(long)]
    ledger: bool,
    /// Also bound every error, and say of each sign whether it is certain. Implies --ledger
    #[arg(long)]
    certify: bool,
    /// Also find the fewest bits that answers must have for complete extraction, and who asks for them: about ten
    /// attacks by each strategy on the network that the exact run recovered
    #[arg(long)]
    predict_bits: bool,
    /// Inputs that fidelity is measured on: a .npz of x, X, images, inputs or data, [n, ...], or an IDX file of
    /// images, whose bytes are divided by 255; without it random ones, or the digits of the bundled victim
    #[arg(long, value_name = "PATH")]
    data: Option<PathBuf>,
    /// Random lines searched for critical points
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=1024))]
    lines: u16,
    /// Queries allowed a run
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    max_queries: Option<u64>,
    /// Matrix product of the rounded oracle; fast depends on the machine in its last bits
    #[arg(long, value_enum, default_value_t = KernelChoice::Portable)]
    kernel: KernelChoice,
    /// Threads; 0 takes all cores. Results do not depend on it
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u16).range(0..=1024))]
    threads: u16,
    /// Write the full record as JSON to this file, - for standard output
    #[arg(long, value_name = "PATH")]
    json: Option<PathBuf>,
    /// Write the f64 run's network, or what it snaps to, to this .npz, .safetensors or .onnx file
    #[arg(long, value_name = "PATH")]
    save: Option<PathBuf>,
    #[command(flatten)]
    certificate: emission::Certify,
    /// Print the verdict only, and no progress
    #[arg(long, short)]
    quiet: bool,
}

/// The inputs of a file, with a word on where they come from.
fn data(path: &Path, inputs: usize) -> Result<Inputs, Error> {
    let points = format::read_inputs(path, inputs)?;
    let source = format!("the {} inputs of {}", points.len(), path.display());
    Ok(Inputs { points, source })
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(super) enum KernelChoice {
    Portable,
    Fast,
}

impl From<KernelChoice> for Kernel {
    fn from(kernel: KernelChoice) -> Self {
        match kernel {
            KernelChoice::Portable => Self::Portable,
            KernelChoice::Fast => Self::Fast,
        }
    }
}

impl Arguments {
    /// Runs, prints, writes.
    pub(super) fn run(self) -> Result<ExitCode, Error> {
        self.check_paths()?;
        if let Some(path) = &self.json {
            format::check_writable(path)?;
        }
        if let Some(path) = &self.save {
            format::check_network_writable(path)?;
        }
        self.certificate.check_writable()?;
        let (source, victim, inputs) = self.victim()?;
        let bar = progress::spinner(self.quiet);
        let mut request = self.request(&victim, &inputs, bar.as_ref());
        request.check()?;
        if let Some(path) = &self.save {
            format::check_holds(path, &victim.network)?;
        }
        let workers = rayon::ThreadPoolBuilder::new().num_threads(usize::from(self.threads)).build();
        let workers = workers.map_err(|e| Error::Request(format!("--threads {}: {e}", self.threads)))?;
        let shape = victim.network.shape();
        let mut needed = sweep::estimate(shape, self.strategy(), inputs.points.len());
        if self.predict_bits {
            // Two attacks at once, of either strategy.
            needed += sweep::estimate(shape, Strategy::Textbook, inputs.points.len());
        }
        sweep::check_memory(needed, workers.current_num_threads())
            .map_err(|e| Error::Request(format!("a run on a network of shape {shape} {e}")))?;
        request.settings.interrupt = progress::interrupt("stopping at the next batch; what is known so far follows")?;
        let found = workers.install(|| study::run(&request))?;
        if let Some(bar) = &bar {
            bar.finish_and_clear();
        }
        let record = DualRecord::new(self.subject(source, &victim, &inputs), &found);
        // A file that cannot be written takes neither the others nor the report along.
        let (saved, printed) = (self.save(&found), self.print(&record));
        let certified = self.certificate.write(&victim, || self.source(&victim), &found.dual);
        saved.and(printed).and(certified)?;
        let unsnapped = found.snap.as_ref().is_some_and(|snap| snap.victim().is_none());
        Ok(ExitCode::from(match record.answer {
            _ if found.was_cut_short() => super::NO_ANSWER,
            Answer::Yes if unsnapped => 1,
            Answer::Yes => 0,
            Answer::No => 1,
            Answer::None => super::NO_ANSWER,
        }))
    }

    fn request<'a>(&self, victim: &'a Victim, inputs: &'a Inputs, bar: Option<&ProgressBar>) -> study::Request<'a> {
        let begins = bar.cloned().map(|bar| -> study::Begins {
            Arc::new(move |strategy: Strategy, bits| {
                bar.set_message(format!("{}: attacks on answers of {bits} bits", strategy.name()));
            })
        });
        study::Request {
            cell: self.precision.cell(),
            settings: Settings {
                strategy: self.strategy(),
                options: Options {
                    seed: self.seed,
                    lines: usize::from(self.lines),
                    polish: self.polish,
                    ..Options::default()
                },
                kernel: self.kernel.into(),
                limit: self.max_queries,
                progress: bar.map(progress::queries),
                ..Settings::default()
            },
            attribution: self.attribution,
            ledger: self.ledger,
            certify: self.certify,
            bits: self.predict_bits,
            snap: self.snap.map(snap::Kind::grids).unwrap_or_default(),
            begins,
            ..study::Request::new(&victim.network, inputs)
        }
    }

    /// The attack that was asked for, or the one that serves what was asked for.
    fn strategy(&self) -> Strategy {
        let refined = self.polish || self.snap.is_some();
        let default = if self.certify && !refined { Strategy::Textbook } else { Strategy::Walk };
        self.strategy.unwrap_or(default)
    }

    /// Errors where one file would be written over another, or over the victim.
    fn check_paths(&self) -> Result<(), Error> {
        let named = [
            ("the victim", self.victim.as_deref()),
            ("--json", self.json.as_deref().filter(|path| *path != Path::new("-"))),
            ("--save", self.save.as_deref()),
            ("--certificate", self.certificate.path()),
        ];
        let place = |path: &Path| -> Option<PathBuf> {
            let folder = path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
            path.canonicalize().ok().or_else(|| Some(folder.canonicalize().ok()?.join(path.file_name()?)))
        };
        let places: Vec<_> = named.iter().filter_map(|(name, path)| Some((name, place((*path)?)?))).collect();
        for (i, (name, path)) in places.iter().enumerate() {
            // A device or a pipe takes several writers.
            let ordinary = path.is_file() || !path.exists();
            if let Some((other, _)) = places[..i].iter().find(|(_, earlier)| ordinary && earlier == path) {
                let what = format!("{other} and {name} name one file, {}: choose two", path.display());
                return Err(Error::Request(what));
            }
        }
        Ok(())
    }

    /// The victim, a word on its source, and the inputs that fidelity is measured on.
    fn victim(&self) -> Result<(String, Victim, Inputs), Error> {
        let inputs = |shape: Shape| match &self.data {
            Some(path) => data(path, shape.inputs),
            None => Ok(Inputs::random(shape.inputs, RANDOM_INPUTS, self.seed)),
        };
        if let Some(shape) = self.random {
            self.layers.check_unused()?;
            let network = net::random(shape, self.seed, self.weights);
            let activation = self.units.activation.unwrap_or_default().draw(shape.hidden, self.seed);
            let victim = Victim::made(network.with_activation(activation)?, self.weights)?;
            return Ok((format!("random, seed {}", self.seed), victim, inputs(shape)?));
        }
        if let Some(path) = &self.victim {
            let victim = self.layers.read_one(path, |path, choice| self.units.read_shallow(path, choice))?;
            let inputs = inputs(victim.network.shape())?;
            return Ok((format::displayed(path).display().to_string(), victim, inputs));
        }
        self.layers.check_unused()?;
        let victim = format::bundled()?;
        if self.data.is_some() {
            let inputs = inputs(victim.network.shape())?;
            return Ok(("bundled digits classifier".to_owned(), victim, inputs));
        }
        let digits = format::digits()?;
        let points = digits.inputs().iter_rows().map(<[f64]>::to_vec).collect::<Vec<_>>();
        let source = format!("the {} digits that the victim is trained and tested on", points.len());
        Ok(("bundled digits classifier".to_owned(), victim, Inputs { points, source }))
    }

    /// Where the victim comes from, as a certificate says it.
    fn source(&self, victim: &Victim) -> Source {
        match (&self.random, &self.victim) {
            (Some(shape), _) => {
                let (shape, seed, weights) = (shape.to_string(), self.seed, victim.dtype.to_string());
                let activation =
                    self.units.activation.filter(|family| *family != Family::Relu).map(|name| name.to_string());
                Source::Random { shape, seed, weights, activation }
            }
            // The name alone: a certificate travels, and the folders of its maker tell nobody anything.
            (None, Some(path)) => Source::File {
                name: format::displayed(path).file_name().unwrap_or_default().to_string_lossy().into_owned(),
            },
            (None, None) => Source::Bundled {},
        }
    }

    fn subject(&self, source: String, victim: &Victim, inputs: &Inputs) -> Subject {
        let (shape, activation) = (victim.network.shape(), victim.network.activation());
        let slopes = match activation {
            Activation::Parametric(slopes) => slopes.len(),
            _ => 0,
        };
        Subject {
            kinks_a_unit: activation.map(|&x| Num(x)).pieces(0, ()).knots.len(),
            parameters: shape.parameters() as u64 + slopes as u64,
            victim: NetworkRecord {
                activation: Some(activation.family().to_string()),
                layers: victim.layers.clone(),
                notes: victim.notes.clone(),
                ..NetworkRecord::named(source, victim, shape)
            },
            strategy: self.strategy().name().to_owned(),
            seed: self.seed,
            kernel: match self.kernel {
                KernelChoice::Portable => "portable",
                KernelChoice::Fast => "fast",
            }
            .to_owned(),
            reference: inputs.source.clone(),
        }
    }

    /// Saves the rounded run's network, or what it snaps to. Where snapping was asked for and does not give the victim,
    /// nothing is written: what was asked for is exact.
    fn save(&self, found: &Outcome) -> Result<(), Error> {
        let Some(path) = &self.save else { return Ok(()) };
        let Some(network) = found.dual.rounded.run.network() else {
            tell(format!("no network to save in {}: the run stopped", path.display()));
            return Ok(());
        };
        let network = match &found.snap {
            None => network,
            Some(snap) => match snap.victim() {
                Some(snapped) => snapped,
                None => {
                    tell(format!("nothing is saved in {}: no network of few bits was found", path.display()));
                    return Ok(());
                }
            },
        };
        Ok(format::write(path, &network.map(|x| <f64 as Scalar>::nearest(x, ())), Dtype::F64)?)
    }

    fn print(&self, record: &DualRecord) -> Result<(), Error> {
        output::publish(self.json.as_deref(), record, || self.text(record))
    }

    fn text(&self, record: &DualRecord) -> String {
        if self.quiet {
            let snapped = record.runs.rounded.snapped.as_ref();
            let snapped = snapped.map(|snapped| format!("{}\n", snapped.verdict)).unwrap_or_default();
            return format!("{}\n{snapped}", record.verdict);
        }
        report::text(record)
    }
}
