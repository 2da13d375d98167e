//! What a pending pod costs beyond nodes and pods: its claims, its devices, the namespaces that it asks of.

use super::{POD, asked, named, pending, read};
use crate::api_server::{ApiServer, Response};
use crate::support::Loaded;
use serde_json::{Value, json};

const NODES: &str = "/api/v1/nodes";
const ALL_PODS: &str = "/api/v1/pods";
const NAMESPACES: &str = "/api/v1/namespaces";
const VOLUMES: &str = "/api/v1/persistentvolumes";
const CLAIM: &str = "/api/v1/namespaces/shop/persistentvolumeclaims/data";
const STORAGE: &str = "/apis/storage.k8s.io/v1";
const DEVICES: &str = "/apis/resource.k8s.io/v1";

/// A cluster with one pod that waits, and lists that hold what is given for them.
struct Cluster {
    server: ApiServer,
}

impl Cluster {
    fn of(pod: &Value) -> Self {
        let cluster = Cluster {
            server: ApiServer::start(),
        };
        cluster.server.on(POD, [Response::json(pod)]);
        cluster
    }

    /// Empty lists, where nothing else was given.
    fn empty(&self) {
        let storage = [
            ("csinodes", "CSINodeList"),
            ("csidrivers", "CSIDriverList"),
            ("storageclasses", "StorageClassList"),
            ("volumeattachments", "VolumeAttachmentList"),
            ("csistoragecapacities", "CSIStorageCapacityList"),
        ];
        for (plural, kind) in storage {
            let path = format!("{STORAGE}/{plural}");
            self.server.on(&path, [Response::list(kind, &[])]);
        }
        for (path, kind) in [
            ("/api/v1/namespaces/shop/events", "EventList"),
            (NODES, "NodeList"),
            (ALL_PODS, "PodList"),
            (VOLUMES, "PersistentVolumeList"),
            (NAMESPACES, "NamespaceList"),
        ] {
            self.server.on(path, [Response::list(kind, &[])]);
        }
    }

    fn list(self, path: &str, kind: &str, items: &[Value]) -> Self {
        self.server.on(path, [Response::list(kind, items)]);
        self
    }

    fn object(self, path: &str, object: &Value) -> Self {
        self.server.on(path, [Response::json(object)]);
        self
    }

    /// A class of this provisioner, and a driver of that name.
    fn class(self, provisioner: &str, mode: &str, driver: &Value) -> Self {
        let class = json!({"metadata": {"name": "fast"}, "provisioner": provisioner, "volumeBindingMode": mode});
        let driver = json!({"metadata": {"name": provisioner}, "spec": driver});
        self.list(
            &format!("{STORAGE}/storageclasses"),
            "StorageClassList",
            &[class],
        )
        .list(&format!("{STORAGE}/csidrivers"), "CSIDriverList", &[driver])
    }

    fn limit(self, driver: &str, count: Option<i64>) -> Self {
        let node = json!({"metadata": {"name": "n1"}, "spec": {"drivers": [{"name": driver, "nodeID": "1", "allocatable": {"count": count}}]}});
        self.list(&format!("{STORAGE}/csinodes"), "CSINodeList", &[node])
    }

    fn claim(self, spec: &Value) -> Self {
        let claim = json!({"metadata": {"name": "data", "namespace": "shop"}, "spec": spec});
        self.object(CLAIM, &claim)
    }

    /// What is asked for besides the pod, the nodes, the pods and the events.
    fn beyond(&self) -> (Vec<String>, Loaded) {
        self.empty();
        let gathered = read(&self.server, named("web")).unwrap();
        let usual = [POD, NODES, ALL_PODS, "/api/v1/namespaces/shop/events"];
        let more = asked(&self.server)
            .into_iter()
            .filter(|path| !usual.contains(&path.as_str()))
            .map(|path| {
                let path = path.replace(STORAGE, "storage").replace(DEVICES, "devices");
                path.replace("/api/v1/", "")
            });
        (more.collect(), gathered)
    }
}

fn with_claim() -> Value {
    let mut pod = pending("web");
    pod["spec"]["volumes"] = json!([{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}]);
    pod
}

const OF_CLAIMS: [&str; 4] = [
    "namespaces/shop/persistentvolumeclaims/data",
    "storage/csidrivers",
    "storage/csinodes",
    "storage/storageclasses",
];

fn and_of_claims(more: &[&str]) -> Vec<String> {
    let mut all: Vec<String> = OF_CLAIMS
        .iter()
        .chain(more)
        .map(|it| (*it).to_owned())
        .collect();
    all.sort();
    all
}

#[test]
fn a_bound_claim_costs_its_volume() {
    let cluster = Cluster::of(&with_claim())
        .class("csi.example.com", "Immediate", &json!({}))
        .limit("csi.example.com", None)
        .claim(&json!({"volumeName": "pv-1", "storageClassName": "fast"}))
        .object(
            &format!("{VOLUMES}/pv-1"),
            &json!({"metadata": {"name": "pv-1"}, "spec": {}}),
        );
    let (beyond, gathered) = cluster.beyond();
    assert_eq!(beyond, and_of_claims(&["persistentvolumes/pv-1"]));
    assert!(gathered.store().volumes().get("", "pv-1").yes().is_some());
    assert!(gathered.store().gaps().is_empty());
}

