//! The walk on paper: which gradients it takes, which rows they give, and how far off those are.

mod course;
mod ends;
mod rows;

use super::Level;
use super::geometry::Geometry;
use super::locate;
use super::textbook::{Measured, Probing};
use crate::attack::walk::audit::{CLEAN, HALVINGS};
use crate::attack::walk::fallback::PATIENCE;
use crate::attack::walk::gradient::Directions;
use crate::attack::walk::search::{MORE, ROUNDS};
use crate::net::Draw;
use course::{Course, Gradient, Meter};
use rows::{Unit, adds_up, solve};
use std::collections::HashSet;

pub(super) use ends::finished;

/// A pair of neighbouring gradients: line, segments, and the kinks open between them.
type Pair = (usize, usize, usize, Vec<usize>);

/// All lines with what has been measured along them, and the rows known so far.
pub(super) struct Walk<'a> {
    geometry: &'a Geometry,
    level: Level,
    courses: Vec<Course>,
    units: Vec<Unit>,
    meter: Meter<'a>,
    tried: HashSet<Pair>,
    /// How many lines are searched at once.
    first: usize,
    /// Whether every kink found is explained, on as many lines as the attack asks for.
    pub(super) explained: bool,
}

impl<'a> Walk<'a> {
    /// The walk along the first `lines` lines of the geometry, and those after them as it asks for more.
    pub(super) fn new(geometry: &'a Geometry, lines: usize, level: Level, seed: u64) -> Self {
        let meter = Meter {
            geometry,
            level,
            directions: Directions::new(seed, geometry.inputs),
            draw: Draw::new(seed, "prediction"),
        };
        let mut walk = Self {
            geometry,
            level,
            courses: Vec::new(),
            units: Vec::new(),
            meter,
            tried: HashSet::new(),
            explained: false,
            first: lines,
        };
        (0..lines).for_each(|_| walk.another());
        walk.gather();
        let mut open = walk.unexplained();
        for _ in 0..MORE {
            if done(&open) {
                break;
            }
            walk.another();
            walk.forget();
            walk.gather();
            open = walk.unexplained();
        }
        if !done(&open) {
            open = walk.fall_back(open);
        }
        walk.settle();
        walk.explained = suffices(&open);
        walk
    }

    /// The units whose hyperplanes cross an interval in which a kink is found.
    pub(super) fn located(&self) -> Vec<bool> {
        let mut located = vec![false; self.geometry.units.len()];
        let bends = self.courses.iter().flat_map(|course| &course.bends);
        bends.filter_map(|bend| bend.kink.as_ref()).flat_map(|kink| &kink.units).for_each(|&unit| located[unit] = true);
        located
    }

    /// The unit of the victim that each row is, if it is one to `2^−8`.
    pub(super) fn owners(&self) -> Vec<Option<usize>> {
        let own = |unit: &Unit| {
            let is = |&k: &usize| super::is_near(self.geometry, (&unit.row, unit.bias), k);
            (0..self.geometry.units.len()).find(is)
        };
        self.units.iter().map(own).collect()
    }

    fn another(&mut self) {
        let index = self.courses.len();
        let found = locate::search(self.geometry, index, self.first.max(index + 1), self.level);
        self.courses.push(Course::new(self.geometry, found, self.level));
    }

    fn gather(&mut self) {
        for _ in 0..ROUNDS {
            self.explain();
            while let Some((line, segment)) = self.next(false).or_else(|| self.next(true)) {
                let gradient = self.meter.measure(line, &self.courses[line].segments[segment]);
                let segment = &mut self.courses[line].segments[segment];
                segment.failed = gradient.is_none();
                segment.gradient = gradient;
                self.explain();
            }
            if !self.mend() {
                break;
            }
            self.forget();
        }
    }

    fn next(&self, thin: bool) -> Option<(usize, usize)> {
        let most = self.geometry.outputs().div_ceil(2);
        self.courses.iter().enumerate().find_map(|(line, course)| Some((line, course.next(thin, most)?)))
    }

    fn forget(&mut self) {
        self.tried.clear();
        self.courses.iter_mut().flat_map(|course| &mut course.bends).for_each(|bend| bend.unit = None);
        for unit in std::mem::take(&mut self.units) {
            if unit.measured {
                self.keep(unit);
            }
        }
    }

    fn keep(&mut self, unit: Unit) {
        for (line, course) in self.courses.iter_mut().enumerate() {
            let Some(index) = unit.find(line, course, self.level) else { continue };
            let bend = &mut course.bends[index];
            let own = unit.kink.line == line && unit.kink.node == bend.node;
            if own || adds_up(line, bend, &[(&unit, 1.0)], self.level) {
                bend.unit = Some(self.units.len());
            }
        }
        self.units.push(unit);
    }

