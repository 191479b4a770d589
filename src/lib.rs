//! Extraction of one-hidden-layer ReLU networks from their answers, in floating
//! point and in exact rational arithmetic.
//!
//! Layers, lowest first; imports only point down:
//!
//! | module | what |
//! |---|---|
//! | [`text`] | what others wrote, made safe for a screen |
//! | [`num`] | scalars: `f64`, `f32`, p-bit floats, balls, ℚ in two backends |
//! | [`linalg`] | matrices, elimination, exact solving by p-adic lifting |
//! | [`judge`] | where a number becomes a branch: sites, tolerances, policies, scripts |
//! | [`net`] | networks, random and trained victims, the canonical form |
//! | [`format`](mod@format) | network and data files |
//! | [`oracle`] | who answers, and who counts the queries |
//! | [`trace`] | what a run did |
//! | [`bounds`] | error bounds: theorems as functions of ℚ |
//! | [`attack`] | from answers to a network |
//! | [`experiment`] | one attack on one victim, in named arithmetics |
//! | [`compare`] | two runs, two networks: where they part, and by how much |
//! | [`ledger`] | whose error each stage's is, as an identity in ℚ |
//! | [`certify`] | proved bounds on every number and sign of a run |
//! | [`study`] | one victim attacked in rounded and in exact arithmetic, and all that sets the runs apart |
//! | [`certificate`] | what another program can check: emitted, written for Coq; checked by [`exactract_check`] |
//! | [`audit`] | two networks and a claim: equal, or how far apart, at which input |
//! | [`record`] | what is written for machines: one family of records and its schema |
//! | [`report`] | records as text, for people |
//! | [`sweep`] | many attacks from one file: planned, run, kept, collected |
//! | [`regress`] | baselines: what runs decided and found, pinned, and what has moved since |
//! | [`gate`] | what must hold of a model before it is shipped, checked |
//! | [`figures`] | pages, drawings and data files of sweeps and runs |
//! | `learn` | learning-based extraction (feature `learn`): supervised, MixMatch |
//! | [`cli`] | the command line |
//!
//! The attack is generic over the arithmetic ([`num::Scalar`]). Every value of every
//! arithmetic is a rational, so all that comes after it is plain code over ℚ.
#![deny(missing_docs)]
#![warn(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod attack;
pub mod audit;
pub mod bounds;
pub mod certificate;
pub mod certify;
pub mod cli;
pub mod compare;
pub mod experiment;
pub mod figures;
pub mod format;
pub mod gate;
pub mod judge;
#[cfg(feature = "learn")]
pub mod learn;
pub mod ledger;
pub mod linalg;
pub mod net;
pub mod num;
pub mod oracle;
pub mod record;
pub mod regress;
pub mod report;
pub mod study;
pub mod sweep;
pub mod text;
pub mod trace;
