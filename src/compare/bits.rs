//! How many bits an oracle's answers must have for complete extraction: found by running the attack.
//!
//! The victim is the network that an exact run recovered; its exact answers are rounded once to `p`
//! bits, and the attack computes in `f64`. The least `p` that suffices is found by the search of a
//! sweep's frontier. Who asks for it is read off the run with one bit less: the first stage that does
//! not hand on what the exact network has, and the units that it lacks.

use super::dual::judge_beside;
use super::orientation::Plane;
use super::{Inputs, Judged, Reference, Threshold, threshold, weight_error};
use crate::attack::Error;
use crate::experiment::{self, Arithmetic, Cell, Finished, Request, Settings, Victim};
use crate::judge::{Item, Stage};
use crate::net::{Activation, Shallow};
use crate::num::{Exact, Num, Rational, Scalar, lift_all};
use crate::oracle::{self, Incremental};
use crate::trace::{Orientation, Signature, Trace, Unoriented};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// The precisions that are searched, in bits.
const RANGE: [u32; 2] = [8, f64::MANTISSA_DIGITS];
/// A critical point is found where it is off by at most this power of two of one plus its distance from the line's
/// origin.
const NEAR: i32 = -8;

/// What has to be whole, in the order in which the attack comes to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// What a stage hands on.
    Stage(Stage),
    /// The victim's label at every input.
    Labels,
}

impl Part {
    /// Name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Stage(stage) => stage.name(),
            Self::Labels => "labels",
        }
    }
}

/// What a run that is not complete lacks first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Bits of the run's answers.
    pub bits: u32,
    /// The first part that is not whole.
    pub part: Part,
    /// The units that it lacks, the weakest first, each named by the critical point at which the exact run found it;
    /// empty where it is no unit's.
    pub units: Vec<Item>,
    /// Why the run stopped, where it did.
    pub stopped: Option<Error>,
}

/// The bits that an attack needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// The smallest number of bits, over 8 to 53.
    pub found: Threshold,
    /// Attacks that the search took.
    pub attacks: usize,
    /// Who asks for them: what the run with one bit less lacks, or with 53 bits where these do not suffice; `None`
    /// where 8 bits suffice.
    pub asked_by: Option<Asked>,
}

/// Why there is no number of bits.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoBits {
    /// The exact run has no network.
    #[error("the exact run has no network to attack")]
    NoNetwork,
    /// Its units are no ReLU units, each with one kink and a row of its own.
    #[error("the search is for ReLU networks")]
    NotRelu,
    /// The exact run found no kink.
    #[error("the exact run found no critical point: there is no unit to find")]
    NoKinks,
    /// A run was told to stop, or spent its queries.
    #[error("the search was cut short: {0}")]
    CutShort(oracle::Error),
    /// An attack of the search contradicts itself.
    #[error(transparent)]
    Experiment(#[from] experiment::Error),
}

/// The network that an exact run recovered, as a victim.
pub struct Recovered<'a> {
    truth: Shallow<Rational>,
    /// Whether its units have active sides; a network through its canonical form has none that answers determine.
    sided: bool,
    /// Where each unit was found, and how strong it is: the largest weight of its row times that of its outputs.
    units: Vec<(Item, Rational)>,
    oracle: Incremental<Rational>,
    reference: Reference<'a>,
}

