//! What routes to Services from outside: Ingresses, and the HTTPRoutes and GRPCRoutes of the Gateway API.

use jiff::Timestamp;
use k8s_openapi::api::networking::v1::{IngressBackend, IngressSpec};
use serde::Deserialize;
use std::fmt;

/// An Ingress, or a route of the Gateway API.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Route {
    /// `metadata.creationTimestamp`
    pub created: Option<Timestamp>,
    /// It is being deleted.
    pub terminating: bool,
    /// The Services to which it routes.
    pub backends: Vec<Backend>,
    /// What its controller says where it may not name a Service of another namespace.
    pub refusal: Option<Refusal>,
}

/// That no ReferenceGrant lets a route of the Gateway API name a Service.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refusal {
    /// The place of the Gateway among `status.parents`.
    pub parent: usize,
    /// The controller's words.
    pub message: String,
}

/// A Service to which something routes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backend {
    /// Where its name stands, as a JSON pointer.
    pub name_at: String,
    /// Where its port stands.
    pub port_at: String,
    /// Its namespace, where that is not the route's own.
    pub namespace: Option<String>,
    /// The name of the Service.
    pub service: String,
    /// The port of the Service.
    pub port: Option<BackendPort>,
}

/// A port of a Service, as a route names it.
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

/// The name of a port under which the controller of AWS's load balancers reads an annotation in place of a Service
/// (kubernetes-sigs/aws-load-balancer-controller `pkg/ingress/enhanced_backend_builder.go`, 2.8).
const NO_SERVICE: &str = "use-annotation";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawMeta {
    generation: Option<i64>,
    creation_timestamp: Option<Timestamp>,
    deletion_timestamp: Option<Timestamp>,
}

impl RawMeta {
    fn into_route(self, backends: Vec<Backend>) -> Route {
        Route {
            created: self.creation_timestamp,
            terminating: self.deletion_timestamp.is_some(),
            backends,
            refusal: None,
        }
    }
}

#[derive(Deserialize)]
pub(super) struct RawIngress {
    metadata: RawMeta,
    spec: Option<IngressSpec>,
}

impl RawIngress {
    pub(super) fn into_route(self) -> Route {
        let spec = self.spec.unwrap_or_default();
        let default = spec.default_backend.iter();
        let default = default.filter_map(|it| of_ingress(it, "/spec/defaultBackend"));
        let rules = spec.rules.iter().flatten().enumerate();
        let routed = rules.flat_map(|(at, rule)| {
            let paths = rule.http.iter().flat_map(|http| &http.paths).enumerate();
            paths.filter_map(move |(place, path)| {
                let backend = format!("/spec/rules/{at}/http/paths/{place}/backend");
                of_ingress(&path.backend, &backend)
            })
        });
        self.metadata.into_route(default.chain(routed).collect())
    }
}

fn of_ingress(backend: &IngressBackend, at: &str) -> Option<Backend> {
    let service = backend.service.as_ref()?;
    let port = service.port.as_ref()?;
    let named = port.name.clone().map(BackendPort::Name);
    let number = || Some(BackendPort::Number(u16::try_from(port.number?).ok()?));
    if port.name.as_deref() == Some(NO_SERVICE) {
        return None;
    }
    Some(Backend {
        name_at: format!("{at}/service/name"),
        port_at: format!("{at}/service/port"),
        namespace: None,
        service: service.name.clone(),
        port: named.or_else(number),
    })
}

/// An HTTPRoute or GRPCRoute, which have the same form as far as it is read here (gateway-api `apis/v1`, 1.4).
#[derive(Deserialize)]
pub(super) struct RawRoute {
    metadata: RawMeta,
    spec: Option<RawRouteSpec>,
    status: Option<RawRouteStatus>,
}

#[derive(Deserialize)]
struct RawRouteStatus {
    parents: Option<Vec<RawParent>>,
}

