//! The finding about a ConfigMap or Secret of a volume that does not exist, whoever told of it.

use super::failed_mount::{self, FailedMount};
use crate::kubernetes::volume_objects::VolumeObject;
use crate::rules::Case;
use crate::rules::finding::{Finding, Fix, Who};
use crate::rules::shared::keyed::{Missed, creation, list};
use crate::rules::shared::template::{Template, field_path};
use crate::snapshot::{Kind, ObjectRef, Seen};
use crate::text::{Message, Sentence, say};
use serde_json::json;

/// Who makes a ConfigMap that nobody has to write: kube-controller-manager `certificates/rootcacertpublisher`; OpenShift's
/// service-ca-operator; istiod `security/pkg/k8s/controller`.
const MADE_BY: [(&str, Sentence); 3] = [
    (
        "kube-root-ca.crt",
        say!(
            "volume-mount-missing-object.root-ca",
            "the controller root-ca-cert-publisher of kube-controller-manager"
        ),
    ),
    (
        "openshift-service-ca.crt",
        say!(
            "volume-mount-missing-object.service-ca",
            "the service-ca operator"
        ),
    ),
    (
        "istio-ca-root-cert",
        say!("volume-mount-missing-object.istiod", "istiod"),
    ),
];

/// ConfigMap or Secret.
pub(super) fn kind_of(object: &VolumeObject<'_>) -> Kind {
    if object.is_secret {
        Kind::Secret
    } else {
        Kind::ConfigMap
    }
}

/// Where the pod's volumes name this object, those first that cannot do without it.
fn places<'a>(case: &Case<'a>, kind: Kind, name: &str) -> Vec<VolumeObject<'a>> {
    let mut places = case.pod().volume_objects();
    places.retain(|place| kind_of(place) == kind && place.name == name);
    places.sort_by_key(|place| place.optional);
    places
}

/// The finding about a missing ConfigMap or Secret, which `begin` starts with its headline.
pub(super) fn missing_object(
    case: &Case<'_>,
    kind: Kind,
    name: &str,
    volume: Option<&str>,
    begin: impl FnOnce(Sentence) -> Finding,
) -> Finding {
    let missed = Missed::look(case, kind, name);
    let places = places(case, kind, name);
    let volume = volume.or(places.first().map(|place| place.volume));
    let quoted = places
        .iter()
        .map(|place| case.field(field_path(&place.pointer), name));
    let finding = failed_mount::about(begin(headline(&missed.seen)), volume)
        .fact(
            "lacks",
            Message::new(say!(
                "volume-mount-missing-object.not-there",
                "does not exist"
            )),
        )
        .evidence(quoted)
        .inspect(list(case, kind));
    if missed.seen.yes().is_some() {
        return finding
            .fact("kind", kind.as_str())
            .fact("name", name)
            .why(BY_NOW);
    }
    let keys: Vec<&str> = places
        .iter()
        .flat_map(|place| &place.keys)
        .map(|(key, _)| *key)
        .collect();
    let finding = missed.told(case, finding, |near| rename(case, &places, name, near));
    match MADE_BY.iter().find(|(known, _)| *known == name) {
        Some((_, maker)) => finding
            .fact("maker", *maker)
            .why(MAKER_WHY)
            .fix([Fix::advice(
                say!(
                    "volume-mount-missing-object.see-maker",
                    "see why {maker} has not made it in namespace {namespace}"
                ),
                Who::Admin,
            )]),
        None => finding.fix([creation(case, kind, name, &keys)]),
    }
}

const MAKER_WHY: Sentence = say!(
    "volume-mount-missing-object.maker-why",
    "nobody writes it by hand: {maker} makes one in each namespace"
);
pub(super) const BY_NOW: Sentence = say!(
    "volume-mount-missing-object.why-by-now",
    "the kubelet tries again by itself within about two minutes; one that goes on saying so has not heard of the change"
);

fn headline<T>(seen: &Seen<'_, T>) -> Sentence {
    match seen {
        Seen::Yes(_) => say!(
            "volume-mount-missing-object.by-now",
            "{what} waited for {kind} {name}, which exists by now"
        ),
        Seen::No | Seen::Unknown(_) => say!(
            "volume-mount-missing-object.headline",
            "{what} needs {kind} {name}, which does not exist[; {nearest} does]"
        ),
    }
}

/// The change of the name, where there is one place to change and a template to change it in.
fn rename(case: &Case<'_>, places: &[VolumeObject<'_>], name: &str, near: &str) -> Fix {
    let change = say!(
        "volume-mount-missing-object.name-nearest",
        "if {nearest} is meant, name that one in {what}"
    );
    match (Template::of(case), places) {
        (Some(template), [place]) => {
            template.replace(change, &place.pointer, &json!(name), &json!(near))
        }
        _ => Fix::advice(change, Who::Owner).of_template(),
    }
}

/// A Secret that the volume or its class names for the driver, in any namespace.
pub(super) fn of_driver(failed: &FailedMount<'_>, namespace: &str, name: &str) -> Finding {
    let secret = ObjectRef::new(Kind::Secret, namespace, name);
    failed
        .finding(say!(
            "volume-mount-missing-object.of-driver",
            "the driver of {what} needs Secret {name} in namespace {namespace}, which does not exist"
        ))
        .fact("kind", Kind::Secret.as_str())
        .fact("name", name)
        .fact("namespace", namespace)
        .fact("lacks", Message::new(say!("volume-mount-missing-object.not-there", "does not exist")))
        .fix([Fix::advice(
            say!(
                "volume-mount-missing-object.make-for-driver",
                "create Secret {name} in namespace {namespace} with the driver's login, as its StorageClass or PersistentVolume names it"
            ),
            Who::Admin,
        )])
        .inspect(secret.kubectl(["get", &secret.argument()]))
}
