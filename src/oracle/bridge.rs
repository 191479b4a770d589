//! A bridge between two arithmetics: questions are converted on the way in, answers on the way out.

use super::{Access, Answer, Batch, Failure, Observation, Probe};
use crate::num::{Num, Scalar};

/// An oracle in `V` for an attacker in `S`.
///
/// A point is what the attacker's arithmetic makes it (a line is expanded there); each
/// coordinate is then converted by `question`, and each number of an answer by `answer`. Lifting `f64`
/// to ℚ is exact, so an exact victim answers at the very point that a rounded attacker
/// computed, and its answer is rounded once.
pub struct Bridge<S: Scalar, V: Scalar> {
    victim: Box<dyn Answer<V>>,
    question: Box<dyn Fn(&S) -> V + Send + Sync>,
    answer: Box<dyn Fn(&V) -> S + Send + Sync>,
}

impl<S: Scalar, V: Scalar> Bridge<S, V> {
    /// A bridge with these conversions.
    pub fn new(
        victim: Box<dyn Answer<V>>,
        question: impl Fn(&S) -> V + Send + Sync + 'static,
        answer: impl Fn(&V) -> S + Send + Sync + 'static,
    ) -> Self {
        Self { victim, question: Box::new(question), answer: Box::new(answer) }
    }

    fn across(&self, point: &[Num<S>]) -> Vec<Num<V>> {
        point.iter().map(|x| Num((self.question)(&x.0))).collect()
    }
}

impl<S: Scalar, V: Scalar> Answer<S> for Bridge<S, V> {
    fn inputs(&self) -> usize {
        self.victim.inputs()
    }

    fn outputs(&self) -> usize {
        self.victim.outputs()
    }

    fn access(&self) -> Access {
        self.victim.access()
    }

    fn answer(&self, batch: &Batch<'_, S>) -> Result<Vec<Observation<S>>, Failure> {
        let answers = match batch {
            Batch::Probes { center, probes } => {
                let change = |(j, x): &(usize, Num<S>)| (*j, Num((self.question)(&x.0)));
                let probes: Vec<Probe<V>> = probes.iter().map(|probe| probe.iter().map(change).collect()).collect();
                self.victim.answer(&Batch::Probes { center: &self.across(center), probes: &probes })?
            }
            Batch::Points(_) | Batch::Line { .. } => {
                let points: Vec<Vec<Num<V>>> = (0..batch.len()).map(|i| self.across(&batch.point(i))).collect();
                self.victim.answer(&Batch::Points(&points))?
            }
        };
        Ok(answers.into_iter().map(|shown| shown.map(|y| (self.answer)(&y))).collect())
    }
}
