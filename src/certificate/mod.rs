//! Certificates: files from which another program derives that a copy is its victim, or how far off it is.
//!
//! A [`Certificate`] holds the networks themselves, with every number exact, and the few
//! indices and factors that make the derivation short. The crate [`exactract_check`] has its layout and derives
//! both statements again from the networks alone, over `num-bigint`: it shares no comparison with the engine, nor,
//! in a build with the `gmp` feature, any arithmetic, and believes no field. Here certificates are emitted, and
//! their networks compared with victims that are read or made again. [`coq`] writes the same statements for
//! Coq's kernel.
//!
//! | statement | says |
//! |---|---|
//! | equality | the exact run's network is the victim on all of ℝ^d |
//! | box | the rounded run's network is within a bound of the victim, output by output, on a box |
//!
//! An [`AuditCertificate`] is what an audit leaves: equality, a bound from below with the inputs that
//! show it, bounds from above with the cells that prove them; a [`DeepCertificate`] the same for networks of any depth,
//! with the parts of the box.
//!
//! Both statements above rest on one identity. Where unit `u` of either network is `z_u = s_u·Z_g + δ_u` for a
//! plane `Z_g`, `2·relu(z) = z + |z|` turns twice the difference of the two functions into
//! kinks `|Z_g|`, misfits `δ_u` and an affine map.

pub mod coq;
mod emit;
mod identity;
mod planes;

pub use emit::{Copies, emit, weights};
// What the functions here and in `audit` take and give.
pub use exactract_check::{
    AuditCertificate, AuditChecked, Certificate, Checked, DeepCertificate, DeepChecked, Matching, Refusal, Source,
    Weights, check, check_audit, check_deep,
};
pub use identity::{identify, identify_audit, identify_deep};
pub use planes::shared;
