//! What a run's network snaps to, beside the victim.

use super::{Equality, equality};
use crate::attack::snap::{Grid, Precision, Unsnapped, snap};
use crate::experiment::Finished;
use crate::net::Shallow;
use crate::num::{Rational, Scalar};

/// A network of floats of few bits, compared with the victim in ℚ.
#[derive(Clone, Debug)]
pub struct Snapped {
    /// The network.
    pub network: Shallow<Rational>,
    /// Weights that answers do not tell from zero, and that the victim shows to be zero.
    pub zeros: usize,
    /// Whether it is the victim.
    pub equality: Equality,
}

/// Snaps a run's network; `None` where the run has none.
///
/// Where weights stay open that are all zero in the victim, the network is returned: that is the victim's word, not
/// the answers'. Errors: as [`snap`].
pub fn snapped(victim: &Shallow<f64>, run: &Finished, grid: Grid) -> Option<Result<Snapped, Unsnapped>> {
    let (trace, copy) = (run.trace.as_ref()?, run.network()?);
    let truth = victim.map(|&w| Rational::lift(w, ()));
    Some(match snap(copy, &Precision::of(trace, run.cell.bits()), grid) {
        Ok(network) => Ok(Snapped { equality: equality(&truth, &network), network, zeros: 0 }),
        Err(Unsnapped::Ambiguous { open, zeros: Some(network), .. })
            if equality(&truth, &network) == Equality::Equal =>
        {
            Ok(Snapped { network: *network, zeros: open, equality: Equality::Equal })
        }
        Err(reason) => Err(reason),
    })
}
