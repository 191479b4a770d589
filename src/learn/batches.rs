//! Which images a step sees, and how they are mixed: drawn from the seed and the step alone.
//!
//! No generator runs from step to step, so that a run can be taken up at any step with the same bits.

use super::{Augmentation, Images};
use crate::net::Draw;

/// The generator of one step, independent of those of all others.
pub(super) fn stream(seed: u64, step: u64, purpose: &'static str) -> Draw {
    Draw::new(spread(seed ^ spread(step)), purpose)
}

/// A permutation of the 64-bit numbers that scatters neighbours.
///
/// Source: Steele, Lea, Flood, *Fast splittable pseudorandom number generators* (OOPSLA 2014), the mixing function of SplitMix.
fn spread(x: u64) -> u64 {
    let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// Fisher and Yates.
pub(super) fn shuffled(count: usize, draw: &mut Draw) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    for last in (1..count).rev() {
        order.swap(last, draw.below(last + 1));
    }
    order
}

/// An endless line of the numbers below `count`: one permutation after the other.
#[derive(Clone, Debug)]
pub(super) struct Line {
    count: usize,
    seed: u64,
    purpose: &'static str,
    /// The permutation last drawn, and its number.
    drawn: Option<(u64, Vec<usize>)>,
}

impl Line {
    pub(super) fn new(count: usize, seed: u64, purpose: &'static str) -> Self {
        Self { count, seed, purpose, drawn: None }
    }

    /// The numbers of a step, from 0, of `size` each; `count > 0`.
    pub(super) fn batch(&mut self, step: usize, size: usize) -> Vec<usize> {
        (step * size..(step + 1) * size).map(|at| self.at(at)).collect()
    }

    fn at(&mut self, position: usize) -> usize {
        let (pass, within) = ((position / self.count) as u64, position % self.count);
        match &self.drawn {
            Some((drawn, order)) if *drawn == pass => order[within],
            _ => {
                let order = shuffled(self.count, &mut stream(self.seed, pass, self.purpose));
                let found = order[within];
                self.drawn = Some((pass, order));
                found
            }
        }
    }
}

/// Changed images, `[n · pixels]`.
pub(super) fn changed(images: &Images, which: &[usize], augmentation: Augmentation, draw: &mut Draw) -> Vec<f32> {
    let mut out = Vec::with_capacity(which.len() * images.form().pixels());
    which.iter().for_each(|&i| augmentation.apply(images.form(), images.image(i), draw, &mut out));
    out
}

/// A number from the beta distribution of two equal parameters `alpha > 0`.
pub(super) fn beta(alpha: f64, draw: &mut Draw) -> f64 {
    let (a, b) = (gamma(alpha, draw), gamma(alpha, draw));
    if a + b > 0.0 { a / (a + b) } else { 0.5 }
}

/// A number from the gamma distribution of shape `alpha > 0` and scale 1.
///
/// Source: Marsaglia & Tsang, *A simple method for generating gamma variables* (ACM TOMS 2000); shapes
/// below 1 by their last section, `Γ(α) = Γ(α + 1)·U^(1/α)`.
fn gamma(alpha: f64, draw: &mut Draw) -> f64 {
    let uniform = |draw: &mut Draw| draw.dyadic(52).abs();
    if alpha < 1.0 {
        let power = libm::pow(uniform(draw), 1.0 / alpha);
        return gamma(alpha + 1.0, draw) * power;
    }
    let d = alpha - 1.0 / 3.0;
    let c = 1.0 / libm::sqrt(9.0 * d);
    loop {
        let x = draw.normal();
        let v = 1.0 + c * x;
        if v > 0.0 {
            let v = v * v * v;
            if libm::log(uniform(draw)) < 0.5 * x * x + d - d * v + d * libm::log(v) {
                return d * v;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_one_permutation_after_the_other() {
        let mut line = Line::new(5, 3, "test");
        let mut passes: Vec<Vec<usize>> = (0..4).map(|step| line.batch(step, 5)).collect();
        assert!(passes.windows(2).any(|pair| pair[0] != pair[1]));
        passes.iter_mut().for_each(|pass| pass.sort_unstable());
        assert_eq!(passes, vec![vec![0, 1, 2, 3, 4]; 4]);
        // Taken up anywhere, it goes on the same.
        let whole: Vec<usize> = (0..7).flat_map(|step| line.batch(step, 3)).collect();
        assert_eq!(Line::new(5, 3, "test").batch(4, 3), whole[12..15]);
    }

    /// Mean 1/2 and variance `1/(4(2α + 1))`, to within five deviations of the mean of 20,000 draws.
    #[test]
    fn beta_has_its_moments() {
        for alpha in [0.75, 3.0] {
            let mut draw = Draw::new(1, "beta");
            let all: Vec<f64> = (0..20_000).map(|_| beta(alpha, &mut draw)).collect();
            let mean = all.iter().sum::<f64>() / 2e4;
            let variance = all.iter().map(|x| (x - 0.5) * (x - 0.5)).sum::<f64>() / 2e4;
            let expected = 0.25 / (2.0 * alpha + 1.0);
            assert!((mean - 0.5).abs() < 5.0 * (expected / 2e4).sqrt(), "{alpha}: mean {mean}");
            // (x − 1/2)² lies in [0, 1/4]: its deviation is at most 1/8.
            assert!((variance - expected).abs() < 5.0 * 0.125 / 2e4f64.sqrt(), "{alpha}: variance {variance}");
        }
    }
}
