//! Studies: one victim attacked in rounded and in exact arithmetic, and all that is said of the difference.
//!
//! A [`Request`] says what is attacked, how, and what else is asked for; [`run`] carries it out. What
//! `exactract run` prints is an [`Outcome`].

mod asked;
mod error;
mod snap;

pub use asked::Asked;
pub use error::Error;
pub use snap::{Snap, snap};

use crate::attack::Strategy;
use crate::attack::snap::Grid;
use crate::certify::{Certification, certify};
use crate::compare::{Dual, Inputs, Judged, Need, NoBits, Recovered, Reference, attribution, dual};
use crate::experiment::{Arithmetic, Cell, Settings};
use crate::ledger::{self, Origin, StageLedger};
use crate::net::{Family, Shallow};
use std::sync::Arc;

/// Told the strategy and the bits of each attack of a search, from any thread.
pub type Begins = Arc<dyn Fn(Strategy, u32) + Send + Sync>;

/// What is attacked, how, and what is asked for beside the two runs.
#[derive(Clone)]
pub struct Request<'a> {
    /// The victim; its floats are its weights.
    pub victim: &'a Shallow<f64>,
    /// Where fidelity is measured.
    pub inputs: &'a Inputs,
    /// Arithmetics and channels of the rounded run.
    pub cell: Cell,
    /// The attack. What its options say of the units' activation, of faint weights and of recording follows from the
    /// rest of the request.
    pub settings: Settings,
    /// The five runs that tell whose rounding costs what.
    pub attribution: bool,
    /// Whose error each stage's is.
    pub ledger: bool,
    /// Bounds on every number and sign; with them comes the ledger.
    pub certify: bool,
    /// The fewest answer bits for complete extraction, by either strategy.
    pub bits: bool,
    /// The floats of few bits that the weights are taken for, the coarsest first; empty where they are not.
    pub snap: Vec<Grid>,
    /// Told of the attacks of the search for bits.
    pub begins: Option<Begins>,
}

impl<'a> Request<'a> {
    /// The two runs and no more: practice, an f64 attacker and an f64 oracle, beside the exact run.
    pub fn new(victim: &'a Shallow<f64>, inputs: &'a Inputs) -> Self {
        Self {
            victim,
            inputs,
            cell: Cell::tolerant(Arithmetic::F64, Arithmetic::F64),
            settings: Settings::default(),
            attribution: false,
            ledger: false,
            certify: false,
            bits: false,
            snap: Vec::new(),
            begins: None,
        }
    }

    /// The settings of the runs.
    fn settings(&self) -> Settings {
        let mut settings = self.settings.clone();
        settings.options.polish |= !self.snap.is_empty();
        settings.options.faint = !self.snap.is_empty();
        settings.options.activation = self.victim.activation().family();
        // Where the error comes from is said of every run.
        settings.options.record = settings.options.activation == Family::Relu;
        settings
    }

    /// Errors where the parts of the request contradict each other, or the victim; those of [`run`].
    pub fn check(&self) -> Result<(), Error> {
        let asked = Asked {
            polish: self.settings.options.polish,
            snap: !self.snap.is_empty(),
            attribution: self.attribution,
            ledger: self.ledger,
            certify: self.certify,
            bits: self.bits,
        };
        asked.check(&self.cell, self.settings.strategy, self.victim.activation().family())?;
        let width = self.victim.shape().inputs;
        match self.inputs.points.iter().enumerate().find(|(_, point)| point.len() != width) {
            Some((index, point)) => Err(Error::Inputs { index, found: point.len(), expected: width }),
            None => Ok(()),
        }
    }
}

/// Two runs of one attack, what sets them apart, and what else was asked for; empty or `None` where it was not.
#[derive(Debug)]
pub struct Outcome {
    /// The two runs.
    pub dual: Dual,
    /// Where the largest error of the rounded run comes from; `None` where it has none, after polish, and of units other
    /// than ReLU.
    pub origin: Option<Origin>,
    /// The five runs of the attribution table.
    pub attribution: Vec<Judged>,
    /// The ledger.
    pub ledger: Option<Vec<StageLedger>>,
    /// The bounds.
    pub certification: Option<Certification>,
    /// The answer bits that strategies need, the run's own first.
    pub bits: Vec<(Strategy, Result<Need, NoBits>)>,
    /// What snapping gave.
    pub snap: Option<Snap>,
}

impl Outcome {
    /// Whether some run was ended from outside, so that it does not tell what the attack comes to.
    pub fn was_cut_short(&self) -> bool {
        let judged = [&self.dual.exact, &self.dual.rounded].into_iter().chain(&self.attribution);
        judged.into_iter().any(|judged| judged.run.was_cut_short())
            || self.bits.iter().any(|(_, need)| matches!(need, Err(NoBits::CutShort(_))))
    }
}

/// Attacks a victim in rounded and in exact arithmetic with the same questions, compares the runs, and does what else
/// the request asks for.
///
/// A run that stops is an outcome. Errors: a request that contradicts itself or the victim, before anything is run.
///
/// ```
/// use exactract::compare::{Equality, Inputs};
/// use exactract::net::{Dtype, random};
/// use exactract::study::{Request, run};
/// let victim = random("4-3-1".parse()?, 1, Dtype::F64);
/// let inputs = Inputs::random(4, 100, 0);
/// let found = run(&Request { ledger: true, ..Request::new(&victim, &inputs) })?;
/// assert_eq!(found.dual.exact.equality, Some(Equality::Equal));
/// for stage in &found.dual.errors {
///     println!("{}: {:?} bits lost", stage.stage, stage.bits_lost);
/// }
/// assert!(found.ledger.is_some_and(|stages| stages.len() == 3));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn run(request: &Request<'_>) -> Result<Outcome, Error> {
    request.check()?;
    let Request { victim, cell, inputs, .. } = request;
    let settings = request.settings();
    let reference = Reference::new(victim, inputs);
    let dual = dual(victim, cell, &reference, &settings);
    let origin = if settings.options.record { ledger::origin_of(&dual, victim) } else { None };
    let attribution = if request.attribution { attribution(victim, cell, &reference, &settings) } else { Vec::new() };
    let bits = if request.bits { bits(request, &settings, &dual) } else { Vec::new() };
    let ledger = (request.ledger || request.certify).then(|| ledger::of_dual(&dual, victim));
    let bounds = ledger.as_ref().filter(|_| request.certify);
    let certification = bounds.map(|ledger| certify(&dual, victim, settings.kernel, ledger));
    let snap = (!request.snap.is_empty()).then(|| snap(victim, &dual.rounded.run, &request.snap));
    Ok(Outcome { dual, origin, attribution, ledger, certification, bits, snap })
}

/// The bits that both strategies need, the request's own first.
fn bits(request: &Request<'_>, settings: &Settings, dual: &Dual) -> Vec<(Strategy, Result<Need, NoBits>)> {
    let own = settings.strategy;
    let other = match own {
        Strategy::Textbook => Strategy::Walk,
        Strategy::Walk => Strategy::Textbook,
    };
    let recovered = Recovered::new(&dual.exact.run, request.inputs);
    let need = |strategy: Strategy| {
        let settings = Settings { strategy, ..settings.clone() };
        let begins = |bits: u32| request.begins.iter().for_each(|begins| begins(strategy, bits));
        recovered.as_ref().map_err(NoBits::clone).and_then(|victim| victim.bits(&settings, &begins))
    };
    [own, other].map(|strategy| (strategy, need(strategy))).into()
}
