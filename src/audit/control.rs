//! When an audit stops, and whom it tells.

use super::number::Claim;
use super::outcome::Audit;
use crate::num::{Rational, Scalar};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Where a claim is pursued, bounds as close as this, in bits, decide it or nothing does.
const FINE: f64 = 1e-6;

/// When to stop, and whom to tell.
#[derive(Clone)]
pub struct Control<'a> {
    /// Stop where both bounds are this close, in bits; with a claim, once it is decided.
    pub gap: f64,
    /// Stop then.
    pub deadline: Instant,
    /// Stop when it is set.
    pub interrupted: &'a AtomicBool,
    /// Pursue this claim, in this unit, until it is proved or refuted.
    pub claim: Option<(Claim, Rational)>,
    /// Once it is, go on for this long at most, until both bounds are within the gap.
    pub more: Duration,
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
        match &self.claim {
            None => self.is_closed(upper, lower),
            Some(_) => upper == lower || self.is_decided(upper, lower),
        }
    }

    /// Whether bounds decide the claim.
    pub(super) fn is_decided(&self, upper: &Rational, lower: &Rational) -> bool {
        self.is_refuted(lower) || self.claim.as_ref().is_some_and(|(claim, unit)| claim.is_proved_by(upper, unit))
    }

    /// Whether a bound from below refutes the claim.
    pub(super) fn is_refuted(&self, lower: &Rational) -> bool {
        self.claim.as_ref().is_some_and(|(claim, unit)| claim.is_refuted_by(lower, unit))
    }

    /// What is left to do once the claim is decided: to bring the bounds within the gap.
    pub(super) fn decided(&self) -> Self {
        let deadline = self.deadline.min(Instant::now() + self.more);
        Self { deadline, claim: None, ..self.clone() }
    }

    /// How close bounds have to be for a search to be at its end, in bits.
    pub(super) fn aim(&self) -> f64 {
        if self.claim.is_some() { self.gap.min(FINE) } else { self.gap }
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
