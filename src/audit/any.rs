//! Two networks of any depth.

use super::control::Control;
use super::domain::Domain;
use super::layered::{LayeredError, audit_layered};
use super::outcome::{Audit, Scale};
use super::scale::audit;
use crate::net::{Network, Shallow};
use crate::num::Rational;

/// Bounds on the largest difference of two ReLU networks on a box, the copy's output multiplied by a positive `scale`.
///
/// Two networks with one hidden layer are compared by [`audit`], others by [`audit_layered`]. Sound whenever it stops.
/// Errors: [`LayeredError`].
pub fn audit_networks(
    victim: &Network<Rational>,
    copy: &Network<Rational>,
    domain: &Domain,
    scale: &Rational,
    control: &Control<'_>,
) -> Result<Audit, LayeredError> {
    let shallow = |network: &Network<Rational>| Shallow::try_from(network.clone()).ok();
    match shallow(victim).zip(shallow(copy)) {
        Some((first, second)) => Ok(audit(&first, &second, domain, &Scale::Fixed(scale.clone()), control)),
        None => audit_layered(victim, copy, domain, scale, control),
    }
}
