//! Which gradient to measure next, until every kink has its row.

use super::audit;
use super::course::{Course, Gradient};
use super::gradient::{Directions, measure};
use super::rows::{Solved, Source, Unit};
use super::solve::solve;
use crate::attack::stages::locate;
use crate::attack::{Error, Run};
use crate::judge::{Item, Stage};
use crate::linalg::{Matrix, Solve};
use crate::net::Family;
use crate::num::{Dyadic, Num, lift_all};
use std::collections::HashSet;

/// How often steps that crossed a hyperplane are mended.
const ROUNDS: usize = 8;
/// Lines searched besides, one by one, while there are kinks that the rows found do not explain.
const MORE: usize = 4;

/// All lines with what has been measured along them, and the rows known so far.
pub(in crate::attack) struct GradientSearch<S> {
    pub(super) courses: Vec<Course<S>>,
    pub(super) units: Vec<Unit<S>>,
    /// Origin and direction of every line, in turn.
    pub(super) places: Matrix<Num<S>>,
    directions: Directions,
    /// Differences of gradients that gave nothing: line, segments, and the kinks open between them.
    tried: HashSet<(usize, usize, usize, Vec<usize>)>,
}

impl<S: Solve> GradientSearch<S> {
    /// All lines, nothing measured.
    pub(in crate::attack) fn new(run: &mut Run<'_, S>) -> Result<Self, Error> {
        let count = run.trace.located.lines.len();
        let courses = (0..count).map(|line| Course::new(run, line)).collect::<Result<Vec<_>, _>>()?;
        let rows = run.trace.located.lines.iter().flat_map(|line| [&line.origin, &line.direction]);
        let rows: Vec<Vec<Num<S>>> = rows.map(|row| lift_all(row, run.context)).collect();
        let places = Matrix::from_fn(rows.len(), run.inputs(), |i, j| rows[i][j].clone());
        let directions = Directions::new(run.options.seed, run.inputs());
        Ok(Self { courses, units: Vec::new(), places, directions, tried: HashSet::new() })
    }

    /// Finds the rows of all kinks and records them.
    ///
    /// Stops where too few lines have all jumps of slopes as the rows
    /// make them: every hyperplane crosses every line, and a line's direction combines all inputs.
    pub(in crate::attack) fn run(&mut self, run: &mut Run<'_, S>) -> Result<(), Error> {
        self.gather(run)?;
        let mut unexplained = audit::unexplained(run, &self.courses, &self.units)?;
        for _ in 0..MORE {
            if audit::done(&unexplained) {
                break;
            }
            run.enter(Stage::Locate);
            locate::another(run)?;
            run.enter(Stage::Signature);
            self.widen(run)?;
            self.gather(run)?;
            unexplained = audit::unexplained(run, &self.courses, &self.units)?;
        }
        if !audit::done(&unexplained) {
            unexplained = self.fall_back(run, unexplained)?;
        }
        self.settle(run)?;
        let (items, lines) = (unexplained.concat(), unexplained.len());
        self.record(run, &items)?;
        match items.first() {
            Some(&item) if !audit::suffices(&unexplained) => {
                let (count, found) = (items.len(), self.units.len());
                let what = format!(
                    "{count} critical points of {lines} lines, the first in {item}, do not bend them as the {found} rows \
                     found would"
                );
                Err(Error::degenerate(Stage::Signature, item, what))
            }
            _ => Ok(()),
        }
    }

    /// Takes in the trace's last line.
    fn widen(&mut self, run: &mut Run<'_, S>) -> Result<(), Error> {
        self.forget(run)?;
        let course = Course::new(run, self.courses.len())?;
        let before = self.places.rows();
        let rows = [course.origin.clone(), course.direction.clone()];
        let entry = |i: usize, j: usize| if i < before { &self.places[(i, j)] } else { &rows[i - before][j] };
        self.places = Matrix::from_fn(before + 2, run.inputs(), |i, j| entry(i, j).clone());
        self.courses.push(course);
        Ok(())
    }

