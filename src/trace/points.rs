//! Critical points: lines, what was asked along them, and the kinks found.

use super::each::each;
use crate::judge::Item;
use crate::num::Dyadic;

/// A random line `origin + t·direction`; its entries are dyadic, the same in every arithmetic.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// `[inputs]`.
    pub origin: Vec<f64>,
    /// `[inputs]`.
    pub direction: Vec<f64>,
}

/// A critical point on a line.
#[derive(Clone, Debug)]
pub struct Kink<T> {
    /// The line and the interval that isolated it.
    pub item: Item,
    /// The interval that holds this kink and no other, `(left, right]`.
    pub interval: (Dyadic, Dyadic),
    /// Position along the line, in units of its direction.
    pub position: T,
    /// Distance along the line to the nearest other kink, or to where the search ends.
    pub gap: T,
    /// Sum of the magnitudes that an answer near it may reach, output unit.
    pub mass: T,
    /// What its position was computed from, at the left and at the right end.
    pub ends: [Chord<T>; 2],
}

/// Two answers that give a line at an end of an interval.
#[derive(Clone, Debug)]
pub struct Chord<T> {
    /// The answer at the end, `[outputs]`.
    pub value: Vec<T>,
    /// The other position asked, along the line.
    pub at: T,
    /// The answer there, `[outputs]`.
    pub beside: Vec<T>,
}

impl<T> Kink<T> {
    /// The same over another kind of number; errors: the first of `f`.
    pub fn try_map<U, E>(&self, f: &mut impl FnMut(&T) -> Result<U, E>) -> Result<Kink<U>, E> {
        Ok(Kink {
            item: self.item,
            interval: self.interval,
            position: f(&self.position)?,
            gap: f(&self.gap)?,
            mass: f(&self.mass)?,
            ends: [self.ends[0].try_map(f)?, self.ends[1].try_map(f)?],
        })
    }
}

impl<T> Chord<T> {
    /// The same over another kind of number; errors: the first of `f`.
    pub fn try_map<U, E>(&self, f: &mut impl FnMut(&T) -> Result<U, E>) -> Result<Chord<U>, E> {
        Ok(Chord { value: each(&self.value, f)?, at: f(&self.at)?, beside: each(&self.beside, f)? })
    }
}

/// Part of a line in which kinks remain that could not be told apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Unresolved {
    /// The line and the interval.
    pub item: Item,
    /// Left end.
    pub left: Dyadic,
    /// Right end.
    pub right: Dyadic,
}

/// The lines searched, and what they show.
#[derive(Clone, Debug)]
pub struct Located<T> {
    /// The lines.
    pub lines: Vec<Line>,
    /// Critical points by line, in order along it.
    pub kinks: Vec<Vec<Kink<T>>>,
    /// Intervals that could not be resolved.
    pub unresolved: Vec<Unresolved>,
}

impl<T> Default for Located<T> {
    fn default() -> Self {
        Self { lines: Vec::new(), kinks: Vec::new(), unresolved: Vec::new() }
    }
}

impl<T> Located<T> {
    /// The same over another kind of number; errors: the first of `f`.
    pub fn try_map<U, E>(&self, f: &mut impl FnMut(&T) -> Result<U, E>) -> Result<Located<U>, E> {
        let line = |kinks: &Vec<Kink<T>>| kinks.iter().map(|kink| kink.try_map(f)).collect();
        let kinks = self.kinks.iter().map(line).collect::<Result<_, _>>()?;
        Ok(Located { lines: self.lines.clone(), kinks, unresolved: self.unresolved.clone() })
    }
}
