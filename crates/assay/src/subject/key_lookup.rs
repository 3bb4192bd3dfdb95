//! Where the API key of a model is found.

use std::path::Path;

use super::api_key::{ApiKey, ApiKeyError};
use super::model_config::{Environment, ModelConfig};
use super::provider::Provider;

impl ModelConfig {
    /// Finds the key in the file that the settings name, in the variable, or in
    /// the file that `<VARIABLE>_FILE` names. Only the provider's own server needs one.
    pub(super) fn api_key(
        &self,
        provider: Provider,
        environment: Environment<'_>,
    ) -> Result<Option<ApiKey>, ApiKeyError> {
        let variable = self.api_key_env(provider);
        if !is_name(variable) {
            return Err(ApiKeyError::Variable);
        }
        let set = |name: &str| environment(name).filter(|text| !text.trim().is_empty());
        if let Some(path) = &self.api_key_file {
            return ApiKey::read(path).map(Some);
        }
        if let Some(text) = set(variable) {
            let place = || format!("the environment variable {variable}");
            let key = ApiKey::new(&text);
            return key.map(Some).ok_or_else(|| ApiKeyError::Unsendable { place: place() });
        }
        if let Some(path) = set(&format!("{variable}_FILE")) {
            return ApiKey::read(Path::new(path.trim())).map(Some);
        }
        match self.is_for_the_server_of(provider) {
            true => Err(ApiKeyError::Missing {
                variable: variable.to_owned(),
                base_url: provider.default_base_url(),
            }),
            false => Ok(None),
        }
    }
}

fn is_name(text: &str) -> bool {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    !text.is_empty() && text.chars().all(is_name) && !text.starts_with(|c: char| c.is_ascii_digit())
}