    /// Finds the rows of all kinks, as far as these lines give them.
    pub(super) fn gather(&mut self, run: &mut Run<'_, S>) -> Result<(), Error> {
        for _ in 0..ROUNDS {
            self.explain(run)?;
            while let Some((line, segment)) = self.next(false).or_else(|| self.next(true)) {
                let course = &self.courses[line];
                let gradient = measure(run, course, &course.segments[segment], &self.directions)?;
                let segment = &mut self.courses[line].segments[segment];
                segment.failed = gradient.is_none();
                segment.gradient = gradient;
                self.explain(run)?;
            }
            if !audit::mend(run, &mut self.courses, &self.units)? {
                break;
            }
            self.forget(run)?;
        }
        Ok(())
    }

    /// Forgets all rows that gradients gave, but no gradient.
    pub(super) fn forget(&mut self, run: &mut Run<'_, S>) -> Result<(), Error> {
        self.tried.clear();
        self.courses.iter_mut().flat_map(|course| &mut course.bends).for_each(|bend| bend.unit = None);
        for unit in std::mem::take(&mut self.units) {
            if unit.measured.is_some() {
                self.keep(run, unit)?;
            }
        }
        Ok(())
    }

    /// Solves for all rows that gradients measured so far determine.
    fn explain(&mut self, run: &mut Run<'_, S>) -> Result<(), Error> {
        let mut line = 0;
        while line < self.courses.len() {
            let pairs = self.pairs(line);
            let fresh = pairs.into_iter().find(|pair| !self.tried.contains(pair));
            let Some(pair) = fresh else {
                line += 1;
                continue;
            };
            let (_, from, to, open) = pair.clone();
            self.tried.insert(pair);
            let course = &self.courses[line];
            let ends = [from, to].map(|segment| course.segments[segment].gradient.as_ref());
            let [Some(from_gradient), Some(to_gradient)] = ends else { continue };
            let known = course.bends[from..to].iter().filter_map(|bend| bend.unit);
            let mut known: Vec<_> = known.map(|unit| (unit, self.units[unit].headings[line])).collect();
            known.extend(self.hidden(run, line, (from, to), [&from_gradient.at, &to_gradient.at])?);
            let rows: Vec<_> = known.iter().map(|&(unit, heading)| (&self.units[unit], heading)).collect();
            let solved = solve(run, course, &open, (from_gradient, to_gradient), &rows)?;
            let kinks: Vec<Item> = open.iter().map(|&bend| course.bends[bend].item).collect();
            let mut found = false;
            for (own, solved) in solved.into_iter().flatten().enumerate() {
                let (segments, kinks, known) = ([from, to], kinks.clone(), known.clone());
                found |= self.admit(run, Source { line, segments, kinks, own, known }, solved)?;
            }
            // A row found explains kinks of every line.
            line = if found { 0 } else { line };
        }
        Ok(())
    }

    /// Neighbouring gradients of a line with open kinks between them, and with nothing else
    /// that is not known.
    fn pairs(&self, line: usize) -> Vec<(usize, usize, usize, Vec<usize>)> {
        let course = &self.courses[line];
        let measured: Vec<usize> =
            (0..course.segments.len()).filter(|&i| course.segments[i].gradient.is_some()).collect();
        let between = |pair: &[usize]| {
            let (from, to) = (pair[0], pair[1]);
            let whole = course.bends[from..to].iter().all(|bend| bend.is_kink());
            let open: Vec<usize> = (from..to).filter(|&i| course.bends[i].is_open()).collect();
            (whole && !open.is_empty()).then_some((line, from, to, open))
        };
        measured.windows(2).filter_map(between).collect()
    }

    /// Takes a row in if it explains a kink of another line that no other row explains, and the
    /// jump of slopes at one of them is its own: two kinks too close to be told apart bend a
    /// line as no one row does.
    ///
    /// Where its own kink was hidden by that of another row, it lies on one that has a row.
    fn admit(&mut self, run: &mut Run<'_, S>, source: Source, solved: Solved<S>) -> Result<bool, Error> {
        let (line, bend) = (source.line, solved.bend);
        let Some(mut unit) = Unit::new(run, &self.places, line, &self.courses[line], solved)? else { return Ok(false) };
        unit.source = Some(source);
        let found = self.confirm(run, unit, line, bend)?;
        if found && matches!(run.options.activation, Family::Clip(..)) {
            self.twin(run, self.units.len() - 1)?;
        }
        Ok(found)
    }

