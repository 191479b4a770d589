//! What must hold of every file that is read as a network.

use exactract::format::{Victim, read_bytes};
use std::path::Path;

/// Reads; what is accepted is a network whose weights are floats of the type it claims.
pub fn read(bytes: &[u8]) {
    let Ok(victim) = read_bytes(Path::new("v"), bytes) else { return };
    let shape = victim.network.shape();
    let count = shape.hidden * (shape.inputs + 1) + shape.outputs * (shape.hidden + 1);
    assert_eq!(victim.network.parameters().count(), count);
    assert!(victim.network.parameters().all(|w| w.is_finite()));
    Victim::made(victim.network, victim.dtype).expect("weights of the type read");
}
