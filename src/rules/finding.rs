//! What a rule says: a cause, proven, about an object, with what to change.
//!
//! A rule never builds prose. It gives named, typed [`Facts`] and picks one of its [sentences](Sentence), which have holes
//! for them; a language joins the two when the report is shown.

use super::image::ImageAnswers;
use crate::scheduler::preemption::Preemption;
use crate::scheduler::{Agreement, FilterResults, NodeNames, NodeResult};
use crate::snapshot::{Evidence, Kind, ObjectRef};
use crate::text::{Fact, Facts, Message, Sentence};
pub use crate::triage::NextCommand;
use serde::Serialize;
use std::sync::Arc;

/// A cause that holds for an object that is stuck: a pod, a workload, a Service, a node.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// What to change: the Deployment rather than its pod.
    pub subject: ObjectRef,
    /// The container, when it concerns one.
    pub container: Option<String>,
    /// The volume of the pod, when it concerns one.
    pub volume: Option<String>,
    /// The pods that it keeps stuck, where the rule looked at something else that they depend on, such as their node.
    pub affected: Vec<ObjectRef>,
    /// The quote that settles it. Not an item of a list: a finding without proof cannot be built.
    pub proof: Evidence,
    /// More evidence.
    pub evidence: Vec<Evidence>,
    /// Named values for sentences and for scripts.
    pub facts: Facts,
    /// How sure it is.
    pub certainty: Certainty,
    /// The headline, with facts in braces.
    pub headline: Sentence,
    /// How it comes about, with facts in braces; absent when the headline says all.
    pub why: Option<Sentence>,
    /// What to change, best first.
    pub fixes: Vec<Fix>,
    /// Whether a sentence sends the reader to the quotes.
    pub refers_to_quotes: bool,
    /// What shows more; absent for what shows more of the layer.
    pub inspect: Option<NextCommand>,
    /// For scheduling causes: why each node was rejected.
    pub results: Option<Arc<FilterResults>>,
    /// For scheduling causes: our counts beside the scheduler's.
    pub agreement: Option<Agreement>,
    /// For scheduling causes: whether other pods could give way.
    pub preemption: Option<Preemption>,
    /// For an image that cannot be pulled: whether its name is right, whether it was pushed, how it is pulled by hand.
    pub image: Option<Box<ImageAnswers>>,
    /// The objects that are stuck or lack pods, and so keep this one as it is: whatever is wrong with them comes first.
    pub because_of: Vec<ObjectRef>,
    /// Whether it keeps the object stuck, or only tells why something else does.
    pub role: Role,
    /// Among several causes of one layer: smaller comes first.
    pub rank: u32,
}

impl Finding {
    /// A finding with proof, certain until said otherwise.
    pub fn new(subject: ObjectRef, headline: Sentence, proof: Evidence) -> Self {
        Finding {
            subject,
            container: None,
            volume: None,
            affected: Vec::new(),
            proof,
            evidence: Vec::new(),
            facts: Facts::default(),
            certainty: Certainty::Proven,
            headline,
            why: None,
            fixes: Vec::new(),
            refers_to_quotes: false,
            inspect: None,
            results: None,
            agreement: None,
            preemption: None,
            image: None,
            because_of: Vec::new(),
            role: Role::Cause,
            rank: 0,
        }
    }

    /// Why each node was rejected; empty when that is not known.
    pub fn nodes(&self) -> &[NodeResult] {
        self.results
            .as_deref()
            .map_or(&[], |results| results.nodes.as_slice())
    }

    /// Concerns this container.
    #[must_use]
    pub fn container(mut self, name: &str) -> Self {
        self.container = Some(name.to_owned());
        self.fact("container", name)
    }

    /// Concerns this volume.
    #[must_use]
    pub fn volume(mut self, name: &str) -> Self {
        self.volume = Some(name.to_owned());
        self.fact("volume", name)
    }

    /// Explains why these pods are stuck.
    #[must_use]
    pub fn affected(mut self, pods: Vec<ObjectRef>) -> Self {
        self.affected = pods;
        self
    }

