//! Why a study is not carried out.

use crate::attack::Strategy;
use crate::experiment::{self, Arithmetic};
use crate::net::Family;

/// Why a study is not carried out. The message says what to ask for instead.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// The rounded run contradicts itself.
    #[error(transparent)]
    Experiment(#[from] experiment::Error),
    /// There is nothing to attribute.
    #[error(
        "the attribution compares exact with rounded answers: let the victim answer in f32 or f64, or round answers"
    )]
    NothingRounds,
    /// Bounds are on the questions that were asked.
    #[error("certified bounds take questions as they were asked: leave the rounding of questions out")]
    QuestionsRounded,
    /// There are no bounds for this attacker.
    #[error("certified bounds are on an attacker in f64 or exact arithmetic, not in {attacker}")]
    Unbounded {
        /// Its arithmetic.
        attacker: Arithmetic,
    },
    /// Another strategy than the walk has nothing to refine.
    #[error("polish and snapping refine a walk, not the {}: take the walk", strategy.name())]
    Refined {
        /// The strategy.
        strategy: Strategy,
    },
    /// The search for bits has another aim than snapping.
    #[error(
        "the search for answer bits is about complete extraction, not about weights bit for bit: leave snapping out, or \
         search with a sweep's frontier"
    )]
    BitsAndSnap,
    /// Something is known of ReLU units alone.
    #[error("{what} is for ReLU networks, and the victim's activation is {activation}")]
    ReluAlone {
        /// What.
        what: &'static str,
        /// The victim's activation.
        activation: Family,
    },
    /// There are no units to find.
    #[error("the victim's activation is the identity: its answers are affine, and show no units")]
    Affine,
    /// An input of the wrong width.
    #[error("input {index} has {found} coordinates, the victim takes {expected}")]
    Inputs {
        /// Its index.
        index: usize,
        /// Its coordinates.
        found: usize,
        /// Those of the victim.
        expected: usize,
    },
}
