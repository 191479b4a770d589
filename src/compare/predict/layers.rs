//! Signs, last layer and check of rows on paper, and whether the network that comes out is complete.

use super::super::fidelity::labels;
use super::geometry::{Geometry, binade, dot, l1, rounding};
use super::textbook::Row;
use super::{Level, NEAR};
use crate::attack::textbook::last_layer::{CHECKS, SHARED, drawn_points};
use crate::judge::Site;
use crate::linalg::{Matrix, Solve};
use crate::net::{Draw, Shallow};
use crate::num::{Num, Rational};

fn matrix(rows: usize, columns: usize, entry: impl Fn(usize, usize) -> f64) -> Matrix<Num<f64>> {
    Matrix::from_fn(rows, columns, |i, j| Num(entry(i, j)))
}

/// The first independent columns of a matrix, as the tolerance table takes them.
pub(super) fn independent(level: Level, columns: &Matrix<Num<f64>>) -> Vec<usize> {
    let found = f64::independent_columns::<std::convert::Infallible>(columns, &mut |_, remainder, scale| {
        Ok(!level.is_zero(Site::Rank, remainder.0, scale.0))
    });
    match found {
        Ok(columns) => columns,
    }
}

/// For each row, whether it is one of those that these columns tell from the others.
///
/// By the elimination that chose them: each takes the row with the largest remainder.
pub(super) fn told_apart(matrix: &Matrix<Num<f64>>, columns: &[usize]) -> Vec<bool> {
    let mut rows: Vec<Vec<f64>> = matrix.iter_rows().map(|row| row.iter().map(|x| x.0).collect()).collect();
    let mut told = vec![false; rows.len()];
    for &j in columns {
        let left = (0..rows.len()).filter(|&i| !told[i]);
        let Some(best) = left.max_by(|&a, &b| rows[a][j].abs().total_cmp(&rows[b][j].abs())) else { break };
        told[best] = true;
        let source = rows[best].clone();
        for i in (0..rows.len()).filter(|&i| !told[i]) {
            let factor = rows[i][j] / source[j];
            rows[i].iter_mut().zip(&source).for_each(|(x, s)| *x -= factor * s);
        }
    }
    told
}

/// Whether each row is given its side by the preimage test; where rows are dependent, whether it is
/// told from the others.
pub(super) fn preimage_sides(geometry: &Geometry, rows: &[Row], level: Level) -> Vec<bool> {
    let count = rows.len();
    let all = matrix(count, geometry.inputs, |i, j| rows[i].entries[j]);
    let columns = independent(level, &all);
    if columns.len() < count {
        return told_apart(&all, &columns);
    }
    let identity = matrix(count, count, |i, j| f64::from(u8::from(i == j)));
    let Some(preimages) = f64::solve(&all.select_columns(&columns), &identity, ()) else {
        return vec![false; count];
    };
    let side = |(i, row): (usize, &Row)| {
        let along: Vec<f64> = preimages.column(i).map(|x| x.0).collect();
        let moved =
            |unit: &super::geometry::Unit| -> f64 { columns.iter().zip(&along).map(|(&j, v)| unit.row[j] * v).sum() };
        let center = geometry.values_on(row.kink.line, row.at);
        let here = geometry.answer(center.iter().copied());
        let moves: Vec<f64> = geometry.units.iter().map(moved).collect();
        let answers = [1.0, -1.0].map(|way| geometry.answer(center.iter().zip(&moves).map(|(z, m)| z + way * m)));
        let scale = l1(&row.strength);
        let agrees = |answer: &[f64], expected: &dyn Fn(usize) -> f64| {
            (0..answer.len()).all(|o| {
                let noise = rounding() * level.unit * answer[o].hypot(here[o]);
                level.is_zero(Site::Inactive, (answer[o] - expected(o)).abs() + noise, scale)
            })
        };
        let still = [0, 1].map(|side| agrees(&answers[side], &|o| here[o]));
        let moving = match still {
            [false, true] => 0,
            [true, false] => 1,
            _ => return false,
        };
        agrees(&answers[moving], &|o| here[o] + row.strength[o])
    };
    rows.iter().enumerate().map(side).collect()
}

/// A network on paper: rows with the side that is active, and a last layer.
pub(super) struct Copy {
    pub(super) rows: Vec<Vec<f64>>,
    pub(super) biases: Vec<f64>,
    /// `[units]` of `[outputs]`.
    pub(super) output: Vec<Vec<f64>>,
    pub(super) output_bias: Vec<f64>,
}

impl Copy {
    fn active(&self, point: &[f64]) -> Vec<f64> {
        self.rows.iter().zip(&self.biases).map(|(row, bias)| (dot(row, point) + bias).max(0.0)).collect()
    }

    /// `[outputs]`, with the sum of the terms' magnitudes.
    fn answer(&self, point: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let mut answer = self.output_bias.clone();
        let mut terms: Vec<f64> = answer.iter().map(|b| b.abs()).collect();
        for (active, output) in self.active(point).into_iter().zip(&self.output) {
            for (o, weight) in output.iter().enumerate() {
                answer[o] += active * weight;
                terms[o] += (active * weight).abs();
            }
        }
        (answer, terms)
    }

    /// What the terms of all units come to without cancellation, as the check counts them: `[outputs]`.
    fn reached(&self, point: &[f64]) -> Vec<f64> {
        let mut terms = vec![0.0; self.output_bias.len()];
        for ((row, bias), output) in self.rows.iter().zip(&self.biases).zip(&self.output) {
            let size = row.iter().zip(point).map(|(w, x)| (w * x).abs()).sum::<f64>() + bias.abs();
            terms.iter_mut().zip(output).for_each(|(term, weight)| *term += 2f64.powi(-SHARED) * size * weight.abs());
        }
        terms
    }
}

