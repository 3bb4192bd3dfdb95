//! The description of the service, in OpenAPI 3.1.

/// The document, which tests hold against what the service answers.
pub(super) const TEXT: &str = include_str!("openapi.json");
