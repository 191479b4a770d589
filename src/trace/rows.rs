//! Weight ratios: hidden rows up to a factor, and what they were computed from.

use super::each::{each, lists, optional};
use crate::judge::Item;
use std::cmp::Ordering;

/// A hidden row up to a factor, found at one critical point.
#[derive(Clone, Debug, PartialEq)]
pub struct Signature<T> {
    /// The critical point that it was measured at.
    pub item: Item,
    /// The coordinate whose entry is 1, the largest of the row.
    pub reference: usize,
    /// The row divided by its entry at `reference`, `[inputs]`.
    pub row: Vec<T>,
    /// The bias divided by the same entry.
    pub bias: T,
    /// Second difference per unit step along `reference`, `[outputs]`: output weight times `|entry|`.
    pub strength: Vec<T>,
    /// The critical point, `[inputs]`.
    pub center: Vec<T>,
    /// The oracle's answer there, `[outputs]`.
    pub answer: Vec<T>,
    /// Output mass at the critical point.
    pub mass: T,
    /// What its ratios were computed from; `None` where the row was found otherwise.
    pub probes: Option<Probes<T>>,
}

/// The second differences behind a row: each with the step that stands for its coordinate.
#[derive(Clone, Debug, PartialEq)]
pub struct Probes<T> {
    /// `log2` of the step used for each coordinate, `[inputs]`.
    pub steps: Vec<i32>,
    /// Along each coordinate with that step, `[inputs]` of `[outputs]`.
    pub differences: Vec<Vec<T>>,
    /// Along the sum of each coordinate and the reference with the same step, `[inputs]` of
    /// `[outputs]`; empty where none was asked.
    pub mixed: Vec<Vec<T>>,
    /// What was decided of each entry beside that of the reference, `[inputs]`: zero, the same sign, or the other one.
    pub signs: Vec<Ordering>,
}

impl<T> Signature<T> {
    /// The same over another kind of number; errors: the first of `f`.
    pub fn try_map<U, E>(&self, f: &mut impl FnMut(&T) -> Result<U, E>) -> Result<Signature<U>, E> {
        Ok(Signature {
            item: self.item,
            reference: self.reference,
            row: each(&self.row, f)?,
            bias: f(&self.bias)?,
            strength: each(&self.strength, f)?,
            center: each(&self.center, f)?,
            answer: each(&self.answer, f)?,
            mass: f(&self.mass)?,
            probes: optional(self.probes.as_ref(), |probes| probes.try_map(f))?,
        })
    }
}

impl<T> Probes<T> {
    /// The same over another kind of number; errors: the first of `f`.
    pub fn try_map<U, E>(&self, f: &mut impl FnMut(&T) -> Result<U, E>) -> Result<Probes<U>, E> {
        let (differences, mixed) = (lists(&self.differences, f)?, lists(&self.mixed, f)?);
        Ok(Probes { steps: self.steps.clone(), differences, mixed, signs: self.signs.clone() })
    }
}

/// What the rows and the last layer of a walk are from; kept where that is asked for.
#[derive(Clone, Debug)]
pub struct Walked<T> {
    /// All gradients.
    pub gradients: Vec<Gradient<T>>,
    /// What each row is from, in their order; `None` where it was found otherwise.
    pub jumps: Vec<Option<Jump>>,
    /// The gradient whose answer gives the output biases.
    pub base: Option<usize>,
}

/// A gradient: forward differences along every axis.
#[derive(Clone, Debug)]
pub struct Gradient<T> {
    /// `[inputs]`.
    pub point: Vec<T>,
    /// The answer there, `[outputs]`.
    pub answer: Vec<T>,
    /// `log2` of the step along each axis, `[inputs]`.
    pub steps: Vec<i32>,
    /// Differences over their steps, `[inputs]` of `[outputs]`.
    pub slopes: Vec<Vec<T>>,
}

/// The difference of two gradients that a row is from.
#[derive(Clone, Debug, PartialEq)]
pub struct Jump {
    /// The gradients on either side, along the line.
    pub gradients: [usize; 2],
    /// The kinks between them whose rows were solved for together.
    pub kinks: Vec<Item>,
    /// Which of those is the row's own.
    pub own: usize,
    /// The rows known between them, each with the way the line crosses it.
    pub known: Vec<(usize, Ordering)>,
}

impl<T> Walked<T> {
    /// The same over another kind of number; errors: the first of `f`.
    pub fn try_map<U, E>(&self, f: &mut impl FnMut(&T) -> Result<U, E>) -> Result<Walked<U>, E> {
        let gradients = self.gradients.iter().map(|gradient| gradient.try_map(f)).collect::<Result<_, _>>()?;
        Ok(Walked { gradients, jumps: self.jumps.clone(), base: self.base })
    }
}

impl<T> Gradient<T> {
    /// The same over another kind of number; errors: the first of `f`.
    pub fn try_map<U, E>(&self, f: &mut impl FnMut(&T) -> Result<U, E>) -> Result<Gradient<U>, E> {
        let (point, answer, slopes) = (each(&self.point, f)?, each(&self.answer, f)?, lists(&self.slopes, f)?);
        Ok(Gradient { point, answer, steps: self.steps.clone(), slopes })
    }
}

/// A critical point without a row: why.
#[derive(Clone, Debug, PartialEq)]
pub struct Missed {
    /// The critical point.
    pub item: Item,
    /// What stood in the way.
    pub reason: Reason,
}

/// Why a critical point gave no row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// No second difference along any axis is distinguishable from zero.
    Flat,
    /// Probes crossed another hyperplane at every step tried.
    Crowded,
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Flat => "no second difference there stands out from rounding",
            Self::Crowded => "second differences there do not fit together at any step: another hyperplane is too near",
        })
    }
}

/// The rows found, and the critical points that gave none.
#[derive(Clone, Debug)]
pub struct Rows<T> {
    /// Rows, in the order in which they were found.
    pub signatures: Vec<Signature<T>>,
    /// Critical points that gave no row and lie on no known hyperplane.
    pub missed: Vec<Missed>,
    /// What a walk's rows and last layer are from, where it was kept.
    pub walked: Option<Walked<T>>,
}

impl<T> Default for Rows<T> {
    fn default() -> Self {
        Self { signatures: Vec::new(), missed: Vec::new(), walked: None }
    }
}

impl<T> Rows<T> {
    /// The same over another kind of number; errors: the first of `f`.
    pub fn try_map<U, E>(&self, f: &mut impl FnMut(&T) -> Result<U, E>) -> Result<Rows<U>, E> {
        let signatures = self.signatures.iter().map(|row| row.try_map(f)).collect::<Result<_, _>>()?;
        let walked = optional(self.walked.as_ref(), |walked| walked.try_map(f))?;
        Ok(Rows { signatures, missed: self.missed.clone(), walked })
    }
}
