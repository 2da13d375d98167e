//! DynamicResources: claims of devices, as far as they can be known without evaluating expressions.
//!
//! Once a claim is allocated, its devices are on certain nodes, which its status names: the pod has to go there. A
//! claim that waits for devices may be satisfied anywhere: which devices fit is written in expressions (CEL) that only
//! the scheduler evaluates, so the filter is then not computed beyond the allocated ones, and that is said.
//!
//! Left out on purpose: the binding conditions of single devices, and features that an allocation may demand of the kubelet.
//!
//! Source: kube-scheduler `framework/plugins/dynamicresources` (1.37).

use super::{Filter, FilterFailure, Incoming, NodeView, Other, Unread, View, What};
use crate::kubernetes::device_claims::named;
use crate::kubernetes::selector::node_selector_term_matches;
use crate::messages::scheduler::{ClaimProblem, Reason};
use crate::snapshot::{Gap, Kind, ResourceClaim, Seen, Why};
use k8s_openapi::api::core::v1::NodeSelector;

/// How many may use a claim at a time (staging/src/k8s.io/api/resource/v1/types.go, `ResourceClaimReservedForMaxSize`).
const USERS: usize = 256;

/// The claims whose devices are on certain nodes.
#[derive(Debug, Clone, Default)]
pub(super) struct Devices<'v> {
    placed: Vec<(String, &'v NodeSelector)>,
}

/// What was found of a pod's claims.
#[derive(Debug, Default)]
pub(super) struct Found<'v> {
    pub(super) devices: Devices<'v>,
    /// Why the pod is refused as a whole.
    pub(super) refusal: Option<FilterFailure>,
    pub(super) unread: Option<Unread>,
}

/// Looks at the pod's claims.
pub(super) fn find<'v>(pod: &Incoming<'_, '_>, view: &View<'v>) -> Found<'v> {
    let mut found = Found::default();
    for claim in named(pod.spec, pod.pod.status.as_ref()) {
        let object = claim.object.unwrap_or_default();
        match view.snapshot().resource_claims().get(pod.namespace, object) {
            Seen::Yes(claim) if claim.allocated => found.allocated(pod, object, claim),
            Seen::Unknown(gap) if claim.object.is_some() => found.open(gap.clone()),
            _ => found.open(slices()),
        }
    }
    found
}

/// No ResourceSlice is read.
fn slices() -> Gap {
    Gap {
        kind: Kind::ResourceSlice,
        namespace: None,
        name: None,
        why: Why::NotAsked,
        detail: String::new(),
    }
}

impl<'v> Found<'v> {
    fn open(&mut self, gap: Gap) {
        let filter = Filter::DynamicResources;
        self.unread.get_or_insert(Unread { filter, gap });
    }

    fn allocated(&mut self, pod: &Incoming<'_, '_>, name: &str, claim: &'v ResourceClaim) {
        let uid = pod.pod.metadata.uid.as_deref();
        let mut users = claim.reserved_for.iter();
        let is_user = users.any(|user| Some(user.uid.as_str()) == uid);
        if !is_user && claim.reserved_for.len() >= USERS {
            let what = Other::DeviceClaimInUse {
                claim: name.to_owned(),
                users: USERS,
            };
            self.refusal
                .get_or_insert(failure(ClaimProblem::InUse, what));
        }
        if let Some(nodes) = &claim.nodes {
            self.devices.placed.push((name.to_owned(), nodes));
        }
    }
}

fn failure(problem: ClaimProblem, what: Other) -> FilterFailure {
    FilterFailure {
        filter: Filter::DynamicResources,
        reason: Reason::DeviceClaim(problem).text(),
        what: What::Other(what),
    }
}

