//! A deep victim extracted, in ℚ or in `f64`.

use super::Settings;
use crate::attack::{Error, peel};
use crate::judge::{Policy, Stage};
use crate::linalg::Solve;
use crate::net::{self, Affine, Network};
use crate::num::{Num, Rational};
use crate::oracle::{Evaluate, Layered, Oracle, Tally};
use std::time::Instant;

/// A run on a deep victim that has ended, erased to ℚ.
#[derive(Clone, Debug)]
pub struct DeepFinished {
    /// `exact` or `f64`.
    pub name: &'static str,
    /// The hidden layers found, the first first; those before the first number that is not finite.
    pub layers: Vec<Affine<Rational>>,
    /// Queries until each of them was found, in all.
    pub spent: Vec<u64>,
    /// The recovered network, where there is one.
    pub network: Option<Network<Rational>>,
    /// Decisions taken.
    pub decisions: usize,
    /// Queries by purpose.
    pub tally: Tally,
    /// Why there is no network, where there is none.
    pub stopped: Option<(Stage, Error)>,
    /// Wall time.
    pub seconds: f64,
}

impl DeepFinished {
    /// Whether the run was told to stop, or spent its budget.
    pub fn was_cut_short(&self) -> bool {
        matches!(self.stopped, Some((_, Error::Oracle(_))))
    }
}

/// Extracts a victim of several hidden layers: where `exact` victim and attacker in ℚ, else both in `f64`.
///
/// Errors: a victim without a hidden layer.
pub fn run_deep(victim: &Network<f64>, exact: bool, settings: &Settings) -> Result<DeepFinished, net::Error> {
    Ok(if exact {
        attack("exact", Layered::exact(victim)?, Policy::Exact, settings)
    } else {
        let policy = Policy::Tolerance { bits: f64::MANTISSA_DIGITS };
        attack("f64", Layered::rounded(victim, settings.kernel)?, policy, settings)
    })
}

fn attack<S: Solve<Context = ()>>(
    name: &'static str,
    victim: impl Evaluate<S> + 'static,
    policy: Policy,
    settings: &Settings,
) -> DeepFinished {
    let start = Instant::now();
    let mut oracle = Oracle::held(victim).with_limit(settings.limit).with_interrupt(settings.interrupt.clone());
    if let Some(progress) = &settings.progress {
        oracle = oracle.with_progress(progress.clone());
    }
    let outcome = peel::extract::<S>((), &mut oracle, policy, settings.options);
    let finite = |layer: &Affine<Num<S>>| {
        let all = layer.weights().entries().iter().chain(layer.bias()).all(|x| x.0.exact().is_some());
        all.then(|| layer.map(|x| x.0.exact().unwrap_or_default()))
    };
    let network = outcome.network.as_ref().and_then(|network| {
        network.parameters().all(|x| x.0.exact().is_some()).then(|| network.map(|x| x.0.exact().unwrap_or_default()))
    });
    DeepFinished {
        name,
        layers: outcome.layers.iter().map_while(finite).collect(),
        spent: outcome.spent,
        network,
        decisions: outcome.decisions.len(),
        tally: outcome.tally,
        stopped: outcome.stopped,
        seconds: start.elapsed().as_secs_f64(),
    }
}
