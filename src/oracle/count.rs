//! The oracle that an attack sees: it answers, counts, and can refuse.

use super::{Access, Answer, Batch, Evaluate, Failure, Held, Observation};
use crate::judge::Stage;
use crate::num::{Num, Scalar};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Queries spent, by the stage that asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    stages: [u64; Stage::ALL.len()],
    /// Those of somebody without stages, who learns.
    unstaged: u64,
}

impl Tally {
    /// Queries of one stage.
    pub fn of(&self, stage: Stage) -> u64 {
        self.stages[stage as usize]
    }

    /// Queries in all.
    pub fn total(&self) -> u64 {
        self.stages.iter().sum::<u64>() + self.unstaged
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
    /// The oracle shows too little; nothing was asked.
    #[error("this needs {needs}, and the oracle shows {shows}; {spent} queries spent")]
    Access {
        /// What is needed.
        needs: Access,
        /// What the oracle shows.
        shows: Access,
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

impl Error {
    /// Queries spent until then.
    pub fn spent(&self) -> u64 {
        match self {
            Self::Budget { spent, .. }
            | Self::Failed { spent, .. }
            | Self::Access { spent, .. }
            | Self::Interrupted { spent } => *spent,
        }
    }
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

    /// How much of every answer is shown.
    pub fn access(&self) -> Access {
        self.victim.access()
    }

    /// Answers a batch with logits, one `[outputs]` a question, and counts it.
    ///
    /// Errors: [`Error::Access`] of an oracle that shows something else, and those of [`Oracle::observe`].
    pub fn ask(&mut self, stage: Stage, batch: &Batch<'_, S>) -> Result<Vec<Vec<Num<S>>>, Error> {
        let (spent, needs, shows) = (self.tally.total(), Access::Logits, self.access());
        if shows != needs {
            return Err(Error::Access { needs, shows, spent });
        }
        // Every observation was found to be what the oracle shows.
        Ok(self.observe(Some(stage), batch)?.into_iter().filter_map(Observation::logits).collect())
    }

    /// Answers a batch with what the oracle shows, one observation a question, and counts it.
    ///
    /// `stage`: of an attack; `None` of what has no stages.
    /// Errors: [`Error::Budget`], [`Error::Interrupted`]; then nothing was asked. [`Error::Failed`].
    pub fn observe(&mut self, stage: Option<Stage>, batch: &Batch<'_, S>) -> Result<Vec<Observation<S>>, Error> {
        let (spent, asked) = (self.tally.total(), batch.len() as u64);
        if self.interrupt.load(Ordering::SeqCst) {
            return Err(Error::Interrupted { spent });
        }
        if let Some(limit) = self.limit.filter(|&limit| spent + asked > limit) {
            return Err(Error::Budget { spent, asked, limit });
        }
        let failed = |failure| Error::Failed { failure, spent };
        let answers = self.victim.answer(batch).map_err(failed)?;
        self.fitting(&answers, batch.len()).map_err(failed)?;
        match stage {
            Some(stage) => self.tally.stages[stage as usize] += asked,
            None => self.tally.unstaged += asked,
        }
        if let Some(progress) = &self.progress {
            progress(&self.tally);
        }
        Ok(answers)
    }

    /// Errors unless there is one answer for each question, and each shows what the oracle says that it shows.
    fn fitting(&self, answers: &[Observation<S>], asked: usize) -> Result<(), Failure> {
        let found = answers.len();
        if found != asked {
            return Err(Failure::Count { asked, found });
        }
        let (access, outputs) = (self.victim.access(), self.victim.outputs());
        answers.iter().enumerate().try_for_each(|(question, shown)| shown.check(question, access, outputs))
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
