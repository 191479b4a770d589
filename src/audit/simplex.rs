//! Multipliers for a cell: the dual simplex method over a cube, in f64.
//!
//! Maximises an affine map over the points of `[−1, 1]^d` at which given affine maps are not negative.
//! Nothing here has to be right: whoever uses the multipliers computes what they prove, in ℚ.
//!
//! The cube makes the start dual feasible: without constraints the best vertex is known. Each step takes
//! the variable that is farthest outside its range and moves it there; on the way, inputs change their
//! side of the cube as long as that lowers the dual value (a *long step*). Source: the bound flipping
//! ratio test, Fourer (1994); Maros, *Computational Techniques of the Simplex Method* (2003).

/// How far outside its range a variable may be.
const FEASIBLE: f64 = 1.0 / (1u64 << 40) as f64;
/// Entries smaller than this part of the largest in their row are no pivots.
const PIVOT: f64 = 1.0 / (1u64 << 36) as f64;
/// Steps allowed per constraint, and in all cases.
const STEPS: usize = 8;

/// What was found.
pub(super) struct Solved {
    /// One for each constraint, not negative.
    pub(super) multipliers: Vec<f64>,
    /// The last ones before the constraints were found to exclude each other, where they were.
    pub(super) before: Option<Vec<f64>>,
    /// A point of the cube, the maximiser if the method ended well.
    pub(super) point: Vec<f64>,
}

/// A variable: an input, with range `[−1, 1]`, or the slack of a constraint, not negative.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Variable {
    Input(usize),
    Slack(usize),
}

impl Variable {
    fn range(self) -> (f64, f64) {
        match self {
            Self::Input(_) => (-1.0, 1.0),
            Self::Slack(_) => (0.0, f64::INFINITY),
        }
    }
}

/// What a step came to.
enum Step {
    Taken,
    /// Every variable is in its range.
    Done,
    /// No point satisfies all constraints: this row stays `missing` outside its range.
    Empty {
        leaving: usize,
        sign: f64,
        missing: f64,
    },
}

struct Tableau {
    /// Basic variables as affine maps of the others: `basic = Σ_j row_j·(nonbasic_j − at_j) + value`.
    rows: Vec<Vec<f64>>,
    values: Vec<f64>,
    basic: Vec<Variable>,
    nonbasic: Vec<Variable>,
    at: Vec<f64>,
    /// The objective's coefficients.
    costs: Vec<f64>,
    value: f64,
}

/// Maximises `objective` over the cube where every constraint, `(sign, row)` for `sign·row ≥ 0`, holds.
///
/// Rows hold the coefficients and then the constant. Where no point satisfies the constraints, the
/// multipliers prove a value below `floor`, up to rounding. Stops early where it `is_over`: the multipliers
/// of every step are good for a bound.
pub(super) fn maximise(
    objective: &[f64],
    constraints: &[(f64, &[f64])],
    floor: f64,
    is_over: &dyn Fn() -> bool,
) -> Solved {
    let inputs = objective.len() - 1;
    let costs = objective[..inputs].to_vec();
    let at: Vec<f64> = costs.iter().map(|c| if *c < 0.0 { -1.0 } else { 1.0 }).collect();
    let rows: Vec<Vec<f64>> =
        constraints.iter().map(|(sign, row)| row[..inputs].iter().map(|w| sign * w).collect()).collect();
    let values = constraints.iter().map(|(sign, row)| sign * super::difference::at(row, &at)).collect();
    let mut tableau = Tableau {
        rows,
        values,
        basic: (0..constraints.len()).map(Variable::Slack).collect(),
        nonbasic: (0..inputs).map(Variable::Input).collect(),
        value: super::difference::at(objective, &at),
        at,
        costs,
    };
    let mut before = None;
    for _ in 0..STEPS * (constraints.len() + STEPS) {
        if is_over() {
            break;
        }
        match tableau.step() {
            Step::Taken => {}
            Step::Done => break,
            Step::Empty { leaving, sign, missing } => {
                before = Some(tableau.solved(constraints.len(), inputs).multipliers);
                tableau.fall(leaving, sign, missing, floor);
                break;
            }
        }
    }
    Solved { before, ..tableau.solved(constraints.len(), inputs) }
}

