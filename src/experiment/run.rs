//! An attack carried out: the victim behind its oracle, and the attack in its arithmetic.

#[cfg(feature = "gmp")]
use super::oracle::bridged;
use super::oracle::{black_box, for_exact, for_f64, ideal};
use super::{Arithmetic, Cell, Error, Finished, Request, Settings, Victim};
use crate::attack::Options;
use crate::judge::Policy;
use crate::linalg::Solve;
use crate::net::Shallow;
#[cfg(feature = "gmp")]
use crate::num::Float;
use crate::num::Rational;
use crate::oracle::{Answer, Incremental, Oracle};
use std::time::Instant;

/// Carries an attack out.
///
/// A run that stops, that spends its queries, or whose oracle fails is an outcome: [`Finished`] says why, and holds what
/// was found until then. The network of a black box gave its answers at fresh points near and far, to the tolerance of
/// the last stage; that does not prove that it has every unit.
///
/// Errors: a request that contradicts itself, before anything is asked.
///
/// ```
/// use exactract::experiment::{Request, Victim, run};
/// use exactract::num::{Num, Scalar};
/// use exactract::oracle::Function;
/// use std::sync::Arc;
/// // relu(x − 2y + 1) − 3·relu(x/2 + y + 1/4), of which the attack sees the answers alone.
/// let f = |p: &Vec<f64>| (p[0] - 2.0 * p[1] + 1.0).max(0.0) - 3.0 * (p[0] / 2.0 + p[1] + 0.25).max(0.0);
/// let victim = Function::new(2, 1, move |points: &[Vec<f64>]| Ok(points.iter().map(|p| vec![f(p)]).collect()));
/// let found = run(&Request::new(Victim::BlackBox(Arc::new(victim))))?;
/// let copy = found.network().ok_or("the attack stopped")?.map(|w| Num(f64::nearest(w, ())));
/// assert_eq!(copy.shape().to_string(), "2-2-1");
/// let at = |x: f64, y: f64| copy.forward(&[x, y].map(Num), ())[0].0;
/// assert!((at(0.5, -1.0) - f(&vec![0.5, -1.0])).abs() < 1e-9);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn run(request: &Request<'_>) -> Result<Finished, Error> {
    request.check()?;
    let Request { victim, cell, settings, policy } = request;
    let policy = policy.clone();
    Ok(match victim {
        Victim::Network(network) => run_cell(network, cell, settings, policy),
        Victim::Exact(oracle) => {
            let oracle: Incremental<Rational> = (*oracle).clone();
            match cell.attacker {
                Arithmetic::Exact => attack::<Rational>(ideal(oracle, cell, ()), (), cell, settings, policy),
                #[cfg(feature = "gmp")]
                Arithmetic::Precise(bits) => attack::<Float>(ideal(oracle, cell, bits), bits, cell, settings, policy),
                _ => attack::<f64>(ideal(oracle, cell, ()), (), cell, settings, policy),
            }
        }
        Victim::BlackBox(victim) => match cell.attacker {
            Arithmetic::Exact => attack::<Rational>(black_box(victim, cell, ()), (), cell, settings, policy),
            #[cfg(feature = "gmp")]
            Arithmetic::Precise(bits) => attack::<Float>(black_box(victim, cell, bits), bits, cell, settings, policy),
            _ => attack::<f64>(black_box(victim, cell, ()), (), cell, settings, policy),
        },
    })
}

/// Runs the attack on a network in one cell; with `policy`, under another than the cell's. What [`run`] does with a
/// request that has been checked.
pub fn run_cell(victim: &Shallow<f64>, cell: &Cell, settings: &Settings, policy: Option<Policy>) -> Finished {
    match cell.attacker {
        Arithmetic::Exact => attack::<Rational>(for_exact(victim, cell, settings), (), cell, settings, policy),
        #[cfg(feature = "gmp")]
        Arithmetic::Precise(bits) => {
            attack::<Float>(bridged(victim, cell, settings, bits), bits, cell, settings, policy)
        }
        _ => attack::<f64>(for_f64(victim, cell, settings), (), cell, settings, policy),
    }
}

fn attack<S: Solve>(
    answer: Box<dyn Answer<S>>,
    context: S::Context,
    cell: &Cell,
    settings: &Settings,
    policy: Option<Policy>,
) -> Finished {
    let policy = policy.unwrap_or_else(|| cell.policy());
    let start = Instant::now();
    let mut oracle = Oracle::new(answer).with_limit(settings.limit).with_interrupt(settings.interrupt.clone());
    if let Some(progress) = &settings.progress {
        oracle = oracle.with_progress(progress.clone());
    }
    // Nothing is rounded in ℚ, so there is nothing to polish.
    let polish = settings.options.polish && cell.attacker != Arithmetic::Exact;
    let options = Options { polish, ..settings.options };
    let outcome = settings.strategy.extract::<S>(context, &mut oracle, policy, options);
    Finished {
        cell: cell.clone(),
        trace: outcome.trace.exact(),
        decisions: outcome.decisions,
        tally: outcome.tally,
        stopped: outcome.stopped,
        seconds: start.elapsed().as_secs_f64(),
    }
}
