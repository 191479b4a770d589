//! A number against the hidden units and against the inputs: two panels with one vertical scale.

use super::axis::{Scale, WIDTH, left_axis};
use super::svg::{Anchor, Shape, Svg, length};

/// One network: its size, and a number with its spread; minus infinity where it is the logarithm of zero.
pub(super) struct Mark {
    pub inputs: usize,
    pub hidden: usize,
    pub value: f64,
    /// From the least to the largest.
    pub spread: [f64; 2],
    pub tip: String,
}

/// Networks that are told from others by a colour and a shape.
pub(super) struct Series {
    pub name: String,
    pub marks: Vec<Mark>,
}

/// Colour, line and shape of each series.
pub(super) const STYLES: [(&str, &str, Shape); 5] = [
    ("a", "sa", Shape::Circle),
    ("b", "sb", Shape::Square),
    ("c", "sc", Shape::Triangle),
    ("d", "sd", Shape::Diamond),
    ("e", "se", Shape::Circle),
];

const LEFT: f64 = 58.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 236.0;
/// Between two panels.
const GAP: f64 = 26.0;
/// Below the scale: where a number is exactly zero.
const ZERO: f64 = 20.0;

/// A side of a network, along the horizontal axis of a panel.
type SideOf = fn(&Mark) -> usize;

/// The panels of at most as many series as there are styles; `title`: of the vertical axis.
pub(super) fn draw(series: &[Series], title: &str) -> Svg {
    let marks = || series.iter().flat_map(|series| &series.marks);
    let varies = |side: SideOf| marks().any(|mark| Some(side(mark)) != marks().next().map(side));
    let sides: [(SideOf, SideOf, &str); 2] =
        [(|m| m.hidden, |m| m.inputs, "hidden units"), (|m| m.inputs, |m| m.hidden, "inputs")];
    let shown: Vec<_> = sides.iter().filter(|(side, ..)| varies(*side)).collect();
    let shown = if shown.is_empty() { vec![&sides[0]] } else { shown };
    let scale = Scale::around(marks().flat_map(|mark| [mark.value, mark.spread[0], mark.spread[1]]), [BOTTOM, TOP]);
    let exact = marks().any(|mark| mark.value == f64::NEG_INFINITY);
    let floor = if exact { BOTTOM + ZERO } else { BOTTOM };
    let rows = legend_rows(series);
    let mut svg = Svg::new(WIDTH, floor + 46.0 + rows.len() as f64 * 17.0);
    let right = WIDTH - 14.0;
    let width = (right - LEFT - GAP * (shown.len() - 1) as f64) / shown.len() as f64;
    left_axis(&mut svg, &scale, [LEFT, right], title);
    if exact {
        svg.line("rule", [LEFT, floor], [right, floor]);
        svg.text("soft small", Anchor::End, [LEFT - 6.0, floor + 4.0], "exact");
    }
    for (i, (side, other, name)) in shown.into_iter().enumerate() {
        let from = LEFT + i as f64 * (width + GAP);
        let across = Octaves::around(marks().map(side), [from + 12.0, from + width - 12.0]);
        across.axis(&mut svg, floor, name);
        let place = |mark: &Mark, value: f64, shift: f64| {
            let y = if value == f64::NEG_INFINITY { floor } else { scale.place(value) };
            [across.place(side(mark)) + shift, y]
        };
        for (k, (series, (class, line, shape))) in series.iter().zip(STYLES).enumerate() {
            // Marks of several series at one place stand next to each other.
            let shift = (k as f64 - (STYLES.len() - 1) as f64 / 2.0) * 2.4;
            let mut others: Vec<usize> = series.marks.iter().map(other).collect();
            others.sort_unstable();
            others.dedup();
            for size in others {
                let mut line_of: Vec<&Mark> = series.marks.iter().filter(|mark| other(mark) == size).collect();
                line_of.sort_by_key(|mark| side(mark));
                let points: Vec<[f64; 2]> = line_of.iter().map(|mark| place(mark, mark.value, shift)).collect();
                if points.len() > 1 {
                    svg.path(line, &points);
                }
            }
            for mark in &series.marks {
                let [low, high] = mark.spread.map(|value| place(mark, value, shift));
                svg.line(line, low, high);
                svg.mark(class, shape, place(mark, mark.value, shift), 4.0, &format!("{}, {}", series.name, mark.tip));
            }
        }
    }
    for (row, names) in rows.iter().enumerate() {
        let y = floor + 54.0 + row as f64 * 17.0;
        for &(k, x) in names {
            let (class, _, shape) = STYLES[k];
            svg.mark(class, shape, [x + 5.0, y - 4.0], 4.0, "");
            svg.text("ink small", Anchor::Start, [x + 15.0, y], &series[k].name);
        }
    }
    svg
}