impl Tableau {
    fn step(&mut self) -> Step {
        let outside = |i: usize| {
            let ((lower, upper), value) = (self.basic[i].range(), self.values[i]);
            if value < lower { lower - value } else { value - upper }
        };
        let worst = (0..self.basic.len()).max_by(|&a, &b| outside(a).total_cmp(&outside(b)));
        let Some(leaving) = worst.filter(|&i| outside(i) > FEASIBLE) else { return Step::Done };
        let (lower, upper) = self.basic[leaving].range();
        let (sign, target) = if self.values[leaving] < lower { (1.0, lower) } else { (-1.0, upper) };
        let row = &self.rows[leaving];
        let top = row.iter().fold(0.0, |top: f64, x| top.max(x.abs()));
        // A non-basic variable helps if it can move in the direction that moves the leaving one back.
        let mut helpers: Vec<(f64, usize)> = (0..row.len())
            .filter(|&j| row[j].abs() > PIVOT * top)
            .filter(|&j| {
                let ((lower, upper), rises) = (self.nonbasic[j].range(), sign * row[j] > 0.0);
                if rises { self.at[j] < upper } else { self.at[j] > lower }
            })
            .map(|j| ((self.costs[j] / row[j]).abs(), j))
            .collect();
        helpers.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut missing = outside(leaving);
        let mut flips = Vec::new();
        for (_, j) in helpers {
            let (lower, upper) = self.nonbasic[j].range();
            let gain = row[j].abs() * (upper - lower);
            if gain + FEASIBLE >= missing {
                self.flip(&flips);
                self.pivot(leaving, j, target);
                return Step::Taken;
            }
            missing -= gain;
            flips.push(j);
        }
        Step::Empty { leaving, sign, missing }
    }

    /// Follows a row that nothing brings back into its range until the dual value is below the floor.
    fn fall(&mut self, leaving: usize, sign: f64, missing: f64, floor: f64) {
        let length = (self.value - floor).max(0.0) / missing * 2.0;
        let row = &self.rows[leaving];
        self.costs.iter_mut().zip(row).for_each(|(cost, w)| *cost += sign * length * w);
        if let Variable::Slack(_) = self.basic[leaving] {
            self.nonbasic.push(self.basic[leaving]);
            self.at.push(0.0);
            self.costs.push(-length);
        }
    }

    /// Moves non-basic inputs to the other side of the cube.
    fn flip(&mut self, flips: &[usize]) {
        for &j in flips {
            let by = -2.0 * self.at[j];
            self.at[j] = -self.at[j];
            self.value += self.costs[j] * by;
            self.values.iter_mut().zip(&self.rows).for_each(|(value, row)| *value += row[j] * by);
        }
    }

    /// Exchanges a basic variable, which goes to `target`, and a non-basic one.
    fn pivot(&mut self, leaving: usize, entering: usize, target: f64) {
        let pivot = self.rows[leaving][entering];
        let by = (target - self.values[leaving]) / pivot;
        self.value += self.costs[entering] * by;
        for (i, (value, row)) in self.values.iter_mut().zip(&self.rows).enumerate() {
            if i != leaving {
                *value += row[entering] * by;
            }
        }
        // entering = (leaving − Σ_{j≠e} row_j·nonbasic_j) / pivot.
        let mut row: Vec<f64> = self.rows[leaving].iter().map(|w| -w / pivot).collect();
        row[entering] = 1.0 / pivot;
        for (i, other) in self.rows.iter_mut().enumerate() {
            if i != leaving {
                substitute(other, &row, entering);
            }
        }
        substitute(&mut self.costs, &row, entering);
        self.values[leaving] = self.at[entering] + by;
        self.at[entering] = target;
        self.rows[leaving] = row;
        std::mem::swap(&mut self.basic[leaving], &mut self.nonbasic[entering]);
    }

    fn solved(&self, constraints: usize, inputs: usize) -> Solved {
        let mut multipliers = vec![0.0; constraints];
        let mut point = vec![0.0; inputs];
        for ((variable, at), cost) in self.nonbasic.iter().zip(&self.at).zip(&self.costs) {
            match variable {
                Variable::Input(j) => point[*j] = *at,
                Variable::Slack(i) => multipliers[*i] = (-cost).max(0.0),
            }
        }
        for (variable, value) in self.basic.iter().zip(&self.values) {
            if let Variable::Input(j) = variable {
                point[*j] = value.clamp(-1.0, 1.0);
            }
        }
        let finite = |x: &mut f64| {
            if !x.is_finite() {
                *x = 0.0
            }
        };
        multipliers.iter_mut().for_each(finite);
        point.iter_mut().for_each(finite);
        Solved { multipliers, before: None, point }
    }
}

/// Puts `row` for its entry `entering` into another row.
fn substitute(other: &mut [f64], row: &[f64], entering: usize) {
    let factor = other[entering];
    if factor == 0.0 {
        return;
    }
    for (j, (x, w)) in other.iter_mut().zip(row).enumerate() {
        *x = if j == entering { factor * w } else { *x + factor * w };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_constraint_that_binds() {
        // max x + y over the square where 1 − 2x − y ≥ 0: at y = 1, x = 0.
        let solved = maximise(&[1.0, 1.0, 0.0], &[(1.0, &[-2.0, -1.0, 1.0])], -1.0, &|| false);
        assert_eq!(solved.point, [0.0, 1.0]);
        // L + λ·a has no x: λ = ½, and the bound is ½ + |1 − ½| = 1.
        assert_eq!(solved.multipliers, [0.5]);
    }

    #[test]
    fn no_point_at_all() {
        let solved = maximise(&[1.0, 0.0], &[(1.0, &[-1.0, -2.0])], -7.0, &|| false);
        let bound = (1.0 - solved.multipliers[0]).abs() - 2.0 * solved.multipliers[0];
        assert!(bound <= -7.0, "{bound}");
    }
}
