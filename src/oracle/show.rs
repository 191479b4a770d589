//! A victim that shows less than its logits.

use super::{Access, Answer, Batch, Failure, Observation};
use crate::net::label;
use crate::num::{Num, Rational, Scalar};

/// An oracle of which no more is seen than its access level shows.
///
/// Which label is largest is decided exactly. Scores are computed from the logits, each rounded to `f64`, in `f64`.
pub struct Show<S: Scalar> {
    victim: Box<dyn Answer<S>>,
    access: Access,
    context: S::Context,
}

impl<S: Scalar> Show<S> {
    /// The victim behind an access level.
    ///
    /// `context`: of the attacker's arithmetic, which scores are lifted into.
    pub fn new(victim: Box<dyn Answer<S>>, access: Access, context: S::Context) -> Self {
        Self { victim, access, context }
    }

    /// What is left of an answer.
    fn shown(&self, question: usize, answer: Observation<S>) -> Result<Observation<S>, Failure> {
        let all = match answer {
            Observation::Logits(all) if self.access != Access::Logits => all,
            same if same.access() == self.access => return Ok(same),
            less => return Err(Failure::Hidden { shows: less.access(), access: self.access }),
        };
        let exact = |(output, y): (usize, &Num<S>)| y.0.exact().ok_or(Failure::NotFinite { question, output });
        let logits = all.iter().enumerate().map(exact).collect::<Result<Vec<Rational>, Failure>>()?;
        // Ties go to the first.
        let first = label(&logits).first().copied().unwrap_or_default();
        let scores = || scores(&logits).into_iter().map(|p| Num::lift(p, self.context)).collect::<Vec<_>>();
        Ok(match self.access {
            Access::Label => Observation::Label(first),
            Access::LabelScore => Observation::LabelScore(first, scores().swap_remove(first)),
            Access::TopScores(count) => Observation::TopScores(top(&logits, &scores(), count)),
            Access::TopLogits(count) => Observation::TopLogits(top(&logits, &all, count)),
            // The score of a single output is that of its second class.
            Access::Scores => Observation::Scores(scores().split_off(usize::from(logits.len() == 1))),
            Access::Logits => Observation::Logits(all),
        })
    }
}

/// The labels of the largest logits with these numbers of theirs, ties in the order of the outputs.
fn top<T: Clone>(logits: &[Rational], numbers: &[T], count: usize) -> Vec<(usize, T)> {
    let mut order: Vec<usize> = (0..logits.len()).collect();
    order.sort_by(|&a, &b| logits[b].cmp(&logits[a]));
    order.into_iter().take(count).map(|o| (o, numbers[o].clone())).collect()
}

/// Softmax of the logits, `[outputs]`; of a single output, one against 0, `[2]`.
fn scores(logits: &[Rational]) -> Vec<f64> {
    match &logits.iter().map(|z| f64::nearest(z, ())).collect::<Vec<f64>>()[..] {
        [one] => softmax(&[0.0, *one]),
        all => softmax(all),
    }
}

/// `exp(z_i) / Σ exp(z_j)`, from the largest down, so that nothing overflows; `libm`, the same on every platform.
pub fn softmax(logits: &[f64]) -> Vec<f64> {
    let top = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let shares: Vec<f64> = logits.iter().map(|z| libm::exp(z - top)).collect();
    let sum: f64 = shares.iter().sum();
    shares.into_iter().map(|share| share / sum).collect()
}

impl<S: Scalar> Answer<S> for Show<S> {
    fn inputs(&self) -> usize {
        self.victim.inputs()
    }

    fn outputs(&self) -> usize {
        self.victim.outputs()
    }

    fn access(&self) -> Access {
        self.access
    }

