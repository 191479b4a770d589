//! One cell: an attack with a victim's arithmetic, an attacker's, and a policy.

use super::Arithmetic;
use crate::attack::{Error, Options, Strategy};
use crate::judge::{Decision, Policy, Stage};
use crate::net::Shallow;
use crate::num::Rational;
use crate::oracle::{Kernel, Progress, Rounding, Tally, Wrapper, Wrapping};
use crate::trace::Trace;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Independent knobs: who rounds, what stands between the two, and what counts as zero.
#[derive(Clone, Debug)]
pub struct Cell {
    /// Arithmetic of the oracle.
    pub victim: Arithmetic,
    /// Arithmetic of the attack; one that is for victims alone counts as `f64`.
    pub attacker: Arithmetic,
    /// Whether only zero counts as zero.
    pub exact_policy: bool,
    /// What questions and answers go through, from the victim to the attacker.
    pub wrappers: Vec<Wrapper>,
}

/// Precision that tolerances are for where nothing rounds.
const UNROUNDED: u32 = f64::MANTISSA_DIGITS;

impl Cell {
    /// The truth: exact victim, exact attacker, zero means zero.
    pub const EXACT: Self =
        Self { victim: Arithmetic::Exact, attacker: Arithmetic::Exact, exact_policy: true, wrappers: Vec::new() };

    /// A cell judged by the tolerance table, without wrappers.
    pub const fn tolerant(victim: Arithmetic, attacker: Arithmetic) -> Self {
        Self { victim, attacker, exact_policy: false, wrappers: Vec::new() }
    }

    /// The same cell with one more wrapper, next to the attacker.
    pub fn behind(mut self, wrapper: Wrapper) -> Self {
        self.wrappers.push(wrapper);
        self
    }

    /// The same cell behind a channel that rounds answers to so many significant bits; `None` leaves them alone.
    pub fn through(self, answer_bits: Option<u32>) -> Self {
        self.answering(answer_bits.map(Rounding::Bits))
    }

    /// The same cell behind a channel that rounds answers; `None` leaves them alone.
    pub fn answering(self, answer: Option<Rounding>) -> Self {
        match answer {
            Some(rounding) => self.behind(Wrapper::Answers(rounding)),
            None => self,
        }
    }

    /// The same cell behind a channel that rounds the coordinates of questions to so many significant bits; `None`
    /// leaves them alone.
    pub fn asking(self, question_bits: Option<u32>) -> Self {
        match question_bits {
            Some(bits) => self.behind(Wrapper::Questions(Rounding::Bits(bits))),
            None => self,
        }
    }

    /// How questions are rounded, in the order that they meet it.
    pub fn questions(&self) -> Vec<Rounding> {
        Wrapping::new(&self.wrappers).questions
    }

    /// How answers are rounded, in the order that they meet it.
    pub fn answers(&self) -> Vec<Rounding> {
        let rounding = |wrapper: &Wrapper| match wrapper {
            Wrapper::Answers(rounding) => Some(*rounding),
            Wrapper::Questions(_) | Wrapper::Show(_) => None,
        };
        self.wrappers.iter().filter_map(rounding).collect()
    }

    /// Name of a run in this cell: `exact`, `f64`, `p64`, `tolerant` (exact but for the policy), or
    /// `rounded` (an exact attacker on rounded answers).
    pub fn name(&self) -> String {
        match (self.attacker, self.rounds(), self.exact_policy) {
            (Arithmetic::Exact, false, true) => "exact".to_owned(),
            (Arithmetic::Exact, false, false) => "tolerant".to_owned(),
            (Arithmetic::Exact, true, _) => "rounded".to_owned(),
            (attacker, ..) if attacker.attacks() => attacker.to_string(),
            _ => Arithmetic::F64.to_string(),
        }
    }

    /// Whether it is what is met in practice: victim and attacker in `f64`, nothing rounded on the way.
    pub fn is_practice(&self) -> bool {
        let channel = !self.wrappers.is_empty();
        self.victim == Arithmetic::F64 && self.attacker == Arithmetic::F64 && !channel
    }

    /// Whether the oracle or a channel rounds.
    pub fn rounds(&self) -> bool {
        self.victim != Arithmetic::Exact || !self.questions().is_empty() || !self.answers().is_empty()
    }

    /// The table at the least precision on the way: of the victim, a channel, the attacker.
    ///
    /// A rounded question moves an answer by its slope; relative to that, it counts as an answer of as many bits.
    pub(super) fn policy(&self) -> Policy {
        if self.exact_policy { Policy::Exact } else { Policy::Tolerance { bits: self.bits() } }
    }

    /// The least precision on the way: of the victim, a channel, the attacker; that of `f64` where nothing rounds.
    pub fn bits(&self) -> u32 {
        let attacker = if self.attacker.attacks() { self.attacker } else { Arithmetic::F64 };
        let ends = [self.victim.bits(), attacker.bits()].into_iter().flatten();
        let way = [self.questions(), self.answers()].into_iter().flatten().map(Rounding::bits);
        ends.chain(way).min().unwrap_or(UNROUNDED)
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
    pub fn network(&self) -> Option<&Shallow<Rational>> {
        self.trace.as_ref()?.network()
    }

    /// Whether the run was told to stop, or spent its budget.
    pub fn was_cut_short(&self) -> bool {
        matches!(self.stopped, Some((_, Error::Oracle(_))))
    }
}
