//! Networks with one hidden layer: `f(x) = A1·relu(A0·x + b0) + b1`.

mod network;

pub use network::{Error, Network, Shape};
