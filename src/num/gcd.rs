//! Greatest common divisors of long integers in pure Rust.
//!
//! `num-integer` takes one bit a step. Lehmer's algorithm does most of Euclid's steps on the leading words, and applies
//! some thirty of them to the long integers at once.
//!
//! Source: Knuth, *The Art of Computer Programming*, vol. 2, 3rd ed. (1997), §4.5.2, algorithm L; the test of a
//! quotient is that of Collins and Jebelean, *A Double-Digit Lehmer-Euclid Algorithm* (1995), in its plain form.

use num_bigint::{BigInt, BigUint};
use num_integer::Integer as _;
use num_traits::{ToPrimitive as _, Zero as _};

/// Bits of the leading part; its cofactors have half as many, so that products fit into a word.
const LEADING: u64 = 62;

/// The greatest common divisor, not negative; that of 0 and 0 is 0.
pub(super) fn gcd(a: &BigInt, b: &BigInt) -> BigInt {
    natural(a.magnitude().clone(), b.magnitude().clone()).into()
}

fn natural(a: BigUint, b: BigUint) -> BigUint {
    let (Some(m), Some(n)) = (a.trailing_zeros(), b.trailing_zeros()) else { return a + b };
    let twos = m.min(n);
    let (a, b) = (a >> m, b >> n);
    let (mut a, mut b) = if a < b { (b, a) } else { (a, b) };
    loop {
        if let (Some(a), Some(b)) = (a.to_u128(), b.to_u128()) {
            return BigUint::from(a.gcd(&b)) << twos;
        }
        if b.is_zero() {
            return a << twos;
        }
        let shift = a.bits() - LEADING.min(a.bits());
        let leading = |x: &BigUint| (x >> shift).to_u64().unwrap_or(u64::MAX);
        match steps(leading(&a), leading(&b)) {
            Some([p, q, r, s]) => {
                let next = (combined(&a, p, &b, q), combined(&a, r, &b, s));
                (a, b) = next;
            }
            None => {
                let rest = &a % &b;
                (a, b) = (b, rest);
            }
        }
    }
}

/// Cofactors of the steps of Euclid's algorithm that the leading parts settle: the next pair is `p·a + q·b`,
/// `r·a + s·b`. `None` where they settle none.
fn steps(a: u64, b: u64) -> Option<[i64; 4]> {
    let (mut x, mut y) = (a as i64, b as i64);
    let (mut p, mut q, mut r, mut s) = (1i64, 0i64, 0i64, 1i64);
    // The quotient is that of the whole integers where both ends of what the leading parts leave open agree.
    while y + r != 0 && y + s != 0 {
        let quotient = (x + p) / (y + r);
        if quotient != (x + q) / (y + s) {
            break;
        }
        let below = |a: i64, b: i64| a.checked_sub(quotient.checked_mul(b)?);
        let (Some(t), Some(u)) = (below(p, r), below(q, s)) else { break };
        (p, r, q, s) = (r, t, s, u);
        (x, y) = (y, x - quotient * y);
    }
    (q != 0).then_some([p, q, r, s])
}

/// `p·a + q·b`, which is not negative.
fn combined(a: &BigUint, p: i64, b: &BigUint, q: i64) -> BigUint {
    let (first, second) = (a * p.unsigned_abs(), b * q.unsigned_abs());
    match (p < 0, q < 0) {
        (true, _) => second - first,
        (_, true) => first - second,
        _ => first + second,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn natural_number(words: std::ops::Range<usize>) -> impl Strategy<Value = BigUint> {
        // Words of zeros and ones are where a leading part decides the least.
        let word = prop_oneof![any::<u32>(), Just(0), Just(1), Just(u32::MAX), Just(1 << 31)];
        prop::collection::vec(word, words).prop_map(BigUint::new)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn it_is_the_one_of_num_integer(a in natural_number(0..40), b in natural_number(0..40), g in natural_number(0..10)) {
            for (a, b) in [(a.clone(), b.clone()), (&a * &g, &b * &g), (&a * &g, g.clone()), (a, g)] {
                let (signed, other) = (-BigInt::from(a.clone()), BigInt::from(b.clone()));
                prop_assert_eq!(gcd(&signed, &other), BigInt::from(a.gcd(&b)));
            }
        }
    }

    #[test]
    fn neighbours_of_fibonacci_are_coprime() {
        let (mut a, mut b) = (BigUint::from(0u32), BigUint::from(1u32));
        for _ in 0..2000 {
            (a, b) = (b.clone(), a + b);
            assert_eq!(natural(a.clone(), b.clone()), BigUint::from(1u32));
        }
    }
}
