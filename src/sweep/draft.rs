//! A combination of values of a request, before its victim is known.

use super::request::File;
use crate::attack::Strategy;
use crate::experiment::Cell;
use crate::net::{Dtype, Family, Shape};
use crate::oracle::Rounding;
use crate::record::{Attacker, VictimArithmetic};

/// A combination of values before its victim is known.
#[derive(Clone, Default)]
pub(super) struct Draft {
    pub shape: Option<Shape>,
    pub file: Option<File>,
    pub weights: Dtype,
    pub activation: Family,
    pub rest: Rest,
}

/// What of a description the victim has no part in.
#[derive(Clone, Default)]
pub(super) struct Rest {
    pub seed: u64,
    pub strategy: Strategy,
    pub victim_arithmetic: VictimArithmetic,
    pub attacker: Attacker,
    pub answer_bits: Option<u32>,
    pub answer_decimals: Option<u32>,
    pub question_bits: Option<u32>,
    pub frontier: Option<[u32; 2]>,
    pub lines: u16,
    pub polish: bool,
    pub snap: bool,
    pub max_queries: Option<u64>,
    pub inputs: u32,
    pub attribution: bool,
    pub ledger: bool,
    pub certify: bool,
}

impl Rest {
    /// The arithmetics and channels of its run.
    pub fn knobs(&self) -> Cell {
        let answer = self.answer_bits.map(Rounding::Bits).or(self.answer_decimals.map(Rounding::Decimals));
        Cell::tolerant(self.victim_arithmetic.0, self.attacker.0).answering(answer).asking(self.question_bits)
    }
}
