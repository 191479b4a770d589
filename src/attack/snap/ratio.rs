//! The factor of a row: an integer for its largest entry, with which all entries are floats of few bits.

use super::grid::{binade, exp2, fraction_digits, on_grid};
use super::near::near;
use crate::trace::Faint;
use std::cell::Cell;

/// Bits by which what a row tells must exceed what is asked of it.
pub(super) const SURPLUS: f64 = 32.0;
/// Errors that rows are tried with, `log2` relative to their largest entry, from the least up.
pub(super) const ERRORS: [i32; 4] = [-51, -48, -45, -42];
/// Chance from which an entry cannot be told: two points of the grid come within its error.
const HALF: f64 = 0.5;
/// Entries that every candidate is tried with before the others are.
const FIRST: usize = 6;
/// Candidates that the first entries may leave for the list of those that are tried with all.
const LIST: usize = 1 << 12;
/// `log2` of the candidates that are tried first: rows of small integers need no other, since what such a factor
/// decides no other factor changes.
const SIMPLE: i32 = 12;
/// Entries that candidates are tried with in all, of one row: what is not decided then is left undecided.
const WORK: u64 = 1 << 26;

/// An entry of a row, beside its largest.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    /// Its magnitude.
    pub(super) size: f64,
    /// `log2` of what its error is relative to.
    pub(super) blur: i32,
    /// The least error that it is tried with, as predicted: a row of integers comes out without any, and says nothing
    /// of an entry that does not.
    pub(super) least: i32,
}

impl Entry {
    /// Whether it can only be zero.
    pub(super) fn is_zero(&self) -> bool {
        self.blur <= Faint::NOTHING
    }

    /// `log2` of its error where the row is tried with this one.
    fn error(&self, error: i32) -> i32 {
        error.max(self.least) + self.blur
    }

    /// The chance that a wrong factor brings it within its error of the grid.
    fn chance(&self, bits: i32, error: i32) -> f64 {
        exp2(bits + 1 + self.error(error)) / self.size
    }

    /// Whether its error leaves one float.
    pub(super) fn is_told(&self, bits: i32, error: i32) -> bool {
        self.size > 0.0 && self.chance(bits, error) <= HALF
    }

    /// How many more bits would tell what it is, where its error leaves several floats.
    ///
    /// What lies within a few of its errors of zero may be of any size below.
    pub(super) fn short(&self, bits: i32, error: i32) -> i32 {
        if self.size <= exp2(self.error(error) + 2) {
            return self.error(error) - Faint::NOTHING;
        }
        (self.chance(bits, error) / HALF).log2().max(0.0) as i32 + 1
    }

    /// Whether it comes within its error of the grid.
    fn fits(&self, m: u64, bits: i32, error: i32) -> bool {
        let value = m as f64 * self.size;
        (value - on_grid(value, bits)).abs() <= exp2(self.error(error)) * m as f64
    }

    /// Whether two factors make the same of it.
    ///
    /// Exact: products of two numbers of 24 bits.
    fn agrees(&self, m: u64, other: u64, bits: i32) -> bool {
        let value = |m: u64| on_grid(m as f64 * self.size, bits);
        value(m) * other as f64 == value(other) * m as f64
    }

    /// Whether every factor with which it fits makes the same of it as `m`.
    ///
    /// Two floats `n/m ≠ n'/m'` with `n` and `n'` multiples of `2^−d` and `m' < 2^bits` are `2^(−d − bits)/m`
    /// apart; both come within one error of the entry.
    fn decides(&self, m: u64, bits: i32, error: i32) -> bool {
        let digits = fraction_digits(on_grid(m as f64 * self.size, bits)).max(-binade(self.size));
        exp2(1 + self.error(error)) * (m as f64) < exp2(-digits - bits)
    }
}

/// What a row tells of its factor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Anchor {
    /// The largest entry's integer, the least of those that give this row, with the error that tells it.
    Only {
        /// Odd.
        largest: u64,
        /// One of [`ERRORS`].
        error: i32,
    },
    /// More than one row fits; so many bits are missing in each entry that is told.
    Several(i32),
    /// None fits with any error.
    Off,
}

/// The only row of floats of so many bits that these entries are, up to a factor.
///
/// All odd factors are candidates, for a power of two moves every entry to another float. Factors that give one
/// row are one candidate.
pub(super) fn anchor(entries: &[Entry], bits: i32) -> Anchor {
    anchor_within(entries, bits, ERRORS, SURPLUS)
}

