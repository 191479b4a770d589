//! Zeros proved: entries of a row, all biases together, and that no unit is missing.

use super::super::alone::{Places, turned};
use super::super::noise::Known;
use super::{FAR, unmoved};
use crate::attack::{Error, Run};
use crate::judge::{Item, Site};
use crate::linalg::{Matrix, Solve};
use crate::net::Draw;
use crate::num::{Dyadic, Num, Scalar, dot};
use crate::oracle::Batch;
use crate::trace::Faint;
use std::cmp::Ordering;

/// Directions that have to leave an answer as it was: each misses entries that are not zero with a chance
/// of about `2^−DIGITS`.
const DRAWN: usize = 2;
/// Directions in which a missing unit is looked for: each misses one with a chance of a half.
const SEARCHED: usize = 8;
/// Digits of a direction's entries.
const DIGITS: u32 = 20;
/// Groups of entries that are tested, of one row.
const GROUPS: usize = 64;
/// Rounds over all rows in the search for a direction.
const SWEEPS: usize = 200;
/// `log2` of the factor that biases have to show beside.
const SMALL: i32 = -300;

/// Rows as directions need them: positive on their active side, columns scaled to the size of their largest entries, without what may be zero.
struct Scaled<S> {
    /// `[units, inputs]`.
    rows: Matrix<Num<S>>,
    /// Whether an entry may be zero.
    vanish: Vec<Vec<bool>>,
    /// `log2` of each column's factor.
    factors: Vec<i32>,
}

impl<S: Solve> Scaled<S> {
    fn new(run: &mut Run<'_, S>, known: &Known<S>, signs: &[Ordering], faint: &Faint) -> Result<Self, Error> {
        let scale = |j: usize| faint.entries.iter().map(|row| row[j]).filter(|k| *k > Faint::NOTHING).min();
        let factors: Vec<i32> = (0..run.inputs()).map(|j| -scale(j).unwrap_or(0)).collect();
        let mut vanish = Vec::with_capacity(known.signatures.len());
        for (i, unit) in known.signatures.iter().enumerate() {
            let mut row = Vec::with_capacity(factors.len());
            for (j, entry) in unit.row.iter().enumerate() {
                run.open(unit.item.axis(j));
                let error = &known.errors[i] * &Dyadic::power(faint.entries[i][j]).lift(run.context);
                row.push(run.is_zero(Site::Vanish, entry, &error)?);
            }
            vanish.push(row);
        }
        let entry = |i: usize, j: usize| {
            if vanish[i][j] {
                return run.zero();
            }
            &turned(&known.signatures[i].row[j], signs[i]) * &Dyadic::power(factors[j]).lift(run.context)
        };
        let rows = Matrix::from_fn(vanish.len(), factors.len(), entry);
        Ok(Self { rows, vanish, factors })
    }

    /// A random direction along these axes in which every row but one decreases, each entry with the column's
    /// factor; `None` where none is found.
    fn direction(
        &self,
        run: &mut Run<'_, S>,
        but: Option<usize>,
        axes: &[usize],
        draw: &mut Draw,
    ) -> Result<Option<Vec<Num<S>>>, Error> {
        let touched = |k: &usize| Some(*k) != but && axes.iter().any(|&j| !self.vanish[*k][j]);
        let others: Vec<usize> = (0..self.vanish.len()).filter(touched).collect();
        let rows = Matrix::from_fn(others.len(), axes.len(), |k, j| self.rows[(others[k], axes[j])].clone());
        let start: Vec<Num<S>> = axes.iter().map(|_| run.lift(draw.dyadic(DIGITS))).collect();
        let square = S::products(&rows, &rows, run.context);
        let (zero, one) = (run.zero(), run.lift(1.0));
        let excess: Vec<Num<S>> = rows.iter_rows().map(|row| &run.dot(row, &start) + &one).collect();
        let right = Matrix::from_fn(excess.len(), 1, |k, _| excess[k].clone());
        // All rows decrease by 1 where they are independent along these axes.
        let even = S::solve(&square, &right, run.context).map(|shares| shares.column(0).cloned().collect());
        for shares in even.into_iter().chain(std::iter::once_with(|| shares(&zero, &square, &excess))) {
            let shares: Vec<Num<S>> = shares;
            let moved = |(j, x): (usize, &Num<S>)| {
                rows.column(j).zip(&shares).fold(x.clone(), |x, (entry, share)| &x - &(entry * share))
            };
            let direction: Vec<Num<S>> = start.iter().enumerate().map(moved).collect();
            if decreases(run, &rows, &direction)? {
                let scaled = |(x, &j): (&Num<S>, &usize)| x * &Dyadic::power(self.factors[j]).lift(run.context);
                return Ok(Some(direction.iter().zip(axes).map(scaled).collect()));
            }
        }
        Ok(None)
    }
}

/// Whether every row decreases by a half at least.
fn decreases<S: Solve>(run: &mut Run<'_, S>, rows: &Matrix<Num<S>>, direction: &[Num<S>]) -> Result<bool, Error> {
    let half = run.lift(0.5);
    for row in rows.iter_rows() {
        let change = &run.dot(row, direction) + &half;
        match run.sign(Site::Heading, &change, &half) {
            Ok(sign) if sign.is_lt() => {}
            Ok(_) | Err(Error::Undecided(crate::judge::Error::Undecided { .. })) => return Ok(false),
            Err(error) => return Err(error),
        }
    }
    Ok(true)
}

