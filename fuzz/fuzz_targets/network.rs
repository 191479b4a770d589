//! What must hold of every file that is read as a network.

use exactract::format::{Victim, read_bytes};
use exactract::net::Shallow;
use std::path::Path;

/// Reads; what is accepted is a network whose weights are floats of the type it claims.
pub fn read(bytes: &[u8]) {
    let Ok(victim) = read_bytes(Path::new("v"), bytes) else { return };
    let sizes = victim.network.sizes();
    assert_eq!(victim.network.parameters().count() as u128, sizes.parameters());
    assert!(victim.network.parameters().all(|w| w.is_finite()));
    if let Ok(network) = Shallow::try_from(victim.network) {
        Victim::made(network, victim.dtype).expect("weights of the type read");
    }
}
