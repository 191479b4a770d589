//! Rows out of differences of gradients, and the kinks that they explain.

use super::super::Level;
use super::super::geometry::{Geometry, dot, l1};
use super::super::layers::independent;
use super::super::locate::Kink;
use super::super::textbook::Row;
use super::course::{Bend, Course, Gradient, root};
use crate::attack::walk::rows::CONFIRMED;
use crate::attack::walk::solve::SOLVED;
use crate::judge::Site;
use crate::linalg::{Matrix, Solve};
use crate::num::Num;

/// A hidden row, up to a factor.
pub(super) struct Unit {
    /// The kink that places it.
    pub(super) kink: Kink,
    pub(super) row: Vec<f64>,
    pub(super) bias: f64,
    pub(super) strength: Vec<f64>,
    /// On each line, its pre-activation without bias at the origin, and along the direction.
    pub(super) lines: Vec<(f64, f64)>,
    pub(super) error: f64,
    blur: f64,
    noise: f64,
    distance: f64,
    /// Whether second differences gave it.
    pub(super) measured: bool,
}

/// A row with its factor undetermined, of bend `bend`.
pub(super) struct Solved {
    pub(super) bend: usize,
    direction: Vec<f64>,
    row: Vec<f64>,
    error: f64,
}

/// The rows of all kinks between two gradients that no known row explains; `known`: the others there.
pub(super) fn solve(
    course: &Course,
    between: &[usize],
    (from, to): (&Gradient, &Gradient),
    known: &[(&Unit, f64)],
    level: Level,
) -> Option<Vec<Solved>> {
    let (inputs, outputs) = (from.slopes.len(), from.answer.len());
    let error = known.iter().fold(from.error + to.error, |sum, (unit, _)| sum + unit.error + unit.blur);
    let difference = |o: usize, j: usize| {
        let all = to.slopes[j][o] - from.slopes[j][o];
        known.iter().fold(all, |left, (unit, heading)| left - heading * unit.strength[o] * unit.row[j])
    };
    let difference = Matrix::from_fn(outputs, inputs, |o, j| Num(difference(o, j)));
    let direction = |&bend: &usize| {
        let jump = course.bends[bend].jump();
        let size = l1(jump);
        (size > 0.0).then(|| jump.iter().map(|x| x / size).collect::<Vec<f64>>())
    };
    let directions = between.iter().map(direction).collect::<Option<Vec<_>>>()?;
    let rows: Vec<Vec<f64>> = match &directions[..] {
        [c] => {
            let square = dot(c, c);
            let entry = |j: usize| difference.column(j).zip(c).map(|(x, c)| x.0 * c).sum::<f64>() / square;
            vec![(0..inputs).map(entry).collect()]
        }
        _ if directions.len() > outputs => return None,
        _ => {
            let system = Matrix::from_fn(outputs, directions.len(), |o, i| Num(directions[i][o]));
            if independent(level, &system).len() < directions.len() {
                return None;
            }
            let found = f64::least_squares(&system, &difference, ())?;
            found.iter_rows().map(|row| row.iter().map(|x| x.0).collect()).collect()
        }
    };
    if outputs > 1 {
        let fits = |o: usize| {
            let given = |j: usize| directions.iter().zip(&rows).map(|(c, row)| c[o] * row[j]).sum::<f64>();
            let left: f64 = (0..inputs).map(|j| (difference[(o, j)].0 - given(j)).abs()).sum();
            level.is_zero(Site::Jump, left, error * inputs as f64)
        };
        if !(0..outputs).all(fits) {
            return None;
        }
    }
    let error = match between {
        [_] => error,
        _ => {
            let grown = error * 2f64.powi(SOLVED);
            let mean = 2f64.powi(-(inputs.ilog2() as i32));
            let part = |&bend: &usize| course.bends[bend].blur / l1(course.bends[bend].jump());
            let turned = between.iter().zip(&rows).map(|(bend, row)| part(bend) * l1(row) * mean).sum::<f64>();
            if level.is_zero(Site::Turned, grown, turned) {
                return None;
            }
            grown + turned
        }
    };
    let solved = directions.into_iter().zip(rows).zip(between);
    Some(solved.map(|((direction, row), &bend)| Solved { bend, direction, row, error }).collect())
}

impl Unit {
    /// The unit of a kink; `None` where its row is no more than noise.
    pub(super) fn new(geometry: &Geometry, course: &Course, solved: Solved, level: Level) -> Option<Self> {
        let Solved { bend, direction, row, error } = solved;
        let bend = &course.bends[bend];
        let mut reference = 0;
        for j in 1..row.len() {
            if row[j].abs() > row[reference].abs() {
                reference = j;
            }
        }
        let size = row[reference].abs();
        if level.is_zero(Site::Entry, size, error) || size == 0.0 {
            return None;
        }
        let row: Vec<f64> = row.iter().map(|x| x / row[reference]).collect();
        let blur = if bend.jump().len() > 1 { size * bend.blur / l1(bend.jump()) } else { 0.0 };
        let mut unit = Self {
            kink: bend.kink.clone()?,
            lines: on_lines(geometry, &row),
            row,
            bias: 0.0,
            strength: direction.iter().map(|c| c * size).collect(),
            error,
            blur,
            noise: 1.0 + error / size,
            distance: 0.0,
            measured: false,
        };
        let kink = unit.kink.clone();
        unit.place(&kink);
        Some(unit)
    }

