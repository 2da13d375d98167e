//! What tells more of a refusal: the LimitRanges and the level of the namespace, and what stands behind a webhook.

use super::creation::pods_of;
use super::{Read, get, list};
use crate::messages::admission::{self, Denial};
use crate::snapshot::Kind;
use crate::triage::Scope;
use std::collections::BTreeSet;

/// By what the API server said to a workload of this namespace.
pub(super) fn of_message(
    scope: &Scope,
    namespace: &str,
    message: &str,
    reads: &mut BTreeSet<Read>,
) {
    match admission::read(message) {
        Denial::LimitRange(_) | Denial::QuotaMustSpecify { .. } | Denial::Invalid(_) => {
            reads.insert(list(Kind::LimitRange, Some(namespace)));
        }
        Denial::PodSecurity { .. } => {
            reads.insert(get(Kind::Namespace, "", namespace));
        }
        Denial::WebhookUnreachable { service, .. } => {
            configurations(reads);
            if let Some((namespace, name)) = service {
                reads.insert(get(Kind::Service, &namespace, &name));
                reads.extend(pods_of(
                    &namespace,
                    scope.is_scan() && scope.has_namespace(&namespace),
                ));
            }
        }
        Denial::WebhookBroken { .. } => configurations(reads),
        _ => {}
    }
}

fn configurations(reads: &mut BTreeSet<Read>) {
    reads.insert(list(Kind::MutatingWebhookConfiguration, None));
    reads.insert(list(Kind::ValidatingWebhookConfiguration, None));
}
