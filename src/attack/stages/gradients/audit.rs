//! Every step of every gradient compared with all hyperplanes known, without queries.

use super::course::{Course, Gradient};
use super::gradient::along;
use super::rows::{Unit, adds_up};
use crate::attack::{Error, Run};
use crate::judge::{Item, Site};
use crate::linalg::Solve;
use crate::num::{Dyadic, Num, Scalar};

/// How often one step is halved.
const HALVINGS: usize = 64;
/// Lines on which the rows found have to explain every kink.
const CLEAN: usize = 2;

/// Measures again, with a shorter step, along every axis whose step crossed a hyperplane.
/// Returns whether there was one.
pub(super) fn mend<S: Solve>(
    run: &mut Run<'_, S>,
    courses: &mut [Course<S>],
    units: &[Unit<S>],
) -> Result<bool, Error> {
    let mut mended = false;
    for (line, course) in courses.iter_mut().enumerate() {
        for segment in &mut course.segments {
            let Some(gradient) = &mut segment.gradient else { continue };
            run.open(segment.item);
            let axes = spoiled(run, line, units, gradient)?;
            if axes.is_empty() {
                continue;
            }
            mended = true;
            let slopes = along(run, &gradient.point, &gradient.answer, &axes)?;
            for (&(j, step), slope) in axes.iter().zip(slopes) {
                gradient.steps[j] = step;
                gradient.slopes[j] = slope;
            }
            let shortest = gradient.steps.iter().copied().min().unwrap_or_default();
            gradient.error = &segment.mass * &Dyadic::power(-shortest).lift(run.context);
        }
    }
    Ok(mended)
}

/// The axes whose step crosses a hyperplane, each with one that does not.
fn spoiled<S: Scalar>(
    run: &mut Run<'_, S>,
    line: usize,
    units: &[Unit<S>],
    gradient: &Gradient<S>,
) -> Result<Vec<(usize, i32)>, Error> {
    let longest = gradient.steps.iter().copied().max().unwrap_or_default();
    let reach = Dyadic::power(longest).lift::<S>(run.context);
    let mut near = Vec::new();
    for unit in units {
        let away = unit.at(line, &gradient.at);
        // A row's largest entry is 1: |w·step| ≤ step.
        if !run.sign(Site::Reach, &(&away.abs() - &reach), &reach)?.is_gt() {
            near.push((unit, away));
        }
    }
    let mut found = Vec::new();
    for (j, &step) in gradient.steps.iter().enumerate() {
        let mut shorter = step;
        for (unit, away) in &near {
            let mut halvings = 0;
            while halvings < HALVINGS && crosses(run, away, &unit.row[j], shorter)? {
                shorter -= 1;
                halvings += 1;
            }
        }
        if shorter < step {
            found.push((j, shorter));
        }
    }
    Ok(found)
}

/// Whether a step ends on the other side of a hyperplane, or on it.
fn crosses<S: Scalar>(run: &mut Run<'_, S>, away: &Num<S>, entry: &Num<S>, step: i32) -> Result<bool, Error> {
    let moved = away + &(entry * &Dyadic::power(step).lift(run.context));
    let square = away * away;
    Ok(!run.sign(Site::Reach, &(away * &moved), &square)?.is_gt())
}

/// Whether all kinks of all lines are explained.
pub(super) fn done(unexplained: &[Vec<Item>]) -> bool {
    unexplained.iter().all(Vec::is_empty)
}

/// Whether there are [`CLEAN`] lines on which all kinks are explained, or as many as there are.
pub(super) fn suffices(unexplained: &[Vec<Item>]) -> bool {
    let clean = unexplained.iter().filter(|items| items.is_empty()).count();
    clean >= CLEAN.min(unexplained.len())
}

/// The kinks of each line whose jumps of slopes are not what the rows make there, without queries.
///
/// One row does, as a rule. A kink may hide others: then all rows count whose hyperplanes cross
/// its interval, and which explain no other kink of the line.
pub(super) fn unexplained<S: Solve>(
    run: &mut Run<'_, S>,
    courses: &[Course<S>],
    units: &[Unit<S>],
) -> Result<Vec<Vec<Item>>, Error> {
    let mut unexplained = Vec::with_capacity(courses.len());
    for (line, course) in courses.iter().enumerate() {
        let mut within: Vec<Vec<&Unit<S>>> = vec![Vec::new(); course.bends.len()];
        let mut hidden = vec![true; units.len()];
        for (bend, known) in course.bends.iter().zip(&mut within) {
            if let Some(unit) = bend.unit {
                hidden[unit] = false;
                known.push(&units[unit]);
            }
        }
        for (unit, _) in units.iter().zip(hidden).filter(|(_, hidden)| *hidden) {
            if let Some(bend) = unit.within(run, line, course)? {
                within[bend].push(unit);
            }
        }
        let mut items = Vec::new();
        for (bend, known) in course.bends.iter().zip(&within) {
            let own = bend.unit.map(|unit| (&units[unit], run.lift(1.0)));
            if !bend.is_kink() || own.is_some() && adds_up(run, line, bend, own.as_slice())? {
                continue;
            }
            let mut all = Vec::with_capacity(known.len());
            for &unit in known {
                all.push((unit, unit.share(run, line, bend)?));
            }
            if !adds_up(run, line, bend, &all)? {
                items.push(bend.item);
            }
        }
        unexplained.push(items);
    }
    Ok(unexplained)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attack::Options;
    use crate::judge::Policy;
    use crate::net::{Dtype, Shape, random};
    use crate::num::{Rational, lift_all};
    use crate::oracle::{Incremental, Oracle};
    use std::cmp::Ordering;

    #[test]
    fn a_step_across_a_hyperplane_is_shortened_until_it_stays() {
        let victim = random(Shape { inputs: 2, hidden: 1, outputs: 1 }, 0, Dtype::F64);
        let mut oracle = Oracle::<Rational>::held(Incremental::new(&victim));
        let mut run = Run::new((), &mut oracle, Policy::Exact, Options::default());
        let lift = |x: f64| Num::<Rational>::lift(x, ());
        // x − y/2 − 1, at the origin: a step of 2 along x crosses it, one of 1 ends on it.
        let unit = Unit {
            item: Item::default(),
            reference: 0,
            row: lift_all(&[1.0, -0.5], ()),
            bias: lift(-1.0),
            strength: vec![lift(1.0)],
            lines: vec![(lift(0.0), lift(1.0))],
            headings: vec![Ordering::Greater],
            error: lift(0.0),
            blur: lift(0.0),
            noise: lift(1.0),
            distance: lift(1.0),
            measured: None,
            source: None,
        };
        let gradient = |step: i32| Gradient {
            at: lift(0.0),
            point: lift_all(&[0.0, 0.0], ()),
            answer: vec![lift(0.0)],
            steps: vec![step; 2],
            slopes: vec![vec![lift(0.0)]; 2],
            error: lift(0.0),
        };
        let units = [unit];
        let mut axes = |step| spoiled(&mut run, 0, &units, &gradient(step)).expect("decided");
        assert_eq!(axes(1), [(0, -1)]);
        assert_eq!(axes(0), [(0, -1)]);
        assert_eq!(axes(-1), []);
    }
}
