//! What every stage gets: arithmetic, oracle, judge, and the trace to fill.

use crate::judge::{self, Decision, Item, Judge, Policy, Site, Stage};
use crate::linalg::{Matrix, Solve};
use crate::net::{Activation, Family};
use crate::num::{Num, Scalar, l1};
use crate::oracle::{self, Batch, Oracle, Tally};
use crate::trace::{LastLayer, Signature, Trace};
use std::cmp::Ordering;

/// Why a run stopped before it had a network. Three causes, never merged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// *Cannot know*: the arithmetic or the script has no answer.
    #[error(transparent)]
    Undecided(#[from] judge::Error),
    /// *Asked too much*, or was told to stop.
    #[error(transparent)]
    Oracle(#[from] oracle::Error),
    /// *Knows it fails*: the victim, or what was measured of it, does not fit the attack.
    #[error("{stage}: {what}")]
    Degenerate {
        /// The stage that found out.
        stage: Stage,
        /// The item, where there is one.
        item: Option<Item>,
        /// What it found.
        what: String,
    },
}

impl Error {
    pub(super) fn degenerate(stage: Stage, item: impl Into<Option<Item>>, what: impl Into<String>) -> Self {
        Self::Degenerate { stage, item: item.into(), what: what.into() }
    }

    /// The stage and item where the run stopped, where they are known.
    pub fn place(&self) -> (Option<Stage>, Option<Item>) {
        match self {
            Self::Undecided(judge::Error::Undecided { key, .. } | judge::Error::OffScript { key }) => {
                (Some(key.stage), Some(key.item))
            }
            Self::Degenerate { stage, item, .. } => (Some(*stage), *item),
            Self::Oracle(_) => (None, None),
        }
    }
}

/// What the attacker chooses.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// Seed of the lines and sample points.
    pub seed: u64,
    /// Lines to search; more lines give better placed critical points and a second look.
    pub lines: usize,
    /// Whether a walk measures every row once more where its unit alone is active; for
    /// attackers that round.
    pub polish: bool,
    /// Whether a polished walk also asks for what rounding hides beside larger weights; for snapping.
    pub faint: bool,
    /// What the attacker takes the units to compute; the textbook knows ReLU alone.
    pub activation: Family,
    /// Whether a walk keeps its gradients in the trace, for the ledger: as much memory as its rows take.
    pub record: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { seed: 0, lines: 4, polish: false, faint: false, activation: Family::Relu, record: false }
    }
}

/// Lengths are told apart by their power of two in this range: where `f64` weights can put
/// a kink, and a margin.
const BINADES: (i32, i32) = (-4096, 4096);

/// One run of an attack.
pub struct Run<'a, S: Scalar> {
    /// The context that numbers of this run are made in.
    pub context: S::Context,
    /// The attacker's choices.
    pub options: Options,
    /// What the run found so far.
    pub trace: Trace<Num<S>>,
    /// What all lines searched so far show of an answer's terms: near their origins, and per length.
    pub(super) mass: [Num<S>; 2],
    oracle: &'a mut Oracle<S>,
    judge: Judge,
    stage: Stage,
}

/// What is left when a run has ended, by itself or not.
#[derive(Debug)]
pub struct Outcome<S: Scalar> {
    /// What the run found; with `stopped`, as far as it came.
    pub trace: Trace<Num<S>>,
    /// Every decision, in order.
    pub decisions: Vec<Decision>,
    /// Queries by stage.
    pub tally: Tally,
    /// Why there is no network, where there is none.
    pub stopped: Option<(Stage, Error)>,
}

impl<'a, S: Scalar> Run<'a, S> {
    /// A run that has asked nothing yet.
    pub fn new(context: S::Context, oracle: &'a mut Oracle<S>, policy: Policy, options: Options) -> Self {
        let (trace, judge, stage) = (Trace::default(), Judge::new(policy), Stage::Locate);
        let zero = || Num::lift(0.0, context);
        Self { context, options, trace, mass: [zero(), zero()], oracle, judge, stage }
    }

    /// A whole run: the stages of a strategy, as far as they come.
    pub(super) fn whole(
        context: S::Context,
        oracle: &'a mut Oracle<S>,
        policy: Policy,
        options: Options,
        stages: fn(&mut Self) -> Result<(), Error>,
    ) -> Outcome<S> {
        let mut run = Self::new(context, oracle, policy, options);
        let result = stages(&mut run);
        run.finish(result)
    }

    /// Ends the run.
    fn finish(self, result: Result<(), Error>) -> Outcome<S> {
        Outcome {
            trace: self.trace,
            decisions: self.judge.into_decisions(),
            tally: self.oracle.tally().clone(),
            stopped: result.err().map(|error| (error.place().0.unwrap_or(self.stage), error)),
        }
    }