    /// Errors: [`Failure::Unsuited`] of a top-k of more labels than there are, [`Failure::Hidden`] where the victim
    /// shows less, [`Failure::NotFinite`] where a label or a score cannot be told.
    fn answer(&self, batch: &Batch<'_, S>) -> Result<Vec<Observation<S>>, Failure> {
        let (access, outputs) = (self.access, self.outputs());
        if !access.suits(outputs) {
            return Err(Failure::Unsuited { access, outputs });
        }
        let answers = self.victim.answer(batch)?.into_iter().enumerate();
        answers.map(|(question, answer)| self.shown(question, answer)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::Function;

    /// Observed at one question whose logits are these.
    fn observed(logits: &[f64], access: Access) -> Result<Observation<f64>, Failure> {
        let answer = logits.to_vec();
        let victim = Function::new(1, logits.len(), move |_: &[Vec<f64>]| Ok(vec![answer.clone()]));
        let shown = Show::new(Box::new(victim), access, ()).answer(&Batch::Points(&[vec![Num(0.0)]]))?.swap_remove(0);
        assert_eq!(shown.check(0, access, logits.len()), Ok(()));
        Ok(shown)
    }

    /// Logits whose scores are 1/8, 1/2, 1/4, 1/8.
    #[test]
    fn each_level_shows_its_part() {
        let logits = [1.0, 4.0, 2.0, 1.0].map(libm::log);
        let shown = |access| {
            let shown = observed(&logits, access).unwrap();
            let number = |y: &f64| (y * 1e12).round() / 1e12;
            (shown.labels(), shown.numbers().into_iter().map(number).collect::<Vec<_>>())
        };
        assert_eq!(shown(Access::Label), (vec![1], vec![]));
        assert_eq!(shown(Access::LabelScore), (vec![1], vec![0.5]));
        assert_eq!(shown(Access::TopScores(3)), (vec![1, 2, 0], vec![0.5, 0.25, 0.125]));
        assert_eq!(shown(Access::Scores), (vec![], vec![0.125, 0.5, 0.25, 0.125]));
        let round = |z: f64| (z * 1e12).round() / 1e12;
        assert_eq!(shown(Access::TopLogits(2)), (vec![1, 2], vec![round(logits[1]), round(logits[2])]));
        assert_eq!(shown(Access::Logits).1, logits.map(round));
    }

    #[test]
    fn ranks_are_exact_and_ties_go_to_the_first() {
        // Neighbouring logits, of which the scores are the same number.
        let logits = [1.0, 1f64.next_up(), 1f64.next_up()];
        assert_eq!(observed(&logits, Access::Label).unwrap().labels(), [1]);
        assert_eq!(observed(&logits, Access::TopScores(3)).unwrap().labels(), [1, 2, 0]);
    }

    #[test]
    fn a_single_output_is_two_classes() {
        let at = |logit: f64, access| {
            let shown = observed(&[logit], access).unwrap();
            (shown.labels(), shown.numbers().into_iter().copied().collect::<Vec<_>>())
        };
        let quarter = -libm::log(3.0);
        for (logit, label) in [(quarter, 0), (0.0, 0), (-quarter, 1)] {
            assert_eq!(at(logit, Access::Label).0, [label]);
        }
        let near = |found: (Vec<usize>, Vec<f64>), labels: &[usize], score: f64| {
            assert!(found.0 == labels && (found.1[0] - score).abs() < 2f64.powi(-40), "{found:?}");
        };
        near(at(quarter, Access::LabelScore), &[0], 0.75);
        near(at(quarter, Access::Scores), &[], 0.25);
    }

    #[test]
    fn what_cannot_be_shown_is_said() {
        let failed = |logits: &[f64], access| observed(logits, access).unwrap_err();
        assert_eq!(
            failed(&[1.0, 2.0], Access::TopScores(3)),
            Failure::Unsuited { access: Access::TopScores(3), outputs: 2 }
        );
        assert_eq!(
            failed(&[1.0], Access::TopLogits(1)),
            Failure::Unsuited { access: Access::TopLogits(1), outputs: 1 }
        );
        let labels =
            Show::new(Box::new(Function::new(1, 2, |_: &[Vec<f64>]| Ok(vec![vec![1.0, 2.0]]))), Access::Label, ());
        let more = Show::new(Box::new(labels), Access::Scores, ()).answer(&Batch::Points(&[vec![Num(0.0)]]));
        assert_eq!(more.unwrap_err(), Failure::Hidden { shows: Access::Label, access: Access::Scores });
    }
}