#[test]
fn where_a_node_attaches_only_so_many_all_volumes_are_counted() {
    for (provisioner, limited, more) in [
        ("csi.example.com", "csi.example.com", true),
        ("csi.example.com", "other.example.com", false),
        ("kubernetes.io/no-provisioner", "other.example.com", true),
        ("kubernetes.io/aws-ebs", "ebs.csi.aws.com", true),
    ] {
        let cluster = Cluster::of(&with_claim())
            .class(provisioner, "Immediate", &json!({}))
            .limit(limited, Some(8))
            .claim(&json!({"volumeName": "pv-1", "storageClassName": "fast"}))
            .object(
                &format!("{VOLUMES}/pv-1"),
                &json!({"metadata": {"name": "pv-1"}}),
            );
        let expected: &[&str] = if more {
            &["persistentvolumes", "storage/volumeattachments"]
        } else {
            &["persistentvolumes/pv-1"]
        };
        assert_eq!(cluster.beyond().0, and_of_claims(expected), "{provisioner}");
    }
}

#[test]
fn a_claim_that_waits_for_its_consumer_costs_the_volumes_and_what_is_left() {
    for (mode, driver, expected) in [
        ("Immediate", json!({"storageCapacity": true}), &[][..]),
        ("WaitForFirstConsumer", json!({}), &["persistentvolumes"]),
        (
            "WaitForFirstConsumer",
            json!({"storageCapacity": true}),
            &["persistentvolumes", "storage/csistoragecapacities"],
        ),
    ] {
        let cluster = Cluster::of(&with_claim())
            .class("csi.example.com", mode, &driver)
            .claim(&json!({"storageClassName": "fast"}));
        assert_eq!(cluster.beyond().0, and_of_claims(expected), "{mode}");
    }
}

#[test]
fn a_claim_of_a_pod_that_is_held_back_costs_no_counting() {
    let mut pod = with_claim();
    pod["spec"]["schedulingGates"] = json!([{"name": "example.com/quota"}]);
    let cluster = Cluster::of(&pod).claim(&json!({"storageClassName": "fast"}));
    assert_eq!(
        cluster.beyond().0,
        [
            "namespaces/shop/persistentvolumeclaims/data",
            "storage/storageclasses"
        ]
    );
}

#[test]
fn a_disk_that_is_named_in_the_pod_is_counted_as_well() {
    let mut pod = pending("web");
    pod["spec"]["volumes"] = json!([{"name": "v", "awsElasticBlockStore": {"volumeID": "vol-1"}}]);
    let cluster = Cluster::of(&pod).limit("ebs.csi.aws.com", Some(25));
    assert_eq!(
        cluster.beyond().0,
        [
            "persistentvolumes",
            "storage/csidrivers",
            "storage/csinodes",
            "storage/volumeattachments"
        ]
    );
}

#[test]
fn device_claims_cost_themselves_and_the_classes_that_they_wait_for() {
    let mut pod = pending("web");
    pod["spec"]["resourceClaims"] = json!([
        {"name": "shared", "resourceClaimName": "shared"},
        {"name": "own", "resourceClaimTemplateName": "gpu"},
        {"name": "later", "resourceClaimTemplateName": "gpu"},
    ]);
    pod["status"]["resourceClaimStatuses"] =
        json!([{"name": "own", "resourceClaimName": "web-own-x1"}]);
    let request = json!({"devices": {"requests": [{"name": "a", "exactly": {"deviceClassName": "gpu.example.com"}}]}});
    let claims = format!("{DEVICES}/namespaces/shop/resourceclaims");
    let cluster = Cluster::of(&pod)
        .object(
            &format!("{claims}/shared"),
            &json!({"metadata": {"name": "shared", "namespace": "shop"}, "spec": request, "status": {"allocation": {}}}),
        )
        .object(
            &format!("{claims}/web-own-x1"),
            &json!({"metadata": {"name": "web-own-x1", "namespace": "shop"}, "spec": request}),
        )
        .object(
            &format!("{DEVICES}/deviceclasses/gpu.example.com"),
            &json!({"metadata": {"name": "gpu.example.com"}}),
        );
    let (beyond, gathered) = cluster.beyond();
    assert_eq!(
        beyond,
        [
            "devices/deviceclasses/gpu.example.com",
            "devices/namespaces/shop/resourceclaims/shared",
            "devices/namespaces/shop/resourceclaims/web-own-x1",
        ]
    );
    let snapshot = gathered.snapshot();
    assert!(
        snapshot
            .device_classes()
            .get("", "gpu.example.com")
            .yes()
            .is_some()
    );
    assert!(
        snapshot
            .resource_claims()
            .get("shop", "shared")
            .yes()
            .unwrap()
            .allocated
    );
}

