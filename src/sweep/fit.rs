//! The law of a frontier: bits against `log2 d` and `log2 h`, by least squares.

use schemars::JsonSchema;
use serde::Serialize;

/// Share of intervals that hold the true value, if residuals are normal and independent.
const CONFIDENCE: f64 = 0.95;

/// A coefficient with its 95 % confidence interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Coefficient {
    /// The estimate.
    pub value: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// `bits = constant + inputs·log2 d + hidden·log2 h`, fitted to one observation a seed and shape.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Law {
    /// Bits at `d = h = 1`.
    pub constant: Coefficient,
    /// Bits for a doubling of the inputs; `null` where they do not vary.
    pub inputs: Option<Coefficient>,
    /// Bits for a doubling of the hidden units; `null` where they do not vary.
    pub hidden: Option<Coefficient>,
    /// Standard deviation of the residuals, in bits.
    pub deviation: f64,
    /// Observations.
    pub observations: usize,
    /// Where it reaches the bits of f32 and of f64 answers, along each side that varies.
    pub ends: Vec<End>,
    /// Searches left out because the threshold lies outside of the bits searched.
    pub left_out: usize,
}

/// A side of a network that grows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Its inputs.
    Inputs,
    /// Its hidden units.
    Hidden,
}

/// Where a law reaches a number of bits along one side, the other at the largest that was measured.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
pub struct End {
    /// Bits of an answer.
    pub bits: u32,
    /// The side that grows.
    pub along: Side,
    /// The size of the other side.
    pub at: usize,
    /// The least size of the growing side that was measured.
    pub measured_least: usize,
    /// The largest.
    pub measured_most: usize,
    /// The base-2 logarithm of the size at which it does, with the 95 % interval of the fitted mean (Fieller); `null`
    /// where the interval of the slope includes 0, or less, so that there is no end.
    pub log2: Option<Coefficient>,
}

/// Bits of answers that a law is solved for: those of f32 and of f64.
const ANSWERS: [u32; 2] = [24, 53];

/// One observation: inputs, hidden units, a number of bits.
pub type Observation = (usize, usize, f64);

/// Fits the law; `None` where there are too few observations, or shapes that do not tell `d` from `h`.
///
/// Ordinary least squares by the normal equations, whose three unknowns are solved by elimination; intervals by
/// Student's distribution with `n − p` degrees of freedom (Draper and Smith, *Applied Regression
/// Analysis*, 3rd ed., §5.2).
pub(super) fn fit(observations: &[Observation], left_out: usize) -> Option<Law> {
    let log = |n: usize| libm::log2(n as f64);
    let varies = |of: &dyn Fn(&Observation) -> usize| observations.windows(2).any(|pair| of(&pair[0]) != of(&pair[1]));
    let (by_inputs, by_hidden) = (varies(&|o| o.0), varies(&|o| o.1));
    let row = |&(d, h, _): &Observation| -> Vec<f64> {
        let terms = [(true, 1.0), (by_inputs, log(d)), (by_hidden, log(h))];
        terms.into_iter().filter(|(used, _)| *used).map(|(_, term)| term).collect()
    };
    let rows: Vec<Vec<f64>> = observations.iter().map(row).collect();
    let unknowns = rows.first()?.len();
    let freedom = observations.len().checked_sub(unknowns).filter(|&n| n > 0)?;
    if unknowns == 1 {
        // One shape: a mean, and no law.
        return None;
    }
    let normal = |i: usize, j: usize| rows.iter().map(|row| row[i] * row[j]).sum::<f64>();
    let matrix: Vec<Vec<f64>> = (0..unknowns).map(|i| (0..unknowns).map(|j| normal(i, j)).collect()).collect();
    let inverse = inverse(matrix)?;
    let bits = |i: usize| observations[i].2;
    let right: Vec<f64> =
        (0..unknowns).map(|j| rows.iter().enumerate().map(|(i, row)| row[j] * bits(i)).sum()).collect();
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
    let estimates: Vec<f64> = inverse.iter().map(|row| dot(row, &right)).collect();
    let squares: f64 = rows.iter().enumerate().map(|(i, row)| (bits(i) - dot(row, &estimates)).powi(2)).sum();
    let variance = squares / freedom as f64;
    let quantile = student(CONFIDENCE, freedom);
    let round = |x: f64| (x * 1000.0).round() / 1000.0;
    let coefficient = |i: usize| {
        let half = quantile * libm::sqrt(variance * inverse[i][i]);
        Coefficient { value: round(estimates[i]), low: round(estimates[i] - half), high: round(estimates[i] + half) }
    };
    // Along one term: where bits = fixed + slope·x, and the band of the mean around it, quadratic in x.
    let end = |bits: u32, along: Side, term: usize| {
        let (this, other): (fn(&Observation) -> usize, fn(&Observation) -> usize) = match along {
            Side::Inputs => (|o| o.0, |o| o.1),
            Side::Hidden => (|o| o.1, |o| o.0),
        };
        let most = |of: fn(&Observation) -> usize| observations.iter().map(of).max().unwrap_or(1);
        let mut fixed = row(&(most(|o| o.0), most(|o| o.1), 0.0));
        fixed[term] = 0.0;
        let product = |a: &dyn Fn(usize) -> f64, b: &dyn Fn(usize) -> f64| -> f64 {
            (0..unknowns)
                .flat_map(|i| (0..unknowns).map(move |j| (i, j)))
                .map(|(i, j)| a(i) * inverse[i][j] * b(j))
                .sum()
        };
        let (still, moving) = (|i: usize| fixed[i], |i: usize| f64::from(u8::from(i == term)));
        let wide = quantile * quantile * variance;
        let (slope, short) = (estimates[term], dot(&fixed, &estimates) - f64::from(bits));
        let a = slope * slope - wide * product(&moving, &moving);
        let b = slope * short - wide * product(&still, &moving);
        let c = short * short - wide * product(&still, &still);
        let log2 = (slope > 0.0 && a > 0.0).then(|| {
            let root = libm::sqrt((b * b - a * c).max(0.0));
            Coefficient { value: round(-short / slope), low: round((-b - root) / a), high: round((-b + root) / a) }
        });
        let least = observations.iter().map(this).min().unwrap_or(1);
        End { bits, along, at: most(other), measured_least: least, measured_most: most(this), log2 }
    };
    let sides = [(by_hidden, Side::Hidden, unknowns - 1), (by_inputs, Side::Inputs, 1)];
    let ends = sides.into_iter().filter(|(varies, ..)| *varies);
    let ends = ends.flat_map(|(_, along, term)| ANSWERS.map(|bits| end(bits, along, term))).collect();
    Some(Law {
        ends,
        constant: coefficient(0),
        inputs: by_inputs.then(|| coefficient(1)),
        hidden: by_hidden.then(|| coefficient(unknowns - 1)),
        deviation: round(libm::sqrt(variance)),
        observations: observations.len(),
        left_out,
    })
}

