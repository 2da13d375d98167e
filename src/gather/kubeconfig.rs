//! Turns flags, kubeconfig files and the process's surroundings into one [`Connection`], as kubectl does.
//!
//! kube parses the files and merges them; which files, which context, which flag wins, and what to do without any file
//! is decided here, because kube's own way differs from kubectl's (kube-client 5.0.0: a missing file in `KUBECONFIG` is
//! an error, an empty `current-context` hides the next file's, the exec plugin runs three times, and the proxy rules are
//! others). No request is sent here and no clap type is known here.
//!
//! Rules: client-go 0.37, `tools/clientcmd/client_config.go`, `loader.go`, `merged_client_builder.go` and `overrides.go`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use http::Uri;
use kube::config::{Context, Kubeconfig, KubeconfigError};

use super::connect_error::ConnectError;
use super::proxy::ProxyVariables;

mod credentials;
mod lenient;

/// kubectl's connection flags, with kubectl's names and meaning. Empty strings count as not given.
///
/// Not `Debug`: it may hold a token and a password.
#[derive(Clone, Default)]
pub struct ConnectionFlags {
    /// `--kubeconfig`: only this file is read.
    pub kubeconfig: Option<PathBuf>,
    /// `--context`
    pub context: Option<String>,
    /// `--cluster`
    pub cluster: Option<String>,
    /// `--user`
    pub user: Option<String>,
    /// `-n`, `--namespace`
    pub namespace: Option<String>,
    /// `-s`, `--server`
    pub server: Option<String>,
    /// `--token`
    pub token: Option<String>,
    /// `--username`
    pub username: Option<String>,
    /// `--password`
    pub password: Option<String>,
    /// `--as`
    pub as_user: Option<String>,
    /// `--as-group`
    pub as_group: Vec<String>,
    /// `--as-uid`
    pub as_uid: Option<String>,
    /// `--certificate-authority`
    pub certificate_authority: Option<PathBuf>,
    /// `--client-certificate`
    pub client_certificate: Option<PathBuf>,
    /// `--client-key`
    pub client_key: Option<PathBuf>,
    /// `--tls-server-name`
    pub tls_server_name: Option<String>,
    /// `--insecure-skip-tls-verify`
    pub insecure_skip_tls_verify: bool,
    /// `--disable-compression`
    pub disable_compression: bool,
    /// `--request-timeout`; zero is none at all.
    pub request_timeout: Option<Duration>,
    /// `-v`: from 6 on each request is told of.
    pub verbosity: u8,
    /// Nobody can answer a question (shell completion): a credential plugin may neither ask nor print.
    pub never_ask: bool,
}

/// What is read of the process's surroundings, once, so that all else is a function of its arguments.
///
/// Not `Debug`: a proxy address may hold a password.
#[derive(Clone, Default)]
pub struct Environment {
    /// `KUBECONFIG`: a list of files.
    pub kubeconfig: Option<OsString>,
    /// The home directory, for `~/.kube/config`.
    pub home: Option<PathBuf>,
    /// `HTTP_PROXY`, `HTTPS_PROXY`, `NO_PROXY`.
    pub proxy: ProxyVariables,
    /// `KUBERNETES_MASTER`: the server to ask when nothing names one.
    pub kubernetes_master: Option<String>,
    /// `KUBERNETES_SERVICE_HOST`: set in every container of a cluster.
    pub kubernetes_service_host: Option<String>,
    /// `KUBERNETES_SERVICE_PORT`
    pub kubernetes_service_port: Option<String>,
    /// `POD_NAMESPACE`
    pub pod_namespace: Option<String>,
    /// Where a container finds the token of its service account.
    pub service_account: PathBuf,
}

impl Environment {
    /// That of this process. Nothing else in the program reads variables for a connection.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place of gather that reads the environment"
    )]
    pub fn of_process() -> Self {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        Self {
            kubeconfig: std::env::var_os("KUBECONFIG").filter(|value| !value.is_empty()),
            home: std::env::home_dir(),
            proxy: ProxyVariables {
                http: variable("HTTP_PROXY").or_else(|| variable("http_proxy")),
                https: variable("HTTPS_PROXY").or_else(|| variable("https_proxy")),
                except: variable("NO_PROXY").or_else(|| variable("no_proxy")),
            },
            kubernetes_master: variable("KUBERNETES_MASTER"),
            kubernetes_service_host: variable("KUBERNETES_SERVICE_HOST"),
            kubernetes_service_port: variable("KUBERNETES_SERVICE_PORT"),
            pod_namespace: variable("POD_NAMESPACE"),
            service_account: PathBuf::from("/var/run/secrets/kubernetes.io/serviceaccount"),
        }
    }

    /// The kubeconfig files in the order in which they win, whether they exist or not.
    fn files(&self) -> Vec<PathBuf> {
        match &self.kubeconfig {
            Some(list) if !list.is_empty() => std::env::split_paths(list)
                .filter(|path| !path.as_os_str().is_empty())
                .collect(),
            _ => self
                .home
                .iter()
                .map(|home| home.join(".kube").join("config"))
                .collect(),
        }
    }

    fn is_in_cluster(&self) -> bool {
        self.kubernetes_service_host.is_some()
            && self.kubernetes_service_port.is_some()
            && self.service_account.join("token").is_file()
    }

    fn namespace_of_pod(&self) -> Option<String> {
        self.pod_namespace.clone().or_else(|| {
            let text = std::fs::read_to_string(self.service_account.join("namespace")).ok()?;
            Some(text.trim().to_owned()).filter(|namespace| !namespace.is_empty())
        })
    }
}

