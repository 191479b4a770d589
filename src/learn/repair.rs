//! Error recovery through learning: a direct extraction that precision spoiled, trained on queries.
//!
//! Source: Jagielski et al., *High accuracy and high fidelity extraction of neural networks* (USENIX
//! Security 2020), section 5.5: the recovered weights are where training starts.

use super::{
    Architecture, Augmentation, Error, Form, Images, Method, Place, Rates, Recipe, State, Student, Task, train,
};
use crate::net::{Layered, Network};
use std::ops::ControlFlow;

/// Steps with one size, how many sizes there are, and the first; each is a third of the one before.
const STEPS: usize = 800;
const SIZES: i32 = 8;
const FIRST: f64 = 1e-3;
/// Queries a step.
const BATCH: usize = 128;
/// Share of the running average that stays each step.
const AVERAGE: f64 = 0.98;

/// A copy trained further, in f64, on the logits at these images; `logits`: `[n]` of `[outputs]`.
///
/// Errors: those of [`train`]; [`Error::Interrupted`] when `watch` says so.
pub fn repair(
    copy: &Network<f64>,
    images: &Images,
    logits: &[Vec<f64>],
    seed: u64,
    mut watch: impl FnMut() -> ControlFlow<()>,
) -> Result<Network<f64>, Error> {
    let shape = copy.shape();
    let form = Form { classes: shape.outputs, ..images.form() };
    let student = Student::new(Architecture::Layers(vec![shape.inputs, shape.hidden, shape.outputs]), form)?;
    let place = Place::cpu().in_f64();
    let layered = Layered::from(copy);
    let layers = layered.layers().iter();
    let mut weights = layers.flat_map(|layer| [layer.weights().entries().to_vec(), layer.bias().to_vec()]).collect();
    for size in 0..SIZES {
        let rates = Rates { rate: FIRST / libm::pow(3.0, f64::from(size)), decay: 0.0, average: AVERAGE };
        let augmentation = Augmentation::NONE;
        let recipe = Recipe { method: Method::Logits, steps: STEPS, batch: BATCH, rates, augmentation };
        // Adam starts anew, so that its means are those of the new size.
        let mut state = State::new(&student, weights, &place);
        let seed = seed.wrapping_add(size as u64);
        let task = Task { student: &student, labelled: images, targets: logits, unlabelled: images, recipe, seed };
        train(&task, &place, &mut state, &mut |_, _| watch())?;
        weights = state.copy();
    }
    let network = student.layered(&weights).transpose()?.unwrap_or(layered);
    Ok(Network::try_from(network)?)
}
