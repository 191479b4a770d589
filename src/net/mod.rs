//! Networks of any depth, affine maps with piecewise-linear activations between them; victims of one hidden layer.

mod activation;
mod canonical;
mod draw;
mod error;
mod integral;
mod label;
mod network;
mod random;
mod samples;
mod shallow;
mod shape;
mod trained;

pub use activation::{Activation, Pieces};
pub use canonical::{Canonical, Difference, Kink};
pub use draw::Draw;
pub use error::Error;
pub use integral::Integral;
pub use label::{gives_label, label};
pub use network::{Affine, Network};
pub use random::{Weights, random};
pub use samples::Samples;
pub use shallow::Shallow;
pub use shape::{Shape, Sizes};
pub use trained::{Trained, Training, split, train};
