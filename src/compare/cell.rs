//! One cell: an attack with a victim's arithmetic, an attacker's, and a policy.

use crate::attack::{Error, Options, Strategy};
use crate::judge::{Decision, Policy, Stage};
use crate::linalg::Solve;
use crate::net::Network;
use crate::num::{Rational, Scalar};
use crate::oracle::{Answer, Bridge, Channel, Dense, Incremental, Kernel, Oracle, Progress, Tally};
use crate::trace::Trace;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

/// An arithmetic that a victim answers in, or an attacker computes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arithmetic {
    /// IEEE 754 binary64.
    F64,
    /// IEEE 754 binary32; for victims.
    F32,
    /// ℚ.
    Exact,
}

impl Arithmetic {
    /// Name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::F64 => "f64",
            Self::F32 => "f32",
            Self::Exact => "exact",
        }
    }

    /// Bits of precision of an answer, as far as a tolerance needs them.
    fn bits(self) -> u32 {
        match self {
            Self::F32 => f32::MANTISSA_DIGITS,
            Self::F64 | Self::Exact => f64::MANTISSA_DIGITS,
        }
    }
}

/// Three independent knobs: who rounds, and what counts as zero.
#[derive(Clone, Debug)]
pub struct Cell {
    /// Arithmetic of the oracle.
    pub victim: Arithmetic,
    /// Arithmetic of the attack, [`Arithmetic::F64`] or [`Arithmetic::Exact`].
    pub attacker: Arithmetic,
    /// Whether only zero counts as zero.
    pub exact_policy: bool,
    /// Significant bits that answers are rounded to on their way; `None` leaves them alone.
    pub answer_bits: Option<u32>,
}

impl Cell {
    /// The truth: exact victim, exact attacker, zero means zero.
    pub const EXACT: Self =
        Self { victim: Arithmetic::Exact, attacker: Arithmetic::Exact, exact_policy: true, answer_bits: None };

    /// The same cell behind a channel that rounds answers.
    pub const fn through(self, answer_bits: Option<u32>) -> Self {
        Self { answer_bits, ..self }
    }

    /// A cell judged by the tolerance table.
    pub const fn tolerant(victim: Arithmetic, attacker: Arithmetic) -> Self {
        Self { victim, attacker, exact_policy: false, answer_bits: None }
    }

    /// Name of a run in this cell: `exact`, `f64`, `tolerant` (exact but for the policy), or
    /// `rounded` (an exact attacker on rounded answers).
    pub fn name(&self) -> &'static str {
        match (self.attacker, self.victim, self.exact_policy) {
            (Arithmetic::F64 | Arithmetic::F32, ..) => "f64",
            (Arithmetic::Exact, Arithmetic::Exact, true) => "exact",
            (Arithmetic::Exact, Arithmetic::Exact, false) => "tolerant",
            (Arithmetic::Exact, ..) => "rounded",
        }
    }

    fn policy(&self) -> Policy {
        if self.exact_policy {
            return Policy::Exact;
        }
        let bits = self.victim.bits().min(self.attacker.bits());
        Policy::Tolerance { bits: self.answer_bits.map_or(bits, |channel| channel.min(bits)) }
    }
}

/// What all cells of one command share.
#[derive(Clone, Default)]
pub struct Settings {
    /// The attack.
    pub strategy: Strategy,
    /// The attacker's choices.
    pub options: Options,
    /// Matrix product of a rounded oracle.
    pub kernel: Kernel,
    /// Queries allowed a run.
    pub limit: Option<u64>,
    /// Set by Ctrl-C.
    pub interrupt: Arc<AtomicBool>,
    /// Told of every batch.
    pub progress: Option<Progress>,
}

