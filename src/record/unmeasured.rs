//! Why a stage has no bits.

use crate::attack;
use crate::compare::Dual;
use crate::experiment::Finished;
use crate::judge::Stage;
use crate::num::Rational;
use crate::trace::{Orientation, Trace};

/// Why nothing is known of the bits that a stage hands on; `None` of the check, which hands nothing on.
pub(super) fn unmeasured(dual: &Dual, stage: Stage) -> Option<String> {
    if stage == Stage::Check {
        return None;
    }
    let exact = &dual.exact.run;
    let path = dual.replay.as_ref().unwrap_or(&dual.rounded.run);
    let rounded = if dual.replayed { "the replay along the exact run's decisions" } else { "the rounded run" };
    for (run, name) in [(exact, "the exact run"), (path, rounded)] {
        if let Some(reason) = ended(run, name, stage) {
            return Some(reason);
        }
    }
    let traces = exact.trace.as_ref().zip(path.trace.as_ref());
    let of_last = traces.filter(|_| stage == Stage::LastLayer).and_then(|(exact, path)| layers_differ(exact, path));
    Some(of_last.unwrap_or_else(|| "no item of it is in both runs".to_owned()))
}

/// Why a run tells nothing of a stage, if it does not.
fn ended(run: &Finished, name: &str, stage: Stage) -> Option<String> {
    let stopped = run.stopped.as_ref().filter(|(at, _)| *at <= stage);
    if let Some((at, error)) = stopped {
        // Most reasons name their stage themselves.
        let reason = error.to_string();
        let named = format!("{at}: ");
        let reason = reason.strip_prefix(&named).unwrap_or(&reason);
        let ends = if matches!(error, attack::Error::Oracle(_)) { "was cut short" } else { "stopped" };
        return Some(format!("{name} {ends} at {at}: {reason}"));
    }
    run.trace.is_none().then(|| format!("{name} holds numbers that are not finite"))
}

/// Why two last layers cannot be compared, if so.
fn layers_differ(exact: &Trace<Rational>, path: &Trace<Rational>) -> Option<String> {
    let sided = |trace: &Trace<Rational>| {
        matches!(trace.orientation(), Some(Orientation::Preimages(_) | Orientation::Shares(_)))
    };
    if sided(exact) != sided(path) {
        return Some(
            "one run gives its rows sides, the other returns its network through the canonical form".to_owned(),
        );
    }
    let (exact, path) = (exact.network()?.shape().hidden, path.network()?.shape().hidden);
    (exact != path).then(|| format!("the networks have {exact} and {path} units"))
}
