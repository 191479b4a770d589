//! One extraction by learning: queries drawn, asked, learned from.

use super::batches::shuffled;
use super::target::target;
use super::{Error, Images, Method, Place, Recipe, State, Student, Task, Victim, Watch, train};
use crate::net::Draw;
use crate::oracle::{Access, Batch, Observation, Oracle};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Where queries come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The data, without its labels.
    Data,
    /// Pixels uniform over 0 and 1: the baseline of an attacker without data.
    Random,
}

/// What is drawn where: the three things that two runs of one attack may differ in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seeds {
    /// Which images are queried.
    pub queries: u64,
    /// First weights.
    pub weights: u64,
    /// Batches, changes of images, mixing.
    pub order: u64,
}

impl Seeds {
    /// One seed for all.
    pub const fn all(seed: u64) -> Self {
        Self { queries: seed, weights: seed, order: seed }
    }
}

/// An extraction, up to its seeds.
#[derive(Clone)]
pub struct Experiment<'a> {
    /// Who answers.
    pub victim: &'a Victim,
    /// What may be queried, or learned from unlabelled.
    pub pool: &'a Images,
    /// How much of an answer is seen.
    pub access: Access,
    /// Softening of scores; 1 leaves them.
    pub temperature: f64,
    /// Images asked about.
    pub queries: usize,
    /// Queries allowed.
    pub limit: Option<u64>,
    /// Stops the questions; a [`Watch`] stops the training.
    pub interrupt: Arc<AtomicBool>,
    /// Where they come from.
    pub source: Source,
    /// What learns.
    pub student: &'a Student,
    /// How.
    pub recipe: Recipe,
    /// Where it computes.
    pub place: Place,
}

/// A checkpoint to go on from and to leave, every so many steps.
#[derive(Clone, Debug)]
pub struct Checkpoint {
    /// The file.
    pub path: PathBuf,
    /// Steps from one to the next.
    pub every: usize,
}

