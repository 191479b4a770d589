//! The first hidden layer: the straight kinks of one line, and more along its null space while answers change there.

use super::plan::{self, Sketch};
use super::sides;
use super::straight::{ACCEPTED, LIKELY, REFUSED, REFUSED_BY_SEVERAL, is_straight};
use crate::attack::stages::gradients::one_line;
use crate::attack::stages::locate;
use crate::attack::{Error, Run};
use crate::judge::{Item, Site, Stage};
use crate::linalg::{Matrix, Solve};
use crate::net::Draw;
use crate::num::{Dyadic, Num, dot, lift_all};
use crate::oracle::Batch;
use crate::trace::{Gradient, Line, Signature};

/// Lines along the null space of the rows found, at most, that show no other.
const MORE: usize = 12;
/// Points from which an answer is compared with that of one moved in the null space.
const MOVES: usize = 4;
/// `log2` of such a move, near and far.
const NEAR: i32 = 1;
const FAR: i32 = 12;
/// Rows up to which one more far point is not enough.
const NARROW: usize = 8;
/// How often rows are asked once more where they are dependent.
const AGAIN: usize = 2;
/// `log2` of the reach of a line along the null space: known rows, orthogonal to it but for rounding, stay away.
const REACH: i32 = 10;

/// A layer's rows and biases, each active where it is positive.
pub(super) struct Layer<S> {
    /// `[units, inputs]`.
    pub rows: Matrix<Num<S>>,
    /// `[units]`.
    pub biases: Vec<Num<S>>,
    /// A point on each hyperplane, `[units]` of `[inputs]`.
    pub points: Vec<Vec<Num<S>>>,
}

/// What is known of the layer while it is searched.
struct Found<S> {
    rows: Vec<Signature<Num<S>>>,
    gradients: Vec<Gradient<Num<S>>>,
}

/// The search for the first layer, which may be taken up again.
pub(super) struct Search<S> {
    found: Found<S>,
    draw: Draw,
}

impl<S: Solve> Search<S> {
    /// The straight kinks of one line.
    pub fn new(run: &mut Run<'_, S>) -> Result<Self, Error> {
        let mut draw = Draw::new(run.options.seed, "peel: first layer");
        let mut found = Found { rows: Vec::new(), gradients: Vec::new() };
        let line = random_line(run, &mut draw);
        add_line(run, &mut draw, &mut found, line, None)?;
        Ok(Self { found, draw })
    }

    /// Measures these rows again, on another line.
    pub fn measure(&mut self, run: &mut Run<'_, S>, open: &[usize]) -> Result<(), Error> {
        run.enter(Stage::Locate);
        let line = random_line(run, &mut self.draw);
        locate::on(run, line, None)?;
        for row in one_line::rows(run, None)?.rows {
            for &i in open {
                if is_known(run, std::slice::from_ref(&self.found.rows[i]), &row)? {
                    self.found.rows[i] = row.clone();
                }
            }
        }
        Ok(())
    }

    /// Takes out rows that are no kinks where they are asked again. Returns whether there were any.
    pub fn weed(&mut self, run: &mut Run<'_, S>) -> Result<bool, Error> {
        run.enter(Stage::Signature);
        weeded(run, &mut self.draw, &mut self.found.rows, 0, AGAIN)
    }

    /// The layer.
    ///
    /// Complete where it has fewer units than the network has inputs, as far as answers show that do not change along
    /// the null space of its rows. Errors: dependent rows, or more than inputs.
    pub fn layer(&mut self, run: &mut Run<'_, S>) -> Result<Layer<S>, Error> {
        run.enter(Stage::Signature);
        let Self { found, draw } = self;
        let mut vain = 0;
        loop {
            // Too many rows, or dependent ones: some may be of a deeper layer.
            if is_dependent(run, &found.rows)? {
                weeded(run, draw, &mut found.rows, 0, AGAIN)?;
            }
            let Some(line) = missing(run, draw, &found.rows)? else { break };
            let end = Dyadic::power(REACH);
            let before = found.rows.len();
            add_line(run, draw, found, line, Some((end.negated(), end)))?;
            vain = if found.rows.len() > before { 0 } else { vain + 1 };
            if vain == MORE {
                let what = format!(
                    "answers change along the null space of the {before} rows found, and {MORE} lines there show no \
                     other straight kink"
                );
                return Err(Error::degenerate(Stage::Signature, None, what));
            }
        }
        oriented(run, found)
    }
}

