//! What the scheduler said beside what was computed, as the report says it.

use crate::rules::shared;
use crate::scheduler::preemption::{Preemption, Preempts, Victim};
use crate::scheduler::{Agree, Agreement, Count};
use crate::text::Message;
use serde::Serialize;

/// Our counts beside the scheduler's.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AgreementReport {
    /// The clauses of the scheduler's message.
    pub scheduler: Vec<Count>,
    /// What we compute for the first failing filter of each node, by the scheduler's own words.
    pub computed: Vec<Count>,
    /// Whether they are the same.
    pub verdict: Agree,
    /// Why they differ or cannot be compared; empty when equal.
    pub because: String,
    /// The same as data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<Message>,
}

impl From<&Agreement> for AgreementReport {
    fn from(agreement: &Agreement) -> Self {
        let message = shared::agreement::because(agreement);
        AgreementReport {
            scheduler: agreement.scheduler.clone(),
            computed: agreement.computed.clone(),
            verdict: agreement.verdict,
            because: message.as_ref().map(Message::english).unwrap_or_default(),
            message,
        }
    }
}

/// What preemption could do for a pod that no node takes.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PreemptionReport {
    /// Whether pods of lower priority could give way.
    pub verdict: Preempts,
    /// The pod's own priority.
    pub priority: i32,
    /// The node on which they would.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node: Option<String>,
    /// The pods that would give way there, the most important first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub victims: Vec<Victim>,
    /// The nodes where none can, by the scheduler's words for it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub computed: Vec<Count>,
    /// The verdict in words.
    pub because: String,
    /// The same as data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<Message>,
}

impl From<&Preemption> for PreemptionReport {
    fn from(preemption: &Preemption) -> Self {
        let message = shared::preemption::because(preemption);
        PreemptionReport {
            verdict: preemption.verdict,
            priority: preemption.priority,
            node: preemption.node.clone(),
            victims: preemption.victims.clone(),
            computed: preemption.computed.clone(),
            because: message.english(),
            message: Some(message),
        }
    }
}
