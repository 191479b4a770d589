//! Critical points: where one hidden unit changes sign along a random line.

mod crossing;

pub(in crate::attack) use crossing::chord_slope;
pub use crossing::{jump, position};

use crate::attack::{Error, Run};
use crate::judge::{Item, Site, Stage};
use crate::net::Draw;
use crate::num::{Dyadic, Num, Scalar, lift_all};
use crate::oracle::Batch;
use crate::trace::{Kink, Line, Unresolved};
use std::cmp::Ordering;

/// Kinks are looked for between `−2^REACH` and `2^REACH` along each line.
const REACH: i32 = 64;
/// On an exact path they are looked for as far as `±2^FAR`: `f64` weights put none farther out.
pub(super) const FAR: i32 = 2240;
/// A slope is taken over `2^−STEP` of its interval.
const STEP: i32 = 7;
/// A slope is taken again when its step exceeds `2^−STALE` of its interval.
const STALE: i32 = 3;
/// Intervals open on a line at once: more than networks that fit into memory have hidden units
/// between them, unless answers are noisier than they are taken for.
const MOST_OPEN: usize = 1 << 16;
/// The same through deep networks, whose units are fewer: what rounding makes of an ill-conditioned layer ends here.
const MOST_OPEN_DEEP: usize = 1 << 11;
/// `2^−SHARED` of what all lines show of an answer's terms counts on each: a line nearly parallel
/// to the only hyperplane shows less than what is rounded.
const SHARED: i32 = 6;
/// Bits of the random coordinates.
const DRAW_BITS: u32 = 20;

/// Searches all lines and fills `lines`, `kinks` and `unresolved` of the trace.
///
/// About 9 queries a kink, and 8 a line. A generic line crosses every hyperplane once,
/// so each line sees every neuron; several lines give a choice of critical points.
pub fn locate<S: Scalar>(run: &mut Run<'_, S>) -> Result<(), Error> {
    more(run, run.options.lines)
}

/// The random line of this index: a choice of the attacker's, made by the seed alone.
fn line(seed: u64, index: usize, inputs: usize) -> Line {
    let mut draw = Draw::new(seed, "lines");
    let mut entries = || (0..inputs).map(|_| draw.dyadic(DRAW_BITS)).collect();
    (0..2 * index).for_each(|_| drop::<Vec<f64>>(entries()));
    Line { origin: entries(), direction: entries() }
}

/// Searches one more line.
pub(in crate::attack) fn another<S: Scalar>(run: &mut Run<'_, S>) -> Result<(), Error> {
    more(run, 1)
}

/// Searches this many more lines: all of them from afar first, for the size of an answer's terms.
fn more<S: Scalar>(run: &mut Run<'_, S>, count: usize) -> Result<(), Error> {
    let first = run.trace.located.lines.len();
    let lines: Vec<Line> = (first..first + count).map(|index| line(run.options.seed, index, run.inputs())).collect();
    let mut roots = Vec::with_capacity(count);
    for (index, line) in (first..).zip(&lines) {
        let mut search = LineSearch::new(run, index as u32, line);
        let open = search.roots()?;
        let mass = search.mass;
        run.mass = [&run.mass[0] + &mass[0], &run.mass[1] + &mass[1]];
        roots.push((open, mass));
    }
    let share = Dyadic::power(-SHARED).lift(run.context);
    for ((index, line), (open, [still, moving])) in (first..).zip(lines).zip(roots) {
        let mass = [&still + &(&share * &run.mass[0]), &moving + &(&share * &run.mass[1])];
        let (kinks, unresolved) = LineSearch { mass, ..LineSearch::new(run, index as u32, &line) }.kinks(open)?;
        run.trace.located.lines.push(line);
        run.trace.located.kinks.push(kinks);
        run.trace.located.unresolved.extend(unresolved);
    }
    Ok(())
}