/// A random line, at unit scale.
fn random_line<S: Solve>(run: &Run<'_, S>, draw: &mut Draw) -> Line {
    let direction = plan::normal(draw, run.inputs(), 1.0);
    let size = plan::length(&direction);
    let direction = plan::rounded(&direction.iter().map(|x| x / size).collect::<Vec<_>>(), plan::COORDINATE_BITS);
    let origin = plan::rounded(&plan::normal(draw, run.inputs(), 1.0), plan::COORDINATE_BITS);
    Line { origin, direction }
}

/// Searches a line and takes in its straight kinks.
fn add_line<S: Solve>(
    run: &mut Run<'_, S>,
    draw: &mut Draw,
    found: &mut Found<S>,
    line: Line,
    ends: Option<(Dyadic, Dyadic)>,
) -> Result<(), Error> {
    run.enter(Stage::Locate);
    locate::on(run, line, ends)?;
    let told = one_line::rows(run, ends)?;
    let others = sketch_of(told.rows.iter().chain(&found.rows));
    let before = found.rows.len();
    // What the first line loses is missed later; what another one loses stays lost.
    let refused = if before == 0 && run.outputs() > 1 { REFUSED_BY_SEVERAL } else { REFUSED };
    for row in told.rows {
        if !is_known(run, &found.rows, &row)? && is_straight(run, draw, &row, &others, [refused, LIKELY])? {
            found.rows.push(row);
        }
    }
    // Those that are left are nearly all of the first layer: what lies between them bends.
    weeded(run, draw, &mut found.rows, before, 1)?;
    found.gradients.extend(told.gradients);
    Ok(())
}

/// Hyperplanes as a plan sees them.
fn sketch_of<'r, S: Solve>(rows: impl Iterator<Item = &'r Signature<Num<S>>>) -> Sketch {
    let (rows, biases) = rows.map(|row| (plan::all_seen(&row.row), plan::seen(&row.bias))).unzip();
    Sketch { rows, biases }
}

/// Takes out rows that are no kinks where they are asked again, `times` times; from index `first` on. Returns whether
/// there were any.
fn weeded<S: Solve>(
    run: &mut Run<'_, S>,
    draw: &mut Draw,
    rows: &mut Vec<Signature<Num<S>>>,
    first: usize,
    times: usize,
) -> Result<bool, Error> {
    let others = sketch_of(rows.iter());
    let before = rows.len();
    // Among few rows a far point is soon behind none of them.
    let accepted = if before > NARROW && times == 1 { LIKELY } else { ACCEPTED };
    for row in rows.split_off(first) {
        let mut straight = true;
        for _ in 0..times {
            straight = straight && is_straight(run, draw, &row, &others, [REFUSED, accepted])?;
        }
        rows.extend(straight.then_some(row));
    }
    Ok(rows.len() < before)
}

/// Whether a row is the hyperplane of one that was found.
fn is_known<S: Solve>(
    run: &mut Run<'_, S>,
    rows: &[Signature<Num<S>>],
    row: &Signature<Num<S>>,
) -> Result<bool, Error> {
    'rows: for known in rows.iter().filter(|known| known.reference == row.reference) {
        run.open(row.item);
        let one = run.lift(1.0);
        for (x, y) in known.row.iter().chain([&known.bias]).zip(row.row.iter().chain([&row.bias])) {
            let scale = &one + &y.abs();
            if !run.is_zero(Site::Parallel, &(x - y), &scale)? {
                continue 'rows;
            }
        }
        return Ok(true);
    }
    Ok(false)
}

/// A line along the null space of the rows where answers change; `None` where none is left or no answer does.
fn missing<S: Solve>(run: &mut Run<'_, S>, draw: &mut Draw, rows: &[Signature<Num<S>>]) -> Result<Option<Line>, Error> {
    if rows.len() > run.inputs() {
        return Err(wide(run, rows.len()));
    }
    let matrix = Matrix::from_fn(rows.len(), run.inputs(), |i, j| rows[i].row[j].clone());
    let pivots = pivots(run, &matrix)?;
    if rows.len() == run.inputs() {
        return Ok(None);
    }
    for _ in 0..MOVES {
        let origin = plan::rounded(&plan::normal(draw, run.inputs(), 1.0), plan::COORDINATE_BITS);
        let step = null_vector(run, draw, &matrix, &pivots)?;
        let start = lift_all(&origin, run.context);
        let at = |k: i32| {
            let far = Dyadic::power(k).lift::<S>(run.context);
            start.iter().zip(&step).map(|(x, s)| x + &(&far * s)).collect()
        };
        let points: Vec<Vec<Num<S>>> = vec![start.clone(), at(NEAR), at(FAR)];
        let answers = run.ask(&Batch::Points(&points))?;
        let scale = answers.iter().fold(run.zero(), |sum, answer| &sum + &run.l1(answer));
        for moved in &answers[1..] {
            for (y, here) in moved.iter().zip(&answers[0]) {
                if !run.is_zero(Site::Residual, &(y - here), &scale)? {
                    let direction = plan::all_seen(&step);
                    let size = plan::length(&direction);
                    let direction: Vec<f64> = direction.iter().map(|x| x / size).collect();
                    return Ok(Some(Line { origin, direction: plan::rounded(&direction, plan::COORDINATE_BITS) }));
                }
            }
        }
    }
    Ok(None)
}