/// [`anchor`] with other errors to try, from the least up, and another surplus.
pub(super) fn anchor_within(entries: &[Entry], bits: i32, errors: [i32; 4], surplus: f64) -> Anchor {
    let mut entries: Vec<Entry> =
        entries.iter().copied().filter(|entry| entry.size < 1.0 && !entry.is_zero()).collect();
    entries.sort_by(|a, b| b.size.total_cmp(&a.size));
    let told = |error: i32| -> Vec<Entry> { entries.iter().copied().filter(|e| e.is_told(bits, error)).collect() };
    let tells = |told: &[Entry], error: i32| -> f64 { told.iter().map(|e| -e.chance(bits, error).log2()).sum() };
    let asked = |largest: u64| (largest as f64).log2() + surplus;
    for error in errors {
        let told = told(error);
        let fits = |m: &u64| told.iter().all(|entry| entry.fits(*m, bits, error));
        let Some(largest) = candidates(bits.min(SIMPLE)).find(fits) else { continue };
        if tells(&told, error) >= asked(largest) && told.iter().all(|entry| entry.decides(largest, bits, error)) {
            return Anchor::Only { largest, error };
        }
        break;
    }
    let mut short = None;
    let mut list: Option<Option<Vec<u64>>> = None;
    for error in errors {
        let told = told(error);
        let tells = tells(&told, error);
        let missing = |asked: f64| ((asked - tells) / (told.len().max(1) as f64)).ceil() as i32;
        if tells < surplus {
            short = short.or(Some(missing(surplus)));
            continue;
        }
        let list = list.get_or_insert_with(|| likely(&entries, bits, errors[errors.len() - 1]));
        match only(&told, bits, error, list.as_deref()) {
            Some(Ok(largest)) => {
                let asked = asked(largest);
                if tells >= asked {
                    return Anchor::Only { largest, error };
                }
                short = short.or(Some(missing(asked)));
            }
            Some(Err(())) => short = short.or(Some(1)),
            None => {}
        }
    }
    short.map_or(Anchor::Off, Anchor::Several)
}

fn candidates(bits: i32) -> impl Iterator<Item = u64> {
    (1u64..1 << bits).step_by(2)
}

/// Candidates that fit the first entries with the largest error, `error`, since what fits with a small error fits with a
/// large one; `None` where they are too many for a list.
///
/// For `m` of `bits` bits the first entry's value is near a multiple of one spacing: such `m` are found
/// directly. Of each the odd part is the candidate.
fn likely(entries: &[Entry], bits: i32, error: i32) -> Option<Vec<u64>> {
    let few: Vec<&Entry> = entries.iter().filter(|entry| entry.is_told(bits, error)).take(FIRST).collect();
    let first = few.first()?;
    // In units of the spacing the value is `m·x` with `1 ≤ x < 2`.
    let modulus = 1u64 << (f64::MANTISSA_DIGITS - 1);
    let fraction = first.size.to_bits() & (modulus - 1);
    let slack = exp2(first.error(error) + bits - binade(first.size)) * modulus as f64;
    let [from, to] = [bits - 1, bits].map(|bits| 1u64 << bits);
    // A little more, for what a product rounds.
    let values = near(fraction, modulus, (slack * 1.0625) as u64, from, to);
    let fits = |m: &u64| few.iter().all(|entry| entry.fits(*m, bits, error));
    let mut likely: Vec<u64> = values.filter(fits).map(|m| m >> m.trailing_zeros()).take(LIST + 1).collect();
    likely.sort_unstable();
    (likely.len() <= LIST).then_some(likely)
}

/// The least candidate that fits with this error, where all that fit give one row; `None` where none fits.
///
/// Errors: they give several rows, or the work is too much to tell.
fn only(entries: &[Entry], bits: i32, error: i32, list: Option<&[u64]>) -> Option<Result<u64, ()>> {
    let work = Cell::new(0);
    let fits = |m: u64| {
        let fits = |entry: &Entry| {
            work.set(work.get() + 1);
            entry.fits(m, bits, error)
        };
        entries.iter().all(fits) && work.get() < WORK
    };
    let mut every: Box<dyn Iterator<Item = u64>> = match list {
        Some(list) => Box::new(list.iter().copied()),
        None => Box::new(candidates(bits)),
    };
    let found = every.find(|&m| fits(m));
    if found.is_none() && work.get() >= WORK {
        return Some(Err(()));
    }
    let least = found?;
    let open: Vec<&Entry> = entries.iter().filter(|entry| !entry.decides(least, bits, error)).collect();
    let other = !open.is_empty() && every.any(|m| !open.iter().all(|entry| entry.agrees(m, least, bits)) && fits(m));
    Some(if other || work.get() >= WORK { Err(()) } else { Ok(least) })
}
