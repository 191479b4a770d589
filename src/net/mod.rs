//! Networks of any depth, affine maps with piecewise-linear activations between them; victims of one hidden layer.

mod activation;
pub mod adam;
mod canonical;
mod draw;
mod dtype;
mod error;
mod family;
mod integral;
mod label;
mod network;
mod normal;
mod random;
mod same;
mod samples;
mod shallow;
mod shape;
mod trained;

pub use activation::{Activation, Pieces};
pub use canonical::{Canonical, Difference, Kink};
pub use draw::Draw;
pub use dtype::Dtype;
pub use error::Error;
pub use family::{Family, UnknownActivation};
pub use integral::Integral;
pub use label::{first_largest, gives_label, label};
pub use network::{Affine, Network};
pub use normal::Normal;
pub use random::{random, random_deep};
pub use same::{Sameness, same};
pub use samples::Samples;
pub use shallow::Shallow;
pub use shape::{Shape, ShapeError, Sizes};
pub use trained::{Trained, Training, split, train};
