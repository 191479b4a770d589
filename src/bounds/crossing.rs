//! A critical point: where the lines through both ends of an interval cross.

use super::{over_positive, ratio, total};
use crate::num::{Exact, Rational, Scalar};

/// Error of a critical point, `t_r − Σ e·J / Σ J²` over the outputs.
///
/// `(2·value + 3·W·slope)·Σ|J| / ΣJ²`, which is `(2·value + 3·W·slope)/|J|` for one output.
/// Needs that the interval holds one kink, and that values and slopes at both ends are off
/// by no more than said. `J` are the jumps as measured: nothing is known of the true ones.
///
/// | argument | shape | unit |
/// |---|---|---|
/// | `value` | scalar | error of a value, output |
/// | `slope` | scalar | error of a slope, output per length |
/// | `width` | scalar | `W`, length |
/// | `jumps` | `[outputs]` | `J = s_r − s_l`, output per length |
///
/// Over the error, with the answers' own errors for `value`: 12 times in the median.
///
/// `None` where all jumps are zero. Theorems `CriticalPoint.critical_point_error`,
/// `CriticalPoint.critical_point_error_several`.
pub fn crossing(value: &Rational, slope: &Rational, width: &Rational, jumps: &[Rational]) -> Option<Rational> {
    let miss = Rational::integer(2).mul(value).add(&Rational::integer(3).mul(width).mul(slope));
    let squares = jumps.iter().fold(Rational::default(), |sum, j| sum.add(&j.mul(j)));
    over_positive(&miss.mul(&total(jumps)), &squares)
}

/// Error of a slope over `length` from two answers that are each off by at most `answer`:
/// `2·answer / length`.
///
/// | argument | shape | unit |
/// |---|---|---|
/// | `answer` | scalar | output |
/// | `length` | scalar | length |
///
/// Of the exact quotient of the measured answers. `None` unless `length > 0`.
/// Theorem `CriticalPoint.slope_error`.
pub fn slope(answer: &Rational, length: &Rational) -> Option<Rational> {
    over_positive(&Rational::integer(2).mul(answer), length)
}

/// Error of where two lines cross, `(a₀ − a₁)/(m₁ − m₀)`, from lines known to some error.
///
/// `(2·offset + |x|·2·slope) / (|m₁ − m₀| − 2·slope)`, with `x` and the slopes as measured.
///
/// | argument | shape | unit |
/// |---|---|---|
/// | `lines` | two of `(a, m)` | output, output per length |
/// | `offset` | scalar | error of an `a`, output |
/// | `slope` | scalar | error of an `m`, output per length |
///
/// Over the error, for lines from dot products of 5 terms with their a-priori bounds: 36 times
/// in the median.
///
/// `None` where the lines may be parallel. Theorem `Bounds.crossing_bound`.
pub fn crossing_of_lines(lines: &[(Rational, Rational); 2], offset: &Rational, slope: &Rational) -> Option<Rational> {
    let [(a0, m0), (a1, m1)] = lines;
    let two = Rational::integer(2);
    ratio(&a0.sub(a1), &m1.sub(m0), &two.mul(offset), &two.mul(slope))
}
