//! The largest difference of a copy from its victim, certified.

use crate::audit::{Control, Domain, Scale, audit};
use crate::net::Shallow;
use crate::num::{Exact, Rational};
use crate::record::Bounds;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

/// Bits between the bounds that are close enough.
const GAP: f64 = 1.0 / 64.0;

/// Bounds on the largest difference of an output over all inputs between 0 and 1.
///
/// How close they come depends on the time, and so on the machine.
///
/// `None` where the networks have other inputs or outputs than each other.
pub fn worst(
    victim: &Shallow<Rational>,
    copy: &Shallow<Rational>,
    seconds: f64,
    interrupted: &AtomicBool,
) -> Option<Bounds> {
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
        more: Duration::ZERO,
        progress: &|_, _| {},
        keep: false,
    };
    let found = audit(victim, copy, &domain, &Scale::Fixed(Rational::integer(1)), &control);
    Some(Bounds::new(&found.lower, &found.upper))
}
