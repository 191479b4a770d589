//! A black box: a function of points, of which nothing but its answers is known.

use super::{Access, Answer, Batch, Failure, Observation};
use crate::num::Num;

/// Answers of a function of many points, each `[inputs]`, in `f64`.
///
/// The function gives one answer a point, or says why it cannot. Structured batches are expanded to points.
pub struct Function<F> {
    inputs: usize,
    outputs: usize,
    access: Access,
    function: F,
}

type Answers<T> = Result<Vec<T>, String>;

impl Function<()> {
    /// The oracle of a function that gives logits, `[outputs]` a point.
    pub fn new<F>(
        inputs: usize,
        outputs: usize,
        function: F,
    ) -> Function<impl Fn(&[Vec<f64>]) -> Answers<Observation<f64>>>
    where
        F: Fn(&[Vec<f64>]) -> Answers<Vec<f64>>,
    {
        let logits = |answer: Vec<f64>| Observation::Logits(answer.into_iter().map(Num).collect());
        let function =
            move |points: &[Vec<f64>]| Ok(function(points)?.into_iter().map(logits).collect::<Vec<Observation<f64>>>());
        Function::showing(inputs, outputs, Access::Logits, function)
    }

    /// The oracle of a function that gives what this access level shows.
    pub fn showing<F>(inputs: usize, outputs: usize, access: Access, function: F) -> Function<F>
    where
        F: Fn(&[Vec<f64>]) -> Answers<Observation<f64>>,
    {
        Function { inputs, outputs, access, function }
    }
}

impl<F> Answer<f64> for Function<F>
where
    F: Fn(&[Vec<f64>]) -> Answers<Observation<f64>> + Send + Sync,
{
    fn inputs(&self) -> usize {
        self.inputs
    }

    fn outputs(&self) -> usize {
        self.outputs
    }

    fn access(&self) -> Access {
        self.access
    }

    /// Errors: [`Failure::Gone`] with what the function says, [`Failure::NotFinite`].
    fn answer(&self, batch: &Batch<'_, f64>) -> Result<Vec<Observation<f64>>, Failure> {
        let plain = |point: Vec<Num<f64>>| point.into_iter().map(|x| x.0).collect::<Vec<f64>>();
        let points: Vec<Vec<f64>> = (0..batch.len()).map(|i| plain(batch.point(i))).collect();
        let answers = (self.function)(&points).map_err(Failure::Gone)?;
        for (question, answer) in answers.iter().enumerate() {
            if let Some(output) = answer.numbers().iter().position(|y| !y.is_finite()) {
                return Err(Failure::NotFinite { question, output });
            }
        }
        Ok(answers)
    }
}
