//! The model beside other networks: the released one, and a copy that has to be close.

use super::{Error, check, decided};
use crate::audit::{Claim, Control, Domain, Scale, audit_networks, with_decimals};
use crate::net::{Network, Sameness, same};
use crate::num::{Exact, Rational, Scalar};
use crate::record::{Bounds, CheckRecord, CheckState, NetworkRecord};
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

/// A copy of a model, and how close it has to be.
pub struct Copy<'a> {
    /// What names it in the record.
    pub record: NetworkRecord,
    /// The copy.
    pub network: &'a Network<f64>,
    /// The largest difference of an output that is allowed, in the model's own unit.
    pub claim: Claim,
    /// Where.
    pub domain: Domain,
    /// The same in words.
    pub words: String,
    /// The longest search.
    pub time: Duration,
    /// Set from outside to end it.
    pub interrupted: &'a AtomicBool,
}

/// Whether the model is another network's function on all of ℝ^d.
pub(super) fn released(model: &Network<f64>, record: &NetworkRecord, released: &Network<f64>) -> CheckRecord {
    let (inputs, name) = (model.inputs(), &record.source);
    let first = "the first is the model, the second the file";
    let (state, says) = match same(&exact(model), &exact(released)) {
        Sameness::Equal => (CheckState::Pass, format!("the same function as {name} on all of R^{inputs}, proved")),
        Sameness::Different { what, .. } => (CheckState::Fail, format!("not the function of {name}: {what} ({first})")),
        Sameness::Undecided(what) => {
            (CheckState::Open, format!("not known to be the function of {name}: {what} ({first})"))
        }
    };
    CheckRecord { other: Some(record.clone()), ..check("released", state, says) }
}

/// Whether the copy is within its bound.
pub(super) fn difference(model: &Network<f64>, copy: &Copy<'_>) -> Result<CheckRecord, Error> {
    let one = Rational::integer(1);
    let control = Control {
        gap: 0.0,
        deadline: Instant::now() + copy.time,
        interrupted: copy.interrupted,
        claim: Some((copy.claim.clone(), one.clone())),
        more: Duration::ZERO,
        progress: &|_, _| {},
        keep: false,
    };
    let found =
        audit_networks(&exact(model), &exact(copy.network), &copy.domain, &Scale::Fixed(one.clone()), &control)?;
    let bounds = Bounds::new(&found.lower, &found.upper);
    let (at_least, at_most) = (with_decimals(&bounds.lower.text()), with_decimals(&bounds.upper.text()));
    let Copy { record, claim, words, .. } = copy;
    let name = &record.source;
    let (state, says) = if claim.is_proved_by(&found.upper, &one) {
        (decided(true), format!("{name} differs by at most {at_most} on {words}, proved; allowed is {claim}"))
    } else if claim.is_refuted_by(&found.lower, &one) {
        (decided(false), format!("{name} differs by at least {at_least} at an input in {words}; allowed is {claim}"))
    } else {
        let says = format!(
            "{name} differs by at least {at_least} and at most {at_most} on {words}; allowed is {claim}: a longer search \
             may decide it"
        );
        (CheckState::Open, says)
    };
    Ok(CheckRecord { other: Some(record.clone()), difference: Some(bounds), ..check("difference", state, says) })
}

fn exact(network: &Network<f64>) -> Network<Rational> {
    network.map(|&w| Rational::lift(w, ())).relu_form()
}
