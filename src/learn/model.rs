//! Victims and copies as what they are to each other: logits, labels, and gradients at an input.

use super::labels::Labeller;
use super::mixmatch::labelled_loss;
use super::part::Norm;
use super::{Architecture, Error, Form, Images, Place, State, Student, values};
use crate::net::{Network, first_largest};
use crate::num::{Num, Rational, Scalar, lift_all};
use burn_tensor::Tensor;

/// A network that can be asked, and looked into.
#[derive(Clone, Debug)]
pub struct Model {
    student: Student,
    state: State,
    place: Place,
    /// Of a perceptron: its weights, and its labels decided exactly.
    layered: Option<(Network<Num<f64>>, Labeller)>,
}

impl Model {
    /// A perceptron with these weights; those that are no f64 are rounded for logits and gradients, never for labels.
    ///
    /// Errors: [`Error::Victim`] where it does not fit images of this form.
    pub fn layered(network: &Network<Rational>, form: Form) -> Result<Self, Error> {
        let (takes, gives) = (network.inputs(), network.outputs());
        // One output is a sign: two classes.
        if takes != form.pixels() || gives < form.classes || gives == 1 {
            return Err(Error::Victim { takes, gives, form });
        }
        let form = Form { classes: gives, ..form };
        let place = Place::cpu().in_f64();
        let rounded = network.map(|w| f64::nearest(w, ()));
        let sizes = std::iter::once(takes).chain(rounded.layers().iter().map(crate::net::Affine::units)).collect();
        let student = Student::new(Architecture::Layers(sizes), form)?;
        let weights = rounded.layers().iter();
        let weights = weights.flat_map(|layer| [layer.weights().entries().to_vec(), layer.bias().to_vec()]).collect();
        let state = State::new(&student, weights, &place);
        let layered = Some((rounded.map(|&w| Num(w)), Labeller::new(network)));
        Ok(Self { student, state, place, layered })
    }

    /// A student as it was trained; of a perceptron the weights are lifted exactly.
    ///
    /// Errors: those of a network that is too large.
    pub fn trained(student: &Student, state: &State, place: &Place) -> Result<Self, Error> {
        match student.layered(&state.copy()).transpose()? {
            Some(network) => Self::layered(&network.map(|&w| Rational::lift(w, ())), student.form()),
            None => Ok(Self { student: student.clone(), state: state.clone(), place: place.clone(), layered: None }),
        }
    }

    /// Its architecture.
    pub fn student(&self) -> &Student {
        &self.student
    }

    /// Logits at points, `[n]` of `[pixels]`, as `[n]` of `[classes]`: of a perceptron in portable f64, otherwise in
    /// the arithmetic of its place, at the nearest f32.
    pub fn logits_at(&self, points: &[Vec<f64>]) -> Vec<Vec<f64>> {
        match &self.layered {
            Some((network, _)) => {
                let one = |x: &Vec<f64>| network.forward(&lift_all(x, ()), ()).into_iter().map(|y| y.0).collect();
                points.iter().map(one).collect()
            }
            None => {
                let pixels = points.iter().flatten().map(|&x| x as f32).collect();
                let images = Images::unlabelled(self.student.form(), pixels);
                self.state.logits(&self.student, &images, &self.place)
            }
        }
    }

    /// The sets of largest outputs, `[n]`; exact of a perceptron, otherwise one label each.
    pub fn labels(&self, images: &Images) -> Vec<Vec<usize>> {
        match &self.layered {
            Some((_, labeller)) => (0..images.len()).map(|i| labeller.label(&lifted(images.image(i)))).collect(),
            None => {
                let logits = self.state.logits(&self.student, images, &self.place);
                logits.iter().map(|logits| vec![first_largest(logits)]).collect()
            }
        }
    }

    /// Gradient of the cross-entropy of these labels at these images, `[n · pixels]`.
    pub(super) fn gradient(&self, pixels: &[f32], labels: &[usize]) -> Vec<f64> {
        let form = self.student.form();
        let x = self.place.pixels(pixels.to_vec(), [labels.len(), form.pixels()]).autodiff().require_grad();
        let mut one_hot = vec![0.0; labels.len() * form.classes];
        labels.iter().enumerate().for_each(|(i, label)| one_hot[i * form.classes + label] = 1.0);
        let one_hot = self.place.tensor(one_hot, [labels.len(), form.classes]).autodiff();
        let weights: Vec<Tensor<1>> =
            self.state.tensors.iter().map(|tensor| tensor.average.clone().autodiff()).collect();
        let kept: Vec<Tensor<1>> = self.state.statistics.iter().map(|kept| kept.clone().autodiff()).collect();
        let logits = self.student.logits(&weights, Norm::Kept(&kept), x.clone());
        let gradients = labelled_loss(logits, one_hot).backward();
        x.grad(&gradients).map(values).unwrap_or_default()
    }
}

fn lifted(image: &[f32]) -> Vec<f64> {
    image.iter().map(|&x| f64::from(x)).collect()
}
