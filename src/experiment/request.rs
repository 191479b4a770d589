//! What is attacked, and how: a network at hand, an exact oracle, or a black box.

use super::{Arithmetic, Cell, Settings};
use crate::judge::Policy;
use crate::net::Shallow;
use crate::num::Rational;
use crate::oracle::{Answer, Incremental, Rounding};
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
    /// Arithmetics, wrappers and policy.
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
        Ok(())
    }
}

impl Cell {
    /// Errors: [`Error::AnswerBits`].
    pub fn check(&self) -> Result<(), Error> {
        // Decimals are no number of bits: those of an answer depend on its size.
        let bits = |rounding: Rounding| match rounding {
            Rounding::Bits(bits) => Some(bits),
            Rounding::Decimals(_) => None,
        };
        let asked: Option<Vec<u32>> = self.answers().into_iter().map(bits).collect();
        match (asked.and_then(|all| all.into_iter().min()), self.attacker.bits()) {
            (Some(asked), Some(held)) if asked > held => {
                Err(Error::AnswerBits { asked, held, attacker: self.attacker })
            }
            _ => Ok(()),
        }
    }
}
