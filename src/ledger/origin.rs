//! Where the largest error of a network comes from: the ledger's accounts of the numbers on its way, and of no others.

use super::{Account, Quantity, Share, again_of, position, row, walk};
use crate::compare::item_errors;
use crate::judge::{Item, Stage};
use crate::num::Rational;
use crate::oracle::Evaluate;
use crate::trace::Trace;
use std::collections::HashSet;

/// The stage that made the largest error of a run's rows and output weights, and the way it took.
#[derive(Clone, Debug, PartialEq)]
pub struct Origin {
    /// The number with the largest error: the stage whose output it is, and its critical point.
    pub of: (Stage, Item),
    /// The stage that made the error.
    pub stage: Stage,
    /// The critical point at which it did.
    pub item: Item,
    /// The number there with its parts.
    pub share: Share,
}

impl Origin {
    /// Whether the rounding of answers made it, and not the stage's own.
    pub fn is_of_answers(&self) -> bool {
        self.share.log2(&self.share.answers) > self.share.log2(&self.share.local)
    }
}

/// Follows the largest error back along its largest part, until a stage makes more of it than it was handed.
///
/// The largest error is that of a row, a bias or a unit's output weights, each relative to its scale, as in
/// [`crate::compare::values`]. Output weights of a walk inherit from their row; an entry of a row from the rows known
/// between its gradients, where there are any, and else from its critical point, as the bias does. Costs the exact oracle
/// about twice as many answers a row on the way as the victim has inputs. Exact.
///
/// `exact`, `rounded`, `oracle`: as for [`super::ledger`]. `None` where there is no error, or what it is from was not
/// recorded: after polish, or of a walk that kept no gradients.
pub fn origin(exact: &Trace<Rational>, rounded: &Trace<Rational>, oracle: &dyn Evaluate<Rational>) -> Option<Origin> {
    let of_network = |stage| matches!(stage, Stage::Signature | Stage::LastLayer);
    let errors = item_errors(exact, rounded).into_iter().filter(|error| of_network(error.stage));
    let errors: Vec<(Stage, Item, f64)> = errors.filter_map(|e| Some((e.stage, e.item?, e.log2))).collect();
    let (stage, item, worst) = errors.iter().copied().max_by(|a, b| a.2.total_cmp(&b.2))?;
    if worst == f64::NEG_INFINITY {
        return None;
    }
    let of = (stage, item);
    let made = |stage: Stage, item: Item, account: Account| {
        let share = account.worst().cloned()?;
        share.is_made_here().then_some(Origin { of, stage, item, share })
    };
    let mut i = rounded.signatures().iter().position(|seen| seen.item == item)?;
    let mut passed = HashSet::new();
    loop {
        passed.insert(i);
        let seen = rounded.signatures().get(i)?;
        let again = again_of(rounded, i, &walk::exact_gradients(rounded, &[i], oracle), oracle)?;
        if passed.len() == 1 && stage == Stage::LastLayer && rounded.walked().is_some() {
            let found = walk::unit(exact, rounded, i, &again).and_then(|account| made(stage, item, account));
            if found.is_some() {
                return found;
            }
        }
        let truth = exact.signatures().iter().find(|truth| truth.item == seen.item)?;
        let account = row(truth, rounded, seen, &again)?;
        let of_entry = matches!(account.worst()?.quantity, Quantity::Entry(_));
        let found = made(Stage::Signature, seen.item, account);
        if found.is_some() {
            return found;
        }
        let jump = rounded.walked().and_then(|walked| walked.jumps.get(i)?.as_ref()).filter(|_| of_entry);
        let known = jump.iter().flat_map(|jump| &jump.known).map(|(row, _)| *row).filter(|row| !passed.contains(row));
        let error = |row: usize| {
            let item = rounded.signatures().get(row)?.item;
            let found = errors.iter().find(|(stage, of, _)| *stage == Stage::Signature && *of == item)?;
            Some((row, found.2))
        };
        match known.filter_map(error).max_by(|a, b| a.1.total_cmp(&b.1)) {
            Some((row, _)) => i = row,
            None => {
                let place = |trace: &Trace<Rational>| {
                    let kinks = trace.located.kinks.get(seen.item.line as usize)?;
                    kinks.iter().find(|kink| kink.item == seen.item).cloned()
                };
                let account = position(&place(exact)?.position, &place(rounded)?)?;
                return made(Stage::Locate, seen.item, account);
            }
        }
    }
}
