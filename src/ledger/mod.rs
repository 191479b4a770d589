//! The ledger: whose error it is, stage by stage, as identities in ℚ.
//!
//! Each stage of the rounded run is run once more in ℚ on that run's own input, first with
//! the answers that an exact oracle gives there, then with the answers recorded. With
//! `truth` the exact run's value and `seen` the rounded run's,
//!
//! ```text
//! seen − truth = (handed − truth) + (redone − handed) + (seen − redone)
//!      total   =    inherited     +      answers      +      local
//! ```
//!
//! | stage | input | answers |
//! |---|---|---|
//! | critical points | the interval of the kink | at both ends, and at the two places beside the kink |
//! | weight ratios | the centre, the steps; which entries are zero, and their signs | second differences |
//! | signs | decisions have no error, they are right or wrong | |
//! | last layer | the oriented rows, the points, the weights of equations | at the points |
//!
//! Of a walk:
//!
//! | stage | input | answers |
//! |---|---|---|
//! | weight ratios | points and steps of two gradients, the rows known between them, the jumps of slopes at the kinks, the critical point | the gradients |
//! | last layer | the same; the oriented rows | the gradients; at the point of one of them |
//!
//! *Inherited* is what exact arithmetic with exact answers still gets wrong, *answers* what
//! the rounding of answers adds, the oracle's own or that into the attacker's arithmetic,
//! including that of points asked and, for weight ratios, that of differences and gradients
//! as the run formed them; *local* is what the stage itself made.

mod origin;
mod textbook;
mod walk;

pub use origin::{Origin, origin};
pub use textbook::exact_probes;

use crate::attack::stages::{Ratios, locate};
use crate::compare::Dual;
use crate::judge::{Item, Stage};
use crate::net::Shallow;
use crate::num::{Exact, Num, Rational, Scalar};
use crate::oracle::{Evaluate, Incremental};
use crate::trace::{Kink, Orientation, Signature, Trace};
use rayon::prelude::*;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::convert::Infallible;

/// Which number of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Quantity {
    /// Of a critical point, along its line.
    Position,
    /// Of a row, scaled to 1 at the rounded run's reference.
    Entry(usize),
    /// Of a row, in the same scale.
    Bias,
    /// Of a unit, for an output, in the same scale.
    OutputWeight(usize),
    /// Of an output.
    OutputBias(usize),
}

/// The error of one number, and its parts.
#[derive(Clone, Debug, PartialEq)]
pub struct Share {
    /// Which number.
    pub quantity: Quantity,
    /// `seen − truth`, the sum of the other three.
    pub total: Rational,
    /// What earlier stages made.
    pub inherited: Rational,
    /// What the answers made.
    pub answers: Rational,
    /// What the stage made.
    pub local: Rational,
    /// What errors are relative to, positive.
    pub scale: Rational,
}

impl Share {
    fn of(quantity: Quantity, [truth, handed, redone, seen]: [&Rational; 4], scale: Rational) -> Self {
        let (total, local) = (seen.sub(truth), seen.sub(redone));
        Self { quantity, total, inherited: handed.sub(truth), answers: redone.sub(handed), local, scale }
    }

    /// Whether the stage makes at least as much of the error, with its answers or by its own rounding, as it inherits.
    pub fn is_made_here(&self) -> bool {
        let made = self.answers.magnitude().max(self.local.magnitude());
        made > Rational::default() && made >= self.inherited.magnitude()
    }

    /// `log2` of a part's magnitude relative to the scale.
    pub fn log2(&self, part: &Rational) -> f64 {
        part.log2() - self.scale.log2()
    }
}

/// Why an item's error is as large as it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cause {
    /// `log2` of the distance along the line to the next kink, where there is one.
    pub gap: Option<f64>,
    /// `log2` of how many times the relative error of answers enters that of the result, about:
    /// output mass over the jump of slopes, or over the second difference, or the condition of
    /// the fit.
    pub amplification: f64,
}

/// One item of a stage: a critical point, a row, a unit's output weights.
#[derive(Clone, Debug, PartialEq)]
pub struct Account {
    /// The critical point that names it; `None` of the output biases.
    pub item: Option<Item>,
    /// Its numbers.
    pub shares: Vec<Share>,
    /// Why they are as wrong as they are.
    pub cause: Cause,
}

impl Account {
    /// The number with the largest error, relative to its scale.
    pub fn worst(&self) -> Option<&Share> {
        self.shares.iter().max_by(|a, b| a.log2(&a.total).total_cmp(&b.log2(&b.total)))
    }
}

