//! The paper's direct recovery: critical points, weight ratios, signs, least squares.
//!
//! Source: Jagielski, Carlini, Berthelot, Kurakin, Papernot, *High Accuracy and High
//! Fidelity Extraction of Neural Networks*, USENIX Security 2020, functionally
//! equivalent extraction.

use super::stages::{canonical, check, least_squares, locate, preimages, second_differences};
use super::{Error, Options, Outcome, Run};
use crate::judge::{Policy, Stage};
use crate::linalg::Solve;
use crate::oracle::Oracle;
use crate::trace::{Orientation, Unoriented};

/// Extracts a network with one hidden ReLU layer from its answers.
///
/// In ℚ with [`Policy::Exact`] the network returned agrees with the victim at the fresh
/// points of the check, and equals it on ℝ^d unless kinks stayed hidden from all lines and
/// from those points; an outcome without a network says what stopped it.
pub fn extract<S: Solve>(context: S::Context, oracle: &mut Oracle<S>, policy: Policy, options: Options) -> Outcome<S> {
    Run::whole(context, oracle, policy, options, stages)
}

fn stages<S: Solve>(run: &mut Run<'_, S>) -> Result<(), Error> {
    run.enter(Stage::Locate);
    locate::locate(run)?;
    run.enter(Stage::Signature);
    second_differences::rows(run)?;
    run.enter(Stage::Orientation);
    let mut orientation = preimages::orient(run)?;
    run.trace.oriented.orientation = Some(orientation.clone());
    if let Orientation::Preimages(signs) = &orientation {
        run.enter(Stage::LastLayer);
        let network = least_squares::last_layer(run, signs)?;
        if check::checked(run, network)?.is_none() {
            return Ok(());
        }
        // Units may have cancelled to an affine function, which no row stands for.
        orientation = Orientation::Canonical(Unoriented::Remainder);
    }
    run.trace.oriented.orientation = Some(orientation);
    run.enter(Stage::LastLayer);
    let network = canonical::network(run)?;
    check::verified(run, network)
}
