//! A line cut at its kinks: the segments, in each of which the function is affine.

use crate::attack::stages::locate::{chord_slope, jump};
use crate::attack::{Error, Run};
use crate::judge::{Item, Site};
use crate::num::{Dyadic, Num, Scalar, lift_all};
use crate::trace::Kink;

/// The node that names the segment before a line's first kink.
const BEFORE: u128 = 1;
/// How far beyond a line's last kink a gradient is measured, in powers of two of its distance.
const BEYOND: i32 = 2;
/// What answers there may reach beside those at the kink, as a power of two.
const GROWN: i32 = 3;

/// A line with its kinks and the segments between them.
pub(super) struct Course<S> {
    /// `[inputs]`.
    pub(super) origin: Vec<Num<S>>,
    /// `[inputs]`.
    pub(super) direction: Vec<Num<S>>,
    /// In order along the line.
    pub(super) bends: Vec<Bend<S>>,
    /// One more than bends: segment `i` ends at bend `i`.
    pub(super) segments: Vec<Segment<S>>,
}

/// A kink, or a part of the line where kinks could not be told apart.
pub(super) struct Bend<S> {
    pub(super) item: Item,
    pub(super) position: Num<S>,
    /// What holds it.
    pub(super) interval: (Dyadic, Dyadic),
    /// Where slopes taken from either end of that reach to.
    pub(super) chords: Option<[Num<S>; 2]>,
    /// Change of the slope along the line, `[outputs]`; empty where kinks were not told apart.
    pub(super) jump: Vec<Num<S>>,
    /// Error of that change, in roundoffs.
    pub(super) blur: Num<S>,
    /// Output mass there.
    pub(super) mass: Num<S>,
    /// The row that it belongs to, once that is known.
    pub(super) unit: Option<usize>,
}

/// What lies between two neighbouring bends, or beyond the last.
pub(super) struct Segment<S> {
    pub(super) item: Item,
    /// A dyadic position at least a quarter of the width away from both ends.
    pub(super) place: Option<Dyadic>,
    /// `⌊log2⌋` of its width.
    pub(super) size: i32,
    /// The same relative to the distance from the line's origin.
    pub(super) quality: i32,
    /// Whether it is left to another line.
    pub(super) thin: bool,
    /// Output mass.
    pub(super) mass: Num<S>,
    /// The slope along the line, `[outputs]`, with the length that it was taken over.
    pub(super) slope: Option<(Vec<Num<S>>, Num<S>)>,
    /// What has been measured in it.
    pub(super) gradient: Option<Gradient<S>>,
    /// Whether measuring was given up.
    pub(super) failed: bool,
}

/// The gradient at a point.
pub(in crate::attack) struct Gradient<S> {
    /// Position along the line.
    pub(in crate::attack) at: Num<S>,
    /// `[inputs]`.
    pub(in crate::attack) point: Vec<Num<S>>,
    /// The answer there, `[outputs]`.
    pub(in crate::attack) answer: Vec<Num<S>>,
    /// `log2` of the step along each axis, `[inputs]`.
    pub(in crate::attack) steps: Vec<i32>,
    /// `[inputs]` of `[outputs]`.
    pub(in crate::attack) slopes: Vec<Vec<Num<S>>>,
    /// Output mass over the step: an entry's error in roundoffs.
    pub(in crate::attack) error: Num<S>,
}

impl<S: Scalar> Bend<S> {
    /// Whether it is one kink, so that a row can explain it.
    pub(super) fn is_kink(&self) -> bool {
        !self.jump.is_empty()
    }

    /// Whether it is a kink that no known row explains.
    pub(super) fn is_open(&self) -> bool {
        self.is_kink() && self.unit.is_none()
    }
}

/// A bend with all that segments need of it.
struct Mark<S> {
    item: Item,
    /// The interval that holds it.
    interval: (Dyadic, Dyadic),
    kink: Option<Kink<Num<S>>>,
}

impl<S: Scalar> Mark<S> {
    /// Where it begins, or ends.
    fn position(&self, end: bool, context: S::Context) -> Num<S> {
        match &self.kink {
            Some(kink) => kink.position.clone(),
            None => if end { self.interval.1 } else { self.interval.0 }.lift(context),
        }
    }

    /// The slope on one side of a kink, with the length that it was taken over.
    fn slope(&self, right: bool, context: S::Context) -> Option<(Vec<Num<S>>, Num<S>)> {
        chord_slope(self.kink.as_ref()?, right, context)
    }
}