/// Everything that is needed to ask one cluster.
#[derive(Debug, Clone)]
pub struct Connection {
    /// kube's form of it. It holds credentials; never print it.
    pub config: kube::Config,
    /// The namespace to look at unless told otherwise.
    pub namespace: String,
    /// The context that was used, if one was.
    pub context: Option<String>,
    /// How long to wait.
    pub deadline: Deadline,
    /// Where the server address comes from.
    pub source: Source,
    /// How much is told of the requests.
    pub verbosity: u8,
}

/// How long one request may take; `None` is for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline {
    /// From the first try to the last byte.
    pub total: Option<Duration>,
    /// Without any byte arriving.
    pub silence: Option<Duration>,
}

impl Deadline {
    /// `--request-timeout` bounds the whole request, as in kubectl. kubectl has no bound by default; here a server that
    /// says nothing for 30 s is given up, while a long list over a slow line may go on for 5 min.
    fn new(request_timeout: Option<Duration>) -> Self {
        match request_timeout {
            None => Self {
                total: Some(Duration::from_secs(300)),
                silence: Some(Duration::from_secs(30)),
            },
            Some(Duration::ZERO) => Self {
                total: None,
                silence: None,
            },
            Some(limit) => Self {
                total: Some(limit),
                silence: Some(limit),
            },
        }
    }
}

/// Where the server address comes from: it decides which advice helps when nothing answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A kubeconfig or a flag named it.
    Named,
    /// We run in a pod and ask the cluster around us.
    InCluster,
    /// Nothing named one, so kubectl's `localhost:8080` is tried.
    Assumed {
        /// The files that were looked for.
        files: Vec<PathBuf>,
        /// The contexts that could have been chosen.
        contexts: Vec<String>,
    },
}

/// Finds the connection that kubectl would use with the same flags in the same surroundings.
pub fn resolve(flags: &ConnectionFlags, env: &Environment) -> Result<Connection, ConnectError> {
    let merged = Merged::read(flags, env)?;
    let (context_name, context) = merged.context(given(&flags.context))?;
    let cluster = merged.cluster(flags, &context)?;
    let source = match (&cluster.server, env.is_in_cluster()) {
        (Some(_), _) => Source::Named,
        (None, true) => Source::InCluster,
        (None, false) => Source::Assumed {
            files: merged.files.clone(),
            contexts: merged.context_names(),
        },
    };
    let namespace = given(&flags.namespace)
        .or_else(|| given(&context.namespace))
        .or_else(|| {
            if env.is_in_cluster() {
                env.namespace_of_pod()
            } else {
                None
            }
        })
        .unwrap_or_else(|| "default".to_owned());
    let config = if source == Source::InCluster {
        credentials::in_cluster(flags, env)?
    } else {
        let user = merged.user(flags, &context)?;
        credentials::configure(flags, env, cluster, user)?
    };
    Ok(Connection {
        config,
        namespace,
        context: context_name,
        deadline: Deadline::new(flags.request_timeout),
        source,
        verbosity: flags.verbosity,
    })
}

/// The names of the contexts, for completion. A file that cannot be read counts as empty.
pub fn contexts(flags: &ConnectionFlags, env: &Environment) -> Vec<String> {
    Merged::read(flags, env)
        .map(|merged| merged.context_names())
        .unwrap_or_default()
}

/// All kubeconfig files as one.
struct Merged {
    config: Kubeconfig,
    files: Vec<PathBuf>,
}

impl Merged {
    fn read(flags: &ConnectionFlags, env: &Environment) -> Result<Self, ConnectError> {
        let named = flags
            .kubeconfig
            .as_ref()
            .filter(|path| !path.as_os_str().is_empty());
        if let Some(path) = named {
            let config =
                read_file(path)?.ok_or_else(|| ConnectError::MissingFile { path: path.clone() })?;
            return Ok(Self {
                config,
                files: vec![path.clone()],
            });
        }
        let files = env.files();
        let mut config = Kubeconfig::default();
        for path in &files {
            if let Some(next) = read_file(path)? {
                config = config
                    .merge(next)
                    .map_err(|error| bad_kubeconfig(path, &error))?;
            }
        }
        Ok(Self { config, files })
    }

    fn context_names(&self) -> Vec<String> {
        self.config
            .contexts
            .iter()
            .map(|context| context.name.clone())
            .collect()
    }

