//! The difference at one output, bounded cell by cell.
//!
//! A cell is the part of the cube where the signs of some terms are known. There the affine part `L` of the
//! difference is known, too, and `a_i ≥ 0` for the sides `a_i` of the planes. For any multipliers `λ_i ≥ 0`
//! `L ≤ L + Σ λ_i·a_i`, an affine map, whose largest value over the whole cube is exact. A split gives the
//! cells of all signs of a term, so that the cells of its children cover it.

use crate::audit_record::{Cell, Leaf};
use crate::cube::top;
use crate::measure::combine;
use crate::number::{Fractions, parse};
use crate::refusal::Refusal;
use crate::terms::{Affines, Known, Objective, Setting};
use crate::together;
use num_rational::BigRational;
use num_traits::{One as _, Signed as _, Zero as _};

/// The difference at one output, over the cube.
pub struct Output<'a> {
    setting: &'a Setting<'a>,
    objective: Objective,
}

impl<'a> Output<'a> {
    /// Errors: [`Refusal::Malformed`] where numbers outgrow the limits.
    pub(crate) fn new(setting: &'a Setting<'a>, output: usize) -> Result<Self, Refusal> {
        Ok(Self { setting, objective: setting.objective(output)? })
    }

    /// What is known all over the cube, term by term.
    pub fn root(&self) -> Vec<Option<Known>> {
        self.setting.pairs.iter().map(|pair| pair.fixed).collect()
    }

    /// The states in which a split by the term of this index ends; none where there is no such term.
    pub fn states(&self, term: usize) -> &'static [Known] {
        self.setting.pairs.get(term).map_or(&[], |pair| pair.states())
    }

    /// Planes whose sides the signs of the term of this index tell: one or two; none where there is no such term.
    pub fn sides(&self, term: usize) -> usize {
        self.setting.pairs.get(term).map_or(0, |pair| pair.sides.len())
    }

    /// The largest bound of the cells.
    ///
    /// Errors: [`Refusal::Malformed`] unless the cells are a whole tree.
    pub(crate) fn bound(&self, cells: &[Cell], negated: bool) -> Result<BigRational, Refusal> {
        let malformed = |what: String| Err(Refusal::Malformed(what));
        let mut open = vec![self.root()];
        let mut largest: Option<BigRational> = None;
        for cell in cells {
            let Some(states) = open.pop() else {
                return malformed("there are more cells than splits ask for".to_owned());
            };
            match cell {
                Cell::Split(term) => {
                    let Some(None) = states.get(*term) else {
                        return malformed(format!("a cell cannot be split by term {term}"));
                    };
                    for state in self.setting.pairs[*term].states().iter().rev() {
                        let mut states = states.clone();
                        states[*term] = Some(*state);
                        open.push(states);
                    }
                }
                Cell::Leaf(leaf) => {
                    let bound = self.leaf(&states, negated, leaf)?;
                    largest = Some(largest.map_or(bound.clone(), |largest| largest.max(bound)));
                }
            }
        }
        match largest {
            Some(largest) if open.is_empty() => Ok(largest),
            _ => malformed("cells are missing".to_owned()),
        }
    }

    /// What a leaf proves of the cell whose terms are known as `states` say; `negated`: of the negated
    /// difference.
    ///
    /// Errors: [`Refusal::Malformed`] where it does not fit the cell.
    pub fn leaf(&self, states: &[Option<Known>], negated: bool, leaf: &Leaf) -> Result<BigRational, Refusal> {
        let combined = self.combined(states, negated, &leaf.multipliers)?;
        let open = || self.open(states);
        // Each open term by itself: |term| ≤ max|v| + slack.
        let apart = open().fold(top(&combined), |sum, term| sum + &term.reach);
        let Some(stated) = &leaf.together else { return Ok(apart) };
        let (first, constant) = without_constant(combined);
        let rows: Vec<&Fractions> = std::iter::once(&first).chain(open().map(|term| &term.agree)).collect();
        let together = constant + together::bound(&rows, stated)?;
        Ok(apart.min(open().fold(together, |sum, term| sum + &term.slack)))
    }

    /// Entries of the bilinear form of a cell with these multipliers, as a bound together takes them, and their
    /// binary places.
    ///
    /// `[1 + open terms]` rows of `[inputs + 1]`. Errors: as [`leaf`](Self::leaf).
    pub fn form(
        &self,
        states: &[Option<Known>],
        negated: bool,
        multipliers: &[String],
    ) -> Result<(Vec<Vec<i64>>, i32), Refusal> {
        let (first, _) = without_constant(self.combined(states, negated, multipliers)?);
        let rows: Vec<&Fractions> = std::iter::once(&first).chain(self.open(states).map(|term| &term.agree)).collect();
        let places = together::places(&rows);
        Ok((together::entries(&rows, places)?, places))
    }

    fn open<'s>(&'s self, states: &'s [Option<Known>]) -> impl Iterator<Item = &'s Affines> {
        self.objective.terms.iter().zip(states).filter(|(_, state)| state.is_none()).map(|(term, _)| term)
    }

    /// `L + Σ λ_i·a_i`. Exact.
    fn combined(&self, states: &[Option<Known>], negated: bool, multipliers: &[String]) -> Result<Fractions, Refusal> {
        let sign = |minus: bool| if minus { -BigRational::one() } else { BigRational::one() };
        let mut rows = vec![(sign(negated), &self.objective.affine)];
        let mut sides = Vec::new();
        for ((pair, term), state) in self.setting.pairs.iter().zip(&self.objective.terms).zip(states) {
            let Some(state) = state else { continue };
            let (row, minus) = term.known(*state);
            rows.push((sign(minus != negated), row));
            if pair.fixed.is_some() {
                continue;
            }
            let below = match state {
                Known::Above => [false, false],
                Known::Below => [true, true],
                Known::Leaving => [false, true],
                Known::Entering => [true, false],
            };
            sides.extend(pair.sides.iter().zip(below).map(|(&(plane, minus), below)| (plane, minus != below)));
        }
        if !multipliers.is_empty() && multipliers.len() != sides.len() {
            let (found, expected) = (multipliers.len(), sides.len());
            return Err(Refusal::Malformed(format!("{found} multipliers for {expected} sides of a cell")));
        }
        for ((plane, minus), text) in sides.into_iter().zip(multipliers) {
            let value = parse(text, || "a multiplier".to_owned())?;
            if value.is_negative() {
                return Err(Refusal::Malformed(format!("the multiplier {text:.40} is negative")));
            }
            if !value.is_zero() {
                rows.push((if minus { -value } else { value }, &self.setting.planes[plane]));
            }
        }
        combine(&rows, BigRational::zero(), self.setting.inputs())
    }
}

/// An affine map with its constant apart.
fn without_constant(mut affine: Fractions) -> (Fractions, BigRational) {
    let last = affine.over.last_mut().map(std::mem::take).unwrap_or_default();
    let constant = BigRational::new(last, affine.denominator.clone());
    (affine, constant)
}
