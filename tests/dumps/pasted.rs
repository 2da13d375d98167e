//! What people paste, with what stands around it: kubectl's own text in the forms of its versions.

use super::make::{folder, pods, read, read_file};
use crate::support::{Certainty, Gap, Kind, Loaded, ReadScope, load};

const OLD: &str = include_str!("pasted/old.txt");
const QUOTED: &str = include_str!("pasted/quoted.txt");
const ISSUE: &str = include_str!("pasted/issue.md");
const EVENTS: &str = include_str!("pasted/events.txt");

fn pasted(text: &str) -> Loaded {
    read_file(text.as_bytes()).unwrap_or_else(|error| panic!("{error:#}\n{text}"))
}

/// The first cause, and how sure it is.
fn first(text: &str) -> (&'static str, Certainty) {
    let report = pasted(text).report();
    let first = report.diagnoses.first();
    first.map_or(("", Certainty::Possible), |one| (one.cause, one.certainty))
}

/// A pod that waits for its image, as kubectl 1.37 describes it.
fn waiting(name: &str, event: &str) -> String {
    format!(
        "Name:             {name}
Namespace:        shop
Priority:         0
Service Account:  default
Node:             n1/10.0.0.1
Start Time:       Thu, 01 Jan 2026 00:00:00 +0000
Labels:           app=web
Annotations:      <none>
Status:           Pending
IP:               10.1.0.1
Containers:
  web:
    Container ID:   
    Image:          registry.example/web:1
    Image ID:       
    Port:           <none>
    State:          Waiting
      Reason:       ErrImagePull
    Ready:          False
    Restart Count:  0
    Environment:
      TOKEN:  swordfish
      LEVEL:  <set to the key 'level' of config map 'settings'>  Optional: false
    Mounts:   <none>
Conditions:
  Type                        Status
  Initialized                 True 
  Ready                       False 
  PodScheduled                True 
Volumes:                      <none>
QoS Class:                    BestEffort
Node-Selectors:               <none>
Tolerations:                  <none>
Events:
  Type     Reason     Age               From               Message
  ----     ------     ----              ----               -------
  Normal   Scheduled  90s               default-scheduler  Successfully assigned shop/web to n1
  Warning  Failed     5s (x3 over 80s)  kubelet            spec.containers{{web}}: {event}
"
    )
}

const REFUSED: &str = "Failed to pull image \"registry.example/web:1\": failed to pull and unpack image \"registry.example/web:1\": failed to resolve reference \"registry.example/web:1\": failed to authorize: failed to fetch anonymous token: unexpected status from GET request to https://registry.example/token: 401 Unauthorized";

#[test]
fn every_form_leads_to_the_cause() {
    for (name, text, cause, surest) in [
        ("tabs", OLD, "oom-killed", Certainty::Proven),
        ("quoted", QUOTED, "insufficient-cpu", Certainty::Likely),
        ("issue", ISSUE, "unbound-pvc", Certainty::Proven),
        ("events", EVENTS, "image-tag-not-found", Certainty::Likely),
    ] {
        assert_eq!(first(text), (cause, surest), "{name}");
    }
    assert_eq!(
        first(&waiting("web", REFUSED)),
        ("image-auth", Certainty::Proven)
    );
}

#[test]
fn the_old_table_of_events_is_read_by_its_columns() {
    let loaded = pasted(OLD);
    let events: Vec<_> = loaded.store().events().iter().collect();
    let said: Vec<_> = events
        .iter()
        .map(|it| (it.reason.as_str(), it.count, it.component.as_str()))
        .collect();
    assert_eq!(
        said,
        [
            ("Scheduled", 1, "default-scheduler"),
            ("Pulled", 6, "kubelet"),
            ("BackOff", 30, "kubelet")
        ]
    );
    assert_eq!(events[2].container(), Some("web"));
    // the pod was started when it was scheduled, nine minutes before
    assert_eq!(loaded.as_of(), "2018-06-05T07:21:44Z");
    assert_eq!(events[2].last.unwrap().to_string(), "2018-06-05T07:21:40Z");
}

#[test]
fn without_a_time_nobody_is_told_since_when() {
    let report = pasted(QUOTED).report();
    let since = report.diagnoses[0].affected[0].since_seconds;
    assert_eq!(since, None);
}

#[test]
fn what_is_not_described_is_unknown() {
    let loaded = pasted(&waiting("web", REFUSED));
    let reads: Vec<_> = loaded
        .reading()
        .reads
        .into_iter()
        .map(|read| (read.kind, read.read_scope))
        .collect();
    let own_events = ReadScope::Object("shop".into(), "web".into());
    assert_eq!(reads, [(Kind::Event, own_events)]);
    let said = loaded.json().to_string();
    assert!(!said.contains("names no pull secret"), "{said}");
    assert!(!said.contains("missing-configmap"), "{said}");
    assert!(!said.contains("swordfish"), "{said}");
}

#[test]
fn of_several_pods_kubectl_shows_no_events_and_none_are_claimed_absent() {
    let text = waiting("web", REFUSED);
    let (without, _) = text.split_once("Events:").unwrap();
    let two = format!("{without}\n\n{}", without.replace("web", "api"));
    let loaded = pasted(&two);
    assert_eq!(pods(&loaded), ["shop/api", "shop/web"]);
    assert_eq!(loaded.reading().reads, []);
    let none = format!("{without}Events:  <none>\n");
    assert_eq!(pasted(&none).reading().reads.len(), 1);
}