/// How much of each row is to be taken away so that none exceeds −1: the nearest such point, if there is one.
///
/// `square`: inner products of the rows; `excess`: what each row has above −1.
///
/// Source: Hildreth, *A quadratic programming procedure*, Naval Research Logistics Quarterly 4 (1957).
fn shares<S: Scalar>(zero: &Num<S>, square: &Matrix<Num<S>>, excess: &[Num<S>]) -> Vec<Num<S>> {
    let mut shares = vec![zero.clone(); excess.len()];
    for _ in 0..SWEEPS {
        for (k, excess) in excess.iter().enumerate() {
            let left = excess - &dot(zero.clone(), square.row(k), &shares);
            if let Some(step) = left.over(&square[(k, k)]) {
                shares[k] = (&shares[k] + &step).relu();
            }
        }
    }
    shares
}

/// A point with these coordinates moved by `2^FAR` times the direction.
fn far<S: Scalar>(run: &Run<'_, S>, point: &[Num<S>], axes: &[usize], direction: &[Num<S>]) -> Vec<Num<S>> {
    let length = Dyadic::power(FAR).lift::<S>(run.context);
    let mut point = point.to_vec();
    for (&j, x) in axes.iter().zip(direction) {
        point[j] = &point[j] + &(x * &length);
    }
    point
}

/// Entries of every row that can only be zero, since all of them together move nothing where their unit is alone.
///
/// Two queries a group and one a row; a group that moves something is halved.
pub(super) fn rows<S: Solve>(
    run: &mut Run<'_, S>,
    known: &mut Known<S>,
    signs: &[Ordering],
    places: &Places<S>,
    faint: &mut Faint,
) -> Result<(), Error> {
    let scaled = Scaled::new(run, known, signs, faint)?;
    let mut draw = Draw::new(run.options.seed, "zeros");
    for (i, place) in places.points.iter().enumerate() {
        let may = |j: &usize| scaled.vanish[i][*j] && faint.entries[i][*j] > Faint::NOTHING;
        let open: Vec<usize> = (0..run.inputs()).filter(may).collect();
        let Some(place) = place.as_ref().filter(|_| !open.is_empty()) else { continue };
        let here = run.ask(&Batch::Points(std::slice::from_ref(place)))?.swap_remove(0);
        run.open(known.signatures[i].item);
        if unmoved(run, &places.resting, &here)? {
            // A unit so weak could fall silent unseen.
            continue;
        }
        let mut groups = vec![open];
        for _ in 0..GROUPS {
            let Some(axes) = groups.pop() else { break };
            let mut points = Vec::with_capacity(DRAWN);
            for _ in 0..DRAWN {
                let direction = scaled.direction(run, Some(i), &axes, &mut draw)?;
                points.extend(direction.map(|direction| far(run, place, &axes, &direction)));
            }
            if points.len() < DRAWN {
                continue;
            }
            let mut still = true;
            for answer in run.ask(&Batch::Points(&points))? {
                still = still && unmoved(run, &here, &answer)?;
            }
            if still {
                for j in axes {
                    known.signatures[i].row[j] = run.zero();
                    faint.entries[i][j] = Faint::NOTHING;
                }
            } else if axes.len() > 1 {
                groups.push(axes[axes.len() / 2..].to_vec());
                groups.push(axes[..axes.len() / 2].to_vec());
            }
        }
    }
    Ok(())
}

/// Whether all biases are zero, since answers near the origin are those further out, scaled; then they are set so.
///
/// Every unit is active on one side of the origin at least. Eight queries, where all biases may be zero.
pub(super) fn unbiased<S: Solve>(
    run: &mut Run<'_, S>,
    known: &mut Known<S>,
    places: &Places<S>,
) -> Result<bool, Error> {
    run.open(Item::default());
    for bias in &places.resting {
        if !run.is_zero(Site::Unmoved, bias, bias)? {
            return Ok(false);
        }
    }
    for (unit, error) in known.signatures.iter().zip(&known.bias_errors) {
        if !run.is_zero(Site::Vanish, &unit.bias, error)? {
            return Ok(false);
        }
    }
    let mut draw = Draw::new(run.options.seed, "biases");
    let [small, large] = [SMALL, -SMALL].map(|k| Dyadic::power(k).lift::<S>(run.context));
    for _ in 0..DRAWN {
        let point: Vec<Num<S>> = (0..run.inputs()).map(|_| run.lift(draw.dyadic(DIGITS))).collect();
        let opposite: Vec<Num<S>> = point.iter().map(|x| -x).collect();
        let near = |point: &[Num<S>]| point.iter().map(|x| x * &small).collect::<Vec<_>>();
        let points = [near(&point), near(&opposite), point, opposite];
        let answers = run.ask(&Batch::Points(&points))?;
        for (near, answer) in answers[..2].iter().zip(&answers[2..]) {
            let scaled: Vec<Num<S>> = near.iter().map(|y| y * &large).collect();
            if !unmoved(run, answer, &scaled)? {
                return Ok(false);
            }
        }
    }
    for unit in &mut known.signatures {
        unit.bias = run.zero();
    }
    Ok(true)
}

/// Whether an answer changes far out where all rows decrease, so that some other unit is active there.
pub(super) fn hidden<S: Solve>(
    run: &mut Run<'_, S>,
    known: &Known<S>,
    signs: &[Ordering],
    places: &Places<S>,
    faint: &Faint,
) -> Result<bool, Error> {
    let scaled = Scaled::new(run, known, signs, faint)?;
    let mut draw = Draw::new(run.options.seed, "hidden");
    let axes: Vec<usize> = (0..run.inputs()).collect();
    run.open(Item::default());
    for _ in 0..SEARCHED {
        let Some(direction) = scaled.direction(run, None, &axes, &mut draw)? else { continue };
        let point = far(run, &places.rest, &axes, &direction);
        let answer = run.ask(&Batch::Points(&[point]))?.swap_remove(0);
        if !unmoved(run, &places.resting, &answer)? {
            return Ok(true);
        }
    }
    Ok(false)
}
