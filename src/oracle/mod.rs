//! Oracles: they answer queries and own the query count. The attack sees nothing else.
//!
//! | oracle | arithmetic | how |
//! |---|---|---|
//! | [`Plain`] | any | as the formula reads; what the others are tested against |
//! | [`Layered`] | any | the same of any depth |
//! | [`Dense`] | `f64`, `f32` | blocks of points through matrix products; stored in 16 bits, too |
//! | `Precise` | p-bit floats | every operation rounded to p bits |
//! | [`Incremental`] | ℚ | integers, and only what changes between questions |
//! | [`Certified`] | balls | answers of `Dense` in `f64`, each with a bound on its error |
//! | [`Compensated`] | balls | evaluated again in twice the precision: enclosures of the exact answers |
//! | [`Channel`] | any | rounds the answers of another to fewer bits or decimals |
//! | [`Show`] | any | shows less of another: scores, the largest, labels |
//! | [`Function`] | `f64` | a black box: any function of points, which may fail |
//! | [`Bridge`] | two | the victim's on one side, the attacker's on the other |
//!
//! What stands between a victim and its attacker is a list of [`Wrapper`]s. What an [`Observation`] shows is the
//! oracle's [`Access`].

mod access;
mod answer;
mod bridge;
mod certified;
mod channel;
mod compensated;
mod count;
mod dense;
mod failure;
mod function;
mod incremental;
mod layered;
mod observation;
mod plain;
#[cfg(feature = "gmp")]
mod precise;
mod show;
mod wrapper;

pub use access::{Access, UnknownAccess};
pub use answer::{Answer, Batch, Evaluate, Held, Probe};
pub use bridge::Bridge;
pub use certified::{Bound, Center, Certified};
pub use channel::{Channel, MOST_BITS, Rounding, channel_error, decimals_error};
pub use compensated::{Compensated, Preactivations};
pub use count::{Error, Oracle, Progress, Tally};
pub use dense::{Dense, Kernel, Real};
pub use failure::Failure;
pub use function::Function;
pub use incremental::Incremental;
pub use layered::Layered;
pub use observation::Observation;
pub use plain::Plain;
#[cfg(feature = "gmp")]
pub use precise::Precise;
pub use show::{Show, softmax};
pub use wrapper::{Wrapper, Wrapping, wrapped};
