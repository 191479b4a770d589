//! Rows up to a factor, and the kinks that they explain.

use super::between::{bias_through, ratios};
use super::course::{Bend, Course};
use crate::attack::{Error, Run};
use crate::judge::{Item, Site};
use crate::linalg::{Matrix, Solve};
use crate::num::{Dyadic, Num, Scalar};
use crate::trace::Signature;
use std::cmp::Ordering;

/// A jump of slopes confirms a row where it is known to one part in `2^CONFIRMED` of the tolerance.
const CONFIRMED: i32 = 6;

/// A hidden row, up to a factor.
#[derive(Clone)]
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
    /// Error of its strength, in roundoffs.
    pub(super) blur: Num<S>,
    /// One plus the error of an entry relative to the jump.
    pub(super) noise: Num<S>,
    /// One plus the distance, along its line, of the kink that places it.
    pub(super) distance: Num<S>,
    /// What it is from, where gradients did not confirm it.
    pub(super) measured: Option<Signature<Num<S>>>,
    /// What it is from, where they did.
    pub(super) source: Option<Source>,
}

/// The kinks and gradients that a row was solved for from.
#[derive(Clone)]
pub(super) struct Source {
    pub(super) line: usize,
    /// The segments of the gradients.
    pub(super) segments: [usize; 2],
    /// The kinks solved for together.
    pub(super) kinks: Vec<Item>,
    /// Which of them is the row's own.
    pub(super) own: usize,
    /// The rows known between the gradients, each with the way the line crosses it.
    pub(super) known: Vec<(usize, Ordering)>,
}

/// One row with its factor undetermined: `J = direction·row`.
pub(super) struct Solved<S> {
    /// Index of its kink.
    pub(super) bend: usize,
    /// Its jump of slopes, of magnitude 1, `[outputs]`.
    pub(super) direction: Vec<Num<S>>,
    /// `[inputs]`.
    pub(super) row: Vec<Num<S>>,
    pub(super) error: Num<S>,
}

impl<S: Scalar> Unit<S> {
    /// The pre-activation at a position of a line.
    pub(super) fn at(&self, line: usize, position: &Num<S>) -> Num<S> {
        let (origin, along) = &self.lines[line];
        &(origin + &self.bias) + &(along * position)
    }

    /// The unit that takes back its change of slope, as far as its row tells; it has yet to be placed.
    pub(super) fn opposite(&self) -> Self {
        let strength = self.strength.iter().map(|s| -s).collect();
        Self { strength, measured: None, source: None, ..self.clone() }
    }

    /// Puts the row's hyperplane through a kink of a line.
    pub(super) fn place(&mut self, run: &Run<'_, S>, line: usize, item: Item, position: &Num<S>) {
        self.bias = bias_through(&self.lines[line], position);
        self.item = item;
        self.distance = &position.abs() + &run.lift(1.0);
    }
}