/// Searches one line and adds it to the trace: between two positions, or as far as `±2^REACH`.
///
/// For victims of any depth. Between positions, both with some room behind the second, it is one interval.
/// About 9 queries a kink, and 4 or 8 a line.
pub(in crate::attack) fn on<S: Scalar>(
    run: &mut Run<'_, S>,
    line: Line,
    ends: Option<(Dyadic, Dyadic)>,
) -> Result<(), Error> {
    let index = run.trace.located.lines.len() as u32;
    let mut search = LineSearch::new(run, index, &line);
    let open = match ends {
        None => search.roots()?,
        Some((left, right)) => vec![search.root(left, right)?],
    };
    let (kinks, unresolved) = search.kinks(open)?;
    run.trace.located.lines.push(line);
    run.trace.located.kinks.push(kinks);
    run.trace.located.unresolved.extend(unresolved);
    Ok(())
}

/// An end of an interval: a position, the answers there and a step to the right, and the slope.
#[derive(Clone)]
struct End<S> {
    at: Dyadic,
    value: Vec<Num<S>>,
    beside: Vec<Num<S>>,
    slope: Vec<Num<S>>,
    step: Dyadic,
}

/// `(left, right]`: a kink on the right end belongs to it, one on the left end does not.
struct Interval<S> {
    node: u128,
    left: End<S>,
    right: End<S>,
}

impl<S: Scalar> Interval<S> {
    /// `⌊log2⌋` of its width.
    fn size(&self) -> Option<i32> {
        size(self.left.at, self.right.at)
    }
}

/// What is left of an interval after the two-linear test.
enum Verdict<S> {
    Linear,
    /// With whether it lies on the right end.
    Kink(Kink<Num<S>>, bool),
    Split,
}

struct LineSearch<'r, 'a, S: Scalar> {
    run: &'r mut Run<'a, S>,
    line: u32,
    origin: Vec<Num<S>>,
    direction: Vec<Num<S>>,
    /// An answer at `t` has terms of about `mass[0] + mass[1]·|t|`.
    mass: [Num<S>; 2],
}

impl<'r, 'a, S: Scalar> LineSearch<'r, 'a, S> {
    fn new(run: &'r mut Run<'a, S>, line: u32, place: &Line) -> Self {
        let (origin, direction) = (lift_all(&place.origin, run.context), lift_all(&place.direction, run.context));
        let mass = [run.zero(), run.zero()];
        Self { run, line, origin, direction, mass }
    }

    fn lift(&self, position: Dyadic) -> Num<S> {
        position.lift(self.run.context)
    }

    fn ask(&mut self, at: &[Num<S>]) -> Result<Vec<Vec<Num<S>>>, Error> {
        let batch = Batch::Line { origin: &self.origin, direction: &self.direction, at };
        self.run.ask(&batch)
    }

    fn mass_at(&self, position: &Num<S>) -> Num<S> {
        &self.mass[0] + &(&self.mass[1] * &position.abs())
    }

    /// The ends at these positions, each with a slope over its step: two queries an end.
    fn ends(&mut self, places: &[(Dyadic, Dyadic)]) -> Result<Vec<End<S>>, Error> {
        let mut at = Vec::with_capacity(2 * places.len());
        for &(position, step) in places {
            let position = self.lift(position);
            at.push(&position + &self.lift(step));
            at.push(position);
        }
        let answers = self.ask(&at)?;
        let ends = places.iter().zip(answers.chunks_exact(2)).map(|(&(position, step), pair)| {
            let slope = self.slope(&pair[0], &pair[1], &self.lift(step));
            End { at: position, value: pair[1].clone(), beside: pair[0].clone(), slope, step }
        });
        Ok(ends.collect())
    }

    /// `(far − near) / length` for each output; a zero length leaves zero slopes.
    fn slope(&self, far: &[Num<S>], near: &[Num<S>], length: &Num<S>) -> Vec<Num<S>> {
        let zero = self.run.zero();
        far.iter().zip(near).map(|(f, n)| (f - n).over(length).unwrap_or_else(|| zero.clone())).collect()
    }

