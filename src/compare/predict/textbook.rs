//! The textbook's rows on paper: second differences at kinks, as answers of so many bits show them.

use super::Level;
use super::geometry::{Geometry, binade, dot, l1, rounding};
use super::locate::Kink;
use crate::attack::textbook::signature::{PATIENCE, SHORTEN, START};
use crate::judge::Site;
use crate::net::Draw;

/// A row that is found.
#[derive(Clone)]
pub(super) struct Row {
    pub(super) kink: Kink,
    pub(super) reference: usize,
    /// Scaled to 1 at the reference, `[inputs]`.
    pub(super) entries: Vec<f64>,
    pub(super) bias: f64,
    pub(super) strength: Vec<f64>,
    /// Distance of the centre along the line.
    pub(super) at: f64,
    /// `log2` of the step along each axis.
    pub(super) steps: Vec<i32>,
    /// One plus the output mass over the largest second difference.
    pub(super) noise: f64,
    /// On each line, its pre-activation at the origin and along the direction.
    pub(super) lines: Vec<(f64, f64)>,
}

/// What a kink gives.
pub(super) enum Measured {
    Row(Box<Row>),
    /// Nothing stands out of the rounding.
    Flat,
    /// Other hyperplanes are too near.
    Crowded,
}

/// Measures rows, and draws their typical errors.
pub(super) struct Probing<'a> {
    pub(super) geometry: &'a Geometry,
    pub(super) level: Level,
    pub(super) draw: Draw,
}

/// Where second differences are taken.
struct Center {
    point: Vec<f64>,
    /// The units near it, with their pre-activations.
    values: Vec<f64>,
    answer: Vec<f64>,
    mass: f64,
}

/// Second differences at one step, projected on that of the reference.
struct Reference {
    axis: usize,
    difference: Vec<f64>,
    size: f64,
    step: i32,
    /// Typical error of a projected difference.
    blur: f64,
}

impl Reference {
    fn project(&self, difference: &[f64]) -> f64 {
        dot(difference, &self.difference) / self.size
    }
}

