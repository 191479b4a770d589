//! What a run did: one record a stage, in the arithmetic of the run or, erased, in ℚ.

use crate::judge::Item;
use crate::net::Shallow;
use crate::num::{Dyadic, Num, Rational, Scalar};
use std::cmp::Ordering;

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

/// What tells the active side of a hyperplane: answers along the preimage of its row.
#[derive(Clone, Debug, PartialEq)]
pub struct Sides<T> {
    /// The coordinates of the preimage that are not zero.
    pub preimage: Vec<(usize, T)>,
    /// The answers ahead of the critical point and behind it, `[outputs]` each.
    pub answers: [Vec<T>; 2],
}

/// Rows as they stood after a round of polish.
#[derive(Clone, Debug)]
pub struct Round<T> {
    /// Rows measured again; 0 before the first round.
    pub measured: usize,
    /// Queries of the run until then.
    pub spent: u64,
    /// Scaled to 1 at their references, in the order of the signatures, each `[inputs]`.
    pub rows: Vec<Vec<T>>,
    /// Their biases.
    pub biases: Vec<T>,
    /// What the noise model takes the error of an entry of each row for, in roundoffs.
    pub errors: Vec<T>,
    /// The same of each bias.
    pub bias_errors: Vec<T>,
}

/// What was asked of weights that rounding hides beside larger ones.
///
/// An error is relative to `2^k` times the largest entry of the row, or the largest output weight of the
/// unit: `k` is 0 where a weight was measured together with all others. [`Faint::NOTHING`] stands where a
/// weight was moved so far, without a change of any answer, that it can only be zero.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Faint {
    /// `k` of every entry, in the order of the signatures, each `[inputs]`.
    pub entries: Vec<Vec<i32>>,
    /// `k` of every output weight, in the same order, each `[outputs]`.
    pub outputs: Vec<Vec<i32>>,
    /// Whether all biases can only be zero.
    pub unbiased: bool,
    /// Whether the output biases are themselves an answer, so that nothing was rounded beside them.
    pub resting: bool,
    /// Whether an answer changes where none of the rows found is active, so that a unit is missing.
    pub hidden: bool,
}

impl Faint {
    /// `k` of a weight that can only be zero: no float of at most 32 bits is that small beside another.
    pub const NOTHING: i32 = -300;
}

/// What the last layer was fitted to.
#[derive(Clone, Debug)]
pub struct Fit<T> {
    /// The points asked, each `[inputs]`.
    pub points: Vec<Vec<T>>,
    /// The answers, each `[outputs]`.
    pub answers: Vec<Vec<T>>,
    /// `log2` of each equation's weight.
    pub weights: Vec<i32>,
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

/// How the rows were given their sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Orientation {
    /// By the preimage test: for each row, the sign that makes it the active side.
    Preimages(Vec<Ordering>),
    /// By a gradient, which is the sum of the active units' alone; signs as above.
    Shares(Vec<Ordering>),
    /// Not needed: the activation is the same function when a unit is flipped.
    Symmetric,
    /// Not at all: the network is returned through its canonical form.
    Canonical(Unoriented),
}

/// Why rows could not be oriented, so that the canonical form had to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unoriented {
    /// There are no rows: the function is affine as far as the lines show.
    NoKinks,
    /// The rows are linearly dependent: this many of them are independent.
    Dependent {
        /// Rank of the rows.
        rank: usize,
    },
    /// Crossing this row's hyperplane along its preimage changes the output on both sides.
    BothSides {
        /// Index of the row.
        row: usize,
    },
    /// The oriented rows do not give the oracle's answers.
    Remainder,
    /// Units of this activation have two kinks each, and this row has no second one.
    Unpaired {
        /// Index of the row.
        row: usize,
    },
    /// This row is part of a gradient, but not as a whole.
    Parted {
        /// Index of the row.
        row: usize,
    },
}

impl std::fmt::Display for Unoriented {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoKinks => f.write_str("no critical point was found"),
            Self::Dependent { rank } => write!(f, "the rows have rank {rank}, less than their number"),
            Self::BothSides { row } => {
                write!(f, "the output changes on both sides of hyperplane {row}: units cancel or share a hyperplane")
            }
            Self::Parted { row } => {
                write!(f, "a part of row {row} is active on either side: units cancel or share a hyperplane")
            }
            Self::Unpaired { row } => {
                write!(f, "row {row} has no parallel row of the opposite strength, as a unit of this activation has")
            }
            Self::Remainder => f.write_str("the rows alone do not give the answers: units cancel to an affine part"),
        }
    }
}

/// Everything that a run found, as far as it came.
#[derive(Clone, Debug)]
pub struct Trace<T> {
    /// The lines searched.
    pub lines: Vec<Line>,
    /// Critical points by line, in order along it.
    pub kinks: Vec<Vec<Kink<T>>>,
    /// Intervals that could not be resolved.
    pub unresolved: Vec<Unresolved>,
    /// Rows, in the order in which they were found.
    pub signatures: Vec<Signature<T>>,
    /// Critical points that gave no row and lie on no known hyperplane.
    pub missed: Vec<Missed>,
    /// What tells the side of each row, in their order, as far as it was asked.
    pub sides: Vec<Sides<T>>,
    /// How rows were oriented.
    pub orientation: Option<Orientation>,
    /// Rounds of polish, from before the first on; none where nothing was polished.
    pub rounds: Vec<Round<T>>,
    /// What was asked of weights that rounding hides, where it was.
    pub faint: Option<Faint>,
    /// What the last layer was fitted to, where it was by least squares.
    pub fit: Option<Fit<T>>,
    /// What a walk's rows and last layer are from, where it was kept.
    pub walked: Option<Walked<T>>,
    /// The recovered network.
    pub network: Option<Shallow<T>>,
    /// The one that the check refused, where a run stopped there.
    pub refused: Option<Shallow<T>>,
}

