//! Integers of a fixed number of words: sums of products without a heap.

use super::BigInteger;

/// A signed integer of `64·N` bits, in two's complement.
///
/// Sums do not look for overflow: who sums shows beforehand that there is room, `2^ROOM`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fixed<const N: usize>([u64; N]);

impl<const N: usize> Fixed<N> {
    /// Zero.
    pub const ZERO: Self = Self([0; N]);
    /// Magnitudes below `2^ROOM` fit.
    pub const ROOM: u64 = 64 * N as u64 - 1;

    /// The integer, where its magnitude is below `2^ROOM`.
    pub fn of<I: BigInteger>(value: &I) -> Option<Self> {
        if value.bits() > Self::ROOM {
            return None;
        }
        let mut fixed = Self::ZERO;
        value.write_words(&mut fixed.0);
        Some(if value.sign().is_lt() { fixed.negated() } else { fixed })
    }

    /// The same integer.
    pub fn integer<I: BigInteger>(&self) -> I {
        if self.is_negative() { I::from_words(&self.negated().0).neg() } else { I::from_words(&self.0) }
    }

    /// Whether it is above zero.
    pub fn is_positive(&self) -> bool {
        !self.is_negative() && self.0.iter().any(|&word| word != 0)
    }

    fn is_negative(&self) -> bool {
        self.0[N - 1] >> 63 == 1
    }

    fn negated(&self) -> Self {
        let mut carry = true;
        Self(self.0.map(|word| {
            let (next, over) = (!word).overflowing_add(u64::from(carry));
            carry = over;
            next
        }))
    }

    /// `self += a·b`: fewer than 2^256, in four words.
    #[inline]
    pub fn add_product(&mut self, a: i128, b: i128) {
        let words = product(a.unsigned_abs(), b.unsigned_abs());
        self.accumulate(&words, (a < 0) != (b < 0));
    }

    /// `self += a·z` for `z ≥ 0`.
    #[inline]
    pub fn add_multiple<const M: usize>(&mut self, z: &Fixed<M>, a: i128) {
        let size = a.unsigned_abs();
        for (shift, factor) in [size as u64, (size >> 64) as u64].into_iter().enumerate() {
            if factor == 0 {
                continue;
            }
            let mut words = [0; N];
            let mut carry = 0u128;
            for (place, word) in words[shift..].iter_mut().enumerate() {
                let product = u128::from(z.0.get(place).copied().unwrap_or(0)) * u128::from(factor) + carry;
                (*word, carry) = (product as u64, product >> 64);
            }
            self.accumulate(&words, a < 0);
        }
    }

    /// Adds a magnitude, or takes it away.
    #[inline]
    fn accumulate(&mut self, words: &[u64], negative: bool) {
        // −w is the complement of w, plus one; words beyond the last are 0, or all ones.
        let mask = if negative { u64::MAX } else { 0 };
        let mut carry = u128::from(negative);
        for (place, word) in self.0.iter_mut().enumerate() {
            let other = words.get(place).copied().unwrap_or(0) ^ mask;
            let sum = u128::from(*word) + u128::from(other) + carry;
            (*word, carry) = (sum as u64, sum >> 64);
        }
    }
}

/// `a·b` in four words, lowest first.
#[inline]
fn product(a: u128, b: u128) -> [u64; 4] {
    let halves = |x: u128| [u128::from(x as u64), x >> 64];
    let ([a0, a1], [b0, b1]) = (halves(a), halves(b));
    let low = a0 * b0;
    // At most (2^64 − 1)² + 2·(2^64 − 1) < 2^128.
    let middle = a1 * b0 + (low >> 64);
    let other = a0 * b1 + u128::from(middle as u64);
    let high = a1 * b1 + (middle >> 64) + (other >> 64);
    [low as u64, other as u64, high as u64, (high >> 64) as u64]
}

#[cfg(test)]
mod tests {
    use super::*;
    use num_bigint::BigInt;
    use proptest::prelude::*;

    /// Integers of any length up to 127 bits, the extremes among them.
    fn word() -> impl Strategy<Value = i128> {
        let any = (any::<i128>(), 0u32..127).prop_map(|(x, shift)| (x >> shift).max(-i128::MAX));
        prop_oneof![8 => any, 1 => Just(0), 1 => Just(i128::MAX), 1 => Just(-i128::MAX), 1 => Just(-1)]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn sums_of_products_are_exact(terms in prop::collection::vec((word(), word()), 0..20)) {
            let mut sum = Fixed::<6>::ZERO;
            let mut truth = BigInt::default();
            for (a, b) in terms {
                sum.add_product(a, b);
                truth += BigInt::from(a) * b;
                prop_assert_eq!(sum.integer::<BigInt>(), truth.clone());
                prop_assert_eq!(sum.is_positive(), truth > BigInt::default());
                prop_assert_eq!(Fixed::<6>::of(&truth), Some(sum));
            }
        }

        #[test]
        fn multiples_are_exact(terms in prop::collection::vec((word(), word(), word()), 0..20)) {
            let mut sum = Fixed::<8>::ZERO;
            let mut truth = BigInt::default();
            for (a, b, factor) in terms {
                let size = BigInteger::abs(&(BigInt::from(a) * b));
                let Some(z) = Fixed::<6>::of(&size) else { panic!("{size} fits") };
                sum.add_multiple(&z, factor);
                truth += size * factor;
                prop_assert_eq!(sum.integer::<BigInt>(), truth.clone());
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_told() {
        let power = |bits: u32| -> BigInt { BigInt::from(1) << bits };
        assert_eq!(Fixed::<2>::of(&power(127)), None);
        assert_eq!(Fixed::<2>::of(&-power(127)), None);
        let most = power(127) - 1;
        assert_eq!(Fixed::<2>::of(&most).map(|x| x.integer::<BigInt>()), Some(most));
    }
}
