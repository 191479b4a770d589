//! Rows: ratios of second differences known to some error, at a centre that is off by a little.

use super::answers::Around;
use super::position::{Position, most};
use crate::linalg::compensated_dot;
use crate::num::{Ball, Num, Rational, Scalar, up};
use crate::trace::{Line, Signature};
use std::cmp::Ordering;

/// `2^−53`.
const U: f64 = f64::EPSILON / 2.0;
/// `1 + 2^−20`: more than the second-order terms of sums of fewer than 2^22 magnitudes.
const SUMMED: f64 = 1.0 + 1.0 / (1u64 << 20) as f64;
/// The least positive `f64`.
const TINY: f64 = f64::from_bits(1);

/// A set of rows around the true one, in the gauge of the run's reference.
///
/// `truth = mid ± rad + σ·slope` with one `|σ| ≤ sigma` for the whole row: that the centre
/// lies off the hyperplane moves all entries together.
pub(super) struct RowBounds {
    mid: Vec<f64>,
    rad: Vec<f64>,
    slope: Vec<f64>,
    sigma: f64,
    /// Pre-activation at the centre, in the row's gauge.
    pub(super) offset: Ball,
    /// Output weight times `|entry|` at the reference, `[outputs]`.
    pub(super) strength: Vec<Ball>,
    /// Of every coordinate with a decided sign: what the answers say of it.
    pub(super) signs: Vec<Option<Told>>,
}

/// What an enclosure says of a sign.
#[derive(Clone, Copy)]
pub(super) struct Told {
    /// The sign, where zero is outside.
    pub(super) sign: Option<Ordering>,
    /// `log2` of the midpoint's magnitude over the radius.
    pub(super) margin: f64,
}

impl Told {
    pub(super) fn of(ball: &Ball) -> Self {
        Self { sign: ball.sign(), margin: ball.mid().abs().log2() - ball.rad().log2() }
    }
}

fn ball(value: &Rational) -> Num<Ball> {
    Num(Ball::nearest(value, ()))
}

fn power(exponent: i32) -> Num<Ball> {
    crate::num::Dyadic::power(exponent).lift(())
}

/// `[0, most]` as a ball.
fn upto(most: f64) -> Num<Ball> {
    Num(Ball::new(most / 2.0, up(most / 2.0)))
}

/// All that is known of a row.
///
/// `κ·sⱼ|wⱼ| = Pⱼ + σⱼ` for the projected second difference `Pⱼ` at step `sⱼ`, with
/// `0 ≤ σⱼ ≤ σ_max = κ|δ|`, and all `σⱼ` equal where `Pⱼ > 0` (theorem
/// `SecondDifference.second_difference_error`, with the answers' errors in `Pⱼ`). The centre's
/// distance is bounded by the critical point's: `|aδ| ≤ |J|·|t − t*| + |a|·Σ|wⱼ||dxⱼ|`.
///
/// `None` where the reference difference may be zero.
pub(super) fn row(
    signature: &Signature<Rational>,
    line: &Line,
    kink: &Position,
    around: &Around,
    t: &Rational,
) -> Option<RowBounds> {
    let displaced = displaced(signature, line, t);
    let off = distance(signature, kink, around, &displaced)?;
    let first = ratios(signature, around, &off, None)?;
    // With a first enclosure of the row the centre's distance is known with its sign:
    // z(c) = (t − t*)·(w·v) + w·dx.
    let direction = line.direction.iter().map(|&v| Ball::lift(v, ()));
    let along = Num(first.along(direction.enumerate()));
    let offset = &(&Num(kink.error) * &along) + &Num(first.along(displaced.into_iter().enumerate()));
    if offset.0.rad() < first.offset.rad() { ratios(signature, around, &off, Some(offset.0)) } else { Some(first) }
}

