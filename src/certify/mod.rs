//! Certified errors: bounds on the numbers of the rounded run, wherever their hypotheses hold.
//!
//! Balls walk the rounded run's own path. At the questions that the run recorded the exact
//! answers are enclosed, and errors are propagated through critical points, weight ratios,
//! signs and the last layer, each by its own theorem. The chain is
//! *measured ≤ certified ≤ a priori*, in [`Form`]s that differ only in what encloses the
//! answers.
//!
//! | stage | bound | rests on |
//! |---|---|---|
//! | critical points | crossing of two lines, in balls | `CriticalPoint.critical_point_several` |
//! | weight ratios | quotient of second differences, in balls; the centre's distance from the hyperplane | `SecondDifference.second_difference_error` |
//! | signs | an enclosure without zero | `RelativeSign.relative_sign_error`, `GlobalSign.global_sign` |
//! | last layer | residual and pseudoinverse, componentwise | `Linear.perturbed_bound` |
//!
//! The theorems named are proved in Coq, as are the operations of balls; how they are put
//! together is proved in the comments beside the code, and compared with ℚ by the tests.
//! Hypotheses (one unit an interval, one unit a row's probes, all units found) are held
//! against the victim in ℚ; where one fails there is no bound.

mod anew;
mod answers;
mod hypotheses;
mod last_layer;
mod position;
mod row;
mod sides;

use crate::compare::Dual;
use crate::experiment::Cell;
use crate::judge::{Item, Stage};
use crate::ledger::{Quantity, StageLedger};
use crate::linalg::Matrix;
use crate::net::Shallow;
use crate::num::{Ball, Exact, Num, Rational, Scalar, up};
use crate::oracle::{Compensated, Incremental, Kernel};
use crate::trace::{Orientation, Signature, Trace};
use answers::{Answers, Bounded};
use hypotheses::Hypotheses;
use position::{Position, most};
use rayon::prelude::*;
use row::{RowBounds, Told};
use std::cmp::Ordering;
use std::collections::HashMap;

/// What encloses the exact answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// The exact oracle, asked at the same points: what answers lost is measured.
    Measured,
    /// Answers evaluated again in twice the working precision, [`Compensated`].
    Certified,
    /// The answers that the run saw, with a running error analysis of them, [`crate::oracle::Certified`].
    Running,
    /// `γₙ` times magnitudes, known before anything is computed.
    APriori,
}

impl Form {
    /// All forms, from the sharpest on.
    pub const ALL: [Self; 4] = [Self::Measured, Self::Certified, Self::Running, Self::APriori];
}

/// A number of the rounded run with its error and bounds on it.
#[derive(Clone, Debug)]
pub struct Number {
    /// The critical point that names its item; `None` of the output biases.
    pub item: Option<Item>,
    /// Which number.
    pub quantity: Quantity,
    /// `|seen − truth|`, exactly.
    pub measured: Rational,
    /// `log2` of what errors are relative to.
    pub scale: f64,
    /// Bounds on it by form, in the order of [`Form::ALL`]; `None` where a hypothesis fails or
    /// there is no bound for the oracle's arithmetic.
    pub bounds: [Option<f64>; 4],
}

impl Number {
    /// Whether every bound is above the error, and none below the one before it from
    /// [`Form::Certified`] on.
    pub fn holds(&self) -> bool {
        let exact = |bound: f64| Rational::lift(bound, ());
        let above = self.bounds.iter().flatten().all(|&bound| self.measured <= exact(bound));
        let from_answers: Vec<f64> = self.bounds[Form::Certified as usize..].iter().flatten().copied().collect();
        above && from_answers.is_sorted()
    }

    /// `log2` of the error relative to its scale.
    pub fn error(&self) -> f64 {
        self.measured.log2() - self.scale
    }

    /// `log2(bound / measured)`; `None` without a bound or an error.
    pub fn slack(&self, form: Form) -> Option<f64> {
        let measured = self.measured.log2();
        let bound = self.bounds[form as usize]?;
        (measured > f64::NEG_INFINITY).then(|| bound.log2() - measured)
    }
}