impl<'a> Recovered<'a> {
    /// `inputs`: where labels count.
    ///
    /// Errors: [`NoBits`], but for those of the search.
    pub fn new(exact: &Finished, inputs: &'a Inputs) -> Result<Self, NoBits> {
        let trace = exact.trace.as_ref().ok_or(NoBits::NoNetwork)?;
        let truth = trace.network().cloned().ok_or(NoBits::NoNetwork)?;
        match trace.orientation() {
            _ if *truth.activation() != Activation::Relu => return Err(NoBits::NotRelu),
            Some(Orientation::Canonical(Unoriented::NoKinks)) => return Err(NoBits::NoKinks),
            _ => {}
        }
        let largest = |weights: &mut dyn Iterator<Item = &Rational>| weights.map(Exact::magnitude).max();
        let strength = |k: usize| {
            let (row, outputs) = (&mut truth.hidden().row(k).iter(), &mut truth.output().column(k));
            Some(largest(row)?.mul(&largest(outputs)?))
        };
        let unit = |(k, signature): (usize, &Signature<Rational>)| Some((signature.item, strength(k)?));
        let units = trace.signatures().iter().enumerate().filter_map(unit).collect();
        let oracle = Incremental::rational(&truth.map(|x| Num(x.clone())));
        let sided = !matches!(trace.orientation(), Some(Orientation::Canonical(_)));
        Ok(Self { truth, sided, units, reference: Reference::of(oracle.clone(), inputs), oracle })
    }

    /// The fewest answer bits with which an attack in `f64` recovers this network completely, in the sense of
    /// [`Judged::is_complete`].
    ///
    /// About ten attacks; neighbours of the number found are tried at once. `begins`: told the bits of each.
    ///
    /// Errors: [`NoBits::CutShort`], [`NoBits::Experiment`].
    pub fn bits(&self, settings: &Settings, begins: &(dyn Fn(u32) + Sync)) -> Result<Need, NoBits> {
        let mut runs: BTreeMap<u32, Option<Asked>> = BTreeMap::new();
        let [from, to] = RANGE;
        let found = threshold(from, to, &mut |asked| {
            let open: Vec<u32> = asked.iter().copied().filter(|bits| !runs.contains_key(bits)).collect();
            let attacked = open.par_iter().map(|&bits| {
                begins(bits);
                Ok((bits, self.attack(bits, settings)?))
            });
            runs.extend(attacked.collect::<Result<Vec<_>, NoBits>>()?);
            Ok::<_, NoBits>(asked.iter().map(|bits| matches!(runs.get(bits), Some(None))).collect())
        })?;
        let below = found.bits.map_or(to, |bits| bits - 1);
        let (attacks, asked_by) = (runs.len(), runs.remove(&below).flatten());
        Ok(Need { found, attacks, asked_by })
    }

    /// What an attack on answers of so many bits lacks; `None` where it is complete.
    fn attack(&self, bits: u32, settings: &Settings) -> Result<Option<Asked>, NoBits> {
        let cell = Cell::tolerant(Arithmetic::Exact, Arithmetic::F64).through(Some(bits));
        // Queries of several runs at once say nothing together.
        let mut settings = Settings { progress: None, ..settings.clone() };
        settings.options.record = false;
        let request = Request { cell, settings, ..Request::new(Victim::Exact(&self.oracle)) };
        let run = experiment::run(&request)?;
        if let Some((_, Error::Oracle(error))) = run.stopped {
            return Err(NoBits::CutShort(error));
        }
        let judged = judge_beside(&self.truth, run, &self.reference);
        Ok((!judged.is_complete()).then(|| self.asked(bits, &judged)))
    }

    fn asked(&self, bits: u32, judged: &Judged) -> Asked {
        let (stage, stopped) = judged.run.stopped.clone().unzip();
        let lacks = |part: Stage| match &judged.run.trace {
            Some(trace) => self.lacks(part, trace, judged),
            // Its numbers overflowed.
            None => (part == Stage::LastLayer).then(Vec::new),
        };
        let first = Stage::ALL.into_iter().find_map(|part| {
            let lacks = lacks(part).or_else(|| (stage == Some(part)).then(Vec::new))?;
            Some((Part::Stage(part), lacks))
        });
        let (part, lacks) = first.unwrap_or((Part::Labels, Vec::new()));
        let mut units: Vec<&(Item, Rational)> = lacks.into_iter().filter_map(|k| self.units.get(k)).collect();
        units.sort_by(|(_, a), (_, b)| a.cmp(b));
        Asked { bits, part, units: units.into_iter().map(|(item, _)| *item).collect(), stopped }
    }

