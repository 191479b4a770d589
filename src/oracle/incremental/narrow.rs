//! The exact oracle in machine words, where the heights of a network and a point allow it.
//!
//! A weight, a coordinate and a step of at most 127 bits each make products below 2^254. Of
//! fewer than 2^22 of them, the most parameters a network may have, sums stay below 2^276; a sum
//! over units of those, with output weights of 127 bits, below 2^426. So [`Fixed`] sums of 383 and
//! 511 bits hold whatever is summed here: fitting into words is all that has to be looked at.

use super::Center;
use crate::linalg::Matrix;
use crate::net::Integral;
use crate::num::{BigInteger, Fixed};

/// A pre-activation over a denominator.
type Sum = Fixed<6>;
/// An output over a denominator.
type Output = Fixed<8>;

/// Centre sums are stretched to the denominator of a batch where they stay below this many bits.
const STRETCHED: u64 = 300;

/// The integers of a network in words.
pub(super) struct Narrow {
    /// `W` by unit, then by input.
    rows: Matrix<i128>,
    /// `W` by input, then by unit.
    columns: Matrix<i128>,
    /// `B`.
    hidden_bias: Vec<i128>,
    /// `N` by unit, then by output.
    output: Matrix<i128>,
    /// `C`.
    output_bias: Vec<i128>,
}

/// A batch of probes around a centre, in words.
pub(super) struct Around<I> {
    /// Of all probes, and of the centre's sums.
    pub(super) denominator: I,
    sums: Vec<Sum>,
    /// What the biases add to each output.
    start: Vec<Output>,
}

fn word<I: BigInteger>(x: &I) -> Option<i128> {
    // Of 2^127 the magnitude would be one bit too long.
    x.to_i128().filter(|x| *x != i128::MIN)
}

fn words<I: BigInteger>(values: &Matrix<I>) -> Option<Matrix<i128>> {
    let entries = values.entries().iter().map(word).collect::<Option<Vec<_>>>()?;
    Matrix::from_entries(values.rows(), values.columns(), entries)
}

impl Narrow {
    /// The network in words; `None` where one of its integers is longer.
    pub(super) fn new<I: BigInteger>(network: &Integral<I>) -> Option<Self> {
        let all = |values: &[I]| values.iter().map(word).collect::<Option<Vec<_>>>();
        let rows = words(&network.hidden)?;
        Some(Self {
            columns: rows.transposed(),
            rows,
            hidden_bias: all(&network.hidden_bias)?,
            output: words(&network.output)?.transposed(),
            output_bias: all(&network.output_bias)?,
        })
    }

    /// A point in words, with its denominator; `None` where one of them is longer.
    pub(super) fn point<I: BigInteger>(numerators: &[I], denominator: &I) -> Option<(Vec<i128>, i128)> {
        let numerators = numerators.iter().map(word).collect::<Option<Vec<_>>>()?;
        Some((numerators, word(denominator)?))
    }

    /// `W·X + B·D` of one unit.
    pub(super) fn sum(&self, unit: usize, numerators: &[i128], denominator: i128) -> Sum {
        let mut sum = Sum::ZERO;
        sum.add_product(self.hidden_bias[unit], denominator);
        self.rows.row(unit).iter().zip(numerators).for_each(|(w, x)| sum.add_product(*w, *x));
        sum
    }

    /// The centre over the denominator of all probes; `None` where that is too long.
    pub(super) fn around<I: BigInteger>(&self, center: &Center<I>, denominator: I) -> Option<Around<I>> {
        let (factor, _) = denominator.div_rem(&center.point.denominator);
        let one = I::from(1i64);
        let stretched = |sum: &I| {
            let sum = if factor == one { sum.clone() } else { sum.mul(&factor) };
            if sum.bits() > STRETCHED { None } else { Sum::of(&sum) }
        };
        let sums = center.sums.iter().map(stretched).collect::<Option<Vec<_>>>()?;
        let over = word(&denominator)?;
        let start = self.output_bias.iter().map(|c| {
            let mut output = Output::ZERO;
            output.add_product(*c, over);
            output
        });
        Some(Around { start: start.collect(), denominator, sums })
    }

    /// The outputs at one probe over the batch's denominator: `steps` along some inputs from the centre.
    pub(super) fn probe<I: BigInteger>(&self, around: &Around<I>, steps: &[(usize, i128)]) -> Vec<I> {
        let mut outputs = around.start.clone();
        for (k, sum) in around.sums.iter().enumerate() {
            let mut z = *sum;
            steps.iter().for_each(|(j, step)| z.add_product(self.columns.row(*j)[k], *step));
            if z.is_positive() {
                outputs.iter_mut().zip(self.output.row(k)).for_each(|(y, a)| y.add_multiple(&z, *a));
            }
        }
        outputs.iter().map(Output::integer).collect()
    }
}
