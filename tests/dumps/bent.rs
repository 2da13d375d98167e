//! Objects that are not written as the API server writes them: what is taken for what it was, and that
//! nothing goes missing in silence.

use super::make::{bytes, event, folder, list, pod, pods, read, read_file, tar, typed, yaml};
use crate::support::{Kind, Loaded};
use serde_json::{Value, json};

fn web() -> Value {
    pod("shop", "web", "n1")
}

/// A pod with its state, at a version.
fn at_version(version: &str, node: &str) -> Value {
    let mut pod = pod("shop", "web", node);
    pod["metadata"]["resourceVersion"] = json!(version);
    pod
}

fn without_kind(mut object: Value) -> Value {
    let fields = object.as_object_mut().unwrap();
    fields.remove("kind");
    fields.remove("apiVersion");
    object
}

/// The gaps, as kind, namespace/name and why.
fn gaps(text: &[u8]) -> Vec<String> {
    let loaded = read_file(text).unwrap();
    let gaps = loaded.store().gaps().into_iter().map(|gap| {
        let of = |part: &Option<String>| part.clone().unwrap_or_default();
        format!("{} {}/{}", gap.kind, of(&gap.namespace), of(&gap.name))
    });
    gaps.collect()
}

#[test]
fn a_bundle_whose_nulls_are_words_is_read() {
    let mut bent = web();
    bent["spec"]["priority"] = json!(2_000_001_000.0);
    bent["metadata"]["deletionTimestamp"] = json!("null");
    bent["status"]["conditions"] =
        json!([{"type": "Ready", "status": "False", "lastProbeTime": "null"}]);
    let mut of_pod = event("shop", "web.1");
    of_pod["eventTime"] = json!("null");
    of_pod["series"] = json!("null");
    of_pod["count"] = json!(3.0);
    for text in [
        bytes(&list(&[bent.clone(), of_pod.clone()])),
        yaml(&list(&[bent.clone(), of_pod.clone()])),
    ] {
        let loaded = read_file(&text).unwrap();
        assert_eq!(pods(&loaded), ["shop/web"]);
        assert_eq!(
            loaded
                .store()
                .events()
                .iter()
                .map(|event| event.count)
                .sum::<u32>(),
            3
        );
        assert!(loaded.store().gaps().is_empty());
        let pod = loaded.store().whole_pod("shop", "web").unwrap();
        assert!(!pod.is_terminating());
    }
}

