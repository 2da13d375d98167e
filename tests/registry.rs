//! `--check-registry` against a registry on loopback that plays what registries do: what is told, and to whom a login goes.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may fail anywhere"
)]

mod faults;
mod logins;
mod loopback;

use crate::BINARY;
use crate::api_server::{ApiServer, Asked, Response, file};
use serde_json::{Value, json};
use std::io::{Read, Write, copy};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::thread;
use tempfile::TempDir;

const PASSWORD: &str = "s3cret-of-the-pod";
const NOT_FOUND: &str = "rpc error: code = NotFound desc = failed to pull and unpack image \"IMAGE\": failed to resolve reference \"IMAGE\": IMAGE: not found";
const REFUSED: &str = "failed to authorize: failed to fetch anonymous token: unexpected status: 401 Unauthorized: unauthorized: authentication required";

/// What is said on both channels, and the report.
struct Outcome {
    all: String,
    report: Value,
}

impl Outcome {
    /// The only diagnosis.
    fn diagnosis(&self) -> &Value {
        assert_eq!(
            self.report["diagnoses"].as_array().unwrap().len(),
            1,
            "{}",
            self.all
        );
        &self.report["diagnoses"][0]
    }

    fn image(&self) -> &Value {
        &self.diagnosis()["image"]
    }

    /// What is seen without a login, then with each.
    fn view(&self, at: usize) -> &Value {
        &self.image()["registry"]["views"][at]
    }

    fn pushed(&self) -> (&str, &str) {
        let pushed = &self.image()["pushed"];
        (
            pushed["answer"].as_str().unwrap(),
            pushed["said"][0]["text"].as_str().unwrap(),
        )
    }

    /// All sentences about the registry.
    fn said(&self) -> String {
        let texts = |said: &Value| -> Vec<String> {
            let all = said.as_array().into_iter().flatten();
            all.map(|said| said["text"].as_str().unwrap().to_owned())
                .collect()
        };
        let image = self.image();
        let all = [
            &image["name"]["said"],
            &image["pushed"]["said"],
            &image["registry"]["said"],
        ];
        all.map(texts).concat().join("\n")
    }
}

fn run(arguments: &[&str]) -> Outcome {
    run_with(arguments, &[])
}

fn run_with(arguments: &[&str], variables: &[(&str, &str)]) -> Outcome {
    let mut command = Command::new(BINARY);
    command.env_clear().envs(variables.iter().copied());
    let output = command
        .args(arguments)
        .args(["-o", "json"])
        .output()
        .unwrap();
    let out = String::from_utf8(output.stdout).unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    Outcome {
        report: serde_json::from_str(&out).unwrap_or_default(),
        all: out + &err,
    }
}

fn pod(name: &str, image: &str, message: &str, secrets: &[&str]) -> Value {
    let message = message.replace("IMAGE", image);
    let secrets: Vec<Value> = secrets.iter().map(|name| json!({"name": name})).collect();
    json!({"kind": "Pod", "apiVersion": "v1", "metadata": {"name": name, "namespace": "shop", "uid": name, "creationTimestamp": "2026-11-22T07:00:00Z"},
        "spec": {"nodeName": "worker-1", "imagePullSecrets": secrets, "containers": [{"name": "app", "image": image}]},
        "status": {"phase": "Pending", "startTime": "2026-11-22T07:00:00Z",
            "containerStatuses": [{"name": "app", "ready": false, "restartCount": 0, "image": "", "imageID": "", "state": {"waiting": {"reason": "ImagePullBackOff", "message": format!("Back-off pulling image \"{image}\": ErrImagePull: {message}")}}}]}})
}

fn node(architecture: &str) -> Value {
    json!({"kind": "Node", "apiVersion": "v1", "metadata": {"name": "worker-1", "labels": {"kubernetes.io/os": "linux", "kubernetes.io/arch": architecture}},
        "status": {"conditions": [{"type": "Ready", "status": "True"}]}})
}

/// A dump of these objects, in a folder of its own.
fn dump(items: &[Value]) -> (TempDir, String) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("cluster.json");
    let list = json!({"apiVersion": "v1", "kind": "List", "items": items});
    std::fs::write(&path, list.to_string()).unwrap();
    let path = path.display().to_string();
    (folder, path)
}

/// A proxy on loopback that leads to this registry whatever host it is asked for, so that a registry has a name.
fn proxy_to(registry: &ApiServer) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let port = registry.port();
    thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            thread::spawn(move || pass_on(client, port));
        }
    });
    format!("http://{address}")
}

fn pass_on(mut client: TcpStream, port: u16) -> Option<()> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        client.read_exact(&mut byte).ok()?;
        head.extend(byte);
    }
    client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").ok()?;
    let mut server = TcpStream::connect(("127.0.0.1", port)).ok()?;
    let (mut from, mut to) = (client.try_clone().ok()?, server.try_clone().ok()?);
    thread::spawn(move || copy(&mut from, &mut to));
    copy(&mut server, &mut client).ok().map(drop)
}

