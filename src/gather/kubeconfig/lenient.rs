//! Reads a kubeconfig file where kube is stricter than kubectl (kube-client 5.0.0): a context that names no cluster makes
//! the whole file unreadable, and an empty path stands for the folder of the file.

use kube::config::{Kubeconfig, KubeconfigError};
use serde_json::{Map, Value, json};
use std::path::{MAIN_SEPARATOR, Path};

/// Reads the file, as kubectl does.
pub(super) fn read(path: &Path) -> Result<Kubeconfig, KubeconfigError> {
    let mut config = match Kubeconfig::read_from(path) {
        Err(KubeconfigError::Parse(error)) => {
            with_clusters(path).ok_or(KubeconfigError::Parse(error))?
        }
        read => read?,
    };
    let folder = path.parent().unwrap_or(Path::new(""));
    let clear = |path: &mut Option<String>| {
        path.take_if(|path| Path::new(path) == folder);
    };
    for cluster in config
        .clusters
        .iter_mut()
        .filter_map(|named| named.cluster.as_mut())
    {
        clear(&mut cluster.certificate_authority);
    }
    for user in config
        .auth_infos
        .iter_mut()
        .filter_map(|named| named.auth_info.as_mut())
    {
        clear(&mut user.client_certificate);
        clear(&mut user.client_key);
        clear(&mut user.token_file);
    }
    Ok(config)
}

/// The file with an empty cluster for each context that has none, and absolute paths, which kube gives only to what it
/// reads itself (client-go 0.37, `tools/clientcmd/loader.go`, `ResolveLocalPaths`).
fn with_clusters(path: &Path) -> Option<Kubeconfig> {
    let text = std::fs::read_to_string(path).ok()?;
    let mut config: Value = serde_saphyr::from_str(&text).ok()?;
    for context in named(&mut config, "contexts", "context") {
        let cluster = context.entry("cluster").or_insert(Value::Null);
        if cluster.is_null() {
            *cluster = json!("");
        }
    }
    let folder = path.parent()?;
    for cluster in named(&mut config, "clusters", "cluster") {
        absolute(folder, cluster, "certificate-authority");
    }
    for user in named(&mut config, "users", "user") {
        for file in ["client-certificate", "client-key", "tokenFile"] {
            absolute(folder, user, file);
        }
        if let Some(Value::Object(exec)) = user.get_mut("exec") {
            // a bare word is looked for on PATH
            let is_path = |command: &Value| {
                command
                    .as_str()
                    .is_some_and(|it| it.contains(MAIN_SEPARATOR))
            };
            if exec.get("command").is_some_and(is_path) {
                absolute(folder, exec, "command");
            }
        }
    }
    serde_json::from_value(config).ok()
}

fn named<'c>(
    config: &'c mut Value,
    list: &str,
    of: &str,
) -> impl Iterator<Item = &'c mut Map<String, Value>> {
    let entries = config.get_mut(list).and_then(Value::as_array_mut);
    let entries = entries.into_iter().flatten();
    entries.filter_map(move |entry| entry.get_mut(of)?.as_object_mut())
}

/// A path is taken from the folder of the file.
fn absolute(folder: &Path, fields: &mut Map<String, Value>, field: &str) {
    if let Some(path) = fields.get(field).and_then(Value::as_str) {
        let path = folder.join(path).to_string_lossy().into_owned();
        fields.insert(field.to_owned(), path.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> (tempfile::TempDir, Kubeconfig) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config");
        std::fs::write(&path, text).unwrap();
        let config = read(&path).unwrap();
        (folder, config)
    }

    #[test]
    fn a_context_without_a_cluster_spoils_no_other() {
        for other in ["{namespace: x}", "{cluster: null, user: a}", "{}"] {
            let (folder, config) = read_text(&format!(
                "contexts:\n- {{name: a, context: {{cluster: a, user: a}}}}\n- {{name: other, context: {other}}}\n\
                 clusters:\n- {{name: a, cluster: {{server: 'https://a', certificate-authority: ca.crt}}}}\n\
                 users:\n- {{name: a, user: {{tokenFile: sub/token, exec: {{command: ./login}}}}}}\n"
            ));
            let names: Vec<&str> = config.contexts.iter().map(|it| it.name.as_str()).collect();
            assert_eq!(names, ["a", "other"]);
            let there = |name: &str| Some(folder.path().join(name).to_string_lossy().into_owned());
            let cluster = config.clusters[0].cluster.clone().unwrap();
            assert_eq!(cluster.certificate_authority, there("ca.crt"), "{other}");
            let user = config.auth_infos[0].auth_info.clone().unwrap();
            assert_eq!(user.token_file, there("sub/token"));
            assert_eq!(user.exec.unwrap().command, there("./login"));
        }
    }

    #[test]
    fn an_empty_path_is_none() {
        let text = "clusters:\n- {name: a, cluster: {server: 'https://a', certificate-authority: ''}}\n\
                    users:\n- {name: a, user: {tokenFile: '', client-key: ''}}\n";
        let (_folder, config) = read_text(text);
        assert_eq!(
            config.clusters[0]
                .cluster
                .clone()
                .unwrap()
                .certificate_authority,
            None
        );
        let user = config.auth_infos[0].auth_info.clone().unwrap();
        assert_eq!((user.token_file, user.client_key), (None, None));
    }
}