    /// All kinks of these intervals, in order along the line.
    fn kinks(mut self, mut open: Vec<Interval<S>>) -> Result<(Vec<Kink<Num<S>>>, Vec<Unresolved>), Error> {
        let mut found = Vec::new();
        let mut unresolved = Vec::new();
        while !open.is_empty() {
            let most = if self.run.deep { MOST_OPEN_DEEP } else { MOST_OPEN };
            if open.len() > most {
                let what = format!(
                    "line {} seems to bend in more than {most} intervals: its answers are rounded more than their \
                     size tells; terms of the victim cancel, or its answers have fewer bits than this run takes them for",
                    self.line
                );
                return Err(Error::degenerate(Stage::Locate, Item::new(self.line, open[0].node), what));
            }
            self.refresh(&mut open)?;
            let mut rest = Vec::new();
            for (interval, verdict) in self.judge(open)? {
                match verdict {
                    Verdict::Linear => {}
                    Verdict::Kink(kink, at_right) => found.push((kink, at_right)),
                    Verdict::Split => rest.push(interval),
                }
            }
            open = self.split(rest, &mut unresolved)?;
        }
        found.sort_by(|(a, _), (b, _)| a.interval.0.compare(b.interval.0));
        let kinks = self.once(found)?;
        Ok((self.gaps(kinks)?, unresolved))
    }

    /// Each kink once; `found`: in order, each with whether it lies on its interval's right end.
    ///
    /// A kink so little beyond that end that the check beside it passes is reported there, and
    /// by the next interval, which holds it.
    fn once(&mut self, found: Vec<(Kink<Num<S>>, bool)>) -> Result<Vec<Kink<Num<S>>>, Error> {
        let mut kinks: Vec<Kink<Num<S>>> = Vec::with_capacity(found.len());
        let mut on_end = false;
        for (kink, at_right) in found {
            if let Some(last) = kinks.last()
                && on_end
                && last.interval.1 == kink.interval.0
                && self.goes_on(last, &kink)?
            {
                kinks.pop();
            }
            kinks.push(kink);
            on_end = at_right;
        }
        Ok(kinks)
    }

    /// Three intervals: the middle `(−1, 1]` and what lies on either side of it; on an exact
    /// path two more beyond them.
    fn roots(&mut self) -> Result<Vec<Interval<S>>, Error> {
        let end = |exponent: i32| (Dyadic::power(exponent), Dyadic::power(exponent - STEP));
        let mirrored = |exponent: i32| (Dyadic::power(exponent).negated(), Dyadic::power(exponent - STEP));
        let near = self.ends(&[mirrored(REACH), mirrored(0), end(0), end(REACH)])?;
        self.mass[0] = &self.run.l1(&near[1].value) + &self.run.l1(&near[2].value);
        self.mass[1] = near.iter().fold(self.run.zero(), |sum, end| &sum + &self.run.l1(&end.slope));
        let node = |i: usize| Interval { node: 4 + i as u128, left: near[i].clone(), right: near[i + 1].clone() };
        let mut roots: Vec<Interval<S>> = (0..3).map(node).collect();
        if self.run.is_exact() && !self.run.deep {
            let far = self.ends(&[mirrored(FAR), end(FAR)])?;
            roots.push(Interval { node: 14, left: far[0].clone(), right: near[0].clone() });
            roots.push(Interval { node: 15, left: near[3].clone(), right: far[1].clone() });
        }
        Ok(roots)
    }

    /// The interval between two positions: two queries an end.
    fn root(&mut self, left: Dyadic, right: Dyadic) -> Result<Interval<S>, Error> {
        let step = Dyadic::power(size(left, right).unwrap_or_default() - STEP);
        let mut ends = self.ends(&[(left, step), (right, step)])?;
        // What known kinks take off an answer is rounded with it.
        for (end, at) in ends.iter().zip([left, right]) {
            let terms = self.terms(at);
            self.mass[0] = &(&self.mass[0] + &self.run.l1(&end.value)) + &terms;
            self.mass[1] = &self.mass[1] + &self.run.l1(&end.slope);
        }
        let (right, left) = (ends.pop(), ends.pop());
        match (left, right) {
            (Some(left), Some(right)) => Ok(Interval { node: 4, left, right }),
            _ => Err(Error::degenerate(Stage::Locate, Item::new(self.line, 4), "no answers")),
        }
    }

