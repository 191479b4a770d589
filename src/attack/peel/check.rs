//! The check of a deep network against fresh answers.

use super::plan;
use crate::attack::{Error, Run};
use crate::judge::{Item, Site, Stage};
use crate::linalg::Solve;
use crate::net::{Draw, Network};
use crate::num::{Num, lift_all};
use crate::oracle::Batch;

/// Fresh points, and `log2` of how much farther out each is than the one before.
const POINTS: usize = 24;
const FARTHER: f64 = 0.375;

/// Compares the network with fresh answers, from near the origin to far out.
///
/// Errors: the first answer that the network does not give. In ℚ it proves that something of the function has been
/// missed; agreement proves nothing.
pub(super) fn verified<S: Solve>(run: &mut Run<'_, S>, network: &Network<Num<S>>) -> Result<(), Error> {
    run.enter(Stage::Check);
    let mut draw = Draw::new(run.options.seed, "peel: check");
    let point = |k: usize| {
        let point = plan::normal(&mut draw, network.inputs(), 2f64.powf(FARTHER * k as f64 - 1.0));
        lift_all::<S>(&plan::rounded(&point, plan::COORDINATE_BITS), run.context)
    };
    let points: Vec<Vec<Num<S>>> = (0..POINTS).map(point).collect();
    let answers = run.ask(&Batch::Points(&points))?;
    for (index, (point, answer)) in points.iter().zip(&answers).enumerate() {
        let given = network.forward(point, run.context);
        let scale = terms(run, network, point);
        run.open(Item::point(index));
        for (o, (y, expected)) in given.iter().zip(answer).enumerate() {
            if !run.is_zero(Site::Residual, &(y - expected), &scale)? {
                let sizes = network.sizes();
                let what = format!(
                    "the recovered network, {sizes}, does not give the oracle's answer at check point {index}, output {o}"
                );
                return Err(Error::degenerate(Stage::Check, None, what));
            }
        }
    }
    Ok(())
}

/// What the terms of an answer come to without cancellation.
fn terms<S: Solve>(run: &Run<'_, S>, network: &Network<Num<S>>, point: &[Num<S>]) -> Num<S> {
    let mut values: Vec<Num<S>> = point.iter().map(Num::abs).collect();
    for layer in network.layers() {
        let rows = layer.weights().iter_rows().zip(layer.bias());
        let sum = |row: &[Num<S>], bias: &Num<S>| {
            row.iter().zip(&values).fold(bias.abs(), |sum, (w, x)| &sum + &(&w.abs() * x))
        };
        values = rows.map(|(row, bias)| sum(row, bias)).collect();
    }
    run.l1(&values)
}