    /// The unit of a row from second differences.
    pub(super) fn measured(geometry: &Geometry, row: Row) -> Self {
        let shortest = row.steps.iter().copied().min().unwrap_or_default();
        let error = row.kink.mass * 2f64.powi(-shortest);
        let relative = error / l1(&row.strength);
        Self {
            lines: on_lines(geometry, &row.entries),
            row: row.entries,
            bias: row.bias,
            strength: row.strength,
            error,
            blur: error,
            noise: 1.0 + relative,
            distance: 1.0 + row.kink.position.abs(),
            kink: row.kink,
            measured: true,
        }
    }

    /// Puts its hyperplane through a kink.
    pub(super) fn place(&mut self, kink: &Kink) {
        let (origin, along) = self.lines[kink.line];
        self.bias = -(origin + along * kink.position);
        self.distance = 1.0 + kink.position.abs();
        self.kink = kink.clone();
    }

    pub(super) fn at(&self, line: usize, position: f64) -> f64 {
        let (origin, along) = self.lines[line];
        origin + self.bias + along * position
    }

    /// Which way a line crosses it.
    pub(super) fn heading(&self, line: usize) -> f64 {
        let along = self.lines[line].1;
        if along == 0.0 { 0.0 } else { along.signum() }
    }

    fn side(&self, line: usize, bend: &Bend, level: Level) -> f64 {
        let (origin, along) = self.lines[line];
        let reach = bend.position.abs() + self.distance;
        let terms = (origin + self.bias).abs() + (along * bend.position).abs() + reach;
        let value = self.at(line, bend.position);
        if level.is_zero(Site::OnHyperplane, value, terms * self.noise) { 0.0 } else { value.signum() }
    }

    /// The open kink of a line that lies on its hyperplane.
    pub(super) fn find(&self, line: usize, course: &Course, level: Level) -> Option<usize> {
        let (mut low, mut high) = (0, course.bends.len());
        let heading = self.heading(line);
        while low < high {
            let middle = low + (high - low) / 2;
            let side = self.side(line, &course.bends[middle], level);
            if side == 0.0 {
                return self.closest(line, course, middle, level);
            }
            if heading == 0.0 {
                return None;
            }
            if side == heading { high = middle } else { low = middle + 1 }
        }
        None
    }

    fn closest(&self, line: usize, course: &Course, found: usize, level: Level) -> Option<usize> {
        let near = |bend: usize| self.side(line, &course.bends[bend], level) == 0.0;
        let (mut first, mut last) = (found, found);
        while first > 0 && near(first - 1) {
            first -= 1;
        }
        while last + 1 < course.bends.len() && near(last + 1) {
            last += 1;
        }
        let along = self.lines[line].1.abs();
        let miss = |&bend: &usize| -> f64 {
            course.bends[bend].jump().iter().zip(&self.strength).map(|(j, s)| (j - s * along).abs()).sum()
        };
        let open = (first..=last).filter(|&bend| course.bends[bend].is_open());
        open.min_by(|a, b| miss(a).total_cmp(&miss(b)))
    }

    /// Error of its jump of slopes on a line, in roundoffs.
    fn bent(&self, line: usize) -> f64 {
        self.blur * self.lines[line].1.abs() + self.error * root(self.row.len())
    }

    /// Whether a kink bends its line as this row's hyperplane does, and clearly so.
    pub(super) fn bends(&self, line: usize, bend: &Bend, level: Level) -> bool {
        let coarse = (bend.blur + self.bent(line)) * 2f64.powi(CONFIRMED);
        !level.is_zero(Site::Bend, l1(bend.jump()), coarse) && adds_up(line, bend, &[(self, 1.0)], level)
    }

    /// The interval of a kink in which the hyperplane crosses a line.
    pub(super) fn within(&self, line: usize, course: &Course) -> Option<usize> {
        let (mut low, mut high) = (0, course.bends.len());
        let heading = self.heading(line);
        while low < high {
            let middle = low + (high - low) / 2;
            let (left, right) = course.bends[middle].interval;
            if self.at(line, left).signum() == heading {
                high = middle;
            } else if self.at(line, right).signum() == -heading {
                low = middle + 1;
            } else {
                return Some(middle);
            }
        }
        None
    }

    /// How much of its jump of slopes is in that of a kink whose interval it crosses.
    pub(super) fn share(&self, line: usize, bend: &Bend) -> f64 {
        let along = self.lines[line].1;
        let Some(kink) = bend.kink.as_ref().filter(|_| along != 0.0) else { return 1.0 };
        let position = -self.at(line, 0.0) / along;
        let [before, after] = kink.chords;
        for (end, chord, reach) in
            [(kink.interval.0, before, before - position), (kink.interval.1, after, position - after)]
        {
            if reach > 0.0 {
                let share = (position - end) / (chord - end);
                return if share.is_finite() { share } else { 1.0 };
            }
        }
        1.0
    }
}

fn on_lines(geometry: &Geometry, row: &[f64]) -> Vec<(f64, f64)> {
    geometry.lines.iter().map(|line| (dot(row, &line.origin), dot(row, &line.direction))).collect()
}

/// Whether the jump of slopes at a kink is what these rows make there, each with its share.
pub(super) fn adds_up(line: usize, bend: &Bend, units: &[(&Unit, f64)], level: Level) -> bool {
    let scale = units.iter().fold(bend.blur, |sum, (unit, _)| sum + unit.bent(line));
    bend.jump().iter().enumerate().all(|(o, jump)| {
        let made = |(unit, share): &(&Unit, f64)| share * unit.strength[o] * unit.lines[line].1.abs();
        let miss = units.iter().fold(*jump, |left, unit| left - made(unit));
        level.is_zero(Site::Bend, miss, scale)
    })
}
