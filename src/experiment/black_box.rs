//! Extraction of a black box: no weights to compare with, only the attack's own checks.

use super::Settings;
use crate::attack::Error;
use crate::judge::{Policy, Stage};
use crate::net::Shallow;
use crate::num::Num;
use crate::oracle::{Answer, Oracle, Tally};
use crate::trace::Trace;

/// A copy of a black box.
#[derive(Clone, Debug)]
pub struct Extraction {
    /// The copy. It gave the oracle's answers at fresh points near and far, to the tolerance of the last stage; that
    /// does not prove that it has every unit.
    pub network: Shallow<f64>,
    /// What each stage saw and found.
    pub trace: Trace<Num<f64>>,
    /// Queries by stage.
    pub tally: Tally,
}

/// Why there is no copy, and all that was found until then.
#[derive(Debug, thiserror::Error)]
#[error("the attack stopped at {}: {error}", stage.name())]
pub struct Stopped {
    /// The stage.
    pub stage: Stage,
    /// The reason.
    pub error: Error,
    /// What was found.
    pub trace: Trace<Num<f64>>,
    /// Queries by stage.
    pub tally: Tally,
}

/// Extracts a black box in `f64`, by the strategy, options and budget of `settings`; its kernel does not matter.
///
/// Errors: [`Stopped`] where a budget ends, the oracle fails, or the answers do not fit the attack.
///
/// ```
/// use exactract::experiment::{Settings, extract};
/// use exactract::oracle::Function;
/// // relu(x − 2y + 1) − 3·relu(x/2 + y + 1/4), of which the attack sees the answers alone.
/// let f = |p: &Vec<f64>| (p[0] - 2.0 * p[1] + 1.0).max(0.0) - 3.0 * (p[0] / 2.0 + p[1] + 0.25).max(0.0);
/// let victim = Function::new(2, 1, move |points: &[Vec<f64>]| Ok(points.iter().map(|p| vec![f(p)]).collect()));
/// let copy = extract(victim, &Settings::default())?;
/// assert_eq!(copy.network.shape().to_string(), "2-2-1");
/// let at = |x: f64, y: f64| copy.network.map(|&w| exactract::num::Num(w)).forward(&[x, y].map(exactract::num::Num), ());
/// assert!((at(0.5, -1.0)[0].0 - f(&vec![0.5, -1.0])).abs() < 1e-9);
/// # Ok::<(), Box<exactract::experiment::Stopped>>(())
/// ```
pub fn extract(victim: impl Answer<f64> + 'static, settings: &Settings) -> Result<Extraction, Box<Stopped>> {
    let oracle = Oracle::new(Box::new(victim)).with_limit(settings.limit);
    let mut oracle = oracle.with_interrupt(settings.interrupt.clone());
    if let Some(progress) = &settings.progress {
        oracle = oracle.with_progress(progress.clone());
    }
    let policy = Policy::Tolerance { bits: f64::MANTISSA_DIGITS };
    let outcome = settings.strategy.extract((), &mut oracle, policy, settings.options);
    let (trace, tally) = (outcome.trace, outcome.tally);
    match (outcome.stopped, trace.network()) {
        (None, Some(network)) => Ok(Extraction { network: network.map(|w| w.0), trace, tally }),
        (Some((stage, error)), _) => Err(Box::new(Stopped { stage, error, trace, tally })),
        (None, None) => {
            let (stage, what) = (Stage::Check, "no network came out".to_owned());
            let error = Error::Degenerate { stage, item: None, what };
            Err(Box::new(Stopped { stage, error, trace, tally }))
        }
    }
}
