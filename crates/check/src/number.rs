//! Numbers of a certificate: `p` or `p/q`, in `num-rational` alone.

use crate::quoted::quoted;
use crate::refusal::Refusal;
use num_bigint::BigInt;
use num_integer::Integer as _;
use num_rational::BigRational;
use num_traits::{One as _, Signed as _, Zero as _};

/// The most digits of a numerator or a denominator. A weight of an `f64` has at most 1,074, and what is computed from
/// weights that span the whole range of floats some two thousand. Fractions take quadratic time in them.
const MOST_DIGITS: usize = 4096;

/// The most bits of a common denominator that is worked with.
const MOST_BITS: u64 = 1 << 20;

/// The most bits of a network's rows over common denominators: 1 GiB.
pub(crate) const MOST_WORK: u64 = 1 << 33;

/// The number that `text` writes: an optional sign, digits, and perhaps `/` and digits.
///
/// Errors: [`Refusal::Malformed`] naming the `place`, also where the denominator is 0.
pub(crate) fn parse(text: &str, place: impl Fn() -> String) -> Result<BigRational, Refusal> {
    let malformed = |what: &str| Refusal::Malformed(format!("{}: {} {what}", place(), quoted(text)));
    let (numerator, denominator) = text.split_once('/').unwrap_or((text, "1"));
    let (negative, magnitude) = numerator.strip_prefix('-').map_or((false, numerator), |rest| (true, rest));
    let digits = |part: &str| -> Result<BigInt, Refusal> {
        if part.len() > MOST_DIGITS {
            return Err(malformed(&format!("has {} digits; at most {MOST_DIGITS} are read", part.len())));
        }
        let plain = !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| part.parse().ok()).flatten().ok_or_else(|| malformed("is no number p or p/q"))
    };
    let (numerator, denominator) = (digits(magnitude)?, digits(denominator)?);
    if denominator.is_zero() {
        return Err(malformed("divides by zero"));
    }
    // An integer is in lowest terms: to look for a divisor in common with 1 would take quadratic time.
    let whole = denominator.is_one();
    let value = if whole { BigRational::from_integer(numerator) } else { BigRational::new(numerator, denominator) };
    Ok(if negative { -value } else { value })
}

/// Integers over one positive denominator.
#[derive(Clone, Debug)]
pub(crate) struct Fractions {
    /// The numerators.
    pub(crate) over: Vec<BigInt>,
    /// The denominator.
    pub(crate) denominator: BigInt,
}

impl Fractions {
    /// These rationals over their least common denominator.
    ///
    /// Errors: [`Refusal::Malformed`] where it has more than 2^20 bits, which no row of floats comes near.
    pub(crate) fn new(values: &[BigRational]) -> Result<Self, Refusal> {
        let mut denominator = BigInt::one();
        for value in values {
            let rest = &denominator % value.denom();
            if !rest.is_zero() {
                // The least common multiple; of the long denominator the rest alone meets the short one.
                denominator *= value.denom() / rest.gcd(value.denom());
            }
            // A few long denominators in a file must not take the memory of all its numbers.
            if denominator.bits() > MOST_BITS || denominator.bits().saturating_mul(values.len() as u64) > MOST_WORK {
                let what = format!("a common denominator has {} bits: too many to work with", denominator.bits());
                return Err(Refusal::Malformed(what));
            }
        }
        let over = values.iter().map(|value| value.numer() * (&denominator / value.denom())).collect();
        Ok(Self { over, denominator })
    }

    /// Entry `index`.
    pub(crate) fn get(&self, index: usize) -> BigRational {
        BigRational::new(self.over[index].clone(), self.denominator.clone())
    }

    /// Whether all are zero.
    pub(crate) fn are_zero(&self) -> bool {
        self.over.iter().all(BigInt::is_zero)
    }
}

/// A dyadic of at most this many bits that is no less than `x`, for `x ≥ 0`, and near.
pub(crate) fn ceiling(x: &BigRational, bits: u64) -> BigRational {
    if x.is_zero() {
        return BigRational::zero();
    }
    // x·2^shift < 2^bits.
    let shift = bits as i64 - 1 - (x.numer().bits() as i64 - x.denom().bits() as i64);
    let power = BigInt::one() << shift.unsigned_abs();
    if shift >= 0 {
        BigRational::new((x.numer() * &power).div_ceil(x.denom()), power)
    } else {
        BigRational::from_integer(x.numer().div_ceil(&(x.denom() * &power)) * power)
    }
}

