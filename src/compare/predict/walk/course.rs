//! A line cut at the kinks that show, and the gradients that fit between them.

use super::super::Level;
use super::super::geometry::{Geometry, binade, dot, rounding};
use super::super::locate::{Found, Kink};
use crate::attack::walk::course::{BEYOND, GROWN};
use crate::attack::walk::gradient::{Directions, PATIENCE, SHORTEN, START};
use crate::attack::walk::zones::TRIES;
use crate::judge::Site;
use crate::net::Draw;

/// Slope along a line, `[outputs]`, and the length that it is taken over.
type Slope = (Vec<f64>, f64);

pub(super) struct Bend {
    pub(super) node: u128,
    pub(super) position: f64,
    pub(super) interval: (f64, f64),
    /// `None` where kinks were not told apart.
    pub(super) kink: Option<Kink>,
    /// Error of the jump of slopes, in roundoffs.
    pub(super) blur: f64,
    /// The row that explains it.
    pub(super) unit: Option<usize>,
}

impl Bend {
    pub(super) fn jump(&self) -> &[f64] {
        self.kink.as_ref().map_or(&[], |kink| &kink.jump)
    }

    pub(super) fn is_open(&self) -> bool {
        self.kink.is_some() && self.unit.is_none()
    }
}

pub(super) struct Gradient {
    pub(super) at: f64,
    pub(super) point: Vec<f64>,
    /// With its rounding.
    pub(super) answer: Vec<f64>,
    values: Vec<f64>,
    /// What rounding adds to the answer, `[outputs]`.
    off: Vec<f64>,
    pub(super) steps: Vec<i32>,
    /// `[inputs]` of `[outputs]`.
    pub(super) slopes: Vec<Vec<f64>>,
    pub(super) error: f64,
}

pub(super) struct Segment {
    pub(super) place: Option<f64>,
    size: i32,
    pub(super) quality: i32,
    thin: bool,
    pub(super) mass: f64,
    slope: Option<Slope>,
    pub(super) gradient: Option<Gradient>,
    pub(super) failed: bool,
}

pub(super) struct Course {
    pub(super) bends: Vec<Bend>,
    pub(super) segments: Vec<Segment>,
}

fn chord_slope(geometry: &Geometry, kink: &Kink, behind: bool) -> Slope {
    let (end, at) = if behind { (kink.interval.1, kink.chords[1]) } else { (kink.interval.0, kink.chords[0]) };
    let (near, far) = (geometry.answer_on(kink.line, end), geometry.answer_on(kink.line, at));
    let length = at - end;
    (far.iter().zip(&near).map(|(f, n)| (f - n) / length).collect(), length.abs())
}

impl Course {
    pub(super) fn new(geometry: &Geometry, found: Found, level: Level) -> Self {
        let of_kink = |kink: Kink| {
            let lengths = [false, true].map(|behind| chord_slope(geometry, &kink, behind).1);
            Bend {
                node: kink.node,
                position: kink.position,
                interval: kink.interval,
                blur: kink.mass / lengths[0] + kink.mass / lengths[1],
                kink: Some(kink),
                unit: None,
            }
        };
        let mut bends: Vec<Bend> = found.kinks.into_iter().map(of_kink).collect();
        let blurred = found.unresolved.into_iter().map(|(node, left, right)| Bend {
            node,
            position: left,
            interval: (left, right),
            kink: None,
            blur: 0.0,
            unit: None,
        });
        bends.extend(blurred);
        bends.sort_by(|a, b| a.interval.0.total_cmp(&b.interval.0));
        let segments = (0..=bends.len())
            .map(|i| Segment::new(geometry, i.checked_sub(1).map(|i| &bends[i]), bends.get(i), level))
            .collect();
        Self { bends, segments }
    }

    /// The next segment to measure in: as the attack chooses it.
    pub(super) fn next(&self, thin: bool, most: usize) -> Option<usize> {
        self.stretches().into_iter().find_map(|zones| self.next_in(&zones, thin, most))
    }

    fn stretches(&self) -> Vec<Vec<(usize, usize)>> {
        let mut stretches = vec![Vec::new()];
        let mut first = 0;
        for (i, bend) in self.bends.iter().enumerate() {
            if bend.is_open() || bend.kink.is_none() {
                stretches.last_mut().into_iter().for_each(|zones| zones.push((first, i)));
                first = i + 1;
            }
            if bend.kink.is_none() {
                stretches.push(Vec::new());
            }
        }
        stretches.last_mut().into_iter().for_each(|zones| zones.push((first, self.bends.len())));
        stretches.retain(|zones| zones.len() > 1);
        stretches
    }