impl<S: Scalar> Course<S> {
    /// Line `index` of the trace.
    pub(super) fn new(run: &mut Run<'_, S>, index: usize) -> Result<Self, Error> {
        let line = run.trace.located.lines[index].clone();
        let of_kink = |kink: &Kink<Num<S>>| Mark { item: kink.item, interval: kink.interval, kink: Some(kink.clone()) };
        let mut marks: Vec<Mark<S>> = run.trace.located.kinks[index].iter().map(of_kink).collect();
        let unresolved = run.trace.located.unresolved.iter().filter(|part| part.item.line as usize == index);
        marks.extend(unresolved.map(|part| Mark { item: part.item, interval: (part.left, part.right), kink: None }));
        marks.sort_by(|a, b| a.interval.0.compare(b.interval.0));
        let first = Item::new(index as u32, BEFORE);
        let segments = (0..=marks.len())
            .map(|i| Segment::new(run, first, i.checked_sub(1).map(|i| &marks[i]), marks.get(i)))
            .collect::<Result<_, _>>()?;
        let context = run.context;
        let bend = |mark: &Mark<S>| {
            let mass = mark.kink.as_ref().map_or_else(|| run.zero(), |kink| kink.mass.clone());
            let jump = mark.kink.as_ref().and_then(|kink| jump(kink, context));
            let (jump, blur) = jump.map_or((Vec::new(), run.zero()), |(jump, lengths)| {
                let errors = lengths.map(|length| mass.over(&length).unwrap_or_else(|| run.zero()));
                (jump, &errors[0] + &errors[1])
            });
            let (item, position) = (mark.item, mark.position(false, context));
            let chords = mark.kink.as_ref().map(|kink| kink.ends.clone().map(|chord| chord.at));
            Bend { item, position, interval: mark.interval, chords, jump, blur, mass, unit: None }
        };
        let bends = marks.iter().map(bend).collect();
        let (origin, direction) = (lift_all(&line.origin, run.context), lift_all(&line.direction, run.context));
        Ok(Self { origin, direction, bends, segments })
    }

    /// The point at a position, `[inputs]`.
    pub(super) fn point(&self, at: &Num<S>) -> Vec<Num<S>> {
        self.origin.iter().zip(&self.direction).map(|(u, v)| u + &(at * v)).collect()
    }
}

impl<S: Scalar> Segment<S> {
    /// The segment between two bends, or beyond one. `first`: names it where nothing is before it.
    fn new(run: &mut Run<'_, S>, first: Item, left: Option<&Mark<S>>, right: Option<&Mark<S>>) -> Result<Self, Error> {
        let item = left.map_or(first, |mark| mark.item);
        run.open(item);
        let start = left.map(|mark| mark.position(true, run.context));
        let end = right.map(|mark| mark.position(false, run.context));
        let (place, size, quality, thin) = match (&start, &end) {
            (Some(start), Some(end)) => between(run, (start, end), left, right)?,
            (Some(last), None) => beyond(run, last, false)?,
            (None, Some(last)) => beyond(run, last, true)?,
            (None, None) => (None, 0, 0, false),
        };
        let masses = [left, right].into_iter().flatten().filter_map(|mark| mark.kink.as_ref());
        let mass = masses.fold(run.zero(), |sum, kink| &sum + &kink.mass);
        let grown = if start.is_some() && end.is_some() { 0 } else { GROWN };
        let slope = left.and_then(|mark| mark.slope(true, run.context));
        let slope = slope.or_else(|| right.and_then(|mark| mark.slope(false, run.context)));
        // Where kinks could not be told apart on both sides nothing is known of answers.
        let place = place.filter(|_| slope.is_some());
        let mass = &mass * &Dyadic::power(grown).lift(run.context);
        Ok(Self { item, place, size, quality, thin, mass, slope, gradient: None, failed: false })
    }
}

/// Place, size, quality and thinness.
type Room = (Option<Dyadic>, i32, i32, bool);

/// Room between two bends.
fn between<S: Scalar>(
    run: &mut Run<'_, S>,
    (start, end): (&Num<S>, &Num<S>),
    left: Option<&Mark<S>>,
    right: Option<&Mark<S>>,
) -> Result<Room, Error> {
    let width = end - start;
    let far = &run.lift(1.0) + &(&start.abs() + &end.abs());
    let thin = run.is_zero(Site::Thin, &width, &far)?;
    let size = run.binade(&width)?;
    let quality = size - run.binade(&far)?;
    let middle = &(start + end) * &run.lift(0.5);
    let (Some(mut low), Some(mut high)) = (left.map(|mark| mark.interval.0), right.map(|mark| mark.interval.1)) else {
        return Ok((None, size, quality, thin));
    };
    // The middle stays in a bracket, until that is less than a quarter of the width.
    loop {
        let width_left = high.plus(low.negated()).map(|rest| rest.binade().is_some_and(|k| k >= size - 2));
        let half = low.plus(high).map(|sum| sum.scaled(-1));
        let (Some(wide), Some(half)) = (width_left, half) else {
            // Ends too far apart in size to be added: half the larger one is inside.
            let ahead = run.sign(Site::Length, &middle, &width)?.is_gt();
            let half = Dyadic::power(size - 1);
            return Ok((Some(if ahead { half } else { half.negated() }), size, quality, thin));
        };
        if !wide {
            break;
        }
        let ahead = run.sign(Site::Length, &(&middle - &half.lift(run.context)), &width)?.is_gt();
        if ahead { low = half } else { high = half }
    }
    Ok((Some(high), size, quality, thin))
}

/// Room beyond the last bend, or before the first.
fn beyond<S: Scalar>(run: &mut Run<'_, S>, last: &Num<S>, before: bool) -> Result<Room, Error> {
    let far = run.binade(&(&run.lift(1.0) + &last.abs()))?;
    // |last| < 2^(far+1), so that half of 2^(far+2) is left between them.
    let place = Dyadic::power(far + BEYOND);
    Ok((Some(if before { place.negated() } else { place }), far + BEYOND, 0, false))
}
