//! Direct recovery, to stand beside a learned copy.

use crate::attack::{Options, Strategy};
use crate::compare::{Equality, equality};
use crate::experiment::{self, Arithmetic, Cell, Request, Settings, Victim};
use crate::net::Shallow;
use crate::num::{Rational, Scalar};
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

/// Extracts a victim by the walk; `oracle` answers in this arithmetic, the attacker computes in f64, exactly if it is exact.
///
/// `answer_bits`: significant bits that a rounded oracle's answers are rounded to. `polish`: every row measured once
/// more, alone.
///
/// Errors: those of [`experiment::run`].
pub fn direct(
    victim: &Shallow<f64>,
    oracle: Arithmetic,
    answer_bits: Option<u32>,
    polish: bool,
    seed: u64,
    interrupt: &Arc<AtomicBool>,
) -> Result<Direct, experiment::Error> {
    let options = Options { seed, polish, ..Options::default() };
    let settings = Settings { strategy: Strategy::Walk, options, interrupt: interrupt.clone(), ..Settings::default() };
    let cell = match oracle {
        Arithmetic::Exact => Cell::EXACT,
        rounded => Cell::tolerant(rounded, Arithmetic::F64).through(answer_bits),
    };
    let request = Request { cell, settings, ..Request::new(Victim::Network(victim)) };
    let run = experiment::run(&request)?;
    let network = run.network().cloned();
    let truth = victim.map(|&w| Rational::lift(w, ()));
    let record = RunRecord {
        seed: Some(seed),
        equal: network.as_ref().map(|copy| equality(&truth, copy) == Equality::Equal),
        ..RunRecord::ended(Outcome::of(&run), Stopped::of(&run), run.tally.total())
    };
    Ok(Direct { run: record, network, refused: run.trace.and_then(|trace| trace.refused().cloned()) })
}
