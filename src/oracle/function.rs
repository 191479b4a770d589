//! A black box: a function of points, of which nothing but its answers is known.

use super::{Answer, Batch, Failure};
use crate::num::Num;

/// Answers of a function of many points, each `[inputs]`, in `f64`.
///
/// The function gives one `[outputs]` a point, or says why it cannot. Structured batches are expanded to points.
pub struct Function<F> {
    inputs: usize,
    outputs: usize,
    function: F,
}

impl<F> Function<F>
where
    F: Fn(&[Vec<f64>]) -> Result<Vec<Vec<f64>>, String> + Send + Sync,
{
    /// The oracle of a function with so many inputs and outputs.
    pub fn new(inputs: usize, outputs: usize, function: F) -> Self {
        Self { inputs, outputs, function }
    }
}

impl<F> Answer<f64> for Function<F>
where
    F: Fn(&[Vec<f64>]) -> Result<Vec<Vec<f64>>, String> + Send + Sync,
{
    fn inputs(&self) -> usize {
        self.inputs
    }

    fn outputs(&self) -> usize {
        self.outputs
    }

    /// Errors: [`Failure::Gone`] with what the function says, [`Failure::NotFinite`].
    fn answer(&self, batch: &Batch<'_, f64>) -> Result<Vec<Vec<Num<f64>>>, Failure> {
        let plain = |point: Vec<Num<f64>>| point.into_iter().map(|x| x.0).collect::<Vec<f64>>();
        let points: Vec<Vec<f64>> = (0..batch.len()).map(|i| plain(batch.point(i))).collect();
        let answers = (self.function)(&points).map_err(Failure::Gone)?;
        for (question, answer) in answers.iter().enumerate() {
            if let Some(output) = answer.iter().position(|y| !y.is_finite()) {
                return Err(Failure::NotFinite { question, output });
            }
        }
        Ok(answers.into_iter().map(|answer| answer.into_iter().map(Num).collect()).collect())
    }
}