    /// Number of inputs of the victim.
    pub fn inputs(&self) -> usize {
        self.oracle.inputs()
    }

    /// Number of outputs of the victim.
    pub fn outputs(&self) -> usize {
        self.oracle.outputs()
    }

    /// The number nearest to a finite `f64`.
    pub fn lift(&self, value: f64) -> Num<S> {
        Num::lift(value, self.context)
    }

    /// The activation that the attacker takes all units to have; `None` where each has a slope of its own.
    pub fn assumed(&self) -> Option<Activation<Num<S>>> {
        self.options.activation.whole().map(|activation| activation.map(|&x| self.lift(x)))
    }

    /// Zero.
    pub fn zero(&self) -> Num<S> {
        self.lift(0.0)
    }

    /// `Σ |xᵢ|`.
    pub fn l1(&self, x: &[Num<S>]) -> Num<S> {
        l1(self.zero(), x)
    }

    /// `Σ xᵢ·yᵢ`.
    pub fn dot(&self, x: &[Num<S>], y: &[Num<S>]) -> Num<S> {
        crate::num::dot(self.zero(), x, y)
    }

    /// Asks the oracle: one `[outputs]` a question.
    pub fn ask(&mut self, batch: &Batch<'_, S>) -> Result<Vec<Vec<Num<S>>>, Error> {
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        Ok(self.oracle.ask(self.stage, batch)?)
    }

    /// Names the stage that asks from here on; a last layer begins a record of its own.
    pub fn enter(&mut self, stage: Stage) {
        self.stage = stage;
        if stage == Stage::LastLayer {
            self.trace.last_layers.push(LastLayer::default());
        }
        self.open(Item::default());
    }

    /// Names the item that the following decisions are about.
    pub fn open(&mut self, item: Item) {
        self.judge.open(self.stage, item);
    }

    /// The judge's sign; see [`Judge::sign`].
    pub fn sign(&mut self, site: Site, x: &Num<S>, scale: &Num<S>) -> Result<Ordering, Error> {
        Ok(self.judge.sign(site, x, scale, self.context)?)
    }

    /// Whether the judge takes `x` for zero.
    pub fn is_zero(&mut self, site: Site, x: &Num<S>, scale: &Num<S>) -> Result<bool, Error> {
        Ok(self.sign(site, x, scale)? == Ordering::Equal)
    }

    /// Queries so far.
    pub fn spent(&self) -> u64 {
        self.oracle.tally().total()
    }

    /// Whether the run walks an exact path; see [`Judge::is_exact`].
    pub fn is_exact(&self) -> bool {
        self.judge.is_exact()
    }

    /// Precision of the answers that the judge expects; see [`Judge::bits`].
    pub fn bits(&self) -> u32 {
        self.judge.bits()
    }

    /// The largest `k` with `2^k ≤ length` between −4096 and 4096, or −4096: a bisection
    /// over exponents.
    ///
    /// Asks [`Site::Length`] a dozen times.
    pub fn binade(&mut self, length: &Num<S>) -> Result<i32, Error> {
        let (mut low, mut high) = BINADES;
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            let power = crate::num::Dyadic::power(middle).lift::<S>(self.context);
            if self.sign(Site::Length, &(length - &power), length)? == Ordering::Less {
                high = middle;
            } else {
                low = middle;
            }
        }
        Ok(low)
    }
}

impl<S: Scalar> Run<'_, S> {
    /// A part of a stage that reads the rows as they stand, and changes none of them.
    pub(super) fn on_rows<R>(&mut self, part: impl FnOnce(&mut Self, &[Signature<Num<S>>]) -> R) -> R {
        let rows = std::mem::take(self.trace.signatures_mut());
        let result = part(self, &rows);
        *self.trace.signatures_mut() = rows;
        result
    }
}

impl<S: Solve> Run<'_, S> {
    /// The lexicographically first independent columns of a matrix, `[n, d]`.
    ///
    /// Asks [`Site::Rank`] once per column, about that axis of `item`, until `n` are found.
    /// Errors, besides the judge's: a script may take a column for independent of which this
    /// arithmetic has nothing left.
    pub fn independent_columns(&mut self, matrix: &Matrix<Num<S>>, item: Item) -> Result<Vec<usize>, Error> {
        let mut asked = 0;
        let columns = S::independent_columns(matrix, &mut |j, remainder, scale| {
            self.open(item.axis(j));
            let independent = self.sign(Site::Rank, remainder, scale)? == Ordering::Greater;
            asked += usize::from(independent);
            Ok::<_, Error>(independent)
        })?;
        if columns.len() < asked {
            let what = "a column that the script takes for independent leaves nothing to divide by in this arithmetic";
            return Err(Error::degenerate(self.stage, item, what));
        }
        Ok(columns)
    }
}