/// The errors of one stage.
#[derive(Clone, Debug, PartialEq)]
pub struct StageLedger {
    /// The stage.
    pub stage: Stage,
    /// Its items, in the order of the rounded run.
    pub accounts: Vec<Account>,
    /// Items of the rounded run that the exact run does not have, or has decided otherwise.
    pub unmatched: usize,
}

/// Whose error each number of `rounded` is.
///
/// `exact`: the exact run of the same victim with the same questions; `oracle`: the exact
/// oracle. Items are matched by where they were found: where the runs part, replay the
/// rounded one along the exact one's decisions first. Stages that neither run has are
/// empty. Every share's identity holds exactly.
pub fn ledger(exact: &Trace<Rational>, rounded: &Trace<Rational>, oracle: &dyn Evaluate<Rational>) -> Vec<StageLedger> {
    let stage = |stage, accounts: Vec<Option<Account>>| {
        let unmatched = accounts.iter().filter(|account| account.is_none()).count();
        StageLedger { stage, accounts: accounts.into_iter().flatten().collect(), unmatched }
    };
    let again = again(rounded, oracle);
    let last = match &rounded.walked() {
        Some(_) => walk::last_layer(exact, rounded, &again, oracle),
        None => textbook::last_layer(exact, rounded, oracle),
    };
    vec![
        stage(Stage::Locate, positions(exact, rounded)),
        stage(Stage::Signature, rows(exact, rounded, &again)),
        stage(Stage::LastLayer, last.unwrap_or_default()),
    ]
}

/// The ledger of the rounded run, or of its replay where there had to be one.
pub fn of_dual(dual: &Dual, victim: &Shallow<f64>) -> Vec<StageLedger> {
    let path = dual.replay.as_ref().unwrap_or(&dual.rounded.run);
    match (&dual.exact.run.trace, &path.trace) {
        (Some(exact), Some(rounded)) => ledger(exact, rounded, &Incremental::<Rational>::new(victim)),
        _ => Vec::new(),
    }
}

fn one() -> Rational {
    Rational::integer(1)
}

/// A number of a trace as stages compute with it.
fn in_q(x: &Rational) -> Result<Num<Rational>, Infallible> {
    Ok(Num(x.clone()))
}

/// `log2(a / b)`.
fn log2_ratio(a: &Rational, b: &Rational) -> f64 {
    a.log2() - b.log2()
}

fn positions(exact: &Trace<Rational>, rounded: &Trace<Rational>) -> Vec<Option<Account>> {
    let truths: HashMap<Item, &Rational> =
        exact.located.kinks.iter().flatten().map(|k| (k.item, &k.position)).collect();
    rounded.located.kinks.iter().flatten().map(|kink| position(truths.get(&kink.item)?, kink)).collect()
}

/// The account of a critical point; `truth`: its position.
fn position(truth: &Rational, kink: &Kink<Rational>) -> Option<Account> {
    let Ok(seen) = kink.try_map(&mut in_q);
    let (Num(redone), Num(jump)) = locate::position(&seen, ())?;
    let scale = one().add(&truth.magnitude());
    let amplification = log2_ratio(&kink.mass, &jump) - scale.log2();
    // Nothing is handed to the first stage but questions: exact answers there give the truth.
    let share = Share::of(Quantity::Position, [truth, truth, &redone, &kink.position], scale);
    let cause = Cause { gap: Some(kink.gap.log2()), amplification };
    Some(Account { item: Some(kink.item), shares: vec![share], cause })
}

fn gap(trace: &Trace<Rational>, item: Item) -> Option<f64> {
    trace.located.kinks.get(item.line as usize)?.iter().find(|k| k.item == item).map(|k| k.gap.log2())
}

/// A row without its rounding, in two steps.
struct Again {
    handed: Ratios<Rational>,
    redone: Ratios<Rational>,
    /// `log2` of how many times the relative error of answers enters its entries.
    amplification: f64,
}

/// Every row once more; `None` where what it is from was not recorded.
fn again(rounded: &Trace<Rational>, oracle: &dyn Evaluate<Rational>) -> Vec<Option<Again>> {
    let all: Vec<usize> = (0..rounded.signatures().len()).collect();
    let gradients = walk::exact_gradients(rounded, &all, oracle);
    all.par_iter().map(|&i| again_of(rounded, i, &gradients, oracle)).collect()
}