/// A run that has ended, erased to ℚ.
#[derive(Clone, Debug)]
pub struct Finished {
    /// What was run.
    pub cell: Cell,
    /// What it found; `None` where it holds a number that is not finite.
    pub trace: Option<Trace<Rational>>,
    /// Every decision, in order.
    pub decisions: Vec<Decision>,
    /// Queries by purpose.
    pub tally: Tally,
    /// Why there is no network, where there is none.
    pub stopped: Option<(Stage, Error)>,
    /// Wall time.
    pub seconds: f64,
}

impl Finished {
    /// The recovered network, where there is one.
    pub fn network(&self) -> Option<&Network<Rational>> {
        self.trace.as_ref()?.network.as_ref()
    }

    /// Whether the run was told to stop, or spent its budget.
    pub fn was_cut_short(&self) -> bool {
        matches!(self.stopped, Some((_, Error::Oracle(_))))
    }
}

/// Runs the attack in one cell; with `replay`, along another run's decisions.
pub fn run_cell(victim: &Network<f64>, cell: &Cell, settings: &Settings, replay: Option<Policy>) -> Finished {
    let policy = replay.unwrap_or_else(|| cell.policy());
    match cell.attacker {
        Arithmetic::Exact => attack::<Rational>(exact_attacker(victim, cell, settings), cell, settings, policy),
        Arithmetic::F64 | Arithmetic::F32 => {
            attack::<f64>(f64_attacker(victim, cell, settings), cell, settings, policy)
        }
    }
}

fn attack<S: Solve<Context = ()>>(
    answer: Box<dyn Answer<S>>,
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
    let outcome = settings.strategy.extract::<S>((), &mut oracle, policy, options);
    Finished {
        cell: cell.clone(),
        trace: outcome.trace.exact(),
        decisions: outcome.decisions,
        tally: outcome.tally,
        stopped: outcome.stopped,
        seconds: start.elapsed().as_secs_f64(),
    }
}

fn exact_attacker(victim: &Network<f64>, cell: &Cell, settings: &Settings) -> Box<dyn Answer<Rational>> {
    let answers: Box<dyn Answer<Rational>> = match cell.victim {
        Arithmetic::Exact => Box::new(Incremental::<Rational>::new(victim)),
        Arithmetic::F64 => Box::new(Bridge::new(
            Box::new(Dense::<f64>::new(victim.clone(), settings.kernel)),
            |x: &Rational| f64::nearest(x, ()),
            |y: &f64| Rational::lift(*y, ()),
        )),
        Arithmetic::F32 => Box::new(Bridge::new(
            Box::new(Dense::<f32>::new(victim.map(|&w| w as f32), settings.kernel)),
            |x: &Rational| f32::nearest(x, ()),
            |y: &f32| Rational::lift(f64::from(*y), ()),
        )),
    };
    through_channel(answers, cell)
}

/// Answers through the cell's channel, if it has one.
fn through_channel<S: Scalar<Context = ()>>(answers: Box<dyn Answer<S>>, cell: &Cell) -> Box<dyn Answer<S>> {
    match cell.answer_bits {
        Some(bits) => Box::new(Channel::new(answers, bits, ())),
        None => answers,
    }
}

fn f64_attacker(victim: &Network<f64>, cell: &Cell, settings: &Settings) -> Box<dyn Answer<f64>> {
    let answers: Box<dyn Answer<f64>> = match cell.victim {
        Arithmetic::F64 => Box::new(Dense::<f64>::new(victim.clone(), settings.kernel)),
        Arithmetic::Exact => {
            return Box::new(Bridge::new(
                // Rounded once: the channel comes before the conversion.
                through_channel(Box::new(Incremental::<Rational>::new(victim)), cell),
                |x: &f64| Rational::lift(*x, ()),
                |y: &Rational| f64::nearest(y, ()),
            ));
        }
        Arithmetic::F32 => Box::new(Bridge::new(
            Box::new(Dense::<f32>::new(victim.map(|&w| w as f32), settings.kernel)),
            |x: &f64| *x as f32,
            |y: &f32| f64::from(*y),
        )),
    };
    through_channel(answers, cell)
}
