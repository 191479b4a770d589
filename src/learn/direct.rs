//! Direct recovery, to stand beside a learned copy.

use crate::attack::{Options, Strategy};
use crate::compare::{Equality, equality};
use crate::experiment::{self, Arithmetic, Cell, Request, Settings, Victim};
use crate::net::Shallow;
use crate::num::{Rational, Scalar};
use crate::oracle::{Access, Wrapper};
use crate::record::{Outcome, RunRecord, Stopped};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// What a direct extraction ended with.
#[derive(Clone, Debug)]
pub struct Direct {
    /// The copy; `None` where the attack stopped.
    pub network: Option<Shallow<Rational>>,
    /// The network that the attack's own check refused.
    pub refused: Option<Shallow<Rational>>,
    /// How it ended, with its seed and whether the copy is the victim on all of ℝ^d.
    pub run: RunRecord,
}

/// How a victim is recovered directly.
#[derive(Clone, Debug)]
pub struct Recovery {
    /// The oracle's arithmetic; the attacker computes in f64, exactly if it is exact.
    pub oracle: Arithmetic,
    /// Significant bits that a rounded oracle's answers are rounded to.
    pub answer_bits: Option<u32>,
    /// How much of an answer is shown: it takes all logits.
    pub access: Access,
    /// Whether every row is measured once more, alone.
    pub polish: bool,
    /// Of the attacker's choices.
    pub seed: u64,
    /// Queries allowed.
    pub limit: Option<u64>,
    /// Stops it.
    pub interrupt: Arc<AtomicBool>,
}

impl Recovery {
    /// Extracts a victim by the walk.
    ///
    /// Errors: those of [`experiment::run`].
    pub fn run(&self, victim: &Shallow<f64>) -> Result<Direct, experiment::Error> {
        let options = Options { seed: self.seed, polish: self.polish, ..Options::default() };
        let (limit, interrupt) = (self.limit, Arc::clone(&self.interrupt));
        let settings = Settings { strategy: Strategy::Walk, options, limit, interrupt, ..Settings::default() };
        let cell = match self.oracle {
            Arithmetic::Exact => Cell::EXACT,
            rounded => Cell::tolerant(rounded, Arithmetic::F64).through(self.answer_bits),
        };
        let cell = cell.behind(Wrapper::Show(self.access));
        let run = experiment::run(&Request { cell, settings, ..Request::new(Victim::Network(victim)) })?;
        let network = run.network().cloned();
        let truth = victim.map(|&w| Rational::lift(w, ()));
        let record = RunRecord {
            seed: Some(self.seed),
            equal: network.as_ref().map(|copy| equality(&truth, copy) == Equality::Equal),
            ..RunRecord::ended(Outcome::of(&run), Stopped::of(&run), run.tally.total())
        };
        Ok(Direct { run: record, network, refused: run.trace.and_then(|trace| trace.refused().cloned()) })
    }
}
