//! A cell carried out: the victim behind its oracle, and the attack in its arithmetic.

use super::oracle::{for_exact, for_f64, ideal};
use super::{Arithmetic, Cell, Finished, Settings};
use crate::attack::Options;
use crate::judge::Policy;
use crate::linalg::Solve;
use crate::net::Shallow;
use crate::num::Rational;
use crate::oracle::{Answer, Incremental, Oracle};
use std::time::Instant;

/// Runs the attack in one cell; with `replay`, along another run's decisions.
pub fn run_cell(victim: &Shallow<f64>, cell: &Cell, settings: &Settings, replay: Option<Policy>) -> Finished {
    let policy = replay.unwrap_or_else(|| cell.policy());
    match cell.attacker {
        Arithmetic::Exact => attack::<Rational>(for_exact(victim, cell, settings), (), cell, settings, policy),
        #[cfg(feature = "gmp")]
        Arithmetic::Precise(bits) => {
            let oracle = super::oracle::bridged::<crate::num::Float>(victim, cell, settings, bits);
            attack(oracle, bits, cell, settings, policy)
        }
        _ => attack::<f64>(for_f64(victim, cell, settings), (), cell, settings, policy),
    }
}

/// Runs the attack in `f64` on the exact oracle of a victim, behind the channels of a cell.
pub fn run_ideal(oracle: Incremental<Rational>, cell: &Cell, settings: &Settings) -> Finished {
    attack::<f64>(ideal(oracle, cell, ()), (), cell, settings, cell.policy())
}

fn attack<S: Solve>(
    answer: Box<dyn Answer<S>>,
    context: S::Context,
    cell: &Cell,
    settings: &Settings,
    policy: Policy,
) -> Finished {
    let start = Instant::now();
    let mut oracle = Oracle::new(answer).with_limit(settings.limit).with_interrupt(settings.interrupt.clone());
    if let Some(progress) = &settings.progress {
        oracle = oracle.with_progress(progress.clone());
    }
    // Nothing is rounded in ℚ, so there is nothing to polish.
    let polish = settings.options.polish && cell.attacker != Arithmetic::Exact;
    let options = Options { polish, ..settings.options };
    let outcome = settings.strategy.extract::<S>(context, &mut oracle, policy, options);
    Finished {
        cell: cell.clone(),
        trace: outcome.trace.exact(),
        decisions: outcome.decisions,
        tally: outcome.tally,
        stopped: outcome.stopped,
        seconds: start.elapsed().as_secs_f64(),
    }
}