/// Whether the jump of slopes at a kink is what these rows make on its line, in every output,
/// each with its share.
pub(super) fn adds_up<S: Solve>(
    run: &mut Run<'_, S>,
    line: usize,
    bend: &Bend<S>,
    units: &[(&Unit<S>, Num<S>)],
) -> Result<bool, Error> {
    run.open(bend.item);
    let scale = units.iter().fold(bend.blur.clone(), |sum, (unit, _)| &sum + &unit.bent(run, line));
    for (o, jump) in bend.jump.iter().enumerate() {
        let made = |(unit, share): &(&Unit<S>, Num<S>)| share * &(&unit.strength[o] * &unit.lines[line].1.abs());
        let miss = units.iter().fold(jump.clone(), |left, unit| &left - &made(unit));
        if !run.is_zero(Site::Bend, &miss, &scale)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// What a row is along each line, and which way the line crosses it.
type Crossings<S> = (Vec<(Num<S>, Num<S>)>, Vec<Ordering>);

/// `places`: origin and direction of every line.
fn crossings<S: Solve>(run: &mut Run<'_, S>, places: &Matrix<Num<S>>, row: &[Num<S>]) -> Result<Crossings<S>, Error> {
    let products = S::products(places, &Matrix::from_fn(1, row.len(), |_, j| row[j].clone()), run.context);
    let on = |l: usize| (products[(2 * l, 0)].clone(), products[(2 * l + 1, 0)].clone());
    let lines: Vec<(Num<S>, Num<S>)> = (0..places.rows() / 2).map(on).collect();
    let mut headings = Vec::with_capacity(lines.len());
    for (_, along) in &lines {
        headings.push(run.sign(Site::Heading, along, along)?);
    }
    Ok((lines, headings))
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
        let Some((row, strength)) = ratios(reference, &row, &direction) else { return Ok(None) };
        let (lines, headings) = crossings(run, places, &row)?;
        // Its strength has the direction of its kink's jump of slopes, which is blurred.
        let turned = bend.blur.over(&run.l1(&bend.jump)).unwrap_or_else(|| run.zero());
        let blur = if bend.jump.len() > 1 { &size * &turned } else { run.zero() };
        let relative = error.over(&size).unwrap_or_else(|| run.zero());
        let noise = &relative + &run.lift(1.0);
        let (item, bias, distance) = (bend.item, run.zero(), run.zero());
        let mut unit = Self {
            item,
            reference,
            row,
            bias,
            strength,
            lines,
            headings,
            error,
            blur,
            noise,
            distance,
            measured: None,
            source: None,
        };
        unit.place(run, line, bend.item, &bend.position);
        Ok(Some(unit))
    }

    /// The unit of a row measured by second differences, at a position of a line.
    pub(super) fn measured(
        run: &mut Run<'_, S>,
        places: &Matrix<Num<S>>,
        position: &Num<S>,
        signature: Signature<Num<S>>,
    ) -> Result<Self, Error> {
        run.open(signature.item);
        let Signature { item, reference, row, bias, strength, .. } = signature.clone();
        let (lines, headings) = crossings(run, places, &row)?;
        let shortest = signature.probes.iter().flat_map(|probes| &probes.steps).min().copied().unwrap_or_default();
        let error = &signature.mass * &Dyadic::power(-shortest).lift(run.context);
        let relative = error.over(&run.l1(&strength)).unwrap_or_else(|| run.zero());
        let (noise, distance) = (&relative + &run.lift(1.0), &position.abs() + &run.lift(1.0));
        let (blur, measured, source) = (error.clone(), Some(signature), None);
        Ok(Self {
            item,
            reference,
            row,
            bias,
            strength,
            lines,
            headings,
            error,
            blur,
            noise,
            distance,
            measured,
            source,
        })
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

    /// How much of the unit's jump of slopes is in that of a kink whose interval its hyperplane crosses.
    ///
    /// All of it between the chords that the slopes are taken from; of a jump within a chord the
    /// part that the crossing's distance from the interval's end is of the chord.
    pub(super) fn share(&self, run: &mut Run<'_, S>, line: usize, bend: &Bend<S>) -> Result<Num<S>, Error> {
        let (whole, along) = (run.lift(1.0), &self.lines[line].1);
        let Some(position) = (-&self.at(line, &run.zero())).over(along) else { return Ok(whole) };
        let Some([before, after]) = &bend.chords else { return Ok(whole) };
        run.open(bend.item);
        let (left, right) = (bend.interval.0.lift(run.context), bend.interval.1.lift(run.context));
        for (end, chord, reach) in [(left, before, before - &position), (right, after, &position - after)] {
            if run.sign(Site::Length, &reach, &position)?.is_gt() {
                return Ok((&position - &end).over(&(chord - &end)).unwrap_or(whole));
            }
        }
        Ok(whole)
    }

    /// Error of its jump of slopes on a line, in roundoffs.
    fn bent(&self, run: &Run<'_, S>, line: usize) -> Num<S> {
        // Errors along d axes add up to about √d of them.
        let root = Dyadic::power(self.row.len().ilog2() as i32 / 2 + 1).lift::<S>(run.context);
        &(&self.blur * &self.lines[line].1.abs()) + &(&self.error * &root)
    }

    /// Whether a kink bends its line as this row's hyperplane does, in every output.
    ///
    /// A line's direction is a random combination of all axes: the whole row counts.
    pub(super) fn bends(&self, run: &mut Run<'_, S>, line: usize, bend: &Bend<S>) -> Result<bool, Error> {
        run.open(bend.item);
        let coarse = &(&bend.blur + &self.bent(run, line)) * &Dyadic::power(CONFIRMED).lift(run.context);
        if run.is_zero(Site::Bend, &run.l1(&bend.jump), &coarse)? {
            return Ok(false);
        }
        let whole = run.lift(1.0);
        adds_up(run, line, bend, &[(self, whole)])
    }

    /// The interval of a kink in which the hyperplane crosses a line, if it does so in one.
    pub(super) fn within(&self, run: &mut Run<'_, S>, line: usize, course: &Course<S>) -> Result<Option<usize>, Error> {
        let (mut low, mut high) = (0, course.bends.len());
        while low < high {
            let middle = low + (high - low) / 2;
            let bend = &course.bends[middle];
            run.open(bend.item);
            let mut sides = [Ordering::Equal; 2];
            for (side, end) in sides.iter_mut().zip([bend.interval.0, bend.interval.1]) {
                let value = self.at(line, &end.lift(run.context));
                *side = run.sign(Site::Heading, &value, &value)?;
            }
            if sides[0] == self.headings[line] {
                high = middle;
            } else if sides[1] == self.headings[line].reverse() {
                low = middle + 1;
            } else {
                return Ok(Some(middle));
            }
        }
        Ok(None)
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