/// The names of series in rows that fit: which, and where each begins.
fn legend_rows(series: &[Series]) -> Vec<Vec<(usize, f64)>> {
    let mut rows: Vec<Vec<(usize, f64)>> = vec![Vec::new()];
    let mut from = 8.0;
    for (k, series) in series.iter().enumerate() {
        let wide = 15.0 + length("small", &series.name);
        if from + wide > WIDTH && from > 8.0 {
            (from, rows) = (8.0, [rows, vec![Vec::new()]].concat());
        }
        rows.last_mut().into_iter().for_each(|row| row.push((k, from)));
        from += wide + 16.0;
    }
    rows
}

/// Sizes on a logarithmic scale, with ticks at powers of two.
struct Octaves {
    low: i32,
    high: i32,
    ends: [f64; 2],
}

impl Octaves {
    fn around(sizes: impl Iterator<Item = usize> + Clone, ends: [f64; 2]) -> Self {
        let log = |size: usize| libm::log2(size.max(1) as f64);
        let low = sizes.clone().map(log).fold(f64::INFINITY, f64::min).floor();
        let high = sizes.map(log).fold(f64::NEG_INFINITY, f64::max).ceil();
        let (low, high) = if low.is_finite() { (low as i32, high as i32) } else { (0, 1) };
        Self { low, high: high.max(low + 1), ends }
    }

    fn place(&self, size: usize) -> f64 {
        self.at(libm::log2(size.max(1) as f64))
    }

    fn at(&self, log2: f64) -> f64 {
        let [from, to] = self.ends;
        from + (log2 - f64::from(self.low)) / f64::from(self.high - self.low) * (to - from)
    }

    fn axis(&self, svg: &mut Svg, floor: f64, title: &str) {
        // Labels of four digits stand clear of each other.
        let room = ((self.ends[1] - self.ends[0]) / 36.0).max(1.0) as i32;
        let step = ((self.high - self.low) + room - 1) / room;
        svg.axis(|svg| {
            for octave in (self.low..=self.high).step_by(step.max(1) as usize) {
                let x = self.at(f64::from(octave));
                svg.line("rule", [x, TOP], [x, floor]);
                let label = if octave < 14 { (1u64 << octave).to_string() } else { format!("2^{octave}") };
                svg.text("soft small", Anchor::Middle, [x, floor + 15.0], &label);
            }
            svg.text("soft", Anchor::Middle, [(self.ends[0] + self.ends[1]) / 2.0, floor + 33.0], title);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octaves_have_two_ticks_and_hold_their_sizes() {
        for sizes in [vec![1], vec![8], vec![8, 16], vec![3, 5000], vec![2, 1 << 20]] {
            let across = Octaves::around(sizes.iter().copied(), [0.0, 160.0]);
            let mut svg = Svg::new(200.0, 100.0);
            across.axis(&mut svg, 90.0, "x");
            assert!(svg.inline("").matches("soft small").count() >= 2, "{sizes:?}");
            assert!(sizes.iter().all(|&size| (0.0..=160.0).contains(&across.place(size))), "{sizes:?}");
        }
    }
}