/// The numbers of one stage.
#[derive(Clone, Debug)]
pub struct StageBounds {
    /// The stage.
    pub stage: Stage,
    /// Its numbers, in the order of the ledger.
    pub numbers: Vec<Number>,
}

/// What is known of a decided sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every number that the answers allow has this sign.
    Certified,
    /// The decision may be right: the answers allow zero, or a hypothesis of the bound fails.
    Undecided,
    /// The victim has the other sign.
    Wrong,
}

/// A sign that the rounded run decided.
#[derive(Clone, Debug)]
pub struct SignBound {
    /// [`Stage::Signature`] for one relative to the reference, [`Stage::Orientation`] for a side.
    pub stage: Stage,
    /// The row, and the coordinate.
    pub item: Item,
    /// What is known of it.
    pub verdict: Verdict,
    /// `log2` of the deciding number over the bound on its error: positive where it is certain,
    /// `−∞` where there is no bound.
    pub margin: f64,
    /// Whether the bound excludes the truth: a defect of this program.
    pub unsound: bool,
}

/// All bounds on a rounded run.
#[derive(Clone, Debug, Default)]
pub struct Certification {
    /// Stages with numbers.
    pub stages: Vec<StageBounds>,
    /// Every decided sign.
    pub signs: Vec<SignBound>,
    /// What the verdicts on signs stand on: [`Form::Measured`] where answers have no other bound.
    pub signs_by: Option<Form>,
}

impl Certification {
    /// Whether the chain holds for every number and no certified sign is wrong.
    pub fn holds(&self) -> bool {
        self.stages.iter().flat_map(|s| &s.numbers).all(Number::holds) && !self.signs.iter().any(|s| s.unsound)
    }
}

/// Bounds on the numbers of the rounded run, or of its replay where there had to be one,
/// and on the signs that the rounded run itself decided.
///
/// `ledger`: of the same run. `kernel`: of its oracle; only sums in order have bounds
/// from their arithmetic. Empty where a run holds numbers that are not finite.
pub fn certify(dual: &Dual, victim: &Shallow<f64>, kernel: Kernel, ledger: &[StageLedger]) -> Certification {
    let own = &dual.rounded.run;
    let path = dual.replay.as_ref().unwrap_or(own);
    let walk = |seen| Some(Walk { victim, cell: &own.cell, kernel, seen, hypotheses: Hypotheses::new(victim, seen)? });
    let Some(seen) = &path.trace else { return Certification::default() };
    let Some((stages, mut signs, signs_by)) = walk(seen).map(|walk| walk.certification(ledger)) else {
        return Certification::default();
    };
    // A replay takes the exact run's decisions for its own.
    match own
        .trace
        .as_ref()
        .filter(|own| own.signatures() != seen.signatures() || own.orientation() != seen.orientation())
    {
        Some(own) => signs = walk(own).map(|walk| walk.signs()).unwrap_or_default(),
        None if own.trace.is_none() => signs = Vec::new(),
        None => {}
    }
    Certification { stages, signs, signs_by: Some(signs_by) }
}

type Bounds = HashMap<(Stage, Option<Item>, Quantity), f64>;

/// A run with what its bounds stand on.
struct Walk<'a> {
    victim: &'a Shallow<f64>,
    cell: &'a Cell,
    kernel: Kernel,
    seen: &'a Trace<Rational>,
    hypotheses: Hypotheses,
}

