//! The checker's own networks: rows of integers, read off a certificate's strings.
//!
//! [`Network::parse`] is the one reader of [`Weights`]: what a network may be is decided there alone.

use crate::number::{Fractions, MOST_WORK, parse};
use crate::record::Weights;
use crate::refusal::Refusal;
use num_rational::BigRational;

/// `f(x) = A1·relu(A0·x + b0) + b1`.
#[derive(Clone, Debug)]
pub struct Network {
    /// Number of inputs, `d`.
    pub inputs: usize,
    /// Rows of `A0`, each with its bias last: `[hidden]` of `[inputs + 1]`.
    pub(crate) rows: Vec<Fractions>,
    /// `A1`, `[outputs]` of `[hidden]`.
    pub output: Vec<Vec<BigRational>>,
    /// `b1`, `[outputs]`.
    pub output_bias: Vec<BigRational>,
}

impl Network {
    /// Parses the weights of the network called `name`.
    ///
    /// Errors: [`Refusal::Malformed`] where a string is no number or sizes do not fit together.
    pub(crate) fn parse(weights: &Weights, name: &str) -> Result<Self, Refusal> {
        let Weights { hidden, hidden_bias, output, output_bias } = weights;
        let fits = |what: &str, expected: usize, found: usize| {
            let text = || format!("{name}: {what} should have {expected} entries and has {found}");
            (expected == found).then_some(()).ok_or_else(|| Refusal::Malformed(text()))
        };
        let inputs = hidden.first().map_or(0, Vec::len);
        if inputs == 0 || output.is_empty() {
            return Err(Refusal::Malformed(format!("{name}: a layer is empty")));
        }
        fits("hidden_bias", hidden.len(), hidden_bias.len())?;
        fits("output_bias", output.len(), output_bias.len())?;
        let vector = |values: &[String], what: &str, row: usize| {
            let number = |(j, text): (usize, &String)| parse(text, || format!("{name}: {what}, row {row}, entry {j}"));
            values.iter().enumerate().map(number).collect::<Result<Vec<_>, _>>()
        };
        let mut rows = Vec::with_capacity(hidden.len());
        let mut work = 0u64;
        for (i, (row, bias)) in hidden.iter().zip(hidden_bias).enumerate() {
            fits(&format!("row {i} of hidden"), inputs, row.len())?;
            let mut row = vector(row, "hidden", i)?;
            row.push(parse(bias, || format!("{name}: hidden_bias, entry {i}"))?);
            let row = Fractions::new(&row)?;
            work = work.saturating_add(row.denominator.bits().saturating_mul(row.over.len() as u64));
            if work > MOST_WORK {
                return Err(Refusal::Malformed(format!("{name}: its common denominators are too long to work with")));
            }
            rows.push(row);
        }
        let mut outputs = Vec::with_capacity(output.len());
        for (o, row) in output.iter().enumerate() {
            fits(&format!("row {o} of output"), hidden.len(), row.len())?;
            outputs.push(vector(row, "output", o)?);
        }
        Ok(Self { inputs, rows, output: outputs, output_bias: vector(output_bias, "output_bias", 0)? })
    }

    /// `inputs-hidden-outputs`.
    pub(crate) fn shape(&self) -> String {
        format!("{}-{}-{}", self.inputs, self.rows.len(), self.output.len())
    }

    /// Number of hidden units.
    pub fn hidden(&self) -> usize {
        self.rows.len()
    }

    /// Row `unit` of `A0` with its bias last, `[inputs + 1]`.
    pub fn row(&self, unit: usize) -> Vec<BigRational> {
        (0..=self.inputs).map(|j| self.rows[unit].get(j)).collect()
    }
}
