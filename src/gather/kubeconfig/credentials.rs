//! Fills kube's `Config`: server, trust, credentials, proxy.
//!
//! What was chosen (context, cluster, user) comes from the parent module; here the flags are laid over it and the files
//! it points to are read. Precedence: client-go 0.37, `tools/clientcmd/client_config.go` (`getCluster`, `getAuthInfo`)
//! and `rest/transport.go`.

use std::path::Path;

use http::Uri;
use http::header::{HeaderValue, USER_AGENT};
use kube::config::{AuthInfo, Cluster};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{ConnectionFlags, Environment, given, parse_server, unreadable};
use crate::gather::connect_error::ConnectError;
use crate::gather::{exec, pem, proxy};

/// client-go's `getDefaultServer`.
const DEFAULT_SERVER: &str = "http://localhost:8080";

const AGENT: &str = concat!("kubectl-diagnose/", env!("CARGO_PKG_VERSION"));

/// The configuration for a cluster that a kubeconfig, a flag or kubectl's default names.
pub(super) fn configure(
    flags: &ConnectionFlags,
    env: &Environment,
    cluster: Cluster,
    user: AuthInfo,
) -> Result<kube::Config, ConnectError> {
    let insecure = cluster.insecure_skip_tls_verify == Some(true);
    let authority = authority(&cluster)?;
    if insecure && authority.is_some() {
        return Err(ConnectError::AuthorityWithInsecure);
    }
    let mut user = apply_to_user(flags, without_empty(user))?;
    let speaks_tls = insecure || authority.is_some() || has_certificate(&user);
    let server = match &cluster.server {
        Some(server) => parse_server(server, speaks_tls)?,
        None => parse_server(
            env.kubernetes_master.as_deref().unwrap_or(DEFAULT_SERVER),
            speaks_tls,
        )?,
    };
    if server.scheme_str() == Some("https") {
        let given = exec::ClusterInfo {
            cluster: &cluster,
            authority: authority.as_deref(),
        };
        complete(&mut user, &given, !flags.never_ask)?;
    } else {
        // client-go reads credentials only where TLS protects them
        user = impersonation_of(user);
    }
    let mut config = new_config(server, env, cluster.proxy_url.as_deref())?;
    config.root_cert = authority.map(|bundle| trusted(&bundle)).transpose()?;
    if insecure || (config.cluster_url.scheme_str() == Some("http") && config.proxy_url.is_none()) {
        // nothing is verified, and an empty list spares loading the system's certificates (27 ms)
        config.root_cert = Some(Vec::new());
    }
    config.accept_invalid_certs = insecure;
    config.tls_server_name = cluster.tls_server_name;
    config.disable_compression =
        flags.disable_compression || cluster.disable_compression == Some(true);
    config.auth_info = user;
    Ok(config)
}

/// The configuration for the cluster around us. Only the token, the authority and the impersonation can be overridden.
pub(super) fn in_cluster(
    flags: &ConnectionFlags,
    env: &Environment,
) -> Result<kube::Config, ConnectError> {
    let host = env.kubernetes_service_host.as_deref().unwrap_or_default();
    let port = env.kubernetes_service_port.as_deref().unwrap_or_default();
    let host = if host.contains(':') {
        format!("[{host}]")
    } else {
        host.to_owned()
    };
    let mut config = new_config(
        parse_server(&format!("https://{host}:{port}"), true)?,
        env,
        None,
    )?;

    let mounted = env.service_account.join("ca.crt");
    match &flags.certificate_authority {
        Some(_) if flags.insecure_skip_tls_verify => {
            return Err(ConnectError::AuthorityWithInsecure);
        }
        Some(path) => config.root_cert = Some(trusted(&read(AUTHORITY, path)?)?),
        None if flags.insecure_skip_tls_verify => config.root_cert = Some(Vec::new()),
        // client-go goes on without the file
        None if mounted.is_file() => {
            config.root_cert = Some(trusted(&read(AUTHORITY, &mounted)?)?);
            config.root_cert_file = Some(mounted);
        }
        None => {}
    }
    config.tls_server_name = given(&flags.tls_server_name);
    config.accept_invalid_certs = flags.insecure_skip_tls_verify;
    config.disable_compression = flags.disable_compression;
    let token = env.service_account.join("token");
    let user = AuthInfo {
        token_file: token.to_str().map(str::to_owned),
        ..AuthInfo::default()
    };
    config.auth_info = apply_to_user(flags, user)?;
    check_token(&config.auth_info, "the token")?;
    Ok(config)
}

