//! The command that makes a change: the most readable one that kubectl has for it.
//!
//! A verb that says what is done (`set image`, `set resources`, `set serviceaccount`, `scale`, `uncordon`, `rollout resume`,
//! `label`), else `patch` with a merge patch, and a JSON patch only for what neither can say.
//!
//! Source: kubectl's `set`, `scale`, `cordon`, `rollout`, `label`, `patch` (1.37).

use super::{Kind, ObjectRef};
use crate::kubernetes::{merge_patch, patch, shell};
use serde_json::{Map, Value};

impl ObjectRef {
    /// A command of kubectl where the object is.
    pub fn kubectl(&self, words: impl IntoIterator<Item = impl AsRef<str>>) -> String {
        match &self.namespace {
            Some(namespace) => shell::kubectl(namespace, words),
            None => shell::cluster(words),
        }
    }

    /// The command of this tool about it: kubectl takes no options before the name of a plugin.
    pub fn diagnose(&self) -> String {
        let argument = self.argument();
        let namespace = self.namespace.as_deref().into_iter();
        let words = ["diagnose", argument.as_str()].into_iter();
        shell::cluster(words.chain(namespace.flat_map(|namespace| ["-n", namespace])))
    }

    /// The command that makes a JSON patch of the object, of which `before` is as much as is known; empty for an empty
    /// patch. What a patch tests is left out where the command finds what it changes by name.
    pub fn edit(&self, patch: &[Value], before: &Value) -> String {
        if patch.is_empty() {
            return String::new();
        }
        let merged = patch::applied(before, patch)
            .and_then(|after| merge_patch::between(before, &after))
            // a kind that is not built in has no merge keys
            .filter(|_| self.known_kind().is_some());
        if let Some(words) = merged
            .as_ref()
            .and_then(|merged| self.verb(&merged.patch, before))
        {
            return self.kubectl(words);
        }
        let command = |options: &[&str], patch: &Value| {
            let (object, patch) = (self.argument(), shell::json(patch));
            let words = ["patch", &object]
                .into_iter()
                .chain(options.iter().copied());
            self.kubectl(words.chain(["-p", &patch]))
        };
        let merged = merged.map(|merged| (command(&[], &merged.patch), merged.restates));
        // nobody compares a long list with what is there: then it is better to test that nothing else has changed
        let merged = merged.filter(|(command, restates)| !restates || shell::is_short(command));
        merged.map_or_else(
            || command(&["--type", "json"], &Value::from(patch)),
            |(command, _)| command,
        )
    }

    /// The words of a verb of its own for a merge patch.
    fn verb(&self, patch: &Value, before: &Value) -> Option<Vec<String>> {
        let kind = self.known_kind()?;
        let words = |verb: &[&str], object: String, options: Vec<String>| {
            let verb = verb.iter().map(|&word| word.to_owned());
            Some(verb.chain([object]).chain(options).collect())
        };
        if kind == Kind::Node && alone(patch, "/spec/unschedulable") == Some(&Value::from(false)) {
            return words(&["uncordon"], self.name.clone(), Vec::new());
        }
        let is_resumed = alone(patch, "/spec/paused") == Some(&Value::from(false));
        if kind == Kind::Deployment && is_resumed {
            return words(&["rollout", "resume"], self.argument(), Vec::new());
        }
        if let Some(replicas) = alone(patch, "/spec/replicas").filter(|_| kind.scales()) {
            let replicas = format!("--replicas={replicas}");
            return words(&["scale"], self.argument(), vec![replicas]);
        }
        if let Some(Value::Object(labels)) = alone(patch, "/metadata/labels") {
            let there = before.pointer("/metadata/labels");
            let is_there = labels
                .keys()
                .any(|key| there.is_some_and(|there| there.get(key).is_some()));
            let overwrite = is_there.then(|| "--overwrite".to_owned());
            let options = pairs(labels)?.into_iter().chain(overwrite);
            return words(&["label"], self.argument(), options.collect());
        }
        let spec = if kind == Kind::Pod {
            "/spec"
        } else {
            kind.pod_template()?
        };
        let account = alone(patch, &format!("{spec}/serviceAccountName")).and_then(Value::as_str);
        if let Some(account) = account.filter(|_| kind != Kind::Pod) {
            let account = vec![account.to_owned()];
            return words(&["set", "serviceaccount"], self.argument(), account);
        }
        let (list, container) = ["containers", "initContainers"].iter().find_map(|list| {
            let changed = alone(patch, &format!("{spec}/{list}"))?.as_array()?;
            let [Value::Object(only)] = changed.as_slice() else {
                return None;
            };
            (only.len() == 2).then_some((*list, only))
        })?;
        let name = container.get("name")?.as_str()?;
        if let Some(Value::String(image)) = container.get("image") {
            return words(
                &["set", "image"],
                self.argument(),
                vec![format!("{name}={image}")],
            );
        }
        // a pod's are changed through a resource of their own, and old clients know no init containers
        let Some(Value::Object(resources)) = container.get("resources") else {
            return None;
        };
        if kind == Kind::Pod || list != "containers" {
            return None;
        }
        let mut options = vec!["-c".to_owned(), name.to_owned()];
        for (which, amounts) in resources {
            options.push(format!(
                "--{which}={}",
                pairs(amounts.as_object()?)?.join(",")
            ));
        }
        words(&["set", "resources"], self.argument(), options)
    }
}

/// The value at the pointer, when the patch says nothing else.
fn alone<'v>(patch: &'v Value, pointer: &str) -> Option<&'v Value> {
    let mut steps = pointer.split('/').skip(1);
    steps.try_fold(patch, |at, step| {
        at.as_object().filter(|fields| fields.len() == 1)?.get(step)
    })
}