    fn is_measured(&self, zone: (usize, usize)) -> bool {
        self.segments[zone.0..=zone.1].iter().any(|segment| segment.gradient.is_some())
    }

    fn best(&self, (first, last): (usize, usize), thin: bool) -> Option<(i32, usize)> {
        let segments = &self.segments[first..=last];
        if segments.iter().filter(|segment| segment.failed).count() >= TRIES {
            return None;
        }
        let usable = |segment: &Segment| {
            segment.place.is_some() && segment.gradient.is_none() && !segment.failed && (thin || !segment.thin)
        };
        let score = |i: usize| self.segments[i].quality - (1 + (i - first).min(last - i)).ilog2() as i32;
        let found = (first..=last).filter(|&i| usable(&self.segments[i])).map(|i| (score(i), i));
        found.max_by_key(|&(score, i)| (score, std::cmp::Reverse(i)))
    }

    fn next_in(&self, zones: &[(usize, usize)], thin: bool, most: usize) -> Option<usize> {
        let best = |range: std::ops::Range<usize>| {
            let open = range.filter(|&z| !self.is_measured(zones[z]));
            let found = open.filter_map(|z| self.best(zones[z], thin));
            found.max_by_key(|&(score, i)| (score, std::cmp::Reverse(i))).map(|(_, i)| i)
        };
        let measured: Vec<usize> = (0..zones.len()).filter(|&z| self.is_measured(zones[z])).collect();
        let Some(&last) = measured.last() else {
            return (0..zones.len() - 1).find_map(|z| self.best(zones[z], thin)).map(|(_, i)| i);
        };
        let inner = measured.windows(2).find_map(|pair| best(pair[0] + 1..pair[1]));
        let ahead = |from: usize, to: usize| best(last + from..(last + to + 1).min(zones.len()));
        inner.or_else(|| ahead(most.div_ceil(2), most)).or_else(|| ahead(1, most)).or_else(|| {
            let beyond = (last + most + 1).min(zones.len())..zones.len();
            beyond.into_iter().find_map(|z| self.best(zones[z], thin)).map(|(_, i)| i)
        })
    }
}

impl Segment {
    fn new(geometry: &Geometry, left: Option<&Bend>, right: Option<&Bend>, level: Level) -> Self {
        let start = left.map(|bend| if bend.kink.is_some() { bend.position } else { bend.interval.1 });
        let end = right.map(|bend| bend.position);
        let (mut place, mut size, mut quality, mut thin) = (None, 0, 0, false);
        match (left.zip(start), right.zip(end)) {
            (Some((left, start)), Some((right, end))) => {
                let (width, far) = (end - start, 1.0 + start.abs() + end.abs());
                thin = level.is_zero(Site::Thin, width, far);
                size = if width > 0.0 { binade(width) } else { -4096 };
                quality = size - binade(far);
                let middle = 0.5 * (start + end);
                let (mut low, mut high) = (left.interval.0, right.interval.1);
                while binade(high - low) >= size - 2 {
                    let half = 0.5 * (low + high);
                    if !(low < half && half < high) {
                        break;
                    }
                    if middle > half { low = half } else { high = half }
                }
                place = Some(high);
            }
            (Some((_, last)), None) | (None, Some((_, last))) => {
                size = binade(1.0 + last.abs()) + BEYOND;
                place = Some(if end.is_some() { -2f64.powi(size) } else { 2f64.powi(size) });
            }
            (None, None) => {}
        }
        let kinks = [left, right].map(|bend| bend.and_then(|bend| bend.kink.as_ref()));
        let grown = if start.is_some() && end.is_some() { 1.0 } else { 2f64.powi(GROWN) };
        let mass = grown * kinks.iter().flatten().map(|kink| kink.mass).sum::<f64>();
        let slope = kinks[0].map(|kink| chord_slope(geometry, kink, true));
        let slope = slope.or_else(|| kinks[1].map(|kink| chord_slope(geometry, kink, false)));
        let place = place.filter(|_| slope.is_some());
        Self { place, size, quality, thin, mass, slope, gradient: None, failed: false }
    }
}

