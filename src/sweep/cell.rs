//! What a cell is: its description, and the name that follows from it.

use crate::attack::Strategy;
use crate::experiment::Cell;
use crate::format;
use crate::net::Shape;
use crate::oracle::Rounding;
use crate::record::{Attacker, Document, NetworkRecord, VictimArithmetic};
use crate::text::shown;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The source of a victim that is made from a shape and a seed.
pub const RANDOM: &str = "random";

/// Hexadecimal digits of an id: the first 128 bits of a SHA-256.
const DIGITS: usize = 32;

/// Everything that a cell's result depends on, and nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Description {
    /// `exactract/cell/2`.
    #[schemars(extend("const" = Document::Cell.schema()))]
    pub schema: String,
    /// Version of the program.
    pub program: String,
    /// The network under attack.
    pub victim: NetworkRecord,
    /// Seed of a random victim, of the attack's random choices and of the reference inputs.
    pub seed: u64,
    /// The attack.
    pub strategy: Strategy,
    /// Arithmetic of the oracle.
    pub victim_arithmetic: VictimArithmetic,
    /// Arithmetic of the attack.
    pub attacker: Attacker,
    /// Significant bits that answers are rounded to; `null` leaves them alone.
    pub answer_bits: Option<u32>,
    /// Decimals that answers are rounded to; `null` leaves them alone.
    pub answer_decimals: Option<u32>,
    /// Significant bits that coordinates of questions are rounded to; `null` leaves them alone.
    pub question_bits: Option<u32>,
    /// Least and most answer bits of a search for the smallest that suffice; `null` of a single attack.
    pub frontier: Option<[u32; 2]>,
    /// Random lines searched for critical points.
    pub lines: u16,
    /// Whether a walk measures every row once more, alone.
    pub polish: bool,
    /// Whether the weights are taken for floats of their type, and found bit for bit.
    pub snap: bool,
    /// Queries allowed a run.
    pub max_queries: Option<u64>,
    /// Random inputs that labels are compared at.
    pub reference_inputs: u32,
    /// Whether the five runs that tell who rounds are made, too.
    pub attribution: bool,
    /// Whether the exact run is made, too, for what the run loses stage by stage, and whose error it is.
    #[serde(default, skip_serializing_if = "is_left_out")]
    pub ledger: bool,
    /// Whether every number is bounded and every sign certified, too; with it comes what `ledger` gives.
    #[serde(default, skip_serializing_if = "is_left_out")]
    pub certify: bool,
}

/// What was not asked for is not written: cells of earlier plans keep their names.
fn is_left_out(asked: &bool) -> bool {
    !asked
}

impl Description {
    /// The first 128 bits of the SHA-256 of the description, in hexadecimal.
    pub fn id(&self) -> String {
        // Plain strings, numbers and booleans: serialising them does not fail.
        let text = serde_json::to_vec(self).unwrap_or_default();
        format::sha256(&[&text]).chars().take(DIGITS).collect()
    }

    /// The arithmetics and channels of a run at so many answer bits.
    pub(super) fn knobs(&self, answer_bits: Option<u32>) -> Cell {
        let answer = answer_bits.map(Rounding::Bits).or(self.answer_decimals.map(Rounding::Decimals));
        Cell::tolerant(self.victim_arithmetic.0, self.attacker.0).answering(answer).asking(self.question_bits)
    }

    /// The shape of the victim, where it reads as one.
    pub fn shape(&self) -> Option<Shape> {
        self.victim.shape.parse().ok()
    }

    /// The victim, as tables name it: with its activation, ReLU or not.
    pub(super) fn named_victim(&self) -> NetworkRecord {
        let activation = self.victim.activation.clone().unwrap_or_else(|| "relu".to_owned());
        NetworkRecord { activation: Some(activation), ..self.victim.clone() }
    }

    /// Whether the victim is made from the seed.
    pub fn is_random(&self) -> bool {
        self.victim.source == RANDOM
    }
}

/// The description in words, on one line.
impl fmt::Display for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let NetworkRecord { source, shape, weights, activation, .. } = &self.victim;
        let activation = activation.as_ref().map_or(String::new(), |name| format!(" {name}"));
        let victim = shown(&format!("{source} {shape} {weights}{activation}"));
        write!(f, "{victim} seed {}, {}", self.seed, self.way())
    }
}

impl Description {
    /// How the victim is attacked, in words: all but the victim and the seed.
    pub fn way(&self) -> String {
        let mut words = self.strategy.name().to_owned();
        for (on, word) in [(self.polish, " polish"), (self.snap, " snap")] {
            words += if on { word } else { "" };
        }
        words += &format!(", {} oracle, {} attacker, ", self.victim_arithmetic.0, self.attacker.0);
        words += &match (self.frontier, self.answer_bits, self.answer_decimals) {
            (Some([from, to]), ..) => format!("frontier in {from} to {to} bits"),
            (None, Some(bits), _) => format!("{bits} bits"),
            (None, None, Some(k)) => format!("{k} decimals"),
            (None, None, None) => "unrounded".to_owned(),
        };
        words += &self.question_bits.map_or(String::new(), |bits| format!(", asked in {bits} bits"));
        words += &format!(", {} lines", self.lines);
        words += &self.max_queries.map_or(String::new(), |limit| format!(", at most {limit} queries"));
        let asked = [(self.attribution, ", attribution"), (self.ledger, ", ledger"), (self.certify, ", certify")];
        words + &asked.iter().filter(|(on, _)| *on).map(|(_, word)| *word).collect::<String>()
    }
}
