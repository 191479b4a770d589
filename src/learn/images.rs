//! Labelled images, as students see them.

use super::{Error, Form};
use crate::net::Samples;
use crate::num::Num;

/// Images asked about together.
const BLOCK: usize = 256;

/// Images with a class each, every pixel an f32 between 0 and 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Images {
    form: Form,
    pixels: Vec<f32>,
    labels: Vec<usize>,
}

impl Images {
    /// Images from their pixels, `[n, channels, height, width]`, and labels, `[n]`.
    ///
    /// Errors: [`Error::Few`] unless there is one label an image, two images at least; [`Error::Range`] of a label.
    pub fn new(form: Form, pixels: Vec<f32>, labels: Vec<usize>) -> Result<Self, Error> {
        let there = pixels.len().checked_div(form.pixels()).unwrap_or(0);
        let asked = labels.len().max(2);
        if there < asked || pixels.len() != labels.len() * form.pixels() {
            return Err(Error::Few { what: "images, one a label,", asked, there });
        }
        if let Some(&label) = labels.iter().find(|&&label| label >= form.classes) {
            return Err(Error::Range {
                name: "label",
                value: label as f64,
                expected: "one below the number of classes",
            });
        }
        Ok(Self { form, pixels, labels })
    }

    /// Images of which no label is known, however few; the numbers say nothing.
    pub(super) fn unlabelled(form: Form, pixels: Vec<f32>) -> Self {
        let count = pixels.len() / form.pixels().max(1);
        Self { form, pixels, labels: vec![0; count] }
    }

    /// Samples as images; of one row where their number of inputs is no square.
    ///
    /// Errors: as [`Images::new`].
    pub fn from_samples(samples: &Samples) -> Result<Self, Error> {
        let inputs = samples.inputs().columns();
        let side = (1..=inputs).find(|side| side * side >= inputs).unwrap_or(1);
        let (height, width) = if side * side == inputs { (side, side) } else { (1, inputs) };
        let form = Form { channels: 1, height, width, classes: samples.classes() };
        let pixels = samples.inputs().entries().iter().map(|&x| x as f32).collect();
        Self::new(form, pixels, samples.labels().to_vec())
    }

    /// The same images among at least this many classes: a victim may tell more apart than occur.
    pub fn among(self, classes: usize) -> Self {
        let form = Form { classes: classes.max(self.form.classes), ..self.form };
        Self { form, ..self }
    }

    /// Their size.
    pub fn form(&self) -> Form {
        self.form
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are none; never, by construction.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// `[n]`.
    pub fn labels(&self) -> &[usize] {
        &self.labels
    }

    /// One image, `[channels, height, width]`.
    pub fn image(&self, index: usize) -> &[f32] {
        let size = self.form.pixels();
        &self.pixels[index * size..][..size]
    }

    /// The images as questions to an oracle, in order, in blocks that are asked together.
    pub fn questions(&self) -> impl Iterator<Item = Vec<Vec<Num<f64>>>> {
        let question = |i: usize| self.image(i).iter().map(|&x| Num(f64::from(x))).collect();
        let block = move |first: usize| (first..self.len().min(first + BLOCK)).map(question).collect();
        (0..self.len()).step_by(BLOCK).map(block)
    }

    /// These images, in this order.
    pub fn select(&self, which: &[usize]) -> Self {
        let pixels = which.iter().flat_map(|&i| self.image(i)).copied().collect();
        Self { form: self.form, pixels, labels: which.iter().map(|&i| self.labels[i]).collect() }
    }
}