#[test]
fn nodes_are_all_nodes_where_the_scheduler_counted_as_many() {
    let node = |name: &str| {
        format!(
            "Name:               {name}\nRoles:              <none>\nLabels:             kubernetes.io/hostname={name}\nTaints:             dedicated=a:NoSchedule\n                    other=b:NoExecute\nUnschedulable:      false\nCapacity:\n  cpu:     2\n  pods:    110\nAllocatable:\n  cpu:     2\n  pods:    110\nConditions:\n  Type   Status\n  Ready  True\nSystem Info:\n  Architecture:  amd64\n\n\n"
        )
    };
    let with = |nodes: &[&str]| {
        let nodes: String = nodes.iter().map(|name| node(name)).collect();
        pasted(&format!("{nodes}{}", QUOTED.replace("\n> ", "\n")))
    };
    let read = |loaded: &Loaded| loaded.store().nodes().whole_cluster().is_ok();
    assert!(!read(&with(&["n1", "n2"])));
    let three = with(&["n1", "n2", "n3"]);
    assert!(read(&three));
    let taints = &three.store().nodes().get("", "n1").yes().unwrap().taints;
    let keys: Vec<_> = taints.iter().map(|taint| taint.key.as_str()).collect();
    assert_eq!(keys, ["dedicated", "other"]);
}

#[test]
fn a_part_that_cannot_be_read_is_a_gap_with_its_kind() {
    let loaded = pasted(ISSUE);
    let gaps: Vec<Kind> = loaded
        .store()
        .gaps()
        .into_iter()
        .map(|gap: &Gap| gap.kind)
        .collect();
    assert_eq!(gaps, [Kind::ConfigMap]);
}

#[test]
fn only_the_names_of_keys_are_kept() {
    let text = "Name:         settings\nNamespace:    shop\nLabels:       <none>\nAnnotations:  <none>\n\nData\n====\napp.yaml:\n----\ntoken: swordfish\nName:  x\nNamespace:  y\n\nlevel:\n----\ndebug\n\n\nBinaryData\n====\n\nEvents:  <none>\n\n\nName:         login\nNamespace:    shop\nLabels:       <none>\n\nType:  kubernetes.io/dockerconfigjson\n\nData\n====\n.dockerconfigjson:  122 bytes\n";
    let loaded = pasted(text);
    let store = loaded.store();
    let settings = store.config_maps().get("shop", "settings").yes().unwrap();
    assert_eq!(settings.keys.as_deref().unwrap(), ["app.yaml", "level"]);
    let login = store.secrets().get("shop", "login").yes().unwrap();
    assert_eq!(login.keys.as_deref().unwrap(), [".dockerconfigjson"]);
    assert_eq!(
        login.r#type.as_deref(),
        Some("kubernetes.io/dockerconfigjson")
    );
    assert!(!format!("{store:?}").contains("swordfish"));
}

#[test]
fn a_long_preface_is_passed_over_and_folders_are_searched() {
    let long = format!("{}{}", "It was like this. ".repeat(1000), "\n\n```\n");
    assert_eq!(
        first(&format!("{long}{}```\n", waiting("web", REFUSED))).0,
        "image-auth"
    );
    let folder = folder(&[
        (
            "app.log",
            b"{\"kind\":\"Pod\",\"apiVersion\":\"v1\"} is not meant\n".to_vec(),
        ),
        ("describe/web.txt", waiting("web", REFUSED).into_bytes()),
    ]);
    assert_eq!(pods(&read(&[folder.path()]).unwrap()), ["shop/web"]);
}

#[test]
fn whether_a_pod_has_finalizers_is_not_shown() {
    let text = waiting("web", REFUSED).replace(
        "Status:           Pending",
        "Status:           Terminating (lasts 12m)\nTermination Grace Period:  30s",
    );
    let report = pasted(&text).report();
    assert_eq!(
        report.unexplained[0].next.command,
        "kubectl -n shop get pod/web -o 'jsonpath={.metadata.finalizers}'"
    );
    assert_eq!(report.unexplained[0].object.since_seconds, Some(720));
}

#[test]
fn an_object_that_was_saved_whole_is_not_replaced_by_its_description() {
    let whole = br#"{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "shop", "uid": "u-1"}, "spec": {"containers": []}, "status": {"phase": "Pending"}}"#;
    let text = waiting("web", REFUSED).into_bytes();
    for names in [["a.json", "b.txt"], ["b.json", "a.txt"]] {
        let folder = folder(&[(names[0], whole.to_vec()), (names[1], text.clone())]);
        let loaded = read(&[folder.path()]).unwrap();
        assert_eq!(
            loaded.store().whole_pod("shop", "web").unwrap().uid(),
            Some("u-1")
        );
    }
}

#[test]
fn a_table_of_events_without_a_namespace_is_about_the_only_one() {
    let unnamed = EVENTS.replace(" -n shop", "");
    assert_eq!(first(&unnamed).0, "image-tag-not-found");
    let with_all = EVENTS
        .replace(" -n shop\nLAST", " -A\nNAMESPACE   LAST")
        .replace("\n3m  ", "\nshop  3m  ")
        .replace("\n2m  ", "\nshop  2m  ");
    assert_eq!(first(&with_all).0, "image-tag-not-found");
}

/// A text may end, or lose lines, anywhere.
#[test]
fn no_part_of_a_text_is_too_much() {
    for text in [OLD, QUOTED, ISSUE, EVENTS] {
        let lines: Vec<&str> = text.lines().collect();
        for at in 0..lines.len() {
            let (before, after) = lines.split_at(at);
            for part in [
                before.join("\n"),
                after.join("\n"),
                [before, &after[1..]].concat().join("\n"),
            ] {
                if let Ok(loaded) = load(&part) {
                    assert_eq!(loaded.report().defects, [], "{part}");
                }
            }
        }
    }
}
