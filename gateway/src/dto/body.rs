//! The body of a request, before its fields are read.

use super::document::{FieldError, Node};

/// What is wrong with the body of a request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// The body is not JSON.
    #[error("the body is not JSON: {0}")]
    Json(String),
    /// A field is not accepted.
    #[error(transparent)]
    Field(#[from] FieldError),
}

pub(super) fn json(body: &[u8]) -> Result<Node, BodyError> {
    Node::from_json(body).map_err(|error| BodyError::Json(error.to_string()))
}
