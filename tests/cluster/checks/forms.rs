//! The API server says the same of each object in both of its forms.

use crate::cluster::EVERYTHING;
use crate::cluster::suite::{Cluster, Identity, say};
use crate::support::protobuf::messages;
use crate::support::{
    Accept, Client, ConnectionFlags, Encoded, Environment, Kind, Retention, difference, held,
    resolve,
};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;

#[derive(Deserialize)]
struct Object {
    metadata: Meta,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Meta {
    namespace: Option<String>,
    name: String,
    resource_version: Option<String>,
}

#[tokio::test]
async fn what_is_read_is_the_same_as_protobuf_and_as_json() {
    let Some(cluster) = Cluster::of_environment() else {
        return;
    };
    let user = Identity::new(&cluster, "forms", &EVERYTHING);
    let (same, differ) = compare(user.kubeconfig()).await;
    say(&format!("forms: {same} objects are the same in both"));
    assert!(same > 0 && differ.is_empty(), "{}", differ.join("\n"));
}

/// How many objects are the same in both forms, and which are not.
async fn compare(kubeconfig: PathBuf) -> (usize, Vec<String>) {
    let flags = ConnectionFlags {
        kubeconfig: Some(kubeconfig),
        ..ConnectionFlags::default()
    };
    let connection = resolve(&flags, &Environment::default()).expect("it is configured");
    let client = Client::connect(&connection).await.expect("it is set up");
    let (mut same, mut differ) = (0, Vec::new());
    for kind in Kind::read().filter(|kind| messages::of(kind.as_str()).is_some()) {
        let messages = read(&client, kind, Accept::Protobuf).await;
        let texts = read(&client, kind, Accept::Json).await;
        for (key, message) in messages {
            // what was written in between is another object
            match texts.get(&key) {
                Some(text) if *text == message => same += 1,
                Some(text) => {
                    differ.push(format!("{kind} {key}: {}", difference(&message, text)));
                }
                None => {}
            }
        }
    }
    (same, differ)
}

/// What a store keeps of each object, by its name and version.
async fn read(client: &Client, kind: Kind, form: Accept) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    let mut take = |object: Encoded<'_>| {
        assert_eq!(
            form == Accept::Protobuf,
            matches!(object, Encoded::Protobuf(..))
        );
        let Meta {
            namespace,
            name,
            resource_version,
        } = object.decode::<Object>()?.metadata;
        let key = format!("{namespace:?} {name} {resource_version:?}");
        // templates are kept as they were written, in one order or another; those of revisions are JSON in both
        let sorted = object.decode::<Value>()?.to_string();
        let object = match form {
            _ if kind == Kind::ControllerRevision => object,
            Accept::Protobuf => object,
            _ => Encoded::Json(sorted.as_bytes()),
        };
        let both = [Retention::Whole, Retention::Record];
        all.insert(key, both.map(|how| held(kind, object, how)).concat());
        Ok(())
    };
    let path = match kind.group() {
        "" => format!("/api/v1/{}", kind.plural()),
        group => format!("/apis/{group}/v1/{}", kind.plural()),
    };
    // an older server does not serve each of them
    let _ = client.objects(&path, &[], form, &mut take).await;
    all
}
