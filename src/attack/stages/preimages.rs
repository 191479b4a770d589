//! Signs: which side of each hyperplane is the active one, by the preimage test.

use crate::attack::{Error, Run};
use crate::judge::{Item, Site};
use crate::linalg::{Matrix, Solve};
use crate::num::Num;
use crate::oracle::{Batch, Probe};
use crate::trace::{Orientation, Sides, Signature, Unoriented};
use std::cmp::Ordering;

/// Orients every row, or says why the canonical form has to do. Two queries a row.
///
/// The preimage `v_i` of the unit vector `e_i` under the rows, `row_k·v_i = δ_ik`, crosses
/// hyperplane `i` and moves along all others, so from a critical point of `i` exactly one
/// of `±v_i` changes the output: the active side. Needs rows of full rank. Where units
/// cancel or share a hyperplane both sides change, and no orientation exists.
///
/// Source: Jagielski et al. (2020), global sign recovery; theorem `GlobalSign.global_sign`.
pub(in crate::attack) fn orient<S: Solve>(run: &mut Run<'_, S>) -> Result<Orientation, Error> {
    run.on_rows(orient_rows)
}

fn orient_rows<S: Solve>(run: &mut Run<'_, S>, signatures: &[Signature<Num<S>>]) -> Result<Orientation, Error> {
    let count = signatures.len();
    if count == 0 {
        return Ok(Orientation::Canonical(Unoriented::NoKinks));
    }
    let rows = Matrix::from_fn(count, run.inputs(), |i, j| signatures[i].row[j].clone());
    let columns = run.independent_columns(&rows, Item::default())?;
    let identity = Matrix::from_fn(count, count, |i, j| run.lift(f64::from(i == j)));
    let dependent = Orientation::Canonical(Unoriented::Dependent { rank: columns.len() });
    if columns.len() < count {
        return Ok(dependent);
    }
    let Some(preimages) = S::solve(&rows.select_columns(&columns), &identity, run.context) else {
        return Ok(dependent);
    };
    let mut signs = Vec::with_capacity(count);
    for (i, signature) in signatures.iter().enumerate() {
        let coordinates: Vec<(usize, &Num<S>)> = columns.iter().copied().zip(preimages.column(i)).collect();
        match side(run, signature, &coordinates)? {
            Some(sign) => signs.push(sign),
            None => return Ok(Orientation::Canonical(Unoriented::BothSides { row: i })),
        }
    }
    Ok(Orientation::Preimages(signs))
}

/// The side on which the output changes: `Greater` where the row points to it.
fn side<S: Solve>(
    run: &mut Run<'_, S>,
    signature: &Signature<Num<S>>,
    preimage: &[(usize, &Num<S>)],
) -> Result<Option<Ordering>, Error> {
    let center = &signature.center;
    let ahead: Probe<S> = preimage.iter().map(|&(j, v)| (j, &center[j] + v)).collect();
    let behind: Probe<S> = preimage.iter().map(|&(j, v)| (j, &center[j] - v)).collect();
    let mut answers = run.ask(&Batch::Probes { center, probes: &[ahead, behind] })?.into_iter();
    let answers: [Vec<Num<S>>; 2] = std::array::from_fn(|_| answers.next().unwrap_or_default());
    run.open(signature.item);
    let still = [is_still(run, signature, &answers[0])?, is_still(run, signature, &answers[1])?];
    let preimage = preimage.iter().map(|&(j, v)| (j, v.clone())).collect();
    run.trace.oriented.sides.push(Sides { preimage, answers: answers.clone() });
    let moves = match still {
        [false, true] => &answers[0],
        [true, false] => &answers[1],
        _ => return Ok(None),
    };
    // The active side changes by exactly the output weights; anything else is no single unit.
    let expected: Vec<Num<S>> = signature.answer.iter().zip(&signature.strength).map(|(a, s)| a + s).collect();
    let one_unit = agrees(run, signature, moves, &expected)?;
    let ahead = if still[1] { Ordering::Greater } else { Ordering::Less };
    Ok(one_unit.then_some(ahead))
}

fn is_still<S: Solve>(run: &mut Run<'_, S>, signature: &Signature<Num<S>>, answer: &[Num<S>]) -> Result<bool, Error> {
    agrees(run, signature, answer, &signature.answer)
}

/// Whether an answer is the expected one in every output, to a fraction of the unit's strength.
fn agrees<S: Solve>(
    run: &mut Run<'_, S>,
    signature: &Signature<Num<S>>,
    answer: &[Num<S>],
    expected: &[Num<S>],
) -> Result<bool, Error> {
    let scale = run.l1(&signature.strength);
    for (a, e) in answer.iter().zip(expected) {
        if !run.is_zero(Site::Inactive, &(a - e), &scale)? {
            return Ok(false);
        }
    }
    Ok(true)
}
