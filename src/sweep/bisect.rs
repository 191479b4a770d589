//! The smallest number of bits for which something holds, by bisection.
//!
//! Bisection assumes that what holds at some precision holds at every higher one. An attack
//! keeps to that on the whole, not at every step: another rounding is another path, and near the
//! limit luck decides. So the neighbours of what bisection finds are tried, too: two above it
//! must hold, or the search goes on above; and one or two below, where they hold, are said.

use super::result::Threshold;

/// Precisions above a threshold at which it is confirmed.
const CONFIRMED: u32 = 2;

/// Finds the smallest `b` in `from..=to` such that `b` and the next two (up to `to`) hold and `b − 1` does not.
///
/// `holds`: asked some `log2(to − from) + 5` times, and more often only where it is not monotone; may be asked
/// the same question twice. Errors: those of `holds`.
pub fn threshold<E>(from: u32, to: u32, holds: &mut impl FnMut(u32) -> Result<bool, E>) -> Result<Threshold, E> {
    let mut asked: Vec<(u32, bool)> = Vec::new();
    let mut ask = |bits: u32| -> Result<bool, E> {
        let held = holds(bits)?;
        asked.push((bits, held));
        Ok(held)
    };
    let mut bits = None;
    if ask(to)? {
        let (mut fails, mut works) = (from, to);
        if ask(from)? {
            works = from;
        }
        loop {
            // Holds at `works`, fails at `fails` unless they are one.
            while works > fails + 1 {
                let middle = fails + (works - fails) / 2;
                if ask(middle)? { works = middle } else { fails = middle }
            }
            let mut failed = None;
            for next in works + 1..=to.min(works + CONFIRMED) {
                if !ask(next)? {
                    failed = Some(next);
                }
            }
            match failed {
                None => break,
                // `to` holds, so that a threshold lies above.
                Some(next) => (fails, works) = (next, to),
            }
        }
        for below in works.saturating_sub(CONFIRMED).max(from)..works {
            ask(below)?;
        }
        bits = Some(works);
    } else if to > from {
        ask(to - 1)?;
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
        let found = threshold(from, to, &mut |bits| {
            assert!((from..=to).contains(&bits));
            count += 1;
            Ok::<_, Infallible>(holds(bits))
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
