//! The exact oracle in machine words, where the heights of a network and a point allow it.
//!
//! A weight, a coordinate and a step of at most 127 bits each make products below 2^254. Of
//! fewer than 2^22 of them, the most parameters a network may have, sums stay below 2^276, or 2^301 from a
//! centre's that was stretched; a sum over units of those, with output weights of 127 bits, below 2^450, and
//! with a start of 500 bits below 2^501. [`Fixed`] sums of 383 and 511 bits hold them.
//!
//! The coordinates of an attacker with more bits than `f64` are longer. They are taken apart into digits of
//! 127 bits, and each digit is summed by itself.

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
/// Outputs start from biases below this many bits.
const STARTED: u64 = 500;

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
}

/// Bits of a digit, and the most digits of a coordinate.
const DIGIT: u32 = 127;
const DIGITS: usize = 4;

/// A point over its denominator, the last number, by digits from the lowest on: `Σ digitᵢ·2^(127·i)`.
pub(super) struct Point(Vec<Vec<i128>>);

impl Point {
    /// `None` where a number has too many digits.
    pub(super) fn new<I: BigInteger>(numerators: &[I], denominator: &I) -> Option<Self> {
        let numbers = || numerators.iter().chain([denominator]);
        if let Some(digit) = numbers().map(word).collect::<Option<Vec<_>>>() {
            return Some(Self(vec![digit]));
        }
        let mut digits = Vec::new();
        let mut rest: Vec<I> = numbers().cloned().collect();
        while digits.len() + 1 < DIGITS {
            let low = |x: &mut I| {
                let high = x.shr(DIGIT);
                x.sub_assign(&high.shl(DIGIT));
                // What is left is not negative, and below 2^127.
                let low = x.to_i128();
                *x = high;
                low
            };
            digits.push(rest.iter_mut().map(low).collect::<Option<Vec<_>>>()?);
            if let Some(highest) = rest.iter().map(word).collect::<Option<Vec<_>>>() {
                digits.push(highest);
                return Some(Self(digits));
            }
        }
        None
    }
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
        })
    }

    /// `W·X + B·D` of one unit.
    pub(super) fn sum<I: BigInteger>(&self, unit: usize, point: &Point) -> I {
        let row = self.rows.row(unit).iter().chain([&self.hidden_bias[unit]]);
        let digit = |digit: &Vec<i128>| {
            let mut sum = Sum::ZERO;
            row.clone().zip(digit).for_each(|(w, x)| sum.add_product(*w, *x));
            sum.integer::<I>()
        };
        let mut sums = point.0.iter().rev().map(digit);
        let highest = sums.next().unwrap_or_default();
        sums.fold(highest, |high, low| {
            let mut sum = high.shl(DIGIT);
            sum.add_assign(&low);
            sum
        })
    }

    /// The centre over the denominator of all probes; `None` where that is too long.
    ///
    /// `output_bias`: `C`, of which there is one an output, so that it need not be a word.
    pub(super) fn around<I: BigInteger>(center: &Center<I>, output_bias: &[I], denominator: I) -> Option<Around<I>> {
        let (factor, _) = denominator.div_rem(&center.point.denominator);
        let one = I::from(1i64);
        let stretched = |sum: &I| {
            let sum = if factor == one { sum.clone() } else { sum.mul(&factor) };
            if sum.bits() > STRETCHED { None } else { Sum::of(&sum) }
        };
        let sums = center.sums.iter().map(stretched).collect::<Option<Vec<_>>>()?;
        let start = |c: &I| Some(c.mul(&denominator)).filter(|y| y.bits() <= STARTED).and_then(|y| Output::of(&y));
        let start = output_bias.iter().map(start).collect::<Option<Vec<_>>>()?;
        Some(Around { start, denominator, sums })
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