    /// Adds a fact.
    #[must_use]
    pub fn fact(mut self, name: &'static str, value: impl Into<Fact>) -> Self {
        self.facts.0.insert(name, value.into());
        self
    }

    /// Adds a fact that is known only at times; a part of a sentence in brackets waits for it.
    #[must_use]
    pub fn fact_if(self, name: &'static str, value: Option<impl Into<Fact>>) -> Self {
        match value {
            Some(value) => self.fact(name, value),
            None => self,
        }
    }

    /// Goes on only where something holds.
    #[must_use]
    pub fn when(self, holds: bool, then: impl FnOnce(Self) -> Self) -> Self {
        if holds { then(self) } else { self }
    }

    /// Adds evidence beside the proof.
    #[must_use]
    pub fn evidence(mut self, more: impl IntoIterator<Item = Evidence>) -> Self {
        self.evidence.extend(more);
        self
    }

    /// Sets how sure it is.
    #[must_use]
    pub fn certainty(mut self, certainty: Certainty) -> Self {
        self.certainty = certainty;
        self
    }

    /// Says how it comes about.
    #[must_use]
    pub fn why(mut self, why: impl Into<Option<Sentence>>) -> Self {
        self.why = why.into();
        self
    }

    /// Offers a fix, after those offered before.
    #[must_use]
    pub fn fix(mut self, fix: impl IntoIterator<Item = Fix>) -> Self {
        self.fixes.extend(fix);
        self
    }

    /// Sends the reader to the quotes by one of its sentences: then they are shown to their end.
    #[must_use]
    pub fn refers_to_quotes(mut self) -> Self {
        self.refers_to_quotes = true;
        self
    }

    /// Only contributes: it tells why another cause lasts, and is one itself only where nothing else is known.
    #[must_use]
    pub fn contributing(mut self) -> Self {
        self.role = Role::Contributing;
        self
    }

    /// It is as it is because of these objects.
    #[must_use]
    pub fn because_of(mut self, objects: Vec<ObjectRef>) -> Self {
        self.because_of = objects;
        self
    }

    /// It may be so, and the object stands well as far as can be seen.
    #[must_use]
    pub fn hint(mut self) -> Self {
        self.role = Role::Hint;
        self.certainty(Certainty::Possible)
    }

    /// Nothing shows that anybody needs the object.
    #[must_use]
    pub fn idle(mut self) -> Self {
        self.role = Role::Idle;
        self
    }

    /// Somebody holds the object on purpose.
    #[must_use]
    pub fn held(mut self) -> Self {
        self.role = Role::Held;
        self
    }

    /// Gives what shows more.
    #[must_use]
    pub fn inspect(mut self, command: impl Into<NextCommand>) -> Self {
        self.inspect = Some(command.into());
        self
    }
}

/// What a finding is among those of one object. Causes come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// It keeps the object stuck.
    Cause,
    /// It tells why another cause lasts.
    Contributing,
    /// It keeps the object waiting because somebody wants it so.
    Held,
    /// It is wrong with what nothing shows that anybody needs.
    Idle,
    /// It may be wrong with what stands well as far as can be seen: told to whoever named it, and nothing is stuck by it.
    Hint,
    /// It ends with another diagnosis, which `consequenceOf` names, and is no root cause.
    Consequence,
}

/// How sure a finding is. Words, since nobody measured the decimals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Certainty {
    /// The objects or the component that decides say so now.
    Proven,
    /// What was said or read fits this cause, and something that could tell otherwise was not read.
    Likely,
    /// One of several causes that fit.
    Possible,
}

impl Certainty {
    /// Surest first.
    pub const ALL: [Certainty; 3] = [Certainty::Proven, Certainty::Likely, Certainty::Possible];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Certainty::Proven => "proven",
            Certainty::Likely => "likely",
            Certainty::Possible => "possible",
        }
    }
}

