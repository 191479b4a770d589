//! The answer bits that complete extraction will need, part by part, with who asks for them.

use super::text::{table, trimmed};
use crate::attack::Strategy;
use crate::compare::{Need, Prediction, Unpredicted};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What one strategy will need, predicted from the exact run.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PredictionRecord {
    /// The attack: `textbook` or `walk`.
    pub strategy: String,
    /// Why nothing is predicted; `null` where something is.
    pub unpredicted: Option<String>,
    /// Significant bits of an answer for complete extraction; `null`: more than 53, or nothing is predicted.
    pub bits: Option<u32>,
    /// The first part that needs as many.
    pub part: Option<String>,
    /// The critical point that names the neuron that asks for them; `null` where it is no single one.
    pub neuron: Option<String>,
    /// Part by part, given what the parts before it hand on.
    pub parts: Vec<PartRecord>,
}

/// What one part needs.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PartRecord {
    /// A stage, or `labels`.
    pub name: String,
    /// Bits for all of it; `null`: more than 53.
    pub bits: Option<u32>,
    /// Each neuron's; empty where neurons have no part of their own.
    pub neurons: Vec<NeuronRecord>,
}

/// What one neuron needs.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct NeuronRecord {
    /// The critical point at which the exact run found it.
    pub item: String,
    /// Bits; `null`: more than 53.
    pub bits: Option<u32>,
}

impl PredictionRecord {
    pub(super) fn new((strategy, outcome): &(Strategy, Result<Prediction, Unpredicted>)) -> Self {
        let strategy = strategy.name().to_owned();
        let prediction = match outcome {
            Ok(prediction) => prediction,
            Err(why) => {
                let (unpredicted, parts) = (Some(why.to_string()), Vec::new());
                return Self { strategy, unpredicted, bits: None, part: None, neuron: None, parts };
            }
        };
        let asked_by = prediction.asked_by();
        let name = |unit: usize| prediction.items.get(unit).map(ToString::to_string);
        Self {
            strategy,
            unpredicted: None,
            bits: prediction.bits,
            part: asked_by.map(|need| need.part.name().to_owned()),
            neuron: asked_by.and_then(Need::asked_by).and_then(name),
            parts: prediction.needs.iter().map(|need| PartRecord::new(need, prediction)).collect(),
        }
    }

    /// The number with who asks for it.
    fn sentence(&self) -> String {
        let bits = match self.bits {
            Some(bits) => format!("{bits} bits"),
            None => "more than 53 bits".to_owned(),
        };
        let neuron = self.neuron.as_ref().map_or(String::new(), |neuron| format!(", for the neuron of {neuron}"));
        let part = self.part.as_ref().map_or(String::new(), |part| format!(" (asked for by {part}{neuron})"));
        format!("{}: {bits}{part}", self.strategy)
    }
}

impl PartRecord {
    fn new(need: &Need, prediction: &Prediction) -> Self {
        let neurons = need.units.iter().zip(&prediction.items);
        let neurons = neurons.map(|(&bits, item)| NeuronRecord { item: item.to_string(), bits });
        Self { name: need.part.name().to_owned(), bits: need.whole, neurons: neurons.collect() }
    }

    /// Bits of the neurons, ascending; more than 53 last.
    fn sorted(&self) -> Vec<u32> {
        let mut bits: Vec<u32> = self.neurons.iter().map(|neuron| neuron.bits.unwrap_or(u32::MAX)).collect();
        bits.sort_unstable();
        bits
    }
}

fn shown(bits: Option<u32>) -> String {
    bits.filter(|&bits| bits != u32::MAX).map_or("> 53".to_owned(), |bits| bits.to_string())
}

/// The predictions as a table, the run's own strategy first, and in a sentence.
pub(super) fn text(predictions: &[PredictionRecord]) -> String {
    let mut out = String::new();
    for prediction in predictions.iter().filter(|prediction| prediction.unpredicted.is_none()) {
        let title = format!("bits needed, {}", prediction.strategy);
        let mut rows = table(&[&title, "all", "worst neuron", "median", "worst neuron found at"]);
        for part in &prediction.parts {
            let sorted = part.sorted();
            let worst = part
                .neurons
                .iter()
                .find(|neuron| neuron.bits.unwrap_or(u32::MAX) == sorted.last().copied().unwrap_or_default());
            let of = |bits: Option<&u32>| bits.map_or("—".to_owned(), |&bits| shown(Some(bits)));
            rows.add_row([
                part.name.clone(),
                shown(part.bits),
                of(sorted.last()),
                of(sorted.get(sorted.len() / 2)),
                worst.map_or("—".to_owned(), |neuron| neuron.item.clone()),
            ]);
        }
        out += &format!("{}\n\n", trimmed(&rows));
    }
    let whole: Vec<String> = predictions
        .iter()
        .map(|prediction| match &prediction.unpredicted {
            Some(why) => format!("{}: {why}", prediction.strategy),
            None => prediction.sentence(),
        })
        .collect();
    out + &format!("Predicted for complete extraction from rounded answers, {}.\n", whole.join("; "))
}
