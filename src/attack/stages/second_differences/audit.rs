//! Every probe of every row compared with all hyperplanes found, without queries.

use super::solve::solve;
use super::{Known, PATIENCE, Point, Reference, SHORTEN};
use crate::attack::stages::Ratios;
use crate::attack::{Error, Run};
use crate::judge::Site;
use crate::linalg::Solve;
use crate::num::{Dyadic, Num, Scalar};
use crate::trace::Signature;
use std::cmp::Ordering;

/// Holds every probe against all hyperplanes found, without queries, and measures again
/// what one of them spoiled, until nothing is.
///
/// Second differences that fit together can still share an error: where another row has
/// a zero at the reference coordinate, its kink adds the same to both.
pub(super) fn audit<S: Solve>(run: &mut Run<'_, S>, known: &mut [Known<S>]) -> Result<(), Error> {
    for _ in 0..PATIENCE {
        let mut clean = true;
        for i in 0..run.trace.signatures().len() {
            let signature = run.trace.signatures()[i].clone();
            let reach = crossed(run, known, i, &signature)?;
            if reach.is_empty() {
                continue;
            }
            clean = false;
            if let Some(mended) = mend(run, &signature, &reach)? {
                known[i] = Known::new(run, &mended);
                run.trace.signatures_mut()[i] = mended;
            }
        }
        if clean {
            break;
        }
    }
    Ok(())
}

/// The axes along which a probe of signature `i` reached across another hyperplane.
fn crossed<S: Scalar>(
    run: &mut Run<'_, S>,
    known: &[Known<S>],
    i: usize,
    signature: &Signature<Num<S>>,
) -> Result<Vec<usize>, Error> {
    let line = signature.item.line as usize;
    let position = run.trace.located.kinks[line].iter().find(|k| k.item == signature.item).map(|k| k.position.clone());
    let Some(position) = position else { return Ok(Vec::new()) };
    let Some(probes) = &signature.probes else { return Ok(Vec::new()) };
    let longest = probes.steps.iter().copied().max().unwrap_or_default();
    let mut axes = Vec::new();
    for (k, plane) in known.iter().enumerate().filter(|&(k, _)| k != i) {
        let on = &plane.lines[line];
        let away = (&on.at_origin + &(&on.along * &position)).abs();
        // A row's largest entry is 1, and a probe moves two coordinates: |w·step| ≤ 2·step.
        let farthest = Dyadic::power(longest + 1).lift::<S>(run.context);
        run.open(signature.item);
        if run.sign(Site::Reach, &(&away - &farthest), &away)? == Ordering::Greater {
            continue;
        }
        let other = run.trace.signatures()[k].row.clone();
        let at_reference = other[signature.reference].clone();
        for (j, entry) in other.iter().enumerate() {
            let step = Dyadic::power(probes.steps[j]).lift::<S>(run.context);
            let both = if j == signature.reference { entry.abs() } else { (entry + &at_reference).abs() };
            run.open(signature.item.axis(j));
            for size in [entry.abs(), both] {
                if run.sign(Site::Reach, &(&away - &(&size * &step)), &away)? != Ordering::Greater && !axes.contains(&j)
                {
                    axes.push(j);
                }
            }
        }
    }
    Ok(axes)
}

/// The signature measured again where a probe reached too far; `None` where it cannot be.
fn mend<S: Scalar>(
    run: &mut Run<'_, S>,
    signature: &Signature<Num<S>>,
    axes: &[usize],
) -> Result<Option<Signature<Num<S>>>, Error> {
    let Some(probes) = &signature.probes else { return Ok(None) };
    let shortest = probes.steps.iter().copied().min().unwrap_or_default();
    let whole = axes.contains(&signature.reference);
    let step = if whole { shortest - SHORTEN } else { probes.steps[signature.reference] };
    let point = Point {
        item: signature.item,
        center: &signature.center,
        answer: &signature.answer,
        mass: &signature.mass,
        step,
    };
    if whole {
        return Ok(point.signature(run)?.and_then(Result::ok));
    }
    let mut probes = probes.clone();
    let unit = Dyadic::power(step).lift::<S>(run.context);
    let difference: Vec<Num<S>> = signature.strength.iter().map(|s| s * &unit).collect();
    let reference = Reference { axis: signature.reference, size: run.l1(&difference), difference, step };
    for &j in axes {
        probes.signs[j] = Ordering::Equal;
        let step = probes.steps[j];
        for shorter in (1..=PATIENCE as i32).map(|k| step - k * SHORTEN) {
            if point.axes(run, &reference, &[j], shorter, &mut probes)?.is_empty() {
                probes.steps[j] = shorter;
                break;
            }
        }
    }
    let found = solve(signature.reference, &probes, &signature.center, run.context);
    Ok(found.map(|Ratios { row, bias, .. }| Signature { row, bias, probes: Some(probes), ..signature.clone() }))
}
