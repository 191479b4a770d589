//! Two networks with one hidden layer over the cube: the difference of every output, and the search for its bounds.

use super::control::Control;
use super::difference::Difference;
use super::domain::Domain;
use super::exactly::Exactly;
use super::outcome::{Sandwich, Subject, Witness};
use super::pairing::{Pair, pair};
use super::search::{Sides, coarse, search};
use crate::linalg::Matrix;
use crate::net::{Canonical, Network, Shallow};
use crate::num::{Num, Rational};
use std::time::Instant;

/// Two networks over the cube, output by output.
pub(super) struct Networks<'a> {
    pub(super) subject: Subject<'a>,
    pairs: Vec<Pair>,
    affine: [Matrix<Rational>; 2],
}

impl<'a> Networks<'a> {
    pub(super) fn new(victim: &Shallow<Num<Rational>>, copy: &Shallow<Num<Rational>>, domain: &'a Domain) -> Self {
        let (first, second) = (Canonical::of(victim), Canonical::of(copy));
        let affine = [&first, &second].map(|form| {
            let (slope, offset) = form.affine();
            let rows: Vec<Vec<Rational>> =
                slope.iter_rows().zip(offset).map(|(row, bias)| domain.over_cube(row, bias)).collect();
            Matrix::from_fn(slope.rows(), slope.columns() + 1, |o, j| rows[o][j].clone())
        });
        let [victim, copy] = [victim, copy].map(|network| Exactly::new(&Network::from(network).map(|x| x.0.clone())));
        Self { pairs: pair(&first, &second, domain), affine, subject: Subject { victim, copy, domain } }
    }

    pub(super) fn outputs(&self) -> usize {
        self.subject.victim.outputs()
    }

    /// Hyperplanes in pairs: a term of every difference each.
    pub(super) fn pairs(&self) -> &[Pair] {
        &self.pairs
    }

    /// The difference at an output.
    pub(super) fn difference(&self, output: usize, scale: &Rational) -> Difference {
        Difference::new(&self.pairs, (&self.affine[0], &self.affine[1]), output, scale)
    }

    pub(super) fn search(
        &self,
        output: usize,
        scale: &Rational,
        sides: Sides,
        known: &[Witness],
        control: &Control<'_>,
    ) -> Sandwich {
        let difference = self.difference(output, scale);
        search(&self.subject, &difference, (output, scale, sides), known, control)
    }

    /// All outputs at one scale; each gets its part of the time left, and what is found serves all.
    ///
    /// A claim is decided first, at one output after the other; then those that may have the largest difference are
    /// searched once more, until their bounds are within the gap.
    pub(super) fn at(&self, scale: &Rational, known: &[Witness], control: &Control<'_>) -> Vec<Sandwich> {
        let mut known = known.to_vec();
        let mut found: Vec<Sandwich> = Vec::with_capacity(self.outputs());
        // Bounds of all outputs, so that whoever watches sees the largest; one output has no others.
        let coarse = |output: usize| (self.outputs() > 1).then(|| coarse(&self.difference(output, scale)));
        let lower = |output: usize| known.iter().map(|witness| witness.difference(output, scale)).max();
        let mut bounds: Vec<(Option<Rational>, Rational)> =
            (0..self.outputs()).map(|output| (coarse(output), lower(output).unwrap_or_default())).collect();
        // One output refutes a claim for all: of the others, bounds are all that is left to find.
        let mut current = control.clone();
        for output in 0..self.outputs() {
            let told = told(control.progress, &bounds, output);
            let sandwich = {
                let control = Control { progress: &told, ..part(&current, self.outputs() - output) };
                self.search(output, scale, Sides::Both, &known, &control)
            };
            bounds[output] = (Some(sandwich.upper.clone()), sandwich.lower.clone());
            if current.is_refuted(&sandwich.lower) {
                current = current.decided();
            }
            known.extend(
                sandwich.witness.iter().filter(|witness| !known.contains(witness)).cloned().collect::<Vec<_>>(),
            );
            found.push(sandwich);
        }
        found.iter_mut().enumerate().for_each(|(output, sandwich)| sandwich.learn(output, scale, &known));
        if control.claim.is_none() || !control.is_decided(&largest(&found), &least(&found)) {
            return found;
        }
        let last = if current.claim.is_none() { current } else { current.decided() };
        // What an output can't exceed another one by says nothing of the largest.
        let reached = least(&found);
        let is_open = |found: &Sandwich| found.upper > reached && !last.is_closed(&found.upper, &found.lower);
        let mut open: Vec<usize> = (0..found.len()).filter(|&output| is_open(&found[output])).collect();
        open.sort_by(|&a, &b| found[b].upper.cmp(&found[a].upper).then(a.cmp(&b)));
        for (place, &output) in open.iter().enumerate() {
            if last.is_over() {
                break;
            }
            let bounds: Vec<_> = found.iter().map(|found| (Some(found.upper.clone()), found.lower.clone())).collect();
            let told = told(control.progress, &bounds, output);
            let control = Control { progress: &told, ..part(&last, open.len() - place) };
            let again = self.search(output, scale, Sides::Both, &known, &control);
            known.extend(again.witness.iter().filter(|witness| !known.contains(witness)).cloned().collect::<Vec<_>>());
            found[output].improve(again);
        }
        found.iter_mut().enumerate().for_each(|(output, sandwich)| sandwich.learn(output, scale, &known));
        found
    }
}

/// Who is told of the largest bounds of all outputs, from those of one.
fn told<'a>(
    progress: &'a (dyn Fn(&Rational, &Rational) + Sync),
    bounds: &[(Option<Rational>, Rational)],
    output: usize,
) -> impl Fn(&Rational, &Rational) + Sync + use<'a> {
    let others = || bounds.iter().enumerate().filter(|(o, _)| *o != output).map(|(_, bounds)| bounds);
    let most = others().filter_map(|(upper, _)| upper.clone()).max().unwrap_or_default();
    let least = others().map(|(_, lower)| lower.clone()).max().unwrap_or_default();
    let own = bounds[output].0.clone();
    move |upper, lower| {
        let upper = own.clone().map_or(upper.clone(), |own| own.min(upper.clone()));
        progress(&most.clone().max(upper), &least.clone().max(lower.clone()));
    }
}

/// What one of so many outputs may take of the time left.
fn part<'a>(control: &Control<'a>, outputs: usize) -> Control<'a> {
    let left = control.deadline.saturating_duration_since(Instant::now());
    Control { deadline: Instant::now() + left / outputs.max(1) as u32, ..control.clone() }
}

pub(super) fn least(outputs: &[Sandwich]) -> Rational {
    outputs.iter().map(|output| output.lower.clone()).max().unwrap_or_default()
}

pub(super) fn largest(outputs: &[Sandwich]) -> Rational {
    outputs.iter().map(|output| output.upper.clone()).max().unwrap_or_default()
}
