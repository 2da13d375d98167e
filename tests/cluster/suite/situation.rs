//! A situation: objects that are applied and steps that are taken, in the order of its file.
//!
//! Besides objects a file may hold
//! - `${NAMESPACE}`, the namespace that is made for it, and `${CA}`, the certificate that the API server's is signed with;
//! - `#$ COMMAND`: a step, run by a shell between the objects before it and those after it;
//! - `#: last COMMAND`: a step right before the tool is asked, for what does not stay as it is or would disturb others; it waits
//!   until nothing else runs on the cluster;
//! - `#: after COMMAND`: a step when the tool was asked, for what would not go away with its namespace;
//! - `#: until WHAT`: what has come when the tool is asked, unless the scheduler or the API server refuses a pod; all of several;
//! - `#: lasts SECONDS`: for so long every look gives the same, however pods come and go;
//! - `#: certainty WORD` and `#: fix verified`: what the report has to say, `proven` unless it is said;
//! - `#: beside CAUSE`: what is true as well, and may be said as long as the cause itself has no rule;
//! - `#: with ARGUMENTS`: what the tool is told besides;
//! - `#: code NUMBER`: the exit code, 1 unless it is said: 0 for what is held on purpose, or is only a hint;
//! - `#: quote WORDS`: what stands in one of the first diagnosis' quotes;
//! - `#: unexplained NUMBER`: how many other pods are stuck for a reason that no rule knows;
//! - `#: needs GROUP/VERSION`: an API without which it is left out.

use super::{Cluster, Fix, Namespace, Wait, folders, manifests};
use serde_json::Value;
use std::str::FromStr;

const NAMESPACE: &str = "${NAMESPACE}";
const CA: &str = "${CA}";

/// Kinds that do not go with the namespace.
const OF_THE_CLUSTER: [&str; 10] = [
    "CSIDriver",
    "CSINode",
    "DeviceClass",
    "Node",
    "PersistentVolume",
    "PriorityClass",
    "RuntimeClass",
    "StorageClass",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
];

/// One file of a folder of situations.
pub(crate) struct Situation {
    /// The folder: the cause that is to be found, or `healthy`.
    pub(crate) cause: String,
    pub(crate) name: String,
    text: String,
}

enum Part {
    Objects(String),
    Step(String),
}

impl Situation {
    /// The situations of a folder that this cluster can show, as far as they are wanted.
    pub(crate) fn all(folder: &str) -> Vec<Situation> {
        let of_cause = |cause: String| {
            let files = manifests(&format!("{folder}/{cause}")).into_iter();
            files.map(move |(name, text)| Situation {
                cause: cause.clone(),
                name,
                text,
            })
        };
        folders(folder).into_iter().flat_map(of_cause).collect()
    }

    /// Like `pvc-lost-volume-deleted`.
    pub(crate) fn title(&self) -> String {
        format!("{}-{}", self.cause, self.name)
    }

    /// The API that has to be served.
    pub(crate) fn needs(&self) -> Option<&str> {
        self.said("needs").next()
    }

