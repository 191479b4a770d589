//! Rows out of differences of gradients, and the kinks that they explain.

use super::super::{Error, Run};
use super::course::Course;
use super::gradient::Gradient;
use crate::judge::{Item, Site};
use crate::linalg::{Matrix, Solve};
use crate::num::{Dyadic, Num, Scalar};
use std::cmp::Ordering;

/// How much an error may grow when several rows are solved for at once, as a power of two.
const SOLVED: i32 = 4;

/// A hidden row, up to a factor.
pub(super) struct Unit<S> {
    /// The kink that places it.
    pub(super) item: Item,
    /// Index of its largest entry, which is 1.
    pub(super) reference: usize,
    /// `[inputs]`.
    pub(super) row: Vec<Num<S>>,
    pub(super) bias: Num<S>,
    /// What it adds to the slope across its hyperplane, `[outputs]`.
    pub(super) strength: Vec<Num<S>>,
    /// On each line, its pre-activation without bias at the origin, and along the direction.
    pub(super) lines: Vec<(Num<S>, Num<S>)>,
    /// Which way each line crosses it.
    pub(super) headings: Vec<Ordering>,
    /// Error of an entry of its jump of gradients, in roundoffs.
    pub(super) error: Num<S>,
    /// One plus that error relative to the jump.
    pub(super) noise: Num<S>,
    /// One plus the distance, along its line, of the kink that places it.
    pub(super) distance: Num<S>,
}

impl<S: Scalar> Unit<S> {
    /// The pre-activation at a position of a line.
    pub(super) fn at(&self, line: usize, position: &Num<S>) -> Num<S> {
        let (origin, along) = &self.lines[line];
        &(origin + &self.bias) + &(along * position)
    }

    /// Puts the row's hyperplane through a kink of a line.
    pub(super) fn place(&mut self, run: &Run<'_, S>, line: usize, item: Item, position: &Num<S>) {
        let (origin, along) = &self.lines[line];
        self.bias = -&(origin + &(along * position));
        self.item = item;
        self.distance = &position.abs() + &run.lift(1.0);
    }
}

/// The rows of all kinks between two gradients of one line that no known row explains.
///
/// `between`: those kinks; `known`: the rows of the others there. The jumps of gradients
/// `J_i = c_i·u_i` of `m` kinks add up to the difference; with the jumps of slopes `c_i`,
/// `[outputs]`, known and independent, `u_i`, `[inputs]` each, solves `Σ c_i·u_i = ΔG`.
/// One kink alone always does. `None` where the kinks are dependent, or do not fit.
pub(super) fn solve<S: Solve>(
    run: &mut Run<'_, S>,
    course: &Course<S>,
    between: &[usize],
    (from, to): (&Gradient<S>, &Gradient<S>),
    known: &[(&Unit<S>, Ordering)],
) -> Result<Option<Vec<Solved<S>>>, Error> {
    let (inputs, outputs) = (run.inputs(), run.outputs());
    run.open(course.bends[between[0]].item);
    let mut error = &from.error + &to.error;
    let mut difference = Matrix::from_fn(outputs, inputs, |o, j| &to.slopes[j][o] - &from.slopes[j][o]);
    for (unit, heading) in known {
        error = &error + &unit.error;
        for o in 0..outputs {
            let strength = if heading.is_lt() { -&unit.strength[o] } else { unit.strength[o].clone() };
            difference.row_mut(o).iter_mut().zip(&unit.row).for_each(|(x, w)| *x = &*x - &(&strength * w));
        }
    }
    // Directions of the jumps of slopes: ratios of output weights, whatever the line.
    let directions = between.iter().map(|&bend| {
        let jump = &course.bends[bend].jump;
        let size = run.l1(jump);
        jump.iter().map(|x| x.over(&size)).collect::<Option<Vec<_>>>()
    });
    let Some(directions) = directions.collect::<Option<Vec<_>>>() else { return Ok(None) };
    let Some(rows) = rows(run, course.bends[between[0]].item, &directions, &difference)? else { return Ok(None) };
    if outputs > 1 && !fits(run, &directions, &rows, &difference, &error)? {
        return Ok(None);
    }
    let growth = if between.len() > 1 { SOLVED } else { 0 };
    let error = &error * &Dyadic::power(growth).lift(run.context);
    let solved = directions.into_iter().zip(rows).zip(between);
    let solved = solved.map(|((direction, row), &bend)| Solved { bend, direction, row, error: error.clone() });
    Ok(Some(solved.collect()))
}

