//! Certificates: files from which another program derives that a copy is its victim, or how far off it is.
//!
//! A [`Certificate`] holds the networks themselves, with every number exact, and the few
//! indices and factors that make the derivation short. [`check`] derives both statements
//! again from the networks alone, over `num-bigint`: it shares no comparison with the engine, nor,
//! in a build with the `gmp` feature, any arithmetic, and believes no field. [`coq`] writes the
//! same statements for Coq's kernel.
//!
//! | statement | says |
//! |---|---|
//! | equality | the exact run's network is the victim on all of ℝ^d |
//! | box | the rounded run's network is within a bound of the victim, output by output, on a box |
//!
//! An [`AuditCertificate`] is what an audit leaves: equality, a bound from below with the inputs that
//! show it, bounds from above with the cells that prove them.
//!
//! Both statements above rest on one identity. Where unit `u` of either network is `z_u = s_u·Z_g + δ_u` for a
//! plane `Z_g`, `2·relu(z) = z + |z|` turns twice the difference of the two functions into
//! kinks `|Z_g|`, misfits `δ_u` and an affine map; see [`check`].

mod audited;
mod audited_text;
pub mod check;
pub mod coq;
mod emit;
mod planes;
mod record;
mod text;
mod written;

pub use audited::{AUDIT_FORMAT, AtLeast, AtMost, AuditCertificate, Cell, Ends, Leaf, Party, Proof, Term, Together};
pub use audited_text::audited_text;
pub use emit::{Copies, emit, weights};
pub use planes::shared;
pub use record::{
    BoxBound, Certificate, Equality, FORMAT, Matching, Owner, Place, Plane, Source, Unreadable, Victim, Weights,
};
pub use text::text;
pub use written::format;
