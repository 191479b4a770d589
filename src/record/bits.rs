//! The answer bits that complete extraction needs, with who asks for them.

use crate::attack::Strategy;
use crate::compare::{Need, NoBits, Threshold};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What one strategy needs for complete extraction of the network that the exact run recovered.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct BitsRecord {
    /// The attack: `textbook` or `walk`.
    pub strategy: String,
    /// Why there was no search; `null` where there was one.
    pub none: Option<String>,
    /// What the search over 8 to 53 significant bits of an answer found; `null` where there was none.
    pub threshold: Option<Threshold>,
    /// Attacks that the search took.
    pub attacks: usize,
    /// What the attack with one bit less lacks; `null` where there is none.
    pub asked_by: Option<AskedRecord>,
}

/// What an attack on answers of too few bits lacks first.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AskedRecord {
    /// Significant bits of its answers.
    pub bits: u32,
    /// The first part that is not whole: a stage, or `labels`.
    pub part: String,
    /// The critical points at which the exact run found the neurons that it lacks there, the weakest first; empty where
    /// it is no neuron's.
    pub neurons: Vec<String>,
    /// Why it stopped, where it did.
    pub stopped: Option<String>,
}

impl BitsRecord {
    pub(super) fn new((strategy, outcome): &(Strategy, Result<Need, NoBits>)) -> Self {
        let strategy = strategy.name().to_owned();
        match outcome {
            Err(why) => Self { strategy, none: Some(why.to_string()), threshold: None, attacks: 0, asked_by: None },
            Ok(Need { found, attacks, asked_by }) => Self {
                strategy,
                none: None,
                threshold: Some(found.clone()),
                attacks: *attacks,
                asked_by: asked_by.as_ref().map(|asked| AskedRecord {
                    bits: asked.bits,
                    part: asked.part.name().to_owned(),
                    neurons: asked.units.iter().map(ToString::to_string).collect(),
                    stopped: asked.stopped.as_ref().map(ToString::to_string),
                }),
            },
        }
    }
}
