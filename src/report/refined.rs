//! What refined the rounded run's network: rounds of polish, and weights of few bits.

use super::SpreadRecord;
use super::words::{grouped, magnitude, table, trimmed};
use crate::compare::{Equality, PolishRound};
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
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SnapRecord {
    /// The kind of float that fits; `null` where none does.
    pub kind: Option<String>,
    /// Whether the network of such floats is the victim on all of ℝ^d; `null` without one.
    pub equivalent: Option<bool>,
    /// The outcome in one sentence.
    pub verdict: String,
}

/// What came of snapping, for a report.
#[derive(Clone, Debug)]
pub enum Snap {
    /// The run stopped before it had a network.
    Nothing,
    /// A network of such floats on ℝ^d for these inputs, compared with the victim in ℚ.
    Found {
        /// Name of the kind of float.
        kind: &'static str,
        /// Weights that answers do not tell from zero, and that the victim shows to be zero.
        zeros: usize,
        /// Whether it is the victim.
        equality: Equality,
        /// Number of inputs.
        inputs: usize,
    },
    /// No kind asked for fits: each with the reason.
    Off(Vec<String>),
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
    pub(super) fn new(snap: &Snap) -> Self {
        let (kind, equivalent, verdict) = match snap {
            Snap::Nothing => (None, None, "Nothing to snap: the run stopped.".to_owned()),
            Snap::Off(reasons) => (None, None, format!("Not snapped ({}).", reasons.join("; "))),
            Snap::Found { kind, zeros, equality, inputs } => {
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
                (Some((*kind).to_owned()), Some(*equality == Equality::Equal), verdict)
            }
        };
        Self { kind, equivalent, verdict }
    }
}

/// The rounds as a table, with what each gained.
pub(super) fn polish(rounds: &[PolishRecord]) -> String {
    let header = ["polish", "rows", "queries", "median error", "worst error", "gain", "predicted median", "worst"];
    let mut rows = table(&header);
    let mut before: Option<f64> = None;
    for (index, round) in rounds.iter().enumerate() {
        let name = if index == 0 { "before".to_owned() } else { format!("round {index}") };
        let median = round.error_log2.as_ref().map(|error| error.median.0);
        let gain = before.zip(median).map(|(before, after)| format!("{:.1} bits", before - after));
        before = median;
        let of = |spread: &Option<SpreadRecord>, worst: bool| {
            magnitude(spread.as_ref().map(|s| if worst { &s.max } else { &s.median }))
        };
        rows.add_row([
            name,
            grouped(round.measured as u64),
            grouped(round.queries),
            of(&round.error_log2, false),
            of(&round.error_log2, true),
            gain.unwrap_or("—".to_owned()),
            of(&round.predicted_log2, false),
            of(&round.predicted_log2, true),
        ]);
    }
    let end = match rounds.len() {
        0 | 1 => "No row gains a bit by being measured again.\n",
        _ => "No row gains another bit by being measured again.\n",
    };
    trimmed(&rows) + "\n" + end
}