#[derive(Deserialize)]
struct RawParent {
    conditions: Option<Vec<RawCondition>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawCondition {
    r#type: String,
    status: String,
    reason: Option<String>,
    message: Option<String>,
    observed_generation: Option<i64>,
}

#[derive(Deserialize)]
struct RawRouteSpec {
    rules: Option<Vec<RawRule>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawRule {
    backend_refs: Option<Vec<RawBackend>>,
}

#[derive(Deserialize)]
struct RawBackend {
    group: Option<String>,
    kind: Option<String>,
    namespace: Option<String>,
    name: String,
    port: Option<u16>,
    weight: Option<i64>,
}

impl RawRoute {
    pub(super) fn into_route(self) -> Route {
        let rules = self.spec.and_then(|spec| spec.rules).unwrap_or_default();
        let of_rule = |(at, rule): (usize, RawRule)| {
            let backends = rule.backend_refs.unwrap_or_default().into_iter();
            let backends = backends.enumerate();
            backends.filter_map(move |(place, backend)| {
                of_gateway(backend, &format!("/spec/rules/{at}/backendRefs/{place}"))
            })
        };
        let backends = rules.into_iter().enumerate().flat_map(of_rule);
        let parents = self.status.and_then(|status| status.parents);
        let refusal = refusal(parents.unwrap_or_default(), self.metadata.generation);
        Route {
            refusal,
            ..self.metadata.into_route(backends.collect())
        }
    }
}

/// What a controller says of the present spec (gateway-api `apis/v1/shared_types.go`, RouteReasonRefNotPermitted).
fn refusal(parents: Vec<RawParent>, generation: Option<i64>) -> Option<Refusal> {
    let is_refused = |it: &RawCondition| {
        let is_old = it.observed_generation.zip(generation);
        it.r#type == "ResolvedRefs"
            && it.status == "False"
            && it.reason.as_deref() == Some("RefNotPermitted")
            && is_old.is_none_or(|(observed, present)| observed >= present)
    };
    let mut parents = parents.into_iter().enumerate();
    parents.find_map(|(parent, it)| {
        let mut conditions = it.conditions.unwrap_or_default().into_iter();
        let condition = conditions.find(is_refused)?;
        Some(Refusal {
            parent,
            message: condition.message.unwrap_or_default(),
        })
    })
}

/// Without group and kind it is a Service; with weight 0 nobody is sent there.
fn of_gateway(backend: RawBackend, at: &str) -> Option<Backend> {
    let is_service = backend.group.is_none_or(|group| group.is_empty())
        && backend.kind.is_none_or(|kind| kind == "Service");
    if !is_service || backend.weight == Some(0) {
        return None;
    }
    Some(Backend {
        name_at: format!("{at}/name"),
        port_at: format!("{at}/port"),
        namespace: backend.namespace,
        service: backend.name,
        port: backend.port.map(BackendPort::Number),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn services(route: Route) -> Vec<String> {
        let backends = route.backends.into_iter();
        let written = backends.map(|one| {
            let port = one.port.map(|port| port.to_string()).unwrap_or_default();
            format!("{}={}:{port}", one.name_at, one.service)
        });
        written.collect()
    }

    fn of(spec: Value) -> Value {
        json!({"metadata": {"name": "x"}, "spec": spec})
    }

    #[test]
    fn an_ingress_routes_by_default_and_by_path() {
        let service = |name: &str, port: Value| json!({"service": {"name": name, "port": port}});
        let path = |backend: Value| json!({"pathType": "Prefix", "backend": backend});
        let spec = json!({
            "defaultBackend": service("front", json!({"number": 80})),
            "rules": [{"http": {"paths": [
                path(service("redirect", json!({"name": "use-annotation"}))),
                path(json!({"resource": {"kind": "Bucket", "name": "files"}})),
                path(service("api", json!({"name": "http"}))),
            ]}}],
        });
        let raw: RawIngress = serde_json::from_value(of(spec)).unwrap();
        assert_eq!(
            services(raw.into_route()),
            [
                "/spec/defaultBackend/service/name=front:80",
                "/spec/rules/0/http/paths/2/backend/service/name=api:http"
            ]
        );
    }

    #[test]
    fn a_route_of_a_gateway_may_name_what_is_no_service() {
        let spec = json!({"rules": [{"backendRefs": [
            {"name": "api", "port": 80},
            {"name": "old", "port": 80, "weight": 0},
            {"group": "inference.networking.k8s.io", "kind": "InferencePool", "name": "pool"},
            {"group": "", "kind": "Service", "namespace": "data", "name": "db", "port": 5432},
        ]}, {}]});
        let raw: RawRoute = serde_json::from_value(of(spec)).unwrap();
        assert_eq!(
            services(raw.into_route()),
            [
                "/spec/rules/0/backendRefs/0/name=api:80",
                "/spec/rules/0/backendRefs/3/name=db:5432"
            ]
        );
    }

    #[test]
    fn a_refusal_counts_that_is_of_the_present_spec() {
        let refusal = |reason: &str, observed: i64| {
            let condition = json!({"type": "ResolvedRefs", "status": "False", "reason": reason, "message": "not permitted", "observedGeneration": observed});
            let raw: RawRoute = serde_json::from_value(json!({
                "metadata": {"name": "x", "generation": 2},
                "status": {"parents": [{}, {"conditions": [condition]}]},
            }))
            .unwrap();
            raw.into_route().refusal.map(|it| it.parent)
        };
        assert_eq!(refusal("RefNotPermitted", 2), Some(1));
        assert_eq!(refusal("RefNotPermitted", 1), None);
        assert_eq!(refusal("BackendNotFound", 2), None);
    }
}
