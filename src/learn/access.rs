//! What an oracle says to a query, from logits down to a label.

use super::Error;
use std::fmt;
use std::str::FromStr;

/// How much of an answer the attacker sees. Each level can be computed from the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// The label.
    Label,
    /// The label and its score.
    LabelScore,
    /// The largest scores, with their labels.
    TopK(usize),
    /// All scores.
    Scores,
    /// The logits.
    Logits,
}

impl FromStr for Access {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Ok(match text {
            "label" => Self::Label,
            "label-score" => Self::LabelScore,
            "scores" => Self::Scores,
            "logits" => Self::Logits,
            _ => {
                let count = text.strip_prefix("topk:").and_then(|k| k.parse().ok()).filter(|&k: &usize| k > 0);
                Self::TopK(count.ok_or_else(|| Error::Access(text.to_owned()))?)
            }
        })
    }
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Label => f.write_str("label"),
            Self::LabelScore => f.write_str("label-score"),
            Self::TopK(count) => write!(f, "topk:{count}"),
            Self::Scores => f.write_str("scores"),
            Self::Logits => f.write_str("logits"),
        }
    }
}

impl Access {
    /// Errors where `what` needs logits and does not get them.
    pub fn expect_logits(self, what: &'static str) -> Result<(), Error> {
        match self {
            Self::Logits => Ok(()),
            _ => Err(Error::TooLittle { what, needs: "the logits", access: self.to_string(), choose: "logits" }),
        }
    }

    /// Errors where this level cannot be had of so many classes, or a temperature has no scores to work on.
    pub fn checked(self, classes: usize, temperature: f64) -> Result<Self, Error> {
        match self {
            Self::TopK(asked) if asked > classes => Err(Error::TopK { asked, classes }),
            Self::Label if temperature != 1.0 => Err(Error::TooLittle {
                what: "--temperature",
                needs: "scores to soften",
                access: self.to_string(),
                choose: "label-score, topk:K, scores or logits",
            }),
            _ => Ok(self),
        }
    }

    /// What a student is trained on: a distribution over the classes, made of what this level shows.
    ///
    /// Scores are the softmax of the logits. Those that are not shown share what is left of 1 alike.
    /// `temperature`: each score is raised to `1/T`, and their sum brought back to 1, as in
    /// distillation (Hinton, Vinyals, Dean 2015). The label is the first of the largest logits.
    pub fn target(self, logits: &[f64], temperature: f64) -> Vec<f64> {
        let scores = softmax(logits);
        let shown = match self {
            Self::Label => {
                let mut target = vec![0.0; logits.len()];
                target[first_largest(logits)] = 1.0;
                return target;
            }
            Self::LabelScore => 1,
            Self::TopK(count) => count,
            Self::Scores | Self::Logits => logits.len(),
        };
        let mut order: Vec<usize> = (0..scores.len()).collect();
        order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
        let (seen, hidden) = order.split_at(shown.min(order.len()));
        let left = (1.0 - seen.iter().map(|&i| scores[i]).sum::<f64>()).max(0.0);
        let mut target = scores.clone();
        hidden.iter().for_each(|&i| target[i] = left / hidden.len() as f64);
        if temperature != 1.0 {
            target.iter_mut().for_each(|p| *p = libm::pow(*p, 1.0 / temperature));
            let sum: f64 = target.iter().sum();
            target.iter_mut().for_each(|p| *p /= sum);
        }
        target
    }
}

/// `exp(z_i) / Σ exp(z_j)`, from the largest down, so that nothing overflows.
fn softmax(logits: &[f64]) -> Vec<f64> {
    let top = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let shares: Vec<f64> = logits.iter().map(|z| libm::exp(z - top)).collect();
    let sum: f64 = shares.iter().sum();
    shares.into_iter().map(|share| share / sum).collect()
}

/// The index of the first largest.
pub(super) fn first_largest(values: &[f64]) -> usize {
    (1..values.len()).fold(0, |best, i| if values[i] > values[best] { i } else { best })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Logits whose scores are 1/2, 1/8, 1/4, 1/8.
    fn logits() -> Vec<f64> {
        [4.0, 1.0, 2.0, 1.0].map(libm::log).to_vec()
    }

    fn target(access: &str, temperature: f64) -> Vec<f64> {
        let target = access.parse::<Access>().unwrap().target(&logits(), temperature);
        target.into_iter().map(|p| (p * 1e12).round() / 1e12).collect()
    }

    #[test]
    fn each_level_shows_more() {
        assert_eq!(target("label", 1.0), [1.0, 0.0, 0.0, 0.0]);
        let sixth = (1e12_f64 / 6.0).round() / 1e12;
        assert_eq!(target("label-score", 1.0), [0.5, sixth, sixth, sixth]);
        assert_eq!(target("topk:1", 1.0), target("label-score", 1.0));
        assert_eq!(target("topk:2", 1.0), [0.5, 0.125, 0.25, 0.125]);
        for all in ["topk:4", "scores", "logits"] {
            assert_eq!(target(all, 1.0), [0.5, 0.125, 0.25, 0.125]);
        }
    }

    #[test]
    fn a_temperature_softens() {
        // 1/2, 1/8, 1/4, 1/8 to the power of 1/2: 2, 1, √2, 1 over √8.
        let sum = 4.0 + 2f64.sqrt();
        let expected = [2.0, 1.0, 2f64.sqrt(), 1.0].map(|p| (p / sum * 1e12).round() / 1e12);
        assert_eq!(target("scores", 2.0), expected);
    }

    #[test]
    fn ties_go_to_the_first() {
        assert_eq!(Access::Label.target(&[0.0, 3.0, 3.0], 1.0), [0.0, 1.0, 0.0]);
    }

    #[test]
    fn what_is_refused() {
        for wrong in ["topk", "topk:0", "topk:-1", "labels", ""] {
            assert!(wrong.parse::<Access>().is_err(), "{wrong}");
        }
        for name in ["label", "label-score", "topk:3", "scores", "logits"] {
            assert_eq!(name.parse::<Access>().unwrap().to_string(), name);
        }
        assert!(Access::TopK(5).checked(4, 1.0).is_err() && Access::TopK(4).checked(4, 1.0).is_ok());
        let said = Access::Label.checked(4, 2.0).unwrap_err().to_string();
        assert_eq!(
            said,
            "--temperature needs scores to soften; --access label does not give it: \
             choose --access label-score, topk:K, scores or logits"
        );
        assert!(Access::Scores.expect_logits("direct recovery").is_err());
    }
}