/// `cpu=1`, as long as nothing is taken away.
fn pairs(fields: &Map<String, Value>) -> Option<Vec<String>> {
    let pair = |(name, value): (&String, &Value)| Some(format!("{name}={}", value.as_str()?));
    fields.iter().map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kubernetes::patch::{add, nested, remove, replace, test};
    use serde_json::json;

    const SPEC: &str = "/spec/template/spec";

    fn edited(kind: Kind, patch: &[Value], before: &Value) -> String {
        let command = ObjectRef::new(kind, "shop", "web").edit(patch, before);
        let (start, of_namespace) = match kind {
            Kind::Node => ("kubectl ", command.strip_prefix("kubectl ")),
            _ => ("kubectl -n shop ", command.strip_prefix("kubectl -n shop ")),
        };
        of_namespace
            .unwrap_or_else(|| panic!("{command} does not begin with {start}"))
            .to_owned()
    }

    fn template() -> Value {
        let terms = json!([{"topologyKey": "zone", "labelSelector": {"matchLabels": {"app": "a-name-that-is-long-enough-to-make-a-command-unreadable"}}}]);
        let required = "requiredDuringSchedulingIgnoredDuringExecution";
        nested(
            SPEC,
            json!({
                "containers": [{"name": "side"}, {"name": "app", "image": "a:1", "resources": {"requests": {"cpu": "2"}}}],
                "initContainers": [{"name": "first", "image": "a:1"}],
                "affinity": {"podAffinity": {required: terms}},
                "tolerations": [{"key": "a"}],
            }),
        )
    }

    #[test]
    fn the_verb_comes_first() {
        let app = |field: &str, value: &str| {
            let app = format!("{SPEC}/containers/1");
            [
                test(&format!("{app}/name"), "app"),
                add(&format!("{app}/{field}"), value),
            ]
        };
        for (kind, patch, expected) in [
            (
                Kind::Deployment,
                app("image", "a:2").as_slice(),
                "set image deploy/web app=a:2",
            ),
            (
                Kind::StatefulSet,
                &app("resources/requests/cpu", "500m"),
                "set resources sts/web -c app --requests=cpu=500m",
            ),
            (
                Kind::Deployment,
                &app("resources/limits", "1"),
                r#"patch deploy/web -p '{"spec":{"template":{"spec":{"containers":[{"name":"app","resources":{"limits":"1"}}]}}}}'"#,
            ),
            (
                Kind::DaemonSet,
                &[replace(&format!("{SPEC}/initContainers/0/image"), "b")],
                "set image ds/web first=b",
            ),
            (
                Kind::Deployment,
                &[replace("/spec/replicas", 2)],
                "scale deploy/web --replicas=2",
            ),
            (
                Kind::Node,
                &[replace("/spec/unschedulable", false)],
                "uncordon web",
            ),
            (
                Kind::Node,
                &[add("/metadata/labels/pool", "a")],
                "label node/web pool=a",
            ),
            (
                Kind::Service,
                &[replace("/spec/selector/app", "web")],
                r#"patch svc/web -p '{"spec":{"selector":{"app":"web"}}}'"#,
            ),
            (
                Kind::Deployment,
                &[add(&format!("{SPEC}/tolerations/-"), json!({"key": "b"}))],
                r#"patch deploy/web -p '{"spec":{"template":{"spec":{"tolerations":[{"key":"a"},{"key":"b"}]}}}}'"#,
            ),
            (
                Kind::Deployment,
                &[replace(&format!("{SPEC}/serviceAccountName"), "web")],
                "set serviceaccount deploy/web web",
            ),
            (
                Kind::Deployment,
                &[replace("/spec/paused", false)],
                "rollout resume deploy/web",
            ),
            (Kind::Deployment, &[], ""),
        ] {
            let edited = if patch.is_empty() {
                String::new()
            } else {
                edited(kind, patch, &template())
            };
            assert_eq!(edited, expected);
        }
    }

    #[test]
    fn a_label_that_is_there_is_overwritten() {
        let before = nested("/metadata/labels/zone", "a");
        let command = edited(
            Kind::Node,
            &[replace("/metadata/labels/zone", "b")],
            &before,
        );
        assert_eq!(command, "label node/web zone=b --overwrite");
    }

    #[test]
    fn a_long_list_is_patched_in_place() {
        let path = format!(
            "{SPEC}/affinity/podAffinity/requiredDuringSchedulingIgnoredDuringExecution/0/labelSelector/matchLabels/app"
        );
        let patch = [test(&path, "a"), replace(&path, "b")];
        let command = edited(Kind::Deployment, &patch, &template());
        assert!(
            command.starts_with("patch deploy/web --type json -p '["),
            "{command}"
        );
        let patch = [remove(&format!(
            "{SPEC}/affinity/podAffinity/requiredDuringSchedulingIgnoredDuringExecution"
        ))];
        let command = edited(Kind::Deployment, &patch, &template());
        assert!(
            command.contains(r#""requiredDuringSchedulingIgnoredDuringExecution":null"#),
            "{command}"
        );
    }

    #[test]
    fn kinds_that_are_not_built_in_take_json_patches() {
        let object = ObjectRef {
            kind: "Rollout".to_owned(),
            namespace: None,
            name: "web".to_owned(),
        };
        assert_eq!(
            object.edit(&[add("/spec/replicas", 1)], &json!({})),
            r#"kubectl patch rollout/web --type json -p '[{"op":"add","path":"/spec/replicas","value":1}]'"#
        );
    }
}
