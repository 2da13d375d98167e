//! Ingresses: to which Services they route.

use k8s_openapi::api::networking::v1::{IngressBackend, IngressSpec};
use serde::Deserialize;
use std::fmt;

/// An Ingress.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ingress {
    /// The Services to which it routes.
    pub backends: Vec<Backend>,
}

/// A Service to which an Ingress routes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backend {
    /// Where it stands in the Ingress.
    pub path: String,
    /// The name of the Service, which is of the Ingress's namespace.
    pub service: String,
    /// The port of the Service.
    pub port: BackendPort,
}

/// A port of a Service, as an Ingress names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BackendPort {
    /// By its number.
    Number(u16),
    /// By its name.
    Name(String),
}

impl fmt::Display for BackendPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BackendPort::Number(number) => write!(f, "{number}"),
            BackendPort::Name(name) => f.write_str(name),
        }
    }
}

#[derive(Deserialize)]
pub(super) struct RawIngress {
    spec: Option<IngressSpec>,
}

impl RawIngress {
    pub(super) fn into_ingress(self) -> Ingress {
        let spec = self.spec.unwrap_or_default();
        let default = spec.default_backend.iter();
        let default = default.filter_map(|it| backend(it, "spec.defaultBackend".to_owned()));
        let rules = spec.rules.iter().flatten().enumerate();
        let routed = rules.flat_map(|(at, rule)| {
            let paths = rule.http.iter().flat_map(|http| &http.paths).enumerate();
            paths.filter_map(move |(place, path)| {
                let path_of = format!("spec.rules[{at}].http.paths[{place}].backend");
                backend(&path.backend, path_of)
            })
        });
        Ingress {
            backends: default.chain(routed).collect(),
        }
    }
}

fn backend(backend: &IngressBackend, path: String) -> Option<Backend> {
    let service = backend.service.as_ref()?;
    let port = service.port.as_ref()?;
    let named = port.name.clone().map(BackendPort::Name);
    let number = || Some(BackendPort::Number(u16::try_from(port.number?).ok()?));
    Some(Backend {
        path: format!("{path}.service.port"),
        service: service.name.clone(),
        port: named.or_else(number)?,
    })
}
