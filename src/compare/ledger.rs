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
//! *Inherited* is what exact arithmetic with exact answers still gets wrong, *answers* what
//! the rounding of answers adds, the oracle's own or that into the attacker's arithmetic,
//! including that of points asked and, for weight ratios, that of differences as the run
//! formed them; *local* is what the stage itself made.

use super::Dual;
use crate::attack::textbook::rerun;
use crate::bounds::solve;
use crate::judge::{Item, Stage};
use crate::linalg::Matrix;
use crate::net::Network;
use crate::num::{Exact, Num, Rational, Scalar};
use crate::oracle::{Answer, Batch, Incremental};
use crate::trace::{Kink, Orientation, Signature, Trace};
use std::cmp::Ordering;
use std::collections::HashMap;

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
pub fn ledger(exact: &Trace<Rational>, rounded: &Trace<Rational>, oracle: &dyn Answer<Rational>) -> Vec<StageLedger> {
    let stage = |stage, accounts: Vec<Option<Account>>| {
        let unmatched = accounts.iter().filter(|account| account.is_none()).count();
        StageLedger { stage, accounts: accounts.into_iter().flatten().collect(), unmatched }
    };
    vec![
        stage(Stage::Locate, positions(exact, rounded)),
        stage(Stage::Signature, rows(exact, rounded, oracle)),
        stage(Stage::LastLayer, last_layer(exact, rounded, oracle).unwrap_or_default()),
    ]
}

impl Dual {
    /// The ledger of the rounded run, or of its replay where there had to be one.
    pub fn ledger(&self, victim: &Network<f64>) -> Vec<StageLedger> {
        let path = self.replay.as_ref().unwrap_or(&self.rounded.run);
        match (&self.exact.run.trace, &path.trace) {
            (Some(exact), Some(rounded)) => ledger(exact, rounded, &Incremental::<Rational>::new(victim)),
            _ => Vec::new(),
        }
    }
}

fn one() -> Rational {
    Rational::integer(1)
}

/// `log2(a / b)`.
fn log2_ratio(a: &Rational, b: &Rational) -> f64 {
    a.log2() - b.log2()
}

fn positions(exact: &Trace<Rational>, rounded: &Trace<Rational>) -> Vec<Option<Account>> {
    let truths: HashMap<Item, &Rational> = exact.kinks.iter().flatten().map(|k| (k.item, &k.position)).collect();
    let account = |kink: &Kink<Rational>| {
        let truth = *truths.get(&kink.item)?;
        let (redone, jump) = rerun::position(kink)?;
        let scale = one().add(&truth.magnitude());
        let amplification = log2_ratio(&kink.mass, &jump) - scale.log2();
        // Nothing is handed to the first stage but questions: exact answers there give the truth.
        let share = Share::of(Quantity::Position, [truth, truth, &redone, &kink.position], scale);
        let cause = Cause { gap: Some(kink.gap.log2()), amplification };
        Some(Account { item: Some(kink.item), shares: vec![share], cause })
    };
    rounded.kinks.iter().flatten().map(account).collect()
}

fn gap(trace: &Trace<Rational>, item: Item) -> Option<f64> {
    trace.kinks.get(item.line as usize)?.iter().find(|k| k.item == item).map(|k| k.gap.log2())
}

fn rows(exact: &Trace<Rational>, rounded: &Trace<Rational>, oracle: &dyn Answer<Rational>) -> Vec<Option<Account>> {
    let truths: HashMap<Item, &Signature<Rational>> = exact.signatures.iter().map(|s| (s.item, s)).collect();
    let account = |seen: &Signature<Rational>| {
        let truth = truths.get(&seen.item)?;
        let scale = &truth.row[seen.reference];
        let handed = rerun::row(seen, &rerun::exact_differences(seen, oracle))?;
        let differences = &seen.probes.as_ref()?.differences;
        let redone = rerun::row(seen, differences)?;
        let mut shares = Vec::with_capacity(seen.row.len() + 1);
        for (j, entry) in seen.row.iter().enumerate() {
            let values = [&truth.row[j].div(scale)?, &handed.entries[j], &redone.entries[j], entry];
            shares.push(Share::of(Quantity::Entry(j), values, one()));
        }
        let bias = truth.bias.div(scale)?;
        let values = [&bias, &handed.bias, &redone.bias, &seen.bias];
        shares.push(Share::of(Quantity::Bias, values, one().add(&bias.magnitude())));
        let top = differences[seen.reference].iter().fold(Rational::default(), |sum, d| sum.add(&d.magnitude()));
        let cause = Cause { gap: gap(rounded, seen.item), amplification: log2_ratio(&seen.mass, &top) };
        Some(Account { item: Some(seen.item), shares, cause })
    };
    rounded.signatures.iter().map(account).collect()
}