impl Experiment<'_> {
    /// Errors before anything is asked: too few images, answers that show too little, a recipe out of range.
    pub fn check(&self) -> Result<(), Error> {
        let there = self.pool.len();
        if self.queries == 0 || (self.source == Source::Data && self.queries > there) {
            return Err(Error::Few { what: "queries", asked: self.queries, there });
        }
        if matches!(self.recipe.method, Method::MixMatch(_)) && self.unlabelled().is_empty() {
            return Err(Error::Few {
                what: "queries, with unlabelled images beside them,",
                asked: self.queries,
                there,
            });
        }
        if let Some(limit) = self.limit.filter(|&limit| self.queries as u64 > limit) {
            return Err(Error::Budget { asked: self.queries, limit });
        }
        let (access, classes) = (self.access, self.pool.form().classes);
        let too_little = |what, needs, choose| Err(Error::TooLittle { what, needs, access, choose });
        match self.victim {
            Victim::Truth if self.source == Source::Random => return Err(Error::Unlabelled),
            Victim::Truth if access != Access::Label => {
                let needs = "a victim with scores, and the data's own labels have none";
                return too_little("what was asked for", needs, "label");
            }
            Victim::BlackBox(victim) if victim.inputs() != self.pool.form().pixels() => {
                let (takes, gives) = (victim.inputs(), victim.outputs());
                return Err(Error::Victim { takes, gives, form: self.pool.form() });
            }
            Victim::Truth | Victim::Model(_) | Victim::BlackBox(_) => {}
        }
        if !access.suits(classes) {
            return Err(Error::TopK { access, classes });
        }
        if access == Access::Label && self.temperature != 1.0 {
            return too_little("a temperature", "scores to soften", "label-score, topk:K, scores or logits");
        }
        self.recipe.augmentation.checked(self.pool.form())?;
        Ok(())
    }

    /// Queried images of the pool, by number; the first of a longer list.
    fn asked(&self, seed: u64) -> Vec<usize> {
        let mut order = shuffled(self.pool.len(), &mut Draw::new(seed, "queries"));
        order.truncate(if self.source == Source::Data { self.queries } else { 0 });
        order
    }

    fn unlabelled(&self) -> std::ops::Range<usize> {
        0..self.pool.len() - if self.source == Source::Data { self.queries } else { 0 }
    }

    /// The queries of a seed.
    ///
    /// Errors: those of [`Images::new`].
    pub fn queried(&self, seed: u64) -> Result<Images, Error> {
        match self.source {
            Source::Data => Ok(self.pool.select(&self.asked(seed))),
            Source::Random => random(self.pool, self.queries, seed),
        }
    }

    /// What names this run among all others of the same victim and data.
    pub fn name(&self, seeds: Seeds) -> String {
        let method = match self.recipe.method {
            Method::Supervised => "supervised",
            Method::MixMatch(_) => "mixmatch",
            Method::Logits => "logits",
        };
        let source = if self.source == Source::Random { "-random" } else { "" };
        let seed = match seeds {
            Seeds { queries, weights, order } if queries == weights && weights == order => queries.to_string(),
            Seeds { queries, weights, order } => format!("{queries}.{weights}.{order}"),
        };
        format!("{method}{source}-{}-{seed}", self.queries)
    }

    /// What the victim shows of these images, in order: one query an image, through an oracle.
    ///
    /// Errors: [`Error::Unanswered`] where the oracle fails, is interrupted or has spent its budget, with all that it
    /// showed until then.
    pub fn ask(&self, images: &Images) -> Result<Vec<Observation<f64>>, Error> {
        let oracle = self.victim.oracle(images, self.access).with_limit(self.limit);
        let mut oracle = oracle.with_interrupt(Arc::clone(&self.interrupt));
        ask(&mut oracle, images)
    }

    /// Asks and learns; goes on from a checkpoint of the same run where there is one.
    ///
    /// Where the loss is no number any more, or the run is interrupted, the checkpoint holds what is good.
    ///
    /// Errors: as [`Experiment::check`], [`Experiment::ask`] and [`train`]; [`Error::Checkpoint`], [`Error::Damaged`], [`Error::File`].
    pub fn run(&self, seeds: Seeds, checkpoint: Option<&Checkpoint>, watch: Watch<'_>) -> Result<State, Error> {
        self.check()?;
        let labelled = self.queried(seeds.queries)?;
        let classes = labelled.form().classes;
        let answers = self.ask(&labelled)?;
        let targets: Vec<Vec<f64>> = answers.iter().map(|shown| target(shown, classes, self.temperature)).collect();
        let asked = self.asked(seeds.queries);
        let rest: Vec<usize> = (0..self.pool.len()).filter(|i| !asked.contains(i)).collect();
        let unlabelled = self.pool.select(&rest);
        let first = || {
            let weights = self.student.draw(&mut Draw::new(seeds.weights, "first weights"));
            State::new(self.student, weights, &self.place)
        };
        let identity = self.identity(seeds, &targets);
        let mut state = match checkpoint {
            Some(checkpoint) => {
                State::read(self.student, &identity, &checkpoint.path, &self.place)?.unwrap_or_else(first)
            }
            None => first(),
        };
        let task = Task {
            student: self.student,
            labelled: &labelled,
            targets: &targets,
            unlabelled: &unlabelled,
            recipe: self.recipe,
            seed: seeds.order,
        };
        let write = |state: &State| match checkpoint {
            Some(checkpoint) => state.write(self.student, &identity, &checkpoint.path),
            None => Ok(()),
        };
        let mut failed = None;
        let ended = train(&task, &self.place, &mut state, &mut |state, loss| {
            let due = checkpoint.is_some_and(|checkpoint| state.step % checkpoint.every.max(1) == 0);
            if due && let Err(error) = write(state) {
                failed = Some(error);
                return std::ops::ControlFlow::Break(());
            }
            watch(state, loss)
        });
        if let Some(error) = failed {
            return Err(error);
        }
        write(&state)?;
        match ended {
            Err(Error::Diverged { step, loss, kept, .. }) => {
                let file = checkpoint.map(|checkpoint| checkpoint.path.display().to_string());
                Err(Error::Diverged { step, loss, kept, file })
            }
            Err(error) => Err(error),
            Ok(()) => Ok(state),
        }
    }

    /// All that the bits of a run depend on, the number of its steps aside.
    fn identity(&self, seeds: Seeds, targets: &[Vec<f64>]) -> String {
        let answers: f64 = targets.iter().flatten().enumerate().map(|(i, p)| (i + 1) as f64 * p).sum();
        let Recipe { method, batch, rates, augmentation, .. } = self.recipe;
        format!(
            "{} of {} on {}: {} from {} at temperature {}, {method:?}, {batch} a step, {rates:?}, {augmentation}, answers {answers:e}",
            self.name(seeds),
            self.student,
            self.place.name(),
            self.access,
            self.pool.len(),
            self.temperature,
        )
    }
}

/// What an oracle shows of these images, in order: one query an image.
///
/// Errors: [`Error::Unanswered`].
pub fn ask(oracle: &mut Oracle<f64>, images: &Images) -> Result<Vec<Observation<f64>>, Error> {
    let (asked, mut answers) = (images.len(), Vec::new());
    for points in images.questions() {
        match oracle.observe(None, &Batch::Points(&points)) {
            Ok(more) => answers.extend(more),
            Err(error) => return Err(Error::Unanswered { error, asked, answers }),
        }
    }
    Ok(answers)
}

/// Images of pixels uniform over the odd multiples of 2^-8 between 0 and 1.
///
/// Errors: those of [`Images::new`].
pub fn random(like: &Images, count: usize, seed: u64) -> Result<Images, Error> {
    let mut draw = Draw::new(seed, "random images");
    let pixels = (0..count * like.form().pixels()).map(|_| draw.dyadic(8).abs() as f32).collect();
    Images::new(like.form(), pixels, vec![0; count])
}
