//! Zones: the stretches of a line between open kinks, in one segment of which a gradient will do.

use super::course::{Course, Segment};
use crate::num::Scalar;

/// How many segments of a zone are tried before it is given up.
const TRIES: usize = 2;

/// Segments between two open kinks, with known ones in between.
struct Zone {
    first: usize,
    last: usize,
}

impl Zone {
    fn measured<S>(&self, course: &Course<S>) -> bool {
        course.segments[self.first..=self.last].iter().any(|segment| segment.gradient.is_some())
    }

    /// Its best segment to measure in, with how good it is; `None` when none will do.
    ///
    /// Every known kink between a gradient and an open one brings its row's error along.
    fn best<S>(&self, course: &Course<S>, thin: bool) -> Option<(i32, usize)> {
        let segments = || (self.first..=self.last).map(|i| (i, &course.segments[i]));
        if segments().filter(|(_, segment)| segment.failed).count() >= TRIES {
            return None;
        }
        let usable = |segment: &Segment<S>| {
            segment.place.is_some() && segment.gradient.is_none() && !segment.failed && (thin || !segment.thin)
        };
        let score = |i: usize| course.segments[i].quality - (1 + (i - self.first).min(self.last - i)).ilog2() as i32;
        let found = segments().filter(|(_, segment)| usable(segment)).map(|(i, _)| (score(i), i));
        found.max_by_key(|&(score, i)| (score, std::cmp::Reverse(i)))
    }
}

impl<S: Scalar> Course<S> {
    /// The next segment to measure in, `None` when the line has nothing more to tell.
    ///
    /// `most`: how many open kinks two neighbouring gradients may have between them.
    pub(super) fn next(&self, thin: bool, most: usize) -> Option<usize> {
        self.stretches().into_iter().find_map(|stretch| self.next_in(&stretch, thin, most))
    }

    /// Zones, parted where kinks could not be told apart; stretches without an open kink are left out.
    fn stretches(&self) -> Vec<Vec<Zone>> {
        let mut stretches = vec![Vec::new()];
        let mut first = 0;
        for (i, bend) in self.bends.iter().enumerate() {
            if bend.is_open() || !bend.is_kink() {
                stretches.last_mut().into_iter().for_each(|zones| zones.push(Zone { first, last: i }));
                first = i + 1;
            }
            if !bend.is_kink() {
                stretches.push(Vec::new());
            }
        }
        stretches.last_mut().into_iter().for_each(|zones| zones.push(Zone { first, last: self.bends.len() }));
        stretches.retain(|zones| zones.len() > 1);
        stretches
    }

    fn next_in(&self, zones: &[Zone], thin: bool, most: usize) -> Option<usize> {
        let best = |range: std::ops::Range<usize>| {
            let found = range.filter(|&z| !zones[z].measured(self)).filter_map(|z| zones[z].best(self, thin));
            found.max_by_key(|&(score, i)| (score, std::cmp::Reverse(i))).map(|(_, i)| i)
        };
        let measured: Vec<usize> = (0..zones.len()).filter(|&z| zones[z].measured(self)).collect();
        let Some(&last) = measured.last() else {
            // The first zone that will do: what lies before it is left to other lines.
            let start = (0..zones.len() - 1).find_map(|z| zones[z].best(self, thin));
            return start.map(|(_, i)| i);
        };
        // Between two gradients: where one more would part what they do not tell apart.
        let inner = measured.windows(2).find_map(|pair| best(pair[0] + 1..pair[1]));
        // Beyond the last: as far as one more gradient tells everything between, and not much nearer.
        let ahead = |from: usize, to: usize| best(last + from..(last + to + 1).min(zones.len()));
        let outer = || {
            let near = most.div_ceil(2);
            ahead(near, most).or_else(|| ahead(1, most)).or_else(|| {
                let beyond = (last + most + 1).min(zones.len())..zones.len();
                beyond.into_iter().find_map(|z| zones[z].best(self, thin)).map(|(_, i)| i)
            })
        };
        inner.or_else(outer)
    }
}
