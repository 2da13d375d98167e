//! Users with few rights: ServiceAccounts with tokens of the API server (TokenRequest).

use super::{Cluster, Namespace, until};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

/// What a user may do.
pub(crate) enum Rights<'a> {
    /// What manifests/rbac.yaml grants for the whole cluster, without some kinds.
    Cluster { without: &'a [&'a str] },
    /// What manifests/rbac.yaml grants for one namespace.
    Namespace(&'a str),
    /// Getting one pod.
    OnePod(&'a str, &'a str),
    /// Nothing.
    None,
}

/// A user, and the kubeconfig that speaks for it.
pub(crate) struct Identity {
    cluster: Cluster,
    name: String,
    home: Namespace,
    folder: TempDir,
}

impl Drop for Identity {
    fn drop(&mut self) {
        let parts = ["", "-secret-names", "-pull-secrets", "-logs"];
        let names = parts.map(|part| format!("{}{part}", self.name));
        for kind in ["clusterrolebinding", "clusterrole"] {
            let mut arguments = vec!["delete", kind, "--ignore-not-found"];
            arguments.extend(names.iter().map(String::as_str));
            let _ = self.cluster.kubectl(&arguments, None);
        }
    }
}

impl Identity {
    /// Makes a user with these rights.
    pub(crate) fn new(cluster: &Cluster, name: &str, rights: &Rights<'_>) -> Identity {
        let home = cluster.namespace(&format!("user-{name}"), false);
        let identity = Identity {
            cluster: cluster.clone(),
            name: home.name.clone(),
            home,
            folder: TempDir::new().expect("a folder for the kubeconfig"),
        };
        identity.grant(rights);
        identity.write_kubeconfig();
        identity
    }

    /// The kubeconfig of this user.
    pub(crate) fn kubeconfig(&self) -> PathBuf {
        self.folder.path().join("kubeconfig")
    }

    /// The name under which the API server knows this user.
    pub(crate) fn user(&self) -> String {
        format!("system:serviceaccount:{}:default", self.home.name)
    }

    fn grant(&self, rights: &Rights<'_>) {
        let cluster = &self.cluster;
        let binding = |verb: &str, kind: &str, role: &str, namespace: &str| {
            let role = format!("--{}={role}", kind.replace("binding", ""));
            let account = format!("--serviceaccount={}:default", self.home.name);
            let mut arguments = vec![verb, kind, &self.name, &role, &account];
            if !namespace.is_empty() {
                arguments.extend(["-n", namespace]);
            }
            cluster.admin(&arguments);
        };
        let probed;
        let probe = match rights {
            Rights::Cluster { without } => {
                cluster.apply(&self.home.name, &self.roles("ClusterRole", without));
                binding("create", "clusterrolebinding", &self.name, "");
                self.bind("secret-names");
                vec!["list", "pods", "-A"]
            }
            Rights::Namespace(namespace) => {
                cluster.apply(namespace, &self.roles("Role", &[]));
                binding("create", "rolebinding", &self.name, namespace);
                vec!["list", "pods", "-n", namespace]
            }
            Rights::OnePod(namespace, pod) => {
                let name = format!("--resource-name={pod}");
                let role = [
                    "create",
                    "role",
                    &self.name,
                    "--verb=get",
                    "--resource=pods",
                    &name,
                    "-n",
                    namespace,
                ];
                cluster.admin(&role);
                binding("create", "rolebinding", &self.name, namespace);
                probed = format!("pods/{pod}");
                vec!["get", &probed, "-n", namespace]
            }
            Rights::None => return,
        };
        // the authorizer sees the binding a moment after it is made
        let user = self.user();
        let asked = [&["auth", "can-i", "--as", &user], probe.as_slice()].concat();
        until("the granted right", Duration::from_secs(20), || {
            cluster.kubectl(&asked, None).status.success()
        });
    }

    /// Grants one of the optional roles besides.
    pub(crate) fn bind(&self, part: &str) {
        let name = format!("{}-{part}", self.name);
        let role = format!("--clusterrole={name}");
        let account = format!("--serviceaccount={}:default", self.home.name);
        let arguments = ["create", "clusterrolebinding", &name, &role, &account];
        self.cluster.admin(&arguments);
    }

    /// The roles of one kind of manifests/rbac.yaml under names of this run, without some resources.
    fn roles(&self, kind: &str, without: &[&str]) -> String {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("manifests/rbac.yaml");
        let text = fs::read_to_string(path).expect("manifests/rbac.yaml is readable");
        let mut roles: Vec<Value> = serde_saphyr::from_multiple(&text).expect("it is YAML");
        roles.retain(|role| role["kind"] == kind);
        for role in &mut roles {
            let name = role["metadata"]["name"].as_str().unwrap_or_default();
            role["metadata"]["name"] = json!(name.replacen("kubectl-diagnose", &self.name, 1));
            let rules = role["rules"].as_array_mut().expect("a role has rules");
            rules.retain_mut(|rule| {
                let resources = rule["resources"]
                    .as_array_mut()
                    .expect("and they resources");
                resources.retain(|r| !without.iter().any(|without| r == without));
                !resources.is_empty()
            });
        }
        let items = roles.iter().map(Value::to_string);
        items.collect::<Vec<_>>().join("\n")
    }

    /// The administrator's kubeconfig with this user's token.
    fn write_kubeconfig(&self) {
        let token = self
            .cluster
            .admin(&["create", "token", "default", "-n", &self.home.name]);
        let view = self.cluster.kubeconfig_as("json");
        let mut config: Value = serde_json::from_str(&view).expect("kubectl prints JSON");
        config["users"][0]["user"] = json!({"token": token.trim()});
        fs::write(self.kubeconfig(), config.to_string()).expect("the kubeconfig is written");
    }
}
