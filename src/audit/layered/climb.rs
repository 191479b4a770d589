//! Ascents of one difference, `D` or `−D` at one output.

use super::super::ascent::Found;
use super::twin::Twin;
use super::{cell, line};

/// Vertices tried along one ascent.
const STEPS: usize = 64;
/// Steps of an ascent, as a rule, and evaluations in each.
const USUAL_STEPS: usize = 6;
const EVALUATIONS: usize = 2;
/// Rounds of an improvement, at most and as a rule.
const ROUNDS: usize = 8;
const USUAL_ROUNDS: usize = 2;
/// Coordinates along which a point is improved in a round.
const COORDINATES: usize = 16;
/// Products that may go into the cells of a round, and into a line, about.
const CELL_WORK: usize = 1 << 24;
const LINE_WORK: usize = 1 << 22;
/// Products of a linear program for each entry of its matrix, about.
const PROGRAM: usize = 50;
/// Cells visited in a round, at most.
const CELLS: usize = 512;
/// Pieces of a line that are seen, at least and at most.
const PIECES: (usize, usize) = (16, 4096);

/// One side of an output: `sign·D`.
pub(super) struct Ascent<'a> {
    pub(super) twin: &'a Twin,
    pub(super) output: usize,
    pub(super) sign: f64,
    pub(super) is_over: &'a (dyn Fn() -> bool + Sync),
}

impl Ascent<'_> {
    /// From vertex to vertex: where the difference is affine, the best one is known; the difference there is
    /// another affine map, and so on, until nothing is gained.
    pub(super) fn vertices(&self, start: &[f64]) -> Found {
        let mut point = start.to_vec();
        let (mut best, mut gradient) = self.twin.slope(&point, self.output);
        for _ in 0..STEPS {
            if (self.is_over)() {
                break;
            }
            // An input without influence stays where it is.
            let side = |(y, g): (&f64, &f64)| if *g == 0.0 { *y } else { (self.sign * g).signum() };
            let next: Vec<f64> = point.iter().zip(&gradient).map(side).collect();
            let (value, slope) = self.twin.slope(&next, self.output);
            if self.sign * value <= self.sign * best {
                break;
            }
            (point, best, gradient) = (next, value, slope);
        }
        Found { value: self.sign * best, point }
    }

    /// A point improved along lines, from cell to cell and from vertex to vertex, until nothing is gained.
    pub(super) fn improved(&self, mut best: Found) -> Found {
        for _ in 0..ROUNDS {
            let before = best.value;
            self.lines(&mut best);
            let cells = cells(self.twin);
            self.keep(&mut best, |best| {
                cell::climb(self.twin, &best.point, (self.output, self.sign), cells, self.is_over)
            });
            self.keep(&mut best, |best| self.vertices(&best.point));
            if best.value <= before || (self.is_over)() {
                break;
            }
        }
        best
    }

    fn keep(&self, best: &mut Found, step: impl FnOnce(&Found) -> Found) {
        let found = step(best);
        if found.value > best.value {
            *best = found;
        }
    }

    /// Along the coordinates of the largest slopes, one after the other.
    fn lines(&self, best: &mut Found) {
        let (_, gradient) = self.twin.slope(&best.point, self.output);
        let mut order: Vec<usize> = (0..gradient.len()).collect();
        order.sort_by(|a, b| gradient[*b].abs().total_cmp(&gradient[*a].abs()));
        for j in order.into_iter().take(COORDINATES) {
            if (self.is_over)() {
                return;
            }
            let mut direction = vec![0.0; gradient.len()];
            direction[j] = 1.0;
            self.keep(best, |best| {
                let walked = line::walk(self.twin, &best.point, &direction, pieces(self.twin), self.is_over);
                line::best(self.twin, &walked, (&best.point, &direction), self.output, self.sign)
            });
        }
    }
}

/// Products of one ascent from vertex to vertex, about.
pub(super) fn ascent_work(twin: &Twin) -> usize {
    USUAL_STEPS * EVALUATIONS * twin.products()
}

/// Products of one improvement, about.
pub(super) fn improvement_work(twin: &Twin) -> usize {
    USUAL_ROUNDS * (COORDINATES * line_work(twin) + cells(twin) * cell_work(twin))
}

/// Products of a walk along a line, about: behind known gates, two evaluations for each piece.
pub(super) fn line_work(twin: &Twin) -> usize {
    twin.products() + 2 * twin.later_products() * pieces(twin).min(2 * twin.hidden())
}

/// Pieces of a line that may be seen.
pub(super) fn pieces(twin: &Twin) -> usize {
    (LINE_WORK / (2 * twin.later_products()).max(1)).clamp(PIECES.0, PIECES.1)
}

fn cell_work(twin: &Twin) -> usize {
    (twin.later_products() + 2 * twin.hidden() * PROGRAM) * (twin.inputs() + 1)
}

/// Cells that a round may visit; none where one is too much.
fn cells(twin: &Twin) -> usize {
    (CELL_WORK / cell_work(twin).max(1)).min(CELLS)
}
