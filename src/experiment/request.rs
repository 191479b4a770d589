//! What is attacked, and how: a network at hand, an exact oracle, or a black box.

use super::{Arithmetic, Cell, Settings};
use crate::judge::Policy;
use crate::net::Shallow;
use crate::num::{Num, Rational};
use crate::oracle::{Answer, Batch, Failure, Incremental, Rounding};
use std::sync::Arc;

/// Who answers.
#[derive(Clone)]
pub enum Victim<'a> {
    /// A network; its floats are its weights, and it answers in the arithmetic of the cell.
    Network(&'a Shallow<f64>),
    /// The exact oracle of a network with rational weights; it answers in ℚ.
    Exact(&'a Incremental<Rational>),
    /// A black box, of which nothing is known but its answers in `f64`.
    BlackBox(Arc<dyn Answer<f64>>),
}

/// One attack on one victim.
#[derive(Clone)]
pub struct Request<'a> {
    /// Who answers.
    pub victim: Victim<'a>,
    /// Arithmetics, channels and policy.
    pub cell: Cell,
    /// The attack.
    pub settings: Settings,
    /// Another policy than the cell's: a changed tolerance, or another run's decisions.
    pub policy: Option<Policy>,
}

/// Why an attack is not begun.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Answers have more bits than the attacker holds.
    #[error("answers of {asked} bits: an attacker in {attacker} holds {held}: let it compute in p{asked} or exactly")]
    AnswerBits {
        /// Bits of answers.
        asked: u32,
        /// Bits of the attacker.
        held: u32,
        /// Its arithmetic.
        attacker: Arithmetic,
    },
    /// The cell says in which arithmetic the victim answers, and the victim answers in another.
    #[error("the victim answers in {own}, and cannot be asked to answer in {asked}")]
    VictimArithmetic {
        /// The victim's own.
        own: Arithmetic,
        /// The cell's.
        asked: Arithmetic,
    },
    /// A black box is asked at the points that the attack chooses.
    #[error("the questions to a black box are not rounded on their way")]
    QuestionsRounded,
}

impl<'a> Request<'a> {
    /// Practice: an attacker in `f64`, and a victim in its own arithmetic, or a network in `f64`.
    pub fn new(victim: Victim<'a>) -> Self {
        let own = if matches!(victim, Victim::Exact(_)) { Arithmetic::Exact } else { Arithmetic::F64 };
        let cell = Cell::tolerant(own, Arithmetic::F64);
        Self { victim, cell, settings: Settings::default(), policy: None }
    }

    /// Errors: those of [`run`](super::run).
    pub fn check(&self) -> Result<(), Error> {
        self.cell.check()?;
        let own = match &self.victim {
            Victim::Network(_) => return Ok(()),
            Victim::Exact(_) => Arithmetic::Exact,
            Victim::BlackBox(_) => Arithmetic::F64,
        };
        if self.cell.victim != own {
            return Err(Error::VictimArithmetic { own, asked: self.cell.victim });
        }
        if matches!(self.victim, Victim::BlackBox(_)) && self.cell.question_bits.is_some() {
            return Err(Error::QuestionsRounded);
        }
        Ok(())
    }
}

impl Cell {
    /// Errors: [`Error::AnswerBits`].
    pub fn check(&self) -> Result<(), Error> {
        match (self.answer, self.attacker.bits()) {
            (Some(Rounding::Bits(asked)), Some(held)) if asked > held => {
                Err(Error::AnswerBits { asked, held, attacker: self.attacker })
            }
            _ => Ok(()),
        }
    }
}

/// A black box that others may ask, too.
pub(super) struct Shared(pub Arc<dyn Answer<f64>>);

impl Answer<f64> for Shared {
    fn inputs(&self) -> usize {
        self.0.inputs()
    }

    fn outputs(&self) -> usize {
        self.0.outputs()
    }

    fn answer(&self, batch: &Batch<'_, f64>) -> Result<Vec<Vec<Num<f64>>>, Failure> {
        self.0.answer(batch)
    }
}
