//! How a probe should ask by HTTP: by the scheme that the program speaks, and a path that it knows.

use super::probe::{field, word, written};
use super::probe_port::passing_probes;
use crate::messages::probe::ProbeKind;
use crate::rules::Case;
use crate::rules::finding::{Fix, Who};
use crate::rules::shared::template::{Template, place};
use crate::snapshot::ContainerView;
use crate::text::{Sentence, say};
use k8s_openapi::api::core::v1::HTTPGetAction;
use serde_json::json;

/// The other scheme, where the program speaks that one.
pub(super) fn correct_scheme(
    case: &Case<'_>,
    container: &ContainerView<'_>,
    kind: ProbeKind,
) -> Option<Fix> {
    let asked = request(container, kind)?
        .scheme
        .as_deref()
        .unwrap_or("HTTP");
    let meant = if asked == "HTTPS" { "HTTP" } else { "HTTPS" };
    let change = say!(
        "probe-request.scheme",
        "correct the {probe} probe's scheme from {asked} to {meant}"
    );
    Some(replace(
        case,
        container,
        kind,
        change,
        ["scheme", asked, meant],
    ))
}

/// The path that another probe asks on the same port, and that the program answers.
pub(super) fn correct_path(
    case: &Case<'_>,
    container: &ContainerView<'_>,
    kind: ProbeKind,
) -> Option<Fix> {
    let own = request(container, kind)?;
    let asked = own.path.as_deref().unwrap_or("/");
    let (other, meant) = passing_probes(container, kind).find_map(|(other, probe)| {
        let request = probe.http_get.as_ref()?;
        let path = request.path.as_deref().unwrap_or("/");
        (request.port == own.port && path != asked).then_some((other, path))
    })?;
    let change = say!(
        "probe-request.path",
        "correct the {probe} probe's path from {asked} to {meant}, which the {passing} probe asks and gets an answer"
    );
    let fix = replace(case, container, kind, change, ["path", asked, meant]);
    Some(fix.fact("passing", word(other)))
}

fn request<'a>(container: &ContainerView<'a>, kind: ProbeKind) -> Option<&'a HTTPGetAction> {
    written(container, kind)?.http_get.as_ref()
}

/// One field of the request, by its patch where that reaches the pod.
fn replace(
    case: &Case<'_>,
    container: &ContainerView<'_>,
    kind: ProbeKind,
    change: Sentence,
    [name, asked, meant]: [&str; 3],
) -> Fix {
    let place = place(case, container);
    let pointer = place.map(|place| format!("{place}/{}/httpGet/{name}", field(kind)));
    let fix = match (Template::of(case), pointer) {
        (Some(template), Some(pointer)) => {
            template.replace(change, &pointer, &json!(asked), &json!(meant))
        }
        _ => Fix::advice(change, Who::Owner).of_template(),
    };
    fix.fact("asked", asked).fact("meant", meant)
}
