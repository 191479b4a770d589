//! The precision knobs of `run`: who computes in what, and what questions and answers pass through.

use crate::experiment::{Arithmetic, Cell};
use crate::oracle::{MOST_BITS, Rounding};

/// The most decimals of an answer: powers of ten up to there are `f64` numbers.
const MOST_DECIMALS: i64 = 300;

/// Arithmetics and channels of the rounded run.
#[derive(Debug, clap::Args)]
pub(super) struct Knobs {
    /// Arithmetic of the rounded run's attacker: f64, exact, or p64 for floats of 64 bits (p8 to p1024)
    #[arg(long, value_name = "ARITHMETIC", default_value_t = Arithmetic::F64, value_parser = attacker)]
    attacker: Arithmetic,
    /// Arithmetic in which the rounded run's oracle answers: f64, f32, f16 and bf16 (stored so, summed in f32),
    /// p24 for floats of 24 bits (p8 to p1024), or exact
    #[arg(long, value_name = "ARITHMETIC", default_value_t = Arithmetic::F64)]
    victim_arithmetic: Arithmetic,
    /// Round every answer of the rounded run's oracle to this many significant bits: 8 up to those of the attacker
    #[arg(long, value_name = "BITS", value_parser = bits())]
    answer_bits: Option<u32>,
    /// Round every answer of the rounded run's oracle to this many decimals
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u32).range(0..=MOST_DECIMALS), conflicts_with = "answer_bits")]
    answer_decimals: Option<u32>,
    /// Round every coordinate that the rounded run's oracle is asked at to this many significant bits
    #[arg(long, value_name = "BITS", value_parser = bits())]
    question_bits: Option<u32>,
}

fn bits() -> clap::builder::RangedI64ValueParser<u32> {
    clap::value_parser!(u32).range(8..=i64::from(MOST_BITS))
}

fn attacker(text: &str) -> Result<Arithmetic, String> {
    let arithmetic: Arithmetic = text.parse().map_err(|e: crate::experiment::UnknownArithmetic| e.to_string())?;
    if !arithmetic.attacks() {
        return Err(format!("{arithmetic} is for victims: an attacker computes in f64, exact, or p64 for 64 bits"));
    }
    Ok(arithmetic)
}

impl Knobs {
    /// The cell of the rounded run.
    pub(super) fn cell(&self) -> Cell {
        let answer = self.answer_bits.map(Rounding::Bits).or(self.answer_decimals.map(Rounding::Decimals));
        Cell::tolerant(self.victim_arithmetic, self.attacker).answering(answer).asking(self.question_bits)
    }
}