    fn explain(&mut self) {
        let mut line = 0;
        while line < self.courses.len() {
            let Some(pair) = self.pairs(line).into_iter().find(|pair| !self.tried.contains(pair)) else {
                line += 1;
                continue;
            };
            let (_, from, to, open) = pair.clone();
            self.tried.insert(pair);
            let course = &self.courses[line];
            let ends = [from, to].map(|segment| course.segments[segment].gradient.as_ref());
            let [Some(left), Some(right)] = ends else { continue };
            let known = course.bends[from..to].iter().filter_map(|bend| bend.unit);
            let known = known.chain(self.hidden(line, (from, to), [left, right]));
            let known: Vec<(&Unit, f64)> =
                known.map(|unit| (&self.units[unit], self.units[unit].heading(line))).collect();
            let solved = solve(course, &open, (left, right), &known, self.level);
            let mut found = false;
            for solved in solved.into_iter().flatten() {
                found |= self.admit(line, solved);
            }
            line = if found { 0 } else { line };
        }
    }

    fn pairs(&self, line: usize) -> Vec<Pair> {
        let course = &self.courses[line];
        let measured: Vec<usize> =
            (0..course.segments.len()).filter(|&i| course.segments[i].gradient.is_some()).collect();
        let between = |pair: &[usize]| {
            let (from, to) = (pair[0], pair[1]);
            let whole = course.bends[from..to].iter().all(|bend| bend.kink.is_some());
            let open: Vec<usize> = (from..to).filter(|&i| course.bends[i].is_open()).collect();
            (whole && !open.is_empty()).then_some((line, from, to, open))
        };
        measured.windows(2).filter_map(between).collect()
    }

    fn hidden(&self, line: usize, ends: (usize, usize), at: [&Gradient; 2]) -> Vec<usize> {
        let course = &self.courses[line];
        let between = |&(index, unit): &(usize, &Unit)| {
            let sides = at.map(|gradient| unit.at(line, gradient.at).signum());
            unit.measured
                && sides[0] != sides[1]
                && course.bends[ends.0..ends.1].iter().all(|bend| bend.unit != Some(index))
        };
        self.units.iter().enumerate().filter(between).map(|(index, _)| index).collect()
    }

    fn admit(&mut self, line: usize, solved: rows::Solved) -> bool {
        let bend = solved.bend;
        let Some(unit) = Unit::new(self.geometry, &self.courses[line], solved, self.level) else { return false };
        let mut explained = vec![(line, bend)];
        let mut confirmed = self.courses.len() == 1;
        for (other, course) in self.courses.iter().enumerate().filter(|&(other, _)| other != line) {
            let Some(bend) = unit.find(other, course, self.level) else { continue };
            explained.push((other, bend));
            confirmed = confirmed || unit.bends(other, &course.bends[bend], self.level);
        }
        if confirmed {
            for (line, bend) in explained {
                self.courses[line].bends[bend].unit = Some(self.units.len());
            }
            self.units.push(unit);
        }
        confirmed
    }

    /// Measures anew along every axis whose step crossed a hyperplane that is known.
    fn mend(&mut self) -> bool {
        let mut mended = false;
        for (line, course) in self.courses.iter_mut().enumerate() {
            for segment in &mut course.segments {
                let Some(gradient) = &mut segment.gradient else { continue };
                let axes = spoiled(line, &self.units, gradient);
                for &(axis, step) in &axes {
                    gradient.slopes[axis] = self.meter.along(gradient, axis, step);
                    gradient.steps[axis] = step;
                }
                if !axes.is_empty() {
                    mended = true;
                    let shortest = gradient.steps.iter().copied().min().unwrap_or_default();
                    gradient.error = segment.mass * 2f64.powi(-shortest);
                }
            }
        }
        mended
    }

    /// The kinks of each line, as indices, whose jumps of slopes are not what the rows make there.
    fn unexplained(&self) -> Vec<Vec<usize>> {
        let of_line = |(line, course): (usize, &Course)| {
            let mut within: Vec<Vec<&Unit>> = vec![Vec::new(); course.bends.len()];
            let mut hidden = vec![true; self.units.len()];
            for (bend, units) in course.bends.iter().zip(&mut within) {
                if let Some(unit) = bend.unit {
                    hidden[unit] = false;
                    units.push(&self.units[unit]);
                }
            }
            for (unit, _) in self.units.iter().zip(hidden).filter(|(_, hidden)| *hidden) {
                if let Some(bend) = unit.within(line, course) {
                    within[bend].push(unit);
                }
            }
            let is_left = |(bend, units): (&course::Bend, &Vec<&Unit>)| {
                let own = bend.unit.map(|unit| [(&self.units[unit], 1.0)]);
                if bend.kink.is_none() || own.is_some_and(|own| adds_up(line, bend, &own, self.level)) {
                    return false;
                }
                let all: Vec<(&Unit, f64)> = units.iter().map(|unit| (*unit, unit.share(line, bend))).collect();
                !adds_up(line, bend, &all, self.level)
            };
            let bends = course.bends.iter().zip(&within).enumerate();
            bends.filter(|&(_, bend)| is_left(bend)).map(|(index, _)| index).collect()
        };
        self.courses.iter().enumerate().map(of_line).collect()
    }

