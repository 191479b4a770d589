//! What a student is trained on: a distribution over the classes, made of what an oracle showed.

use crate::oracle::{Observation, softmax};

/// The distribution that an answer stands for, `[classes]`.
///
/// Of a label all is on it. Scores that are not shown share what is left of 1 alike. Of logits, all of them or the
/// largest, the scores are their softmax, those of logits that are not shown being 0.
/// `temperature`: each score is raised to `1/T`, and their sum brought back to 1, as in distillation (Hinton, Vinyals,
/// Dean 2015); a label stays what it is.
pub fn target(shown: &Observation<f64>, classes: usize, temperature: f64) -> Vec<f64> {
    let mut target = vec![0.0; classes];
    let scores: Vec<(usize, f64)> = match shown {
        Observation::Label(label) => {
            target[*label] = 1.0;
            return target;
        }
        Observation::LabelScore(label, score) => vec![(*label, score.0)],
        Observation::TopScores(top) => top.iter().map(|(label, score)| (*label, score.0)).collect(),
        Observation::Scores(all) => all.iter().map(|score| score.0).enumerate().collect(),
        Observation::TopLogits(top) => {
            let (labels, logits): (Vec<usize>, Vec<f64>) = top.iter().map(|(label, z)| (*label, z.0)).unzip();
            labels.into_iter().zip(softmax(&logits)).collect()
        }
        Observation::Logits(all) => {
            softmax(&all.iter().map(|z| z.0).collect::<Vec<f64>>()).into_iter().enumerate().collect()
        }
    };
    let left = (1.0 - scores.iter().map(|(_, score)| score).sum::<f64>()).max(0.0);
    let hidden = classes - scores.len();
    target.fill(left / hidden.max(1) as f64);
    scores.into_iter().for_each(|(label, score)| target[label] = score);
    if temperature != 1.0 {
        target.iter_mut().for_each(|p| *p = libm::pow(*p, 1.0 / temperature));
        let sum: f64 = target.iter().sum();
        target.iter_mut().for_each(|p| *p /= sum);
    }
    target
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::num::Num;
    use crate::oracle::{Access, Answer, Batch, Function, Show};

    /// Of logits whose scores are 1/2, 1/8, 1/4, 1/8.
    fn of(access: &str, temperature: f64) -> Vec<f64> {
        let logits = [4.0, 1.0, 2.0, 1.0].map(libm::log).to_vec();
        let victim = Function::new(1, 4, move |_: &[Vec<f64>]| Ok(vec![logits.clone()]));
        let victim = Show::new(Box::new(victim), access.parse::<Access>().unwrap(), ());
        let shown = victim.answer(&Batch::Points(&[vec![Num(0.0)]])).unwrap();
        target(&shown[0], 4, temperature).into_iter().map(|p| (p * 1e12).round() / 1e12).collect()
    }

    #[test]
    fn each_level_shows_more() {
        assert_eq!(of("label", 1.0), [1.0, 0.0, 0.0, 0.0]);
        let sixth = (1e12_f64 / 6.0).round() / 1e12;
        assert_eq!(of("label-score", 1.0), [0.5, sixth, sixth, sixth]);
        assert_eq!(of("topk:1", 1.0), of("label-score", 1.0));
        assert_eq!(of("topk:2", 1.0), [0.5, 0.125, 0.25, 0.125]);
        for all in ["topk:4", "topk-logits:4", "scores", "logits"] {
            assert_eq!(of(all, 1.0), [0.5, 0.125, 0.25, 0.125]);
        }
        let thirds = [2.0_f64, 0.0, 1.0, 0.0].map(|p| (p / 3.0 * 1e12).round() / 1e12);
        assert_eq!(of("topk-logits:2", 1.0), thirds);
    }

    #[test]
    fn a_temperature_softens() {
        // 1/2, 1/8, 1/4, 1/8 to the power of 1/2: 2, 1, √2, 1 over √8.
        let sum = 4.0 + 2f64.sqrt();
        let expected = [2.0, 1.0, 2f64.sqrt(), 1.0].map(|p| (p / sum * 1e12).round() / 1e12);
        assert_eq!(of("scores", 2.0), expected);
        assert_eq!(of("label", 2.0), of("label", 1.0));
    }
}
