//! What the exact run knows of a victim, in `f64`: hyperplanes, kinks along lines, answers.
//!
//! Nothing is asked: answers are those of the network that the exact run recovered.

use crate::net::Shallow;
use crate::trace;

/// A hidden unit, its row scaled to a largest entry of 1.
pub(super) struct Unit {
    /// `[inputs]`.
    pub(super) row: Vec<f64>,
    pub(super) bias: f64,
    /// Jump of slopes across its hyperplane along the row, `[outputs]`.
    pub(super) strength: Vec<f64>,
    /// Whether it is active where its row is positive.
    pub(super) ahead: bool,
    /// The one entry of its row that is 1 for certain: the first of largest magnitude.
    pub(super) top: usize,
    /// Its index in the network.
    pub(super) index: usize,
}

/// A line of the attack.
pub(super) struct Line {
    /// `[inputs]`.
    pub(super) origin: Vec<f64>,
    /// `[inputs]`.
    pub(super) direction: Vec<f64>,
    /// Pre-activation of each unit at the origin, and what it gains along the direction.
    pub(super) units: Vec<(f64, f64)>,
}

/// A victim and the lines that the attack searches.
pub(super) struct Geometry {
    pub(super) units: Vec<Unit>,
    /// `[outputs]`.
    pub(super) output_bias: Vec<f64>,
    pub(super) lines: Vec<Line>,
    pub(super) inputs: usize,
}

/// `Σ xᵢ·yᵢ`.
pub(super) fn dot(x: &[f64], y: &[f64]) -> f64 {
    x.iter().zip(y).map(|(x, y)| x * y).sum()
}

/// `Σ |xᵢ|`.
pub(super) fn l1(x: &[f64]) -> f64 {
    x.iter().map(|x| x.abs()).sum()
}

/// `⌊log2 x⌋`, between −4096 and 4096, as the attack takes it.
pub(super) fn binade(x: f64) -> i32 {
    x.log2().floor().clamp(-4096.0, 4096.0) as i32
}

/// Root mean square of the rounding of an answer `y` to `p` bits, in units of `|y|·2^−p`.
///
/// Rounding is uniform over `±2^(e−p)` with `2^e ≤ |y| < 2^(e+1)`, and significands are spread
/// evenly on a logarithmic scale: `√(E[m⁻²]/3)` with `E[m⁻²] = (1 − 1/4)/(2·ln 2)`.
pub(super) fn rounding() -> f64 {
    ((1.0 - 0.25) / (2.0 * std::f64::consts::LN_2) / 3.0).sqrt()
}

impl Geometry {
    /// The units of a network that has a row and an output weight that are not zero.
    ///
    /// `lines`: those that the attack may search, in its order.
    pub(super) fn new(network: &Shallow<f64>, lines: &[trace::Line]) -> Self {
        let unit = |(i, row): (usize, &[f64])| {
            let place = (0..row.len()).fold(0, |best, j| if row[j].abs() > row[best].abs() { j } else { best });
            let top = row[place];
            let strength: Vec<f64> = network.output().column(i).map(|c| c * top.abs()).collect();
            (top != 0.0 && strength.iter().any(|s| *s != 0.0)).then(|| Unit {
                row: row.iter().map(|w| w / top).collect(),
                bias: network.hidden_bias()[i] / top,
                strength,
                ahead: top > 0.0,
                top: place,
                index: i,
            })
        };
        // A unit that is active everywhere, or nowhere, adds to the output biases alone.
        let constant = |o: usize| {
            let still = network.hidden().iter_rows().enumerate().filter(|(_, row)| row.iter().all(|w| *w == 0.0));
            still.map(|(i, _)| network.hidden_bias()[i].max(0.0) * network.output()[(o, i)]).sum::<f64>()
        };
        let output_bias = network.output_bias().iter().enumerate().map(|(o, b)| b + constant(o)).collect();
        let units = network.hidden().iter_rows().enumerate().filter_map(unit).collect();
        let mut geometry = Self { units, output_bias, lines: Vec::new(), inputs: network.shape().inputs };
        geometry.lines = lines.iter().map(|line| geometry.line(line)).collect();
        geometry
    }

    fn line(&self, line: &trace::Line) -> Line {
        let trace::Line { origin, direction } = line.clone();
        let on = |unit: &Unit| (dot(&unit.row, &origin) + unit.bias, dot(&unit.row, &direction));
        let units = self.units.iter().map(on).collect();
        Line { origin, direction, units }
    }

    pub(super) fn outputs(&self) -> usize {
        self.output_bias.len()
    }

    /// Pre-activations at a position of a line, `[units]`.
    pub(super) fn values_on(&self, line: usize, at: f64) -> Vec<f64> {
        self.lines[line].units.iter().map(|(origin, along)| origin + along * at).collect()
    }

    /// Pre-activations at a point, `[units]`.
    pub(super) fn values_at(&self, point: &[f64]) -> Vec<f64> {
        self.units.iter().map(|unit| dot(&unit.row, point) + unit.bias).collect()
    }

    /// The answer where units have these pre-activations, `[outputs]`.
    pub(super) fn answer(&self, values: impl Iterator<Item = f64>) -> Vec<f64> {
        let mut answer = self.output_bias.clone();
        for (unit, value) in self.units.iter().zip(values) {
            let active = if unit.ahead { value.max(0.0) } else { (-value).max(0.0) };
            if active > 0.0 {
                answer.iter_mut().zip(&unit.strength).for_each(|(y, s)| *y += active * s);
            }
        }
        answer
    }

    /// The answer at a position of a line, `[outputs]`.
    pub(super) fn answer_on(&self, line: usize, at: f64) -> Vec<f64> {
        self.answer(self.lines[line].units.iter().map(|(origin, along)| origin + along * at))
    }

    /// The point at a position of a line, `[inputs]`.
    pub(super) fn point(&self, line: usize, at: f64) -> Vec<f64> {
        let Line { origin, direction, .. } = &self.lines[line];
        origin.iter().zip(direction).map(|(u, v)| u + at * v).collect()
    }

    /// `f(x + m) + f(x − m) − 2·f(x)` for a step that changes pre-activation `k` by `m_k`, `[outputs]`.
    ///
    /// `near`: the units whose hyperplanes the step may reach, each with its pre-activation and `m_k`.
    pub(super) fn second_difference(&self, near: impl Iterator<Item = (usize, f64, f64)>) -> Vec<f64> {
        let mut sum = vec![0.0; self.outputs()];
        for (k, value, moved) in near {
            let bend = moved.abs() - value.abs();
            if bend > 0.0 {
                sum.iter_mut().zip(&self.units[k].strength).for_each(|(y, s)| *y += bend * s);
            }
        }
        sum
    }
}
