//! `exactract gate`: what must hold of a model before it is shipped.

use super::domain::DomainChoice;
use super::{Error, layers, number, output, progress};
use crate::attack::{Options, Strategy};
use crate::audit::Claim;
use crate::compare::Inputs;
use crate::experiment::Settings;
use crate::format::{self, Victim};
use crate::gate::{Copy, Request, run};
use crate::net::Network;
use crate::record::{CheckState, Document, GateRecord, NetworkRecord};
use crate::report;
use crate::sweep;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// The largest record that is read, in bytes.
const MOST_BYTES: u64 = 1 << 30;
/// Random inputs that labels are compared at, where there is no data.
const RANDOM_INPUTS: usize = 1000;

/// Check what must hold of a model before it is shipped
///
/// Every option that names a check asks for it. Without one, the attack has to recover the model.
#[derive(Debug, clap::Args)]
#[command(after_help = "Exit status: 0 every check passes; 1 one fails; 2 bad request; 3 one is undecided.")]
pub(super) struct Arguments {
    /// Network file of the model; - for standard input
    model: PathBuf,
    #[command(flatten)]
    layers: layers::Chosen,
    #[command(flatten)]
    units: layers::Units,
    /// The exact run finds the model's function, proved, and the f64 run every unit and every label
    #[arg(long)]
    recovered: bool,
    /// Extraction in f64 is complete from answers of this many bits fewer than 53, up to 45: it needs 8
    #[arg(long, value_name = "BITS", value_parser = clap::value_parser!(u32).range(0..=45))]
    spare_bits: Option<u32>,
    /// Extraction in f64 is not complete from answers of this many bits, by this attack and seed
    #[arg(long, value_name = "BITS", value_parser = clap::value_parser!(u32).range(7..=53))]
    resists_bits: Option<u32>,
    /// The model is the function of this network on all inputs
    #[arg(long, value_name = "FILE")]
    released: Option<PathBuf>,
    /// A copy, quantised for example, that --max-difference is asked of
    #[arg(long, value_name = "FILE", requires = "max_difference")]
    copy: Option<PathBuf>,
    /// The copy differs by at most this in every output on the domain: 0.05 or 2^-13.7
    #[arg(long, value_name = "BOUND", requires = "copy")]
    max_difference: Option<Claim>,
    /// Where the copy is compared: the interval of every input, or a .npz of lower and upper
    #[arg(
        long,
        value_name = "LOWER,UPPER|FILE",
        default_value = "-1,1",
        allow_hyphen_values = true,
        requires = "copy"
    )]
    domain: DomainChoice,
    /// The longest search for the copy's difference, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 60.0, value_parser = number::seconds)]
    time: f64,
    /// An earlier record of this command: the attack comes to the same; another model is a new measurement
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Bits that the largest weight error may lose against the baseline
    #[arg(long, value_name = "BITS", default_value_t = 2.0, value_parser = number::not_negative)]
    allow: f64,
    /// The attack
    #[arg(long, value_parser = super::strategy(), default_value = "walk")]
    strategy: Strategy,
    /// Seed of the attack's random lines
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Inputs at which labels are compared, as in exactract run; random ones without it
    #[arg(long, value_name = "PATH")]
    data: Option<PathBuf>,
    /// Write the record as JSON to this file, - for standard output; it is what --baseline reads
    #[arg(long, value_name = "PATH")]
    json: Option<PathBuf>,
    /// Write the checks as JUnit XML to this file, too
    #[arg(long, value_name = "PATH")]
    junit: Option<PathBuf>,
    /// Print whether the gate is passed, and no progress
    #[arg(long, short)]
    quiet: bool,
}

