//! What refined the rounded run's network: rounds of polish, and weights of few bits.

use super::SpreadRecord;
use crate::compare::{Equality, PolishRound, Snapped};
use crate::study::Snap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Rows before polish, or after a round of it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PolishRecord {
    /// Rows measured again; 0 before the first round.
    pub measured: usize,
    /// Queries of the round.
    pub queries: u64,
    /// Error of a row with its bias; `null` where there is no exact row to compare with.
    pub error_log2: Option<SpreadRecord>,
    /// Error of an entry as the noise model predicts it.
    pub predicted_log2: Option<SpreadRecord>,
}

/// What came of taking weights for floats of few bits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SnapRecord {
    /// The kind of float that fits, where one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Whether the network of such floats is the victim on all of ℝ^d, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub equal: Option<bool>,
    /// The outcome in one sentence.
    pub verdict: String,
}

impl PolishRecord {
    pub(super) fn new(round: &PolishRound) -> Self {
        let PolishRound { measured, queries, error, predicted } = *round;
        Self {
            measured,
            queries,
            error_log2: error.map(SpreadRecord::new),
            predicted_log2: predicted.map(SpreadRecord::new),
        }
    }
}

impl SnapRecord {
    /// Of what snapping gave.
    pub fn new(snap: &Snap) -> Self {
        let (kind, equal, verdict) = match snap {
            Snap::Nothing => (None, None, "Nothing to snap: the run stopped.".to_owned()),
            Snap::Off(reasons) => (None, None, format!("Not snapped ({}).", reasons.join("; "))),
            Snap::Found { grid, snapped: Snapped { network, zeros, equality } } => {
                let (kind, inputs) = (grid.name(), network.shape().inputs);
                let verdict = match equality {
                    Equality::Equal if *zeros > 0 => {
                        let open = match zeros {
                            1 => "1 zero that no answer tells from a small weight is".to_owned(),
                            _ => format!("{zeros} zeros that no answer tells from small weights are"),
                        };
                        format!(
                            "Snapped to {kind}: every weight exactly, up to a power of two and a common factor of each \
                             row; {open} the victim's word. In exact arithmetic the network is the victim on all of \
                             R^{inputs}."
                        )
                    }
                    Equality::Equal => format!(
                        "Snapped to {kind}: every weight exactly, up to a power of two and a common factor of each \
                         row; in exact arithmetic the network is the victim on all of R^{inputs}."
                    ),
                    Equality::Different(what) => format!("Snapped to {kind}, which is not the victim: {what}."),
                    Equality::BackendsDisagree => {
                        format!("Snapped to {kind}; the two exact backends disagree on what that is.")
                    }
                };
                (Some(kind.to_owned()), Some(*equality == Equality::Equal), verdict)
            }
        };
        Self { kind, equal, verdict }
    }
}
