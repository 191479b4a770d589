//! Inputs that change a network's label, made with its gradients.

use super::{Error, Images, Model};

/// How they are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attack {
    /// One step along the sign of the gradient. Goodfellow, Shlens, Szegedy (ICLR 2015).
    Fgsm,
    /// Ten steps of a quarter of the radius, each back into the box around the image. Madry et al. (ICLR 2018).
    Pgd,
}

/// Images whose gradients are taken together.
const BLOCK: usize = 256;
/// Steps of PGD, and its radius over one of them.
const STEPS: (usize, f32) = (10, 4.0);

impl Attack {
    /// Images that differ from these by at most `epsilon` a pixel, within 0 and 1, against the label that `model` gives.
    ///
    /// Nothing is drawn. Rounded to f32: the images are the numbers they are. Errors: those of [`Images::new`].
    pub fn craft(self, model: &Model, images: &Images, epsilon: f32) -> Result<Images, Error> {
        let labels: Vec<usize> = model.labels(images).iter().map(|label| label[0]).collect();
        let start: Vec<f32> = (0..images.len()).flat_map(|i| images.image(i)).copied().collect();
        let (steps, size) = match self {
            Self::Fgsm => (1, epsilon),
            Self::Pgd => (STEPS.0, epsilon / STEPS.1),
        };
        let mut pixels = start.clone();
        for _ in 0..steps {
            let blocks = pixels.chunks(BLOCK * images.form().pixels()).zip(labels.chunks(BLOCK));
            let gradient: Vec<f64> = blocks.flat_map(|(pixels, labels)| model.gradient(pixels, labels)).collect();
            for ((x, slope), centre) in pixels.iter_mut().zip(gradient).zip(&start) {
                let step = if slope > 0.0 {
                    size
                } else if slope < 0.0 {
                    -size
                } else {
                    0.0
                };
                *x = (*x + step).clamp(centre - epsilon, centre + epsilon).clamp(0.0, 1.0);
            }
        }
        Images::new(images.form(), pixels, images.labels().to_vec())
    }
}
