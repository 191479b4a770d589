//! The network through its canonical form, where rows cannot be oriented.

use super::linear::{self, Affine};
use crate::attack::{Error, Run};
use crate::judge::{Item, Site, Stage};
use crate::linalg::Matrix;
use crate::net::Shallow;
use crate::num::{Num, Scalar, dot};
use crate::oracle::Batch;

/// A functionally equivalent network: one unit a hyperplane, and two an output for what is affine.
///
/// `f(x) = Σ κ_i·|z_i(x)| + affine(x)` with `κ_i` half the strength of kink `i`. The affine
/// part is recovered from `inputs + 1` answers; `κ|z| = 2κ·relu(z) − κ·z` and
/// `l = relu(l) − relu(−l)` make it a network of at most `rows + 2·outputs` units.
pub(in crate::attack) fn network<S: Scalar>(run: &mut Run<'_, S>) -> Result<Shallow<Num<S>>, Error> {
    let questions = linear::questions::<S>(run.inputs(), run.context);
    let mut answers = run.ask(&Batch::Points(&questions))?;
    // What is left of every answer once each kink's active half is taken away is affine.
    for (point, answer) in questions.iter().zip(&mut answers) {
        for unit in run.trace.signatures() {
            let active = (&dot(run.zero(), &unit.row, point) + &unit.bias).relu();
            for (y, strength) in answer.iter_mut().zip(&unit.strength) {
                *y = &*y - &(strength * &active);
            }
        }
    }
    let affine = linear::recover(&answers).ok_or_else(|| failed("no answers"))?;
    assembled(run, &affine)
}

fn failed(what: &str) -> Error {
    Error::degenerate(Stage::LastLayer, None, what)
}

/// The network of the rows found, each active where it is positive, and of an affine remainder.
pub(in crate::attack) fn assembled<S: Scalar>(
    run: &mut Run<'_, S>,
    affine: &Affine<S>,
) -> Result<Shallow<Num<S>>, Error> {
    let (inputs, outputs) = (run.inputs(), run.outputs());
    let (mut rows, mut biases, mut output): (Vec<Vec<Num<S>>>, Vec<Num<S>>, Vec<Vec<Num<S>>>) = Default::default();
    for unit in run.trace.signatures() {
        rows.push(unit.row.clone());
        biases.push(unit.bias.clone());
        output.push(unit.strength.clone());
    }
    for o in 0..outputs {
        let strengths: Vec<Num<S>> = run.trace.signatures().iter().map(|unit| unit.strength[o].clone()).collect();
        let scale = run.l1(&strengths);
        run.open(Item::output(o));
        let mut flat = true;
        for j in 0..inputs {
            run.open(Item::output(o).axis(j));
            flat &= run.is_zero(Site::Affine, &affine.weights[(o, j)], &scale)?;
        }
        if flat {
            continue;
        }
        for side in [1.0, -1.0] {
            let sign = run.lift(side);
            rows.push(affine.weights.row(o).iter().map(|w| w * &sign).collect());
            biases.push(run.zero());
            output.push((0..outputs).map(|p| if p == o { sign.clone() } else { run.zero() }).collect());
        }
    }
    if rows.is_empty() {
        // A constant function: one unit that never acts carries the shape.
        rows.push(vec![run.zero(); inputs]);
        biases.push(run.zero());
        output.push(vec![run.zero(); outputs]);
    }
    let hidden = Matrix::from_rows(inputs, rows).ok_or_else(|| failed("ragged rows"))?;
    let output = Matrix::from_rows(outputs, output).ok_or_else(|| failed("ragged output"))?.transposed();
    Shallow::new(hidden, biases, output, affine.bias.clone()).map_err(|e| failed(&e.to_string()))
}