/// A row of a unit as it stands on that unit's active side.
fn oriented(geometry: &Geometry, row: &Row, unit: usize) -> (Vec<f64>, f64) {
    let unit = &geometry.units[unit];
    let sign = if (unit.row[row.reference] > 0.0) == unit.ahead { 1.0 } else { -1.0 };
    (row.entries.iter().map(|x| sign * x).collect(), sign * row.bias)
}

/// The textbook's network of these rows; `owners`: the unit that each stands for, which gives its side.
///
/// `None` where the points of the last layer do not determine it.
pub(super) fn least_squares(
    geometry: &Geometry,
    rows: &[Row],
    owners: &[usize],
    level: Level,
    seed: u64,
    draw: &mut Draw,
) -> Option<Copy> {
    let (hidden, biases): (Vec<_>, Vec<_>) =
        rows.iter().zip(owners).map(|(row, &unit)| oriented(geometry, row, unit)).unzip();
    let mut copy = Copy { rows: hidden, biases, output: Vec::new(), output_bias: Vec::new() };
    let mut points: Vec<Vec<f64>> = Vec::new();
    for row in rows {
        let kink = &row.kink;
        let quarter = binade(kink.gap) - 2;
        let (mut left, mut right) = kink.interval;
        while binade(right - left) >= quarter {
            let middle = 0.5 * (left + right);
            if !(left < middle && middle < right) {
                break;
            }
            if kink.position > middle { left = middle } else { right = middle }
        }
        let step = 2f64.powi(quarter);
        points.extend([left - step, right + step].map(|at| geometry.point(kink.line, at)));
    }
    points.extend(drawn_points(seed, "last layer", rows.len() + 1, geometry.inputs));
    let mut system = Vec::with_capacity(points.len());
    let mut known = Vec::with_capacity(points.len());
    for point in &points {
        let mut features = copy.active(point);
        features.push(1.0);
        let weight = 2f64.powi(-binade(l1(&features)));
        let answer = geometry.answer(geometry.values_at(point).into_iter());
        system.push(features.iter().map(|x| Num(x * weight)).collect());
        let seen = |y: f64| Num((y + rounding() * level.unit * y.abs() * draw.normal()) * weight);
        known.push(answer.into_iter().map(seen).collect());
    }
    let system = Matrix::from_rows(rows.len() + 1, system)?;
    let known = Matrix::from_rows(geometry.outputs(), known)?;
    let solution = f64::least_squares(&system, &known, ())?;
    let layer: Vec<Vec<f64>> = solution.iter_rows().map(|row| row.iter().map(|x| x.0).collect()).collect();
    copy.output_bias = layer.last()?.clone();
    copy.output = layer[..rows.len()].to_vec();
    Some(copy)
}

/// Whether the copy gives the answers at the points of the check.
pub(super) fn passes(geometry: &Geometry, copy: &Copy, level: Level, seed: u64) -> bool {
    let points = drawn_points(seed, "check", CHECKS, geometry.inputs);
    points.into_iter().zip(0..).all(|(point, pair)| {
        [-1.0, 1.0].into_iter().all(|side| {
            let point: Vec<f64> = point.iter().map(|x| side * x * 2f64.powi(5 * pair)).collect();
            let truth = geometry.answer(geometry.values_at(&point).into_iter());
            let (seen, terms) = copy.answer(&point);
            let reached = copy.reached(&point);
            (0..truth.len()).all(|o| level.is_zero(Site::Residual, seen[o] - truth[o], terms[o] + reached[o]))
        })
    })
}

/// For each unit of the victim, whether a unit of the copy is its own to `2^−8`.
pub(super) fn recovered(geometry: &Geometry, copy: &Copy) -> Vec<bool> {
    let near = |x: f64| x.abs() <= NEAR;
    let is = |unit: &super::geometry::Unit, k: usize| {
        let scale = copy.rows[k][unit.top];
        if scale == 0.0 || (scale > 0.0) != unit.ahead {
            return false;
        }
        let factor = 1.0 / scale;
        let largest = unit.strength.iter().fold(0.0, |most: f64, s| most.max(s.abs()));
        near((copy.biases[k] * factor - unit.bias) / (1.0 + unit.bias.abs()))
            && copy.rows[k].iter().zip(&unit.row).all(|(x, w)| near(x * factor - w))
            && copy.output[k].iter().zip(&unit.strength).all(|(c, s)| near((c * scale.abs() - s) / largest))
    };
    geometry.units.iter().map(|unit| (0..copy.rows.len()).any(|k| is(unit, k))).collect()
}

/// Inputs with the victim's labels.
pub(super) struct Labelled<'a> {
    points: &'a [Vec<f64>],
    /// All classes of a tie.
    labels: Vec<Vec<usize>>,
}

/// The largest output, the first of several; of a single output its sign.
fn first_label(outputs: &[f64]) -> usize {
    match outputs {
        [one] => usize::from(*one > 0.0),
        many => (0..many.len()).fold(0, |best, o| if many[o] > many[best] { o } else { best }),
    }
}

impl<'a> Labelled<'a> {
    /// Labels of the network that the exact run recovered: in ℚ, where ties are ties.
    pub(super) fn new(network: &Shallow<Rational>, points: &'a [Vec<f64>]) -> Self {
        Self { points, labels: labels(network, points) }
    }

    /// Whether the copy gives the victim's label at every input.
    pub(super) fn are_given_by(&self, copy: &Copy) -> bool {
        self.points.iter().zip(&self.labels).all(|(point, truth)| truth.contains(&first_label(&copy.answer(point).0)))
    }
}
