//! The oracle that an attack sees: it answers, counts, and can refuse.

use super::{Answer, Batch, Evaluate, Failure, Held};
use crate::judge::Stage;
use crate::num::{Num, Scalar};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Queries spent, by the stage that asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally([u64; 6]);

impl Tally {
    /// Queries of one stage.
    pub fn of(&self, stage: Stage) -> u64 {
        self.0[stage as usize]
    }

    /// Queries in all.
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }
}

/// Why an oracle did not answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The batch would pass the limit; none of it was asked.
    #[error("{spent} queries spent and {asked} more asked for, {limit} allowed")]
    Budget {
        /// Queries spent so far.
        spent: u64,
        /// Queries of the batch.
        asked: u64,
        /// Queries allowed.
        limit: u64,
    },
    /// The victim did not answer, or gave what is no answer.
    #[error("{failure}, after {spent} queries")]
    Failed {
        /// What happened.
        failure: Failure,
        /// Queries spent so far.
        spent: u64,
    },
    /// The run was told to stop.
    #[error("interrupted after {spent} queries")]
    Interrupted {
        /// Queries spent so far.
        spent: u64,
    },
}

/// Called with the queries spent so far.
pub type Progress = Arc<dyn Fn(&Tally) + Send + Sync>;

/// A victim behind a counter. There is no way from here to its weights.
pub struct Oracle<S: Scalar> {
    victim: Box<dyn Answer<S>>,
    tally: Tally,
    limit: Option<u64>,
    interrupt: Arc<AtomicBool>,
    progress: Option<Progress>,
}

impl<S: Scalar> Oracle<S> {
    /// An oracle that has answered nothing yet.
    pub fn new(victim: Box<dyn Answer<S>>) -> Self {
        let (tally, limit, interrupt, progress) = Default::default();
        Self { victim, tally, limit, interrupt, progress }
    }

    /// An oracle of a network that is evaluated in this process.
    pub fn held(victim: impl Evaluate<S> + 'static) -> Self {
        Self::new(Box::new(Held(victim)))
    }

    /// With a budget of queries.
    pub fn with_limit(self, limit: Option<u64>) -> Self {
        Self { limit, ..self }
    }

    /// With a flag that stops it before the next batch.
    pub fn with_interrupt(self, interrupt: Arc<AtomicBool>) -> Self {
        Self { interrupt, ..self }
    }

    /// With somebody to tell after every batch.
    pub fn with_progress(self, progress: Progress) -> Self {
        Self { progress: Some(progress), ..self }
    }

    /// Number of inputs of the victim.
    pub fn inputs(&self) -> usize {
        self.victim.inputs()
    }

    /// Number of outputs of the victim.
    pub fn outputs(&self) -> usize {
        self.victim.outputs()
    }

    /// Queries spent so far.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Answers a batch, one `[outputs]` a question, and counts it.
    ///
    /// Errors: [`Error::Budget`], [`Error::Interrupted`]; then nothing was asked. [`Error::Failed`].
    pub fn ask(&mut self, stage: Stage, batch: &Batch<'_, S>) -> Result<Vec<Vec<Num<S>>>, Error> {
        let (spent, asked) = (self.tally.total(), batch.len() as u64);
        if self.interrupt.load(Ordering::SeqCst) {
            return Err(Error::Interrupted { spent });
        }
        if let Some(limit) = self.limit.filter(|&limit| spent + asked > limit) {
            return Err(Error::Budget { spent, asked, limit });
        }
        let failed = |failure| Error::Failed { failure, spent };
        let answers = self.victim.answer(batch).map_err(failed)?;
        fitting(&answers, batch.len(), self.victim.outputs()).map_err(failed)?;
        self.tally.0[stage as usize] += asked;
        if let Some(progress) = &self.progress {
            progress(&self.tally);
        }
        Ok(answers)
    }
}

/// Errors unless there is one answer for each question, each of all outputs.
fn fitting<S>(answers: &[Vec<Num<S>>], asked: usize, expected: usize) -> Result<(), Failure> {
    let found = answers.len();
    if found != asked {
        return Err(Failure::Count { asked, found });
    }
    match answers.iter().enumerate().find(|(_, answer)| answer.len() != expected) {
        Some((question, answer)) => Err(Failure::Length { question, expected, found: answer.len() }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Zero;
    impl Evaluate<f64> for Zero {
        fn inputs(&self) -> usize {
            1
        }
        fn outputs(&self) -> usize {
            1
        }
        fn evaluate(&self, batch: &Batch<'_, f64>) -> Vec<Vec<Num<f64>>> {
            vec![vec![Num(0.0)]; batch.len()]
        }
    }

    #[test]
    fn a_batch_over_budget_is_not_asked() {
        let mut oracle = Oracle::held(Zero).with_limit(Some(3));
        let points = vec![vec![Num(0.0)]; 2];
        assert!(oracle.ask(Stage::Locate, &Batch::Points(&points)).is_ok());
        let refused = oracle.ask(Stage::Check, &Batch::Points(&points)).map(|_| ());
        assert_eq!(refused, Err(Error::Budget { spent: 2, asked: 2, limit: 3 }));
        assert_eq!((oracle.tally().total(), oracle.tally().of(Stage::Check)), (2, 0));
    }

    #[test]
    fn an_interrupted_oracle_refuses() {
        let flag = Arc::new(AtomicBool::new(true));
        let mut oracle = Oracle::held(Zero).with_interrupt(flag);
        assert!(matches!(oracle.ask(Stage::Locate, &Batch::Points(&[])), Err(Error::Interrupted { spent: 0 })));
    }
}
