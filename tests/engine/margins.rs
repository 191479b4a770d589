//! Margins: how far a number was from the tolerance that it was judged by.

use exactract::experiment::{Arithmetic, Cell, run_cell};
use exactract::judge::Limit;
use exactract::net::{Dtype, Shape, random};
use std::cmp::Ordering;

#[test]
fn a_number_counts_as_zero_where_its_margin_is_not_positive() {
    let victim = random(Shape { inputs: 12, hidden: 8, outputs: 2 }, 3, Dtype::F64);
    for (oracle, attacker) in [
        (Arithmetic::F64, Arithmetic::F64),
        (Arithmetic::F32, Arithmetic::F64),
        (Arithmetic::F32, Arithmetic::Exact),
        (Arithmetic::Exact, Arithmetic::F64),
    ] {
        let run = run_cell(&victim, &Cell::tolerant(oracle, attacker), &crate::common::textbook(), None);
        let judged = run.decisions.iter().filter(|d| d.site.row().limit != Limit::Zero);
        let mut seen = [0, 0];
        for decision in judged {
            let zero = decision.sign == Ordering::Equal;
            seen[usize::from(zero)] += 1;
            // A margin is a logarithm in f32; what lies within its own rounding of 0 may be either.
            let clear = decision.margin.abs() > 0.001;
            assert!(!clear || zero == (decision.margin < 0.0), "{oracle:?}, {attacker:?}: {decision:?}");
        }
        assert!(seen[0] > 10 && seen[1] > 10, "{oracle:?}, {attacker:?}: {seen:?}");
    }
}
