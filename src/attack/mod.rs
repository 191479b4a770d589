//! The attack: from answers to a network, generic over the arithmetic.
//!
//! A stage is a function of its input, the oracle's answers and the judge's answers;
//! that is its whole contract, and it makes a run replayable in another arithmetic.

mod run;
pub mod snap;
pub mod stages;
pub mod textbook;
pub mod walk;

pub use run::{Error, Options, Outcome, Run};

use crate::judge::Policy;
use crate::linalg::Solve;
use crate::oracle::Oracle;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a network with one hidden layer is extracted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Strategy {
    /// Second differences at critical points.
    Textbook,
    /// Gradients on either side of critical points.
    #[default]
    Walk,
}

impl Strategy {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Textbook, Self::Walk];

    /// The one of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|strategy| strategy.name() == name)
    }

    /// Name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Textbook => "textbook",
            Self::Walk => "walk",
        }
    }

    /// Runs it.
    pub fn extract<S: Solve>(
        self,
        context: S::Context,
        oracle: &mut Oracle<S>,
        policy: Policy,
        options: Options,
    ) -> Outcome<S> {
        match self {
            Self::Textbook => textbook::extract(context, oracle, policy, options),
            Self::Walk => walk::extract(context, oracle, policy, options),
        }
    }
}
