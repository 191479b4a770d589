//! What a baseline holds, and its file.

use crate::judge::Site;
use crate::record::{Document, Log2, NetworkRecord, RunRecord};
use crate::text::{self, shown};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// By stage, then by item.
pub(super) type ByStage<T> = BTreeMap<String, BTreeMap<String, T>>;

/// Runs, and what they gave when the baseline was recorded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// `exactract/baseline/2`.
    #[schemars(extend("const" = Document::Baseline.schema()))]
    pub schema: String,
    /// Version of the program that recorded it.
    pub program: String,
    /// Names of sites: the first is `a` in answers, the 27th `A`.
    pub sites: Vec<String>,
    /// Bits that the errors of a stage may lose.
    pub allowance: f64,
    /// The runs.
    pub runs: Vec<Pinned>,
}

/// A run: everything that it depends on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RunName {
    /// The network: `bundled`, `random`, or the path of its file from the folder of the baseline.
    pub victim: NetworkRecord,
    /// Seed of a random victim, of the attack's random choices and of the reference inputs.
    pub seed: u64,
    /// `textbook` or `walk`.
    pub strategy: String,
    /// Whether rows are measured once more.
    pub polish: bool,
    /// Random lines searched.
    pub lines: u16,
    /// Random inputs that labels are compared at.
    pub reference_inputs: u32,
}

/// What one run gave, in both arithmetics.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pinned {
    /// The run.
    pub run: RunName,
    /// The exact run.
    pub exact: Pins,
    /// The f64 run, judged by the tolerance table.
    pub rounded: Pins,
    /// `log2` of the errors of the f64 run along the exact run's path.
    pub errors: ByStage<Log2>,
}

/// One run: how it ended, what it decided, and its numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pins {
    /// How it ended and how close its network came. Pinned are outcome, reason and queries, and that no kink, no label
    /// and no equality is lost; the rest is there to be read.
    pub run: RunRecord,
    /// SHA-256 of all decisions and numbers, in the order of the run.
    pub sha256: String,
    /// Answers of each item: a letter for the site, then `+`, `-` or `0`, question by question.
    pub decisions: ByStage<String>,
    /// Numbers of each item: the bits of the nearest f64, in hexadecimal; of the exact run, after
    /// the start of the SHA-256 of the numbers themselves and a colon.
    pub numbers: ByStage<String>,
}

impl Baseline {
    /// A baseline of these runs, with the letters of this program's sites.
    pub fn new(allowance: f64, runs: Vec<Pinned>) -> Self {
        let sites = Site::table().iter().map(|row| row.name.to_owned()).collect();
        let program = env!("CARGO_PKG_VERSION").to_owned();
        Self { schema: Document::Baseline.schema(), program, sites, allowance, runs }
    }

    /// The bytes of its file.
    pub fn bytes(&self) -> Vec<u8> {
        text::record(self).into_bytes()
    }

    /// Errors where there is no run, or one twice: a check of it would say less than it seems to.
    fn check_runs(&self) -> Result<(), String> {
        if self.runs.is_empty() {
            return Err("holds no run, so that nothing could be found to have moved: record it again".to_owned());
        }
        let again = |(i, pinned): (usize, &Pinned)| self.runs[..i].iter().any(|other| other.run == pinned.run);
        match self.runs.iter().enumerate().find(|&run| again(run)) {
            Some((_, pinned)) => Err(format!("holds a run twice: {}; record it again", pinned.run)),
            None => Ok(()),
        }
    }

    /// Reads a file back; errors say in words what is wrong with it.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        let baseline: Self = Document::Baseline.read(bytes)?;
        baseline.check_runs()?;
        Ok(baseline)
    }
}

/// The letter of a site in answers, by its place in a list of names.
pub(super) fn letter(place: usize) -> char {
    let letters = ('a'..='z').chain('A'..='Z');
    letters.into_iter().nth(place).unwrap_or('?')
}

impl std::fmt::Display for RunName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let NetworkRecord { source, shape, weights, .. } = &self.victim;
        let polish = if self.polish { " polish" } else { "" };
        let victim = shown(&format!("{source} {shape} {weights}"));
        write!(f, "{victim}, seed {}, {}{polish}", self.seed, shown(&self.strategy))
    }
}
