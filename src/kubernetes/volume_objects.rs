//! The ConfigMaps and Secrets that the volumes of a pod hold: [`of_pod`].
//!
//! Only what the kubelet itself reads before it starts the pod; the Secrets of a volume's driver are the driver's.
//!
//! Source: core/v1 VolumeSource, ProjectedVolumeSource; pkg/volume/{configmap,secret,projected} (1.37).

use k8s_openapi::api::core::v1::{KeyToPath, PodSpec};

/// A place of a pod's spec where a volume names a ConfigMap or a Secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VolumeObject<'a> {
    /// The volume.
    pub volume: &'a str,
    /// A Secret; else a ConfigMap.
    pub is_secret: bool,
    /// The object.
    pub name: &'a str,
    /// Whether the pod does without.
    pub optional: bool,
    /// JSON pointer of the name below the pod's spec.
    pub pointer: String,
    /// The keys that are taken, each with its pointer; none where all are.
    pub keys: Vec<(&'a str, String)>,
}

/// Every such place, in the order of the volumes.
pub fn of_pod(spec: &PodSpec) -> Vec<VolumeObject<'_>> {
    let mut found = Vec::new();
    for (index, volume) in spec.volumes.iter().flatten().enumerate() {
        let mut add = |is_secret, name, optional, place: String, field, items| {
            found.push(VolumeObject {
                volume: &volume.name,
                is_secret,
                name,
                optional,
                pointer: format!("{place}/{field}"),
                keys: keys(items, &place),
            });
        };
        let at = format!("volumes/{index}");
        if let Some(map) = &volume.config_map {
            let optional = map.optional == Some(true);
            let place = format!("{at}/configMap");
            add(false, &map.name, optional, place, "name", &map.items);
        }
        if let Some(secret) = &volume.secret {
            let name = secret.secret_name.as_deref().unwrap_or_default();
            let optional = secret.optional == Some(true);
            let place = format!("{at}/secret");
            add(true, name, optional, place, "secretName", &secret.items);
        }
        let projected = volume.projected.as_ref();
        let sources = projected.and_then(|projected| projected.sources.as_deref());
        for (nth, source) in sources.unwrap_or_default().iter().enumerate() {
            let at = format!("{at}/projected/sources/{nth}");
            if let Some(map) = &source.config_map {
                let optional = map.optional == Some(true);
                let place = format!("{at}/configMap");
                add(false, &map.name, optional, place, "name", &map.items);
            }
            if let Some(secret) = &source.secret {
                let optional = secret.optional == Some(true);
                let place = format!("{at}/secret");
                add(true, &secret.name, optional, place, "name", &secret.items);
            }
        }
    }
    found.retain(|object| !object.name.is_empty());
    found
}

fn keys<'a>(items: &'a Option<Vec<KeyToPath>>, place: &str) -> Vec<(&'a str, String)> {
    let items = items.iter().flatten().enumerate();
    let key = |(nth, item): (usize, &'a KeyToPath)| {
        (item.key.as_str(), format!("{place}/items/{nth}/key"))
    };
    items.map(key).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_volume_that_holds_one_names_its_place() {
        let spec: PodSpec = serde_json::from_value(json!({"containers": [], "volumes": [
            {"name": "tmp", "emptyDir": {}},
            {"name": "conf", "configMap": {"name": "app", "items": [{"key": "a", "path": "b"}]}},
            {"name": "tls", "secret": {"secretName": "tls", "optional": true}},
            {"name": "all", "projected": {"sources": [
                {"serviceAccountToken": {"path": "token"}},
                {"configMap": {"name": "ca"}},
                {"secret": {"name": "key", "items": [{"key": "k", "path": "k"}]}},
            ]}},
        ]}))
        .unwrap();
        let found: Vec<_> = of_pod(&spec)
            .into_iter()
            .map(|one| {
                (
                    one.volume,
                    one.is_secret,
                    one.name,
                    one.optional,
                    one.pointer,
                    one.keys,
                )
            })
            .collect();
        let at = |pointer: &str| pointer.to_owned();
        assert_eq!(
            found,
            [
                (
                    "conf",
                    false,
                    "app",
                    false,
                    at("volumes/1/configMap/name"),
                    vec![("a", at("volumes/1/configMap/items/0/key"))]
                ),
                (
                    "tls",
                    true,
                    "tls",
                    true,
                    at("volumes/2/secret/secretName"),
                    vec![]
                ),
                (
                    "all",
                    false,
                    "ca",
                    false,
                    at("volumes/3/projected/sources/1/configMap/name"),
                    vec![]
                ),
                (
                    "all",
                    true,
                    "key",
                    false,
                    at("volumes/3/projected/sources/2/secret/name"),
                    vec![("k", at("volumes/3/projected/sources/2/secret/items/0/key"))]
                ),
            ]
        );
    }
}
