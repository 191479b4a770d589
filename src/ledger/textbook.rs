//! Rows and last layer of the textbook: the stage once more in ℚ, on what the run recorded as its input.
//!
//! Decisions stay those of the run: which entries of a row are zero, their signs, the weights of equations. What is
//! computed once more are its numbers, by the stage's own formulas.

use super::{Account, Again, Cause, Quantity, Share, gap, in_q, log2_ratio, one, output_weights, sides, weights};
use crate::attack::stages::Ratios;
use crate::attack::stages::least_squares::{self, Fitted};
use crate::attack::stages::second_differences::{Direction, differences, probes, solve};
use crate::bounds::solve as bounds;
use crate::linalg::{Matrix, Solve};
use crate::num::{Exact, Num, Rational, Scalar};
use crate::oracle::{Batch, Evaluate};
use crate::trace::{Probes, Signature, Trace};

/// The second differences that an exact oracle gives at the recorded centre with the recorded steps; `None` where none
/// were recorded. Decisions are the recorded ones.
pub fn exact_probes(seen: &Signature<Rational>, oracle: &dyn Evaluate<Rational>) -> Option<Probes<Rational>> {
    let recorded = seen.probes.as_ref()?;
    let axes = recorded.steps.iter().enumerate();
    let along = axes.map(|(axis, &step)| Direction { axis, with: None, step }).collect();
    let asked = recorded.steps.iter().zip(&recorded.mixed).enumerate().filter(|(_, (_, mixed))| !mixed.is_empty());
    let (axes, sums): (Vec<usize>, Vec<Direction>) =
        asked.map(|(axis, (&step, _))| (axis, Direction { axis, with: Some(seen.reference), step })).unzip();
    let mut mixed = vec![Vec::new(); recorded.mixed.len()];
    axes.into_iter().zip(exact_differences(seen, sums, oracle)).for_each(|(axis, sum)| mixed[axis] = sum);
    Some(Probes { differences: exact_differences(seen, along, oracle), mixed, ..recorded.clone() })
}

fn exact_differences(
    seen: &Signature<Rational>,
    directions: Vec<Direction>,
    oracle: &dyn Evaluate<Rational>,
) -> Vec<Vec<Rational>> {
    let center: Vec<Num<Rational>> = seen.center.iter().cloned().map(Num).collect();
    let probes = probes(&center, &directions, ());
    let answers = oracle.evaluate(&Batch::Probes { center: &center, probes: &probes });
    let here = oracle.evaluate(&Batch::Points(std::slice::from_ref(&center)));
    let found = here.first().map(|here| differences(&answers, here)).unwrap_or_default();
    found.into_iter().map(|difference| difference.into_iter().map(|x| x.0).collect()).collect()
}

/// A row measured by second differences.
pub(super) fn probed(seen: &Signature<Rational>, oracle: &dyn Evaluate<Rational>) -> Option<Again> {
    let (recorded, exact) = (seen.probes.as_ref()?, exact_probes(seen, oracle)?);
    let differences = &recorded.differences[seen.reference];
    let top = differences.iter().fold(Rational::default(), |sum, d| sum.add(&d.magnitude()));
    let (handed, redone) = (row(seen, &exact)?, row(seen, recorded)?);
    Some(Again { handed, redone, amplification: log2_ratio(&seen.mass, &top) })
}

/// The row of these second differences, at the recorded centre. Exact.
pub(super) fn row(seen: &Signature<Rational>, probes: &Probes<Rational>) -> Option<Ratios<Rational>> {
    let Ok(probes) = probes.try_map(&mut in_q);
    let center: Vec<Num<Rational>> = seen.center.iter().cloned().map(Num).collect();
    solve(seen.reference, &probes, &center, ())
}

/// `None` where either network was not fitted.
pub(super) fn last_layer(
    exact: &Trace<Rational>,
    rounded: &Trace<Rational>,
    oracle: &dyn Evaluate<Rational>,
) -> Option<Vec<Option<Account>>> {
    let (truth, seen, fit) = (exact.network()?, rounded.network()?, rounded.fit()?);
    sides(exact).zip(sides(rounded))?;
    let (hidden, outputs) = (seen.shape().hidden, seen.shape().outputs);
    let Ok(fit) = fit.try_map(&mut in_q);
    let Ok(network) = seen.try_map(in_q);
    let answers = oracle.evaluate(&Batch::Points(&fit.points));
    let points = Matrix::from_rows(seen.shape().inputs, fit.points)?;
    let features = least_squares::features(&points, network.hidden(), network.hidden_bias(), ());
    let fitted = least_squares::solve(&features, &fit.weights, &[&fit.answers, &answers], ())?;
    let layer = |set: usize, i: usize, o: usize| &fitted.solution[(i, set * outputs + o)].0;
    let [redone, handed] = [0, 1].map(|set| Matrix::from_fn(hidden + 1, outputs, |i, o| layer(set, i, o).clone()));
    let conditions = conditions(&fitted, &redone).unwrap_or_else(|| vec![f64::NAN; hidden + 1]);
    let unit = |i: usize| {
        let item = rounded.signatures()[i].item;
        let cause = Cause { gap: gap(rounded, item), amplification: conditions[i] };
        let values = |o: usize| [&handed[(i, o)], &redone[(i, o)], &seen.output()[(o, i)]];
        output_weights(&weights(exact, rounded, i)?, item, cause, values)
    };
    let bias = |o: usize| {
        let truth = &truth.output_bias()[o];
        let values = [truth, &handed[(hidden, o)], &redone[(hidden, o)], &seen.output_bias()[o]];
        Share::of(Quantity::OutputBias(o), values, one().add(&truth.magnitude()))
    };
    let cause = Cause { gap: None, amplification: conditions[hidden] };
    let biases = Account { item: None, shares: (0..outputs).map(bias).collect(), cause };
    Some((0..hidden).map(unit).chain([Some(biases)]).collect())
}

/// `log2` of the condition of each unknown, `Σₖ |(R·Aᵀ)ᵢₖ|·|yₖ| / |xᵢ|` with `R` near the
/// inverse of `AᵀA`, worst output; to the precision of that inverse in f64.
///
/// `solution`: that of the recorded answers, `[hidden + 1, outputs]`.
fn conditions(fitted: &Fitted<Rational>, solution: &Matrix<Rational>) -> Option<Vec<f64>> {
    let rounded = |m: &Matrix<Num<Rational>>| m.map(|x| f64::nearest(&x.0, ()));
    let columns = fitted.system.transposed();
    let square = <Rational as Solve>::products(&columns, &columns, ()).map(|x| x.0.clone());
    let inverse = bounds::approximate_inverse(&square)?.map(|x| f64::nearest(x, ()));
    let (system, known) = (rounded(&fitted.system), rounded(&fitted.known));
    let solution = solution.map(|x| f64::nearest(x, ()));
    let unknown = |i: usize| {
        let influence = |k: usize| -> f64 { inverse.row(i).iter().zip(system.row(k)).map(|(r, a)| r * a).sum() };
        let influences: Vec<f64> = (0..system.rows()).map(influence).collect();
        let largest = solution.row(i).iter().fold(0.0, |most: f64, x| most.max(x.abs()));
        let spread = |o: usize| influences.iter().zip(known.column(o)).map(|(m, y)| (m * y).abs()).sum::<f64>();
        ((0..solution.columns()).map(spread).fold(0.0, f64::max) / largest).log2()
    };
    Some((0..system.columns()).map(unknown).collect())
}