/// A dyadic of at most this many bits that is no more than `x`, for `x ≥ 0`, and near.
pub(crate) fn floor(x: &BigRational, bits: u64) -> BigRational {
    if x.is_zero() {
        return BigRational::zero();
    }
    let shift = bits as i64 - 1 - (x.numer().bits() as i64 - x.denom().bits() as i64);
    let power = BigInt::one() << shift.unsigned_abs();
    if shift >= 0 {
        BigRational::new((x.numer() * &power).div_floor(x.denom()), power)
    } else {
        BigRational::from_integer(x.numer().div_floor(&(x.denom() * &power)) * power)
    }
}

/// Which way a bound is rounded.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turned {
    /// Up, from above.
    Up,
    /// Down, from below.
    Down,
}

/// `2^x`, to so many decimals, rounded; `0` of zero.
pub(crate) fn magnitude(bound: &BigRational, decimals: usize, turned: Turned) -> String {
    if bound.is_zero() {
        return "0".to_owned();
    }
    if is_power(bound.numer()) && is_power(bound.denom()) {
        let power = bound.numer().bits() as i64 - bound.denom().bits() as i64;
        return format!("2^{:.decimals$}", power as f64);
    }
    // bound·2^shift has 64 bits before the point, so that a float holds it well.
    let shift = 64 - (bound.numer().bits() as i64 - bound.denom().bits() as i64);
    let part = if shift >= 0 {
        (bound.numer() << shift.unsigned_abs()) / bound.denom()
    } else {
        bound.numer() / (bound.denom() << shift.unsigned_abs())
    };
    let whole = num_traits::ToPrimitive::to_f64(&(part + 1u8)).unwrap_or(f64::INFINITY);
    // A float's logarithm is good to a part in 10^14: the last decimal is rounded past that.
    let unit = 10f64.powi(decimals as i32);
    let scaled = (whole.log2() - shift as f64) * unit;
    let whole = if turned == Turned::Up { (scaled + 1e-6).ceil() } else { (scaled - 1e-6).floor() };
    format!("2^{:.decimals$}", whole / unit)
}

fn is_power(x: &BigInt) -> bool {
    x.trailing_zeros().is_some_and(|zeros| zeros + 1 == x.bits())
}

/// Decimals of a bound's logarithm, as an audit prints it.
pub(crate) const DECIMALS: usize = 4;

/// Bounds from below and above in a unit, rounded outward.
pub(crate) fn magnitude_in(
    lower: Option<&BigRational>,
    upper: Option<&BigRational>,
    unit: &BigRational,
) -> [Option<String>; 2] {
    let one = |bound: Option<&BigRational>, turned| bound.map(|bound| magnitude(&(bound / unit), DECIMALS, turned));
    [one(lower, Turned::Down), one(upper, Turned::Up)]
}

/// A box: every coordinate in `[lower, upper]`.
#[derive(Clone, Debug)]
pub(crate) struct Interval {
    center: BigRational,
    radius: BigRational,
}

impl Interval {
    /// The interval of these ends; `None` where it is empty.
    pub(crate) fn new(lower: &BigRational, upper: &BigRational) -> Option<Self> {
        let two = BigRational::from_integer(BigInt::from(2));
        (lower <= upper).then(|| Self { center: (lower + upper) / &two, radius: (upper - lower) / two })
    }

    /// `[−1, 1]`.
    pub(crate) fn unit() -> Self {
        Self { center: BigRational::zero(), radius: BigRational::one() }
    }

    /// The largest `|w·x + b|` over the box; `affine`: `[inputs + 1]`, the bias `b` last. Exact.
    ///
    /// With `x = c + r·y`, `|y_j| ≤ 1`: `|w·x + b| ≤ |c·Σw_j + b| + r·Σ|w_j|`, attained at a corner.
    pub(crate) fn largest(&self, affine: &Fractions) -> BigRational {
        let (middle, spread) = self.range(affine);
        (middle.abs() + spread) / &affine.denominator
    }

    /// Whether `w·x + b ≥ 0` all over the box (`true`), or `≤ 0` (`false`); `None` where neither is. Exact.
    pub(crate) fn side(&self, affine: &Fractions) -> Option<bool> {
        let (middle, spread) = self.range(affine);
        if middle >= spread {
            return Some(true);
        }
        (-middle >= spread).then_some(false)
    }

