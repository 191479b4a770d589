//! Networks with one hidden layer, `f(x) = A1·relu(A0·x + b0) + b1`, and layered ones of any depth.

mod canonical;
mod draw;
mod integral;
mod label;
mod layered;
mod network;
mod random;
mod samples;
mod trained;

pub use canonical::{Canonical, Difference, Kink};
pub use draw::Draw;
pub use integral::Integral;
pub use label::{gives_label, label};
pub use layered::{Affine, Layered, Sizes};
pub use network::{Error, Network, Shape};
pub use random::{Weights, random};
pub use samples::Samples;
pub use trained::{Trained, Training, split, train};
