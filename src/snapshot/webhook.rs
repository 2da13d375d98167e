//! Configurations of admission webhooks: who is asked, and what happens when nobody answers.

use serde::Deserialize;

/// A MutatingWebhookConfiguration or a ValidatingWebhookConfiguration.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct WebhookConfiguration {
    /// `webhooks`
    #[serde(default)]
    pub webhooks: Vec<Webhook>,
}

/// One of its webhooks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Webhook {
    /// `name`
    #[serde(default)]
    pub name: String,
    /// `failurePolicy`: `Fail` or `Ignore`.
    pub failure_policy: Option<String>,
}
