//! Who answers the queries.

use super::{Form, Images, Model};
use crate::num::Num;
use crate::oracle::{Access, Answer, Batch, Failure, Observation, Oracle, Show};
use std::collections::HashMap;
use std::sync::Arc;

/// A victim. A learner asks it through an [`Oracle`] and sees nothing else.
#[derive(Clone)]
pub enum Victim {
    /// A network.
    Model(Arc<Model>),
    /// The data's own labels: an oracle that is always right, and shows labels only.
    Truth,
    /// Anything that answers, of which nothing else is known.
    BlackBox(Arc<dyn Answer<f64>>),
}

impl Victim {
    /// The network, where it is known.
    pub fn model(&self) -> Option<&Model> {
        match self {
            Self::Model(model) => Some(model),
            Self::Truth | Self::BlackBox(_) => None,
        }
    }

    /// The oracle that shows this much of the victim's answers; the data's own labels are known of `images` alone.
    pub fn oracle(&self, images: &Images, access: Access) -> Oracle<f64> {
        let victim: Box<dyn Answer<f64>> = match self {
            Self::Model(model) => Box::new(Arc::clone(model)),
            Self::Truth => Box::new(Labels::new(images)),
            Self::BlackBox(victim) => Box::new(Arc::clone(victim)),
        };
        Oracle::new(Box::new(Show::new(victim, access, ())))
    }

    /// What the victim takes and tells apart: at least the classes of the data.
    pub fn form(&self, data: Form) -> Form {
        match self {
            Self::Model(model) => model.student().form(),
            Self::Truth => data,
            Self::BlackBox(victim) => Form { classes: victim.outputs().max(data.classes), ..data },
        }
    }
}

/// A network shows its logits.
impl Answer<f64> for Model {
    fn inputs(&self) -> usize {
        self.student().form().pixels()
    }

    fn outputs(&self) -> usize {
        self.student().form().classes
    }

    fn access(&self) -> Access {
        Access::Logits
    }

    /// Errors: [`Failure::NotFinite`] where its arithmetic overflows.
    fn answer(&self, batch: &Batch<'_, f64>) -> Result<Vec<Observation<f64>>, Failure> {
        let points: Vec<Vec<f64>> = (0..batch.len()).map(|i| plain(batch.point(i)).collect()).collect();
        let logits = self.logits_at(&points);
        for (question, answer) in logits.iter().enumerate() {
            if let Some(output) = answer.iter().position(|y| !y.is_finite()) {
                return Err(Failure::NotFinite { question, output });
            }
        }
        Ok(logits.into_iter().map(|answer| Observation::Logits(answer.into_iter().map(Num).collect())).collect())
    }
}

/// The labels of images, told apart by their pixels; of two alike the first one's.
struct Labels {
    form: Form,
    labels: HashMap<Vec<u64>, usize>,
}

impl Labels {
    fn new(images: &Images) -> Self {
        let key = |i: usize| images.image(i).iter().map(|&x| f64::from(x).to_bits()).collect();
        // From the last on, so that the first one's label stays.
        let labels = (0..images.len()).rev().map(|i| (key(i), images.labels()[i])).collect();
        Self { form: images.form(), labels }
    }
}

impl Answer<f64> for Labels {
    fn inputs(&self) -> usize {
        self.form.pixels()
    }

    fn outputs(&self) -> usize {
        self.form.classes
    }

    fn access(&self) -> Access {
        Access::Label
    }

    /// Errors: [`Failure::Gone`] of an image that nobody labelled.
    fn answer(&self, batch: &Batch<'_, f64>) -> Result<Vec<Observation<f64>>, Failure> {
        let label = |question| {
            let key: Vec<u64> = plain(batch.point(question)).map(f64::to_bits).collect();
            let label = self.labels.get(&key).copied().map(Observation::Label);
            label.ok_or_else(|| Failure::Gone(format!("question {question} is no image of the data")))
        };
        (0..batch.len()).map(label).collect()
    }
}

fn plain(point: Vec<Num<f64>>) -> impl Iterator<Item = f64> {
    point.into_iter().map(|x| x.0)
}
