//! What is wrong with a definition: which field, its value, and what is accepted.

use std::fmt;

use types::CodecError;

/// A field whose value is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path} is {value}; accepted: {accepted}")]
pub struct FieldError {
    /// Where the field is, such as `max_loss.allowance`.
    pub path: &'static str,
    /// Its value as text.
    pub value: String,
    /// What is accepted, as text.
    pub accepted: &'static str,
}

/// What is wrong with a plan.
pub type PlanError = FieldError;

/// Why bytes are not a valid definition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    /// The bytes are not in the binary form.
    #[error("the bytes are not a definition: {0}")]
    Codec(#[from] CodecError),
    /// A field's value is not accepted.
    #[error(transparent)]
    Field(#[from] FieldError),
}

/// Passes when `accepted_if` holds, else names the field.
pub(crate) fn check(
    accepted_if: bool,
    path: &'static str,
    value: &dyn fmt::Display,
    accepted: &'static str,
) -> Result<(), FieldError> {
    if accepted_if {
        Ok(())
    } else {
        Err(FieldError {
            path,
            value: value.to_string(),
            accepted,
        })
    }
}