/// The law of another number of bits than an answer's, as of an error: it has no ends.
pub fn trend(observations: &[Observation]) -> Option<Law> {
    fit(observations, 0).map(|law| Law { ends: Vec::new(), ..law })
}

/// The inverse of a symmetric positive definite matrix by Gauss-Jordan; `None` where it is singular to working precision.
fn inverse(mut matrix: Vec<Vec<f64>>) -> Option<Vec<Vec<f64>>> {
    let n = matrix.len();
    let largest = (0..n).map(|i| matrix[i][i]).fold(0.0, f64::max);
    for (i, row) in matrix.iter_mut().enumerate() {
        row.extend((0..n).map(|j| f64::from(u8::from(i == j))));
    }
    for pivot in 0..n {
        let size = matrix[pivot][pivot];
        // Collinear axes leave rounding alone.
        if size <= largest * f64::EPSILON * 64.0 {
            return None;
        }
        matrix[pivot].iter_mut().for_each(|x| *x /= size);
        let row = matrix[pivot].clone();
        for other in (0..n).filter(|&i| i != pivot) {
            let factor = matrix[other][pivot];
            matrix[other].iter_mut().zip(&row).for_each(|(x, y)| *x -= factor * y);
        }
    }
    Some(matrix.into_iter().map(|row| row[n..].to_vec()).collect())
}

/// The `t` with `P(|T| ≤ t) = confidence` for Student's distribution, by bisection on [`within`].
fn student(confidence: f64, freedom: usize) -> f64 {
    let (mut low, mut high) = (0.0, 1e6);
    for _ in 0..200 {
        let middle = (low + high) / 2.0;
        if within(middle, freedom) < confidence { low = middle } else { high = middle }
    }
    high
}