#[test]
fn namespaces_are_read_when_a_term_selects_them_by_their_labels() {
    let term = |selector: Value| {
        json!({"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [
            {"topologyKey": "zone", "labelSelector": {}, "namespaceSelector": selector},
        ]}})
    };
    for (selector, expected) in [
        (json!({"matchLabels": {"team": "a"}}), &["namespaces"][..]),
        (
            json!({"matchExpressions": [{"key": "team", "operator": "Exists"}]}),
            &["namespaces"],
        ),
        (json!({}), &[]),
        (json!(null), &[]),
    ] {
        let mut pod = pending("web");
        pod["spec"]["affinity"] = term(selector.clone());
        assert_eq!(Cluster::of(&pod).beyond().0, expected, "{selector}");
    }
    let mut other = pending("other");
    other["spec"]["nodeName"] = json!("n1");
    other["spec"]["affinity"] = term(json!({"matchLabels": {"team": "a"}}));
    let cluster = Cluster::of(&pending("web"))
        .list(ALL_PODS, "PodList", &[other])
        .object(
            &format!("{NAMESPACES}/shop"),
            &json!({"metadata": {"name": "shop"}}),
        );
    assert_eq!(
        cluster.beyond().0,
        ["namespaces/shop"],
        "only its own labels matter"
    );
}

#[test]
fn budgets_are_read_when_preemption_makes_room() {
    let mut pod = pending("web");
    pod["status"]["nominatedNodeName"] = json!("n1");
    let budgets = "/apis/policy/v1/poddisruptionbudgets";
    let budget = json!({"metadata": {"name": "web", "namespace": "shop"}, "status": {"disruptionsAllowed": 1}});
    let cluster = Cluster::of(&pod).list(budgets, "PodDisruptionBudgetList", &[budget]);
    let (beyond, gathered) = cluster.beyond();
    assert_eq!(beyond, [budgets]);
    let read = gathered.store().budgets().get("shop", "web").yes();
    assert_eq!(read.unwrap().disruptions_allowed, 1);
}

#[test]
fn budgets_are_read_when_a_node_that_the_pod_is_kept_off_is_being_drained() {
    let budgets = "/apis/policy/v1/poddisruptionbudgets";
    let node = json!({"metadata": {"name": "n1"}, "spec": {"unschedulable": true}, "status": {}});
    let mut pod = pending("web");
    pod["status"]["conditions"][0]["message"] =
        json!("0/1 nodes are available: 1 node(s) were unschedulable.");
    let of = |kind: &str| {
        let owner = json!([{"apiVersion": "apps/v1", "kind": kind, "name": "it", "uid": "it", "controller": true}]);
        json!({"metadata": {"name": "other", "namespace": "shop", "uid": "other", "ownerReferences": owner},
            "spec": {"nodeName": "n1", "containers": [{"name": "app"}]}, "status": {"phase": "Running"}})
    };
    let drained = (vec![of("ReplicaSet")], vec![budgets]);
    for (others, asked) in [
        (vec![], vec![]),
        (vec![of("DaemonSet")], vec![]),
        (vec![of("Node")], vec![]),
        drained,
    ] {
        let cluster = Cluster::of(&pod)
            .list(NODES, "NodeList", std::slice::from_ref(&node))
            .list(ALL_PODS, "PodList", &others)
            .list(budgets, "PodDisruptionBudgetList", &[]);
        assert_eq!(cluster.beyond().0, asked, "{others:?}");
    }
}

#[test]
fn of_a_pod_that_nobody_has_spoken_of_the_events_of_the_others_are_read() {
    let mut pod = pending("web");
    pod["status"]["conditions"] = json!([]);
    let cluster = Cluster::of(&pod);
    cluster
        .server
        .on(super::EVENTS, [Response::list("EventList", &[])]);
    let (_, _) = cluster.beyond();
    let asked = cluster.server.asked();
    let events = asked.iter().find(|asked| asked.path == super::EVENTS);
    assert_eq!(events.unwrap().query("fieldSelector"), None);
}

#[test]
fn an_image_for_another_cpu_costs_the_node_that_runs_it() {
    let message = "no match for platform in manifest: not found";
    for (in_pod, in_event) in [(message, ""), ("Back-off pulling image", message)] {
        let server = ApiServer::start();
        server.on(
            POD,
            [Response::json(&super::waiting(
                "web",
                "ImagePullBackOff",
                in_pod,
            ))],
        );
        let event = json!({"metadata": {"name": "e", "namespace": "shop"}, "reason": "Failed", "message": in_event,
            "involvedObject": {"kind": "Pod", "namespace": "shop", "name": "web", "uid": "web"}});
        server.on(super::EVENTS, [Response::list("EventList", &[event])]);
        let node = json!({"kind": "Node", "metadata": {"name": "worker-1"}});
        server.on("/api/v1/nodes/worker-1", [Response::json(&node)]);
        read(&server, named("web")).unwrap();
        assert_eq!(
            asked(&server),
            [super::EVENTS, POD, "/api/v1/nodes/worker-1"]
        );
    }
}