/// Runs it where `api.test` is this registry, with its authority trusted.
fn run_at(registry: &ApiServer, arguments: &[&str]) -> Outcome {
    let authority = file("ca.crt").display().to_string();
    let more = ["--check-registry", "--registry-ca", &authority];
    let proxy = proxy_to(registry);
    run_with(&[arguments, &more].concat(), &[("HTTPS_PROXY", &proxy)])
}

/// An image of this machine, asked for from a dump.
fn check_here(registry: &ApiServer, rest: &str, message: &str, more: &[&str]) -> Outcome {
    let image = format!("127.0.0.1:{}/{rest}", registry.port());
    let (_folder, path) = dump(&[pod("web", &image, message, &[]), node("arm64")]);
    run(&[&["-f", &path, "--check-registry"], more].concat())
}

/// An image of `api.test`, asked for from a dump.
fn check(registry: &ApiServer, rest: &str, message: &str) -> Outcome {
    let image = format!("api.test/{rest}");
    let (_folder, path) = dump(&[pod("web", &image, message, &[]), node("arm64")]);
    run_at(registry, &["-f", &path])
}

fn refusal(status: u16, code: &str, message: &str) -> Response {
    let body = json!({"errors": [{"code": code, "message": message}]});
    Response::text(status, &body.to_string()).header("Content-Type", "application/json")
}

fn index(platforms: &[&str]) -> Response {
    let manifests: Vec<Value> = platforms
        .iter()
        .map(|platform| {
            let (os, architecture) = platform.split_once('/').unwrap();
            json!({"digest": "sha256:0", "platform": {"os": os, "architecture": architecture}})
        })
        .collect();
    Response::json(&json!({"schemaVersion": 2, "manifests": manifests}))
}

/// A registry that has `shop/web` with these tags, for everybody.
fn with_tags(registry: &ApiServer, tags: &'static [&'static str]) {
    registry.answer(move |asked| {
        let rest = asked.path.strip_prefix("/v2/shop/web/")?;
        Some(match rest.strip_prefix("manifests/") {
            Some(tag) if tags.contains(&tag) => index(&["linux/amd64", "linux/arm64"]),
            Some(_) => refusal(404, "MANIFEST_UNKNOWN", "manifest unknown"),
            None => Response::json(&json!({"name": "shop/web", "tags": tags})),
        })
    });
    registry.answer(|asked| {
        let is_manifest = asked.path.contains("/manifests/");
        let code = if is_manifest {
            "MANIFEST_UNKNOWN"
        } else {
            "NAME_UNKNOWN"
        };
        asked
            .path
            .starts_with("/v2/")
            .then(|| refusal(404, code, "unknown to registry"))
    });
}

fn asked_for(registry: &ApiServer, part: &str) -> Vec<Asked> {
    let asked = registry.asked().into_iter();
    asked.filter(|asked| asked.path.contains(part)).collect()
}

#[test]
fn a_tag_that_is_not_there_is_proven_and_the_nearest_offered() {
    let registry = ApiServer::start_tls();
    with_tags(&registry, &["1.4.1", "1.10.0", "blue"]);
    let outcome = check(&registry, "shop/web:1.4.2", NOT_FOUND);
    let diagnosis = outcome.diagnosis();
    assert_eq!(diagnosis["cause"], "image-tag-not-found");
    assert_eq!(diagnosis["certainty"], "proven");
    assert_eq!(outcome.pushed().0, "no");
    let tags = &outcome.image()["registry"]["tags"];
    assert_eq!(
        (&tags["nearest"], &tags["newest"]),
        (&json!("1.4.1"), &json!("1.10.0"))
    );
    let fix = diagnosis["fixes"][0]["change"].as_str().unwrap();
    assert!(fix.contains("shop/web:1.4.1, which"), "{fix}");
    let said = outcome.said();
    assert!(
        said.contains("from this machine, which is not worker-1"),
        "{said}"
    );
    let quote = diagnosis["evidence"].to_string();
    assert!(
        quote.contains("/v2/shop/web/tags/list?n=1000: 200"),
        "{quote}"
    );
}

#[test]
fn a_repository_that_is_not_there_is_another_cause() {
    let registry = ApiServer::start_tls();
    with_tags(&registry, &[]);
    let outcome = check(&registry, "shop/wep:1", NOT_FOUND);
    let diagnosis = outcome.diagnosis();
    assert_eq!(diagnosis["cause"], "image-not-found");
    assert_eq!(diagnosis["certainty"], "proven");
    let view = outcome.view(0);
    assert_eq!(
        (&view["repository"], &view["version"]),
        (&json!("absent"), &json!("absent"))
    );
}

