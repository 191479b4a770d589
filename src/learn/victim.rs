//! Who answers the queries.

use super::{Access, Error, Form, Images, Model};

/// A victim behind an access level. A learner sees its answers and nothing else.
#[derive(Clone, Debug)]
pub enum Victim {
    /// A network.
    Model(Box<Model>),
    /// The data's own labels: an oracle that is always right, and says labels only.
    Truth,
}

impl Victim {
    /// The network, where there is one.
    pub fn model(&self) -> Option<&Model> {
        match self {
            Self::Model(model) => Some(model),
            Self::Truth => None,
        }
    }

    /// What a student is trained on: the answers to these images, `[n]` of `[classes]`. One query an image.
    ///
    /// Errors: [`Error::TooLittle`] where the data's labels should have scores; see [`Access::checked`].
    pub fn answer(&self, images: &Images, access: Access, temperature: f64) -> Result<Vec<Vec<f64>>, Error> {
        let classes = images.form().classes;
        let access = access.checked(classes, temperature)?;
        match self {
            Self::Model(model) => {
                let logits = model.logits(images);
                Ok(logits.iter().map(|logits| access.target(logits, temperature)).collect())
            }
            Self::Truth if access == Access::Label => {
                Ok(images.labels().iter().map(|&l| one_hot(l, classes)).collect())
            }
            Self::Truth => Err(Error::TooLittle {
                what: "what was asked for",
                needs: "a victim with scores, and the data's own labels have none",
                access: access.to_string(),
                choose: "label",
            }),
        }
    }

    /// Classes that the victim tells apart: at least those of the data.
    pub fn form(&self, data: Form) -> Form {
        self.model().map_or(data, |model| model.student().form())
    }
}

fn one_hot(label: usize, classes: usize) -> Vec<f64> {
    (0..classes).map(|class| f64::from(u8::from(class == label))).collect()
}
