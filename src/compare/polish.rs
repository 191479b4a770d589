//! What polish gained, round by round: errors in ℚ beside those that its noise model predicts.

use super::values::rows;
use super::{Dual, Spread};
use crate::num::{Exact, Rational, Scalar};
use crate::trace::Trace;

/// Rows after a round of polish, and what it took.
#[derive(Clone, Debug)]
pub struct PolishRound {
    /// Rows measured again; 0 before the first round.
    pub measured: usize,
    /// Queries of the round.
    pub queries: u64,
    /// Error of a row and its bias, beside the largest entry and one plus the bias; `None` where
    /// there is no exact row to compare with.
    pub error: Option<Spread>,
    /// What the noise model predicts.
    pub predicted: Option<Spread>,
}

impl Dual {
    /// The rounds of polish of the rounded run, or of its replay where there had to be one; from
    /// before the first on, empty where nothing was polished.
    pub fn polish(&self) -> Vec<PolishRound> {
        let path = self.replay.as_ref().unwrap_or(&self.rounded.run);
        match (&self.exact.run.trace, &path.trace) {
            (Some(exact), Some(seen)) => rounds(exact, seen),
            _ => Vec::new(),
        }
    }
}

fn rounds(exact: &Trace<Rational>, seen: &Trace<Rational>) -> Vec<PolishRound> {
    let roundoff = f64::from(f64::MANTISSA_DIGITS);
    let mut before = seen.polished.rounds.first().map_or(0, |round| round.spent);
    let round = |round: &crate::trace::Round<Rational>| {
        let one = Rational::integer(1);
        let bias = |(error, bias): (&Rational, &Rational)| error.div(&one.add(&bias.magnitude()));
        let biases = round.bias_errors.iter().zip(&round.biases).map(bias);
        let predicted =
            round.errors.iter().zip(biases).filter_map(|(entry, bias)| Some(entry.max(&bias?).log2() - roundoff));
        let queries = round.spent - before;
        before = round.spent;
        PolishRound {
            measured: round.measured,
            queries,
            error: rows(exact, seen, Some(round)),
            predicted: Spread::of(predicted.collect()),
        }
    };
    seen.polished.rounds.iter().map(round).collect()
}
