//! How the bounds of an audit came together.

use crate::num::{Rational, Scalar};
use std::sync::Mutex;
use std::time::Instant;

/// Bits by which a bound has to move to be kept.
const STEP: f64 = 1.0 / 64.0;

/// Bounds on the largest difference at one moment.
#[derive(Clone, Debug)]
pub struct Moment {
    /// Since the audit began.
    pub seconds: f64,
    /// From below.
    pub lower: Rational,
    /// From above.
    pub upper: Rational,
}

/// The bounds over time: those that moved, so that what is kept depends on the bounds and not on the clock.
#[derive(Debug)]
pub struct History {
    start: Instant,
    moments: Mutex<Vec<Moment>>,
}

impl History {
    /// Of an audit that begins then.
    pub fn new(start: Instant) -> Self {
        Self { start, moments: Mutex::new(Vec::new()) }
    }

    /// Takes the bounds of this moment, if one of them moved.
    pub fn push(&self, upper: &Rational, lower: &Rational) {
        let Ok(mut moments) = self.moments.lock() else { return };
        // Bounds of zero have no logarithm, and differ from themselves by NaN.
        let is_near = |a: &Rational, b: &Rational| (a.log2() - b.log2()).abs() < STEP;
        let moved = |a: &Rational, b: &Rational| a != b && !is_near(a, b);
        if moments.last().is_none_or(|last| moved(&last.upper, upper) || moved(&last.lower, lower)) {
            let seconds = self.start.elapsed().as_secs_f64();
            moments.push(Moment { seconds, lower: lower.clone(), upper: upper.clone() });
        }
    }

    /// What was kept, and the bounds in the end.
    pub fn moments(&self, upper: &Rational, lower: &Rational) -> Vec<Moment> {
        let mut moments = self.moments.lock().map(|moments| moments.clone()).unwrap_or_default();
        let seconds = self.start.elapsed().as_secs_f64();
        moments.push(Moment { seconds, lower: lower.clone(), upper: upper.clone() });
        moments
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::num::Exact;

    #[test]
    fn bounds_that_stand_still_are_left_out() {
        let history = History::new(Instant::now());
        let number = Rational::integer;
        for (upper, lower) in [(100, 0), (100, 0), (100, 1), (50, 1), (50, 1)] {
            history.push(&number(upper), &number(lower));
        }
        let near = number(50).mul(&Rational::integer(1000).div(&Rational::integer(1001)).unwrap());
        history.push(&near, &number(1));
        let kept: Vec<String> = history.moments(&near, &number(2)).iter().map(|m| m.lower.to_string()).collect();
        assert_eq!(kept, ["0", "1", "1", "2"]);
    }
}