/// The claims whose devices are elsewhere.
pub(super) fn failures(pod: &Incoming<'_, '_>, node: &NodeView<'_>) -> Vec<FilterFailure> {
    let labels = &node.node.labels;
    let reaches = |nodes: &NodeSelector| {
        let mut terms = nodes.node_selector_terms.iter();
        terms.any(|term| node_selector_term_matches(term, labels, node.name()))
    };
    let elsewhere = pod
        .devices
        .placed
        .iter()
        .filter(|(_, nodes)| !reaches(nodes));
    let failures = elsewhere.map(|(claim, nodes)| {
        let what = Other::DevicesElsewhere {
            claim: claim.clone(),
            nodes: (*nodes).into(),
        };
        failure(ClaimProblem::OtherNode, what)
    });
    failures.collect()
}

#[cfg(test)]
mod tests {
    use crate::scheduler::Filter;
    use crate::scheduler::testing::{Cluster, Filtered, Object, node, object, pod};
    use crate::snapshot::Kind;
    use serde_json::{Value, json};

    fn claim(name: &str, status: Value) -> Object {
        let meta = json!({"name": name, "namespace": "shop", "uid": format!("uid-{name}")});
        object(
            Kind::ResourceClaim,
            json!({"metadata": meta, "spec": {}, "status": status}),
        )
    }

    fn on(node: &str) -> Value {
        let field = json!({"key": "metadata.name", "operator": "In", "values": [node]});
        json!({"allocation": {"nodeSelector": {"nodeSelectorTerms": [{"matchFields": [field]}]}}})
    }

    fn asking(claims: &[&str]) -> Object {
        let claims = claims
            .iter()
            .map(|claim| json!({"name": claim, "resourceClaimName": claim}));
        pod("web").set("/spec/resourceClaims", claims.collect())
    }

    fn filtered(pod: &Object, cluster: Cluster) -> Filtered {
        let nodes = ["n1", "n2"].map(|name| node(name, "1", "1Gi"));
        Filtered::of(Filter::DynamicResources, pod, cluster.all(nodes))
    }

    #[test]
    fn a_pod_goes_where_the_devices_of_its_claims_are() {
        let cluster = Cluster::new().with(claim("gpu", on("n1")));
        let filtered = filtered(&asking(&["gpu"]), cluster);
        assert!(filtered.on("n1").is_empty());
        assert_eq!(
            filtered.reasons("n2"),
            ["resourceclaim not available on the node"]
        );
        assert!(filtered.unread.is_empty());
        // devices that every node reaches
        let anywhere = claim("net", json!({"allocation": {}}));
        let filtered = super::tests::filtered(&asking(&["net"]), Cluster::new().with(anywhere));
        assert!(filtered.is_nothing() && filtered.unread.is_empty());
    }

    #[test]
    fn a_claim_that_waits_leaves_the_filter_open_beside_those_that_do_not() {
        let cluster = Cluster::new()
            .with(claim("gpu", on("n1")))
            .with(claim("new", json!({})));
        let filtered = filtered(&asking(&["gpu", "new"]), cluster);
        assert_eq!(filtered.unread, [Kind::ResourceSlice]);
        assert_eq!(filtered.reasons("n2").len(), 1);
        let missing = super::tests::filtered(&asking(&["missing"]), Cluster::new());
        assert_eq!(missing.unread, [Kind::ResourceSlice]);
        let kinds = Cluster::but(&[Kind::ResourceClaim]);
        let unread = super::tests::filtered(&asking(&["gpu"]), kinds);
        assert_eq!(unread.unread, [Kind::ResourceClaim]);
    }

    #[test]
    fn a_claim_has_so_many_users() {
        let in_use = |users: usize| {
            let users = (0..users).map(|at| json!({"resource": "pods", "name": format!("p{at}"), "uid": format!("uid-{at}")}));
            let status = json!({"allocation": {}, "reservedFor": users.collect::<Vec<_>>()});
            filtered(&asking(&["gpu"]), Cluster::new().with(claim("gpu", status))).before
        };
        assert!(in_use(255).is_empty());
        assert_eq!(in_use(256), ["resourceclaim in use"]);
    }
}
