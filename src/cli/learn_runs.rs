//! The runs of `exactract learn`: every method, number of queries and seed, spread over the cores.

use super::Error;
use crate::compare::{Inputs, Reference, weight_error};
use crate::experiment::Arithmetic;
use crate::format::{self, Dtype};
use crate::learn::{
    Checkpoint, Error as Failure, Experiment, Grounds, Images, Method, MixMatch, Model, Recovery, Seeds, State,
    accuracy, agreement, ask, repair, worst,
};
use crate::net::{Network, Shallow, first_largest};
use crate::num::{Rational, Scalar};
use crate::oracle::{Access, Dense, Held, Kernel, Observation, Oracle, Rounding, Wrapper, wrapped};
use crate::record::{CopiesRecord, Log2, Outcome, RunRecord, Share, SpreadRecord, SpreadRow, Stopped, Summary};
use indicatif::ProgressBar;
use rayon::prelude::*;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::Ordering;

/// How a copy is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Way {
    /// From the answers alone
    Supervised,
    /// From the answers and from unlabelled images
    Mixmatch,
    /// Direct recovery in f64; needs logits
    Direct,
    /// Direct recovery from answers in f32; needs logits
    DirectF32,
    /// As direct, and every row measured once more
    Polished,
    /// As direct, with the network that the attack's own check refused where it did
    Unchecked,
    /// As unchecked, and trained on the logits of the data and of as many random images
    Repaired,
    /// Direct recovery in exact arithmetic; needs logits
    Exact,
}

impl Way {
    fn name(self) -> &'static str {
        match self {
            Self::Supervised => "supervised",
            Self::Mixmatch => "mixmatch",
            Self::Direct => "direct",
            Self::DirectF32 => "direct-f32",
            Self::Polished => "polished",
            Self::Unchecked => "unchecked",
            Self::Repaired => "repaired",
            Self::Exact => "exact",
        }
    }

    /// The oracle's arithmetic, of direct recovery.
    fn direct(self) -> Option<Arithmetic> {
        match self {
            Self::Supervised | Self::Mixmatch => None,
            Self::Direct | Self::Polished | Self::Unchecked | Self::Repaired => Some(Arithmetic::F64),
            Self::DirectF32 => Some(Arithmetic::F32),
            Self::Exact => Some(Arithmetic::Exact),
        }
    }
}

/// A run whose copy was learned to the end.
fn learned(seed: u64, queries: u64) -> RunRecord {
    RunRecord { seed: Some(seed), ..RunRecord::ended(Outcome::Complete, None, queries) }
}

/// A run whose training ended without a copy.
fn failed(seed: u64, queries: u64, error: &Failure) -> RunRecord {
    let outcome = match error {
        Failure::Unanswered { error, .. } => Outcome::after(error),
        Failure::Interrupted { .. } => Outcome::Interrupted,
        _ => Outcome::Stopped,
    };
    RunRecord { seed: Some(seed), ..RunRecord::ended(outcome, Some(Stopped::because(error)), queries) }
}

/// Steps from one look at the accuracy to the next.
const LOOK: usize = 100;

/// Everything that is run, and what it is compared with.
pub(super) struct Runs<'a> {
    /// What all share.
    pub(super) base: Experiment<'a>,
    /// The victim, of any depth; `None` of the data's own labels.
    pub(super) network: Option<&'a Network<Rational>>,
    /// Where fidelity is measured; `None` of the data's own labels.
    pub(super) grounds: Option<&'a Grounds>,
    /// Where accuracy is.
    pub(super) test: &'a Images,
    pub(super) ways: &'a [Way],
    pub(super) queries: &'a [usize],
    pub(super) seeds: Vec<u64>,
    pub(super) mixmatch: MixMatch,
    /// Seconds for each method's first copy.
    pub(super) audit: Option<f64>,
    /// Significant bits of an answer, of direct recovery in f64.
    pub(super) answer_bits: Option<u32>,
    pub(super) save: Option<&'a Path>,
    pub(super) checkpoints: Option<&'a Path>,
    pub(super) every: usize,
    pub(super) bar: Option<ProgressBar>,
}