    /// The other kink of a unit that clips: on a parallel hyperplane, with the opposite strength. It costs no query.
    fn twin(&mut self, run: &mut Run<'_, S>, of: usize) -> Result<bool, Error> {
        for line in 0..self.courses.len() {
            for bend in 0..self.courses[line].bends.len() {
                let course = &self.courses[line];
                if !course.bends[bend].is_open() {
                    continue;
                }
                let mut twin = self.units[of].opposite();
                twin.place(run, line, course.bends[bend].item, &course.bends[bend].position);
                if twin.bends(run, line, &course.bends[bend])? && self.confirm(run, twin, line, bend)? {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// Takes a row in, with a kink of one line that it explains, if it explains one of another line as well.
    fn confirm(&mut self, run: &mut Run<'_, S>, unit: Unit<S>, line: usize, bend: usize) -> Result<bool, Error> {
        let mut explained = vec![(line, bend)];
        let mut confirmed = self.courses.len() == 1;
        for (other, course) in self.courses.iter().enumerate().filter(|&(other, _)| other != line) {
            let Some(bend) = unit.find(run, other, course)? else { continue };
            explained.push((other, bend));
            confirmed = confirmed || unit.bends(run, other, &course.bends[bend])?;
        }
        if !confirmed {
            return Ok(false);
        }
        for (line, bend) in explained {
            self.courses[line].bends[bend].unit = Some(self.units.len());
        }
        self.units.push(unit);
        Ok(true)
    }

    /// The segment whose gradient would tell most; `thin`: whether thin ones will do.
    fn next(&self, thin: bool) -> Option<(usize, usize)> {
        let most = self.outputs_shared();
        self.courses.iter().enumerate().find_map(|(line, course)| Some((line, course.next(thin, most)?)))
    }

    /// How many kinks two gradients may have between them: half the outputs, so that the
    /// other half confirms what is found.
    fn outputs_shared(&self) -> usize {
        let outputs = self.courses.iter().flat_map(|course| &course.bends).map(|bend| bend.jump.len()).max();
        outputs.unwrap_or(1).div_ceil(2)
    }

    /// Puts every hyperplane through its kink nearest to a line's origin: errors of answers,
    /// and of positions with them, grow with that distance. Kinks that are its own alone come first.
    fn settle(&mut self, run: &mut Run<'_, S>) -> Result<(), Error> {
        let mut best: Vec<Option<(bool, i32, usize, usize)>> = vec![None; self.units.len()];
        for (line, course) in self.courses.iter().enumerate() {
            for (index, bend) in course.bends.iter().enumerate() {
                let Some(unit) = bend.unit else { continue };
                let shared = !self.units[unit].bends(run, line, bend)?;
                let far = run.binade(&(&run.lift(1.0) + &bend.position.abs()))?;
                let here = (shared, far, line, index);
                best[unit] = Some(best[unit].map_or(here, |before| before.min(here)));
            }
        }
        let of_gradients = self.units.iter_mut().zip(best).filter(|(unit, _)| unit.measured.is_none());
        for (unit, best) in of_gradients {
            if let Some((_, _, line, index)) = best {
                let bend = &self.courses[line].bends[index];
                unit.place(run, line, bend.item, &bend.position);
            }
        }
        Ok(())
    }

    /// Error of an entry of each row, beside its largest, in roundoffs.
    pub(in crate::attack) fn errors(&self, run: &Run<'_, S>) -> Vec<Num<S>> {
        self.units.iter().map(|unit| &unit.noise - &run.lift(1.0)).collect()
    }

    /// The gradient with the least error: its line and segment.
    pub(in crate::attack) fn best(&self) -> Option<(usize, usize)> {
        let courses = self.courses.iter().enumerate();
        let segments =
            courses.flat_map(|(line, course)| course.segments.iter().enumerate().map(move |(i, s)| (line, i, s)));
        let measured = segments.filter(|(_, _, segment)| segment.gradient.is_some());
        let far = |at: Dyadic| at.binade().map_or(0, |k| k.max(0));
        // Of equals the first.
        let best = measured.min_by_key(|(_, _, segment)| (segment.place.map(far), -segment.quality));
        best.map(|(line, index, _)| (line, index))
    }

    /// What has been measured in a segment of a line.
    pub(in crate::attack) fn gradient(&self, (line, segment): (usize, usize)) -> Option<&Gradient<S>> {
        self.courses[line].segments[segment].gradient.as_ref()
    }
}