    /// All of what has come when the tool is asked.
    pub(crate) fn until(&self) -> Vec<Wait<'_>> {
        self.said("until").map(|line| self.wait(line)).collect()
    }

    fn wait<'a>(&self, line: &'a str) -> Wait<'a> {
        let (what, word) = line.split_once(' ').unwrap_or((line, ""));
        match what {
            "waiting" => Wait::Waiting(word),
            "crashed" => Wait::Crashed(number(word)),
            "restarted" => Wait::Restarted(number(word)),
            "event" => Wait::Event(word),
            "phase" => Wait::Phase(word),
            "failed" => Wait::Failed(number(word)),
            "old" => Wait::Old(number(word)),
            "unready" => Wait::Unready(number(word)),
            _ => panic!("{}: until {what} is not known", self.title()),
        }
    }

    /// Whether it makes a node, which the scheduler does not count in what it has said of other pods before.
    pub(crate) fn makes_a_node(&self) -> bool {
        self.text.lines().any(|line| line == "kind: Node")
    }

    /// The step right before the tool is asked.
    pub(crate) fn last(&self, namespace: &str) -> Option<String> {
        self.step("last", namespace)
    }

    /// The step when the tool was asked.
    pub(crate) fn after(&self, namespace: &str) -> Option<String> {
        self.step("after", namespace)
    }

    fn step(&self, when: &str, namespace: &str) -> Option<String> {
        let step = self.said(when).next()?;
        Some(step.replace(NAMESPACE, namespace))
    }

    /// For how many seconds every look gives the same, however its pods come and go.
    pub(crate) fn lasts(&self) -> u64 {
        self.said("lasts").next().map_or(0, number)
    }

    /// How many other pods are stuck for a reason that no rule knows.
    pub(crate) fn unexplained(&self) -> usize {
        self.said("unexplained").next().map_or(0, number)
    }

    /// What the tool is told besides.
    pub(crate) fn arguments(&self, namespace: &str) -> Vec<String> {
        let all = self.said("with").flat_map(str::split_ascii_whitespace);
        all.map(|one| one.replace(NAMESPACE, namespace)).collect()
    }

    /// The exit code.
    pub(crate) fn code(&self) -> i32 {
        self.said("code").next().map_or(1, number)
    }

    /// What stands in a quote.
    pub(crate) fn quote(&self) -> &str {
        self.said("quote").next().unwrap_or_default()
    }

    /// What may be said as long as the cause has no rule.
    pub(crate) fn beside(&self) -> Vec<&str> {
        self.said("beside").collect()
    }

    pub(crate) fn certainty(&self) -> &str {
        self.said("certainty").next().unwrap_or("proven")
    }

    pub(crate) fn fix(&self) -> Fix {
        match self.said("fix").next() {
            Some("verified") => Fix::Verified,
            Some("command") => Fix::Command,
            _ => Fix::Advice,
        }
    }

    fn said<'a>(&'a self, word: &str) -> impl Iterator<Item = &'a str> {
        let lines = self
            .text
            .lines()
            .filter_map(|line| line.strip_prefix("#: "));
        lines.filter_map(move |line| {
            let (first, rest) = line.split_once(' ').unwrap_or((line, ""));
            (first == word).then(|| rest.trim())
        })
    }

    /// Makes it so. What does not go with the namespace is left over, however it ends.
    pub(crate) fn play(&self, cluster: &Cluster, namespace: &Namespace) -> (Leftovers, Made) {
        let mut leftovers = Leftovers {
            cluster: cluster.clone(),
            objects: Vec::new(),
        };
        for part in self.parts(cluster, &namespace.name) {
            match part {
                Part::Objects(text) => {
                    leftovers.note(&namespace.name, &text);
                    cluster.apply(&namespace.name, &text);
                }
                Part::Step(command) => {
                    if let Err(error) = cluster.step(&command) {
                        return (leftovers, Err(error));
                    }
                }
            }
        }
        (leftovers, Ok(()))
    }

    fn parts(&self, cluster: &Cluster, namespace: &str) -> Vec<Part> {
        let mut text = self.text.replace(NAMESPACE, namespace);
        if text.contains(CA) {
            text = text.replace(CA, &cluster.certificate_authority());
        }
        let mut parts = Vec::new();
        let mut objects = String::new();
        for line in text.lines() {
            match line.strip_prefix("#$ ") {
                Some(command) => {
                    parts.push(Part::Objects(std::mem::take(&mut objects)));
                    parts.push(Part::Step(command.to_owned()));
                }
                None => objects.extend([line, "\n"]),
            }
        }
        parts.push(Part::Objects(objects));
        let empty = |line: &str| line.is_empty() || line == "---" || line.starts_with('#');
        parts.retain(|part| !matches!(part, Part::Objects(text) if text.lines().all(empty)));
        parts
    }
}

fn number<T: FromStr>(word: &str) -> T {
    let number = word.parse().ok();
    number.expect("a number stands after it")
}

/// Whether a situation was made, or the step that failed.
pub(crate) type Made = Result<(), String>;

/// What a situation leaves behind when its namespace goes; taken away when the test ends.
pub(crate) struct Leftovers {
    cluster: Cluster,
    /// As `kubectl` takes it: arguments that delete an object, or that take its finalizers.
    objects: Vec<Vec<String>>,
}

impl Leftovers {
    fn note(&mut self, namespace: &str, text: &str) {
        let objects: Vec<Value> = serde_saphyr::from_multiple(text).expect("it is YAML");
        for object in &objects {
            let kind = object["kind"].as_str().unwrap_or_default();
            let name = object["metadata"]["name"].as_str().unwrap_or_default();
            let arguments: &[&str] = if object["metadata"]["finalizers"].is_array() {
                let none = r#"{"metadata": {"finalizers": null}}"#;
                &[
                    "patch",
                    kind,
                    name,
                    "-n",
                    namespace,
                    "--type=merge",
                    "-p",
                    none,
                ]
            } else if OF_THE_CLUSTER.contains(&kind) || kind.ends_with("WebhookConfiguration") {
                &["delete", kind, name, "--ignore-not-found", "--wait=false"]
            } else {
                continue;
            };
            let arguments = arguments.iter().map(ToString::to_string);
            self.objects.push(arguments.collect());
        }
    }
}

impl Drop for Leftovers {
    fn drop(&mut self) {
        for arguments in self.objects.drain(..).rev() {
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            let _ = self.cluster.kubectl(&arguments, None);
        }
    }
}
