//! The check of a whole network against fresh answers.

use super::locate::FAR;
use crate::attack::{Error, Run};
use crate::judge::{Item, Site, Stage};
use crate::linalg::{Matrix, Solve};
use crate::net::{Draw, Shallow};
use crate::num::{Dyadic, Num, Scalar};
use crate::oracle::Batch;

/// Pairs of fresh points that the recovered network is checked at.
const CHECKS: usize = 8;
/// More of them, as far out as kinks can be, on an exact path.
const FAR_CHECKS: usize = 2;
/// `2^−SHARED` of the terms of all units, active or not, counts for the check: where none is active and
/// no bias is there nothing else is left of an answer, and the rows' error still moves their kinks.
const SHARED: i32 = 6;
/// Bits of a random coordinate.
const DRAW_BITS: u32 = 20;

/// Checks a network against fresh answers, and puts it into the trace with what that found.
///
/// Returns the first answer that the network does not give, as [`mismatch`] does.
pub(in crate::attack) fn checked<S: Solve>(
    run: &mut Run<'_, S>,
    network: Shallow<Num<S>>,
) -> Result<Option<Error>, Error> {
    run.enter(Stage::Check);
    let found = mismatch(run, &network)?;
    if let Some(last) = run.trace.last_layers.last_mut() {
        (last.network, last.agrees) = (Some(network), Some(found.is_none()));
    }
    Ok(found)
}

/// Ends a run with this network: [`checked`], where a network that does not give an answer is an error.
pub(in crate::attack) fn verified<S: Solve>(run: &mut Run<'_, S>, network: Shallow<Num<S>>) -> Result<(), Error> {
    checked(run, network)?.map_or(Ok(()), Err)
}

/// Random dyadic points, `[count]` of `[inputs]`, the same in every arithmetic for one seed and stream.
pub(in crate::attack) fn random_points<S: Scalar>(
    run: &Run<'_, S>,
    stream: &'static str,
    count: usize,
) -> Vec<Vec<Num<S>>> {
    let mut draw = Draw::new(run.options.seed, stream);
    let mut point = || (0..run.inputs()).map(|_| run.lift(draw.dyadic(DRAW_BITS))).collect();
    (0..count).map(|_| point()).collect()
}

/// Compares the network with fresh answers in pairs of opposite points, near the origin and
/// as far out as `2^35`; on an exact path as far as kinks can be.
///
/// Far out, two opposite points lie on different sides of every hyperplane, so that a
/// missing one shows at one of them.
///
/// Returns the first answer that the network does not give, as [`Error::Degenerate`]. In ℚ
/// it proves that something of the function has been missed.
pub(in crate::attack) fn mismatch<S: Solve>(
    run: &mut Run<'_, S>,
    network: &Shallow<Num<S>>,
) -> Result<Option<Error>, Error> {
    let mut scales: Vec<i32> = (0..CHECKS as i32).map(|pair| 5 * pair).collect();
    if run.is_exact() {
        scales.extend([FAR; FAR_CHECKS]);
    }
    let mut points = Vec::with_capacity(2 * scales.len());
    for (point, scale) in random_points(run, "check", scales.len()).into_iter().zip(scales) {
        let far = Dyadic::power(scale).lift::<S>(run.context);
        let point: Vec<Num<S>> = point.iter().map(|x| x * &far).collect();
        points.push(point.iter().map(|x| -x).collect());
        points.push(point);
    }
    let answers = run.ask(&Batch::Points(&points))?;
    let points = Matrix::from_fn(points.len(), run.inputs(), |i, j| points[i][j].clone());
    let reached = reached(run, network, &points);
    let sums = S::products(&points, network.hidden(), run.context);
    let active = Matrix::from_fn(sums.rows(), sums.columns(), |p, i| {
        network.activation().apply(i, &(&sums[(p, i)] + &network.hidden_bias()[i]), run.context)
    });
    let predicted = S::products(&active, network.output(), run.context);
    let terms = S::products(&active.map(Num::abs), &network.output().map(Num::abs), run.context);
    for (index, answer) in answers.iter().enumerate() {
        run.open(Item::point(index));
        for (o, bias) in network.output_bias().iter().enumerate() {
            let miss = &(&predicted[(index, o)] + bias) - &answer[o];
            let scale = &(&terms[(index, o)] + &bias.abs()) + &reached[(index, o)];
            if !run.is_zero(Site::Residual, &miss, &scale)? {
                let found = run.trace.signatures().len();
                let missed = run.trace.rows.missed.len() + run.trace.located.unresolved.len();
                let what = format!(
                    "the network of the {found} rows found does not give the oracle's answer at check point {index}, \
                     output {o} ({missed} critical points or intervals gave no row)"
                );
                return Ok(Some(Error::degenerate(Stage::Check, None, what)));
            }
        }
    }
    Ok(None)
}