#[test]
fn an_image_that_has_come_since_is_not_called_absent() {
    let registry = ApiServer::start_tls();
    with_tags(&registry, &["1"]);
    let outcome = check(&registry, "shop/web:1", NOT_FOUND);
    let diagnosis = outcome.diagnosis();
    assert_eq!(diagnosis["certainty"], "likely");
    let headline = diagnosis["headline"].as_str().unwrap();
    assert!(headline.ends_with("and gives it now"), "{headline}");
    // what gave the node nothing may be a mirror
    let said = outcome.said();
    assert!(
        said.contains("that was not asked, and may lack it"),
        "{said}"
    );
    assert_eq!(outcome.pushed().0, "yes");
    assert_eq!(
        outcome.view(0)["platforms"],
        json!(["linux/amd64", "linux/arm64"])
    );
}

#[test]
fn what_the_image_is_made_for_is_told_where_the_node_is_not() {
    let registry = ApiServer::start_tls();
    registry.on(
        "/v2/shop/web/manifests/1",
        [index(&["linux/amd64", "unknown/unknown"])],
    );
    registry.route("HEAD", "/v2/shop/web/manifests/1", [index(&[])]);
    let outcome = check(
        &registry,
        "shop/web:1",
        "no match for platform in manifest: not found",
    );
    assert_eq!(outcome.diagnosis()["cause"], "image-platform-mismatch");
    assert_eq!(
        outcome.pushed(),
        (
            "in-part",
            "yes, but for linux/amd64 alone: worker-1 is linux/arm64"
        )
    );
    let why = outcome.diagnosis()["why"].as_str().unwrap();
    assert!(why.ends_with("other platforms only: linux/amd64"), "{why}");
}

#[test]
fn the_platform_of_a_single_image_stands_in_its_configuration() {
    let registry = ApiServer::start_tls();
    let manifest = Response::json(&json!({"schemaVersion": 2, "config": {"digest": "sha256:ab"}}));
    registry.on("/v2/shop/web/manifests/1", [manifest.clone()]);
    registry.route("HEAD", "/v2/shop/web/manifests/1", [manifest]);
    let config = Response::json(&json!({"os": "windows", "architecture": "amd64"}));
    registry.on("/v2/shop/web/blobs/sha256:ab", [config]);
    let outcome = check(&registry, "shop/web:1", NOT_FOUND);
    assert_eq!(outcome.view(0)["platforms"], json!(["windows/amd64"]));
}

#[test]
fn each_image_is_asked_for_once_and_only_when_that_is_wanted() {
    let registry = ApiServer::start_tls();
    with_tags(&registry, &["1"]);
    let image = "api.test/shop/web:2";
    let pods = [
        pod("a", image, NOT_FOUND, &[]),
        pod("b", image, NOT_FOUND, &[]),
    ];
    let (_folder, path) = dump(&pods);
    let without = run(&["-f", &path]);
    assert!(registry.asked().is_empty());
    assert!(
        without.report["diagnoses"][0]["image"]
            .get("registry")
            .is_none()
    );
    run_at(&registry, &["-f", &path]);
    let heads = asked_for(&registry, "/manifests/2");
    let heads = heads.iter().filter(|asked| asked.method == "HEAD").count();
    assert_eq!(heads, 1);
    assert!(
        registry
            .asked()
            .iter()
            .all(|asked| asked.header("authorization").is_none())
    );
}

#[test]
fn pods_that_were_not_asked_for_are_not_asked_about() {
    let registry = ApiServer::start_tls();
    with_tags(&registry, &["1"]);
    let image = "api.test/shop/web:2";
    let (_folder, path) = dump(&[pod("a", image, NOT_FOUND, &[])]);
    run_at(&registry, &["-f", &path, "-n", "default"]);
    assert!(registry.asked().is_empty());
}

#[test]
fn tags_are_read_page_by_page() {
    let registry = ApiServer::start_tls();
    registry.answer(|asked| {
        let page = |tags: &[&str]| Response::json(&json!({"tags": tags}));
        Some(match (asked.path.as_str(), asked.query("last")) {
            ("/v2/shop/web/tags/list", None) => page(&["1", "2"]).header(
                "Link",
                "</v2/shop/web/tags/list?last=2&n=1000>; rel=\"next\"",
            ),
            ("/v2/shop/web/tags/list", Some("2")) => page(&["3"]).header(
                "Link",
                "<http://127.0.0.1:1/v2/shop/web/tags/list?last=3>; rel=\"next\"",
            ),
            _ => refusal(404, "MANIFEST_UNKNOWN", "manifest unknown"),
        })
    });
    let outcome = check(&registry, "shop/web:9", NOT_FOUND);
    let tags = &outcome.image()["registry"]["tags"];
    assert_eq!((&tags["count"], &tags["newest"]), (&json!(3), &json!("3")));
    assert_eq!(asked_for(&registry, "/tags/list").len(), 2);
}
