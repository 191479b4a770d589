//! Arithmetic and elimination modulo a prime below 2^60.

use super::Matrix;
use std::iter;

/// A prime below 2^60, with what Montgomery multiplication needs of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Prime {
    modulus: u64,
    /// `−modulus⁻¹ mod 2^64`.
    inverse: u64,
    /// `2^128 mod modulus`.
    square: u64,
}

/// Products of residues that may be added before they are reduced: `8·2^120 < 2^64·p`, since `p > 2^59`.
const LAZY: usize = 8;

/// Primes below 2^60, from the largest down.
pub(super) fn primes() -> impl Iterator<Item = Prime> {
    (1u64..).map(|k| (1 << 60) - 2 * k + 1).take_while(|&n| n > 1 << 59).filter(|&n| is_prime(n)).map(Prime::new)
}

/// Miller–Rabin with the bases that decide every 64-bit number (Sinclair 2011).
fn is_prime(n: u64) -> bool {
    let power = |base: u64, mut exponent: u64| {
        let (mut result, mut base) = (1u128, u128::from(base % n));
        while exponent > 0 {
            if exponent & 1 == 1 {
                result = result * base % u128::from(n);
            }
            base = base * base % u128::from(n);
            exponent >>= 1;
        }
        result as u64
    };
    let shift = (n - 1).trailing_zeros();
    [2, 325, 9375, 28178, 450_775, 9_780_504, 1_795_265_022].into_iter().all(|base| {
        let start = power(base, (n - 1) >> shift);
        let squares = iter::successors(Some(start), |&x| Some((u128::from(x) * u128::from(x) % u128::from(n)) as u64));
        start <= 1 || squares.take(shift as usize).any(|x| x == n - 1)
    })
}

impl Prime {
    fn new(modulus: u64) -> Self {
        // Newton's iteration doubles the correct bits: 5 → 10 → … → 80.
        let start = modulus.wrapping_mul(3) ^ 2;
        let inverse = (0..4).fold(start, |x, _| x.wrapping_mul(2u64.wrapping_sub(modulus.wrapping_mul(x))));
        let r = ((1u128 << 64) % u128::from(modulus)) as u64;
        let square = (u128::from(r) * u128::from(r) % u128::from(modulus)) as u64;
        Self { modulus, inverse: inverse.wrapping_neg(), square }
    }

    /// The prime.
    pub(super) fn modulus(self) -> u64 {
        self.modulus
    }

    /// `t / 2^64 mod p`, for `t < 2^64·p`.
    fn reduce(self, t: u128) -> u64 {
        let m = (t as u64).wrapping_mul(self.inverse);
        // t + m·p < 2^64·p + 2^64·p < 2^125, and its low word is zero.
        let quotient = ((t + u128::from(m) * u128::from(self.modulus)) >> 64) as u64;
        if quotient >= self.modulus { quotient - self.modulus } else { quotient }
    }

    fn mul(self, a: u64, b: u64) -> u64 {
        self.reduce(u128::from(a) * u128::from(b))
    }

    fn sub(self, a: u64, b: u64) -> u64 {
        if a >= b { a - b } else { a + self.modulus - b }
    }

    /// A residue in Montgomery form, `x·2^64 mod p`.
    pub(super) fn enter(self, x: u64) -> u64 {
        self.mul(x, self.square)
    }

    /// `1/x` in Montgomery form, for `x ≠ 0`: `x^(p−2)`.
    fn invert(self, x: u64) -> u64 {
        let (mut result, mut base, mut exponent) = (self.enter(1), x, self.modulus - 2);
        while exponent > 0 {
            if exponent & 1 == 1 {
                result = self.mul(result, base);
            }
            base = self.mul(base, base);
            exponent >>= 1;
        }
        result
    }

