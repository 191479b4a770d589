//! Scales: numbers to places, ticks at round numbers, and a colour for a share.

use super::data::decimals;
use super::svg::{Anchor, Svg};

/// Width of a figure of a run.
pub(super) const WIDTH: f64 = 460.0;
/// Place for names at the left of its bars.
pub(super) const NAMES: f64 = 128.0;

/// A range of numbers, and the pixels that it takes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    low: f64,
    high: f64,
    /// Between two ticks.
    step: f64,
    from: f64,
    to: f64,
}

impl Scale {
    /// The least range of round numbers that holds these finite ones; 0 to 1 of none.
    pub fn around(values: impl Iterator<Item = f64>, [from, to]: [f64; 2]) -> Self {
        let (low, high) = values
            .filter(|x| x.is_finite())
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
        let (low, high) = match (low.is_finite(), high - low) {
            (false, _) => (0.0, 1.0),
            (true, span) if span < 1.0 => (low.floor(), low.floor() + 2.0),
            _ => (low, high),
        };
        let step = step(high - low);
        Self { low: (low / step).floor() * step, high: (high / step).ceil() * step, step, from, to }
    }

    pub fn place(&self, x: f64) -> f64 {
        let share = (x - self.low) / (self.high - self.low);
        self.from + share.clamp(0.0, 1.0) * (self.to - self.from)
    }

    /// Round numbers, from the least to the largest.
    pub fn ticks(&self) -> Vec<f64> {
        // The step of the values themselves: another one, of the wider range, would not end where the range does.
        let count = ((self.high - self.low) / self.step).round() as usize;
        (0..=count).map(|i| self.low + i as f64 * self.step).collect()
    }
}

/// 1, 2 or 5 times a power of ten: four to nine of them in a span.
fn step(span: f64) -> f64 {
    let raw = span / 8.0;
    let tenth = 10f64.powi(raw.log10().floor() as i32);
    [1.0, 2.0, 5.0, 10.0].map(|m| m * tenth).into_iter().find(|s| *s >= raw).unwrap_or(10.0 * tenth)
}

/// A label for a tick.
pub(super) fn tick(x: f64) -> String {
    decimals(x, if x.fract().abs() > 1e-6 { 1 } else { 0 })
}

/// Ticks, lines across and a title at the left of `[left, right]`.
pub(super) fn left_axis(svg: &mut Svg, scale: &Scale, [left, right]: [f64; 2], title: &str) {
    svg.axis(|svg| {
        for x in scale.ticks() {
            let y = scale.place(x);
            svg.line("rule", [left, y], [right, y]);
            svg.text("soft small", Anchor::End, [left - 6.0, y + 4.0], &tick(x));
        }
        let middle = (scale.from + scale.to) / 2.0;
        svg.turned("soft", Anchor::Middle, [12.0, middle], -90.0, title);
    });
}

/// Ticks, lines up and a title under `[top, bottom]`.
pub(super) fn bottom_axis(svg: &mut Svg, scale: &Scale, [top, bottom]: [f64; 2], title: &str) {
    svg.axis(|svg| {
        for tick_at in scale.ticks() {
            let x = scale.place(tick_at);
            svg.line("rule", [x, top], [x, bottom]);
            svg.text("soft small", Anchor::Middle, [x, bottom + 15.0], &tick(tick_at));
        }
        svg.text("soft", Anchor::Middle, [(scale.from + scale.to) / 2.0, bottom + 33.0], title);
    });
}

/// Cividis at 0, 1/4, … 1: even in lightness, and read alike with any colour vision
/// (Nuñez, Anderton, Renslow, *PLoS ONE* 13(7), 2018).
const CIVIDIS: [[f64; 3]; 5] =
    [[0.0, 34.0, 78.0], [65.0, 77.0, 107.0], [124.0, 123.0, 120.0], [188.0, 175.0, 111.0], [254.0, 232.0, 56.0]];

/// The colour of a share of 0 to 1.
pub(super) fn colour(share: f64) -> String {
    let place = share.clamp(0.0, 1.0) * 4.0;
    let below = (place.floor() as usize).min(3);
    let part = place - below as f64;
    let channel = |i: usize| {
        let (low, high) = (CIVIDIS[below][i], CIVIDIS[below + 1][i]);
        (low + part * (high - low)).round() as u8
    };
    format!("#{:02x}{:02x}{:02x}", channel(0), channel(1), channel(2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_are_round_and_hold_their_values() {
        let scale = Scale::around([-46.3, -12.1, f64::NEG_INFINITY].into_iter(), [0.0, 100.0]);
        assert_eq!(scale.ticks(), [-50.0, -45.0, -40.0, -35.0, -30.0, -25.0, -20.0, -15.0, -10.0]);
        assert_eq!([-50.0, -30.0, -10.0, 5.0].map(|x| scale.place(x)), [0.0, 50.0, 100.0, 100.0]);
        // A range that is wider than its values keeps their step: every tick has a place of its own.
        for i in 0..400 {
            let low = -40.0 + 0.37 * f64::from(i);
            let scale = Scale::around([low, low + 1.0 + 0.21 * f64::from(i)].into_iter(), [0.0, 100.0]);
            let places: Vec<f64> = scale.ticks().iter().map(|&tick| scale.place(tick)).collect();
            let gap = 100.0 / (places.len() - 1) as f64;
            let even = |(k, place): (usize, &f64)| (place - gap * k as f64).abs() < 1e-6;
            assert!(places.len() > 2 && places.iter().enumerate().all(even), "{low}: {:?} {places:?}", scale.ticks());
        }
        // One value, and none.
        assert!(Scale::around([3.2].into_iter(), [0.0, 1.0]).ticks().len() > 2);
        assert!(Scale::around([].into_iter(), [0.0, 1.0]).ticks().len() > 2);
    }

    #[test]
    fn colours_run_from_dark_to_light() {
        assert_eq!([0.0, 0.25, 1.0, 2.0].map(colour), ["#00224e", "#414d6b", "#fee838", "#fee838"]);
    }
}
