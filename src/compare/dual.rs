//! The dual run: one attack in two arithmetics, and what rounding made of it.

use super::kinks::{owners, rows_error};
use super::{
    Divergence, Equality, Fidelity, Missing, Reference, Sides, StageDecisions, StageErrors, WeightError, decisions,
    equality, sides, values, weight_error,
};
use crate::experiment::{Arithmetic, Cell, Finished, Settings, run_cell};
use crate::judge::{Policy, Script};
use crate::net::Shallow;
use crate::num::{Num, Rational, Scalar};
use crate::oracle::{Batch, Evaluate, Incremental};
use std::sync::Arc;

/// A run and how close its network is to the victim.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The run.
    pub run: Finished,
    /// Weight error after gauge fixing; `None` without a network.
    pub weights: Option<WeightError>,
    /// Kinks of the victim that the network lacks, or without a network the rows found; the strongest first.
    pub missing: Vec<Missing>,
    /// Active sides; `None` without a network.
    pub sides: Option<Sides>,
    /// Agreement on inputs.
    pub fidelity: Option<Fidelity>,
    /// Whether the network is the victim as a function on ℝ^d; `None` without a network.
    pub equality: Option<Equality>,
}

impl Judged {
    /// Whether the extraction is complete, in all that answers determine: every kink of the victim to `2^−8` in the
    /// gauge of [`weight_error`], every unit active on the right side where sides are determined ([`Sides`]), the
    /// victim's label at every reference input.
    pub fn is_complete(&self) -> bool {
        self.weights.as_ref().is_some_and(|w| w.found == w.kinks)
            && self.sides.is_some_and(|s| s.found == s.units)
            && self.fidelity.as_ref().is_some_and(|f| f.same == f.total)
    }
}

/// A rounded run beside the exact run of the same victim, with the same questions.
#[derive(Debug)]
pub struct Dual {
    /// The exact run.
    pub exact: Judged,
    /// The rounded run.
    pub rounded: Judged,
    /// Decisions stage by stage.
    pub decisions: Vec<StageDecisions>,
    /// The first decision that differs.
    pub first_divergence: Option<Divergence>,
    /// Errors stage by stage along the exact run's path; empty where there is no such path.
    pub errors: Vec<StageErrors>,
    /// Whether the rounded run had to be replayed along the exact run's decisions.
    pub replayed: bool,
    /// That replay.
    pub replay: Option<Finished>,
    /// Distinct hyperplanes at which the victim has a kink.
    pub kinks: usize,
    /// Hidden units of the victim that make no kink.
    pub without_kink: Vec<usize>,
}

/// Runs both attacks and compares them.
///
/// `reference`: the victim where fidelity is measured. The rounded run is judged by the tolerance
/// table; where it leaves the exact run's path it is run once more along that path, so
/// that errors can be compared value by value.
pub fn dual(victim: &Shallow<f64>, rounded: &Cell, reference: &Reference<'_>, settings: &Settings) -> Dual {
    dual_by(&|cell, replay| run_cell(victim, cell, settings, replay), victim, rounded, reference)
}

/// Carries a cell out, along another run's decisions where a policy is given: [`run_cell`], or a run
/// with a part exchanged.
pub type Runner<'a> = dyn Fn(&Cell, Option<Policy>) -> Finished + 'a;

