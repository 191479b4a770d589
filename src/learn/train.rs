//! Training a student on an oracle's answers.

use super::batches::{Line, beta, changed, shuffled, stream};
use super::mixmatch::{guess, labelled_loss, mixup, ramp, sharpen, unlabelled_loss};
use super::part::Norm;
use super::{Augmentation, Error, Images, Place, Rates, State, Student, values};
use burn_tensor::Tensor;
use std::ops::ControlFlow;

/// How a student learns from answers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Method {
    /// From the answers alone.
    Supervised,
    /// From the answers and from unlabelled images, by MixMatch.
    MixMatch(MixMatch),
    /// From the logits, by least squares: what repairs a direct extraction.
    Logits,
}

/// What MixMatch leaves open.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MixMatch {
    /// Changed views of an unlabelled image whose predictions are averaged, `K`.
    pub views: usize,
    /// Temperature of sharpening, `T`.
    pub temperature: f64,
    /// Both parameters of MixUp's beta distribution, `α`.
    pub alpha: f64,
    /// Weight of the unlabelled loss in the end, `λ_U`.
    pub weight: f64,
    /// Steps over which that weight grows from 0.
    pub ramp: usize,
}

impl Default for MixMatch {
    fn default() -> Self {
        Self { views: 2, temperature: 0.7, alpha: 0.2, weight: 50.0, ramp: 2000 }
    }
}

/// How long and how fast.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Recipe {
    /// The method.
    pub method: Method,
    /// Steps.
    pub steps: usize,
    /// Labelled images a step, and as many unlabelled ones.
    pub batch: usize,
    /// Step size, weight decay, running average.
    pub rates: Rates,
    /// What is done to images each time they are shown.
    pub augmentation: Augmentation,
}

/// What a run stands on.
pub struct Task<'a> {
    /// What is trained.
    pub student: &'a Student,
    /// Queries.
    pub labelled: &'a Images,
    /// What the oracle's answers make of them, `[n]` of `[classes]`.
    pub targets: &'a [Vec<f64>],
    /// Images that nobody labelled; may be empty for [`Method::Supervised`].
    pub unlabelled: &'a Images,
    /// How.
    pub recipe: Recipe,
    /// Seed of the batches, their changes and their mixing.
    pub seed: u64,
}

/// Somebody who is told of every step, with what the run would go on from.
pub type Watch<'a> = &'a mut dyn FnMut(&State, f64) -> ControlFlow<()>;

/// Trains to the end of the recipe, from a state of any step.
///
/// The same task and state give the same bits on one processor, whatever else runs beside.
///
/// Errors: [`Error::Diverged`] where a loss is not finite, [`Error::Interrupted`]; the state is then the
/// last whose loss was finite, or the last of all.
pub fn train(task: &Task<'_>, place: &Place, state: &mut State, watch: Watch<'_>) -> Result<(), Error> {
    let steps = task.recipe.steps;
    let mut lines = (
        Line::new(task.labelled.len(), task.seed, "labelled order"),
        Line::new(task.unlabelled.len(), task.seed, "unlabelled order"),
    );
    let mut good = state.clone();
    while state.step < steps {
        let before = state.clone();
        let loss = step(task, place, state, &mut lines);
        if !loss.is_finite() {
            // These weights gave the loss; those before them are the last that gave a finite one.
            let step = before.step + 1;
            *state = good;
            return Err(Error::Diverged { step, loss, kept: state.step, file: None });
        }
        good = before;
        if watch(state, loss).is_break() {
            return Err(Error::Interrupted { step: state.step, steps });
        }
    }
    Ok(())
}

/// One step; returns its loss.
fn step(task: &Task<'_>, place: &Place, state: &mut State, lines: &mut (Line, Line)) -> f64 {
    let Recipe { method, batch, rates, augmentation, .. } = task.recipe;
    let (form, at) = (task.student.form(), state.step);
    let mut draw = stream(task.seed, at as u64, "step");
    let which = lines.0.batch(at, batch);
    let shape = [batch, form.pixels()];
    let x = place.pixels(changed(task.labelled, &which, augmentation, &mut draw), shape);
    let targets: Vec<f64> = which.iter().flat_map(|&i| &task.targets[i]).copied().collect();
    let labels = place.tensor(targets, [batch, form.classes]);
    let leaves: Vec<Tensor<1>> =
        state.tensors.iter().map(|tensor| tensor.weights.clone().autodiff().require_grad()).collect();
    let mut seen = Vec::new();
    let loss = match method {
        Method::Supervised => {
            labelled_loss(task.student.logits(&leaves, Norm::Batch(&mut seen), x.autodiff()), labels.autodiff())
        }
        Method::Logits => {
            (task.student.logits(&leaves, Norm::Batch(&mut seen), x.autodiff()) - labels.autodiff()).square().mean()
        }
        Method::MixMatch(settings) => {
            let which = lines.1.batch(at, batch);
            let view = |_| place.pixels(changed(task.unlabelled, &which, augmentation, &mut draw), shape);
            let views: Vec<Tensor<2>> = (0..settings.views).map(view).collect();
            let weights: Vec<Tensor<1>> = state.tensors.iter().map(|tensor| tensor.weights.clone()).collect();
            let predictions =
                views.iter().map(|x| task.student.logits(&weights, Norm::Batch(&mut Vec::new()), x.clone())).collect();
            // One view at least, so that there is a guess.
            let guessed =
                guess(predictions).map_or_else(|| labels.clone(), |guess| sharpen(guess, settings.temperature));
            let rows = batch * (1 + settings.views);
            let mut targets = vec![labels];
            targets.resize(1 + settings.views, guessed);
            let (all_x, all_labels) = (Tensor::cat([vec![x], views].concat(), 0), Tensor::cat(targets, 0));
            let lambda: Vec<f64> = (0..rows).map(|_| beta(settings.alpha, &mut draw)).collect();
            let (lambda, order) = (place.tensor(lambda, [rows, 1]), place.indices(&shuffled(rows, &mut draw)));
            let mixed = mixup(all_x, lambda.clone(), order.clone());
            let mixed_labels = mixup(all_labels, lambda, order).autodiff();
            let logits = task.student.logits(&leaves, Norm::Batch(&mut seen), mixed.autodiff());
            let part = |from: usize, to: usize| {
                (
                    logits.clone().slice([from..to, 0..form.classes]),
                    mixed_labels.clone().slice([from..to, 0..form.classes]),
                )
            };
            let ((own, own_labels), (guessed, guesses)) = (part(0, batch), part(batch, rows));
            let weight = ramp(settings.weight, at, settings.ramp);
            labelled_loss(own, own_labels) + unlabelled_loss(guessed, guesses).mul_scalar(weight)
        }
    };
    let told = values(loss.clone()).first().copied().unwrap_or(f64::NAN);
    if !told.is_finite() {
        return told;
    }
    let mut gradients = loss.backward();
    for (tensor, leaf) in state.tensors.iter_mut().zip(&leaves) {
        if let Some(gradient) = leaf.grad_remove(&mut gradients) {
            tensor.step(gradient, at + 1, &rates);
        }
    }
    state.keep(seen);
    state.step += 1;
    told
}
