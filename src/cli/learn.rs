//! `exactract learn`: copies by learning, beside those by direct recovery.

use super::learn_runs::{Runs, Way};
use super::{Error, number, output, progress};
use crate::format;
use crate::learn::{
    Architecture, Augmentation, Data, Experiment, Form, Grounds, Method, MixMatch, Model, Place, Rates, Recipe, Source,
    Student, Victim, accuracy, text,
};
use crate::net::Network;
use crate::num::{Rational, Scalar};
use crate::oracle::Access;
use crate::record::{DataRecord, Document, LearnRecord, NetworkRecord, StudentRecord};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Learn copies of a network from few answers and many unlabelled images, and hold them against it
///
/// Without options, 60 answers on the bundled digits are learned from, fully supervised and by MixMatch.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit status: 0 every run has a copy; 2 bad request; 3 a run was interrupted, diverged, or recovered no network."
)]
pub(super) struct Arguments {
    /// Network file of the victim, of any depth; truth for the data's own labels; the bundled classifier without one
    #[arg(long, value_name = "FILE|truth")]
    victim: Option<PathBuf>,
    #[command(flatten)]
    layers: super::layers::Chosen,
    /// Images: digits, a .npz with images and labels, or a folder of CIFAR, SVHN, IDX, or of a folder of PNG or JPEG a class
    #[arg(long, value_name = "digits|PATH", default_value = "digits")]
    data: PathBuf,
    /// Divide the numbers of a .npz by this; for 8-bit images 255
    #[arg(long, default_value_t = 1.0, value_parser = number::positive)]
    scale: f64,
    /// Hold copies against a fifth of the images that may be queried, set aside, instead of those held out: to choose settings by
    #[arg(long)]
    validation: bool,
    /// Images asked about; several numbers, apart by commas, make a curve
    #[arg(long, value_name = "N,...", value_delimiter = ',', default_value = "60")]
    queries: Vec<usize>,
    /// Queries allowed a run
    #[arg(long, value_name = "N")]
    max_queries: Option<u64>,
    /// How a copy is made
    #[arg(long, value_enum, value_name = "NAME,...", value_delimiter = ',', default_value = "supervised,mixmatch")]
    method: Vec<Way>,
    /// What is seen of an answer: label, label-score, topk:K, topk-logits:K, scores or logits
    #[arg(long, default_value = "label")]
    access: Access,
    /// Soften scores by this before a student learns them
    #[arg(long, value_name = "T", default_value_t = 1.0, value_parser = number::positive)]
    temperature: f64,
    /// Ask about random images instead of the data's
    #[arg(long)]
    random_queries: bool,
    /// Layers from inputs to classes, or wrn-28-2; one hidden layer of 256 units without it
    #[arg(long, value_name = "SIZES|wrn-D-W")]
    student: Option<Architecture>,
    /// Runs of each method, with seeds that follow each other
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=1000))]
    seeds: u16,
    /// The first seed
    #[arg(long, default_value_t = 0)]
    seed: u64,
    #[command(flatten)]
    training: Training,
    /// Radius of adversarial examples
    #[arg(long, default_value_t = 0.1, value_parser = number::positive)]
    epsilon: f64,
    /// Random images that fidelity is measured on
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(2..))]
    random_inputs: u32,
    /// Bound the largest difference of each method's first copy, in at most so many seconds; two networks of one hidden layer
    #[arg(long, value_name = "SECONDS", value_parser = number::positive)]
    audit: Option<f64>,
    /// Round every answer that direct recovery in f64 gets to this many significant bits
    #[arg(long, value_name = "BITS", value_parser = clap::value_parser!(u32).range(8..=53))]
    answer_bits: Option<u32>,
    /// Also run each method with only its queries, its first weights or its order drawn again, and compare the copies
    #[arg(long)]
    spread: bool,
    /// What students are trained on; a GPU needs a build with --features gpu
    #[arg(long, value_enum, default_value_t = Processor::Cpu)]
    device: Processor,
    /// Write every copy to this folder: perceptrons as network files, others as checkpoints
    #[arg(long, value_name = "FOLDER")]
    save: Option<PathBuf>,
    /// Leave checkpoints in this folder, and go on from those that are there
    #[arg(long, value_name = "FOLDER")]
    checkpoints: Option<PathBuf>,
    /// Steps from one checkpoint to the next
    #[arg(long, value_name = "STEPS", default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..))]
    every: u32,
    /// Runs at once; 0 takes all cores. Results do not depend on it
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u16).range(0..=1024))]
    threads: u16,
    /// Write the full record as JSON to this file, - for standard output
    #[arg(long, value_name = "PATH")]
    json: Option<PathBuf>,
    /// No progress
    #[arg(long, short)]
    quiet: bool,
}

