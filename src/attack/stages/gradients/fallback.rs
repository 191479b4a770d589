//! Rows that gradients do not confirm: measured as the textbook does, by second differences.

use super::audit;
use super::rows::{Unit, adds_up};
use super::search::GradientSearch;
use crate::attack::stages::second_differences;
use crate::attack::{Error, Run};
use crate::judge::{Item, Site};
use crate::linalg::Solve;
use crate::num::Num;
use std::cmp::Ordering;

/// How many kinks may be tried in vain.
const PATIENCE: usize = 4;

impl<S: Solve> GradientSearch<S> {
    /// Measures rows at kinks that are left over, the most isolated first, until the others are
    /// explained; returns what still is not.
    ///
    /// A gradient sums all active units, and its error grows with their sum: a jump that is weak
    /// beside them does not stand out of it. Second differences at its own kink see it alone.
    ///
    /// About `4·inputs` queries a row.
    pub(super) fn fall_back(
        &mut self,
        run: &mut Run<'_, S>,
        mut unexplained: Vec<Vec<Item>>,
    ) -> Result<Vec<Vec<Item>>, Error> {
        let mut vain = 0;
        for (gap, kink) in second_differences::by_isolation(run)? {
            if vain == PATIENCE || audit::done(&unexplained) {
                break;
            }
            let line = kink.item.line as usize;
            let open = self.courses[line].bends.iter().any(|bend| bend.item == kink.item && bend.is_open());
            if !open || !unexplained[line].contains(&kink.item) {
                continue;
            }
            match second_differences::measure(run, &kink, gap)? {
                Ok(measured) => {
                    self.units.push(Unit::measured(run, &self.places, &kink.position, measured)?);
                    // Rows beside it were held back, or taken in without it.
                    self.forget(run)?;
                    self.gather(run)?;
                    unexplained = audit::unexplained(run, &self.courses, &self.units)?;
                }
                Err(_) => vain += 1,
            }
        }
        Ok(unexplained)
    }

    /// Takes in a measured row, with the kinks that are its own alone.
    pub(super) fn keep(&mut self, run: &mut Run<'_, S>, unit: Unit<S>) -> Result<(), Error> {
        let one = run.lift(1.0);
        for (line, course) in self.courses.iter_mut().enumerate() {
            let Some(index) = unit.find(run, line, course)? else { continue };
            let bend = &mut course.bends[index];
            if bend.item == unit.item || adds_up(run, line, bend, &[(&unit, one.clone())])? {
                bend.unit = Some(self.units.len());
            }
        }
        self.units.push(unit);
        Ok(())
    }

    /// The measured rows whose kinks between two gradients are hidden by others: too weak to be
    /// seen there, and not too weak to spoil a row. Each with the way the line crosses it.
    ///
    /// `ends`: the segments of the gradients; `at`: their positions.
    pub(super) fn hidden(
        &self,
        run: &mut Run<'_, S>,
        line: usize,
        ends: (usize, usize),
        at: [&Num<S>; 2],
    ) -> Result<Vec<(usize, Ordering)>, Error> {
        let course = &self.courses[line];
        let mut hidden = Vec::new();
        for (index, unit) in self.units.iter().enumerate().filter(|(_, unit)| unit.measured.is_some()) {
            if course.bends[ends.0..ends.1].iter().any(|bend| bend.unit == Some(index)) {
                continue;
            }
            run.open(course.segments[ends.0].item);
            let mut sides = [Ordering::Equal; 2];
            for (side, at) in sides.iter_mut().zip(at) {
                let value = unit.at(line, at);
                *side = run.sign(Site::Heading, &value, &value)?;
            }
            if sides[0] != sides[1] {
                hidden.push((index, unit.headings[line]));
            }
        }
        Ok(hidden)
    }
}