fn new_config(
    server: Uri,
    env: &Environment,
    proxy_url: Option<&str>,
) -> Result<kube::Config, ConnectError> {
    let proxy = match proxy_url {
        Some(proxy) => Some(proxy.to_owned()),
        None => proxy::from_variables(&server, &env.proxy),
    };
    let mut config = kube::Config::new(server);
    config.proxy_url = proxy
        .map(|proxy| {
            let shown = proxy
                .rsplit_once('@')
                .map_or(proxy.as_str(), |(_, address)| address)
                .to_owned();
            proxy::parse(&proxy).ok_or(ConnectError::BadProxy { proxy: shown })
        })
        .transpose()?;
    config.headers = vec![(USER_AGENT, HeaderValue::from_static(AGENT))];
    // kube's policy waits for up to 1000 s between tries (kube-client 5.0.0, `client/retry.rs`)
    config.default_retry = false;
    Ok(config)
}

/// Lays the flags over the cluster of the kubeconfig.
pub(super) fn apply_to_cluster(flags: &ConnectionFlags, mut cluster: Cluster) -> Cluster {
    if flags.insecure_skip_tls_verify || flags.certificate_authority.is_some() {
        // a flag on trust replaces all the kubeconfig says on trust
        cluster.insecure_skip_tls_verify = Some(flags.insecure_skip_tls_verify);
        cluster.certificate_authority_data = None;
        cluster.certificate_authority = flags.certificate_authority.as_deref().map(text);
    }
    let server = given(&flags.server);
    if server.is_some() || given(&flags.tls_server_name).is_some() {
        // the name in the kubeconfig belongs to the server in the kubeconfig
        cluster.tls_server_name = given(&flags.tls_server_name);
    }
    cluster.server = server.or(cluster.server);
    cluster
}

/// Whether the flags alone say who is asking.
pub(super) fn identifies(flags: &ConnectionFlags) -> bool {
    given(&flags.token).is_some()
        || given(&flags.username).is_some()
        || flags.client_certificate.is_some()
}

/// Lays the flags over the user. What a flag brings replaces the other ways to log in, or two would contradict.
fn apply_to_user(flags: &ConnectionFlags, mut user: AuthInfo) -> Result<AuthInfo, ConnectError> {
    if let Some(token) = given(&flags.token) {
        user = AuthInfo {
            token: Some(token.into()),
            ..without_login(user)
        };
    }
    if let Some(username) = given(&flags.username) {
        user = AuthInfo {
            username: Some(username),
            ..without_login(user)
        };
    }
    if let Some(password) = given(&flags.password) {
        user.password = Some(password.into());
    }
    if let Some(path) = &flags.client_certificate {
        user.client_certificate = Some(text(path));
        user.client_certificate_data = None;
    }
    if let Some(path) = &flags.client_key {
        user.client_key = Some(text(path));
        user.client_key_data = None;
    }
    user.impersonate = given(&flags.as_user).or(user.impersonate);
    user.impersonate_uid = given(&flags.as_uid).or(user.impersonate_uid);
    if !flags.as_group.is_empty() {
        user.impersonate_groups = Some(flags.as_group.clone());
    }
    let groups = user.impersonate_groups.iter().flatten().next().is_some();
    if user.impersonate.is_none() && (groups || user.impersonate_uid.is_some()) {
        return Err(ConnectError::ImpersonationWithoutUser);
    }
    Ok(user)
}

fn without_login(user: AuthInfo) -> AuthInfo {
    AuthInfo {
        username: None,
        password: None,
        token: None,
        token_file: None,
        auth_provider: None,
        exec: None,
        ..user
    }
}

fn impersonation_of(user: AuthInfo) -> AuthInfo {
    AuthInfo {
        client_certificate: None,
        client_certificate_data: None,
        client_key: None,
        client_key_data: None,
        ..without_login(user)
    }
}

