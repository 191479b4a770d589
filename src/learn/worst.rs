//! The largest difference of a copy from its victim, certified.

use crate::audit::{Control, Domain, Scale, audit};
use crate::net::Shallow;
use crate::num::{Exact, Rational, Scalar};
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

/// Bounds on the largest difference of an output over all inputs between 0 and 1, as base-2 logarithms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Worst {
    /// Reached at an input.
    pub at_least: f64,
    /// Proved.
    pub at_most: f64,
}

/// Bits between the bounds that are close enough.
const GAP: f64 = 1.0 / 64.0;

/// Bounds that hold; how close they come depends on the time, and so on the machine.
///
/// `None` where the networks have other inputs or outputs than each other.
pub fn worst(
    victim: &Shallow<Rational>,
    copy: &Shallow<Rational>,
    seconds: f64,
    interrupted: &AtomicBool,
) -> Option<Worst> {
    let (a, b) = (victim.shape(), copy.shape());
    if (a.inputs, a.outputs) != (b.inputs, b.outputs) {
        return None;
    }
    let domain = Domain::cube(&Rational::integer(0), &Rational::integer(1), a.inputs).ok()?;
    let control = Control {
        gap: GAP,
        deadline: Instant::now() + Duration::from_secs_f64(seconds),
        interrupted,
        claim: None,
        progress: &|_, _| {},
        keep: false,
    };
    let found = audit(victim, copy, &domain, &Scale::Fixed(Rational::integer(1)), &control);
    Some(Worst { at_least: found.lower.log2(), at_most: found.upper.log2() })
}