    /// What the view's known kinks add to an answer at a position, without cancellation.
    fn terms(&self, at: Dyadic) -> Num<S> {
        let at = self.lift(at);
        let point: Vec<Num<S>> = self.origin.iter().zip(&self.direction).map(|(u, v)| u + &(&at * v)).collect();
        let terms = self.run.view.as_ref().and_then(|view| view.terms(&[point]).pop());
        terms.unwrap_or_else(|| self.run.zero())
    }

    /// Takes slopes again whose step has become long beside their interval.
    fn refresh(&mut self, open: &mut [Interval<S>]) -> Result<(), Error> {
        let mut stale = Vec::new();
        for (index, interval) in open.iter().enumerate() {
            let Some(size) = interval.size() else { continue };
            for right in [false, true] {
                let step = if right { interval.right.step } else { interval.left.step };
                if step.binade().is_some_and(|k| k > size - STALE) {
                    stale.push((index, right, Dyadic::power(size - STEP)));
                }
            }
        }
        let at: Vec<Num<S>> = stale
            .iter()
            .map(|&(index, right, step)| {
                let end = if right { &open[index].right } else { &open[index].left };
                &self.lift(end.at) + &self.lift(step)
            })
            .collect();
        let answers = self.ask(&at)?;
        for (&(index, right, step), far) in stale.iter().zip(&answers) {
            let end = if right { &mut open[index].right } else { &mut open[index].left };
            end.slope = self.slope(far, &end.value, &self.lift(step));
            (end.beside, end.step) = (far.clone(), step);
        }
        Ok(())
    }

    /// The two-linear test on every interval, in three rounds of queries: before the crossing of its
    /// lines, behind it, and right beside it.
    fn judge(&mut self, open: Vec<Interval<S>>) -> Result<Vec<(Interval<S>, Verdict<S>)>, Error> {
        let mut verdicts = Vec::with_capacity(open.len());
        let mut candidates = Vec::new();
        for (index, interval) in open.iter().enumerate() {
            self.run.open(Item::new(self.line, interval.node));
            if self.is_linear(interval)? {
                verdicts.push(Verdict::Linear);
                continue;
            }
            verdicts.push(Verdict::Split);
            candidates.extend(self.crossing(interval)?.map(|crossing| (index, crossing)));
        }
        // A crossing of the two lines is a kink only if the function follows both of them right
        // beside it: where an interval holds several kinks the lines can meet at a point where
        // the function still follows one of them. One side first: most false crossings end there.
        let at: Vec<Num<S>> = candidates.iter().map(|(i, c)| &self.lift(open[*i].left.at) + &c.left_length()).collect();
        let before = self.ask(&at)?;
        let mut one_sided = Vec::new();
        for ((index, crossing), before) in candidates.into_iter().zip(before) {
            let interval = &open[index];
            self.run.open(Item::new(self.line, interval.node));
            let apart = &crossing.jump * &crossing.before;
            if self.follows(&interval.left, &crossing.left_length(), &before, &apart)? {
                one_sided.push((index, crossing, before));
            }
        }
        let at: Vec<Num<S>> =
            one_sided.iter().map(|(i, c, _)| &self.lift(open[*i].right.at) - &c.right_length()).collect();
        let answers = self.ask(&at)?;
        let mut found = Vec::new();
        for ((index, crossing, before), behind) in one_sided.into_iter().zip(answers) {
            let interval = &open[index];
            self.run.open(Item::new(self.line, interval.node));
            let apart = &crossing.jump * &crossing.after;
            if self.follows(&interval.right, &-&crossing.right_length(), &behind, &apart)? {
                found.push((index, crossing.at_right, self.bent(interval, &crossing, &before, &behind)?));
            }
        }
        let at: Vec<Num<S>> = found.iter().flat_map(|(_, _, bent)| bent.sides()).collect();
        let answers = self.ask(&at)?;
        for ((index, at_right, bent), sides) in found.into_iter().zip(answers.chunks_exact(2)) {
            self.run.open(Item::new(self.line, open[index].node));
            if self.is_alone(&bent, sides)? {
                verdicts[index] = Verdict::Kink(bent.kink, at_right);
            }
        }
        Ok(open.into_iter().zip(verdicts).collect())
    }

