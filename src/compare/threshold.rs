//! The smallest number of bits for which something holds, by bisection.
//!
//! Bisection assumes that what holds at some precision holds at every higher one. An attack
//! keeps to that on the whole, not at every step: another rounding is another path, and near the
//! limit luck decides. So the neighbours of what bisection finds are tried, too: two above it
//! must hold, or the search goes on above; and one or two below, where they hold, are said.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Precisions above a threshold at which it is confirmed.
const CONFIRMED: u32 = 2;

/// The smallest number of bits that suffices, as far as a search found it.
// It stands like this in the file of a sweep's cell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Threshold {
    /// The smallest; `null` where the most bits asked for do not suffice.
    pub bits: Option<u32>,
    /// Whether it is the least asked for, so that fewer may suffice.
    pub at_most: bool,
    /// Whether no run with fewer bits succeeded where one with more failed.
    pub monotone: bool,
}

/// Finds the smallest `b` in `from..=to` such that `b` and the next two (up to `to`) hold and `b − 1` does not.
///
/// `holds`: of each of some precisions, which may be tried at once. Asked of some `log2(to − from) + 5` in all, and
/// of more only where it is not monotone; may be asked the same question twice. Errors: those of `holds`.
pub fn threshold<E>(
    from: u32,
    to: u32,
    holds: &mut impl FnMut(&[u32]) -> Result<Vec<bool>, E>,
) -> Result<Threshold, E> {
    let mut asked: Vec<(u32, bool)> = Vec::new();
    let mut ask = |bits: Vec<u32>| -> Result<Vec<bool>, E> {
        let held = holds(&bits)?;
        asked.extend(bits.into_iter().zip(held.iter().copied()));
        Ok(held)
    };
    let mut bits = None;
    if ask(vec![to])? == [true] {
        let (mut fails, mut works) = (from, to);
        if ask(vec![from])? == [true] {
            works = from;
        }
        loop {
            // Holds at `works`, fails at `fails` unless they are one.
            while works > fails + 1 {
                let middle = fails + (works - fails) / 2;
                if ask(vec![middle])? == [true] { works = middle } else { fails = middle }
            }
            let above: Vec<u32> = (works + 1..=to.min(works + CONFIRMED)).collect();
            let held = ask(above.clone())?;
            let failed = above.into_iter().zip(held).rfind(|(_, held)| !held);
            match failed.map(|(next, _)| next) {
                None => break,
                // `to` holds, so that a threshold lies above.
                Some(next) => (fails, works) = (next, to),
            }
        }
        ask((works.saturating_sub(CONFIRMED).max(from)..works).collect())?;
        bits = Some(works);
    } else if to > from {
        ask(vec![to - 1])?;
    }
    let least_held = asked.iter().filter(|(_, held)| *held).map(|(bits, _)| *bits).min();
    let most_failed = asked.iter().filter(|(_, held)| !held).map(|(bits, _)| *bits).max();
    let monotone = least_held.zip(most_failed).is_none_or(|(held, failed)| held > failed);
    Ok(Threshold { bits, at_most: bits == Some(from), monotone })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    fn search(from: u32, to: u32, holds: impl Fn(u32) -> bool) -> (Threshold, usize) {
        let mut count = 0;
        let found = threshold(from, to, &mut |asked| {
            assert!(asked.iter().all(|bits| (from..=to).contains(bits)));
            count += asked.len();
            Ok::<_, Infallible>(asked.iter().map(|&bits| holds(bits)).collect())
        });
        (found.unwrap(), count)
    }

    /// Against a scan from below, for every range and threshold of some size.
    #[test]
    fn a_monotone_threshold_is_found() {
        for from in 1..12 {
            for to in from..40 {
                for least in from..=to + 1 {
                    let (found, count) = search(from, to, |bits| bits >= least);
                    let bits = (from..=to).find(|&bits| bits >= least);
                    assert_eq!(
                        found,
                        Threshold { bits, at_most: least == from, monotone: true },
                        "{from} {to} {least}"
                    );
                    assert!(count <= 12, "{count}");
                }
            }
        }
    }

    /// Whatever holds where: what is found is confirmed above, and a contradiction that was seen is said.
    #[test]
    fn what_is_found_is_confirmed() {
        for pattern in 0u32..1 << 12 {
            let holds = |bits: u32| pattern >> bits & 1 == 1;
            let (found, count) = search(0, 11, holds);
            assert!(count <= 60);
            assert_eq!(found.bits.is_some(), holds(11));
            if let Some(bits) = found.bits {
                assert!((bits..=11.min(bits + 2)).all(holds), "{pattern:b}");
                assert!(bits == 0 || !holds(bits - 1) || !found.monotone, "{pattern:b}");
            }
        }
    }
}