/// One row with its factor undetermined: `J = direction·row`.
pub(super) struct Solved<S> {
    /// Index of its kink.
    pub(super) bend: usize,
    /// Its jump of slopes, of magnitude 1, `[outputs]`.
    direction: Vec<Num<S>>,
    /// `[inputs]`.
    row: Vec<Num<S>>,
    error: Num<S>,
}

/// `u_i` with `Σ c_i·u_i = ΔG`, in least squares over the outputs.
///
/// `item`: the kink that names the group. In ℚ too it may leave a difference: the caller asks.
fn rows<S: Solve>(
    run: &mut Run<'_, S>,
    item: Item,
    directions: &[Vec<Num<S>>],
    difference: &Matrix<Num<S>>,
) -> Result<Option<Vec<Vec<Num<S>>>>, Error> {
    if let [direction] = directions {
        let square = run.dot(direction, direction);
        let share: Option<Vec<Num<S>>> = direction.iter().map(|c| c.over(&square)).collect();
        let Some(share) = share else { return Ok(None) };
        let entry = |j: usize| difference.column(j).zip(&share).fold(run.zero(), |sum, (x, c)| &sum + &(x * c));
        return Ok(Some(vec![(0..difference.columns()).map(entry).collect()]));
    }
    if directions.len() > difference.rows() {
        return Ok(None);
    }
    let system = Matrix::from_fn(difference.rows(), directions.len(), |o, i| directions[i][o].clone());
    if run.independent_columns(&system, item)?.len() < directions.len() {
        return Ok(None);
    }
    run.open(item);
    let solved = S::least_squares(&system, difference, run.context);
    Ok(solved.map(|found| found.iter_rows().map(<[_]>::to_vec).collect()))
}

/// Whether the rows give the difference in every output.
fn fits<S: Scalar>(
    run: &mut Run<'_, S>,
    directions: &[Vec<Num<S>>],
    rows: &[Vec<Num<S>>],
    difference: &Matrix<Num<S>>,
    error: &Num<S>,
) -> Result<bool, Error> {
    let scale = error * &run.lift(difference.columns() as f64);
    for (o, outputs) in difference.iter_rows().enumerate() {
        let mut left = run.zero();
        for (j, x) in outputs.iter().enumerate() {
            let given = directions.iter().zip(rows).fold(run.zero(), |sum, (c, row)| &sum + &(&c[o] * &row[j]));
            left = &left + &(x - &given).abs();
        }
        if !run.is_zero(Site::Jump, &left, &scale)? {
            return Ok(false);
        }
    }
    Ok(true)
}