/// A change that would help.
#[derive(Debug, Clone, PartialEq)]
pub struct Fix {
    /// What to change, with the finding's facts in braces.
    pub change: Sentence,
    /// Facts of this fix alone; they hide the finding's of the same name.
    pub facts: Facts,
    /// The object to change.
    pub target: Option<ObjectRef>,
    /// The kind that somebody has to look at first: whoever may not read it cannot follow the advice.
    pub looks_at: Option<Kind>,
    /// The change as a JSON patch (RFC 6902) against the target, when it can be said exactly.
    pub patch: Vec<serde_json::Value>,
    /// The exact command, quoted for a POSIX shell; empty when there is none. Shown, never run.
    pub command: String,
    /// In place of a command, one whose words in capitals are to be filled in first; empty when there is none.
    pub template: String,
    /// What the command does to the cluster.
    pub risk: Risk,
    /// Who may be able to make the change.
    pub who: Who,
    /// The nodes on which the pod passes every filter after it, found by running the filters again.
    pub verified: Option<NodeNames>,
    /// For how many pods like it there is room then.
    pub room: Option<usize>,
    /// It is not another way but the next step of the fix before it.
    pub follows: bool,
    /// It changes the template of the pods, in words alone.
    pub of_template: bool,
}

impl Fix {
    /// A change without a command.
    pub fn advice(change: impl Into<Message>, who: Who) -> Self {
        let change = change.into();
        Fix {
            change: change.sentence,
            facts: change.args,
            target: None,
            looks_at: None,
            patch: Vec::new(),
            command: String::new(),
            template: String::new(),
            risk: Risk::Changes,
            who,
            verified: None,
            room: None,
            follows: false,
            of_template: false,
        }
    }

    /// A change with the command that makes it.
    pub fn command(
        change: impl Into<Message>,
        who: Who,
        target: ObjectRef,
        command: String,
    ) -> Self {
        Fix {
            target: Some(target),
            command,
            ..Fix::advice(change, who)
        }
    }

    /// A JSON patch of an object with the command that makes it; `before` is as much of the object as is known.
    pub fn edit(
        change: impl Into<Message>,
        who: Who,
        target: ObjectRef,
        patch: Vec<serde_json::Value>,
        before: &serde_json::Value,
    ) -> Self {
        let command = target.edit(&patch, before);
        Fix {
            patch,
            ..Fix::command(change, who, target, command)
        }
    }

    /// Adds a fact of this fix alone.
    #[must_use]
    pub fn fact(mut self, name: &'static str, value: impl Into<Fact>) -> Self {
        self.facts.0.insert(name, value.into());
        self
    }

    /// Takes a look at objects of this kind.
    #[must_use]
    pub fn looks_at(mut self, kind: Kind) -> Self {
        self.looks_at = Some(kind);
        self
    }

    /// Shows how a command would look, with words in capitals to be filled in.
    #[must_use]
    pub fn template(mut self, template: String) -> Self {
        self.template = template;
        self
    }

    /// Does something with it where this holds.
    #[must_use]
    pub fn when(self, holds: bool, then: impl FnOnce(Self) -> Self) -> Self {
        if holds { then(self) } else { self }
    }

    /// Makes it the next step of the fix before it.
    #[must_use]
    pub fn follows(mut self) -> Self {
        self.follows = true;
        self
    }

    /// Says that it changes the template of the pods, where no patch shows that.
    #[must_use]
    pub fn of_template(mut self) -> Self {
        self.of_template = true;
        self
    }

    /// Sets what the command does to the cluster.
    #[must_use]
    pub fn risk(mut self, risk: Risk) -> Self {
        self.risk = risk;
        self
    }
}

/// What a command does to the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Risk {
    /// Nothing.
    Reads,
    /// Changes an object; it can be changed back.
    Changes,
    /// Deletes or evicts something that runs.
    Destroys,
}

/// Who can make a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Who {
    /// Whoever owns the workload.
    Owner,
    /// Only an administrator of the cluster or of the registry.
    Admin,
}
