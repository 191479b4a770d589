//! Learning-based extraction: an adversary who wants accuracy rather than identity.
//!
//! From few answers and many unlabelled images a copy is trained, fully supervised or by MixMatch;
//! it is then compared with the victim with the instruments that the direct attack is compared with.
//! Source: Jagielski, Carlini, Berthelot, Kurakin, Papernot, *High accuracy and high fidelity
//! extraction of neural networks* (USENIX Security 2020), sections 4 and 6.
//!
//! | file | what |
//! |---|---|
//! | `form` | channels, size and classes of images |
//! | `images` | labelled images, as students see them |
//! | `augment` | random changes that leave an image's class as it is |
//! | `target` | what a student is trained on, of what an oracle showed |
//! | `student`, `resnet` | what is trained: perceptrons and wide residual networks |
//! | `place` | where tensors live, and in which precision |
//! | `mixmatch` | the parts of MixMatch |
//! | `adam` | Adam with weight decay, and the running average of the weights |
//! | `batches` | which images a step sees, drawn from the seed and the step alone |
//! | `train` | the steps |
//! | `state` | all that a run goes on from, in memory and as a file |
//! | `model`, `labels` | victims and copies: logits, gradients, labels with exact ties |
//! | `victim` | who answers |
//! | `experiment` | one extraction: queries drawn, asked, learned from |
//! | `adversarial` | inputs that change a label |
//! | `measure` | accuracy, fidelity, transfer, agreement of runs |
//! | `direct`, `worst` | direct recovery to stand beside it, and certified differences |
//! | `repair` | a direct recovery that precision spoiled, trained on queries |
//! | `data` | the bundled digits, or files of the user's |
//! | `text` | what a command found, for people |

mod adam;
mod adversarial;
mod augment;
mod batches;
mod data;
mod direct;
mod error;
mod experiment;
mod form;
mod images;
mod labels;
mod measure;
pub mod mixmatch;
mod model;
mod part;
mod place;
mod repair;
mod resnet;
mod state;
mod student;
mod target;
mod text;
mod train;
mod victim;
mod worst;

pub use adam::{Rates, Trained};
pub use adversarial::Attack;
pub use augment::Augmentation;
pub use data::Data;
pub use direct::{Direct, Recovery};
pub use error::Error;
pub use experiment::{Checkpoint, Experiment, Seeds, Source, ask, random};
pub use form::Form;
pub use images::Images;
pub use labels::Labeller;
pub use measure::{Grounds, accuracy, agreement};
pub use model::Model;
pub use part::{Norm, Part};
pub use place::{Place, values};
pub use repair::repair;
pub use state::State;
pub use student::{Architecture, Student};
pub use target::target;
pub use text::text;
pub use train::{Method, MixMatch, Recipe, Task, Watch, train};
pub use victim::Victim;
pub use worst::worst;