/// `None` where either network was not fitted.
fn last_layer(
    exact: &Trace<Rational>,
    rounded: &Trace<Rational>,
    oracle: &dyn Answer<Rational>,
) -> Option<Vec<Option<Account>>> {
    let (truth, seen, fit) = (exact.network.as_ref()?, rounded.network.as_ref()?, rounded.fit.as_ref()?);
    let [Some(Orientation::Preimages(exact_sides)), Some(Orientation::Preimages(sides))] =
        [&exact.orientation, &rounded.orientation]
    else {
        return None;
    };
    let points: Vec<Vec<Num<Rational>>> = fit.points.iter().map(|p| p.iter().cloned().map(Num).collect()).collect();
    let answers = oracle.answer(&Batch::Points(&points)).into_iter();
    let answers: Vec<Vec<Rational>> = answers.map(|y| y.into_iter().map(|y| y.0).collect()).collect();
    let again = rerun::last_layers(seen, fit, &answers)?;
    let [redone, handed] = &again.layers;
    let (hidden, outputs) = (seen.shape().hidden, seen.shape().outputs);
    let conditions = conditions(&again, redone).unwrap_or_else(|| vec![f64::NAN; hidden + 1]);
    let twins: HashMap<Item, usize> = exact.signatures.iter().enumerate().map(|(i, s)| (s.item, i)).collect();
    let unit = |i: usize| {
        let signature = &rounded.signatures[i];
        let twin = *twins.get(&signature.item)?;
        let gauge = &exact.signatures[twin].row[signature.reference];
        // Scaled to the rounded run's reference the exact row may point to the other side.
        let side = if *gauge < Rational::default() { exact_sides[twin].reverse() } else { exact_sides[twin] };
        if side != sides[i] || gauge.sign() == Some(Ordering::Equal) {
            return None;
        }
        let truths: Vec<Rational> = truth.output().column(twin).map(|w| w.mul(&gauge.magnitude())).collect();
        let scale = truths.iter().map(Exact::magnitude).max().filter(|w| *w > Rational::default())?;
        let share = |o: usize| {
            let values = [&truths[o], &handed[(i, o)], &redone[(i, o)], &seen.output()[(o, i)]];
            Share::of(Quantity::OutputWeight(o), values, scale.clone())
        };
        let cause = Cause { gap: gap(rounded, signature.item), amplification: conditions[i] };
        Some(Account { item: Some(signature.item), shares: (0..outputs).map(share).collect(), cause })
    };
    let bias = |o: usize| {
        let truth = &truth.output_bias()[o];
        let values = [truth, &handed[(hidden, o)], &redone[(hidden, o)], &seen.output_bias()[o]];
        Share::of(Quantity::OutputBias(o), values, one().add(&truth.magnitude()))
    };
    let cause = Cause { gap: None, amplification: conditions[hidden] };
    let biases = Account { item: None, shares: (0..outputs).map(bias).collect(), cause };
    Some((0..hidden).map(unit).chain([Some(biases)]).collect())
}

/// `log2` of the condition of each unknown, `Σₖ |(R·Aᵀ)ᵢₖ|·|yₖ| / |xᵢ|` with `R` near the
/// inverse of `AᵀA`, worst output; to the precision of that inverse in f64.
fn conditions(fit: &rerun::LastLayers, solution: &Matrix<Rational>) -> Option<Vec<f64>> {
    let rounded = |m: &Matrix<Rational>| m.map(|x| f64::nearest(x, ()));
    let wrapped = fit.system.map(|x| Num(x.clone())).transposed();
    let square = <Rational as crate::linalg::Solve>::products(&wrapped, &wrapped, ()).map(|x| x.0.clone());
    let inverse = rounded(&solve::approximate_inverse(&square)?);
    let (system, known, solution) = (rounded(&fit.system), rounded(&fit.known), rounded(solution));
    let unknown = |i: usize| {
        let influence = |k: usize| -> f64 { inverse.row(i).iter().zip(system.row(k)).map(|(r, a)| r * a).sum() };
        let influences: Vec<f64> = (0..system.rows()).map(influence).collect();
        let largest = solution.row(i).iter().fold(0.0, |most: f64, x| most.max(x.abs()));
        let spread = |o: usize| influences.iter().zip(known.column(o)).map(|(m, y)| (m * y).abs()).sum::<f64>();
        ((0..known.columns()).map(spread).fold(0.0, f64::max) / largest).log2()
    };
    Some((0..system.columns()).map(unknown).collect())
}