impl<'a> Runs<'a> {
    /// Every way with every number of queries; a direct one chooses its own.
    fn cells(&self) -> Vec<(Way, usize)> {
        let one = |&way: &Way| match way.direct() {
            Some(_) => vec![(way, 0)],
            None => self.queries.iter().map(|&queries| (way, queries)).collect(),
        };
        self.ways.iter().flat_map(one).collect()
    }

    fn experiment(&self, way: Way, queries: usize) -> Experiment<'a> {
        let mut experiment = self.base.clone();
        experiment.queries = queries;
        experiment.recipe.method = match way {
            Way::Mixmatch => Method::MixMatch(self.mixmatch),
            _ => Method::Supervised,
        };
        experiment
    }

    /// Errors before anything is run.
    pub(super) fn check(&self) -> Result<(), Error> {
        for (way, queries) in self.cells() {
            match way.direct() {
                None => self.experiment(way, queries).check()?,
                Some(_) => {
                    let (what, needs, choose, access) = ("direct recovery", "the logits", "logits", self.base.access);
                    if access != Access::Logits {
                        return Err(Failure::TooLittle { what, needs, access, choose }.into());
                    }
                    self.one_hidden_layer("direct recovery")?;
                }
            }
        }
        if self.audit.is_some() {
            self.one_hidden_layer("--audit")?;
        }
        Ok(())
    }

    fn one_hidden_layer(&self, what: &str) -> Result<Shallow<Rational>, Error> {
        let refused = |why: &str| Error::Request(format!("{what}: {why}"));
        let network = self.network.ok_or_else(|| refused("the data's own labels are no network"))?;
        Shallow::try_from(network.clone()).map_err(|e| refused(&e.to_string()))
    }

    /// All runs, in order; a run without a copy says why.
    pub(super) fn rows(&self) -> Result<Vec<CopiesRecord>, Error> {
        let cells = self.cells();
        let jobs: Vec<(Way, usize, u64)> =
            cells.iter().flat_map(|&(way, queries)| self.seeds.iter().map(move |&seed| (way, queries, seed))).collect();
        let done: Vec<Result<RunRecord, Error>> =
            jobs.par_iter().map(|&(way, queries, seed)| self.one(way, queries, seed)).collect();
        let mut done = done.into_iter();
        let row = |&(way, _): &(Way, usize)| {
            let runs = done.by_ref().take(self.seeds.len()).collect::<Result<Vec<_>, Error>>()?;
            let queries = runs.iter().map(|run| run.queries as f64).sum::<f64>() / runs.len() as f64;
            Ok(CopiesRecord { method: way.name().to_owned(), queries, summary: Summary::of(&runs), runs })
        };
        cells.iter().map(row).collect()
    }

    fn one(&self, way: Way, queries: usize, seed: u64) -> Result<RunRecord, Error> {
        let (copy, run, network) = match way.direct() {
            Some(arithmetic) => {
                let victim = self.one_hidden_layer("direct recovery")?.map(|w| f64::nearest(w, ()));
                let found = self.recovery(arithmetic, way == Way::Polished, seed).run(&victim)?;
                let mut run = found.run;
                let refused = found.refused.filter(|_| matches!(way, Way::Unchecked | Way::Repaired));
                if refused.is_some() {
                    // The network that the check refused is the copy.
                    (run.outcome, run.stopped) = (Outcome::Complete, None);
                }
                let Some(mut network) = found.network.or(refused) else { return Ok(run) };
                if way == Way::Repaired {
                    let images = self.repairing(seed)?;
                    let (logits, spent) = match self.shown(&victim, &images, run.queries) {
                        Ok(shown) => shown,
                        Err(error) => return Ok(failed(seed, run.queries + error.spent().unwrap_or_default(), &error)),
                    };
                    let start = network.map(|w| f64::nearest(w, ()));
                    let watch = || {
                        if self.base.interrupt.load(Ordering::SeqCst) {
                            ControlFlow::Break(())
                        } else {
                            ControlFlow::Continue(())
                        }
                    };
                    match repair(&start, &images, &logits, seed, watch) {
                        Ok(repaired) => network = repaired.map(|&w| Rational::lift(w, ())),
                        Err(error) => return Ok(failed(seed, run.queries, &error)),
                    }
                    run.queries += spent;
                    run.equal = None;
                }
                let copy = Model::layered(&Network::from(&network), self.base.pool.form())?;
                (copy, run, Some(network))
            }
            None => {
                let experiment = self.experiment(way, queries);
                let state = match self.learn(&experiment, Seeds::all(seed)) {
                    Err(Error::Learn(error @ (Failure::Diverged { .. } | Failure::Interrupted { .. }))) => {
                        return Ok(failed(seed, queries as u64, &error));
                    }
                    Err(Error::Learn(error @ Failure::Unanswered { .. })) => {
                        return Ok(failed(seed, error.spent().unwrap_or_default(), &error));
                    }
                    other => other?,
                };
                let copy = Model::trained(experiment.student, &state, &experiment.place)?;
                let network = experiment.student.layered(&state.copy()).transpose().map_err(Failure::from)?;
                let network = network.and_then(|network| Shallow::try_from(network).ok());
                self.keep(&experiment, seed, &state, network.as_ref())?;
                let network = network.map(|network| network.map(|&w| Rational::lift(w, ())));
                (copy, learned(seed, queries as u64), network)
            }
        };
        if way.direct().is_some()
            && let (Some(folder), Some(network)) = (self.save, &network)
        {
            let path = folder.join(format!("{}-{seed}.safetensors", way.name()));
            format::write(&path, &network.map(|w| f64::nearest(w, ())), Dtype::F64)?;
        }
        let mut run = match (self.grounds, self.base.victim.model()) {
            (Some(grounds), Some(victim)) => grounds.measure(victim, &copy, run)?,
            _ => RunRecord { accuracy: Some(accuracy(&copy.labels(self.test), self.test)), ..run },
        };
        if let (Some(copy), Ok(victim)) = (&network, self.one_hidden_layer("")) {
            self.hold(&mut run, &victim, copy);
        }
        if let (Some(seconds), Some(copy), true) = (self.audit, &network, Some(&seed) == self.seeds.first()) {
            let victim = self.one_hidden_layer("--audit")?;
            run.difference_bounds = worst(&victim, copy, seconds, &self.base.interrupt);
        }
        Ok(run)
    }

    fn recovery(&self, oracle: Arithmetic, polish: bool, seed: u64) -> Recovery {
        let Experiment { access, limit, ref interrupt, .. } = self.base;
        Recovery { oracle, answer_bits: self.answer_bits, access, polish, seed, limit, interrupt: interrupt.clone() }
    }

    /// Images that a repair asks about.
    fn repairing(&self, seed: u64) -> Result<Images, Error> {
        let (pool, more) = (self.base.pool, crate::learn::random(self.base.pool, self.base.pool.len(), seed)?);
        let both =
            [pool, &more].map(|images| (0..images.len()).flat_map(|i| images.image(i)).copied().collect::<Vec<f32>>());
        Ok(Images::new(pool.form(), both.concat(), [pool.labels(), more.labels()].concat())?)
    }

    /// The victim's logits for these images, through the channel of the attack, and the queries that they cost.
    ///
    /// `spent`: queries of the attack, which count.
    fn shown(&self, victim: &Shallow<f64>, images: &Images, spent: u64) -> Result<(Vec<Vec<f64>>, u64), Failure> {
        let rounding = self.answer_bits.map(|bits| Wrapper::Answers(Rounding::Bits(bits)));
        let wrappers: Vec<Wrapper> = rounding.into_iter().chain([Wrapper::Show(self.base.access)]).collect();
        let victim = wrapped(Held(Dense::<f64>::new(victim.clone(), Kernel::Portable)), &wrappers, ());
        let left = self.base.limit.map(|limit| limit.saturating_sub(spent));
        let mut oracle = Oracle::new(victim).with_limit(left).with_interrupt(self.base.interrupt.clone());
        let answers = ask(&mut oracle, images)?;
        let logits = answers.into_iter().filter_map(Observation::logits);
        Ok((logits.map(|answer| answer.into_iter().map(|y| y.0).collect()).collect(), oracle.tally().total()))
    }

    /// What can be said of two networks with one hidden layer, exactly.
    fn hold(&self, run: &mut RunRecord, victim: &Shallow<Rational>, copy: &Shallow<Rational>) {
        let point = |i| self.test.image(i).iter().map(|&x| f64::from(x)).collect();
        let inputs = Inputs { points: (0..self.test.len()).map(point).collect(), source: String::new() };
        let rounded = victim.map(|w| f64::nearest(w, ()));
        let fidelity = Reference::new(&rounded, &inputs).fidelity(copy);
        run.largest_difference_log2 = Some(Log2(fidelity.max_difference_log2));
        let found = weight_error(victim, copy);
        run.kinks = Some(Share { count: found.found, total: found.kinks });
        run.weight_error_log2 = found.error.map(SpreadRecord::new);
    }

    fn learn(&self, experiment: &Experiment<'_>, seeds: Seeds) -> Result<State, Error> {
        let name = experiment.name(seeds);
        let checkpoint = self
            .checkpoints
            .map(|folder| Checkpoint { path: folder.join(format!("{name}.safetensors")), every: self.every });
        let mut last = String::new();
        let mut watch = |state: &State, loss: f64| {
            if let Some(bar) = &self.bar {
                if state.step.is_multiple_of(LOOK) {
                    let logits = state.logits(experiment.student, self.test, &experiment.place);
                    let labels: Vec<Vec<usize>> = logits.iter().map(|logits| vec![first_largest(logits)]).collect();
                    last = format!(", {:.1} % of held-out images", accuracy(&labels, self.test).percent());
                }
                let steps = experiment.recipe.steps;
                bar.set_message(format!("{name}: step {} of {steps}, loss {loss:.4}{last}", state.step));
            }
            if self.base.interrupt.load(Ordering::SeqCst) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        Ok(experiment.run(seeds, checkpoint.as_ref(), &mut watch)?)
    }

    /// Writes a learned copy, where copies are kept.
    fn keep(
        &self,
        experiment: &Experiment<'_>,
        seed: u64,
        state: &State,
        network: Option<&Shallow<f64>>,
    ) -> Result<(), Error> {
        let Some(folder) = self.save else { return Ok(()) };
        let path = folder.join(format!("{}.safetensors", experiment.name(Seeds::all(seed))));
        match (network, experiment.student.layered(&state.copy()).transpose().map_err(Failure::from)?) {
            // Averages of f32 weights are f32.
            (Some(network), _) => format::write(&path, network, Dtype::F32)?,
            (None, Some(deep)) => format::write(&path, &deep, Dtype::F32)?,
            (None, None) => state.write(experiment.student, &experiment.name(Seeds::all(seed)), &path)?,
        }
        Ok(())
    }

    /// Runs that differ in one thing at a time, compared two by two.
    pub(super) fn spread(&self) -> Result<Vec<SpreadRow>, Error> {
        let first = self.seeds.first().copied().unwrap_or_default();
        let differs: [(&str, fn(u64, u64) -> Seeds); 3] = [
            ("queries", |first, seed| Seeds { queries: seed, ..Seeds::all(first) }),
            ("first weights", |first, seed| Seeds { weights: seed, ..Seeds::all(first) }),
            ("order", |first, seed| Seeds { order: seed, ..Seeds::all(first) }),
        ];
        let random = crate::learn::random(self.test, self.grounds.map_or(1000, |g| g.random.len()), 0)?;
        let mut rows = Vec::new();
        for (way, queries) in self.cells().into_iter().filter(|(way, _)| way.direct().is_none()) {
            let experiment = self.experiment(way, queries);
            for (what, seeds) in differs {
                let labels = |&seed: &u64| {
                    let state = self.learn(&experiment, seeds(first, seed))?;
                    let copy = Model::trained(experiment.student, &state, &experiment.place)?;
                    Ok((copy.labels(self.test), copy.labels(&random)))
                };
                let all = self.seeds.par_iter().map(labels).collect::<Result<Vec<_>, Error>>()?;
                let (test, random): (Vec<_>, Vec<_>) = all.into_iter().unzip();
                let Some((test, random)) = agreement(&test).zip(agreement(&random)) else { continue };
                let round = |range: [f64; 3]| range.map(|x| (1000.0 * x).round() / 1000.0);
                rows.push(SpreadRow {
                    method: way.name().to_owned(),
                    queries,
                    differs: what.to_owned(),
                    runs: self.seeds.len(),
                    test: round(test),
                    random: round(random),
                });
            }
        }
        Ok(rows)
    }
}