    fn fall_back(&mut self, mut open: Vec<Vec<usize>>) -> Vec<Vec<usize>> {
        let mut probing = Probing { geometry: self.geometry, level: self.level, draw: self.meter.draw.clone() };
        let bends = self.courses.iter().flat_map(|course| course.bends.iter().enumerate());
        let mut kinks: Vec<_> = bends.filter_map(|(index, bend)| Some((index, bend.kink.clone()?))).collect();
        kinks.sort_by_key(|(_, kink)| (-super::textbook::isolation(kink), kink.line, kink.node));
        let mut vain = 0;
        for (index, kink) in kinks {
            if vain == PATIENCE || done(&open) {
                break;
            }
            if !self.courses[kink.line].bends[index].is_open() || !open[kink.line].contains(&index) {
                continue;
            }
            if let Measured::Row(row) = probing.measure(&kink) {
                self.units.push(Unit::measured(self.geometry, *row));
                self.forget();
                self.gather();
                open = self.unexplained();
            } else {
                vain += 1;
            }
        }
        open
    }

    /// Puts every hyperplane through its kink nearest to a line's origin.
    fn settle(&mut self) {
        let mut best: Vec<Option<(bool, i32, usize, usize)>> = vec![None; self.units.len()];
        for (line, course) in self.courses.iter().enumerate() {
            for (index, bend) in course.bends.iter().enumerate() {
                let Some(unit) = bend.unit else { continue };
                let shared = !self.units[unit].bends(line, bend, self.level);
                let far = super::geometry::binade(1.0 + bend.position.abs());
                let here = (shared, far, line, index);
                best[unit] = Some(best[unit].map_or(here, |before| before.min(here)));
            }
        }
        for (unit, best) in self.units.iter_mut().zip(best).filter(|(unit, _)| !unit.measured) {
            let Some((_, _, line, index)) = best else { continue };
            if let Some(mut kink) = self.courses[line].bends[index].kink.clone() {
                kink.position += kink.blur * self.meter.draw.normal();
                unit.place(&kink);
            }
        }
    }

    /// The gradient with the least error.
    fn best(&self) -> Option<&Gradient> {
        let segments = self.courses.iter().flat_map(|course| &course.segments);
        let far = |at: f64| if at == 0.0 { 0 } else { super::geometry::binade(at.abs()).max(0) };
        let measured = segments.filter_map(|segment| Some((segment, segment.gradient.as_ref()?)));
        let best = measured.min_by_key(|(segment, gradient)| (far(gradient.at), -segment.quality));
        best.map(|(_, gradient)| gradient)
    }
}

fn done(open: &[Vec<usize>]) -> bool {
    open.iter().all(Vec::is_empty)
}

fn suffices(open: &[Vec<usize>]) -> bool {
    open.iter().filter(|bends| bends.is_empty()).count() >= CLEAN.min(open.len())
}

/// The axes whose step crosses a known hyperplane, each with a step that does not.
fn spoiled(line: usize, units: &[Unit], gradient: &Gradient) -> Vec<(usize, i32)> {
    let longest = gradient.steps.iter().copied().max().unwrap_or_default();
    let away = |unit: &Unit| unit.at(line, gradient.at);
    let near: Vec<(&Unit, f64)> = units.iter().map(|unit| (unit, away(unit))).collect();
    let near: Vec<_> = near.into_iter().filter(|(_, away)| away.abs() <= 2f64.powi(longest)).collect();
    let shortened = |(j, &step): (usize, &i32)| {
        let mut shorter = step;
        for (unit, away) in &near {
            let mut halvings = 0;
            while halvings < HALVINGS && away * (away + unit.row[j] * 2f64.powi(shorter)) <= 0.0 {
                shorter -= 1;
                halvings += 1;
            }
        }
        (shorter < step).then_some((j, shorter))
    };
    gradient.steps.iter().enumerate().filter_map(shortened).collect()
}