/// `2^−SHARED` of what the terms of all units come to without cancellation, `Σ|a_i|·(Σ|w_ij·x_j| + |b_i|)`:
/// `[points, outputs]`.
fn reached<S: Solve>(run: &Run<'_, S>, network: &Shallow<Num<S>>, points: &Matrix<Num<S>>) -> Matrix<Num<S>> {
    let sums = S::products(&points.map(Num::abs), &network.hidden().map(Num::abs), run.context);
    let share = Dyadic::power(-SHARED).lift(run.context);
    let terms = Matrix::from_fn(sums.rows(), sums.columns(), |p, i| {
        &(&sums[(p, i)] + &network.hidden_bias()[i].abs()) * &share
    });
    S::products(&terms, &network.output().map(Num::abs), run.context)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attack::Options;
    use crate::judge::Policy;
    use crate::net::{Dtype, random};
    use crate::num::Rational;
    use crate::oracle::{Dense, Incremental, Kernel, Oracle};

    /// Whether the check refuses a network of some units of a victim, for answers in `f64`.
    fn refuses(victim: &Shallow<f64>, units: &[usize], seed: u64) -> bool {
        let mut oracle = Oracle::<f64>::held(Dense::new(victim.clone(), Kernel::default()));
        let options = Options { seed, ..Options::default() };
        let mut run = Run::new((), &mut oracle, Policy::Tolerance { bits: 53 }, options);
        mismatch(&mut run, &of_units(victim, units).map(|&w| Num(w))).expect("decided").is_some()
    }

    fn of_units(victim: &Shallow<f64>, units: &[usize]) -> Shallow<f64> {
        let hidden = Matrix::from_fn(units.len(), victim.shape().inputs, |i, j| victim.hidden()[(units[i], j)]);
        let output = Matrix::from_fn(victim.shape().outputs, units.len(), |o, i| victim.output()[(o, units[i])]);
        let biases = units.iter().map(|&i| victim.hidden_bias()[i]).collect();
        Shallow::new(hidden, biases, output, victim.output_bias().to_vec()).expect("a network")
    }

    /// Random, with biases where `biased` says so: of hidden units, of outputs.
    fn victim(shape: &str, seed: u64, biased: [bool; 2]) -> Shallow<f64> {
        let plain = random(shape.parse().expect("a shape"), seed, Dtype::F64);
        let kept = |biases: &[f64], keep: bool| biases.iter().map(|&b| if keep { b } else { 0.0 }).collect();
        let (hidden, output) = (plain.hidden().clone(), plain.output().clone());
        let biases = (kept(plain.hidden_bias(), biased[0]), kept(plain.output_bias(), biased[1]));
        Shallow::new(hidden, biases.0, output, biases.1).expect("a network")
    }

    /// Whatever else is active, or nothing: each unit is missed, and none where all are there.
    #[test]
    fn a_missing_unit_is_noticed() {
        let shapes = [("1-2-1", 40), ("1-6-2", 20), ("4-2-1", 40), ("6-9-3", 20), ("64-32-10", 2), ("784-128-1", 1)];
        for (shape, seeds) in shapes {
            for seed in 0..seeds {
                for biased in [[true, true], [true, false], [false, true], [false, false]] {
                    let victim = victim(shape, seed, biased);
                    let all: Vec<usize> = (0..victim.shape().hidden).collect();
                    assert!(!refuses(&victim, &all, seed), "{shape} {seed} {biased:?}");
                    for missing in all.iter().step_by(all.len().div_ceil(9)) {
                        let rest: Vec<usize> = all.iter().copied().filter(|unit| unit != missing).collect();
                        assert!(refuses(&victim, &rest, seed), "{shape} {seed} {biased:?} without {missing}");
                    }
                }
            }
        }
    }

    /// What is left of an answer that is zero may be rounding, of an exact attacker's network as well.
    #[test]
    fn zero_answers_are_given_by_what_rounding_leaves() {
        let plain = victim("3-2-1", 0, [true, false]);
        let off = |x: &f64| Num(Rational::lift(x * (1.0 + 2f64.powi(-40)) + 2f64.powi(-50), ()));
        let (exact, copy) = (plain.map(|&w| Num(Rational::lift(w, ()))), plain.map(off));
        for (network, policy) in [(&exact, Policy::Exact), (&copy, Policy::Tolerance { bits: 53 })] {
            let mut oracle = Oracle::<Rational>::held(Incremental::new(&plain));
            let mut run = Run::new((), &mut oracle, policy, Options::default());
            assert_eq!(mismatch(&mut run, network).expect("decided"), None);
        }
    }
}
