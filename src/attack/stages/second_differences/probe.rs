//! Second differences: `f(x + s) + f(x − s) − 2·f(x)` along axes and sums of two axes.

use crate::attack::{Error, Run};
use crate::num::{Dyadic, Num, Scalar};
use crate::oracle::{Batch, Probe};

/// A direction along one axis, or along the sum of two, with its step `2^exponent`.
#[derive(Clone, Copy)]
pub struct Direction {
    /// The axis.
    pub axis: usize,
    /// The other axis of a sum.
    pub with: Option<usize>,
    /// `log2` of the step.
    pub step: i32,
}

/// Second differences around one center, two queries a direction.
///
/// `center`: `[inputs]`, `answer`: the oracle's answer there, `[outputs]`. Result: one
/// `[outputs]` a direction. At a point where unit `i` alone changes sign within the step,
/// and its pre-activation is zero, this is `step·|w_i·direction|` times its output weights.
///
/// Exact in ℚ. Source: Jagielski et al. (2020), weight recovery; theorem `SecondDifference.second_difference`.
pub(super) fn second_differences<S: Scalar>(
    run: &mut Run<'_, S>,
    center: &[Num<S>],
    answer: &[Num<S>],
    directions: &[Direction],
) -> Result<Vec<Vec<Num<S>>>, Error> {
    let probes = probes(center, directions, run.context);
    let answers = run.ask(&Batch::Probes { center, probes: &probes })?;
    Ok(differences(&answers, answer))
}

/// A point to either side of the center for each direction.
pub fn probes<S: Scalar>(center: &[Num<S>], directions: &[Direction], context: S::Context) -> Vec<Probe<S>> {
    let mut probes: Vec<Probe<S>> = Vec::with_capacity(2 * directions.len());
    for direction in directions {
        let step = Dyadic::power(direction.step).lift::<S>(context);
        let axes = || std::iter::once(direction.axis).chain(direction.with);
        probes.push(axes().map(|j| (j, &center[j] + &step)).collect());
        probes.push(axes().map(|j| (j, &center[j] - &step)).collect());
    }
    probes
}

/// The second differences of pairs of answers around the answer at the center.
pub fn differences<S: Scalar>(answers: &[Vec<Num<S>>], answer: &[Num<S>]) -> Vec<Vec<Num<S>>> {
    // Each side's own difference first: near answers subtract without rounding.
    let differences = answers.chunks_exact(2).map(|pair| {
        let sides = pair[0].iter().zip(&pair[1]).zip(answer);
        sides.map(|((plus, minus), here)| &(plus - here) + &(minus - here)).collect()
    });
    differences.collect()
}
