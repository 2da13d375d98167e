//! What to change where a webhook does not answer.

use super::refusal::wait_for_next;
use super::webhook_backend::Configured;
use super::webhook_unreachable::Unasked;
use crate::kubernetes::{patch, shell};
use crate::messages::admission::Unreachable;
use crate::rules::finding::{Fix, Who};
use crate::text::{Sentence, say};
use serde_json::json;

/// Best first.
pub(super) fn of(unasked: &Unasked<'_, '_>) -> Vec<Fix> {
    let ready = unasked.backend.as_ref().and_then(|backend| backend.ready());
    let told_of_none = matches!(
        unasked.why,
        Some(Unreachable::NoEndpoints | Unreachable::ServiceMissing)
    );
    if unasked.is_over() || told_of_none && ready.is_some_and(|ready| ready > 0) {
        return vec![wait_for_next(unasked.refusal.case)];
    }
    let answer = Fix::advice(answer(unasked), Who::Admin);
    let configured = || unasked.configured.iter().flatten();
    let removed = configured().filter(|_| unasked.service_is_absent());
    let removed = removed.map(delete);
    let let_pass = configured().map(|it| let_pass(unasked, it));
    [answer]
        .into_iter()
        .chain(removed)
        .chain(let_pass)
        .collect()
}

/// What lets it answer.
fn answer(unasked: &Unasked<'_, '_>) -> Sentence {
    let pods = unasked.backend.as_ref().and_then(|backend| backend.pods);
    let is_of_itself = unasked
        .backend
        .as_ref()
        .is_some_and(|backend| backend.is_of(unasked.refusal.case));
    if is_of_itself {
        return say!(
            "webhook-unreachable.exclude",
            "exclude namespace {namespace} from the webhook by its namespaceSelector, as a webhook's own pods have to be made without it"
        );
    }
    let was_missing = unasked.why == Some(Unreachable::ServiceMissing);
    if unasked.service_is_absent() || was_missing && pods.is_none() {
        return say!(
            "webhook-unreachable.make-service",
            "install again what the webhook's Service belongs to"
        );
    }
    match (pods, unasked.why) {
        (Some((_, 0)), _) | (None, Some(Unreachable::NoEndpoints)) => say!(
            "webhook-unreachable.get-ready",
            "get pods of Service {service} ready: `kubectl diagnose` in its namespace says what keeps them from it"
        ),
        (_, Some(Unreachable::Timeout)) => say!(
            "webhook-unreachable.let-through",
            "let the API server reach the webhook's port: a firewall between control plane and nodes, or a NetworkPolicy, drops what it sends, or the webhook itself is overloaded"
        ),
        (_, Some(Unreachable::Refused)) => say!(
            "webhook-unreachable.set-port",
            "let the webhook listen where its configuration and the targetPort of its Service say"
        ),
        (_, Some(Unreachable::Tls)) => say!(
            "webhook-unreachable.renew",
            "renew the webhook's certificate, and the caBundle of its configuration with it: what made both (an operator, cert-manager) does it anew"
        ),
        (_, Some(Unreachable::Dns)) => say!(
            "webhook-unreachable.correct-name",
            "correct the host in the webhook's configuration"
        ),
        (_, None) => say!(
            "webhook-unreachable.update",
            "bring the webhook to a version that suits this Kubernetes; its log tells what it answers"
        ),
        _ => say!(
            "webhook-unreachable.look",
            "let the webhook answer; its own log tells more"
        ),
    }
}

fn delete(configured: &Configured) -> Fix {
    let change = say!(
        "webhook-unreachable.delete",
        "if it was uninstalled, delete what is left of it: {configuration}"
    );
    let object = configured.object.clone();
    let command = shell::cluster(["delete", &object.argument()]);
    let configuration = object.argument();
    Fix::command(change, Who::Admin, object, command).fact("configuration", configuration)
}

/// What its operator may write back.
fn let_pass(unasked: &Unasked<'_, '_>, configured: &Configured) -> Fix {
    let change = say!(
        "webhook-unreachable.let-pass",
        "until it answers, let everything pass that it would check or change (failurePolicy Ignore); what installed it may set that back"
    );
    let webhook = format!("/webhooks/{}", configured.place);
    let patch = vec![
        patch::test(&format!("{webhook}/name"), unasked.webhook.as_str()),
        patch::add(&format!("{webhook}/failurePolicy"), "Ignore"),
    ];
    let names = configured.names.iter().map(|name| json!({"name": name}));
    let before = json!({"webhooks": names.collect::<Vec<_>>()});
    Fix::edit(
        change,
        Who::Admin,
        configured.object.clone(),
        patch,
        &before,
    )
}
