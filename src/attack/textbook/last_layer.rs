//! Output weights and biases by least squares, and the check of the whole network.

use super::super::{Error, Run};
use super::locate::FAR;
use crate::judge::{Item, Site, Stage};
use crate::linalg::{Matrix, Solve};
use crate::net::{Draw, Shallow};
use crate::num::{Dyadic, Num, Scalar, lift_all};
use crate::oracle::Batch;
use crate::trace::Fit;
use std::cmp::Ordering;

/// Pairs of fresh points that the recovered network is checked at.
const CHECKS: usize = 8;
/// More of them, as far out as kinks can be, on an exact path.
const FAR_CHECKS: usize = 2;
/// `2^−SHARED` of the terms of all units, active or not, counts for the check: where none is active and
/// no bias is there nothing else is left of an answer, and the rows' error still moves their kinks.
const SHARED: i32 = 6;
/// Bits of a random coordinate.
const DRAW_BITS: u32 = 20;

/// The network with these rows, oriented by `signs`, and the last layer that fits the answers.
///
/// The points asked are one on each side of every row's critical point, where that unit
/// is told from all others, and `hidden + 1` random ones: about 3 queries a unit. Each
/// equation is weighted by a power of two near the reciprocal of its features' sum, so
/// that far points do not drown near ones. Points and weights are dyadic, which keeps the
/// system small in ℚ.
///
/// Exact in ℚ. Source: Jagielski et al. (2020), last layer; theorem `LeastSquares.least_squares`.
pub(super) fn least_squares<S: Solve>(run: &mut Run<'_, S>, signs: &[Ordering]) -> Result<Shallow<Num<S>>, Error> {
    let inputs = run.inputs();
    let signatures = std::mem::take(&mut run.trace.signatures);
    let oriented = |x: &Num<S>, sign: Ordering| if sign == Ordering::Less { -x } else { x.clone() };
    let rows = Matrix::from_fn(signatures.len(), inputs, |i, j| oriented(&signatures[i].row[j], signs[i]));
    let biases: Vec<Num<S>> = signatures.iter().zip(signs).map(|(s, &sign)| oriented(&s.bias, sign)).collect();
    let mut points = Vec::new();
    for signature in &signatures {
        points.extend(both_sides(run, signature.item)?);
    }
    run.trace.signatures = signatures;
    points.extend(random_points(run, "last layer", biases.len() + 1));
    let answers = run.ask(&Batch::Points(&points))?;

    let mut system = Vec::with_capacity(points.len());
    let mut known = Vec::with_capacity(points.len());
    let mut weights = Vec::with_capacity(points.len());
    let failed = |what: &str| Error::degenerate(Stage::LastLayer, None, what);
    let points = Matrix::from_rows(inputs, points).ok_or_else(|| failed("ragged points"))?;
    let sums = S::products(&points, &rows, run.context);
    for (sums, answer) in sums.iter_rows().zip(&answers) {
        let features = features(sums, &biases, run.context);
        run.open(Item::point(system.len()));
        let size = run.binade(&run.l1(&features))?;
        weights.push(-size);
        let weight = Dyadic::power(-size).lift::<S>(run.context);
        system.push(features.iter().map(|x| x * &weight).collect());
        known.push(answer.iter().map(|y| y * &weight).collect());
    }
    let points = points.iter_rows().map(<[_]>::to_vec).collect();
    run.trace.fit = Some(Fit { points, answers, weights });
    let system = Matrix::from_rows(biases.len() + 1, system).ok_or_else(|| failed("ragged system"))?;
    let known = Matrix::from_rows(run.outputs(), known).ok_or_else(|| failed("ragged answers"))?;
    let solution = S::least_squares(&system, &known, run.context)
        .ok_or_else(|| failed("the sample points do not determine the output weights"))?;
    let output = Matrix::from_fn(run.outputs(), biases.len(), |o, i| solution[(i, o)].clone());
    let output_bias = (0..run.outputs()).map(|o| solution[(biases.len(), o)].clone()).collect();
    Shallow::new(rows, biases, output, output_bias).map_err(|e| failed(&e.to_string()))
}

/// What an equation is made of: the hidden units' values, and 1 for the bias.
///
/// `sums`: `[hidden]`, the rows' products with the point.
pub(super) fn features<S: Scalar>(sums: &[Num<S>], biases: &[Num<S>], context: S::Context) -> Vec<Num<S>> {
    let units = sums.iter().zip(biases).map(|(sum, bias)| (sum + bias).relu());
    units.chain([Num::lift(1.0, context)]).collect()
}

/// Two dyadic points on the line of a critical point, on either side of it and nearer to
/// it than its neighbours.
fn both_sides<S: Scalar>(run: &mut Run<'_, S>, item: Item) -> Result<Vec<Vec<Num<S>>>, Error> {
    let line = run.trace.lines[item.line as usize].clone();
    let Some(kink) = run.trace.kinks[item.line as usize].iter().find(|kink| kink.item == item).cloned() else {
        return Ok(Vec::new());
    };
    run.open(item);
    // 2^quarter ≤ gap/4: a bracket of that width, widened by as much to both sides, stays
    // within half a gap of the kink.
    let quarter = run.binade(&kink.gap)? - 2;
    let (mut left, mut right) = kink.interval;
    let width = |left: Dyadic, right: Dyadic| right.plus(left.negated()).and_then(Dyadic::binade);
    while width(left, right).is_some_and(|size| size >= quarter) {
        let Some(middle) = left.plus(right).map(|sum| sum.scaled(-1)) else { break };
        let offset = &kink.position - &middle.lift(run.context);
        if run.sign(Site::Length, &offset, &kink.gap)? == Ordering::Greater { left = middle } else { right = middle }
    }
    let step = Dyadic::power(quarter);
    let sides = [left.plus(step.negated()).unwrap_or(left), right.plus(step).unwrap_or(right)];
    let entries =
        || lift_all::<S>(&line.origin, run.context).into_iter().zip(lift_all::<S>(&line.direction, run.context));
    let point = |t: Num<S>| entries().map(|(u, v)| &u + &(&t * &v)).collect();
    Ok(sides.into_iter().map(|t| point(t.lift(run.context))).collect())
}

fn random_points<S: Scalar>(run: &Run<'_, S>, stream: &'static str, count: usize) -> Vec<Vec<Num<S>>> {
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
                let found = run.trace.signatures.len();
                let missed = run.trace.missed.len() + run.trace.unresolved.len();
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