/// Measures gradients, with typical rounding.
pub(super) struct Meter<'a> {
    pub(super) geometry: &'a Geometry,
    pub(super) level: Level,
    pub(super) directions: Directions,
    pub(super) draw: Draw,
}

impl Meter<'_> {
    fn rounded(&mut self, answer: &[f64]) -> Vec<f64> {
        answer.iter().map(|y| y.abs() * rounding() * self.level.unit * self.draw.normal()).collect()
    }

    /// The gradient in a segment of a line; `None` where no step stays within it.
    pub(super) fn measure(&mut self, line: usize, segment: &Segment) -> Option<Gradient> {
        let at = segment.place?;
        let geometry = self.geometry;
        let values = geometry.values_on(line, at);
        let answer = geometry.answer(values.iter().copied());
        let off = self.rounded(&answer);
        let seen = answer.iter().zip(&off).map(|(y, e)| y + e).collect();
        let mut gradient = Gradient {
            at,
            point: geometry.point(line, at),
            answer: seen,
            values,
            off,
            steps: Vec::new(),
            slopes: Vec::new(),
            error: 0.0,
        };
        let mut step = segment.size + geometry.inputs.ilog2() as i32 / 2 - START;
        for _ in 0..PATIENCE {
            if !self.is_straight(&gradient, segment.mass, step) {
                step -= 1;
                continue;
            }
            gradient.steps = vec![step; geometry.inputs];
            gradient.slopes = (0..geometry.inputs).map(|j| self.along(&gradient, j, step)).collect();
            gradient.error = segment.mass * 2f64.powi(-step);
            if self.gives_slope(line, segment, &gradient) {
                return Some(gradient);
            }
            step -= SHORTEN;
        }
        None
    }

    /// The forward difference along an axis over its step, `[outputs]`.
    pub(super) fn along(&mut self, gradient: &Gradient, axis: usize, step: i32) -> Vec<f64> {
        let length = 2f64.powi(step);
        let geometry = self.geometry;
        let mut slope = vec![0.0; geometry.outputs()];
        for (unit, value) in geometry.units.iter().zip(&gradient.values) {
            let moved = value + unit.row[axis] * length;
            let active = |z: f64| if unit.ahead { z.max(0.0) } else { (-z).max(0.0) };
            // Differences of pre-activations, so that near answers lose no digits here.
            let change = match (active(*value) > 0.0, active(moved) > 0.0) {
                (false, false) => continue,
                (true, true) if unit.ahead => unit.row[axis],
                (true, true) => -unit.row[axis],
                _ => (active(moved) - active(*value)) / length,
            };
            slope.iter_mut().zip(&unit.strength).for_each(|(y, s)| *y += change * s);
        }
        let far: Vec<f64> = gradient.answer.iter().zip(&slope).map(|(y, s)| y + s * length).collect();
        let noise = self.rounded(&far);
        slope.iter_mut().zip(noise.iter().zip(&gradient.off)).for_each(|(y, (e, here))| *y += (e - here) / length);
        slope
    }

    fn is_straight(&self, gradient: &Gradient, mass: f64, step: i32) -> bool {
        let length = 2f64.powi(step);
        self.directions.0.iter().all(|direction| {
            let near = gradient.values.iter().enumerate().map(|(k, &z)| {
                let row = &self.geometry.units[k].row;
                (k, z, length * direction.iter().map(|&(j, sign)| row[j] * sign).sum::<f64>())
            });
            self.geometry.second_difference(near).iter().all(|d| self.level.is_zero(Site::Straight, *d, mass))
        })
    }

    fn gives_slope(&self, line: usize, segment: &Segment, gradient: &Gradient) -> bool {
        let Some((known, length)) = &segment.slope else { return true };
        let scale = segment.mass / length + gradient.error * root(gradient.slopes.len());
        let direction = &self.geometry.lines[line].direction;
        known.iter().enumerate().all(|(o, slope)| {
            let column: Vec<f64> = gradient.slopes.iter().map(|entry| entry[o]).collect();
            self.level.is_zero(Site::Along, dot(&column, direction) - slope, scale)
        })
    }
}

/// Errors along `d` axes add up to about `√d` of them, to a power of two.
pub(super) fn root(inputs: usize) -> f64 {
    2f64.powi(inputs.ilog2() as i32 / 2 + 1)
}
