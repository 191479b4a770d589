//! The two-linear test: whether an interval holds one kink, and where.

use super::{End, Interval, LineSearch};
use crate::attack::Error;
use crate::judge::{Item, Site};
use crate::num::{Dyadic, Num, Scalar, dot, l1};
use crate::trace::{Chord, Kink};
use std::cmp::Ordering;

/// The crossing is checked at `2^−BESIDE` of its distance to either end, or of its
/// distance from the line's origin where that is shorter; in proportion nearer to the ends
/// where answers have fewer bits than `f64`, to stay above their noise.
const BESIDE: u32 = 12;
/// Where answers are rounded, the function has to follow both lines up to `2^CLOSE` roundoffs of the
/// answers' mass over the jump of slopes: eight times nearer, a second kink would leave a miss of the
/// 2^13 roundoffs that the lines may have.
const CLOSE: i32 = 16;
/// On an exact path it has to follow them up to `2^−(APART + APART_PLACES·m)`, where `m` is the
/// largest number of binary places of the interval's ends, or exponent of their steps.
///
/// Theorem `LineSearch.stored_kink_is_alone`: a line through two answers of a one-hidden-layer
/// network that the function meets that near to where it crosses another such line is the function
/// itself between the two places, for finite `f64` weights, lines with [`super::DRAW_BITS`] binary
/// places, and at most 2^32 hidden weights and outputs.
const APART: i32 = 12_800;
/// See [`APART`].
const APART_PLACES: i32 = 7;
/// A crossing is believed when its interval is at most `2^WIDE` times its distance from the
/// line's origin: a position carries the rounding of the ends it is computed from.
const WIDE: i32 = 4;

/// Where the two end lines of an interval cross, and how far they part from there.
pub(super) struct Crossing<S> {
    /// Distance of the crossing from the left end and from the right end.
    pub(super) from_left: Num<S>,
    pub(super) from_right: Num<S>,
    /// `Σ` over outputs of the slopes' difference, in magnitude.
    pub(super) jump: Num<S>,
    /// Distance of the check points from the crossing, before and after it.
    pub(super) before: Num<S>,
    pub(super) after: Num<S>,
    /// Whether the crossing is the right end itself.
    pub(super) at_right: bool,
}

impl<S: Scalar> Crossing<S> {
    /// Length of the left line up to its check point.
    pub(super) fn left_length(&self) -> Num<S> {
        &self.from_left - &self.before
    }

    /// Length of the right line back to its check point.
    pub(super) fn right_length(&self) -> Num<S> {
        &self.from_right - &self.after
    }
}

/// Where the function turns from one line into another, as far as the checks beside it show.
pub(super) struct Bent<S> {
    pub(super) kink: Kink<Num<S>>,
    /// The slopes before and behind it, each `[outputs]`.
    slopes: [Vec<Num<S>>; 2],
    /// How near to it the function has to follow both lines.
    near: Num<S>,
}

impl<S: Scalar> Bent<S> {
    /// The positions right before it and right behind it.
    pub(super) fn sides(&self) -> [Num<S>; 2] {
        [&self.kink.position - &self.near, &self.kink.position + &self.near]
    }
}

