//! Weights that rounding hides beside larger ones: small ones measured with longer steps, zeros proved.
//!
//! Rounding leaves the same answer whether a weight is zero or merely small, so that no answer
//! nearby tells which. A step of `2^k` along its axis tells, as long as nothing else moves:
//!
//! | | where | how far |
//! |---|---|---|
//! | [`columns`] | in a column where all rows are small, and a unit is alone | as far as the answer where no unit is active stays what it was |
//! | [`zeros`] | along entries of one row that may be zero, in a direction that leaves every other unit inactive | `2^FAR` |
//! | [`outputs`] | where a unit is alone | `2^FAR` |
//!
//! An answer that does not change by a bit shows that nothing moved, whatever was expected: a
//! weight that is not zero is multiplied by its coordinate and seen, and two that cancel would have to do so
//! along a random direction. So a wrong expectation leaves a weight undecided and never decides it wrongly.

mod columns;
mod outputs;
mod zeros;

use super::alone::Places;
use super::noise::Known;
use crate::attack::{Error, Run};
use crate::judge::{self, Site};
use crate::linalg::Solve;
use crate::num::{Num, Scalar};
use crate::trace::Faint;
use std::cmp::Ordering;

/// `log2` of the longest step. A weight of `2^Faint::NOTHING` moves a pre-activation by far more than any bias.
const FAR: i32 = 420;

/// Small weights measured again in the rows of `known`, zeros set; and what was found out about each weight.
///
/// `signs`: which side of each row is active.
pub(super) fn faint<S: Solve>(
    run: &mut Run<'_, S>,
    mut known: Known<S>,
    signs: &[Ordering],
) -> Result<(Known<S>, Faint), Error> {
    let count = known.signatures.len();
    let mut faint = Faint {
        entries: vec![vec![0; run.inputs()]; count],
        outputs: vec![vec![0; run.outputs()]; count],
        ..Faint::default()
    };
    match Places::far(run, &mut known, signs)? {
        None => {
            if let Some(first) = known.signatures.first() {
                let center = first.center.clone();
                columns::prove(run, &mut known, &center, &mut faint)?;
            }
        }
        Some(places) => {
            columns::measure(run, &mut known, signs, &places, &mut faint)?;
            known = known.renewed(run)?;
            zeros::rows(run, &mut known, signs, &places, &mut faint)?;
            outputs::measure(run, &mut known, signs, &mut faint)?;
            faint.unbiased = zeros::unbiased(run, &mut known, &places)?;
            faint.hidden = zeros::hidden(run, &known, signs, &places, &faint)?;
            faint.resting = true;
        }
    }
    Ok((known, faint))
}

/// Whether an answer is the same to the last bit; one that is not finite has changed.
fn unmoved<S: Scalar>(run: &mut Run<'_, S>, before: &[Num<S>], after: &[Num<S>]) -> Result<bool, Error> {
    for (x, y) in before.iter().zip(after) {
        match run.is_zero(Site::Unmoved, &(y - x), x) {
            Ok(true) => {}
            Ok(false) | Err(Error::Undecided(judge::Error::Undecided { .. })) => return Ok(false),
            Err(error) => return Err(error),
        }
    }
    Ok(true)
}