/// The ratios for a centre that is off by at most `off`, `[outputs]`, or, in the row's own
/// gauge, by `offset`.
fn ratios(signature: &Signature<Rational>, around: &Around, off: &[f64], offset: Option<Ball>) -> Option<RowBounds> {
    let probes = signature.probes.as_ref()?;
    let reference = signature.reference;
    let recorded = &probes.differences[reference];
    let total = recorded.iter().fold(Rational::default(), |sum, d| sum.add(&crate::num::Exact::magnitude(d)));
    let weights = recorded.iter().map(|d| Some(ball(&d.div(&total)?))).collect::<Option<Vec<_>>>()?;
    let zero = || Num::<Ball>::lift(0.0, ());
    let project =
        |difference: &[Ball]| difference.iter().zip(&weights).fold(zero(), |sum, (d, w)| &sum + &(&Num(*d) * w));
    let sigma_most = off.iter().zip(&weights).fold(0.0, |sum, (e, w)| up(sum + up(e * most(&w.0))));
    let step = |j: usize| power(-probes.steps[j]);
    let differences: Vec<Num<Ball>> =
        around.differences.iter().enumerate().map(|(j, d)| &project(d) * &step(j)).collect();
    let top = &differences[reference];
    if top.0.sign() != Some(Ordering::Greater) {
        return None;
    }
    // κ|δ| = |δ/w_ref|·κ|w_ref|.
    let sigma = match offset {
        Some(offset) => &magnitude(&offset) * &(top + &(&upto(sigma_most) * &step(reference))),
        None => upto(sigma_most),
    };
    let whole = top + &(&sigma * &step(reference));
    let inputs = signature.row.len();
    let mut row = RowBounds {
        mid: vec![0.0; inputs],
        rad: vec![0.0; inputs],
        slope: vec![0.0; inputs],
        sigma: sigma.0.rad(),
        offset: match offset {
            Some(offset) => offset,
            None => Ball::new(0.0, most(&upto(sigma_most).over(top)?.0)),
        },
        strength: around.differences[reference]
            .iter()
            .zip(off)
            .map(|(d, e)| (&Num(Ball::new(d.mid(), up(d.rad() + e))) * &step(reference)).0)
            .collect(),
        signs: vec![None; inputs],
    };
    row.mid[reference] = 1.0;
    for j in (0..inputs).filter(|&j| j != reference) {
        let size = &differences[j];
        // Where this difference may be zero, its own σ may be smaller than the reference's.
        let apart = size.0.sign() == Some(Ordering::Greater);
        let largest = (size + &(&sigma * &step(j))).over(top)?;
        let decided = signature.row[j].cmp(&Rational::default());
        let told = (decided.is_ne() && !around.mixed[j].is_empty()).then(|| {
            let sum = &project(&around.mixed[j]) * &step(j);
            let shift = match sum.0.sign() == Some(Ordering::Greater) {
                true if probes.steps[j] == probes.steps[reference] => zero(),
                true => &(&sigma * &step(j)) - &(&sigma * &step(reference)),
                // Where this difference may be zero, its own σ may be smaller.
                false => &(&upto(most(&sigma.0)) * &step(j)) - &(&sigma * &step(reference)),
            };
            let told = Told::of(&(&(&sum - top) + &shift).0);
            // |w_ref + w_j| > |w_ref| says the same sign only while |w_j| < 2|w_ref|; less, always opposite ones.
            match told.sign {
                Some(Ordering::Greater) if most(&largest.0) >= 2.0 => Told { sign: None, margin: told.margin.min(0.0) },
                _ => told,
            }
        });
        row.signs[j] = told;
        let Some(sign) = told.and_then(|told| told.sign).filter(|_| apart) else {
            row.rad[j] = most(&largest.0);
            continue;
        };
        let ratio = size.over(top)?;
        // The ratio at σ is that at 0 plus σ times this, exactly: a secant.
        let slope = (&step(j) - &(&ratio * &step(reference))).over(&whole)?;
        let center = &ratio + &(&Num(Ball::new(sigma.0.mid(), 0.0)) * &Num(Ball::new(slope.0.mid(), 0.0)));
        let side = if sign == Ordering::Less { -1.0 } else { 1.0 };
        row.mid[j] = side * center.0.mid();
        row.rad[j] = up(center.0.rad() + up(most(&sigma.0) * slope.0.rad()));
        row.slope[j] = side * slope.0.mid();
    }
    Some(row)
}

/// `|aₒ·δ|` at most: how far the centre's answers are off for not lying on the hyperplane, `[outputs]`.
///
/// With `|aₒwⱼ| ≤ (|Dⱼ| + |aₒδ|)/sⱼ` for the coordinates' own rounding,
/// `|aₒδ|·(1 − Σ|dxⱼ|/sⱼ) ≤ |Jₒ|·|t − t*| + Σ|Dⱼ||dxⱼ|/sⱼ`.
fn distance(signature: &Signature<Rational>, kink: &Position, around: &Around, displaced: &[Ball]) -> Option<Vec<f64>> {
    let probes = signature.probes.as_ref()?;
    let share = |(j, off): (usize, &Ball)| most(&(&Num(Ball::new(0.0, most(off))) * &power(-probes.steps[j])).0);
    let shares: Vec<f64> = displaced.iter().enumerate().map(share).collect();
    let room = 1.0 - shares.iter().fold(0.0, |sum, s| up(sum + s));
    let room = room.next_down();
    (0..kink.jump.len())
        .map(|o| {
            let moved = around.differences.iter().zip(&shares).fold(0.0, |sum, (d, s)| up(sum + up(most(&d[o]) * s)));
            let off = up(up(up(kink.jump[o] * most(&kink.error)) + moved) / room);
            (room > 0.0 && off.is_finite()).then_some(off)
        })
        .collect()
}

