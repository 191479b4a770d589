//! Output weights small beside the largest of their unit.

use super::super::alone::Places;
use super::super::noise::Known;
use super::FAR;
use crate::attack::{Error, Run};
use crate::judge::Site;
use crate::linalg::Solve;
use crate::num::Num;
use crate::oracle::Batch;
use crate::trace::Faint;
use std::cmp::Ordering;

/// All output weights of every unit that has a small one, by one answer where the unit is alone.
///
/// So far out that output biases are nothing, each answer is one product with the same pre-activation: output
/// weights come to some roundoffs of themselves, in the ratio of the answers. Their size together stays what it was.
pub(super) fn measure<S: Solve>(
    run: &mut Run<'_, S>,
    known: &mut Known<S>,
    signs: &[Ordering],
    faint: &mut Faint,
) -> Result<(), Error> {
    let mut units = Vec::new();
    for (i, unit) in known.signatures.iter().enumerate() {
        run.open(unit.item);
        let size = run.l1(&unit.strength);
        let mut small = false;
        for strength in &unit.strength {
            small = small || run.is_zero(Site::Faint, strength, &size)?;
        }
        if small {
            units.push(i);
        }
    }
    if units.is_empty() {
        return Ok(());
    }
    let Some(places) = Places::new(run, known, signs, FAR)? else { return Ok(()) };
    let (units, points): (Vec<usize>, Vec<Vec<Num<S>>>) =
        units.into_iter().filter_map(|i| Some((i, places.points[i].clone()?))).unzip();
    let answers = run.ask(&Batch::Points(&points))?;
    for (i, answer) in units.into_iter().zip(&answers) {
        let unit = &mut known.signatures[i];
        run.open(unit.item);
        let rise: Vec<Num<S>> = answer.iter().zip(&places.resting).map(|(y, rest)| y - rest).collect();
        let (square, along) = (run.dot(&unit.strength, &unit.strength), run.dot(&rise, &unit.strength));
        let Some(share) = square.over(&along) else { continue };
        unit.strength = rise.iter().map(|y| y * &share).collect();
        let size = run.l1(&unit.strength);
        for (o, strength) in unit.strength.iter().enumerate() {
            faint.outputs[i][o] = match strength.abs().over(&size) {
                Some(part) if !run.is_zero(Site::Unmoved, &part, &size)? => run.binade(&part)?,
                _ => Faint::NOTHING,
            };
        }
    }
    Ok(())
}