    /// The chosen context; without any choice an empty one, as in kubectl.
    fn context(&self, chosen: Option<String>) -> Result<(Option<String>, Context), ConnectError> {
        let Some(name) = chosen.or_else(|| given(&self.config.current_context)) else {
            return Ok((None, Context::default()));
        };
        match self
            .config
            .contexts
            .iter()
            .find(|context| context.name == name)
        {
            Some(found) => Ok((Some(name), found.context.clone().unwrap_or_default())),
            None => Err(ConnectError::NoSuchContext {
                name,
                known: self.context_names(),
            }),
        }
    }

    fn cluster(
        &self,
        flags: &ConnectionFlags,
        context: &Context,
    ) -> Result<kube::config::Cluster, ConnectError> {
        let clusters = &self.config.clusters;
        let server = given(&flags.server);
        let name = given(&flags.cluster).or_else(|| given(&Some(context.cluster.clone())));
        let found = name
            .as_ref()
            .map(|name| clusters.iter().find(|cluster| cluster.name == *name));
        let cluster = match (found, name) {
            (Some(Some(found)), _) => found.cluster.clone().unwrap_or_default(),
            // kubectl goes on to localhost:8080 here, which helps nobody
            (Some(None), Some(name)) if server.is_none() || flags.cluster.is_some() => {
                let known = clusters
                    .iter()
                    .map(|cluster| cluster.name.clone())
                    .collect();
                return Err(ConnectError::NoSuchCluster { name, known });
            }
            _ => kube::config::Cluster::default(),
        };
        Ok(credentials::apply_to_cluster(
            flags,
            credentials::without_empty(cluster),
        ))
    }

    fn user(
        &self,
        flags: &ConnectionFlags,
        context: &Context,
    ) -> Result<kube::config::AuthInfo, ConnectError> {
        let users = &self.config.auth_infos;
        let name = given(&flags.user).or_else(|| given(&context.user));
        let found = name
            .as_ref()
            .map(|name| users.iter().find(|user| user.name == *name));
        match (found, name) {
            (Some(Some(found)), _) => Ok(found.auth_info.clone().unwrap_or_default()),
            // kubectl asks for a user name and a password here; credentials on the command line answer that
            (Some(None), Some(name)) if flags.user.is_some() || !credentials::identifies(flags) => {
                let known = users.iter().map(|user| user.name.clone()).collect();
                Err(ConnectError::NoSuchUser { name, known })
            }
            _ => Ok(kube::config::AuthInfo::default()),
        }
    }
}

/// Reads one file; one that does not exist is `None`.
fn read_file(path: &Path) -> Result<Option<Kubeconfig>, ConnectError> {
    match lenient::read(path) {
        Ok(mut config) => {
            // `kubectl config unset` leaves "" behind, which would win the merge against a later file
            config.current_context.take_if(|name| name.is_empty());
            Ok(Some(config))
        }
        Err(KubeconfigError::ReadConfig(error, _))
            if error.kind() == std::io::ErrorKind::NotFound =>
        {
            Ok(None)
        }
        Err(KubeconfigError::ReadConfig(error, _)) => Err(unreadable("kubeconfig", path, &error)),
        Err(error) => Err(bad_kubeconfig(path, &error)),
    }
}

fn bad_kubeconfig(path: &Path, error: &KubeconfigError) -> ConnectError {
    let reason = match error {
        // the parser's own words quote the file
        KubeconfigError::Parse(error) => match error.location() {
            Some(at) => format!(
                "line {}, column {} is not what a kubeconfig has there",
                at.line(),
                at.column()
            ),
            None => "it is not a kubeconfig".to_owned(),
        },
        KubeconfigError::KindMismatch => {
            "its kind differs from that of the files before".to_owned()
        }
        KubeconfigError::ApiVersionMismatch => {
            "its apiVersion differs from that of the files before".to_owned()
        }
        _ => "it is not a kubeconfig".to_owned(),
    };
    ConnectError::BadKubeconfig {
        path: path.to_owned(),
        reason,
    }
}

fn unreadable(what: &'static str, path: &Path, error: &std::io::Error) -> ConnectError {
    ConnectError::UnreadableFile {
        what,
        path: path.to_owned(),
        reason: error.to_string(),
    }
}

fn given(value: &Option<String>) -> Option<String> {
    value.clone().filter(|value| !value.is_empty())
}

/// Reads a server address; without a scheme it is `https` where TLS is spoken of, as in client-go's `DefaultServerURL`.
fn parse_server(server: &str, tls: bool) -> Result<Uri, ConnectError> {
    let bad = || ConnectError::BadServer {
        server: server.to_owned(),
    };
    let with_scheme = match (server.contains("://"), tls) {
        (true, _) => server.to_owned(),
        (false, true) => format!("https://{server}"),
        (false, false) => format!("http://{server}"),
    };
    let uri: Uri = with_scheme.parse().map_err(|_| bad())?;
    let usable = matches!(uri.scheme_str(), Some("http" | "https"))
        && uri.host().is_some_and(|host| !host.is_empty());
    if usable { Ok(uri) } else { Err(bad()) }
}

#[cfg(test)]
mod tests;
