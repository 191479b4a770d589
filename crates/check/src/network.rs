//! The checker's own networks: rows of integers, read off a certificate's strings.
//!
//! [`Network::parse`] is the one reader of [`Weights`]: what a network may be is decided there alone.

use crate::activation::{Known, Terms};
use crate::number::{Fractions, MOST_WORK, parse};
use crate::record::Weights;
use crate::refusal::Refusal;
use num_rational::BigRational;

/// `f(x) = A1·relu(A0·x + b0) + b1`.
///
/// A network that is stated with another activation is kept beside the one of ReLU units that it is as a function.
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
    /// As it is stated, where its units are no ReLUs.
    pub(crate) stated: Option<Box<Stated>>,
}

/// A network of other units than ReLUs, as a certificate states it.
#[derive(Clone, Debug)]
pub(crate) struct Stated {
    /// Its weights; as a function of ReLU units it would be another.
    pub(crate) weights: Network,
    pub(crate) activation: Known,
}

impl Network {
    /// Parses the weights of the network called `name`.
    ///
    /// Errors: [`Refusal::Malformed`] where a string is no number or sizes do not fit together.
    pub(crate) fn parse(weights: &Weights, name: &str) -> Result<Self, Refusal> {
        let plain = Self::of_weights(weights, name)?;
        match &weights.activation {
            None => Ok(plain),
            Some(activation) => {
                let activation = Known::parse(activation, plain.hidden(), name)?;
                plain.over_relu(activation, name)
            }
        }
    }

    /// The same function by ReLU units, of a network with this activation.
    fn over_relu(self, activation: Known, name: &str) -> Result<Self, Refusal> {
        let terms: Vec<Terms> = (0..self.hidden()).map(|unit| activation.terms(unit)).collect();
        let (mut rows, mut work) = (Vec::new(), 0u64);
        for (unit, Terms { units, .. }) in terms.iter().enumerate() {
            for term in units {
                let mut row = self.row(unit);
                row[self.inputs] -= &term.knot;
                if term.turned {
                    row.iter_mut().for_each(|x| *x = -&*x);
                }
                rows.push(within(Fractions::new(&row)?, &mut work, name)?);
            }
        }
        let spread = |row: &Vec<BigRational>| -> Vec<BigRational> {
            let units =
                row.iter().zip(&terms).flat_map(|(a, terms)| terms.units.iter().map(move |term| a * &term.factor));
            units.collect()
        };
        let output = self.output.iter().map(spread).collect();
        let shifted = |(row, bias): (&Vec<BigRational>, &BigRational)| {
            row.iter().zip(&terms).fold(bias.clone(), |sum, (a, terms)| sum + a * &terms.start)
        };
        let output_bias = self.output.iter().zip(&self.output_bias).map(shifted).collect();
        let inputs = self.inputs;
        let stated = Some(Box::new(Stated { weights: self, activation }));
        Ok(Self { inputs, rows, output, output_bias, stated })
    }

    /// Parses weights as those of ReLU units, whatever they are.
    fn of_weights(weights: &Weights, name: &str) -> Result<Self, Refusal> {
        let Weights { hidden, hidden_bias, output, output_bias, activation: _ } = weights;
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
            rows.push(within(Fractions::new(&row)?, &mut work, name)?);
        }
        let mut outputs = Vec::with_capacity(output.len());
        for (o, row) in output.iter().enumerate() {
            fits(&format!("row {o} of output"), hidden.len(), row.len())?;
            outputs.push(vector(row, "output", o)?);
        }
        let output_bias = vector(output_bias, "output_bias", 0)?;
        Ok(Self { inputs, rows, output: outputs, output_bias, stated: None })
    }

    /// `inputs-hidden-outputs`, as the network is stated.
    pub(crate) fn shape(&self) -> String {
        let hidden = self.stated.as_ref().map_or(self, |stated| &stated.weights).hidden();
        format!("{}-{hidden}-{}", self.inputs, self.output.len())
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

/// The row, if the denominators of all rows together are short enough to work with.
fn within(row: Fractions, work: &mut u64, name: &str) -> Result<Fractions, Refusal> {
    *work = work.saturating_add(row.denominator.bits().saturating_mul(row.over.len() as u64));
    if *work > MOST_WORK {
        return Err(Refusal::Malformed(format!("{name}: its common denominators are too long to work with")));
    }
    Ok(row)
}