impl Walk<'_> {
    fn certification(&self, ledger: &[StageLedger]) -> (Vec<StageBounds>, Vec<SignBound>, Form) {
        let walked = Form::ALL.map(|form| self.answers(form).map(|answers| self.propagate(&answers)));
        let number = |stage: Stage, item: Option<Item>, share: &crate::ledger::Share| {
            let bound = |form: Form| walked[form as usize].as_ref()?.0.get(&(stage, item, share.quantity)).copied();
            let mut bounds = Form::ALL.map(bound);
            // All bound the same error: what is known beforehand holds afterwards, too.
            for form in [Form::Running as usize, Form::Certified as usize] {
                let later = bounds[form + 1];
                bounds[form] = bounds[form].map(|bound| later.map_or(bound, |later| later.min(bound)));
            }
            Number {
                item,
                quantity: share.quantity,
                measured: share.total.magnitude(),
                scale: share.scale.log2(),
                bounds,
            }
        };
        let stages = ledger.iter().map(|stage| {
            let shares = stage.accounts.iter().flat_map(|account| account.shares.iter().map(|s| (account.item, s)));
            StageBounds { stage: stage.stage, numbers: shares.map(|(item, s)| number(stage.stage, item, s)).collect() }
        });
        let stages = stages.collect();
        let [measured, _, running, _] = walked;
        let signs_by = if running.is_some() { Form::Running } else { Form::Measured };
        (stages, running.or(measured).map(|(_, signs)| signs).unwrap_or_default(), signs_by)
    }

    /// What is known of the signs that this run decided.
    fn signs(&self) -> Vec<SignBound> {
        let answers = self.answers(Form::Running).or_else(|| self.answers(Form::Measured));
        answers.map(|answers| self.propagate(&answers).1).unwrap_or_default()
    }

    /// The exact answers as a form encloses them; `None` where it cannot.
    fn answers(&self, form: Form) -> Option<Answers> {
        let in_order = self.kernel == Kernel::Portable;
        match form {
            Form::Measured => Some(anew::answers(self.seen, &Incremental::<Rational>::new(self.victim))),
            Form::Certified => Some(anew::answers(self.seen, &Compensated::new(self.victim.clone()))),
            Form::Running | Form::APriori => {
                Some(Bounded::new(self.victim, self.cell, form).filter(|_| in_order)?.answers(self.seen))
            }
        }
    }

    /// Bounds on all numbers, and what is known of all signs.
    fn propagate(&self, answers: &Answers) -> (Bounds, Vec<SignBound>) {
        let mut bounds = Bounds::new();
        let kinks: Vec<_> = self.seen.located.kinks.iter().flatten().collect();
        let positions: HashMap<Item, (usize, Position)> = kinks
            .iter()
            .zip(&answers.positions)
            .zip(&self.hypotheses.kinks)
            .filter_map(|((kink, position), unit)| Some((kink.item, ((*unit)?, position.clone()?))))
            .collect();
        for (item, (_, position)) in &positions {
            bounds.insert((Stage::Locate, Some(*item), Quantity::Position), most(&position.error));
        }
        let row = |(i, signature): (usize, &Signature<Rational>)| {
            let (unit, position) = positions.get(&signature.item)?;
            let line = self.seen.located.lines.get(signature.item.line as usize)?;
            let kink = kinks.iter().find(|kink| kink.item == signature.item)?;
            let same = self.hypotheses.rows[i] == Some(*unit);
            row::row(signature, line, position, answers.rows[i].as_ref()?, &kink.position).filter(|_| same)
        };
        let rows: Vec<Option<RowBounds>> = self.seen.signatures().par_iter().enumerate().map(row).collect();
        for (row, signature) in rows.iter().zip(self.seen.signatures()) {
            let Some(row) = row else { continue };
            let key = |quantity| (Stage::Signature, Some(signature.item), quantity);
            for (j, entry) in signature.row.iter().enumerate() {
                let ball = Ball::nearest(entry, ());
                bounds.insert(key(Quantity::Entry(j)), up(row.error(j, ball.mid()) + ball.rad()));
            }
            let miss = &Num(Ball::nearest(&signature.bias, ())) - &Num(row.bias(&signature.center));
            bounds.insert(key(Quantity::Bias), most(&miss.0));
        }
        let mut signs = self.relative_signs(&rows);
        let whole: Option<Vec<&RowBounds>> = rows.iter().map(Option::as_ref).collect();
        let whole = whole.filter(|_| self.hypotheses.complete);
        let sides = self.sides(whole.as_deref(), answers);
        if let Some(rows) = whole {
            // On a wrong side the features are not those of the truth.
            if sides.len() == rows.len() && sides.iter().all(|side| side.verdict != Verdict::Wrong) {
                self.last_layer(&rows, answers, &mut bounds);
            }
        }
        signs.extend(sides);
        bounds.retain(|_, bound| bound.is_finite());
        (bounds, signs)
    }

    /// The weight of a row's own unit at an input, relative to that at the reference: its true sign.
    fn truth(&self, i: usize, j: usize) -> Option<Ordering> {
        let row = self.victim.hidden().row(self.hypotheses.rows[i]?);
        let reference = row[self.seen.signatures()[i].reference];
        let sign = |w: f64| Rational::lift(w, ()).cmp(&Rational::default());
        Some(if reference < 0.0 { sign(row[j]).reverse() } else { sign(row[j]) })
    }

    fn relative_signs(&self, rows: &[Option<RowBounds>]) -> Vec<SignBound> {
        let zero = Rational::default();
        let mut signs = Vec::new();
        for (i, (row, seen)) in rows.iter().zip(self.seen.signatures()).enumerate() {
            let mixed = seen.probes.iter().flat_map(|probes| probes.mixed.iter().enumerate());
            for (j, _) in mixed.filter(|(_, mixed)| !mixed.is_empty()) {
                let told = row.as_ref().and_then(|row| row.signs[j]);
                let decided = seen.row[j].cmp(&zero);
                signs.extend(sign_bound(Stage::Signature, seen.item.axis(j), decided, self.truth(i, j), told));
            }
        }
        signs
    }

    /// `rows`: of all units there are; without them no side is certain.
    fn sides(&self, rows: Option<&[&RowBounds]>, answers: &Answers) -> Vec<SignBound> {
        let Some(Orientation::Preimages(decided)) = self.seen.orientation() else { return Vec::new() };
        let one = |(i, signature): (usize, &Signature<Rational>)| {
            // The row is scaled to 1 at its reference: it points to the active side where the
            // victim's own weight there is positive.
            let own = self.hypotheses.rows[i].map(|k| self.victim.hidden().row(k)[signature.reference]);
            let truth = own.map(|w| Rational::lift(w, ()).cmp(&Rational::default()));
            let told = rows
                .and_then(|rows| Some(sides::side(i, rows, self.seen.oriented.sides.get(i)?, answers.sides.get(i)?)));
            sign_bound(Stage::Orientation, signature.item, decided[i], truth, told)
        };
        self.seen.signatures().par_iter().enumerate().filter_map(one).collect()
    }

    fn last_layer(&self, rows: &[&RowBounds], answers: &Answers, bounds: &mut Bounds) {
        let (Some(network), Some(fit), Some(Orientation::Preimages(sides))) =
            (self.seen.network(), self.seen.fit(), self.seen.orientation())
        else {
            return;
        };
        let hidden = rows.len();
        let solution = Matrix::from_fn(hidden + 1, network.shape().outputs, |i, o| {
            if i < hidden { network.output()[(o, i)].clone() } else { network.output_bias()[o].clone() }
        });
        let given = (fit, &answers.fit[..]);
        let Some(errors) = last_layer::errors(rows, self.seen.signatures(), sides, given, &solution) else { return };
        for o in 0..network.shape().outputs {
            for (i, signature) in self.seen.signatures().iter().enumerate() {
                bounds.insert((Stage::LastLayer, Some(signature.item), Quantity::OutputWeight(o)), errors[(i, o)]);
            }
            bounds.insert((Stage::LastLayer, None, Quantity::OutputBias(o)), errors[(hidden, o)]);
        }
    }
}

/// A decided sign against what the answers tell of it. `None` where nothing was decided.
///
/// `truth`: of the victim; `None` where it is not known which unit the row belongs to.
fn sign_bound(
    stage: Stage,
    item: Item,
    decided: Ordering,
    truth: Option<Ordering>,
    told: Option<Told>,
) -> Option<SignBound> {
    if decided == Ordering::Equal {
        return None;
    }
    let certain = told.and_then(|told| told.sign);
    let verdict = if truth.is_some_and(|truth| truth.is_ne() && truth != decided) {
        Verdict::Wrong
    } else if certain == Some(decided) {
        Verdict::Certified
    } else {
        Verdict::Undecided
    };
    let margin = told.map_or(f64::NEG_INFINITY, |told| told.margin);
    Some(SignBound { stage, item, verdict, margin, unsound: certain.is_some() && certain != truth })
}