/// [`dual`] with runs by `runner`.
pub fn dual_by(runner: &Runner<'_>, victim: &Shallow<f64>, rounded: &Cell, reference: &Reference<'_>) -> Dual {
    let exact = runner(&Cell::EXACT, None);
    let run = runner(rounded, None);
    let (stages, first_divergence) = decisions(&exact.decisions, &run.decisions);
    let compared = stages.iter().map(|stage| stage.same + stage.different).sum::<usize>();
    let path_differs = first_divergence.is_some() || compared != exact.decisions.len();
    let replayed = path_differs && !exact.was_cut_short() && !run.was_cut_short();
    let replay = replayed.then(|| {
        let script = Arc::new(Script::new(&exact.decisions));
        runner(rounded, Some(Policy::Replay(script)))
    });
    let path = replay.as_ref().unwrap_or(&run);
    let errors = match (&exact.trace, &path.trace) {
        (Some(truth), Some(seen)) => values(truth, seen, &exact_answers(victim, path)),
        _ => Vec::new(),
    };
    let judged = |run| judge(victim, run, reference);
    let (exact, rounded) = (judged(exact), judged(run));
    let owners = owners(&victim.map(|&w| Rational::lift(w, ())));
    let without_kink = (0..victim.shape().hidden).filter(|unit| !owners.iter().flatten().any(|owner| owner == unit));
    let (kinks, without_kink) = (owners.len(), without_kink.collect());
    Dual { exact, rounded, decisions: stages, first_divergence, errors, replayed, replay, kinks, without_kink }
}

/// What each of the cells of [`attribution`] isolates.
pub const ISOLATES: [&str; 5] =
    ["the algorithm itself", "the heuristics", "the attacker's rounding", "the oracle's rounding", "practice"];

/// The five cells that tell whose rounding costs what, from the algorithm itself to practice.
///
/// `rounded`: the cell that is explained; its oracle's arithmetic, its channels and its attacker's arithmetic are
/// the rounded ones, with `f64` for an exact attacker.
pub fn attribution(
    victim: &Shallow<f64>,
    rounded: &Cell,
    reference: &Reference<'_>,
    settings: &Settings,
) -> Vec<Judged> {
    let exact = Arithmetic::Exact;
    let attacker = if rounded.attacker == exact { Arithmetic::F64 } else { rounded.attacker };
    let behind = |attacker| Cell { attacker, exact_policy: false, ..rounded.clone() };
    let cells =
        [Cell::EXACT, Cell::tolerant(exact, exact), Cell::tolerant(exact, attacker), behind(exact), behind(attacker)];
    cells.iter().map(|cell| judge(victim, run_cell(victim, cell, settings, None), reference)).collect()
}

/// How close the network of a run is to the victim; `reference`: the victim where fidelity is measured.
pub fn judge(victim: &Shallow<f64>, run: Finished, reference: &Reference<'_>) -> Judged {
    judge_beside(&victim.map(|&w| Rational::lift(w, ())), run, reference)
}

/// [`judge`] of a victim in ℚ.
pub(super) fn judge_beside(truth: &Shallow<Rational>, run: Finished, reference: &Reference<'_>) -> Judged {
    let network = run.network();
    let equality = network.map(|copy| equality(truth, copy));
    let weights = network.map(|copy| weight_error(truth, copy));
    let sides = network.map(|copy| sides(truth, copy));
    let missing = match &weights {
        Some(weights) => weights.missing.clone(),
        None => rows_error(truth, run.trace.as_ref().map_or(&[], |trace| trace.signatures())).missing,
    };
    let fidelity = network.map(|copy| match equality {
        // Equal functions agree everywhere; evaluating them again would show nothing.
        Some(Equality::Equal) => reference.perfect(),
        _ => reference.fidelity(copy),
    });
    Judged { run, weights, missing, sides, fidelity, equality }
}

/// The exact victim's answers at the run's own critical points, as rounded as they are.
fn exact_answers(victim: &Shallow<f64>, run: &Finished) -> Vec<Vec<Rational>> {
    let signatures = run.trace.iter().flat_map(|trace| trace.signatures());
    let points: Vec<Vec<Num<Rational>>> = signatures.map(|s| s.center.iter().cloned().map(Num).collect()).collect();
    let answers = Incremental::<Rational>::new(victim).evaluate(&Batch::Points(&points));
    answers.into_iter().map(|answer| answer.into_iter().map(|y| y.0).collect()).collect()
}
