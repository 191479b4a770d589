//! Big integers: the little that exact kernels ask of GMP, or of `num-bigint`.

use num_bigint::{BigInt, Sign};
use num_integer::Integer as _;
use num_traits::{ToPrimitive as _, Zero as _};
use std::cmp::Ordering;
use std::fmt::{Debug, Display};

/// A signed integer of any size. All operations are exact.
pub trait BigInteger:
    Clone + Ord + Debug + Display + Default + Send + Sync + From<i64> + From<u64> + From<i128> + 'static
{
    /// Sign against zero.
    fn sign(&self) -> Ordering;
    /// Bits of `|self|`; 0 for zero.
    fn bits(&self) -> u64;
    /// `self += other`.
    fn add_assign(&mut self, other: &Self);
    /// `self −= other`.
    fn sub_assign(&mut self, other: &Self);
    /// `self·other`.
    fn mul(&self, other: &Self) -> Self;
    /// `self += a·b`.
    fn add_mul(&mut self, a: &Self, b: &Self);
    /// `self += a·b` for a machine word `b`.
    fn add_mul_word(&mut self, a: &Self, b: u64);
    /// `self −= a·b` for a machine word `b`.
    fn sub_mul_word(&mut self, a: &Self, b: u64);
    /// `−self`.
    fn neg(&self) -> Self;
    /// `self·2^bits`.
    fn shl(&self, bits: u32) -> Self;
    /// `⌊self / 2^bits⌋`.
    fn shr(&self, bits: u32) -> Self;
    /// Number of trailing zero bits; 0 for zero.
    fn trailing_zeros(&self) -> u32;
    /// `self mod modulus` in `0..modulus`, for `modulus > 0`.
    fn rem_word(&self, modulus: u64) -> u64;
    /// `self / divisor`, for a non-zero word that divides it.
    fn div_exact_word(&mut self, divisor: u64);
    /// `⌊self / divisor⌋` and the remainder, for `divisor ≠ 0`.
    fn div_rem(&self, divisor: &Self) -> (Self, Self);
    /// Greatest common divisor, not negative.
    fn gcd(&self, other: &Self) -> Self;
    /// Least common multiple, not negative.
    fn lcm(&self, other: &Self) -> Self;
    /// The value, where it fits.
    fn to_i128(&self) -> Option<i128>;
    /// Writes `|self|` in words, lowest first; those that do not fit are lost.
    fn write_words(&self, words: &mut [u64]);
    /// The integer of these words, lowest first.
    fn from_words(words: &[u64]) -> Self;
    /// Parses decimal digits with an optional sign.
    fn parse(digits: &str) -> Option<Self>;

    /// `|self|`.
    fn abs(&self) -> Self {
        if self.sign() == Ordering::Less { self.neg() } else { self.clone() }
    }
}

impl BigInteger for BigInt {
    fn sign(&self) -> Ordering {
        self.cmp(&Self::zero())
    }
    fn bits(&self) -> u64 {
        BigInt::bits(self)
    }
    fn add_assign(&mut self, other: &Self) {
        *self += other;
    }
    fn sub_assign(&mut self, other: &Self) {
        *self -= other;
    }
    fn mul(&self, other: &Self) -> Self {
        self * other
    }
    fn add_mul(&mut self, a: &Self, b: &Self) {
        *self += a * b;
    }
    fn add_mul_word(&mut self, a: &Self, b: u64) {
        *self += a * b;
    }
    fn sub_mul_word(&mut self, a: &Self, b: u64) {
        *self -= a * b;
    }
    fn neg(&self) -> Self {
        -self
    }
    fn shl(&self, bits: u32) -> Self {
        self << bits
    }
    fn shr(&self, bits: u32) -> Self {
        self >> bits
    }
    fn trailing_zeros(&self) -> u32 {
        BigInt::trailing_zeros(self).map_or(0, |n| n as u32)
    }
    fn rem_word(&self, modulus: u64) -> u64 {
        self.mod_floor(&Self::from(modulus)).to_u64().unwrap_or_default()
    }
    fn div_exact_word(&mut self, divisor: u64) {
        *self /= divisor;
    }
    fn div_rem(&self, divisor: &Self) -> (Self, Self) {
        self.div_mod_floor(divisor)
    }
    fn gcd(&self, other: &Self) -> Self {
        super::gcd::gcd(self, other)
    }
    fn lcm(&self, other: &Self) -> Self {
        let common = super::gcd::gcd(self, other);
        if common.is_zero() { common } else { BigInteger::abs(&(self / common * other)) }
    }
    fn to_i128(&self) -> Option<i128> {
        num_traits::ToPrimitive::to_i128(self)
    }
    fn write_words(&self, words: &mut [u64]) {
        words.fill(0);
        words.iter_mut().zip(self.iter_u64_digits()).for_each(|(word, digit)| *word = digit);
    }
    fn from_words(words: &[u64]) -> Self {
        Self::from_slice(Sign::Plus, &words.iter().flat_map(|&w| [w as u32, (w >> 32) as u32]).collect::<Vec<_>>())
    }
    fn parse(digits: &str) -> Option<Self> {
        digits.parse().ok()
    }
}

#[cfg(feature = "gmp")]
mod gmp {
    use super::{BigInteger, Ordering};
    use rug::Integer;
    use rug::integer::{IntegerExt64, Order};

    impl BigInteger for Integer {
        fn sign(&self) -> Ordering {
            self.cmp0()
        }
        fn bits(&self) -> u64 {
            u64::from(self.significant_bits())
        }
        fn add_assign(&mut self, other: &Self) {
            *self += other;
        }
        fn sub_assign(&mut self, other: &Self) {
            *self -= other;
        }
        fn mul(&self, other: &Self) -> Self {
            Self::from(self * other)
        }
        fn add_mul(&mut self, a: &Self, b: &Self) {
            *self += a * b;
        }
        fn add_mul_word(&mut self, a: &Self, b: u64) {
            *self += a * b;
        }
        fn sub_mul_word(&mut self, a: &Self, b: u64) {
            *self -= a * b;
        }
        fn neg(&self) -> Self {
            Self::from(-self)
        }
        fn shl(&self, bits: u32) -> Self {
            Self::from(self << bits)
        }
        fn shr(&self, bits: u32) -> Self {
            Self::from(self >> bits)
        }
        fn trailing_zeros(&self) -> u32 {
            self.find_one(0).unwrap_or(0)
        }
        fn rem_word(&self, modulus: u64) -> u64 {
            self.mod_u64(modulus)
        }
        fn div_exact_word(&mut self, divisor: u64) {
            self.div_exact_u64_mut(divisor);
        }
        fn div_rem(&self, divisor: &Self) -> (Self, Self) {
            self.div_rem_floor_ref(divisor).into()
        }
        fn gcd(&self, other: &Self) -> Self {
            Self::from(self.gcd_ref(other))
        }
        fn lcm(&self, other: &Self) -> Self {
            Self::from(self.lcm_ref(other))
        }
        fn to_i128(&self) -> Option<i128> {
            Integer::to_i128(self)
        }
        fn write_words(&self, words: &mut [u64]) {
            words.fill(0);
            let digits = self.to_digits::<u64>(Order::Lsf);
            words.iter_mut().zip(digits).for_each(|(word, digit)| *word = digit);
        }
        fn from_words(words: &[u64]) -> Self {
            Self::from_digits(words, Order::Lsf)
        }
        fn parse(digits: &str) -> Option<Self> {
            digits.parse().ok()
        }
    }
}