/// `c − (u + t·v)`: how far the centre's coordinates were rounded.
///
/// In ℚ: each is a few ulps, less than the radius of its own evaluation in balls.
fn displaced(signature: &Signature<Rational>, line: &Line, t: &Rational) -> Vec<Ball> {
    let entries = signature.center.iter().zip(&line.origin).zip(&line.direction);
    let off = |((x, &u), &v): ((&Rational, &f64), &f64)| {
        let on_line = Rational::lift(u, ()).add(&t.mul(&Rational::lift(v, ())));
        Ball::nearest(&x.sub(&on_line), ())
    };
    entries.map(off).collect()
}

/// `|x|` as a ball.
fn magnitude(x: &Ball) -> Num<Ball> {
    match x.sign() {
        Some(Ordering::Less) => Num(x.neg()),
        Some(_) => Num(*x),
        None => upto(most(x)),
    }
}

impl RowBounds {
    /// A row known exactly, at a centre on its hyperplane.
    #[cfg(test)]
    pub(super) fn known(entries: &[f64], strength: f64) -> Self {
        let (mid, none) = (entries.to_vec(), vec![0.0; entries.len()]);
        let (strength, offset) = (vec![Ball::new(strength, 0.0)], Ball::new(0.0, 0.0));
        Self { mid, rad: none.clone(), slope: none, sigma: 0.0, offset, strength, signs: Vec::new() }
    }

    /// `|seen − truth|` at most, of entry `j`.
    pub(super) fn error(&self, j: usize, seen: f64) -> f64 {
        let apart = up(up(seen - self.mid[j]) + TINY);
        // The subtraction is rounded once: its error is below that of the float after it.
        up(up(apart + self.rad[j]) + up(self.sigma * self.slope[j].abs()))
    }

    /// The true row times a vector, given by its entries that are not zero.
    pub(super) fn along(&self, entries: impl Iterator<Item = (usize, Ball)> + Clone) -> Ball {
        let value = compensated_dot(entries.clone().map(|(j, x)| (self.mid[j], x.mid())));
        let (mut turn, mut turned, mut spread, mut count) = (0.0, 0.0, 0.0, 0.0);
        for (j, x) in entries {
            let (mid, slope, length) = (self.mid[j], self.slope[j], x.mid().abs());
            turn += slope * x.mid();
            turned += (slope * x.mid()).abs();
            spread += self.rad[j] * length + (mid.abs() + self.rad[j] + up(self.sigma * slope.abs())) * x.rad();
            count += 1.0;
        }
        // A sum of `count` products is within (count + 2)·u of its magnitudes, and what underflows.
        let rounded = up(up(up(U * (count + 2.0)) * turned) * SUMMED) + count * TINY;
        let turned = up(up(self.sigma * up(turn.abs() + rounded)) + TINY);
        let spread = up(up(spread * SUMMED) + 4.0 * count * TINY);
        Ball::new(value.mid(), up(up(value.rad() + spread) + turned))
    }

    /// The true bias in the row's gauge: `−τ·c` and the pre-activation at the centre.
    pub(super) fn bias(&self, center: &[Rational]) -> Ball {
        let at = self.along(center.iter().enumerate().map(|(j, x)| (j, Ball::nearest(x, ()))));
        self.offset.sub(&at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::Item;
    use crate::num::Exact;
    use crate::trace::Probes;

    /// A unit with weights 1 and −1/2, measured 3/20 off its hyperplane with steps 1 and 1/8:
    /// along the shorter step it does not bend at all, and no sign may be told from that.
    #[test]
    fn a_difference_that_may_be_zero_tells_no_sign() {
        let number = |x: f64| Rational::lift(x, ());
        let (differences, mixed) = ([0.85, 0.0], [None, Some(0.0)]);
        let probes = Probes {
            steps: vec![0, -3],
            differences: differences.iter().map(|&d| vec![number(d)]).collect(),
            mixed: mixed.iter().map(|d| d.iter().map(|&d| number(d)).collect()).collect(),
            signs: vec![Ordering::Greater; 2],
        };
        let zeros = vec![Rational::default(); 2];
        let signature = Signature {
            item: Item::new(0, 4),
            reference: 0,
            row: vec![number(1.0), number(0.5)],
            bias: Rational::default(),
            strength: vec![number(1.0)],
            center: zeros,
            answer: vec![Rational::default()],
            mass: Rational::integer(1),
            probes: Some(probes),
        };
        let around = Around {
            differences: differences.iter().map(|&d| vec![Ball::new(d, 0.0)]).collect(),
            mixed: mixed.iter().map(|d| d.iter().map(|&d| Ball::new(d, 0.0)).collect()).collect(),
        };
        let row = ratios(&signature, &around, &[0.16], Some(Ball::new(0.15, 0.001))).expect("a row");
        let told = row.signs[1].expect("asked");
        assert_ne!(told.sign, Some(Ordering::Greater), "the weights have opposite signs");
        assert!(row.error(1, -0.5) >= 0.0 && row.error(1, 0.5) >= 1.0);
    }
}
