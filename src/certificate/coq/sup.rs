//! The bound of `SupCheck.sup_check`, in the same floats: what a `box.v` may state.
//!
//! `up(z) = |z|.next_up()`, and balls as in `proofs/theories/Ball.v`, bit for bit: the kernel
//! computes the bound again, and accepts a statement that is no smaller.

use super::literal::float;
use exactract_check::{BoxShown, Layout, Network, Owner, Placed};

/// Two networks of floats with their units matched one to one.
pub(super) struct Matched {
    /// Half the width of the box.
    pub(super) half: f64,
    /// The victim: layers of rows of weights, and their biases.
    pub(super) first: [Vec<(Vec<f64>, f64)>; 2],
    /// The copy.
    pub(super) second: [Vec<(Vec<f64>, f64)>; 2],
    /// For each unit of the copy, the victim's unit, from 0, and the factor.
    pub(super) units: Vec<(usize, f64)>,
}

impl Matched {
    /// The statement as the float-only checker takes it; else why it cannot.
    pub(super) fn new(victim: &Network, shown: &BoxShown) -> Result<Self, String> {
        let (lower, upper) = &shown.interval;
        let half = float(upper).filter(|_| *lower == -upper).ok_or("the box is not [-r, r]^d for a float r")?;
        let units = one_to_one(victim, &shown.layout)?;
        let layers =
            |network: &Network, name: &str| layers(network).ok_or_else(|| format!("a weight of the {name} is no f64"));
        Ok(Self { half, first: layers(victim, "victim")?, second: layers(&shown.copy, "copy")?, units })
    }

    /// The bounds that the checker computes, `[outputs]`; not finite where it gives none.
    pub(super) fn bounds(&self) -> Vec<f64> {
        let [hidden, output] = &self.first;
        let [copied, last] = &self.second;
        let inputs = hidden.first().map_or(0, |(row, _)| row.len());
        // Inputs are matched with themselves, without error.
        let inputs: Vec<State> =
            (0..inputs).map(|j| State { from: j, scale: 1.0, error: 0.0, size: self.half }).collect();
        let sizes: Vec<f64> = hidden.iter().map(|(row, bias)| size(row, bias.abs(), &inputs)).collect();
        let units: Vec<State> = (copied.iter().zip(&self.units))
            .map(|((row, bias), &(from, scale))| {
                let (other, other_bias) = &hidden[from];
                let start = delta(*bias, 1.0, scale, *other_bias);
                State { from, scale, error: error(row, scale, other, start, &inputs), size: sizes[from] }
            })
            .collect();
        (last.iter().zip(output))
            .map(|((row, bias), (other, other_bias))| {
                error(row, 1.0, other, delta(*bias, 1.0, 1.0, *other_bias), &units)
            })
            .collect()
    }
}

/// One value of the copy: `scale` times the victim's value `from`, within `error`; that one is at most `size`.
struct State {
    from: usize,
    scale: f64,
    error: f64,
    size: f64,
}

fn up(z: f64) -> f64 {
    z.abs().next_up()
}

/// The rounding error of an operation that gave `m`.
fn rounding(m: f64) -> f64 {
    up(m.abs() * 2f64.powi(-53))
}

/// The ball of `a·b`: its middle and radius.
fn product(a: f64, b: f64) -> (f64, f64) {
    let m = a * b;
    let spread = up(up(a.abs() * 0.0) + up(0.0 * up(b.abs() + 0.0)));
    (m, up(spread + rounding(m)))
}

/// An upper bound of `|a2·t − s·a1|`.
fn delta(a2: f64, t: f64, s: f64, a1: f64) -> f64 {
    let ((left, left_radius), (right, right_radius)) = (product(a2, t), product(s, a1));
    let m = left - right;
    up(m.abs() + up(up(left_radius + right_radius) + rounding(m)))
}

/// An upper bound of the magnitude of a row's value in the victim.
fn size(row: &[f64], start: f64, states: &[State]) -> f64 {
    row.iter().zip(states).fold(start, |sum, (a, state)| up(sum + up(a.abs() * state.size)))
}

/// An upper bound of a row's value in the copy less `scale` times the other row's in the victim.
fn error(row: &[f64], scale: f64, other: &[f64], start: f64, states: &[State]) -> f64 {
    row.iter().zip(states).fold(start, |sum, (&a, state)| {
        let moved = delta(a, state.scale, scale, other[state.from]);
        up(sum + up(up(a.abs() * state.error) + up(moved * state.size)))
    })
}

fn one_to_one(victim: &Network, layout: &Layout) -> Result<Vec<(usize, f64)>, String> {
    if layout.copy.len() != victim.hidden() {
        return Err(format!("the copy has {} hidden units, the victim {}", layout.copy.len(), victim.hidden()));
    }
    let mut taken = vec![false; victim.hidden()];
    let one = |(unit, place): (usize, &Option<_>)| {
        let place: &Placed = place.as_ref().ok_or_else(|| format!("unit {unit} of the copy is a row of zeros"))?;
        let (owner, from) = layout.planes[place.plane];
        if owner == Owner::Copy || taken[from] {
            return Err(format!("unit {unit} of the copy has no unit of the victim for itself"));
        }
        taken[from] = true;
        let scale = float(&place.scale).filter(|s| *s > 0.0);
        Ok((from, scale.ok_or_else(|| format!("unit {unit} of the copy has a factor that is no positive f64"))?))
    };
    layout.copy.iter().enumerate().map(one).collect()
}

fn layers(network: &Network) -> Option<[Vec<(Vec<f64>, f64)>; 2]> {
    let floats = |values: &[_]| values.iter().map(float).collect::<Option<Vec<f64>>>();
    let hidden = (0..network.hidden()).map(|unit| {
        let mut row = floats(&network.row(unit))?;
        let bias = row.pop()?;
        Some((row, bias))
    });
    let output = network.output.iter().zip(&network.output_bias).map(|(row, bias)| Some((floats(row)?, float(bias)?)));
    Some([hidden.collect::<Option<_>>()?, output.collect::<Option<_>>()?])
}
