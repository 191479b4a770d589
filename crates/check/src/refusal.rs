//! Why a certificate is not accepted.

/// Why a certificate is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It is not put together as a certificate is: nothing was decided.
    #[error("{0}")]
    Malformed(String),
    /// It is well-formed, and does not show what it states.
    #[error("{0}")]
    False(String),
}
