//! The logins that a Secret holds, and which of them the kubelet would use for an image.
//!
//! They are kept in memory while registries are asked. They cannot be printed: no type here is `Debug` or `Serialize`.
//! Source: Kubernetes 1.37 `pkg/credentialprovider` (`config.go`, `keyring.go`): the most specific key that matches counts;
//! host parts may hold `*`, ports are equal, and a path is the start of the image's.

use crate::kubernetes::image_reference::ImageReference;
use crate::snapshot::NoLogin;
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Deserialize;
use std::collections::BTreeMap;

/// User and password.
#[derive(Clone)]
pub(super) struct Login {
    pub(super) user: String,
    pub(super) password: String,
}

impl Login {
    /// As HTTP's `Authorization: Basic` holds it.
    pub(super) fn encoded(&self) -> String {
        STANDARD.encode(format!("{}:{}", self.user, self.password))
    }
}

/// The logins of one Secret, by what they are for.
pub(super) struct Keyring(BTreeMap<String, Login>);

#[derive(Deserialize)]
struct Secret {
    r#type: Option<String>,
    data: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
struct Config {
    auths: BTreeMap<String, Entry>,
}

#[derive(Deserialize)]
struct Entry {
    username: Option<String>,
    password: Option<String>,
    auth: Option<String>,
}

impl Keyring {
    /// Reads what the API server says of a Secret. No error tells what it holds.
    pub(super) fn of_secret(json: &[u8]) -> Result<Self, NoLogin> {
        let secret: Secret = serde_json::from_slice(json).map_err(|_| NoLogin::Unreadable)?;
        let (key, is_new) = match secret.r#type.as_deref() {
            Some("kubernetes.io/dockerconfigjson") => (".dockerconfigjson", true),
            Some("kubernetes.io/dockercfg") => (".dockercfg", false),
            _ => return Err(NoLogin::Unreadable),
        };
        let value = secret.data.and_then(|mut data| data.remove(key));
        let value = STANDARD.decode(value.unwrap_or_default());
        let value = value.map_err(|_| NoLogin::Unreadable)?;
        let entries = if is_new {
            serde_json::from_slice(&value).map(|config: Config| config.auths)
        } else {
            serde_json::from_slice(&value)
        };
        let entries: BTreeMap<String, Entry> = entries.map_err(|_| NoLogin::Unreadable)?;
        let logins = entries
            .into_iter()
            .filter_map(|(server, entry)| Some((key_of(&server), login(entry)?)));
        Ok(Keyring(logins.collect()))
    }

    /// The login for an image, if there is one.
    pub(super) fn login(&self, image: &ImageReference) -> Option<&Login> {
        let path = format!("/{}", image.repository);
        let mut most_specific_first = self.0.iter().rev();
        let found = most_specific_first.find(|(key, _)| matches(key, &image.registry, &path));
        let hub = || {
            self.0
                .get("index.docker.io")
                .filter(|_| image.registry == "docker.io")
        };
        found.map(|(_, login)| login).or_else(hub)
    }
}

fn login(entry: Entry) -> Option<Login> {
    if let Some(auth) = entry.auth.filter(|auth| !auth.is_empty()) {
        let auth = STANDARD.decode(auth.trim()).ok()?;
        let auth = String::from_utf8(auth).ok()?;
        let (user, password) = auth.split_once(':')?;
        return Some(Login {
            user: user.to_owned(),
            password: password.trim_end_matches('\0').to_owned(),
        });
    }
    Some(Login {
        user: entry.username?,
        password: entry.password?,
    })
}

/// `https://index.docker.io/v1/` is `index.docker.io`.
fn key_of(server: &str) -> String {
    let rest = server.split_once("://").map_or(server, |(_, rest)| rest);
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let path = match path.get(..4) {
        Some("/v1/" | "/v2/") => path.get(3..).unwrap_or_default(),
        _ => path,
    };
    let path = if path == "/" { "" } else { path };
    format!("{host}{path}")
}

fn matches(key: &str, registry: &str, path: &str) -> bool {
    let (host, start) = key.split_at(key.find('/').unwrap_or(key.len()));
    let (host, port) = split_port(host);
    let (wanted, wanted_port) = split_port(registry);
    let (parts, wanted): (Vec<_>, Vec<_>) =
        (host.split('.').collect(), wanted.split('.').collect());
    port == wanted_port
        && parts.len() == wanted.len()
        && path.starts_with(start)
        && parts
            .iter()
            .zip(&wanted)
            .all(|(part, wanted)| glob(part, wanted))
}

