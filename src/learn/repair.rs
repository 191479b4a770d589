//! Error recovery through learning: a direct extraction that precision spoiled, trained on queries.
//!
//! Source: Jagielski et al., *High accuracy and high fidelity extraction of neural networks* (USENIX
//! Security 2020), section 5.5: the recovered weights are where training starts.

use super::{
    Architecture, Augmentation, Error, Form, Images, Method, Place, Rates, Recipe, State, Student, Task, train,
};
use crate::net::{Network, Shallow};
use std::ops::ControlFlow;

/// Steps with one size, how many sizes there are, and the largest first one; each is a third of the one before.
const STEPS: usize = 800;
const SIZES: i32 = 8;
const FIRST: f64 = 1e-3;
/// Queries a step.
const BATCH: usize = 128;
/// Share of the running average that stays each step.
const AVERAGE: f64 = 0.98;

/// A copy trained further, in f64, on the logits at these images; `logits`: `[n]` of `[outputs]`.
///
/// The first step size is the root of the mean squared residual, so that a copy that is nearly right is
/// not thrown far off. Of the weights after each size those with the least residual are kept, so that
/// at these images the result is no worse than the copy.
///
/// Errors: those of [`train`]; [`Error::Interrupted`] when `watch` says so.
pub fn repair(
    copy: &Shallow<f64>,
    images: &Images,
    logits: &[Vec<f64>],
    seed: u64,
    mut watch: impl FnMut() -> ControlFlow<()>,
) -> Result<Shallow<f64>, Error> {
    let shape = copy.shape();
    let form = Form { classes: shape.outputs, ..images.form() };
    let student = Student::new(Architecture::Layers(vec![shape.inputs, shape.hidden, shape.outputs]), form)?;
    let place = Place::cpu().in_f64();
    let layered = Network::from(copy);
    let layers = layered.layers().iter();
    let start = layers.flat_map(|layer| [layer.weights().entries().to_vec(), layer.bias().to_vec()]).collect();
    let mut best = State::new(&student, start, &place);
    let residual = |state: &State| {
        let found = state.logits(&student, images, &place);
        let squares = found.iter().flatten().zip(logits.iter().flatten()).map(|(y, seen)| (y - seen) * (y - seen));
        squares.sum::<f64>() / logits.iter().map(Vec::len).sum::<usize>().max(1) as f64
    };
    let mut least = residual(&best);
    let first = least.sqrt().min(FIRST);
    for size in 0..SIZES {
        let rates = Rates { rate: first / libm::pow(3.0, f64::from(size)), decay: 0.0, average: AVERAGE };
        let augmentation = Augmentation::NONE;
        let recipe = Recipe { method: Method::Logits, steps: STEPS, batch: BATCH, rates, augmentation };
        // Adam starts again, so that its means are those of the new size.
        let mut state = State::new(&student, best.copy(), &place);
        let seed = seed.wrapping_add(size as u64);
        let task = Task { student: &student, labelled: images, targets: logits, unlabelled: images, recipe, seed };
        train(&task, &place, &mut state, &mut |_, _| watch())?;
        let found = residual(&state);
        if found < least {
            (least, best) = (found, state);
        }
    }
    let network = student.layered(&best.copy()).transpose()?.unwrap_or(layered);
    Ok(Shallow::try_from(network)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::random;
    use crate::net::{self, Draw, Dtype, Shape};
    use crate::num::{Num, lift_all};

    const FORM: Form = Form { channels: 1, height: 2, width: 3, classes: 2 };

    fn repaired(off: f64) -> (Shallow<f64>, Shallow<f64>, [f64; 2]) {
        let victim = net::random(Shape { inputs: 6, hidden: 4, outputs: 2 }, 1, Dtype::F64);
        let images = random(&Images::new(FORM, vec![0.0; 12], vec![0; 2]).unwrap(), 200, 2).unwrap();
        let answers = |network: &Shallow<f64>| {
            let network = network.map(|&w| Num(w));
            let point = |i| images.image(i).iter().map(|&x| f64::from(x)).collect::<Vec<f64>>();
            let answer = |i| network.forward(&lift_all(&point(i), ()), ()).into_iter().map(|y| y.0).collect();
            (0..images.len()).map(answer).collect::<Vec<Vec<f64>>>()
        };
        let logits = answers(&victim);
        let mut draw = Draw::new(3, "off");
        let copy = victim.map(|w| w + off * draw.normal());
        let repaired = repair(&copy, &images, &logits, 0, || ControlFlow::Continue(())).unwrap();
        let residual = |network: &Shallow<f64>| {
            let pairs = answers(network).concat().into_iter().zip(logits.concat());
            pairs.map(|(y, seen)| (y - seen).abs()).fold(0.0, f64::max)
        };
        let residuals = [&copy, &repaired].map(residual);
        (copy, repaired, residuals)
    }

    #[test]
    fn a_spoiled_copy_comes_nearer() {
        for off in [0.01, 1e-4] {
            let (_, _, [before, after]) = repaired(off);
            assert!(after < before / 2.0, "{off}: {before} to {after}");
        }
    }

    #[test]
    fn a_right_copy_is_left_as_it_is() {
        let (copy, repaired, _) = repaired(0.0);
        assert_eq!(copy, repaired);
    }
}
