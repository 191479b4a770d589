//! Direct recovery, to stand beside a learned copy.

use crate::attack::{Options, Strategy};
use crate::compare::{Equality, equality};
use crate::experiment::{Arithmetic, Cell, Settings, run_cell};
use crate::net::Shallow;
use crate::num::{Rational, Scalar};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// What a direct extraction ended with.
#[derive(Clone, Debug)]
pub struct Direct {
    /// The copy; `None` where the attack stopped.
    pub network: Option<Shallow<Rational>>,
    /// The network that the attack's own check refused.
    pub refused: Option<Shallow<Rational>>,
    /// Queries spent.
    pub queries: u64,
    /// Whether the copy is the victim on all of ℝ^d.
    pub equal: Option<bool>,
    /// Why there is no copy.
    pub stopped: Option<String>,
}

/// Extracts a victim by the walk; `oracle` answers in this arithmetic, the attacker computes in f64, exactly if it is exact.
///
/// `answer_bits`: significant bits that a rounded oracle's answers are rounded to. `polish`: every row measured once
/// more, alone.
pub fn direct(
    victim: &Shallow<f64>,
    oracle: Arithmetic,
    answer_bits: Option<u32>,
    polish: bool,
    seed: u64,
    interrupt: &Arc<AtomicBool>,
) -> Direct {
    let options = Options { seed, polish, ..Options::default() };
    let settings = Settings { strategy: Strategy::Walk, options, interrupt: interrupt.clone(), ..Settings::default() };
    let cell = match oracle {
        Arithmetic::Exact => Cell::EXACT,
        rounded => Cell::tolerant(rounded, Arithmetic::F64).through(answer_bits),
    };
    let run = run_cell(victim, &cell, &settings, None);
    let network = run.network().cloned();
    let truth = victim.map(|&w| Rational::lift(w, ()));
    Direct {
        equal: network.as_ref().map(|copy| equality(&truth, copy) == Equality::Equal),
        queries: run.tally.total(),
        stopped: run.stopped.as_ref().map(|(_, error)| error.to_string()),
        network,
        refused: run.trace.and_then(|trace| trace.refused().cloned()),
    }
}
