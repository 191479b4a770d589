//! What the record of one command is about: the victim, and how it was attacked.

use super::NetworkRecord;

/// What a record is about; what was found comes to it.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The victim.
    pub victim: NetworkRecord,
    /// Its weights and biases, and slopes of units that have their own.
    pub parameters: u64,
    /// Kinks of one hidden unit.
    pub kinks_a_unit: usize,
    /// Name of the strategy.
    pub strategy: String,
    /// Seed of the attack's random choices.
    pub seed: u64,
    /// Kernel of the rounded oracle.
    pub kernel: String,
    /// Where fidelity was measured.
    pub reference: String,
}
