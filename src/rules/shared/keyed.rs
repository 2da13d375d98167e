//! What is known of a ConfigMap or Secret that the kubelet misses, whatever needs it: an environment or a volume.
//!
//! The kubelet's message proves that the object was absent when it looked; what was read of the cluster can only add to that: a
//! like name, the same name elsewhere, or that it exists by now.

use crate::kubernetes::nearest::nearest;
use crate::messages::config::ObjectKind;
use crate::rules::Case;
use crate::rules::finding::{Finding, Fix, NextCommand, Who};
use crate::snapshot::{Catalog, Keyed, Kind, ObjectRef, Seen};
use crate::text::say;

/// What was read of this kind.
pub(in crate::rules) fn catalog<'a>(case: &Case<'a>, kind: Kind) -> &'a Catalog<Keyed> {
    match kind {
        Kind::Secret => case.snapshot.secrets(),
        _ => case.snapshot.config_maps(),
    }
}

/// An object that was missed, as far as it and its neighbours were read.
pub(in crate::rules) struct Missed<'a> {
    pub(in crate::rules) kind: Kind,
    pub(in crate::rules) name: &'a str,
    /// The object itself.
    pub(in crate::rules) seen: Seen<'a, &'a Keyed>,
    /// The name in the same namespace that was probably meant.
    pub(in crate::rules) nearest: Option<&'a str>,
    /// Other namespaces that have one of that name.
    elsewhere: Vec<String>,
}

impl<'a> Missed<'a> {
    pub(in crate::rules) fn look(case: &Case<'a>, kind: Kind, name: &'a str) -> Self {
        let found = catalog(case, kind);
        let namesakes = found
            .seen()
            .filter(|((namespace, other), _)| other == name && namespace != case.namespace());
        Missed {
            kind,
            name,
            seen: found.get(case.namespace(), name),
            nearest: nearest(name, found.seen_in(case.namespace()).map(|(name, _)| name)),
            elsewhere: namesakes
                .map(|((namespace, _), _)| namespace.clone())
                .collect(),
        }
    }

    /// The finding with what is known of the object: that it is absent, a like name and what to do about it, one elsewhere.
    pub(in crate::rules) fn told(
        &self,
        case: &Case<'_>,
        finding: Finding,
        rename: impl FnOnce(&str) -> Fix,
    ) -> Finding {
        let object = ObjectRef::new(self.kind, case.namespace(), self.name);
        let absence = self.seen.is_absent().then(|| case.absence(object));
        let rename = self.nearest.map(rename);
        let elsewhere = (!self.elsewhere.is_empty()).then(|| self.elsewhere.clone());
        finding
            .fact("kind", self.kind.as_str())
            .fact("name", self.name)
            .fact("namespace", case.namespace())
            .fact_if("nearest", self.nearest)
            .evidence(absence)
            .fix(rename)
            .when(elsewhere.is_some(), |finding| {
                finding.why(say!(
                    "missing-object.why-elsewhere",
                    "there is one of that name in {elsewhere}, but a pod reads only its own namespace"
                ))
            })
            .fact_if("elsewhere", elsewhere)
    }
}

/// So many keys stand in a headline.
const NAMED: usize = 3;

/// A key that was missed, as far as the keys of its object were read.
pub(in crate::rules) struct MissedKey<'a> {
    pub(in crate::rules) object: ObjectRef,
    key: &'a str,
    keys: Option<Vec<String>>,
}

impl<'a> MissedKey<'a> {
    pub(in crate::rules) fn look(case: &Case<'_>, kind: Kind, name: &str, key: &'a str) -> Self {
        let keyed = catalog(case, kind).get(case.namespace(), name).yes();
        MissedKey {
            object: ObjectRef::new(kind, case.namespace(), name),
            key,
            keys: keyed.and_then(|keyed| keyed.keys.clone()),
        }
    }

    /// Whether it is there by now.
    pub(in crate::rules) fn is_there(&self) -> bool {
        self.keys.iter().flatten().any(|known| known == self.key)
    }

    /// Where the keys were read they are quoted, and nothing else shows more.
    pub(in crate::rules) fn quoted(&self, case: &Case<'_>, finding: Finding) -> Finding {
        let Some(keys) = &self.keys else {
            return finding;
        };
        let quote = if keys.is_empty() {
            "{}".to_owned()
        } else {
            keys.join(", ")
        };
        finding
            .evidence([case.field_of(self.object.clone(), "data", quote)])
            .inspect(NextCommand::default())
            .fact("keys", keys.clone())
    }

    /// The finding with the key that was probably meant and what to do about it, and with all keys where they are few.
    pub(in crate::rules) fn told(
        &self,
        finding: Finding,
        rename: impl FnOnce(&str) -> Fix,
    ) -> Finding {
        let keys = self.keys.as_deref();
        let near = keys.and_then(|keys| nearest(self.key, keys.iter().map(String::as_str)));
        let few = keys.filter(|keys| (1..=NAMED).contains(&keys.len()));
        let has = few.map(<[String]>::to_vec);
        let has = has.or(near.map(|near| vec![near.to_owned()]));
        finding
            .fact_if("nearest", near)
            .fact_if("has", has)
            .fix(near.map(rename))
    }
}

/// The kind that a kubelet's message means.
pub(in crate::rules) fn kind_of(kind: ObjectKind) -> Kind {
    match kind {
        ObjectKind::ConfigMap => Kind::ConfigMap,
        ObjectKind::Secret => Kind::Secret,
    }
}

/// How the object is made. Its values are not known, so there is only a template of the command.
pub(in crate::rules) fn creation(case: &Case<'_>, kind: Kind, name: &str, keys: &[&str]) -> Fix {
    let mut keys = keys.to_vec();
    keys.sort_unstable();
    keys.dedup();
    let mut words = vec!["create"];
    match kind {
        Kind::Secret => words.extend(["secret", "generic", name]),
        _ => words.extend(["configmap", name]),
    }
    let literals: Vec<String> = if keys.is_empty() {
        vec!["--from-literal=KEY=VALUE".to_owned()]
    } else {
        keys.iter()
            .map(|key| format!("--from-literal={key}=VALUE"))
            .collect()
    };
    words.extend(literals.iter().map(String::as_str));
    let change = say!(
        "missing-object.create",
        "create {kind} {name} with its values; the pod then starts by itself"
    );
    Fix::advice(change, Who::Owner).template(case.kubectl(words))
}

/// The command that lists the objects of this kind beside the pod.
pub(in crate::rules) fn list(case: &Case<'_>, kind: Kind) -> String {
    let plural = match kind {
        Kind::Secret => "secrets",
        _ => "configmaps",
    };
    case.kubectl(["get", plural])
}
