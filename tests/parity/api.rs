//! A few verbs of the API server, many at once.

use http::Request;
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use kube::client::ConfigExt;
use kube::config::{Config, KubeConfigOptions, Kubeconfig};
use serde_json::{Value, json};
use std::path::Path;
use tokio::task::JoinSet;
use tower::ServiceBuilder;

/// Requests under way at the same time.
const AT_ONCE: usize = 24;

/// Kinds, and where they are served.
const PLACES: &[(&str, &str, &str, bool)] = &[
    ("Pod", "/api/v1", "pods", true),
    ("Node", "/api/v1", "nodes", false),
    ("Namespace", "/api/v1", "namespaces", false),
    (
        "PersistentVolumeClaim",
        "/api/v1",
        "persistentvolumeclaims",
        true,
    ),
    ("PersistentVolume", "/api/v1", "persistentvolumes", false),
    ("ReplicaSet", "/apis/apps/v1", "replicasets", true),
    ("Deployment", "/apis/apps/v1", "deployments", true),
    ("StatefulSet", "/apis/apps/v1", "statefulsets", true),
    (
        "PriorityClass",
        "/apis/scheduling.k8s.io/v1",
        "priorityclasses",
        false,
    ),
    (
        "RuntimeClass",
        "/apis/node.k8s.io/v1",
        "runtimeclasses",
        false,
    ),
    (
        "StorageClass",
        "/apis/storage.k8s.io/v1",
        "storageclasses",
        false,
    ),
    ("CSINode", "/apis/storage.k8s.io/v1", "csinodes", false),
    ("CSIDriver", "/apis/storage.k8s.io/v1", "csidrivers", false),
    (
        "CSIStorageCapacity",
        "/apis/storage.k8s.io/v1",
        "csistoragecapacities",
        true,
    ),
    (
        "VolumeAttachment",
        "/apis/storage.k8s.io/v1",
        "volumeattachments",
        false,
    ),
];

/// The path of a kind's objects, in a namespace or in all.
fn collection(kind: &str, namespace: Option<&str>) -> String {
    let place = PLACES.iter().find(|(known, ..)| *known == kind);
    let (_, prefix, plural, namespaced) = place.unwrap_or_else(|| panic!("{kind} has no place"));
    match namespace.filter(|_| *namespaced) {
        Some(namespace) => format!("{prefix}/namespaces/{namespace}/{plural}"),
        None => format!("{prefix}/{plural}"),
    }
}

fn of_kind(object: &Value) -> String {
    let kind = object["kind"].as_str().expect("an object has a kind");
    collection(kind, object["metadata"]["namespace"].as_str())
}

/// The path of an object.
pub(crate) fn path(object: &Value) -> String {
    format!("{}/{}", of_kind(object), name(object))
}

pub(crate) fn name(object: &Value) -> &str {
    object["metadata"]["name"]
        .as_str()
        .expect("an object has a name")
}

/// The API server.
#[derive(Clone)]
pub(crate) struct Api(kube::Client);

impl Api {
    /// Small requests are sent at once: Nagle's algorithm would hold each back for the acknowledgement of the one before.
    pub(crate) async fn connect(kubeconfig: &Path) -> Api {
        let file = Kubeconfig::read_from(kubeconfig).expect("the kubeconfig is readable");
        let options = KubeConfigOptions::default();
        let config = Config::from_custom_kubeconfig(file, &options);
        let config = config.await.expect("the kubeconfig is usable");
        let mut connector = HttpConnector::new();
        connector.enforce_http(false);
        connector.set_nodelay(true);
        let https = config.rustls_https_connector_with_connector(connector);
        let http = Client::builder(TokioExecutor::new()).build(https.expect("TLS can be set up"));
        let service = ServiceBuilder::new()
            .layer(config.base_uri_layer())
            .service(http);
        Api(kube::Client::new(service, config.default_namespace))
    }

    async fn ask(&self, verb: &str, path: &str, form: &str, body: &Value) -> Result<Value, String> {
        let body = match body {
            Value::Null => Vec::new(),
            body => body.to_string().into_bytes(),
        };
        let request = Request::builder()
            .method(verb)
            .uri(path)
            .header("content-type", form);
        let request = request.body(body).expect("it is a request");
        let answer = self.0.request_text(request).await;
        let text = answer.map_err(|error| match error {
            kube::Error::Api(status) => format!("{verb} {path}: {}", status.message),
            other => format!("{verb} {path}: {other}"),
        })?;
        serde_json::from_str(&text).map_err(|error| format!("{verb} {path}: {error}"))
    }

