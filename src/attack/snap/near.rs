//! Integers whose multiple of a number comes near an integer.

/// All `n` from `from` up to `to`, without it, for which `a·n` is at most `error` from a multiple of `modulus`, in order.
///
/// `a < modulus < 2^64`, `2·error < modulus`. A step costs a chain of remainders, not a walk over all `n`.
pub(super) fn near(a: u64, modulus: u64, error: u64, from: u64, to: u64) -> impl Iterator<Item = u64> {
    let [a, modulus, error] = [a, modulus, error].map(u128::from);
    let next = move |n: u64| {
        // What is to be added to lie `error` before the next multiple.
        let before = (modulus - (a * u128::from(n) + error) % modulus) % modulus;
        let step = if before == 0 || before + 2 * error >= modulus {
            Some(0)
        } else {
            first(a, modulus, before, before + 2 * error)
        };
        let n = u128::from(n) + step?;
        u64::try_from(n).ok().filter(|&n| n < to)
    };
    std::iter::successors(next(from), move |&n| next(n + 1))
}

/// The least `n` with `low ≤ a·n mod modulus ≤ high`; `0 < low ≤ high < modulus`, `a < modulus`.
///
/// If no multiple of `a` lies between the bounds themselves, `a·n − modulus·k` does for the least `k` for which
/// `modulus·k mod a` lies between `−high` and `−low`: the same question with smaller numbers.
fn first(a: u128, modulus: u128, low: u128, high: u128) -> Option<u128> {
    if a == 0 {
        return None;
    }
    let direct = low.div_ceil(a);
    if a * direct <= high {
        return Some(direct);
    }
    let around = first(modulus % a, a, a - high % a, a - low % a)?;
    Some((low + modulus * around).div_ceil(a))
}

#[cfg(test)]
mod tests {
    use super::near;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn near_finds_what_a_walk_finds(
            modulus in 3u64..4000, a in any::<prop::sample::Index>(), error in any::<prop::sample::Index>(), from in 0u64..300,
        ) {
            let (a, error) = (a.index(modulus as usize) as u64, error.index(modulus.div_ceil(2) as usize) as u64);
            let is_near = |n: &u64| (a * n + error) % modulus <= 2 * error;
            let walked: Vec<u64> = (from..from + 2000).filter(is_near).collect();
            prop_assert_eq!(near(a, modulus, error, from, from + 2000).collect::<Vec<_>>(), walked);
        }
    }
}
