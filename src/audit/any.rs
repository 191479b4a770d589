//! Two networks of any depth.

use super::control::Control;
use super::domain::Domain;
use super::layered::{LayeredError, audit_layered};
use super::outcome::{Audit, Scale};
use super::scale::audit;
use crate::net::{Network, Shallow};
use crate::num::Rational;

/// Bounds on the largest difference of two ReLU networks on a box, the copy's output multiplied by a scale.
///
/// Two networks with one hidden layer are compared by [`audit`], others by [`audit_layered`]. Sound whenever it stops.
/// Errors: [`LayeredError`].
pub fn audit_networks(
    victim: &Network<Rational>,
    copy: &Network<Rational>,
    domain: &Domain,
    scale: &Scale,
    control: &Control<'_>,
) -> Result<Audit, LayeredError> {
    let shallow = |network: &Network<Rational>| Shallow::try_from(network.clone()).ok();
    match (shallow(victim).zip(shallow(copy)), scale) {
        (Some((first, second)), scale) => Ok(audit(&first, &second, domain, scale, control)),
        (None, Scale::Fixed(scale)) => audit_layered(victim, copy, domain, scale, control),
        (None, Scale::Free) => Err(LayeredError::FreeScale),
    }
}
