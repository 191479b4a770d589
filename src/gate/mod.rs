//! Gates: what must hold of a model before it is shipped, checked.
//!
//! | check | what it asks |
//! |---|---|
//! | `recovered` | the exact run finds the model's function, proved, and the f64 run all of its units |
//! | `spare bits` | extraction in f64 is complete from answers of so many bits fewer than 53 |
//! | `resists` | it is not complete from answers of so many bits |
//! | `released` | the model is another file's function on all of ℝ^d, proved |
//! | `difference` | a copy, quantised for example, is within a bound on a box, proved |
//! | `baseline` | the attack comes to what it came to before; of another model that is a new measurement |
//!
//! | file | what |
//! |---|---|
//! | `extraction` | what the attack comes to on the model, and the checks of that |
//! | `closeness` | the model beside other networks |
//! | `baseline` | the measurement beside an earlier one |

mod baseline;
mod closeness;
mod extraction;

pub use closeness::Copy;

use crate::audit::LayeredError;
use crate::compare::Inputs;
use crate::experiment::Settings;
use crate::net::{self, Network};
use crate::record::{CheckRecord, CheckState, GateRecord, NetworkRecord};
use crate::study;

/// Why a gate is not carried out.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The attack contradicts itself or the model.
    #[error(transparent)]
    Study(#[from] study::Error),
    /// The model cannot be attacked.
    #[error(transparent)]
    Network(#[from] net::Error),
    /// The model and its copy cannot be compared.
    #[error(transparent)]
    Audit(#[from] LayeredError),
    /// Another network takes other inputs, or gives other outputs.
    #[error("{name} is {found}, and the model is {expected}: inputs and outputs must be the same")]
    Ends {
        /// The other network's file.
        name: String,
        /// Its sizes.
        found: String,
        /// The model's sizes.
        expected: String,
    },
    /// The search for answer bits is on one hidden layer.
    #[error("the search for answer bits is for networks with one hidden layer; the model is {sizes}")]
    Bits {
        /// The model's sizes.
        sizes: String,
    },
    /// Two attacks cannot be compared.
    #[error("the baseline was measured by the attack {was}, and this is {now}: take the same one")]
    Baseline {
        /// The attack of the baseline.
        was: String,
        /// The attack that is asked for.
        now: String,
    },
    /// Nothing was asked.
    #[error("nothing is asked of the model")]
    Nothing,
}

/// A model, and what is asked of it.
pub struct Request<'a> {
    /// What names it in the record.
    pub record: NetworkRecord,
    /// The model; its floats are its weights.
    pub model: &'a Network<f64>,
    /// Where labels of the f64 run's network are compared, `[n, inputs]`.
    pub inputs: &'a Inputs,
    /// The attack.
    pub settings: Settings,
    /// Whether the attack has to recover it.
    pub recovered: bool,
    /// Bits of 53 that complete extraction has to spare.
    pub spare: Option<u32>,
    /// Bits of an answer from which extraction has to stay incomplete.
    pub resists: Option<u32>,
    /// The network whose function it has to be, with what names it in the record.
    pub released: Option<(NetworkRecord, &'a Network<f64>)>,
    /// A copy that has to be close.
    pub copy: Option<Copy<'a>>,
    /// An earlier measurement, and the bits that the largest weight error may lose.
    pub baseline: Option<(GateRecord, f64)>,
}

/// Checks a model. A check that fails is a part of the record.
///
/// Errors: [`Error`], before anything is run where the request shows it.
///
/// ```
/// use exactract::compare::Inputs;
/// use exactract::experiment::Settings;
/// use exactract::gate::{Request, run};
/// use exactract::net::{Dtype, Network, random};
/// use exactract::record::{CheckState, NetworkRecord};
/// let model: Network<f64> = random("4-3-1".parse()?, 1, Dtype::F64).into();
/// let inputs = Inputs::random(4, 100, 0);
/// let asked = Request { recovered: true, ..Request::new(NetworkRecord::default(), &model, &inputs) };
/// assert_eq!(run(&asked)?.answer, CheckState::Pass);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn run(request: &Request<'_>) -> Result<GateRecord, Error> {
    request.check()?;
    let extraction = request.attacks().then(|| extraction::measure(request)).transpose()?;
    let mut checks = extraction.as_ref().map_or(Vec::new(), |found| extraction::checks(request, found));
    checks.extend(request.released.as_ref().map(|(name, released)| closeness::released(request.model, name, released)));
    if let Some(copy) = &request.copy {
        checks.push(closeness::difference(request.model, copy)?);
    }
    let earlier = request.baseline.as_ref().zip(extraction.as_ref());
    checks.extend(earlier.map(|((before, allowance), now)| {
        let own = &request.record;
        baseline::compared((own, now), before, *allowance)
    }));
    Ok(GateRecord::new(request.record.clone(), extraction.map(|found| found.record), checks))
}

impl<'a> Request<'a> {
    /// Nothing asked yet, of a model of this name.
    pub fn new(record: NetworkRecord, model: &'a Network<f64>, inputs: &'a Inputs) -> Self {
        Self {
            record,
            model,
            inputs,
            settings: Settings::default(),
            recovered: false,
            spare: None,
            resists: None,
            released: None,
            copy: None,
            baseline: None,
        }
    }

    /// Whether a check needs the attack.
    fn attacks(&self) -> bool {
        self.recovered || self.bits() || self.baseline.is_some()
    }

    /// Whether a check needs the fewest answer bits.
    fn bits(&self) -> bool {
        let measured = |(before, _): &(GateRecord, f64)| before.extraction.as_ref()?.bits_needed;
        self.spare.is_some() || self.resists.is_some() || self.baseline.as_ref().and_then(measured).is_some()
    }

    /// Errors where something is asked that the model or another network has not.
    fn check(&self) -> Result<(), Error> {
        if !self.attacks() && self.released.is_none() && self.copy.is_none() {
            return Err(Error::Nothing);
        }
        let others = self.released.iter().map(|(record, network)| (record, *network));
        for (record, other) in others.chain(self.copy.iter().map(|copy| (&copy.record, copy.network))) {
            let ends = |network: &Network<f64>| (network.inputs(), network.outputs());
            if ends(other) != ends(self.model) {
                let [found, expected] = [other, self.model].map(|network| network.sizes().to_string());
                return Err(Error::Ends { name: record.source.clone(), found, expected });
            }
        }
        let attack = (self.settings.strategy.name(), self.settings.options.seed);
        if let Some(was) = self.baseline.as_ref().and_then(|(before, _)| before.extraction.as_ref())
            && (&*was.strategy, was.seed) != attack
        {
            let [was, now] = [(&*was.strategy, was.seed), attack].map(|(name, seed)| format!("{name}, seed {seed}"));
            return Err(Error::Baseline { was, now });
        }
        if self.bits() && self.model.hidden_layers() != 1 {
            return Err(Error::Bits { sizes: self.model.sizes().to_string() });
        }
        Ok(())
    }
}

/// A check and what came of it.
fn check(name: &str, state: CheckState, says: String) -> CheckRecord {
    CheckRecord { name: name.to_owned(), state, says, other: None, difference: None }
}

/// The state of a check that is decided.
fn decided(holds: bool) -> CheckState {
    if holds { CheckState::Pass } else { CheckState::Fail }
}
