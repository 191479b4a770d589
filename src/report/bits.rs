//! The answer bits that complete extraction needs, with who asks for them.

use crate::attack::Strategy;
use crate::compare::{Need, NoBits};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What one strategy needs for complete extraction of the network that the exact run recovered.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct BitsRecord {
    /// The attack: `textbook` or `walk`.
    pub strategy: String,
    /// Why there is no number; `null` where there is one, or where 53 bits do not suffice.
    pub none: Option<String>,
    /// The fewest significant bits of an answer that suffice, over 8 to 53; `null`: more than 53, or no number.
    pub bits: Option<u32>,
    /// Whether it is the least that was tried, so that fewer may suffice.
    pub at_most: bool,
    /// Whether no attack with fewer bits succeeded where one with more failed.
    pub monotone: bool,
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
            Err(why) => {
                let (bits, at_most, monotone, attacks, asked_by) = (None, false, true, 0, None);
                Self { strategy, none: Some(why.to_string()), bits, at_most, monotone, attacks, asked_by }
            }
            Ok(Need { found, attacks, asked_by }) => Self {
                strategy,
                none: None,
                bits: found.bits,
                at_most: found.at_most,
                monotone: found.monotone,
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

    /// The number with who asks for it.
    fn sentences(&self) -> String {
        if let Some(why) = &self.none {
            return format!("Complete extraction by the {} attack: {why}.", self.strategy);
        }
        let bits = match self.bits {
            Some(bits) if self.at_most => format!("at most {bits} bits, the fewest that are tried"),
            Some(bits) => format!("{bits} bits"),
            None => "more than 53 bits".to_owned(),
        };
        let mut text = format!(
            "Complete extraction by the {} attack needs answers of {bits} (found by {} attacks).",
            self.strategy, self.attacks
        );
        if let Some(asked) = &self.asked_by {
            text +=
                &format!(" With {} bits the first part to fail is {}{}", asked.bits, asked.part, asked.of_neurons());
            text += &asked.stopped.as_ref().map_or(String::new(), |why| format!("; the run stops in {why}"));
            text += ".";
        }
        if !self.monotone {
            text += " Some attack with fewer bits succeeded where one with more failed.";
        }
        text
    }
}

impl AskedRecord {
    fn of_neurons(&self) -> String {
        match &self.neurons[..] {
            [] => String::new(),
            [neuron] => format!(", for the neuron of {neuron}"),
            [weakest, ..] => format!(", for {} neurons, the weakest that of {weakest}", self.neurons.len()),
        }
    }
}

/// A paragraph a strategy, the run's own first.
///
/// `equal`: whether the exact run's network is the victim.
pub(super) fn text(needs: &[BitsRecord], equal: bool) -> String {
    let mut text: String = needs.iter().map(|need| need.sentences() + "\n").collect();
    if !equal && needs.iter().any(|need| need.none.is_none()) {
        text += "These are the bits of the network that the exact run recovered, which is not the victim: of the victim \
                 no precision is enough.\n";
    }
    text
}