impl<T> Default for Trace<T> {
    fn default() -> Self {
        Self {
            lines: Vec::new(),
            kinks: Vec::new(),
            unresolved: Vec::new(),
            signatures: Vec::new(),
            missed: Vec::new(),
            sides: Vec::new(),
            orientation: None,
            rounds: Vec::new(),
            faint: None,
            fit: None,
            walked: None,
            network: None,
            refused: None,
        }
    }
}

impl<S: Scalar> Trace<Num<S>> {
    /// The same trace in ℚ, exactly; `None` where a number is infinite or NaN.
    pub fn exact(&self) -> Option<Trace<Rational>> {
        let one = |x: &Num<S>| x.0.exact();
        let all = |xs: &[Num<S>]| xs.iter().map(one).collect::<Option<Vec<_>>>();
        let lists = |xs: &[Vec<Num<S>>]| xs.iter().map(|x| all(x)).collect::<Option<Vec<_>>>();
        let chord = |c: &Chord<Num<S>>| Some(Chord { value: all(&c.value)?, at: one(&c.at)?, beside: all(&c.beside)? });
        let kink = |k: &Kink<Num<S>>| {
            let (position, gap, mass) = (one(&k.position)?, one(&k.gap)?, one(&k.mass)?);
            let ends = [chord(&k.ends[0])?, chord(&k.ends[1])?];
            Some(Kink { item: k.item, interval: k.interval, position, gap, mass, ends })
        };
        let probes = |p: &Probes<Num<S>>| {
            let (differences, mixed) = (lists(&p.differences)?, lists(&p.mixed)?);
            Some(Probes { steps: p.steps.clone(), differences, mixed })
        };
        let signature = |s: &Signature<Num<S>>| {
            Some(Signature {
                item: s.item,
                reference: s.reference,
                row: all(&s.row)?,
                bias: one(&s.bias)?,
                strength: all(&s.strength)?,
                center: all(&s.center)?,
                answer: all(&s.answer)?,
                mass: one(&s.mass)?,
                probes: match &s.probes {
                    Some(recorded) => Some(probes(recorded)?),
                    None => None,
                },
            })
        };
        let sides = |s: &Sides<Num<S>>| {
            let preimage = s.preimage.iter().map(|(j, v)| Some((*j, one(v)?))).collect::<Option<Vec<_>>>()?;
            Some(Sides { preimage, answers: [all(&s.answers[0])?, all(&s.answers[1])?] })
        };
        let round = |r: &Round<Num<S>>| {
            Some(Round {
                measured: r.measured,
                spent: r.spent,
                rows: lists(&r.rows)?,
                biases: all(&r.biases)?,
                errors: all(&r.errors)?,
                bias_errors: all(&r.bias_errors)?,
            })
        };
        let fit = |f: &Fit<Num<S>>| {
            Some(Fit { points: lists(&f.points)?, answers: lists(&f.answers)?, weights: f.weights.clone() })
        };
        let gradient = |g: &Gradient<Num<S>>| {
            let (point, answer, slopes) = (all(&g.point)?, all(&g.answer)?, lists(&g.slopes)?);
            Some(Gradient { point, answer, steps: g.steps.clone(), slopes })
        };
        let walked = |w: &Walked<Num<S>>| {
            let gradients = w.gradients.iter().map(gradient).collect::<Option<_>>()?;
            Some(Walked { gradients, jumps: w.jumps.clone(), base: w.base })
        };
        let network = |net: &Shallow<Num<S>>| {
            let finite = net.parameters().all(|x| x.0.exact().is_some());
            finite.then(|| net.map(|x| x.0.exact().unwrap_or_default()))
        };
        Some(Trace {
            lines: self.lines.clone(),
            kinks: self.kinks.iter().map(|line| line.iter().map(kink).collect()).collect::<Option<_>>()?,
            unresolved: self.unresolved.clone(),
            signatures: self.signatures.iter().map(signature).collect::<Option<_>>()?,
            missed: self.missed.clone(),
            sides: self.sides.iter().map(sides).collect::<Option<_>>()?,
            orientation: self.orientation.clone(),
            rounds: self.rounds.iter().map(round).collect::<Option<_>>()?,
            faint: self.faint.clone(),
            fit: match &self.fit {
                Some(recorded) => Some(fit(recorded)?),
                None => None,
            },
            walked: match &self.walked {
                Some(recorded) => Some(walked(recorded)?),
                None => None,
            },
            network: match &self.network {
                Some(recovered) => Some(network(recovered)?),
                None => None,
            },
            // A number of it that is not finite is reason enough to refuse it, and no defect of the rest.
            refused: self.refused.as_ref().and_then(network),
        })
    }
}
