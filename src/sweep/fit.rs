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
    /// Searches left out because the threshold lies outside of the bits searched.
    pub left_out: usize,
}

/// One observation: inputs, hidden units, bits.
pub(super) type Observation = (usize, usize, u32);

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
    let bits = |i: usize| f64::from(observations[i].2);
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
    Some(Law {
        constant: coefficient(0),
        inputs: by_inputs.then(|| coefficient(1)),
        hidden: by_hidden.then(|| coefficient(unknowns - 1)),
        deviation: round(libm::sqrt(variance)),
        observations: observations.len(),
        left_out,
    })
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
        let points = [(16, 4, 20), (64, 4, 23), (256, 4, 24), (64, 8, 25), (64, 16, 25), (64, 32, 28)];
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
        assert_eq!(fit(&[(8, 4, 20), (8, 4, 21), (8, 4, 22)], 0), None);
        assert_eq!(fit(&[(8, 4, 20), (16, 4, 21)], 0), None);
        // d = 2h throughout: one law for both cannot be told apart.
        assert_eq!(fit(&[(8, 4, 20), (16, 8, 21), (32, 16, 23), (64, 32, 24)], 0), None);
        let line = fit(&[(8, 4, 20), (16, 4, 21), (32, 4, 22)], 0).unwrap();
        assert_eq!(line.inputs, Some(Coefficient { value: 1.0, low: 1.0, high: 1.0 }));
        assert_eq!(line.hidden, None);
    }
}