    /// `Σ aᵢ·bᵢ mod p`, with `a` in Montgomery form and `b` plain: a plain residue.
    pub(super) fn dot(self, a: &[u64], b: &[u64]) -> u64 {
        let chunks = a.chunks(LAZY).zip(b.chunks(LAZY)).map(|(a, b)| {
            // LAZY products below 2^120 stay below 2^123 < 2^64·p.
            self.reduce(a.iter().zip(b).map(|(&x, &y)| u128::from(x) * u128::from(y)).sum())
        });
        let sum: u128 = chunks.map(u128::from).sum();
        (sum % u128::from(self.modulus)) as u64
    }

    /// `row −= factor·source`.
    fn eliminate(self, row: &mut [u64], source: &[u64], factor: u64) {
        for (entry, &s) in row.iter_mut().zip(source) {
            *entry = self.sub(*entry, self.mul(factor, s));
        }
    }

    /// The inverse of a square matrix in Montgomery form; `None` where it is singular modulo `p`.
    pub(super) fn inverse(self, a: &Matrix<u64>) -> Option<Matrix<u64>> {
        let n = a.rows();
        let one = self.enter(1);
        let unit = |i: usize| (0..n).map(move |j| if i == j { one } else { 0 });
        let mut rows: Vec<Vec<u64>> = (0..n).map(|i| a.row(i).iter().copied().chain(unit(i)).collect()).collect();
        for k in 0..n {
            let pivot = (k..n).find(|&i| rows[i][k] != 0)?;
            rows.swap(k, pivot);
            let scale = self.invert(rows[k][k]);
            rows[k][k..].iter_mut().for_each(|x| *x = self.mul(*x, scale));
            let source = rows[k].clone();
            for (i, row) in rows.iter_mut().enumerate() {
                if i != k && row[k] != 0 {
                    let factor = row[k];
                    self.eliminate(&mut row[k..], &source[k..], factor);
                }
            }
        }
        Matrix::from_rows(n, rows.into_iter().map(|mut row| row.split_off(n)).collect())
    }
}

/// An elimination modulo a prime that is told which columns to eliminate.
pub(super) struct Echelon {
    prime: Prime,
    rows: Vec<Vec<u64>>,
    /// Rows divided by so far.
    rank: usize,
}

impl Echelon {
    /// No column of `a`, in Montgomery form, is eliminated yet.
    pub(super) fn new(prime: Prime, a: &Matrix<u64>) -> Self {
        Self { prime, rows: a.iter_rows().map(<[u64]>::to_vec).collect(), rank: 0 }
    }

    /// A row left whose remainder in column `j` is not zero modulo the prime.
    pub(super) fn pivot(&self, j: usize) -> Option<usize> {
        (self.rank..self.rows.len()).find(|&i| self.rows[i][j] != 0)
    }

    /// Eliminates column `j` by one of its pivots. Columns before `j` are not looked at again.
    pub(super) fn eliminate(&mut self, j: usize, pivot: usize) {
        self.rows.swap(self.rank, pivot);
        let (above, below) = self.rows.split_at_mut(self.rank + 1);
        let source = &above[self.rank][j..];
        let scale = self.prime.invert(source[0]);
        for row in below.iter_mut().filter(|row| row[j] != 0) {
            let factor = self.prime.mul(row[j], scale);
            self.prime.eliminate(&mut row[j..], source, factor);
        }
        self.rank += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_first_primes_are_prime() {
        // The largest primes below 2^60 are 2^60 − 93, − 107, − 173 (OEIS A013603 has the 93).
        let found: Vec<u64> = primes().take(3).map(|p| (1 << 60) - p.modulus()).collect();
        assert_eq!(found, [93, 107, 173]);
    }

    proptest! {
        #[test]
        fn dot_is_the_remainder(pairs in prop::collection::vec((0u64..1 << 59, 0u64..1 << 59), 0..40)) {
            let p = primes().next().unwrap();
            let (a, b): (Vec<u64>, Vec<u64>) = pairs.iter().copied().unzip();
            let expected = pairs.iter().fold(0u128, |sum, &(x, y)| {
                (sum + u128::from(x) * u128::from(y)) % u128::from(p.modulus())
            });
            let entered: Vec<u64> = a.iter().map(|&x| p.enter(x)).collect();
            prop_assert_eq!(u128::from(p.dot(&entered, &b)), expected);
        }
    }
}
