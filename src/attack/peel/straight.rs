//! Straightness: whether a kink's hyperplane is a kink everywhere, as those of the first layer are.
//!
//! A surface of a deeper layer bends at every surface of the layers before it. A second difference far away on the
//! hyperplane of one kink says whether the function bends there, too. One answer is no proof: the unit may be without
//! effect there, or the far point lie where the surface has not bent yet.

use super::plan::{self, Sketch, length};
use crate::attack::{Error, Run};
use crate::judge::Site;
use crate::linalg::Solve;
use crate::net::Draw;
use crate::num::{Num, lift_all};
use crate::oracle::Batch;
use crate::trace::Signature;

/// Weight of evidence of a second difference: there is one, there is none, nothing changes at all.
const FOR: f64 = 1.6;
const AGAINST: f64 = -1.2;
const BLIND: f64 = -0.05;
/// Evidence at which a kink may be one of the first layer, and is taken for one: one point, and two more.
pub(super) const LIKELY: f64 = 1.5;
pub(super) const ACCEPTED: f64 = 3.0;
/// Evidence at which it is taken for one of a deeper layer.
pub(super) const REFUSED: f64 = -2.0;
/// The same where there are several outputs: a unit without effect on all of them is rare, and a layer that lacks one
/// is noticed.
pub(super) const REFUSED_BY_SEVERAL: f64 = -1.0;
/// Second differences asked at most.
const TRIES: usize = 14;
/// Random points among which a pair on either side of a hyperplane is looked for.
const POINTS: usize = 16;
/// Points on a hyperplane of which the best is asked.
const CHOICE: usize = 6;
/// `log2` of half the second difference's width beside the point's size: in ℚ, and in arithmetics that round.
const EXACT_WIDTH: i32 = -28;
const ROUNDED_WIDTH: i32 = -12;
/// Bits of a far point's coordinates.
const POINT_BITS: i32 = 45;

/// Whether the hyperplane of this row is a kink wherever it is asked. At most `3·`[`TRIES`] queries, 3 or 6 as a rule.
///
/// `refused`, `accepted`: the evidence at which it is decided; `others`: hyperplanes some of which are the first layer's. Where many of them lie between the kink and the point
/// asked, a surface of a deeper layer has bent.
pub(super) fn is_straight<S: Solve>(
    run: &mut Run<'_, S>,
    draw: &mut Draw,
    row: &Signature<Num<S>>,
    others: &Sketch,
    [refused, accepted]: [f64; 2],
) -> Result<bool, Error> {
    run.open(row.item);
    let (normal, bias) = (plan::all_seen(&row.row), plan::seen(&row.bias));
    let home = others.at(&plan::all_seen(&row.center));
    let parted = |point: &Vec<f64>| others.at(point).iter().zip(&home).filter(|(a, b)| *a * *b < 0.0).count();
    let mut evidence = 0.0;
    for _ in 0..TRIES {
        let points: Vec<Vec<f64>> = (0..CHOICE).filter_map(|_| on_plane(draw, &normal, bias)).collect();
        let Some(point) = points.into_iter().max_by_key(parted) else { return Ok(false) };
        evidence += match bends(run, &point, &normal)? {
            None => BLIND,
            Some(true) => FOR,
            Some(false) => AGAINST,
        };
        if evidence > accepted {
            return Ok(true);
        }
        if evidence < refused {
            return Ok(false);
        }
    }
    Ok(evidence > LIKELY)
}

/// A random point on a hyperplane, between two on either side of it; `None` where all are on one side.
fn on_plane(draw: &mut Draw, row: &[f64], bias: f64) -> Option<Vec<f64>> {
    let points: Vec<Vec<f64>> = (0..POINTS)
        .map(|_| {
            let size = libm::exp(plan::between(draw, -1.0, 1.5));
            plan::normal(draw, row.len(), size)
        })
        .collect();
    let sketch = Sketch { rows: vec![row.to_vec()], biases: vec![bias] };
    let values: Vec<f64> = points.iter().map(|point| sketch.at(point)[0]).collect();
    let of_side = |side: f64| (0..POINTS).filter(|&i| values[i] * side > 0.0).collect::<Vec<_>>();
    let (ahead, behind) = (of_side(1.0), of_side(-1.0));
    if ahead.is_empty() || behind.is_empty() {
        return None;
    }
    let (i, j) = (ahead[draw.below(ahead.len())], behind[draw.below(behind.len())]);
    let share = values[i] / (values[i] - values[j]);
    Some(points[i].iter().zip(&points[j]).map(|(a, b)| a + share * (b - a)).collect())
}

/// Whether the function bends across a point of a hyperplane; `None` where it is constant there. Three queries.
pub(super) fn bends<S: Solve>(run: &mut Run<'_, S>, point: &[f64], normal: &[f64]) -> Result<Option<bool>, Error> {
    let width = if run.is_exact() { EXACT_WIDTH } else { ROUNDED_WIDTH };
    let size = (1.0 + length(point) / (point.len() as f64).sqrt()).log2().ceil() as i32;
    let unit = length(normal);
    let step: Vec<f64> = normal.iter().map(|w| w / unit * 2f64.powi(width + size)).collect();
    let step = lift_all(&plan::rounded(&step, plan::COORDINATE_BITS), run.context);
    let center: Vec<Num<S>> = lift_all(&plan::rounded(point, POINT_BITS), run.context);
    let moved = |sign: f64| center.iter().zip(&step).map(|(x, s)| x + &(s * &run.lift(sign))).collect();
    let points: Vec<Vec<Num<S>>> = vec![moved(-1.0), center.clone(), moved(1.0)];
    let answers = run.ask(&Batch::Points(&points))?;
    let mass = answers.iter().fold(run.zero(), |sum, answer| &sum + &run.l1(answer));
    let (mut flat, mut straight) = (true, true);
    for ((left, middle), right) in answers[0].iter().zip(&answers[1]).zip(&answers[2]) {
        let (before, behind) = (middle - left, right - middle);
        straight &= run.is_zero(Site::Straight, &(&behind - &before), &mass)?;
        flat &= run.is_zero(Site::Straight, &before, &mass)? && run.is_zero(Site::Straight, &behind, &mass)?;
    }
    Ok((!flat).then_some(!straight))
}
