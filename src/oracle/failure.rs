//! Why a victim gave no answers.

use super::Access;

/// Why a victim gave no answers, or none that can be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// The victim said that it cannot answer, or is gone.
    #[error("the oracle failed: {0}")]
    Gone(String),
    /// It gave more or fewer answers than it was asked for.
    #[error("the oracle gave {found} answers to {asked} questions")]
    Count {
        /// Questions.
        asked: usize,
        /// Answers.
        found: usize,
    },
    /// An answer has another length than it should.
    #[error("the oracle's answer to question {question} has {found} numbers, not {expected}")]
    Length {
        /// The question, from 0, in its batch.
        question: usize,
        /// Numbers that its access level shows: of logits as many as there are outputs.
        expected: usize,
        /// Numbers found.
        found: usize,
    },
    /// An answer is infinite or no number.
    #[error("the oracle's answer to question {question} is not finite at output {output}")]
    NotFinite {
        /// The question, from 0, in its batch.
        question: usize,
        /// The output.
        output: usize,
    },
    /// An answer shows something else than the oracle said that it shows.
    #[error("the oracle's answer to question {question} shows {shows}, and the oracle is one that shows {access}")]
    Shown {
        /// The question, from 0, in its batch.
        question: usize,
        /// What the answer shows.
        shows: Access,
        /// What the oracle shows.
        access: Access,
    },
    /// An answer names a label twice, or one that there is not.
    #[error("the oracle's answer to question {question} names label {label}, out of {classes}, again or out of place")]
    Label {
        /// The question, from 0, in its batch.
        question: usize,
        /// The label.
        label: usize,
        /// How many labels there are; the first is 0.
        classes: usize,
    },
    /// No oracle with so many outputs shows that.
    #[error("an oracle with {outputs} outputs cannot show {access}")]
    Unsuited {
        /// What it should show.
        access: Access,
        /// Its outputs.
        outputs: usize,
    },
    /// What should be shown does not follow from what is.
    #[error("the oracle shows {shows}, of which {access} cannot be told")]
    Hidden {
        /// What it shows.
        shows: Access,
        /// What it should show.
        access: Access,
    },
}