impl Probing<'_> {
    /// The rows of all units that show, at the best placed kink of each.
    pub(super) fn rows(&mut self, kinks: &[Kink]) -> Vec<Row> {
        let mut ranked: Vec<(i32, &Kink)> = kinks.iter().map(|k| (isolation(k), k)).collect();
        ranked.sort_by_key(|(isolation, k)| (-isolation, k.line, k.node));
        let mut rows: Vec<Row> = Vec::new();
        for (_, kink) in ranked {
            if rows.iter().any(|row| self.explains(row, kink)) {
                continue;
            }
            if let Measured::Row(row) = self.measure(kink) {
                rows.push(*row);
            }
        }
        self.audit(&mut rows);
        rows
    }

    /// Whether a known hyperplane passes through a kink, as far as can be told.
    pub(super) fn explains(&self, row: &Row, kink: &Kink) -> bool {
        let (origin, along) = row.lines[kink.line];
        let moved = along * kink.position;
        let reach = kink.position.abs() + 1.0 + row.at.abs();
        let scale = (origin.abs() + moved.abs() + reach) * row.noise;
        self.level.is_zero(Site::OnHyperplane, origin + moved, scale)
    }

    fn center(&mut self, kink: &Kink) -> (Center, f64) {
        let at = kink.position + kink.blur * self.draw.normal();
        let values = self.geometry.values_on(kink.line, at);
        let answer = self.geometry.answer(values.iter().copied());
        (Center { point: self.geometry.point(kink.line, at), values, answer, mass: kink.mass }, at)
    }

    /// A row at a kink.
    pub(super) fn measure(&mut self, kink: &Kink) -> Measured {
        let (center, at) = self.center(kink);
        let mut step = binade(kink.gap) + self.geometry.inputs.ilog2() as i32 / 2 - START;
        for _ in 0..PATIENCE {
            match self.tried(kink, &center, at, step) {
                Measured::Crowded => step -= SHORTEN,
                measured => return measured,
            }
        }
        Measured::Crowded
    }

    /// The second difference along an axis, or along its sum with another, `[outputs]`.
    fn difference(&self, center: &Center, axis: usize, with: Option<usize>, step: i32) -> Vec<f64> {
        let length = 2f64.powi(step);
        let near = center.values.iter().enumerate().filter(|(_, z)| z.abs() < 2.0 * length);
        self.geometry.second_difference(near.map(|(k, &z)| {
            let row = &self.geometry.units[k].row;
            (k, z, (row[axis] + with.map_or(0.0, |j| row[j])) * length)
        }))
    }

    fn tried(&mut self, kink: &Kink, center: &Center, at: f64, step: i32) -> Measured {
        let inputs = self.geometry.inputs;
        let differences: Vec<Vec<f64>> = (0..inputs).map(|j| self.difference(center, j, None, step)).collect();
        let mut axis = 0;
        for j in 1..inputs {
            if l1(&differences[j]) > l1(&differences[axis]) {
                axis = j;
            }
        }
        let difference = differences[axis].clone();
        let size = l1(&difference);
        if self.level.is_zero(Site::Entry, size, center.mass) {
            return Measured::Flat;
        }
        let half = self.difference(center, axis, None, step - 1);
        let proportional = |(h, w): (&f64, &f64)| self.level.is_zero(Site::Homogeneous, 2.0 * h - w, center.mass);
        if !half.iter().zip(&difference).all(proportional) {
            return Measured::Crowded;
        }
        let blurred = center.answer.iter().zip(&difference).map(|(y, d)| y.abs() * d.abs()).sum::<f64>() / size;
        // Two answers, and twice that at the centre.
        let blur = rounding() * self.level.unit * 6f64.sqrt() * blurred;
        let reference = Reference { axis, difference, size, step, blur };
        let mut row = Row {
            kink: kink.clone(),
            reference: axis,
            entries: vec![0.0; inputs],
            bias: 0.0,
            strength: reference.difference.iter().map(|d| d * 2f64.powi(-step)).collect(),
            at,
            steps: vec![step; inputs],
            noise: 1.0 + center.mass / size,
            lines: Vec::new(),
        };
        row.entries[axis] = 1.0;
        let visible =
            |&j: &usize| j != axis && !self.level.is_zero(Site::Entry, reference.project(&differences[j]), center.mass);
        let open: Vec<usize> = (0..inputs).filter(visible).collect();
        let mut spoiled = self.signs(center, &reference, &open, step, &mut row);
        for shorter in (1..=PATIENCE as i32).map(|k| step - k * SHORTEN) {
            if spoiled.is_empty() {
                break;
            }
            if spoiled.len() > inputs / 2 + 1 {
                return Measured::Crowded;
            }
            spoiled = self.signs(center, &reference, &spoiled, shorter, &mut row);
        }
        if !spoiled.is_empty() {
            return Measured::Crowded;
        }
        self.finish(center, &mut row);
        Measured::Row(Box::new(row))
    }

    /// Bias and places of a row whose entries are known.
    fn finish(&self, center: &Center, row: &mut Row) {
        row.bias = -dot(&row.entries, &center.point);
        let on = |line: &super::geometry::Line| {
            (dot(&row.entries, &line.origin) + row.bias, dot(&row.entries, &line.direction))
        };
        row.lines = self.geometry.lines.iter().map(on).collect();
    }

    /// Fills in ratios with their signs; returns the axes whose differences do not fit together.
    fn signs(
        &mut self,
        center: &Center,
        reference: &Reference,
        axes: &[usize],
        step: i32,
        row: &mut Row,
    ) -> Vec<usize> {
        let top = reference.project(&reference.difference) * 2f64.powi(step - reference.step);
        let mut spoiled = Vec::new();
        for &j in axes {
            row.steps[j] = step;
            let difference = self.difference(center, j, None, step);
            let size = reference.project(&difference);
            let both = reference.project(&self.difference(center, j, Some(reference.axis), step));
            let noise = [self.draw.normal(), self.draw.normal()].map(|x| x * reference.blur);
            let same = both + noise[0] >= top;
            let expected = if same { top + size } else { (top - size).abs() };
            let ratio = (size + noise[1]) / top;
            let shorter = 2f64.powi(step - reference.step) * size / top;
            let one_unit = difference.len() == 1
                || difference
                    .iter()
                    .zip(&reference.difference)
                    .all(|(d, r)| self.level.is_zero(Site::Consistent, d - r * shorter, center.mass));
            if one_unit && self.level.is_zero(Site::Consistent, both - expected, center.mass) {
                row.entries[j] = if same { ratio } else { -ratio };
            } else {
                spoiled.push(j);
            }
        }
        spoiled
    }

    /// Measures again what another row's hyperplane spoiled.
    fn audit(&mut self, rows: &mut [Row]) {
        for _ in 0..PATIENCE {
            let mut clean = true;
            for i in 0..rows.len() {
                let axes = crossed(rows, i);
                if axes.is_empty() {
                    continue;
                }
                clean = false;
                if let Some(mended) = self.mended(&rows[i], &axes) {
                    rows[i] = mended;
                }
            }
            if clean {
                break;
            }
        }
    }

    fn mended(&mut self, row: &Row, axes: &[usize]) -> Option<Row> {
        let kink = row.kink.clone();
        let at = row.at;
        let values = self.geometry.values_on(kink.line, at);
        let answer = self.geometry.answer(values.iter().copied());
        let center = Center { point: self.geometry.point(kink.line, at), values, answer, mass: kink.mass };
        let shortest = row.steps.iter().copied().min()?;
        if axes.contains(&row.reference) {
            let Measured::Row(again) = self.tried(&kink, &center, at, shortest - SHORTEN) else { return None };
            return Some(*again);
        }
        let step = row.steps[row.reference];
        let difference: Vec<f64> = row.strength.iter().map(|s| s * 2f64.powi(step)).collect();
        let size = l1(&difference);
        let blurred = center.answer.iter().zip(&difference).map(|(y, d)| y.abs() * d.abs()).sum::<f64>() / size;
        let blur = rounding() * self.level.unit * 6f64.sqrt() * blurred;
        let reference = Reference { axis: row.reference, difference, size, step, blur };
        let mut again = row.clone();
        for &j in axes {
            again.entries[j] = 0.0;
            let start = row.steps[j];
            for shorter in (1..=PATIENCE as i32).map(|k| start - k * SHORTEN) {
                if self.signs(&center, &reference, &[j], shorter, &mut again).is_empty() {
                    break;
                }
            }
        }
        self.finish(&center, &mut again);
        Some(again)
    }
}

/// Isolation: the gap over the square of the distance, as the attack ranks.
pub(super) fn isolation(kink: &Kink) -> i32 {
    binade(kink.gap) - 2 * binade(1.0 + kink.position.abs())
}

/// The axes along which a probe of row `i` reaches across another hyperplane.
fn crossed(rows: &[Row], i: usize) -> Vec<usize> {
    let row = &rows[i];
    let longest = row.steps.iter().copied().max().unwrap_or_default();
    let mut axes = Vec::new();
    for other in rows.iter().enumerate().filter(|&(k, _)| k != i).map(|(_, other)| other) {
        let (origin, along) = other.lines[row.kink.line];
        let away = (origin + along * row.kink.position).abs();
        if away > 2f64.powi(longest + 1) {
            continue;
        }
        let at_reference = other.entries[row.reference];
        for (j, entry) in other.entries.iter().enumerate() {
            let both = if j == row.reference { *entry } else { entry + at_reference };
            let reach = entry.abs().max(both.abs()) * 2f64.powi(row.steps[j]);
            if away <= reach && !axes.contains(&j) {
                axes.push(j);
            }
        }
    }
    axes
}