/// Units of a student that is not named.
const HIDDEN: usize = 256;

/// What computes.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Processor {
    Cpu,
    Gpu,
}

/// How students are trained.
#[derive(Debug, clap::Args)]
struct Training {
    /// Steps
    #[arg(long, default_value_t = 4000, value_parser = clap::value_parser!(u32).range(1..))]
    steps: u32,
    /// Labelled images a step, and as many unlabelled ones
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=65536))]
    batch: u32,
    /// Step size of Adam
    #[arg(long, default_value_t = 0.005, value_parser = number::positive)]
    rate: f64,
    /// Weight decay, in units of the step size
    #[arg(long, default_value_t = 0.0, value_parser = number::share)]
    decay: f64,
    /// Share of the running average of weights that stays each step
    #[arg(long, default_value_t = 0.99, value_parser = number::share)]
    average: f64,
    /// Changes of images: none, shift:N or crop:N, flip; shift:1 for grey images and crop:4,flip for others without it
    #[arg(long, value_name = "CHANGES")]
    augment: Option<Augmentation>,
    /// MixMatch: changed views of an unlabelled image whose predictions are averaged
    #[arg(long, default_value_t = MixMatch::default().views as u32, value_parser = clap::value_parser!(u32).range(1..=64))]
    views: u32,
    /// MixMatch: temperature that guesses are sharpened by
    #[arg(long, default_value_t = MixMatch::default().temperature, value_parser = number::positive)]
    sharpen: f64,
    /// MixMatch: both parameters of MixUp's beta distribution
    #[arg(long, default_value_t = MixMatch::default().alpha, value_parser = number::positive)]
    alpha: f64,
    /// MixMatch: weight of the unlabelled loss
    #[arg(long, default_value_t = MixMatch::default().weight, value_parser = number::positive)]
    unlabelled_weight: f64,
    /// MixMatch: steps over which that weight grows from 0
    #[arg(long, default_value_t = MixMatch::default().ramp as u32)]
    ramp: u32,
}

impl Arguments {
    /// Learns, measures, prints.
    pub(super) fn run(self) -> Result<ExitCode, Error> {
        for folder in [&self.save, &self.checkpoints].into_iter().flatten() {
            std::fs::create_dir_all(folder).map_err(|e| format::Error::new(folder, format::Problem::Write(e)))?;
            format::check_writable(&folder.join("copy"))?;
        }
        if let Some(path) = &self.json {
            format::check_writable(path)?;
        }
        let data = match self.data.as_path() {
            path if path == Path::new("digits") => Data::digits()?,
            path => Data::read(path, self.scale)?,
        };
        let data = if self.validation { data.validation()? } else { data };
        let (victim, network, mut victim_record) = self.victim(data.form())?;
        let classes = victim.form(data.form()).classes;
        let data = data.among(classes);
        let form = data.form();
        let architecture =
            self.student.clone().unwrap_or_else(|| Architecture::Layers(vec![form.pixels(), HIDDEN, form.classes]));
        let student = Student::new(architecture, form)?;
        let grounds = victim
            .model()
            .map(|model| Grounds::new(model, data.test.clone(), self.random_inputs as usize, self.epsilon as f32));
        let grounds = grounds.transpose()?;
        if let (Some(record), Some(model), Some(grounds)) = (&mut victim_record, victim.model(), &grounds) {
            record.accuracy = Some(accuracy(&model.labels(&data.test), &data.test));
            record.label_ties = Some(grounds.ties());
        }
        let place = match self.device {
            Processor::Cpu => Place::cpu(),
            Processor::Gpu => Place::gpu()?,
        };
        let interrupt =
            progress::interrupt("stopping at the next step; checkpoints are kept where they were asked for")?;
        let base = self.experiment(&victim, &data, &student, place, interrupt);
        let bar = progress::spinner(self.quiet);
        let runs = Runs {
            base,
            network: network.as_ref(),
            grounds: grounds.as_ref(),
            test: &data.test,
            ways: &self.method,
            queries: &self.queries,
            // The largest seed is followed by 0.
            seeds: (0..u64::from(self.seeds)).map(|i| self.seed.wrapping_add(i)).collect(),
            mixmatch: self.mixmatch(),
            audit: self.audit,
            answer_bits: self.answer_bits,
            save: self.save.as_deref(),
            checkpoints: self.checkpoints.as_deref(),
            every: self.every as usize,
            bar: bar.clone(),
        };
        runs.check()?;
        let workers = rayon::ThreadPoolBuilder::new().num_threads(usize::from(self.threads)).build();
        let workers = workers.map_err(|e| Error::Request(format!("--threads {}: {e}", self.threads)))?;
        let (rows, spread) = workers.install(|| {
            let rows = runs.rows()?;
            Ok::<_, Error>((rows, if self.spread { runs.spread()? } else { Vec::new() }))
        })?;
        if let Some(bar) = &bar {
            bar.finish_and_clear();
        }
        let whole = rows.iter().flat_map(|row| &row.runs).all(|run| run.stopped.is_none());
        let record = LearnRecord {
            schema: Document::Learn.schema(),
            program: env!("CARGO_PKG_VERSION").to_owned(),
            victim: victim_record,
            data: DataRecord {
                source: data.source.clone(),
                form: [form.channels, form.height, form.width, form.classes],
                pool: data.pool.len(),
                held_out: data.test.len(),
                epsilon: self.epsilon,
            },
            access: self.access.to_string(),
            temperature: self.temperature,
            student: StudentRecord {
                name: student.to_string(),
                parameters: student.parameters(),
                steps: runs.base.recipe.steps,
                batch: runs.base.recipe.batch,
                rate: runs.base.recipe.rates.rate,
                device: runs.base.place.name().to_owned(),
                augmentation: runs.base.recipe.augmentation.to_string(),
                queries_from: if self.random_queries { "random" } else { "data" }.to_owned(),
            },
            rows,
            spread,
        };
        self.print(&record)?;
        Ok(if whole { ExitCode::SUCCESS } else { super::NO_ANSWER.into() })
    }

