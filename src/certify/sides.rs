//! Sides: which direction of a preimage changes the answers, for certain.

use super::position::most;
use super::row::{RowBounds, Told};
use crate::num::{Ball, Num, Rational, Scalar, up};
use crate::trace::Sides;
use std::cmp::Ordering;

/// The active side of row `i`, `Greater` where the row points to it.
///
/// On the inactive side the answers change by at most
/// `Σ_{k≠i} |a_k||τ_k·v| + |a_i||δ|`: relu is Lipschitz, and unit `i` is off. A larger change
/// on one side shows that it is the active one (theorem `GlobalSign.global_sign`, with the
/// preimage as far off as the rows are). Needs that the rows are all units there are.
///
/// `rows`: all rows; `answers`: ahead, behind, at the critical point.
pub(super) fn side(i: usize, rows: &[&RowBounds], sides: &Sides<Rational>, answers: &[Vec<Ball>; 3]) -> Told {
    let preimage: Vec<(usize, Ball)> = sides.preimage.iter().map(|(j, v)| (*j, Ball::nearest(v, ()))).collect();
    let moves: Vec<Ball> = rows.iter().map(|row| row.along(preimage.iter().copied())).collect();
    let mut found = Told { sign: None, margin: f64::NEG_INFINITY };
    // The row itself must move away from its hyperplane on the inactive side.
    let leaves = moves[i].mid() - moves[i].rad() > 2.0 * most(&rows[i].offset);
    if !leaves {
        return found;
    }
    let [ahead, behind, here] = answers;
    for o in 0..here.len() {
        let strength = |k: usize| most(&rows[k].strength[o]);
        let others =
            (0..rows.len()).filter(|&k| k != i).fold(0.0, |sum, k| up(sum + up(strength(k) * most(&moves[k]))));
        let still = up(others + up(strength(i) * most(&rows[i].offset)));
        for (answer, sign) in [(ahead, Ordering::Greater), (behind, Ordering::Less)] {
            let change = &Num(answer[o]) - &Num(here[o]);
            let margin = change.0.mid().abs().log2() - up(change.0.rad() + still).log2();
            if margin > found.margin {
                let certain = change.0.mid().abs() > up(change.0.rad() + still);
                found = Told { sign: certain.then_some(sign), margin };
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::num::Exact;

    /// Two rows; the preimage of the first moves the second by 1/8, whose strength is 4.
    fn told(ahead: Ball, behind: Ball) -> Told {
        let rows = [RowBounds::known(&[1.0, 0.0], 1.0), RowBounds::known(&[0.125, 1.0], 4.0)];
        let sides = Sides { preimage: vec![(0, Rational::integer(1))], answers: [Vec::new(), Vec::new()] };
        side(0, &[&rows[0], &rows[1]], &sides, &[vec![ahead], vec![behind], vec![Ball::new(7.0, 0.0)]])
    }

    #[test]
    fn only_a_change_that_others_cannot_make_is_certain() {
        // Others may move the answer by 1/2.
        assert_eq!(told(Ball::new(8.0, 0.125), Ball::new(7.0, 0.0)).sign, Some(Ordering::Greater));
        assert_eq!(told(Ball::new(7.0, 0.0), Ball::new(6.0, 0.125)).sign, Some(Ordering::Less));
        assert_eq!(told(Ball::new(7.5, 0.0), Ball::new(7.0, 0.0)).sign, None);
        assert_eq!(told(Ball::new(8.0, 0.75), Ball::new(7.0, 0.0)).sign, None);
    }

    #[test]
    fn a_preimage_that_does_not_leave_the_hyperplane_tells_nothing() {
        let row = RowBounds::known(&[1.0, 0.0], 1.0);
        let sides = Sides { preimage: vec![(1, Rational::integer(1))], answers: [Vec::new(), Vec::new()] };
        let answers = [vec![Ball::new(9.0, 0.0)], vec![Ball::new(7.0, 0.0)], vec![Ball::new(7.0, 0.0)]];
        assert_eq!(side(0, &[&row], &sides, &answers).sign, None);
        // Nor one that is no number.
        let lost = RowBounds::known(&[f64::NAN, 0.0], 1.0);
        let along = Sides { preimage: vec![(0, Rational::integer(1))], answers: [Vec::new(), Vec::new()] };
        assert_eq!(side(0, &[&lost], &along, &answers).sign, None);
    }
}