impl<S: Scalar> LineSearch<'_, '_, S> {
    /// Whether both ends lie on one line, in every output.
    ///
    /// Slopes are asked about first: on a long interval a kink near one end leaves a chord
    /// that drowns in the far end's rounding, while the slopes still differ.
    pub(super) fn is_linear(&mut self, interval: &Interval<S>) -> Result<bool, Error> {
        let (left, right) = (&interval.left, &interval.right);
        // The shorter step carries the larger error: both enter the scale.
        let per_step = |end: &End<S>| self.mass_at(&self.lift(end.at)).over(&self.lift(end.step));
        let (Some(a), Some(b)) = (per_step(left), per_step(right)) else { return Ok(false) };
        let scale = &a + &b;
        for o in 0..left.slope.len() {
            let jump = &right.slope[o] - &left.slope[o];
            if !self.run.is_zero(Site::Slope, &jump, &scale)? {
                return Ok(false);
            }
        }
        let width = &self.lift(right.at) - &self.lift(left.at);
        let mass = &self.mass_at(&self.lift(left.at)) + &self.mass_at(&self.lift(right.at));
        for o in 0..left.value.len() {
            let chord = &(&right.value[o] - &left.value[o]) - &(&left.slope[o] * &width);
            if !self.run.is_zero(Site::Chord, &chord, &mass)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The crossing of the two end lines, in least squares over the outputs, if it lies inside.
    ///
    /// With `e = y_r − y_l − s_l·W` and `J = s_r − s_l`, the lines meet at the distance
    /// `Σ e·J / Σ J²` before the right end.
    pub(super) fn crossing(&mut self, interval: &Interval<S>) -> Result<Option<Crossing<S>>, Error> {
        let (left, right) = (&interval.left, &interval.right);
        let width = &self.lift(right.at) - &self.lift(left.at);
        let Some((from_right, jump)) = self.meet(interval, &left.slope, &right.slope) else { return Ok(None) };
        let room = &self.run.lift(1.0) + &(&self.lift(right.at) - &from_right).abs();
        let most = &room * &Dyadic::power(WIDE).lift(self.run.context);
        if self.run.sign(Site::Wide, &(&width - &most), &most)? == Ordering::Greater {
            return Ok(None);
        }
        let from_left = &width - &from_right;
        // An answer's rounding moves the crossing by its size over the jump.
        let mass = &self.mass_at(&self.lift(left.at)) + &self.mass_at(&self.lift(right.at));
        let Some(noise) = mass.over(&jump) else { return Ok(None) };
        let scale = &width + &noise;
        // On the right end itself, the check beside it tells a kink there from one that
        // lies within the step of the end's slope.
        let at_right = match self.run.sign(Site::Inside, &from_right, &scale)? {
            Ordering::Less => return Ok(None),
            Ordering::Equal => true,
            Ordering::Greater => false,
        };
        if self.run.sign(Site::Inside, &from_left, &scale)? != Ordering::Greater {
            return Ok(None);
        }
        let before = self.beside(&from_left, &room);
        let after = if at_right { before.clone() } else { self.beside(&from_right, &room) };
        Ok(Some(Crossing { from_left, from_right, jump, before, after, at_right }))
    }

    /// Distance from the right end at which lines of these slopes through the ends meet,
    /// and `Σ|J|`; `None` where the slopes agree.
    fn meet(&self, interval: &Interval<S>, left: &[Num<S>], right: &[Num<S>]) -> Option<(Num<S>, Num<S>)> {
        let width = &self.lift(interval.right.at) - &self.lift(interval.left.at);
        let (l, r) = (&interval.left.value[..], &interval.right.value[..]);
        meet(&self.run.zero(), &width, (l, left), (r, right))
    }

    /// `2^−BESIDE` of the harmonic sum of two lengths, which is below both of them.
    fn beside(&self, distance: &Num<S>, room: &Num<S>) -> Num<S> {
        let both = (distance * room).over(&(distance + room)).unwrap_or_else(|| self.run.zero());
        let share = (BESIDE * self.run.bits() / f64::MANTISSA_DIGITS) as i32;
        &both * &Dyadic::power(-share).lift(self.run.context)
    }

    /// Whether `value`, at `distance` from an end, lies on that end's line in every output: nearer
    /// to it than to the other end's line, and as near as rounding allows, so that no weak kink
    /// hides between.
    pub(super) fn follows(
        &mut self,
        end: &End<S>,
        distance: &Num<S>,
        value: &[Num<S>],
        scale: &Num<S>,
    ) -> Result<bool, Error> {
        let at = self.lift(end.at);
        let mass = &self.mass_at(&at) + &self.mass_at(&(&at + distance));
        for ((y, start), slope) in value.iter().zip(&end.value).zip(&end.slope) {
            let miss = &(y - start) - &(slope * distance);
            if !self.run.is_zero(Site::Crossing, &miss, scale)? || !self.run.is_zero(Site::Chord, &miss, &mass)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The bend at a crossing, its position refined with slopes over nearly the whole interval.
    pub(super) fn bent(
        &mut self,
        interval: &Interval<S>,
        crossing: &Crossing<S>,
        before: &[Num<S>],
        after: &[Num<S>],
    ) -> Result<Bent<S>, Error> {
        let left = self.slope(before, &interval.left.value, &crossing.left_length());
        let right = if crossing.at_right {
            interval.right.slope.clone()
        } else {
            self.slope(&interval.right.value, after, &crossing.right_length())
        };
        let from_right = match self.meet(interval, &left, &right) {
            Some((distance, _)) => distance,
            None => crossing.from_right.clone(),
        };
        let position = &self.lift(interval.right.at) - &from_right;
        let mass = self.mass_at(&position);
        let near = self.near(interval, crossing, &mass)?;
        let item = Item::new(self.line, interval.node);
        let place = (interval.left.at, interval.right.at);
        let ends = self.chords(interval, crossing, before, after);
        let kink = Kink { item, interval: place, position, gap: self.run.zero(), mass, ends };
        Ok(Bent { kink, slopes: [left, right], near })
    }

    /// How near to a bend the function has to follow both lines, so that they leave room for no
    /// second kink there.
    ///
    /// On an exact path that is a theorem; see [`APART`]. Where answers are rounded, a kink nearer
    /// than [`CLOSE`] roundoffs of them makes less of a difference than they show.
    fn near(&mut self, interval: &Interval<S>, crossing: &Crossing<S>, mass: &Num<S>) -> Result<Num<S>, Error> {
        let context = self.run.context;
        let mut near = if self.run.is_exact() {
            let ends = [&interval.left, &interval.right];
            let places = ends.map(|end| end.at.places().max(end.step.binade().unwrap_or_default().abs()));
            Dyadic::power(-(APART + APART_PLACES * places[0].max(places[1]))).lift(context)
        } else {
            let roundoffs = Dyadic::power(CLOSE - self.run.bits() as i32).lift(context);
            let noise = mass.over(&crossing.jump).unwrap_or_else(|| self.run.zero());
            &noise * &roundoffs
        };
        for checked in [&crossing.before, &crossing.after] {
            if self.run.sign(Site::Length, &(&near - checked), checked)?.is_gt() {
                near = checked.clone();
            }
        }
        Ok(near)
    }

    /// Whether the function follows the lines on both sides of a bend right up to it.
    ///
    /// `sides`: the answers at [`Bent::sides`]. Two kinks that lie nearer to each other than the
    /// checks beside their crossing pass those; where they bend against each other, their lines
    /// meet outside of them.
    ///
    /// On an exact path, the function then is one line just before the bend and the other just
    /// behind it, in every output: a kink, and no other within the distance asked at. Theorem
    /// `Separation.kink_is_alone`, about the lines of the interval's ends: the refined slopes are
    /// theirs, since the checks beside the crossing found exact zeros.
    pub(super) fn is_alone(&mut self, bent: &Bent<S>, sides: &[Vec<Num<S>>]) -> Result<bool, Error> {
        let [left, right] = &bent.slopes;
        let turned: Vec<Num<S>> = right.iter().zip(left).map(|(r, l)| r - l).collect();
        let scale = &self.run.l1(&turned) * &bent.near;
        let chords = bent.kink.ends.iter().zip(&bent.slopes);
        for ((Chord { at, beside, .. }, slopes), (place, answer)) in chords.zip(bent.sides().iter().zip(sides)) {
            let distance = place - at;
            for ((y, start), slope) in answer.iter().zip(beside).zip(slopes) {
                if !self.run.is_zero(Site::Crossing, &(&(y - start) - &(slope * &distance)), &scale)? {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// What the refined slopes were taken from.
    fn chords(
        &self,
        interval: &Interval<S>,
        crossing: &Crossing<S>,
        before: &[Num<S>],
        after: &[Num<S>],
    ) -> [Chord<Num<S>>; 2] {
        let (left, right) = (&interval.left, &interval.right);
        let middle = &self.lift(right.at) - &crossing.from_right;
        let (at, beside) = if crossing.at_right {
            (&self.lift(right.at) + &self.lift(right.step), right.beside.clone())
        } else {
            (&middle + &crossing.after, after.to_vec())
        };
        [
            Chord { value: left.value.clone(), at: &middle - &crossing.before, beside: before.to_vec() },
            Chord { value: right.value.clone(), at, beside },
        ]
    }

    /// Whether the line goes on without a bend from the interval of one kink to that of the next,
    /// up to the latter.
    pub(super) fn goes_on(&mut self, kink: &Kink<Num<S>>, next: &Kink<Num<S>>) -> Result<bool, Error> {
        let context = self.run.context;
        let slopes = chord_slope(kink, false, context).zip(chord_slope(next, false, context));
        let Some(((before, of_before), (after, of_after))) = slopes else { return Ok(false) };
        let (Some(a), Some(b)) = (kink.mass.over(&of_before), next.mass.over(&of_after)) else { return Ok(false) };
        let scale = &a + &b;
        self.run.open(kink.item);
        for (a, b) in after.iter().zip(&before) {
            if !self.run.is_zero(Site::Slope, &(a - b), &scale)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// The slope before a kink, or behind it, `[outputs]`, with the length that it was taken over.
pub fn chord_slope<S: Scalar>(kink: &Kink<Num<S>>, behind: bool, context: S::Context) -> Option<(Vec<Num<S>>, Num<S>)> {
    let end = if behind { kink.interval.1 } else { kink.interval.0 }.lift::<S>(context);
    let Chord { value, at, beside } = &kink.ends[usize::from(behind)];
    let length = at - &end;
    let slopes = beside.iter().zip(value).map(|(y, x)| (y - x).over(&length)).collect::<Option<_>>()?;
    Some((slopes, length.abs()))
}

/// The change of slope at a kink, `[outputs]`, with the lengths that the slopes on either side were taken over.
///
/// Exact in ℚ. `None` where a length is zero.
pub fn jump<S: Scalar>(kink: &Kink<Num<S>>, context: S::Context) -> Option<(Vec<Num<S>>, [Num<S>; 2])> {
    let ((left, before), (right, behind)) = chord_slope(kink, false, context).zip(chord_slope(kink, true, context))?;
    Some((right.iter().zip(&left).map(|(r, l)| r - l).collect(), [before, behind]))
}

/// The position of a kink along its line, and the jump of slopes there, `Σ|J|`: where the lines through its chords meet.
///
/// Exact in ℚ. `None` where the slopes agree.
pub fn position<S: Scalar>(kink: &Kink<Num<S>>, context: S::Context) -> Option<(Num<S>, Num<S>)> {
    let [left, right] = [kink.interval.0, kink.interval.1].map(|end| end.lift::<S>(context));
    let ((before, _), (behind, _)) = chord_slope(kink, false, context).zip(chord_slope(kink, true, context))?;
    let [l, r] = [&kink.ends[0].value[..], &kink.ends[1].value[..]];
    let (distance, jump) = meet(&Num::lift(0.0, context), &(&right - &left), (l, &before), (r, &behind))?;
    Some((&right - &distance, jump))
}

/// Distance before the right end at which two lines meet, and `Σ|J|`; `None` where their
/// slopes agree.
///
/// `width`: the distance of the ends; `left`, `right`: value and slope at either, each
/// `[outputs]`. With `e = y_r − y_l − s_l·W` and `J = s_r − s_l` it is `Σ e·J / Σ J²`. Exact
/// in ℚ. Theorem `CriticalPoint.critical_point_several`.
pub fn meet<S: Scalar>(
    zero: &Num<S>,
    width: &Num<S>,
    left: (&[Num<S>], &[Num<S>]),
    right: (&[Num<S>], &[Num<S>]),
) -> Option<(Num<S>, Num<S>)> {
    let jump: Vec<Num<S>> = right.1.iter().zip(left.1).map(|(r, l)| r - l).collect();
    let ends = right.0.iter().zip(left.0).zip(left.1);
    let miss: Vec<Num<S>> = ends.map(|((r, l), slope)| &(r - l) - &(slope * width)).collect();
    let distance = dot(zero.clone(), &miss, &jump).over(&dot(zero.clone(), &jump, &jump))?;
    Some((distance, l1(zero.clone(), &jump)))
}