impl<S: Solve> Unit<S> {
    /// The unit of a kink; `None` where its row is no more than noise.
    ///
    /// `places`: origin and direction of every line.
    pub(super) fn new(
        run: &mut Run<'_, S>,
        places: &Matrix<Num<S>>,
        line: usize,
        course: &Course<S>,
        solved: Solved<S>,
    ) -> Result<Option<Self>, Error> {
        let Solved { bend, direction, row, error } = solved;
        let bend = &course.bends[bend];
        let mut reference = 0;
        let mut size = row[0].abs();
        for (j, entry) in row.iter().enumerate().skip(1) {
            run.open(bend.item.axis(j));
            let next = entry.abs();
            if run.sign(Site::Reference, &(&next - &size), &next)?.is_gt() {
                (reference, size) = (j, next);
            }
        }
        run.open(bend.item);
        if run.is_zero(Site::Entry, &size, &error)? {
            return Ok(None);
        }
        let Some(row) = row.iter().map(|x| x.over(&row[reference])).collect::<Option<Vec<_>>>() else {
            return Ok(None);
        };
        let strength = direction.iter().map(|c| c * &size).collect();
        let products = S::products(places, &Matrix::from_fn(1, row.len(), |_, j| row[j].clone()), run.context);
        let on = |l: usize| (products[(2 * l, 0)].clone(), products[(2 * l + 1, 0)].clone());
        let lines: Vec<(Num<S>, Num<S>)> = (0..places.rows() / 2).map(on).collect();
        let mut headings = Vec::with_capacity(lines.len());
        for (_, along) in &lines {
            headings.push(run.sign(Site::Heading, along, along)?);
        }
        let relative = error.over(&size).unwrap_or_else(|| run.zero());
        let noise = &relative + &run.lift(1.0);
        let (item, bias, distance) = (bend.item, run.zero(), run.zero());
        let mut unit = Self { item, reference, row, bias, strength, lines, headings, error, noise, distance };
        unit.place(run, line, bend.item, &bend.position);
        Ok(Some(unit))
    }

    /// The open kink of a line that lies on this hyperplane, if one does.
    ///
    /// A bisection: the pre-activation is monotone along the line. Where several kinks are as
    /// near as the row's error, it is the one with this row's jump of slopes.
    pub(super) fn find(&self, run: &mut Run<'_, S>, line: usize, course: &Course<S>) -> Result<Option<usize>, Error> {
        let (mut low, mut high) = (0, course.bends.len());
        while low < high {
            let middle = low + (high - low) / 2;
            match (self.side(run, line, course, middle)?, self.headings[line]) {
                (Ordering::Equal, _) => return self.closest(run, line, course, middle),
                (_, Ordering::Equal) => return Ok(None),
                (side, heading) if side == heading => high = middle,
                _ => low = middle + 1,
            }
        }
        Ok(None)
    }

    /// The side on which a bend of a line lies; `Equal` where it may lie on the hyperplane.
    fn side(&self, run: &mut Run<'_, S>, line: usize, course: &Course<S>, bend: usize) -> Result<Ordering, Error> {
        let (origin, along) = &self.lines[line];
        let bend = &course.bends[bend];
        run.open(bend.item);
        // Rounding moves entries of up to 1, whatever they cancel to along a line, and the
        // plane turns about the kink that places it.
        let reach = &bend.position.abs() + &self.distance;
        let terms = &(&(origin + &self.bias).abs() + &(along * &bend.position).abs()) + &reach;
        run.sign(Site::OnHyperplane, &self.at(line, &bend.position), &(&terms * &self.noise))
    }

    /// Of the open kinks around `found` that may lie on the hyperplane, the one whose jump is this row's.
    fn closest(
        &self,
        run: &mut Run<'_, S>,
        line: usize,
        course: &Course<S>,
        found: usize,
    ) -> Result<Option<usize>, Error> {
        let (mut first, mut last) = (found, found);
        while first > 0 && self.side(run, line, course, first - 1)?.is_eq() {
            first -= 1;
        }
        while last + 1 < course.bends.len() && self.side(run, line, course, last + 1)?.is_eq() {
            last += 1;
        }
        let along = self.lines[line].1.abs();
        let miss = |bend: usize| {
            let jumps = course.bends[bend].jump.iter().zip(&self.strength);
            let misses: Vec<Num<S>> = jumps.map(|(jump, strength)| jump - &(strength * &along)).collect();
            run.l1(&misses)
        };
        let kinks = (first..=last).filter(|&bend| course.bends[bend].is_open());
        let mut candidates = kinks.map(|bend| (bend, miss(bend))).collect::<Vec<_>>().into_iter();
        let Some((mut best, mut least)) = candidates.next() else { return Ok(None) };
        for (bend, miss) in candidates {
            run.open(course.bends[bend].item);
            if run.sign(Site::Length, &(&miss - &least), &least)?.is_lt() {
                (best, least) = (bend, miss);
            }
        }
        Ok(Some(best))
    }
}