    /// The victim, itself as a network of rationals, and what the record says of it; both `None` of the data's labels.
    fn victim(&self, form: Form) -> Result<(Victim, Option<Network<Rational>>, Option<NetworkRecord>), Error> {
        if self.victim.as_deref().is_none_or(|victim| victim == Path::new("truth")) {
            self.layers.check_unused()?;
        }
        if self.victim.as_deref() == Some(Path::new("truth")) {
            return Ok((Victim::Truth, None, None));
        }
        let (network, record) = match &self.victim {
            Some(path) => {
                let found = self.layers.read_one(path, format::read_chosen)?;
                let source = format::displayed(path).display().to_string();
                let record = NetworkRecord::named(source, &found, found.network.sizes());
                (found.network, record)
            }
            None => {
                let found = format::bundled()?;
                let record = NetworkRecord::named("bundled digits classifier", &found, found.network.shape());
                (Network::from(&found.network), record)
            }
        };
        let exact = network.map(|&w| Rational::lift(w, ()));
        let model = Model::layered(&exact, form)?;
        Ok((Victim::Model(Arc::new(model)), Some(exact), Some(record)))
    }

    fn mixmatch(&self) -> MixMatch {
        let Training { views, sharpen, alpha, unlabelled_weight, ramp, .. } = self.training;
        let (views, ramp) = (views as usize, ramp as usize);
        MixMatch { views, temperature: sharpen, alpha, weight: unlabelled_weight, ramp }
    }

    fn experiment<'a>(
        &self,
        victim: &'a Victim,
        data: &'a Data,
        student: &'a Student,
        place: Place,
        interrupt: Arc<AtomicBool>,
    ) -> Experiment<'a> {
        let Training { steps, batch, rate, decay, average, augment, .. } = self.training;
        let form = data.form();
        let usual = match (form.height, form.channels) {
            (1, _) => Augmentation::NONE,
            (_, 1) => Augmentation::DIGITS,
            _ => Augmentation::PHOTOGRAPHS,
        };
        Experiment {
            victim,
            pool: &data.pool,
            access: self.access,
            temperature: self.temperature,
            queries: 0,
            limit: self.max_queries,
            interrupt,
            source: if self.random_queries { Source::Random } else { Source::Data },
            student,
            recipe: Recipe {
                method: Method::Supervised,
                steps: steps as usize,
                batch: batch as usize,
                rates: Rates { rate, decay, average },
                augmentation: augment.unwrap_or(usual),
            },
            place,
        }
    }

    fn print(&self, record: &LearnRecord) -> Result<(), Error> {
        output::publish(self.json.as_deref(), record, || text(record))
    }
}
