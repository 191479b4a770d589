//! The judge and its policies.

use super::{Decision, Item, Key, Script, Site, Stage};
use crate::num::{Num, Scalar};
use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

/// How a judge answers.
#[derive(Clone, Debug)]
pub enum Policy {
    /// Zero means zero.
    Exact,
    /// `|x| ≤ τ·scale` means zero, with the table's `τ` for answers of this many bits.
    Tolerance {
        /// Precision of the oracle's answers.
        bits: u32,
    },
    /// The table with one row changed: to see what hangs on a tolerance.
    Adjusted {
        /// Precision of the oracle's answers.
        bits: u32,
        /// The row.
        site: Site,
        /// Its tolerance is `2^by` times the table's; a row without a tolerance stays without.
        by: i32,
    },
    /// What the script says, whatever the number; in [`Stage::Polish`], of which exact runs have no
    /// decisions, the table for `f64`.
    Replay(Arc<Script>),
}

/// Why a question has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The arithmetic cannot tell the sign.
    #[error("{}: {:?} of {} cannot be decided in this arithmetic (overflow or a NaN)", key.stage, site, key.item)]
    Undecided {
        /// Where.
        key: Key,
        /// Which question.
        site: Site,
    },
    /// A replayed run asks what its script does not answer.
    #[error("{}: the replayed script ends at question {} about {}", key.stage, key.step, key.item)]
    OffScript {
        /// Where.
        key: Key,
    },
}

/// Answers the questions of one run and remembers every answer.
#[derive(Debug)]
pub struct Judge {
    policy: Policy,
    stage: Stage,
    item: Item,
    steps: HashMap<(Stage, Item), u32>,
    decisions: Vec<Decision>,
}

impl Judge {
    /// A judge that has decided nothing yet.
    pub fn new(policy: Policy) -> Self {
        let (stage, item) = (Stage::Locate, Item::default());
        Self { policy, stage, item, steps: HashMap::new(), decisions: Vec::new() }
    }

    /// The questions that follow are about `item`, asked by `stage`.
    pub fn open(&mut self, stage: Stage, item: Item) {
        (self.stage, self.item) = (stage, item);
    }

    /// The decisions so far, in order.
    pub fn decisions(&self) -> &[Decision] {
        &self.decisions
    }

    /// The decisions, in order.
    pub fn into_decisions(self) -> Vec<Decision> {
        self.decisions
    }

    /// Whether this run walks a path on which zero is told from anything else, however small.
    ///
    /// Such a path may lead as far out as numbers go, where tolerances would hide everything.
    pub fn is_exact(&self) -> bool {
        !matches!(self.policy, Policy::Tolerance { .. } | Policy::Adjusted { .. })
    }

    /// Precision of the answers that tolerances and margins are for; that of `f64` on an exact path.
    pub fn bits(&self) -> u32 {
        match self.policy {
            Policy::Tolerance { bits } | Policy::Adjusted { bits, .. } => bits,
            Policy::Exact | Policy::Replay(_) => f64::MANTISSA_DIGITS,
        }
    }

    /// The sign of `x`, where `|x| ≤ τ·scale` may count as zero.
    ///
    /// `scale`: not negative, in the unit of `x` (the table's row says which).
    /// Errors: [`Error::Undecided`] where the arithmetic does not know a sign,
    /// [`Error::OffScript`] in a replay.
    pub fn sign<S: Scalar>(
        &mut self,
        site: Site,
        x: &Num<S>,
        scale: &Num<S>,
        context: S::Context,
    ) -> Result<Ordering, Error> {
        let step = self.steps.entry((self.stage, self.item)).or_default();
        let key = Key { stage: self.stage, item: self.item, step: *step };
        *step += 1;
        let undecided = Error::Undecided { key, site };
        let limit = match self.policy {
            Policy::Adjusted { bits, site: adjusted, by } if adjusted == site => {
                site.log2_tolerance(bits).map(|limit| limit + by)
            }
            _ => site.log2_tolerance(self.bits()),
        };
        let sign = match &self.policy {
            Policy::Exact => x.0.sign().ok_or(undecided)?,
            // Exact runs do not polish: a script has nothing to say about it.
            Policy::Replay(script) if self.stage != Stage::Polish => {
                script.answer(&key, site).ok_or(Error::OffScript { key })?
            }
            Policy::Tolerance { .. } | Policy::Adjusted { .. } | Policy::Replay(_) => {
                let size = match limit {
                    None => x.0.sign(),
                    Some(k) => (&x.abs() - &(scale * &Num::lift(2f64.powi(k), context))).0.sign(),
                };
                match size.ok_or_else(|| undecided.clone())? {
                    Ordering::Greater => x.0.sign().ok_or(undecided)?,
                    Ordering::Less if limit.is_none() => Ordering::Less,
                    _ => Ordering::Equal,
                }
            }
        };
        let tolerance = limit.unwrap_or(0);
        let size = x.0.log2();
        let beside = if size == f64::NEG_INFINITY { 0.0 } else { scale.0.log2() };
        let margin = (size - beside - f64::from(tolerance)) as f32;
        self.decisions.push(Decision { key, site, sign, margin });
        Ok(sign)
    }

    /// Whether `x` counts as zero; see [`Judge::sign`].
    pub fn is_zero<S: Scalar>(
        &mut self,
        site: Site,
        x: &Num<S>,
        scale: &Num<S>,
        context: S::Context,
    ) -> Result<bool, Error> {
        Ok(self.sign(site, x, scale, context)? == Ordering::Equal)
    }
}
