//! Output weights and biases by least squares.

use crate::attack::stages::check::random_points;
use crate::attack::{Error, Run};
use crate::judge::{Item, Site, Stage};
use crate::linalg::{Matrix, Solve};
use crate::net::Shallow;
use crate::num::{Dyadic, Num, Scalar, lift_all};
use crate::oracle::Batch;
use crate::trace::Fit;
use std::cmp::Ordering;

/// The network with these rows, oriented by `signs`, and the last layer that fits the answers.
///
/// The points asked are one on each side of every row's critical point, where that unit
/// is told from all others, and `hidden + 1` random ones: about 3 queries a unit. Each
/// equation is weighted by a power of two near the reciprocal of its features' sum, so
/// that far points do not drown near ones. Points and weights are dyadic, which keeps the
/// system small in ℚ.
///
/// Exact in ℚ. Source: Jagielski et al. (2020), last layer; theorem `LeastSquares.least_squares`.
pub(in crate::attack) fn last_layer<S: Solve>(
    run: &mut Run<'_, S>,
    signs: &[Ordering],
) -> Result<Shallow<Num<S>>, Error> {
    let inputs = run.inputs();
    let signatures = run.trace.signatures();
    let oriented = |x: &Num<S>, sign: Ordering| if sign == Ordering::Less { -x } else { x.clone() };
    let rows = Matrix::from_fn(signatures.len(), inputs, |i, j| oriented(&signatures[i].row[j], signs[i]));
    let biases: Vec<Num<S>> = signatures.iter().zip(signs).map(|(s, &sign)| oriented(&s.bias, sign)).collect();
    let items: Vec<Item> = signatures.iter().map(|signature| signature.item).collect();
    let mut points = Vec::new();
    for item in items {
        points.extend(both_sides(run, item)?);
    }
    points.extend(random_points(run, "last layer", biases.len() + 1));
    let answers = run.ask(&Batch::Points(&points))?;

    let failed = |what: &str| Error::degenerate(Stage::LastLayer, None, what);
    let points = Matrix::from_rows(inputs, points).ok_or_else(|| failed("ragged points"))?;
    let features = features(&points, &rows, &biases, run.context);
    let mut weights = Vec::with_capacity(points.rows());
    for (index, features) in features.iter_rows().enumerate() {
        run.open(Item::point(index));
        weights.push(-run.binade(&run.l1(features))?);
    }
    let solved = solve(&features, &weights, &[&answers], run.context);
    let points = points.iter_rows().map(<[_]>::to_vec).collect();
    if let Some(last) = run.trace.last_layers.last_mut() {
        last.fit = Some(Fit { points, answers, weights });
    }
    let solved = solved.ok_or_else(|| failed("the sample points do not determine the output weights"))?;
    let output = Matrix::from_fn(run.outputs(), biases.len(), |o, i| solved.solution[(i, o)].clone());
    let output_bias = (0..run.outputs()).map(|o| solved.solution[(biases.len(), o)].clone()).collect();
    Shallow::new(rows, biases, output, output_bias).map_err(|e| failed(&e.to_string()))
}

/// What equations are made of: the hidden units' values at every point, and 1 for the bias, `[points, hidden + 1]`.
///
/// `points`: `[points, inputs]`; `rows`, `biases`: of the hidden layer, `[hidden, inputs]` and `[hidden]`. Exact in ℚ.
pub fn features<S: Solve>(
    points: &Matrix<Num<S>>,
    rows: &Matrix<Num<S>>,
    biases: &[Num<S>],
    context: S::Context,
) -> Matrix<Num<S>> {
    let sums = S::products(points, rows, context);
    let feature = |p: usize, i: usize| match biases.get(i) {
        Some(bias) => (&sums[(p, i)] + bias).relu(),
        None => Num::lift(1.0, context),
    };
    Matrix::from_fn(points.rows(), biases.len() + 1, feature)
}

/// Weighted equations with their solution, for one set of answers or several.
pub struct Fitted<S> {
    /// The equations, `[points, hidden + 1]`.
    pub system: Matrix<Num<S>>,
    /// What they should give, the sets side by side: `[points, sets·outputs]`.
    pub known: Matrix<Num<S>>,
    /// The last layer of each set, side by side: `[hidden + 1, sets·outputs]`, output weights first, the bias last.
    pub solution: Matrix<Num<S>>,
}

/// The last layers that fit these answers, in least squares.
///
/// `features`: `[points, hidden + 1]`; `weights`: `log2` of each equation's weight; `sets`: one or more of the answers,
/// `[points]` of `[outputs]`. Exact in ℚ. `None` where the points do not determine a last layer.
///
/// Source: Jagielski et al. (2020), last layer; theorem `LeastSquares.least_squares`.
pub fn solve<S: Solve>(
    features: &Matrix<Num<S>>,
    weights: &[i32],
    sets: &[&[Vec<Num<S>>]],
    context: S::Context,
) -> Option<Fitted<S>> {
    let weights: Vec<Num<S>> = weights.iter().map(|&k| Dyadic::power(k).lift(context)).collect();
    let system = Matrix::from_fn(features.rows(), features.columns(), |p, i| &features[(p, i)] * &weights[p]);
    let answers = |p: usize| sets.iter().flat_map(|set| &set[p]).map(|y| y * &weights[p]).collect::<Vec<_>>();
    let outputs = sets.iter().map(|set| set.first().map_or(0, Vec::len)).sum();
    let known = Matrix::from_rows(outputs, (0..weights.len()).map(answers).collect())?;
    let solution = S::least_squares(&system, &known, context)?;
    Some(Fitted { system, known, solution })
}

/// Two dyadic points on the line of a critical point, on either side of it and nearer to
/// it than its neighbours.
fn both_sides<S: Scalar>(run: &mut Run<'_, S>, item: Item) -> Result<Vec<Vec<Num<S>>>, Error> {
    let line = run.trace.located.lines[item.line as usize].clone();
    let Some(kink) = run.trace.located.kinks[item.line as usize].iter().find(|kink| kink.item == item).cloned() else {
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
