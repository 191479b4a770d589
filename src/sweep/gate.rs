//! Bounded memory: a cell starts when its estimate fits beside those that run.

use super::cell::Description;
use super::memory::{self, ANSWER, BASE, PARAMETER, available};
use std::sync::{Condvar, Mutex, PoisonError};

/// What an attacker in ℚ or in p-bit floats takes more, as a factor: its own answers and rows are on the heap, too.
const HEAP: u64 = 2;
/// What is taken for granted where the system does not say how much memory is free.
const UNKNOWN: u64 = 4 << 30;

/// Memory that a cell may take, in bytes; from above, for the shapes that were measured.
pub(super) fn estimate(cell: &Description) -> u64 {
    let parameters = cell.shape().map_or(0, |shape| shape.parameters() as u64);
    let factor = if cell.attacker.0 == crate::experiment::Arithmetic::F64 { 1 } else { HEAP };
    let outputs = cell.shape().map_or(0, |shape| shape.outputs as u64);
    let alone = BASE + factor * PARAMETER * parameters + ANSWER * outputs * u64::from(cell.reference_inputs);
    // The exact run, and four rationals of every number.
    let beside = cell.shape().filter(|_| cell.ledger || cell.certify);
    let beside = beside.map(|shape| HEAP * memory::estimate(shape, cell.strategy, cell.reference_inputs as usize));
    alone.max(beside.unwrap_or(0))
}

/// Half of the memory that is free now, in bytes: the other half is for whatever else runs here.
pub(super) fn budget() -> u64 {
    available(1).unwrap_or(UNKNOWN) / 2
}

/// Lets cells through as long as their estimates fit into a budget.
pub(super) struct Gate {
    budget: u64,
    /// Bytes and cells inside.
    inside: Mutex<(u64, usize)>,
    left: Condvar,
}

impl Gate {
    pub fn new(budget: u64) -> Self {
        Self { budget, inside: Mutex::new((0, 0)), left: Condvar::new() }
    }

    /// Waits until `bytes` fit; a cell that is larger than the whole budget goes alone.
    pub fn enter(&self, bytes: u64) -> Pass<'_> {
        let inside = self.inside.lock().unwrap_or_else(PoisonError::into_inner);
        let full = |(taken, cells): &mut (u64, usize)| *cells > 0 && taken.saturating_add(bytes) > self.budget;
        let mut inside = self.left.wait_while(inside, full).unwrap_or_else(PoisonError::into_inner);
        inside.0 += bytes;
        inside.1 += 1;
        Pass { gate: self, bytes }
    }
}

/// A place inside; given back when dropped.
pub(super) struct Pass<'a> {
    gate: &'a Gate,
    bytes: u64,
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        let mut inside = self.gate.inside.lock().unwrap_or_else(PoisonError::into_inner);
        inside.0 -= self.bytes;
        inside.1 -= 1;
        self.gate.left.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};

    /// Eight threads, cells of 1 to 9 through a budget of 7: never more inside than fits, the 9 alone.
    #[test]
    fn no_more_inside_than_fits() {
        let (gate, inside) = (Gate::new(7), AtomicU64::new(0));
        std::thread::scope(|scope| {
            for thread in 0..8u64 {
                let (gate, inside) = (&gate, &inside);
                scope.spawn(move || {
                    for turn in 0..200 {
                        let bytes = (thread + turn) % 9 + 1;
                        let pass = gate.enter(bytes);
                        let now = inside.fetch_add(bytes, Ordering::SeqCst) + bytes;
                        assert!(now <= 7 || now == bytes, "{now}");
                        inside.fetch_sub(bytes, Ordering::SeqCst);
                        drop(pass);
                    }
                });
            }
        });
    }
}
