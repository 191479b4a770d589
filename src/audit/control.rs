//! When an audit stops, and whom it tells.

use super::number::Claim;
use super::outcome::Audit;
use crate::num::{Rational, Scalar};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// When to stop, and whom to tell.
pub struct Control<'a> {
    /// Stop where both bounds are this close, in bits.
    pub gap: f64,
    /// Stop then.
    pub deadline: Instant,
    /// Stop when it is set.
    pub interrupted: &'a AtomicBool,
    /// Stop where this claim is proved or refuted, in this unit.
    pub claim: Option<(Claim, Rational)>,
    /// Told of each improvement: bounds from above and below.
    pub progress: &'a (dyn Fn(&Rational, &Rational) + Sync),
    /// Whether to keep what a certificate needs.
    pub keep: bool,
}

impl Control<'_> {
    /// Whether time is up, or somebody wants an end.
    pub fn is_over(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed) || Instant::now() >= self.deadline
    }

    /// Whether bounds answer what was asked.
    pub(super) fn is_enough(&self, upper: &Rational, lower: &Rational) -> bool {
        let decided =
            |(claim, unit): &(Claim, Rational)| claim.is_proved_by(upper, unit) || claim.is_refuted_by(lower, unit);
        upper == lower
            || self.is_closed(upper, lower) && self.claim.is_none()
            || self.claim.as_ref().is_some_and(decided)
    }

    /// Whether the bounds of an audit are within a gap, in bits.
    pub fn has_closed(&self, gap: f64, audit: &Audit) -> bool {
        let quiet = |_: &Rational, _: &Rational| {};
        Control { gap, progress: &quiet, claim: None, ..*self }.is_closed(&audit.upper, &audit.lower)
    }

    /// Whether bounds are within the gap.
    pub fn is_closed(&self, upper: &Rational, lower: &Rational) -> bool {
        if upper == lower {
            return true;
        }
        // log2(upper/lower), without the cancellation of a ratio near one.
        let excess = upper.sub(lower).div(lower).map_or(f64::INFINITY, |x| f64::nearest(&x, ()));
        libm::log1p(excess) * std::f64::consts::LOG2_E <= self.gap
    }
}