    /// `(m, s)`: over the box `w·x + b` takes the values from `m − s` to `m + s`, over the denominator.
    fn range(&self, affine: &Fractions) -> (BigRational, BigRational) {
        let (weights, bias) = affine.over.split_at(affine.over.len().saturating_sub(1));
        let (mut sum, mut size) = (BigInt::zero(), BigInt::zero());
        for w in weights {
            sum += w;
            size += w.abs();
        }
        let bias: BigInt = bias.iter().sum();
        (&self.center * sum + bias, &self.radius * size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<BigRational> {
        parse(text, String::new).ok()
    }

    #[test]
    fn only_integers_and_quotients_are_numbers() {
        let ratio = |p: i64, q: i64| Some(BigRational::new(p.into(), q.into()));
        assert_eq!(read("-12/18"), ratio(-2, 3));
        assert_eq!(read("7"), ratio(7, 1));
        assert_eq!(read("-0"), ratio(0, 1));
        for text in
            ["", "-", "/", "1/", "/2", "1/0", "1/-2", "+1", "--1", "1.5", "1e3", " 1", "0x1", "1/2/3", "1_0", "١"]
        {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(read(&"1".repeat(MOST_DIGITS + 1)), None);
        assert!(read(&"1".repeat(MOST_DIGITS)).is_some());
    }

    #[test]
    fn a_common_denominator_is_the_least() {
        let denominators: [i64; 8] = [6, 1, 4, 10, 9, 75, 64, 12];
        let values = denominators.map(|q| BigRational::new(BigInt::one(), q.into()));
        let common = Fractions::new(&values).unwrap();
        assert_eq!(common.denominator, denominators.iter().fold(BigInt::one(), |all, &q| all.lcm(&q.into())));
        assert!(values.iter().enumerate().all(|(j, value)| common.get(j) == *value));
    }

    /// Two hundred denominators of 4,096 digits with nothing in common: refused once they are too long together, in time.
    #[test]
    fn long_denominators_without_a_common_divisor_take_little_time() {
        let start = std::time::Instant::now();
        let power = BigInt::from(10).pow(4095);
        let values: Vec<BigRational> =
            (0..200).map(|k| BigRational::new_raw(BigInt::one(), &power + (2 * k + 1))).collect();
        assert!(Fractions::new(&values).is_err());
        assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
    }

    #[test]
    fn a_common_denominator_has_a_limit() {
        let wide = |k: u32| BigRational::new(BigInt::one(), BigInt::from(3).pow(k));
        assert!(Fractions::new(&[wide(1), wide(600_000)]).is_ok());
        assert!(Fractions::new(&[wide(1), wide(700_000)]).is_err());
    }

    #[test]
    fn the_largest_value_over_a_box_is_that_of_a_corner() {
        let ratio = |p: i64, q: i64| BigRational::new(p.into(), q.into());
        let affine = Fractions::new(&[ratio(1, 2), ratio(-3, 1), ratio(1, 7)]).unwrap();
        let (lower, upper) = (ratio(-1, 3), ratio(2, 1));
        let corners = [[&lower, &lower], [&lower, &upper], [&upper, &lower], [&upper, &upper]];
        let value = |x: &[&BigRational; 2]| (affine.get(0) * x[0] + affine.get(1) * x[1] + affine.get(2)).abs();
        let interval = Interval::new(&lower, &upper).unwrap();
        assert_eq!(Some(interval.largest(&affine)), corners.iter().map(value).max());
        assert!(Interval::new(&upper, &lower).is_none());
    }

    #[test]
    fn a_side_is_taken_where_no_corner_is_on_the_other() {
        let whole = |n: i64| BigRational::from_integer(n.into());
        for (weight, bias, expected) in [(1, 1, Some(true)), (-1, -1, Some(false)), (2, 1, None), (2, -1, None)] {
            let affine = Fractions::new(&[whole(weight), whole(bias)]).unwrap();
            assert_eq!(Interval::unit().side(&affine), expected);
        }
    }

    #[test]
    fn magnitudes_are_rounded_up() {
        let ratio = |p: i64, q: i64| BigRational::new(p.into(), q.into());
        assert_eq!(magnitude(&ratio(0, 1), 1, Turned::Up), "0");
        assert_eq!(magnitude(&ratio(3, 2), 1, Turned::Up), "2^0.6");
        assert_eq!(magnitude(&ratio(1, 1 << 40), 1, Turned::Up), "2^-40.0");
        assert_eq!(magnitude(&ratio(1 << 40, 3), 1, Turned::Up), "2^38.5");
        assert_eq!(magnitude(&ratio(1 << 40, 3), 1, Turned::Down), "2^38.4");
        assert_eq!(magnitude(&ratio(1, 8), 1, Turned::Down), "2^-3.0");
        assert_eq!(magnitude(&ratio(3, 2), 4, Turned::Down), "2^0.5849");
    }
}
