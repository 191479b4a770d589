//! What holds of an attack at one precision, part by part and unit by unit.

use super::geometry::Geometry;
use super::layers::{Copy, Labelled, least_squares, passes, preimage_sides, recovered};
use super::textbook::Probing;
use super::walk::{Walk, finished};
use super::{Level, Part, is_near, locate};
use crate::attack::Options;
use crate::net::Draw;

/// For each of [`Part::ALL`], whether it holds; and for each unit, of the parts that units have.
#[derive(Clone, Default)]
pub(super) struct Held {
    pub(super) passed: [bool; Part::ALL.len()],
    pub(super) units: [Vec<bool>; Part::ALL.len()],
}

const LOCATED: usize = 0;
const ROWS: usize = 1;
const SIGNS: usize = 2;
const LAST: usize = 3;
const CHECK: usize = 4;
const LABELS: usize = 5;

impl Held {
    /// Nothing holds yet, of so many units.
    fn nothing(units: usize) -> Self {
        let mut held = Self::default();
        held.units[..CHECK].fill(vec![false; units]);
        held
    }

    /// What holds of a part: no more than of the part before, which it is made of.
    fn set(&mut self, part: usize, mut units: Vec<bool>, besides: bool) {
        let before = part.checked_sub(1);
        if let Some(before) = before {
            units.iter_mut().zip(&self.units[before]).for_each(|(held, before)| *held = *held && *before);
        }
        self.passed[part] =
            besides && before.is_none_or(|before| self.passed[before]) && units.iter().all(|held| *held);
        self.units[part] = units;
    }

    /// The end that both attacks share.
    fn finish(&mut self, geometry: &Geometry, copy: &Copy, level: Level, seed: u64, inputs: &Labelled<'_>) {
        self.set(LAST, recovered(geometry, copy), true);
        self.passed[CHECK] = self.passed[LAST] && passes(geometry, copy, level, seed);
        self.passed[LABELS] = self.passed[CHECK] && inputs.are_given_by(copy);
    }

    /// The textbook from answers of this precision. `inputs`: where labels count.
    pub(super) fn of_textbook(geometry: &Geometry, options: Options, level: Level, inputs: &Labelled<'_>) -> Self {
        let units = geometry.units.len();
        let mut held = Self::nothing(units);
        let lines = geometry.lines.len();
        let search = |line| locate::search(geometry, line, lines, level).kinks;
        let kinks: Vec<locate::Kink> = (0..lines).flat_map(search).collect();
        let mut located = vec![false; units];
        kinks.iter().flat_map(|kink| &kink.units).for_each(|&unit| located[unit] = true);
        held.set(LOCATED, located, true);
        let mut probing = Probing { geometry, level, draw: Draw::new(options.seed, "prediction") };
        let rows = probing.rows(&kinks);
        let own = |row: &super::textbook::Row| {
            row.kink.units.iter().copied().find(|&unit| is_near(geometry, (&row.entries, row.bias), unit))
        };
        let owners: Vec<Option<usize>> = rows.iter().map(own).collect();
        // A row too many spoils the layers to come.
        held.set(ROWS, (0..units).map(|unit| owners.contains(&Some(unit))).collect(), rows.len() == units);
        let sides = preimage_sides(geometry, &rows, level);
        let told = |unit| owners.iter().zip(&sides).any(|(owner, side)| *side && *owner == Some(unit));
        held.set(SIGNS, (0..units).map(told).collect(), sides.iter().all(|side| *side));
        let stood_for: Option<Vec<usize>> = rows.iter().map(|row| row.kink.units.first().copied()).collect();
        if rows.is_empty() || sides.iter().any(|side| !side) {
            return held;
        }
        let copy =
            stood_for.and_then(|units| least_squares(geometry, &rows, &units, level, options.seed, &mut probing.draw));
        if let Some(copy) = copy {
            held.finish(geometry, &copy, level, options.seed, inputs);
        }
        held
    }

    /// The walk from answers of this precision. `inputs`: where labels count.
    pub(super) fn of_walk(geometry: &Geometry, options: Options, level: Level, inputs: &Labelled<'_>) -> Self {
        let units = geometry.units.len();
        let mut held = Self::nothing(units);
        let walk = Walk::new(geometry, options.lines, level, options.seed);
        held.set(LOCATED, walk.located(), true);
        let owners = walk.owners();
        let found = (0..units).map(|unit| owners.contains(&Some(unit))).collect();
        held.set(ROWS, found, walk.explained && owners.len() == units);
        if !walk.explained {
            return held;
        }
        let (copy, sides) = finished(&walk);
        let told = |unit| owners.iter().zip(&sides).any(|(owner, side)| *side && *owner == Some(unit));
        held.set(SIGNS, (0..units).map(told).collect(), copy.is_some());
        if let Some(copy) = copy {
            held.finish(geometry, &copy, level, options.seed, inputs);
        }
        held
    }
}