/// Row `i` once more; `gradients`: at least those that it is from, with exact answers.
fn again_of(
    rounded: &Trace<Rational>,
    i: usize,
    gradients: &[Option<walk::Exactly>],
    oracle: &dyn Evaluate<Rational>,
) -> Option<Again> {
    let seen = rounded.signatures().get(i)?;
    match &seen.probes {
        Some(_) => textbook::probed(seen, oracle),
        None => walk::jumped(rounded, i, gradients),
    }
}

/// Row `i` of a run computed once more in ℚ, from the answers and the decisions that it recorded, by the stage's own formulas.
///
/// Exact. `None` where what the row is from was not recorded, or nothing is left of it.
pub fn row_again(trace: &Trace<Rational>, i: usize) -> Option<Ratios<Rational>> {
    let seen = trace.signatures().get(i)?;
    match &seen.probes {
        Some(probes) => textbook::row(seen, probes),
        None => Some(walk::recorded(trace, i)?.0),
    }
}

fn rows(exact: &Trace<Rational>, rounded: &Trace<Rational>, again: &[Option<Again>]) -> Vec<Option<Account>> {
    let truths: HashMap<Item, &Signature<Rational>> = exact.signatures().iter().map(|s| (s.item, s)).collect();
    let seen = rounded.signatures().iter().zip(again);
    seen.map(|(seen, again)| row(truths.get(&seen.item)?, rounded, seen, again.as_ref()?)).collect()
}

/// The account of a row.
fn row(
    truth: &Signature<Rational>,
    rounded: &Trace<Rational>,
    seen: &Signature<Rational>,
    again: &Again,
) -> Option<Account> {
    let scale = &truth.row[seen.reference];
    let Again { handed, redone, amplification } = again;
    let mut shares = Vec::with_capacity(seen.row.len() + 1);
    for (j, entry) in seen.row.iter().enumerate() {
        let values = [&truth.row[j].div(scale)?, &handed.row[j].0, &redone.row[j].0, entry];
        shares.push(Share::of(Quantity::Entry(j), values, one()));
    }
    let bias = truth.bias.div(scale)?;
    let values = [&bias, &handed.bias.0, &redone.bias.0, &seen.bias];
    shares.push(Share::of(Quantity::Bias, values, one().add(&bias.magnitude())));
    let cause = Cause { gap: gap(rounded, seen.item), amplification: *amplification };
    Some(Account { item: Some(seen.item), shares, cause })
}

/// The decided sides of rows, where they were oriented.
fn sides(trace: &Trace<Rational>) -> Option<&[Ordering]> {
    match trace.orientation()? {
        Orientation::Preimages(sides) | Orientation::Shares(sides) => Some(sides),
        Orientation::Symmetric | Orientation::Canonical(_) => None,
    }
}

/// The exact run's output weights of row `i`, `[outputs]`, in the gauge of the rounded run;
/// `None` where it has no such row, or has it face the other way.
fn weights(exact: &Trace<Rational>, rounded: &Trace<Rational>, i: usize) -> Option<Vec<Rational>> {
    let signature = rounded.signatures().get(i)?;
    let twin = exact.signatures().iter().position(|twin| twin.item == signature.item)?;
    let gauge = &exact.signatures()[twin].row[signature.reference];
    // Scaled to the rounded run's reference the exact row may point to the other side.
    let own = sides(exact)?[twin];
    let side = if *gauge < Rational::default() { own.reverse() } else { own };
    if side != sides(rounded)?[i] || gauge.sign() == Some(Ordering::Equal) {
        return None;
    }
    Some(exact.network()?.output().column(twin).map(|w| w.mul(&gauge.magnitude())).collect())
}

/// The account of a unit's output weights; `values`: exact, handed, redone, seen, for an output.
fn output_weights<'v>(
    truths: &'v [Rational],
    item: Item,
    cause: Cause,
    values: impl Fn(usize) -> [&'v Rational; 3],
) -> Option<Account> {
    let scale = truths.iter().map(Exact::magnitude).max().filter(|w| *w > Rational::default())?;
    let share = |(o, truth): (usize, &'v Rational)| {
        let [handed, redone, seen] = values(o);
        Share::of(Quantity::OutputWeight(o), [truth, handed, redone, seen], scale.clone())
    };
    Some(Account { item: Some(item), shares: truths.iter().enumerate().map(share).collect(), cause })
}