    pub(crate) async fn get(&self, path: &str) -> Result<Value, String> {
        self.ask("GET", path, JSON, &Value::Null).await
    }

    /// Creates an object without what only the server writes, and brings its status about.
    pub(crate) async fn create(&self, object: &Value) -> Result<Value, String> {
        let mut new = object.clone();
        let meta = new["metadata"]
            .as_object_mut()
            .expect("an object has metadata");
        for written in [
            "uid",
            "resourceVersion",
            "creationTimestamp",
            "deletionTimestamp",
            "managedFields",
        ] {
            meta.remove(written);
        }
        let mut stored = self.ask("POST", &of_kind(&new), JSON, &new).await?;
        if object["status"].is_object() && object["kind"] != "Node" {
            let status = json!({"status": object["status"]});
            stored = self
                .merge(&format!("{}/status", path(object)), &status)
                .await?;
        }
        if !object["metadata"]["deletionTimestamp"].is_null() {
            stored = self.delete(object).await?;
        }
        Ok(stored)
    }

    pub(crate) async fn merge(&self, path: &str, patch: &Value) -> Result<Value, String> {
        self.ask("PATCH", path, "application/merge-patch+json", patch)
            .await
    }

    /// Changes an object by a JSON patch (RFC 6902).
    pub(crate) async fn patch(&self, path: &str, patch: &Value) -> Result<Value, String> {
        self.ask("PATCH", path, "application/json-patch+json", patch)
            .await
    }

    /// Replaces an object, whatever it has become.
    pub(crate) async fn replace(&self, object: &Value) -> Result<Value, String> {
        let mut whole = object.clone();
        let meta = whole["metadata"]
            .as_object_mut()
            .expect("an object has metadata");
        meta.remove("resourceVersion");
        self.ask("PUT", &path(object), JSON, &whole).await
    }

    pub(crate) async fn delete(&self, object: &Value) -> Result<Value, String> {
        self.ask(
            "DELETE",
            &path(object),
            JSON,
            &json!({"gracePeriodSeconds": 0}),
        )
        .await
    }

    /// Deletes all objects of a kind that carry a label; an empty selector means every object.
    pub(crate) async fn delete_all(&self, kind: &str, namespace: Option<&str>, selector: &str) {
        let path = format!("{}?labelSelector={selector}", collection(kind, namespace));
        let now = json!({"gracePeriodSeconds": 0});
        self.ask("DELETE", &path, JSON, &now)
            .await
            .expect("objects can be deleted");
    }

    /// All objects of a kind, with their kind written on each.
    pub(crate) async fn list(&self, kind: &str, selector: &str) -> Vec<Value> {
        let path = format!("{}?labelSelector={selector}", collection(kind, None));
        let mut list = self.get(&path).await.expect("objects can be listed");
        let version = list["apiVersion"].clone();
        let items = list["items"].take();
        let Value::Array(mut items) = items else {
            return Vec::new();
        };
        for item in &mut items {
            item["kind"] = json!(kind);
            item["apiVersion"] = version.clone();
            if let Some(meta) = item["metadata"].as_object_mut() {
                meta.remove("managedFields");
            }
        }
        items
    }

    /// Creates many, and gives each as it is stored or why it is not.
    pub(crate) async fn create_all(&self, objects: &[Value]) -> Vec<Result<Value, String>> {
        let mut running = JoinSet::new();
        let mut done: Vec<Option<Result<Value, String>>> = vec![None; objects.len()];
        for (at, object) in objects.iter().enumerate() {
            if running.len() >= AT_ONCE {
                take(running.join_next().await, &mut done);
            }
            let (api, object) = (self.clone(), object.clone());
            running.spawn(async move { (at, api.create(&object).await) });
        }
        while let Some(one) = running.join_next().await {
            take(Some(one), &mut done);
        }
        done.into_iter().flatten().collect()
    }
}

const JSON: &str = "application/json";

type Created = (usize, Result<Value, String>);

fn take(
    one: Option<Result<Created, tokio::task::JoinError>>,
    done: &mut [Option<Result<Value, String>>],
) {
    if let Some(one) = one {
        let (at, outcome) = one.expect("a request does not panic");
        done[at] = Some(outcome);
    }
}
