//! Which kinks of a line are found from answers of so many bits: the two-linear test on paper.

use super::Level;
use super::geometry::{Geometry, binade, l1, rounding};
use crate::attack::textbook::locate::crossing::{BESIDE, CLOSE, WIDE};
use crate::attack::textbook::locate::{REACH, SHARED, STALE, STEP};
use crate::judge::Site;

/// A kink that is found.
#[derive(Clone)]
pub(super) struct Kink {
    pub(super) line: usize,
    /// The path of halvings to its interval.
    pub(super) node: u128,
    /// Where the crossing of the two lines lies.
    pub(super) position: f64,
    /// Typical error of that, from the rounding of answers.
    pub(super) blur: f64,
    pub(super) interval: (f64, f64),
    /// Where the slopes taken from either end of that reach to.
    pub(super) chords: [f64; 2],
    /// Change of slope, `[outputs]`.
    pub(super) jump: Vec<f64>,
    pub(super) mass: f64,
    pub(super) gap: f64,
    /// The units whose hyperplanes cross the interval.
    pub(super) units: Vec<usize>,
}

/// What a line shows.
pub(super) struct Found {
    pub(super) kinks: Vec<Kink>,
    /// Intervals whose kinks cannot be told apart.
    pub(super) unresolved: Vec<(u128, f64, f64)>,
}

#[derive(Clone)]
struct End {
    at: f64,
    value: Vec<f64>,
    beside: Vec<f64>,
    step: f64,
}

impl End {
    fn new(geometry: &Geometry, line: usize, at: f64, step: f64) -> Self {
        let [value, beside] = [at, at + step].map(|at| geometry.answer_on(line, at));
        Self { at, value, beside, step }
    }

    fn slope(&self) -> Vec<f64> {
        self.beside.iter().zip(&self.value).map(|(b, y)| (b - y) / self.step).collect()
    }
}

struct Interval {
    node: u128,
    left: End,
    right: End,
}

struct Crossing {
    from_left: f64,
    from_right: f64,
    jump: f64,
    before: f64,
    after: f64,
    at_right: bool,
}

struct Search<'a> {
    geometry: &'a Geometry,
    line: usize,
    level: Level,
    mass: (f64, f64),
}

/// The kinks of a line that answers of this precision show, in order.
///
/// `seen`: how many lines have been looked at from afar by then.
pub(super) fn search(geometry: &Geometry, line: usize, seen: usize, level: Level) -> Found {
    let (mut open, (still, moving)) = roots(geometry, line);
    let all: Vec<(f64, f64)> = (0..seen).map(|line| roots(geometry, line).1).collect();
    let share = |of_line: fn(&(f64, f64)) -> f64| 2f64.powi(-SHARED) * all.iter().map(of_line).sum::<f64>();
    let mass = (still + share(|mass| mass.0), moving + share(|mass| mass.1));
    let search = Search { geometry, line, level, mass };
    let mut found = Found { kinks: Vec::new(), unresolved: Vec::new() };
    while !open.is_empty() {
        let mut halves = Vec::new();
        for mut interval in open {
            search.refresh(&mut interval);
            if search.is_linear(&interval) {
                continue;
            }
            match search.kink(&interval) {
                Some(kink) => found.kinks.push(kink),
                None => search.split(interval, &mut halves, &mut found.unresolved),
            }
        }
        open = halves;
    }
    found.kinks.sort_by(|a, b| a.interval.0.total_cmp(&b.interval.0));
    gaps(&mut found.kinks);
    found
}

/// The three intervals that the search of a line begins with, and the line's own mass.
fn roots(geometry: &Geometry, line: usize) -> (Vec<Interval>, (f64, f64)) {
    let place = |sign: f64, k: i32| End::new(geometry, line, sign * 2f64.powi(k), 2f64.powi(k - STEP));
    let ends = [place(-1.0, REACH), place(-1.0, 0), place(1.0, 0), place(1.0, REACH)];
    let mass = (l1(&ends[1].value) + l1(&ends[2].value), ends.iter().map(|end| l1(&end.slope())).sum());
    let root = |i: usize| Interval { node: 4 + i as u128, left: ends[i].clone(), right: ends[i + 1].clone() };
    ((0..3).map(root).collect(), mass)
}