#[test]
fn a_known_kind_never_vanishes() {
    let with = |from: &str, to: &str| {
        let text = String::from_utf8(bytes(&list(&[pod("blog", "api", "n1"), web()]))).unwrap();
        let at = text.rfind(from).unwrap();
        format!("{}{}", &text[..at], text[at..].replacen(from, to, 1)).into_bytes()
    };
    let named = with(r#""name": "web""#, r#""name": 123"#);
    assert_eq!(pods(&read_file(&named).unwrap()), ["blog/api", "shop/123"]);
    let lower = with(r#""kind": "Pod""#, r#""kind": "pod""#);
    assert_eq!(pods(&read_file(&lower).unwrap()), ["blog/api", "shop/web"]);
    for (from, to, gap) in [
        (r#""name": "web""#, r#""name": "w\ud800""#, "Pod shop/"),
        (r#""name": "web""#, r#""name": {}"#, "Pod shop/"),
        (
            r#""kind": "Pod""#,
            r#""kind": "Pod", "metadata": {"name": "x"}"#,
            "Pod shop/web",
        ),
        (
            "\"metadata\": {\n        \"creation",
            r#""metadata": 1, "x": {"creation"#,
            "Pod /",
        ),
        (
            r#""phase": "Pending""#,
            r#""phase": ["Pending"]"#,
            "Pod shop/web",
        ),
    ] {
        assert_eq!(gaps(&with(from, to)), [gap], "{to}");
        let loaded = read_file(&with(from, to)).unwrap();
        let is_unknown = loaded.store().pods().get("shop", "y").is_unknown();
        assert!(is_unknown || gap == "Pod /", "{to}");
    }
}

#[test]
fn objects_without_a_kind_are_known_by_their_shape() {
    let node = json!({"metadata": {"name": "n1"}, "status": {"nodeInfo": {"osImage": "x"}}});
    let all = [without_kind(web()), node, without_kind(event("shop", "e"))];
    let array = bytes(&json!(all));
    let client_go = bytes(&json!({"metadata": {"resourceVersion": "1"}, "items": all}));
    let alone: Vec<u8> = all.iter().flat_map(bytes).collect();
    for text in [array, client_go, alone, yaml(&json!(all))] {
        let loaded = read_file(&text).unwrap();
        assert_eq!(pods(&loaded), ["shop/web"]);
        assert!(loaded.store().nodes().get("", "n1").yes().is_some());
        assert_eq!(loaded.store().events().iter().count(), 1);
    }
    // a manifest is no object of a cluster, and a template no pod
    let manifest = json!({"metadata": {"name": "web"}, "spec": {"containers": []}});
    assert!(read_file(&bytes(&manifest)).is_err());
    let folder = folder(&[
        ("config/pod/shop/web.json", bytes(&all[0])),
        ("config/x.json", bytes(&manifest)),
    ]);
    assert_eq!(pods(&read(&[folder.path()]).unwrap()), ["shop/web"]);
}

#[test]
fn an_array_is_of_pods_only_if_its_items_are_objects() {
    let folder = folder(&[("d/pods.json", b"[{\"time\": 1, \"used\": 2}]".to_vec())]);
    let error = read(&[folder.path()]).unwrap_err();
    assert!(
        error.to_string().contains("holds nothing of Kubernetes"),
        "{error}"
    );
}

#[test]
fn of_several_states_the_newest_counts() {
    let node = |texts: &[Vec<u8>]| {
        let files: Vec<(String, Vec<u8>)> = texts
            .iter()
            .cloned()
            .enumerate()
            .map(|(at, text)| (format!("{at}.json"), text))
            .collect();
        let files: Vec<(&str, Vec<u8>)> = files
            .iter()
            .map(|(name, text)| (name.as_str(), text.clone()))
            .collect();
        let folder = folder(&files);
        let paths: Vec<_> = files
            .iter()
            .map(|(name, _)| folder.path().join(name))
            .collect();
        let paths: Vec<_> = paths.iter().map(|path| path.as_path()).collect();
        let loaded = read(&paths).unwrap();
        let pod = loaded.store().whole_pod("shop", "web");
        pod.and_then(|pod| pod.node()).map(str::to_owned)
    };
    let (old, new) = (
        bytes(&at_version("99", "old")),
        bytes(&at_version("100", "new")),
    );
    for texts in [
        vec![[old.clone(), new.clone()].concat()],
        vec![[new.clone(), old.clone()].concat()],
        vec![old.clone(), new.clone()],
        vec![new.clone(), old.clone()],
    ] {
        assert_eq!(node(&texts).as_deref(), Some("new"));
    }
    let event = |kind: &str, object: Value| bytes(&json!({"type": kind, "object": object}));
    let bookmark = event(
        "BOOKMARK",
        json!({"kind": "Pod", "apiVersion": "v1", "metadata": {"resourceVersion": "5"}}),
    );
    let watched = [
        event("ADDED", at_version("99", "old")),
        bookmark,
        event("MODIFIED", at_version("100", "new")),
    ];
    assert_eq!(node(&[watched.concat()]).as_deref(), Some("new"));
    let as_yaml = [
        yaml(&json!({"type": "ADDED", "object": at_version("99", "old")})),
        yaml(&json!({"type": "MODIFIED", "object": at_version("100", "new")})),
    ];
    assert_eq!(node(&[as_yaml.concat()]).as_deref(), Some("new"));
    let gone = event("DELETED", at_version("101", "new"));
    assert_eq!(node(&[watched.concat(), gone.clone()]), None);
    assert_eq!(node(&[gone, watched.concat()]), None);
}

#[test]
fn forms_that_are_not_read_are_called_by_their_names() {
    let said = |text: &[u8]| format!("{:#}", read_file(text).unwrap_err());
    let table = json!({"kind": "Table", "apiVersion": "meta.k8s.io/v1", "columnDefinitions": [{"name": "Restarts"}], "rows": []});
    assert!(said(&bytes(&table)).contains("it is a Table, the rows that `kubectl get` prints"));
    let snake = json!({"api_version": null, "kind": null, "metadata": {"name": "web", "creation_timestamp": "x"}, "spec": {"containers": []}});
    let of_client = json!({"api_version": "v1", "kind": "PodList", "items": [snake.clone()]});
    for text in [bytes(&snake), bytes(&of_client), yaml(&of_client)] {
        assert!(
            said(&text).contains("named in snake_case"),
            "{}",
            said(&text)
        );
    }
    let internal = json!({"selfLink": "", "Items": [{"name": "web", "Spec": {}, "Status": {}}]});
    for text in [
        bytes(&internal),
        bytes(&internal["Items"]),
        bytes(&internal["Items"][0]),
    ] {
        assert!(
            said(&text).contains("internal form of kubectl 1.13"),
            "{}",
            said(&text)
        );
    }
    // in a folder each is a gap
    for (path, text) in [
        ("all.json", bytes(&table)),
        ("all.yaml", yaml(&of_client)),
        ("shop/pods.json", bytes(&internal)),
    ] {
        let folder = folder(&[(path, text), ("web.json", bytes(&pod("blog", "api", "n1")))]);
        let loaded = read(&[folder.path()]).unwrap();
        assert_eq!(pods(&loaded), ["blog/api"]);
        assert!(
            loaded
                .store()
                .gaps()
                .iter()
                .any(|gap| gap.kind == Kind::Pod),
            "{path}"
        );
    }
}

#[test]
fn what_kubectl_says_beside_the_objects_is_passed_over() {
    let klog = "E1128 12:00:00.000001    1 memcache.go:287] couldn't get resource list for metrics.k8s.io/v1beta1: the server is currently unable to handle the request\n";
    let before =
        format!("{klog}+ kubectl get pods -o json\n[root@host ~]# kubectl get pods -o json\n");
    let after = "Error from server (NotFound): pods \"old\" not found\nCluster info dumped to standard output\nme@host:~$\n";
    for form in [bytes, yaml] {
        let text = [
            before.as_bytes(),
            &form(&list(&[web()])),
            b"\n",
            klog.as_bytes(),
            before.as_bytes(),
            &form(&pod("blog", "api", "n1")),
            b"\n",
            after.as_bytes(),
        ]
        .concat();
        let loaded = read_file(&text).unwrap();
        assert_eq!(pods(&loaded), ["blog/api", "shop/web"]);
        assert!(loaded.store().gaps().is_empty());
    }
    // what says something is not: it may be an object in another form
    let mixed = [bytes(&web()).as_slice(), b"\napiVersion: v1\nkind: Pod\n"].concat();
    assert!(read_file(&mixed).is_err());
    let cut = [
        &bytes(&web())[..300],
        b"\n",
        klog.as_bytes(),
        &bytes(&web()),
    ]
    .concat();
    assert!(read_file(&cut).is_err());
}

#[test]
fn what_kubectl_could_not_read_is_missing() {
    for (said, kind) in [
        ("Unable to connect to the server: EOF", Kind::Pod),
        (
            "error: You must be logged in to the server (Unauthorized)",
            Kind::Pod,
        ),
        (
            "Error from server (Forbidden): nodes is forbidden: User \"me\" cannot list resource \"nodes\"",
            Kind::Node,
        ),
    ] {
        for form in [bytes, yaml] {
            let text = [form(&web()).as_slice(), b"\n", said.as_bytes(), b"\n"].concat();
            let loaded = read_file(&text).unwrap();
            let gaps = loaded.store().gaps();
            let is_told = gaps
                .iter()
                .any(|gap| gap.kind == kind && gap.name.is_none());
            assert!(is_told, "{said}: {gaps:?}");
        }
    }
}

#[test]
fn what_a_list_holds_beside_objects_and_the_pages_behind_it_are_missing() {
    let of_pods = |loaded: &Loaded| {
        let gaps = loaded.store().gaps();
        gaps.iter()
            .any(|gap| gap.kind == Kind::Pod && gap.name.is_none())
    };
    for odd in [json!(null), json!("pod"), json!(7), json!([web()])] {
        let loaded = read_file(&bytes(&list(&[web(), odd.clone()]))).unwrap();
        assert!(of_pods(&loaded), "{odd}");
    }
    let mut page = list(&[web()]);
    assert!(!of_pods(&read_file(&bytes(&page)).unwrap()));
    page["metadata"] = json!({"continue": "eyJ2", "remainingItemCount": 500});
    assert!(of_pods(&read_file(&bytes(&page)).unwrap()));
    let table = json!({"apiVersion": "meta.k8s.io/v1", "kind": "Table", "rows": []});
    assert!(read_file(&bytes(&list(&[web(), table]))).is_err());
}

#[test]
fn a_file_of_pods_that_holds_none_is_missing() {
    let whole = bytes(&typed("PodList", &[web()]));
    for other in [
        "",
        "Error from server (Forbidden): pods is forbidden\n",
        "NAME  READY\nweb   1/1\n",
    ] {
        let dump = folder(&[
            ("dump/shop/pods.json", whole.clone()),
            ("dump/blog/pods.json", other.as_bytes().to_vec()),
        ]);
        let loaded = read(&[dump.path()]).unwrap();
        let gaps = loaded.store().gaps();
        let is_told = gaps.iter().any(|gap| gap.kind == Kind::Pod);
        assert!(is_told, "{other}: {gaps:?}");
    }
}

#[test]
fn joined_documents_are_told_apart() {
    let text = [
        &yaml(&web())[4..],
        &yaml(&list(&[pod("blog", "api", "n1")]))[4..],
    ]
    .concat();
    assert_eq!(pods(&read_file(&text).unwrap()), ["blog/api", "shop/web"]);
}

#[test]
fn a_cut_file_is_missed_where_another_is_whole() {
    let mut cut = yaml(&list(&[pod("shop", "api", "n1"), pod("shop", "db", "n1")]));
    cut.truncate(cut.len() - 30);
    let whole = yaml(&list(&[pod("shop", "web", "n1")]));
    let cases = folder(&[("a/one.yaml", cut.clone()), ("two.yaml", whole)]);
    let loaded = read(&[cases.path()]).unwrap();
    let gaps = loaded.store().gaps();
    assert!(
        gaps.iter().any(|gap| gap.kind == Kind::Pod
            && gap
                .detail
                .starts_with("a/one.yaml: it is cut off near line ")),
        "{gaps:?}"
    );
    assert!(loaded.store().pods().get("shop", "db").is_unknown());

    let alone = folder(&[("namespaces/shop/core/pods.yaml", cut)]);
    let error = read(&[alone.path()]).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("namespaces/shop/core/pods.yaml: it is cut off near line "),
        "{error}"
    );
}

#[test]
fn lists_in_lists_end_somewhere() {
    let nested = |levels: usize| {
        let text = (0..levels).fold(web().to_string(), |inner, _| {
            format!("{{\"kind\":\"List\",\"apiVersion\":\"v1\",\"items\":[{inner}]}}")
        });
        read_file(text.as_bytes())
    };
    assert_eq!(pods(&nested(8).unwrap()), ["shop/web"]);
    let error = nested(10_000).unwrap_err();
    assert!(
        format!("{error:#}").contains("lists stand in lists, more than 8 of them"),
        "{error:#}"
    );
}

#[test]
fn a_typed_list_need_not_say_its_kind_again() {
    let loaded = read_file(&bytes(&typed("PodList", &[web()]))).unwrap();
    assert_eq!(pods(&loaded), ["shop/web"]);
}

#[test]
fn a_page_of_blanks_hides_nothing() {
    for form in [bytes, yaml] {
        let text = [vec![b'\n'; 40 << 10], form(&list(&[web()]))].concat();
        assert_eq!(pods(&read_file(&text).unwrap()), ["shop/web"]);
    }
}

#[test]
fn what_stands_in_a_list_without_its_kind_tells_the_time_too() {
    let time = "2026-01-01T05:00:00Z";
    let lease =
        json!({"metadata": {"name": "n1"}, "spec": {"renewTime": "2026-01-01T05:00:00.000000Z"}});
    let metrics = json!({"metadata": {"name": "web"}, "timestamp": time});
    let managed = json!({"metadata": {"name": "web", "managedFields": [{"time": time}]}});
    for (kind, item, exact) in [
        ("LeaseList", lease, true),
        ("PodMetricsList", metrics, false),
        ("ConfigMapList", managed, false),
        (
            "GadgetList",
            json!({"metadata": {}, "timestamp": time, "spec": {"renewTime": time}}),
            false,
        ),
    ] {
        let text = [bytes(&list(&[web()])), bytes(&typed(kind, &[item]))].concat();
        let loaded = read_file(&text).unwrap();
        let clock = loaded.store().snapshot().clock();
        let expected = if kind == "GadgetList" {
            "2026-01-01T00:00:00Z"
        } else {
            time
        };
        assert_eq!(
            (clock.at.to_string().as_str(), clock.exact),
            (expected, exact),
            "{kind}"
        );
    }
}

#[test]
fn however_long_what_stands_before_a_document_is_it_is_found() {
    let klog = "E1128 12:00:00.000001    1 memcache.go:287] couldn't get resource list for metrics.k8s.io/v1beta1: x\n".repeat(200);
    let greeting = "Welcome to the { machine }\nkind: regards, the team\n".repeat(300);
    for form in [bytes, yaml] {
        let document = form(&list(&[web()]));
        for preface in [&klog, &greeting] {
            let text = [preface.as_bytes(), &document].concat();
            assert_eq!(pods(&read_file(&text).unwrap()), ["shop/web"]);
        }
        let text = [klog.as_bytes(), &document].concat();
        assert_eq!(
            pods(&read_file(&tar(&[("pods.txt", text)])).unwrap()),
            ["shop/web"]
        );
    }
}