/// Whether the rows are dependent.
fn is_dependent<S: Solve>(run: &mut Run<'_, S>, rows: &[Signature<Num<S>>]) -> Result<bool, Error> {
    if rows.len() > run.inputs() {
        return Ok(true);
    }
    let matrix = Matrix::from_fn(rows.len(), run.inputs(), |i, j| rows[i].row[j].clone());
    Ok(!rows.is_empty() && run.independent_columns(&matrix, Item::default())?.len() < rows.len())
}

/// Columns in which the rows are independent.
fn pivots<S: Solve>(run: &mut Run<'_, S>, rows: &Matrix<Num<S>>) -> Result<Vec<usize>, Error> {
    let pivots = if rows.rows() == 0 { Vec::new() } else { run.independent_columns(rows, Item::default())? };
    if pivots.len() < rows.rows() {
        let (count, rank) = (rows.rows(), pivots.len());
        let what = format!(
            "the {count} rows of the first layer have rank {rank}: this attack needs them independent, for it moves \
             every unit of the layer by itself"
        );
        return Err(Error::degenerate(Stage::Signature, None, what));
    }
    Ok(pivots)
}

fn wide<S: Solve>(run: &Run<'_, S>, rows: usize) -> Error {
    let inputs = run.inputs();
    let what = format!(
        "the first layer has at least {rows} units, more than the {inputs} inputs: this attack needs it no wider than \
         the inputs"
    );
    Error::degenerate(Stage::Signature, None, what)
}

/// A random vector that all rows take to zero. Exact in ℚ.
fn null_vector<S: Solve>(
    run: &Run<'_, S>,
    draw: &mut Draw,
    rows: &Matrix<Num<S>>,
    pivots: &[usize],
) -> Result<Vec<Num<S>>, Error> {
    let mut vector: Vec<Num<S>> = (0..rows.columns()).map(|_| run.lift(draw.dyadic(20))).collect();
    pivots.iter().for_each(|&j| vector[j] = run.zero());
    if pivots.is_empty() {
        return Ok(vector);
    }
    let right = Matrix::from_fn(rows.rows(), 1, |i, _| -&dot(run.zero(), rows.row(i), &vector));
    let solved = S::solve(&rows.select_columns(pivots), &right, run.context)
        .ok_or_else(|| Error::degenerate(Stage::Signature, None, "rows that were independent are not"))?;
    pivots.iter().enumerate().for_each(|(i, &j)| vector[j] = solved[(i, 0)].clone());
    Ok(vector)
}

/// The rows, each turned to its active side.
fn oriented<S: Solve>(run: &mut Run<'_, S>, found: &Found<S>) -> Result<Layer<S>, Error> {
    run.enter(Stage::Orientation);
    let Found { rows: found, gradients } = found;
    let rows = Matrix::from_fn(found.len(), run.inputs(), |i, j| found[i].row[j].clone());
    let pivots = pivots(run, &rows)?;
    let sides = sides::sides(run, found, &rows, &pivots, gradients)?;
    let signs: Vec<Num<S>> = sides.iter().map(|side| run.lift(if side.is_lt() { -1.0 } else { 1.0 })).collect();
    Ok(Layer {
        rows: Matrix::from_fn(rows.rows(), rows.columns(), |i, j| &signs[i] * &rows[(i, j)]),
        biases: found.iter().zip(&signs).map(|(unit, sign)| sign * &unit.bias).collect(),
        points: found.iter().map(|unit| unit.center.clone()).collect(),
    })
}

/// The layer as a plan sees it.
pub(super) fn sketch<S: Solve>(layer: &Layer<S>) -> Sketch {
    Sketch::of(&layer.rows, &layer.biases)
}