    /// Halves every interval: at a power of two while it spans several, else in the middle.
    fn split(&mut self, open: Vec<Interval<S>>, unresolved: &mut Vec<Unresolved>) -> Result<Vec<Interval<S>>, Error> {
        let mut halves = Vec::new();
        let mut places = Vec::new();
        for interval in open {
            self.run.open(Item::new(self.line, interval.node));
            let (left, right) = (self.lift(interval.left.at), self.lift(interval.right.at));
            let scale = &(&left.abs() + &right.abs()) + &self.run.lift(1.0);
            let short = self.run.is_zero(Site::Width, &(&right - &left), &scale)?;
            match middle(interval.left.at, interval.right.at).filter(|_| !short) {
                Some(place) => {
                    places.push(place);
                    halves.push(interval);
                }
                None => unresolved.push(Unresolved {
                    item: Item::new(self.line, interval.node),
                    left: interval.left.at,
                    right: interval.right.at,
                }),
            }
        }
        let ends = self.ends(&places)?;
        let children = halves.into_iter().zip(ends).flat_map(|(parent, end)| {
            [
                Interval { node: 2 * parent.node, left: parent.left, right: end.clone() },
                Interval { node: 2 * parent.node + 1, left: end, right: parent.right },
            ]
        });
        Ok(children.collect())
    }

    /// Fills in the distance to the nearest neighbour.
    fn gaps(&mut self, mut kinks: Vec<Kink<Num<S>>>) -> Result<Vec<Kink<Num<S>>>, Error> {
        for i in 0..kinks.len() {
            self.run.open(kinks[i].item);
            let to = |j: usize| (&kinks[j].position - &kinks[i].position).abs();
            let gap = match (i.checked_sub(1), (i + 1 < kinks.len()).then_some(i + 1)) {
                (None, None) => &kinks[i].position.abs() + &self.run.lift(1.0),
                (Some(j), None) | (None, Some(j)) => to(j),
                (Some(j), Some(k)) => {
                    let (before, after) = (to(j), to(k));
                    match self.run.sign(Site::Length, &(&before - &after), &before)? {
                        Ordering::Less => before,
                        _ => after,
                    }
                }
            };
            kinks[i].gap = gap;
        }
        Ok(kinks)
    }
}

/// A position strictly between, and the step of its slope; `None` when they are too close.
fn middle(left: Dyadic, right: Dyadic) -> Option<(Dyadic, Dyadic)> {
    let half = || Some(left.plus(right)?.scaled(-1));
    let at = match (left.binade(), right.binade()) {
        (Some(l), Some(r)) if left.signum() == right.signum() && (l - r).abs() >= 2 => {
            let power = Dyadic::power((l + r).div_euclid(2));
            if left.signum() < 0 { power.negated() } else { power }
        }
        _ => half()?,
    };
    let step = Dyadic::power(size(left, at)?.min(size(at, right)?) - STEP);
    // The step's far end must be a position, too.
    at.plus(step)?;
    Some((at, step))
}

/// `⌊log2(right − left)⌋`, or one less; `None` of nothing.
fn size(left: Dyadic, right: Dyadic) -> Option<i32> {
    match right.plus(left.negated()) {
        Some(width) => width.binade(),
        // Too far apart in size to be subtracted: the larger is nearly the width.
        None => Some(left.binade()?.max(right.binade()?) - 1),
    }
}