impl Arguments {
    /// Reads, checks, prints.
    pub(super) fn run(self) -> Result<ExitCode, Error> {
        let written = [self.json.as_deref(), self.junit.as_deref()];
        written.into_iter().flatten().try_for_each(format::check_writable)?;
        self.check_baseline()?;
        let baseline = self.baseline.as_deref().map(earlier).transpose()?;
        let paths: Vec<&Path> = [Some(&self.model), self.released.as_ref(), self.copy.as_ref()]
            .into_iter()
            .flatten()
            .map(|p| &**p)
            .collect();
        let read = self.layers.read(&paths, |path, choice| self.units.read(path, choice))?;
        let mut read = read.into_iter().map(|(victim, _)| victim);
        let model = read.next().ok_or_else(|| Error::Request("a model is needed".to_owned()))?;
        let released = self.released.as_ref().and_then(|_| read.next());
        let copy = self.copy.as_ref().and_then(|_| read.next());
        let inputs = self.inputs(&model)?;
        let interrupted = progress::interrupt("stopping; the checks that are not done are undecided")?;
        let bar = progress::spinner(self.quiet);
        let settings = Settings {
            strategy: self.strategy,
            options: Options { seed: self.seed, ..Options::default() },
            interrupt: interrupted.clone(),
            progress: bar.as_ref().map(progress::queries),
            ..Settings::default()
        };
        let asked = [self.spare_bits.is_some(), self.resists_bits.is_some(), self.released.is_some()];
        let others = asked.contains(&true) || self.copy.is_some() || baseline.is_some();
        let request = Request {
            settings,
            recovered: self.recovered || !others,
            spare: self.spare_bits,
            resists: self.resists_bits,
            released: self
                .released
                .as_deref()
                .zip(released.as_ref())
                .map(|(path, read)| (described(path, read), &read.network)),
            copy: self.copy(copy.as_ref(), &interrupted)?,
            baseline: baseline.map(|record| (record, self.allow)),
            ..Request::new(described(&self.model, &model), &model.network, &inputs)
        };
        let record = run(&request)?;
        if let Some(bar) = &bar {
            bar.finish_and_clear();
        }
        if let Some(path) = &self.junit {
            format::write_atomically(path, report::gate_junit(&record).as_bytes())?;
        }
        let text = || if self.quiet { report::gate_verdict(&record) } else { report::gate(&record) };
        output::publish(self.json.as_deref(), &record, text)?;
        Ok(match record.answer {
            CheckState::Pass | CheckState::New => ExitCode::SUCCESS,
            CheckState::Fail => ExitCode::from(1),
            CheckState::Open => super::NO_ANSWER.into(),
        })
    }

    /// Errors where a new record would take the place of the one that it is compared with.
    fn check_baseline(&self) -> Result<(), Error> {
        let Some(baseline) = &self.baseline else { return Ok(()) };
        let place = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        for path in [&self.json, &self.junit].into_iter().flatten() {
            if place(path) == place(baseline) {
                let what = "would be written over the baseline, whatever the gate says: give it another name";
                return Err(Error::Request(format!("{} {what}", path.display())));
            }
        }
        Ok(())
    }

    /// The inputs at which labels are compared.
    fn inputs(&self, model: &Victim<Network<f64>>) -> Result<Inputs, Error> {
        let inputs = model.network.inputs();
        if let Some(shape) = model.network.sizes().shallow() {
            // Two attacks at once in the search for bits.
            let needed = 2 * sweep::estimate(shape, self.strategy, RANDOM_INPUTS);
            sweep::check_memory(needed, rayon::current_num_threads())
                .map_err(|e| Error::Request(format!("a gate on a network of shape {shape} {e}")))?;
        }
        match &self.data {
            Some(path) => {
                let points = format::read_inputs(path, inputs)?;
                let source = format!("the {} inputs of {}", points.len(), path.display());
                Ok(Inputs { points, source })
            }
            None => Ok(Inputs::random(inputs, RANDOM_INPUTS, self.seed)),
        }
    }

    fn copy<'a>(
        &self,
        read: Option<&'a Victim<Network<f64>>>,
        interrupted: &'a AtomicBool,
    ) -> Result<Option<Copy<'a>>, Error> {
        let (Some(path), Some(claim), Some(read)) = (&self.copy, &self.max_difference, read) else { return Ok(None) };
        let (domain, words) = self.domain.read(read.network.inputs())?;
        let all = "--domain all: a largest difference is on a box; --released asks for one function everywhere";
        Ok(Some(Copy {
            record: described(path, read),
            network: &read.network,
            claim: claim.clone(),
            domain: domain.ok_or_else(|| Error::Request(all.to_owned()))?,
            words,
            time: Duration::from_secs_f64(self.time),
            interrupted,
        }))
    }
}

/// An earlier record.
fn earlier(path: &Path) -> Result<GateRecord, Error> {
    let bytes = format::read_json(path, MOST_BYTES)?;
    Document::Gate.read(&bytes).map_err(|what| Error::Request(format!("{}: {what}", path.display())))
}

fn described(path: &Path, model: &Victim<Network<f64>>) -> NetworkRecord {
    let (layers, notes) = (model.layers.clone(), model.notes.clone());
    let source = format::displayed(path).display().to_string();
    let parameters = Some(model.network.sizes().parameters() as u64);
    NetworkRecord { layers, notes, parameters, ..NetworkRecord::named(source, model, model.network.sizes()) }
}