    /// The units that a stage's part of a trace lacks; `None` where it is whole.
    fn lacks(&self, stage: Stage, trace: &Trace<Rational>, judged: &Judged) -> Option<Vec<usize>> {
        // Polish changes rows; as they were before is its first round.
        let before = trace.polished.rounds.first().filter(|_| stage == Stage::Signature);
        let row = |i: usize| match before {
            Some(round) => Some((&round.rows.get(i)?[..], round.biases.get(i)?)),
            None => trace.signatures().get(i).map(|row| (&row.row[..], &row.bias)),
        };
        let side = |unit: &Plane<'_>, i: usize| row(i).and_then(|(row, bias)| unit.side(row, bias));
        let hidden = self.truth.hidden().iter_rows().zip(self.truth.hidden_bias());
        // The rest, through a canonical form, is the affine part.
        let hidden = hidden.take(self.units.len());
        let units: Vec<Plane<'_>> = hidden.map(|(row, bias)| Plane::new(row, bias)).collect();
        let found: Vec<bool> = match (stage, trace.orientation()) {
            (Stage::Orientation, _) if !self.sided => return None,
            (Stage::Locate, _) => self.located(trace),
            (Stage::Polish, _) if trace.polished.rounds.is_empty() => return None,
            (Stage::Signature | Stage::Polish, _) => {
                let has_row = |unit| (0..trace.signatures().len()).any(|i| side(unit, i).is_some());
                units.iter().map(has_row).collect()
            }
            (Stage::Orientation, Some(Orientation::Preimages(signs) | Orientation::Shares(signs))) => {
                let has_side = |unit| signs.iter().enumerate().any(|(i, sign)| side(unit, i) == Some(*sign));
                units.iter().map(has_side).collect()
            }
            // A last layer that was fitted had its signs, until the check refused it.
            (Stage::Orientation, Some(Orientation::Canonical(why))) if trace.fit().is_none() => {
                let has_side = |unit| match *why {
                    Unoriented::BothSides { row } | Unoriented::Parted { row } => side(unit, row).is_none(),
                    _ => false,
                };
                return Some((0..units.len()).filter(|&k| !has_side(&units[k])).collect());
            }
            (Stage::LastLayer, _) => {
                let refused = || trace.refused().map(|copy| weight_error(&self.truth, copy));
                let weights = judged.weights.clone().or_else(refused)?;
                let sided = judged.sides.is_none_or(|sides| sides.found == sides.units);
                let missing = weights.missing.into_iter().flat_map(|missing| missing.units);
                return (!sided || weights.found < weights.kinks).then(|| missing.collect());
            }
            _ => return None,
        };
        let lacks: Vec<usize> = (0..found.len()).filter(|&k| !found[k]).collect();
        (!lacks.is_empty()).then_some(lacks)
    }

    /// Whether some line has a critical point of each unit: that of the nearest hyperplane, near enough.
    fn located(&self, trace: &Trace<Rational>) -> Vec<bool> {
        let (one, near) = (Rational::integer(1), Rational::power_of_two(NEAR));
        let mut found = vec![false; self.units.len()];
        for (line, kinks) in trace.located.lines.iter().zip(&trace.located.kinks) {
            let crossings = self.oracle.crossings(&lift_all(&line.origin, ()), &lift_all(&line.direction, ()));
            for kink in kinks {
                let apart = |(k, t): (usize, &Option<Rational>)| {
                    let t = t.as_ref()?;
                    let allowed = one.add(&t.magnitude()).mul(&near);
                    Some((t.sub(&kink.position).magnitude(), allowed, k))
                };
                let nearest = crossings.iter().take(found.len()).enumerate().filter_map(apart).min();
                if let Some((_, _, k)) = nearest.filter(|(apart, allowed, _)| apart <= allowed) {
                    found[k] = true;
                }
            }
        }
        found
    }
}