fn split_port(host: &str) -> (&str, &str) {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => (name, port),
        _ => (host, ""),
    }
}

/// Whether a part of a host's name matches one in which `*` stands for anything.
fn glob(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(mut text) = text.strip_prefix(start) else {
        return false;
    };
    let mut pieces: Vec<&str> = rest.split('*').collect();
    let end = pieces.pop().unwrap_or_default();
    for piece in pieces {
        let Some(at) = text.find(piece) else {
            return false;
        };
        text = text.get(at + piece.len()..).unwrap_or_default();
    }
    text.ends_with(end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn keyring(auths: &Value) -> Keyring {
        let config = json!({"auths": auths}).to_string();
        let secret = json!({"type": "kubernetes.io/dockerconfigjson", "data": {".dockerconfigjson": STANDARD.encode(config)}});
        let read = Keyring::of_secret(secret.to_string().as_bytes());
        read.map_err(|why| format!("{why:?}")).unwrap()
    }

    fn user(auths: &Value, image: &str) -> Option<String> {
        let image = ImageReference::parse(image).unwrap();
        keyring(auths).login(&image).map(|login| login.user.clone())
    }

    #[test]
    fn the_login_is_the_one_that_the_kubelet_takes() {
        let entry = |user: &str| json!({"username": user, "password": "x"});
        let auths = json!({
            "https://index.docker.io/v1/": entry("hub"),
            "registry.example": entry("all"),
            "registry.example/shop": entry("shop"),
            "registry.example:5000": entry("port"),
            "*.dkr.example": entry("any"),
            "https://v2.example/v2/": entry("v2"),
        });
        for (image, expected) in [
            ("web:1", Some("hub")),
            ("docker.io/shop/web", Some("hub")),
            ("registry.example/web", Some("all")),
            ("registry.example/shop/web", Some("shop")),
            ("registry.example:5000/shop/web", Some("port")),
            ("registry.example:5001/web", None),
            ("eu.dkr.example/web", Some("any")),
            ("eu.west.dkr.example/web", None),
            ("v2.example/web", Some("v2")),
            ("other.example/web", None),
        ] {
            assert_eq!(user(&auths, image).as_deref(), expected, "{image}");
        }
    }

    #[test]
    fn a_login_is_read_in_both_of_its_forms() {
        let auths = json!({"a.example": {"auth": STANDARD.encode("me:pass:word")}, "b.example": {"auth": "%"}, "c.example": {}});
        let image = |name: &str| ImageReference::parse(name).unwrap();
        let keyring = keyring(&auths);
        let login = keyring.login(&image("a.example/web")).unwrap();
        assert_eq!((&*login.user, &*login.password), ("me", "pass:word"));
        assert!(keyring.login(&image("b.example/web")).is_none());
        assert!(keyring.login(&image("c.example/web")).is_none());
        let old = json!({"type": "kubernetes.io/dockercfg", "data": {".dockercfg": STANDARD.encode("{\"a.example\":{\"username\":\"u\",\"password\":\"p\"}}")}});
        let old = Keyring::of_secret(old.to_string().as_bytes());
        assert!(old.is_ok_and(|old| old.login(&image("a.example/web")).is_some()));
        for odd in [
            "{}",
            "[]",
            r#"{"type":"kubernetes.io/dockerconfigjson"}"#,
            r#"{"type":"Opaque","data":{}}"#,
        ] {
            let read = Keyring::of_secret(odd.as_bytes());
            assert_eq!(read.err(), Some(NoLogin::Unreadable), "{odd}");
        }
    }

    #[test]
    fn a_star_stands_for_anything_within_a_part() {
        for (pattern, text, expected) in [
            ("*", "anything", true),
            ("a*", "abc", true),
            ("a*c", "abc", true),
            ("a*c", "ab", false),
            ("*b*", "abc", true),
            ("a*a", "a", false),
            ("abc", "abd", false),
        ] {
            assert_eq!(glob(pattern, text), expected, "{pattern} {text}");
        }
    }
}
