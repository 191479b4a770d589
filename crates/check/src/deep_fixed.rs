//! Integers that stand for numbers: values over `2^places`, and blocks of mantissas with one exponent.
//!
//! Everything is rounded to the side where it stays a bound, or what rounding can do is paid for where it happens.

use crate::refusal::Refusal;
use num_bigint::BigInt;
use num_integer::Integer as _;
use num_rational::BigRational;
use num_traits::{ToPrimitive as _, Zero as _};

/// Bits of the mantissas of weights and of the factors of rows, and of a plane's slope.
pub(crate) const MANTISSA_BITS: u32 = 44;
pub(crate) const SLOPE_BITS: u32 = 30;

/// The most bits of a value: its product with a factor and a slope is within an `i128`.
pub(crate) const VALUE_BITS: u32 = 80;
/// The most bits of what is added to a sum: 2^16 of them are within an `i128`.
const TERM_BITS: u32 = 108;

/// Why integers of this size do not do.
pub(crate) fn too_large() -> Refusal {
    Refusal::Malformed("a number is too large for the integers of this check: fewer places may do".to_owned())
}

/// The largest integer `n` with `n/2^places ≤ x`, and whether it is less than `x`.
pub(crate) fn floor(x: &BigRational, places: u32) -> Result<(i128, bool), Refusal> {
    let (quotient, rest) = (x.numer() << places).div_mod_floor(x.denom());
    let value = if quotient.bits() > VALUE_BITS.into() { None } else { quotient.to_i128() };
    Ok((value.ok_or_else(too_large)?, !rest.is_zero()))
}

/// `m·2^x`, rounded up to an integer.
///
/// Errors: [`Refusal::Malformed`] where it has too many bits to be added up.
pub(crate) fn up(m: i128, x: i32) -> Result<i128, Refusal> {
    let value = match x {
        _ if m == 0 => Some(0),
        0..=126 => m.checked_mul(1 << x as u32),
        127.. => None,
        ..=-127 => Some(i128::from(m > 0)),
        // An arithmetic shift rounds down.
        _ => m.checked_neg().map(|m| -(m >> (-x) as u32)),
    };
    value.filter(|value| value.unsigned_abs() >> TERM_BITS == 0).ok_or_else(too_large)
}

/// Mantissas with one exponent: entry `i` is `mantissas[i]·2^exponent`.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    pub(crate) mantissas: Vec<i64>,
    pub(crate) exponent: i32,
    /// Whether an entry may be off, by less than one unit of its mantissa.
    pub(crate) is_loose: bool,
}

impl Block {
    /// Of mantissas that may be long: to so many bits.
    pub(crate) fn shortened(long: &[i128], exponent: i32, bits: u32) -> Self {
        let most = long.iter().map(|m| m.unsigned_abs()).max().unwrap_or_default();
        let shift = (128 - most.leading_zeros()).saturating_sub(bits);
        let mask = (1i128 << shift) - 1;
        Self {
            is_loose: long.iter().any(|m| m & mask != 0),
            mantissas: long.iter().map(|m| (m >> shift) as i64).collect(),
            exponent: exponent + shift as i32,
        }
    }

    /// The sum of two blocks of exact entries; entries of the smaller exponent may be rounded down.
    pub(crate) fn sum(a: (Vec<i128>, i32), b: (Vec<i128>, i32), bits: u32) -> Self {
        let is_zero = |block: &(Vec<i128>, i32)| block.0.iter().all(|m| *m == 0);
        if is_zero(&b) {
            return Self::shortened(&a.0, a.1, bits);
        }
        if is_zero(&a) {
            return Self::shortened(&b.0, b.1, bits);
        }
        let ((high, x), (low, y)) = if a.1 >= b.1 { (a, b) } else { (b, a) };
        let size = |block: &[i128]| block.iter().map(|m| 128 - m.unsigned_abs().leading_zeros()).max().unwrap_or(0);
        // Room for the larger exponent's entries to be shifted, and for the sum.
        let room = 124u32.saturating_sub(size(&high).max(size(&low)));
        let left = room.min((x - y) as u32);
        let right = (x - y) as u32 - left;
        let mut loose = false;
        let shifted = |m: i128| if right > 126 { if m < 0 { -1 } else { 0 } } else { m >> right };
        let sums: Vec<i128> = high
            .iter()
            .zip(&low)
            .map(|(h, l)| {
                let kept = shifted(*l);
                loose |= right > 126 && *l != 0 || right <= 126 && kept << right != *l;
                (h << left) + kept
            })
            .collect();
        let block = Self::shortened(&sums, x - left as i32, bits);
        // Rounded down once or twice is rounded down once.
        Self { is_loose: block.is_loose || loose, ..block }
    }

    /// What looseness can add, in all, to a sum with values whose magnitudes add up to `sizes`.
    pub(crate) fn slack(&self, sizes: i128) -> Result<i128, Refusal> {
        if self.is_loose { up(sizes, self.exponent) } else { Ok(0) }
    }
}

/// Weights `[units, inputs]` as one block, row by row, and biases over `2^places`.
pub(crate) struct Weights {
    pub(crate) inputs: usize,
    pub(crate) block: Block,
    pub(crate) bias: Vec<i128>,
    /// Whether a bias may be larger, by less than one.
    pub(crate) is_bias_loose: bool,
}

impl Weights {
    /// Of rows, the bias last.
    pub(crate) fn new(rows: &[Vec<BigRational>], places: u32) -> Result<Self, Refusal> {
        let inputs = rows.first().map_or(0, |row| row.len() - 1);
        let size = |x: &BigRational| x.numer().bits() as i64 - x.denom().bits() as i64 + 1;
        let weights = || rows.iter().flat_map(|row| &row[..inputs]);
        let top = weights().filter(|x| !x.is_zero()).map(size).max().unwrap_or(0);
        let exponent = i32::try_from(top).map_err(|_| too_large())? - MANTISSA_BITS as i32;
        let mut is_loose = false;
        let mut mantissa = |x: &BigRational| {
            let (numerator, denominator): (BigInt, BigInt) = match exponent {
                ..0 => (x.numer() << -exponent, x.denom().clone()),
                _ => (x.numer().clone(), x.denom() << exponent),
            };
            let (quotient, rest) = numerator.div_mod_floor(&denominator);
            is_loose |= !rest.is_zero();
            quotient.to_i64().filter(|m| m.abs() <= 1 << MANTISSA_BITS).ok_or_else(too_large)
        };
        let mantissas = weights().map(&mut mantissa).collect::<Result<_, _>>()?;
        let bias: Vec<(i128, bool)> = rows.iter().map(|row| floor(&row[inputs], places)).collect::<Result<_, _>>()?;
        Ok(Self {
            inputs,
            block: Block { mantissas, exponent, is_loose },
            is_bias_loose: bias.iter().any(|(_, loose)| *loose),
            bias: bias.into_iter().map(|(bias, _)| bias).collect(),
        })
    }

    pub(crate) fn units(&self) -> usize {
        self.bias.len()
    }

    pub(crate) fn row(&self, unit: usize) -> &[i64] {
        &self.block.mantissas[unit * self.inputs..(unit + 1) * self.inputs]
    }
}