fn has_certificate(user: &AuthInfo) -> bool {
    user.client_certificate.is_some() || user.client_certificate_data.is_some()
}

/// Makes the user ready for kube: no plugin left to run, no file left that kube would read otherwise.
fn complete(
    user: &mut AuthInfo,
    cluster: &exec::ClusterInfo<'_>,
    may_ask: bool,
) -> Result<(), ConnectError> {
    if let Some(provider) = user
        .auth_provider
        .as_ref()
        .filter(|provider| provider.name != "oidc")
    {
        return Err(ConnectError::AuthProvider {
            name: provider.name.clone(),
        });
    }
    if let Some(path) = user.token_file.clone() {
        // the file wins over the token (client-go `rest/transport.go`), in kube the other way round
        user.token = None;
        let content = String::from_utf8_lossy(&read("token file", Path::new(&path))?).into_owned();
        check(content.trim(), "the token of the token file")?;
        if content.trim() != content {
            // kube would put the line break into the header; read once, the file is not followed any more
            user.token = Some(content.trim().to_owned().into());
            user.token_file = None;
        }
    }
    let basic = user.username.is_some() || user.password.is_some();
    if basic || user.token.is_some() || user.token_file.is_some() || has_certificate(user) {
        // client-go runs the plugin only when nothing else logs in
        user.exec = None;
    }
    check_token(user, "the token")?;
    let is_plugin = user.exec.is_some();
    exec::run(user, cluster, may_ask)?;
    if is_plugin {
        check_token(user, "the token of the credential plugin")?;
    }
    Ok(())
}

/// kube makes a header of a token and panics where that cannot be one (kube-client 5.0.0, tower-http 0.7.1
/// `auth/add_authorization.rs`). `AuthInfo` gives it away only serialised.
fn check_token(user: &AuthInfo, what: &'static str) -> Result<(), ConnectError> {
    let user = serde_json::to_value(user).unwrap_or_default();
    let token = user.get("token").and_then(Value::as_str);
    check(token.unwrap_or_default(), what)
}

fn check(token: &str, what: &'static str) -> Result<(), ConnectError> {
    match HeaderValue::from_str(token) {
        Ok(_) => Ok(()),
        Err(_) => Err(ConnectError::BadToken { what }),
    }
}

const AUTHORITY: &str = "certificate authority";

/// The certificate authority of the cluster in PEM; the data wins over the file.
fn authority(cluster: &Cluster) -> Result<Option<Vec<u8>>, ConnectError> {
    use base64::{Engine, engine::general_purpose::STANDARD};
    if let Some(data) = &cluster.certificate_authority_data {
        return STANDARD
            .decode(data)
            .map(Some)
            .map_err(|_| ConnectError::BadCertificate {
                what: AUTHORITY,
                reason: "certificate-authority-data is not base64".to_owned(),
            });
    }
    cluster
        .certificate_authority
        .as_ref()
        .map(|path| read(AUTHORITY, Path::new(path)))
        .transpose()
}

fn trusted(bundle: &[u8]) -> Result<Vec<Vec<u8>>, ConnectError> {
    pem::certificates(bundle).map_err(|reason| ConnectError::BadCertificate {
        what: AUTHORITY,
        reason,
    })
}

fn read(what: &'static str, path: &Path) -> Result<Vec<u8>, ConnectError> {
    std::fs::read(path).map_err(|error| unreadable(what, path, &error))
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// Takes `""` and `null` for absent and lets base64 stand on several lines, as Go's decoder does.
pub(super) fn without_empty<T: Serialize + DeserializeOwned + Clone>(value: T) -> T {
    let Ok(Value::Object(mut fields)) = serde_json::to_value(&value) else {
        return value;
    };
    fields.retain(|_, field| !field.is_null() && field.as_str() != Some(""));
    for (name, field) in &mut fields {
        if let (true, Some(text)) = (name.ends_with("-data"), field.as_str()) {
            *field = Value::String(text.split_ascii_whitespace().collect());
        }
    }
    serde_json::from_value(Value::Object(fields)).unwrap_or(value)
}