/// `P(|T| ≤ t)`, by the finite series for whole degrees of freedom (Abramowitz and Stegun, 26.7.3 and 26.7.4).
fn within(t: f64, freedom: usize) -> f64 {
    let angle = libm::atan2(t, libm::sqrt(freedom as f64));
    let (sine, cosine) = (libm::sin(angle), libm::cos(angle));
    let odd = freedom % 2 == 1;
    // Terms cosᵏ·(1·3…)/(2·4…) or cosᵏ·(2·4…)/(3·5…), up to k = ν − 2.
    let (mut term, mut sum) = (if odd { cosine } else { 1.0 }, 0.0);
    let mut k = usize::from(odd);
    while k + 2 <= freedom {
        sum += term;
        term *= cosine * cosine * (k + 1) as f64 / (k + 2) as f64;
        k += 2;
    }
    if odd { (angle + sine * sum) * std::f64::consts::FRAC_2_PI } else { sine * sum }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Percentage points as printed in tables of the distribution (two-sided 5 %).
    #[test]
    fn quantiles_are_those_of_the_tables() {
        let tables =
            [(1, 12.706), (2, 4.303), (3, 3.182), (4, 2.776), (5, 2.571), (10, 2.228), (30, 2.042), (120, 1.980)];
        for (freedom, expected) in tables {
            let found = student(0.95, freedom);
            assert!((found - expected).abs() < 6e-4, "{freedom}: {found}");
        }
    }

    /// `numpy.linalg.lstsq` on the same six points, with the quantile 3.18245 for three degrees of freedom.
    #[test]
    fn a_law_with_noise() {
        let points = [(16, 4, 20.0), (64, 4, 23.0), (256, 4, 24.0), (64, 8, 25.0), (64, 16, 25.0), (64, 32, 28.0)];
        let law = fit(&points, 1).unwrap();
        let close = |c: Coefficient, expected: [f64; 3]| {
            let off = [c.value - expected[0], c.low - expected[1], c.high - expected[2]];
            assert!(off.iter().all(|x| x.abs() < 2e-3), "{c:?}, expected {expected:?}");
        };
        close(law.constant, NUMPY[0]);
        close(law.inputs.unwrap(), NUMPY[1]);
        close(law.hidden.unwrap(), NUMPY[2]);
        assert_eq!((law.observations, law.left_out), (6, 1));
    }

    const NUMPY: [[f64; 3]; 3] = [[12.9167, 6.1622, 19.6711], [1.0, 0.0077, 1.9923], [1.75, 0.7577, 2.7423]];

    #[test]
    fn what_tells_nothing_is_not_fitted() {
        assert_eq!(fit(&[], 0), None);
        assert_eq!(fit(&[(8, 4, 20.0), (8, 4, 21.0), (8, 4, 22.0)], 0), None);
        assert_eq!(fit(&[(8, 4, 20.0), (16, 4, 21.0)], 0), None);
        // d = 2h throughout: one law for both cannot be told apart.
        assert_eq!(fit(&[(8, 4, 20.0), (16, 8, 21.0), (32, 16, 23.0), (64, 32, 24.0)], 0), None);
        let line = fit(&[(8, 4, 20.0), (16, 4, 21.0), (32, 4, 22.0)], 0).unwrap();
        assert_eq!(line.inputs, Some(Coefficient { value: 1.0, low: 1.0, high: 1.0 }));
        assert_eq!(line.hidden, None);
    }

    /// Fieller's interval is where the band around the fitted mean holds the bits: checked by scanning the band itself,
    /// whose half-width at each size comes from a fit of the same points moved to have that size at its origin.
    #[test]
    fn ends_are_where_the_band_holds_the_bits() {
        let points = [(16, 4, 20.0), (64, 4, 23.0), (256, 4, 24.0), (64, 8, 25.0), (64, 16, 25.0), (64, 32, 28.0)];
        let law = fit(&points, 0).unwrap();
        let end = law.ends.iter().find(|end| end.bits == 53 && end.along == Side::Hidden).unwrap();
        assert_eq!((end.at, end.measured_least, end.measured_most), (256, 4, 32));
        let (log2, hidden) = (end.log2.unwrap(), law.hidden.unwrap());
        let mean = |x: f64| law.constant.value + law.inputs.unwrap().value * 8.0 + hidden.value * x;
        assert!((mean(log2.value) - 53.0).abs() < 0.02, "{log2:?}");
        // With powers of two for sizes, dividing all of them by 2^x moves the constant to the size 2^x.
        let band = |x: i32| {
            let shift = |n: usize, by: i32| libm::exp2(libm::log2(n as f64) - f64::from(by));
            let rows: Vec<[f64; 4]> =
                points.iter().map(|&(d, h, b)| [1.0, libm::log2(shift(d, 8)), libm::log2(shift(h, x)), b]).collect();
            let normal = |i: usize, j: usize| rows.iter().map(|row| row[i] * row[j]).sum::<f64>();
            let inverse = inverse((0..3).map(|i| (0..3).map(|j| normal(i, j)).collect()).collect()).unwrap();
            let estimate: Vec<f64> = (0..3).map(|i| (0..3).map(|j| inverse[i][j] * normal(j, 3)).sum()).collect();
            let miss = |row: &[f64; 4]| row[3] - (0..3).map(|i| row[i] * estimate[i]).sum::<f64>();
            let variance = rows.iter().map(|row| miss(row).powi(2)).sum::<f64>() / 3.0;
            let half = 3.182_446 * libm::sqrt(variance * inverse[0][0]);
            [estimate[0] - half, estimate[0] + half]
        };
        let holds = |x: i32| band(x)[0] <= 53.0 && 53.0 <= band(x)[1];
        for x in 5..60 {
            assert_eq!(holds(x), f64::from(x) >= log2.low && f64::from(x) <= log2.high, "{x}: {:?} {log2:?}", band(x));
        }
        // A slope whose interval includes zero has no end.
        let flat = fit(&[(8, 4, 20.0), (8, 8, 22.0), (8, 16, 19.0), (8, 32, 21.0)], 0).unwrap();
        assert!(flat.ends.iter().all(|end| end.log2.is_none()), "{flat:?}");
    }
}
