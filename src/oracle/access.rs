//! Access levels: how much of an answer an oracle shows.

use std::fmt;
use std::str::FromStr;

/// How much of an answer an oracle shows.
///
/// Scores are the softmax of the logits; of a single output, the logistic function of it. A label is the first of the
/// largest logits; of a single output, 1 where it is positive and 0 elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Access {
    /// The label.
    Label,
    /// The label and its score.
    LabelScore,
    /// The labels of the so many largest scores, with those scores.
    TopScores(usize),
    /// The labels of the so many largest logits, with those logits.
    TopLogits(usize),
    /// All scores.
    Scores,
    /// All logits.
    Logits,
}

/// An access level that does not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("access '{0}' does not parse: write label, label-score, topk:K, topk-logits:K, scores or logits")]
pub struct UnknownAccess(pub String);

impl FromStr for Access {
    type Err = UnknownAccess;

    fn from_str(text: &str) -> Result<Self, UnknownAccess> {
        let unknown = || UnknownAccess(text.to_owned());
        let count = |k: &str| k.parse().ok().filter(|&k: &usize| k > 0).ok_or_else(unknown);
        Ok(match text.split_once(':') {
            Some(("topk", k)) => Self::TopScores(count(k)?),
            Some(("topk-logits", k)) => Self::TopLogits(count(k)?),
            Some(_) => return Err(unknown()),
            None => match text {
                "label" => Self::Label,
                "label-score" => Self::LabelScore,
                "scores" => Self::Scores,
                "logits" => Self::Logits,
                _ => return Err(unknown()),
            },
        })
    }
}

/// `label`, `label-score`, `topk:3`, `topk-logits:3`, `scores` or `logits`: what [`FromStr`] reads.
impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Label => f.write_str("label"),
            Self::LabelScore => f.write_str("label-score"),
            Self::TopScores(count) => write!(f, "topk:{count}"),
            Self::TopLogits(count) => write!(f, "topk-logits:{count}"),
            Self::Scores => f.write_str("scores"),
            Self::Logits => f.write_str("logits"),
        }
    }
}

impl Access {
    /// Whether an oracle of so many outputs can show this: at least one label of a top-k, and no more than there are.
    ///
    /// A single output has no top-k: its labels are two, and it has one number.
    pub fn suits(self, outputs: usize) -> bool {
        match self {
            Self::TopScores(count) | Self::TopLogits(count) => outputs > 1 && (1..=outputs).contains(&count),
            Self::Label | Self::LabelScore | Self::Scores | Self::Logits => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_go_to_and_fro() {
        for name in ["label", "label-score", "topk:3", "topk-logits:2", "scores", "logits"] {
            assert_eq!(name.parse::<Access>().unwrap().to_string(), name);
        }
        for wrong in ["topk", "topk:0", "topk:-1", "topk-logits", "topk-logits:x", "labels", "scores:2", ""] {
            assert_eq!(wrong.parse::<Access>(), Err(UnknownAccess(wrong.to_owned())), "{wrong}");
        }
    }

    #[test]
    fn a_top_k_has_labels_to_choose_from() {
        assert!(Access::TopScores(4).suits(4) && !Access::TopScores(5).suits(4) && !Access::TopLogits(0).suits(4));
        assert!(!Access::TopLogits(1).suits(1) && Access::LabelScore.suits(1));
    }
}
