//! Walking across every hyperplane: gradients of the segments of few lines, and nothing else.
//!
//! | stage | what | queries |
//! |---|---|---|
//! | critical points | all kinks of a few lines, as the textbook does | 9 a kink, 8 a line |
//! | weight ratios | a gradient on either side of every kink; its jump is the row | `inputs` for every second output a row |
//! | signs | one gradient is the sum of the active units' | none |
//! | polish, where asked for | every row where it is measured best | `inputs + 2` a row, or twice that |
//! | last layer | the jumps again, and one answer | none |
//! | check | the whole network at fresh points | 16, in ℚ 20 |
//!
//! About one query a parameter for one output. With `k` outputs the jump of a gradient has
//! rank one across them: its direction is that of the jump of slopes along the line, known
//! already, so that two gradients tell up to `k` kinks between them apart.

use super::stages::gradients::{Gradient, GradientSearch};
use super::stages::{canonical, check, locate, polish, shares, symmetric};
use super::{Error, Options, Outcome, Run};
use crate::judge::{Policy, Stage};
use crate::linalg::Solve;
use crate::net::{Family, Shallow};
use crate::num::Num;
use crate::oracle::Oracle;
use crate::trace::{Orientation, Unoriented};

/// Extracts a network with one hidden ReLU layer from its answers.
///
/// Guarantees what [`super::textbook::extract`] does, for about one query a parameter.
pub fn extract<S: Solve>(context: S::Context, oracle: &mut Oracle<S>, policy: Policy, options: Options) -> Outcome<S> {
    Run::whole(context, oracle, policy, options, stages)
}

fn stages<S: Solve>(run: &mut Run<'_, S>) -> Result<(), Error> {
    run.enter(Stage::Locate);
    locate::locate(run)?;
    run.enter(Stage::Signature);
    let mut search = GradientSearch::new(run)?;
    search.run(run)?;
    run.enter(Stage::Orientation);
    if run.options.record {
        run.trace.rows.walked = Some(search.walked());
    }
    let best = search.best().filter(|_| !run.trace.signatures().is_empty());
    let gradient = best.and_then(|place| search.gradient(place));
    let network = match gradient {
        None => {
            run.trace.oriented.orientation = Some(Orientation::Canonical(Unoriented::NoKinks));
            run.enter(Stage::LastLayer);
            canonical::network(run)?
        }
        Some(gradient) if run.options.activation.has_sides() => sided(run, &search, gradient)?,
        Some(gradient) => symmetric::network(run, gradient)?,
    };
    check::verified(run, network)
}

/// The network of units that a gradient orients.
fn sided<S: Solve>(
    run: &mut Run<'_, S>,
    search: &GradientSearch<S>,
    gradient: &Gradient<S>,
) -> Result<Shallow<Num<S>>, Error> {
    let (orientation, activation) = shares::orient(run, gradient)?;
    run.trace.oriented.orientation = Some(orientation.clone());
    let signs = if let Orientation::Shares(signs) = &orientation { Some(&signs[..]) } else { None };
    // Polish moves to where other units are silent: a leaky one never is.
    let polished = match run.options.polish && run.options.activation == Family::Relu {
        true => polish::polish(run, signs, search.errors(run))?,
        false => None,
    };
    run.enter(Stage::LastLayer);
    let Some(signs) = signs else { return shares::canonical(run, gradient) };
    let output_bias = polished.unwrap_or_else(|| shares::output_bias(run, gradient, signs, &activation));
    shares::oriented(run, output_bias, signs, activation)
}