fn gaps(kinks: &mut [Kink]) {
    let positions: Vec<f64> = kinks.iter().map(|kink| kink.position).collect();
    for (i, kink) in kinks.iter_mut().enumerate() {
        let before = i.checked_sub(1).map(|j| kink.position - positions[j]);
        let after = positions.get(i + 1).map(|next| next - kink.position);
        let gap = before.into_iter().chain(after).map(f64::abs).reduce(f64::min);
        kink.gap = gap.unwrap_or(1.0 + kink.position.abs());
    }
}

impl Search<'_> {
    fn ask(&self, at: f64) -> Vec<f64> {
        self.geometry.answer_on(self.line, at)
    }

    fn end(&self, at: f64, step: f64) -> End {
        End::new(self.geometry, self.line, at, step)
    }

    fn mass_at(&self, at: f64) -> f64 {
        self.mass.0 + self.mass.1 * at.abs()
    }

    fn refresh(&self, interval: &mut Interval) {
        let size = binade(interval.right.at - interval.left.at);
        for end in [&mut interval.left, &mut interval.right] {
            if binade(end.step) > size - STALE {
                *end = self.end(end.at, 2f64.powi(size - STEP));
            }
        }
    }

    fn is_linear(&self, interval: &Interval) -> bool {
        let Interval { left, right, .. } = interval;
        let scale = self.mass_at(left.at) / left.step + self.mass_at(right.at) / right.step;
        let (sl, sr) = (left.slope(), right.slope());
        let width = right.at - left.at;
        let mass = self.mass_at(left.at) + self.mass_at(right.at);
        (0..sl.len()).all(|o| self.level.is_zero(Site::Slope, sr[o] - sl[o], scale))
            && (0..sl.len()).all(|o| {
                let chord = right.value[o] - left.value[o] - sl[o] * width;
                self.level.is_zero(Site::Chord, chord, mass)
            })
    }

    fn crossing(&self, interval: &Interval) -> Option<Crossing> {
        let Interval { left, right, .. } = interval;
        let width = right.at - left.at;
        let (from_right, jump) = meet(width, (&left.value, &left.slope()), (&right.value, &right.slope()))?;
        let room = 1.0 + (right.at - from_right).abs();
        if width > room * 2f64.powi(WIDE) {
            return None;
        }
        let from_left = width - from_right;
        let scale = width + (self.mass_at(left.at) + self.mass_at(right.at)) / jump;
        let tolerance = self.level.tolerance(Site::Inside) * scale;
        if from_right < -tolerance || from_left <= tolerance {
            return None;
        }
        let at_right = from_right <= tolerance;
        let share = 2f64.powi(-((BESIDE * self.level.bits / f64::MANTISSA_DIGITS) as i32));
        let beside = |distance: f64| distance * room / (distance + room) * share;
        let before = beside(from_left);
        let after = if at_right { before } else { beside(from_right) };
        Some(Crossing { from_left, from_right, jump, before, after, at_right })
    }

    /// Whether the function follows an end's line to `at`, as far as typical rounding lets it be seen.
    fn follows(&self, end: &End, at: f64, scale: f64) -> bool {
        let (value, slope, distance) = (self.ask(at), end.slope(), at - end.at);
        let mass = self.mass_at(end.at) + self.mass_at(at);
        (0..value.len()).all(|o| {
            let miss = value[o] - end.value[o] - slope[o] * distance;
            let far = distance / end.step;
            let parts = [value[o], end.value[o] * (1.0 - far), end.beside[o] * far];
            let noise = rounding() * self.level.unit * parts.iter().map(|x| x * x).sum::<f64>().sqrt();
            let seen = miss.abs() + noise;
            self.level.is_zero(Site::Crossing, seen, scale) && self.level.is_zero(Site::Chord, seen, mass)
        })
    }

    /// Whether the function follows a line through `(place, value)` to `at`.
    fn goes_on(&self, ((place, value), slope): ((f64, &[f64]), &[f64]), at: f64, scale: f64) -> bool {
        self.ask(at).iter().zip(value).zip(slope).all(|((y, start), slope)| {
            let miss = y - start - slope * (at - place);
            let noise = rounding() * self.level.unit * y.hypot(*start);
            self.level.is_zero(Site::Crossing, miss.abs() + noise, scale)
        })
    }

    fn kink(&self, interval: &Interval) -> Option<Kink> {
        let Interval { node, left, right } = interval;
        let c = self.crossing(interval)?;
        let middle = right.at - c.from_right;
        let (low, high) = (middle - c.before, middle + c.after);
        if !self.follows(left, low, c.jump * c.before) || !self.follows(right, high, c.jump * c.after) {
            return None;
        }
        let (inner, outer) = (self.ask(low), self.ask(high));
        let slope = |near: &[f64], far: &[f64], length: f64| -> Vec<f64> {
            far.iter().zip(near).map(|(f, n)| (f - n) / length).collect()
        };
        let before = slope(&left.value, &inner, c.from_left - c.before);
        let after = if c.at_right { right.slope() } else { slope(&outer, &right.value, c.from_right - c.after) };
        let (from_right, jump) = meet(right.at - left.at, (&left.value, &before), (&right.value, &after))?;
        let position = right.at - from_right;
        let behind = if c.at_right { (right.at + right.step, &right.beside[..]) } else { (high, &outer[..]) };
        let close = 2f64.powi(CLOSE - self.level.bits as i32) * self.mass_at(position) / c.jump;
        let near = close.min(c.before).min(c.after);
        if !self.goes_on(((low, &inner), &before), position - near, jump * near)
            || !self.goes_on((behind, &after), position + near, jump * near)
        {
            return None;
        }
        let noise = rounding() * self.level.unit * (l1(&inner).powi(2) + l1(&outer).powi(2)).sqrt();
        let within = |&(_, (origin, along)): &(usize, &(f64, f64))| {
            let at = -origin / along;
            left.at < at && at <= right.at
        };
        let units = self.geometry.lines[self.line].units.iter().enumerate().filter(within).map(|(k, _)| k).collect();
        Some(Kink {
            line: self.line,
            node: *node,
            position,
            blur: noise / jump,
            interval: (left.at, right.at),
            chords: [low, behind.0],
            jump: after.iter().zip(&before).map(|(r, l)| r - l).collect(),
            mass: self.mass_at(position),
            gap: 0.0,
            units,
        })
    }

    fn split(&self, interval: Interval, halves: &mut Vec<Interval>, unresolved: &mut Vec<(u128, f64, f64)>) {
        let Interval { node, left, right } = interval;
        let short = self.level.is_zero(Site::Width, right.at - left.at, left.at.abs() + right.at.abs() + 1.0);
        match middle(left.at, right.at).filter(|_| !short) {
            Some((at, step)) => {
                let end = self.end(at, step);
                halves.push(Interval { node: 2 * node, left, right: end.clone() });
                halves.push(Interval { node: 2 * node + 1, left: end, right });
            }
            None => unresolved.push((node, left.at, right.at)),
        }
    }
}

fn middle(left: f64, right: f64) -> Option<(f64, f64)> {
    let binades = (left != 0.0 && right != 0.0 && left.signum() == right.signum())
        .then(|| (binade(left.abs()), binade(right.abs())));
    let at = match binades {
        Some((l, r)) if (l - r).abs() >= 2 => left.signum() * 2f64.powi((l + r).div_euclid(2)),
        _ => 0.5 * (left + right),
    };
    let step = 2f64.powi(binade(at - left).min(binade(right - at)) - STEP);
    (left < at && at < right && at + step > at).then_some((at, step))
}

/// Distance before the right end at which two lines meet, and `Σ|J|`.
fn meet(width: f64, left: (&[f64], &[f64]), right: (&[f64], &[f64])) -> Option<(f64, f64)> {
    let (mut miss, mut square, mut size) = (0.0, 0.0, 0.0);
    for o in 0..left.0.len() {
        let jump = right.1[o] - left.1[o];
        miss += (right.0[o] - left.0[o] - left.1[o] * width) * jump;
        square += jump * jump;
        size += jump.abs();
    }
    (square > 0.0).then(|| (miss / square, size))
}
