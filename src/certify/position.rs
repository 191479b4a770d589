//! Critical points: the crossing of two lines known to some error.

use crate::num::{Ball, Dyadic, Num, Rational, Scalar, up};
use crate::trace::Kink;

/// A critical point as far as the answers tell.
#[derive(Clone)]
pub(super) struct Position {
    /// `seen − truth`, along the line.
    pub(super) error: Ball,
    /// The jump of slopes there, in magnitude, from above, `[outputs]`.
    pub(super) jump: Vec<f64>,
}

/// The largest magnitude that a ball holds.
pub(super) fn most(ball: &Ball) -> f64 {
    up(ball.mid().abs() + ball.rad())
}

/// An arithmetic whose numbers are, or lie in, balls.
pub(super) trait Enclosed: Scalar<Context = ()> {
    /// A ball that holds the number, or all that this one holds.
    fn ball(&self) -> Ball;
}

impl Enclosed for Ball {
    fn ball(&self) -> Ball {
        *self
    }
}

impl Enclosed for Rational {
    fn ball(&self) -> Ball {
        Ball::nearest(self, ())
    }
}

/// The crossing of the lines through both chords. Theorem `CriticalPoint.critical_point_several`.
///
/// `answers`: at the left end and beside it, at the right end and beside it, in balls, or in ℚ
/// where they are known exactly. Needs that one unit changes sign between the chords and none
/// along them. With `p` and `q` the chords' inner points, `J = s_r − s_l` and any weights `m`, the
/// kink lies `Σ (y_p − y_q + s_r·(q − p))·m / Σ J·m` after `p`: for each output the first factor
/// is that distance times `J`. The inner points are near the kink, so that errors of slopes
/// hardly count. `None` where the slopes may agree.
pub(super) fn position<S: Enclosed>(kink: &Kink<Rational>, answers: &[Vec<Num<S>>]) -> Option<Position> {
    let [y_left, beside_left, y_right, beside_right] = answers else { return None };
    let number = |x: &Rational| Num(S::nearest(x, ()));
    let end = |end: Dyadic| end.lift::<S>(());
    let (left, right) = (end(kink.interval.0), end(kink.interval.1));
    let slopes = |value: &[Num<S>], beside: &[Num<S>], at: &Num<S>, other: &Rational| -> Option<Vec<Num<S>>> {
        let length = &number(other) - at;
        value.iter().zip(beside).map(|(y, b)| (b - y).over(&length)).collect()
    };
    let before = slopes(y_left, beside_left, &left, &kink.ends[0].at)?;
    let after = slopes(y_right, beside_right, &right, &kink.ends[1].at)?;
    let p = &kink.ends[0].at;
    // A chord that starts at the right end leads away from it.
    let ends = (kink.interval.1.lift::<Rational>(()).0, &kink.ends[1].at);
    let (q, y_q) = if ends.0 < *ends.1 { (&ends.0, y_right) } else { (ends.1, beside_right) };
    let apart = number(&q.sub(p));
    let (mut miss, mut size) = (Num::<S>::lift(0.0, ()), Num::<S>::lift(0.0, ()));
    let mut jump = Vec::with_capacity(before.len());
    for (o, (s_left, s_right)) in before.iter().zip(&after).enumerate() {
        let change = s_right - s_left;
        // The midpoint of a ball, exactly.
        let weight = number(&change.0.exact()?);
        let e = &(&beside_left[o] - &y_q[o]) + &(s_right * &apart);
        miss = &miss + &(&e * &weight);
        size = &size + &(&change * &weight);
        jump.push(most(&change.0.ball()));
    }
    // Both positions relative to p: their difference is small, and exact.
    let truth = miss.over(&size)?;
    let error = (&number(&kink.position.sub(p)) - &truth).0.ball();
    most(&error).is_finite().then_some(Position { error, jump })
}
