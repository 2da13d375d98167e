//! What the cluster said, word for word, and where it was read.

use super::Snapshot;
use super::event::Event;
use super::object::ObjectRef;
use serde::Serialize;

/// Something the cluster said, verbatim, and where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Evidence {
    /// The object that it was read from.
    pub object: ObjectRef,
    /// Where in or about that object.
    pub origin: Origin,
    /// The words or the value, unchanged but for control characters.
    pub quote: String,
}

impl Evidence {
    /// Quotes a field of an object.
    pub fn of_field(object: ObjectRef, path: impl Into<String>, quote: impl Into<String>) -> Self {
        Evidence {
            object,
            origin: Origin::Field { path: path.into() },
            quote: quote.into(),
        }
    }

    /// Quotes an event.
    pub fn of_event(event: &Event, snapshot: &Snapshot<'_>) -> Self {
        Evidence {
            object: ObjectRef::clone(&event.about),
            origin: Origin::Event {
                reason: event.reason.to_string(),
                component: event.component.to_string(),
                count: event.count,
                age_seconds: event.last.map(|last| snapshot.seconds_since(last)),
            },
            quote: event.message.to_string(),
        }
    }
}

/// Where evidence was read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Origin {
    /// A field of the object, by its path.
    Field {
        /// Like `status.containerStatuses[0].state.waiting.message`.
        path: String,
    },
    /// An event about the object.
    Event {
        /// The event's reason.
        reason: String,
        /// Who wrote it.
        component: String,
        /// How often it was seen.
        count: u32,
        /// Seconds from when it was last seen until the snapshot; absent when it carries no time.
        #[serde(skip_serializing_if = "Option::is_none")]
        age_seconds: Option<i64>,
    },
    /// A line that a container wrote.
    Log {
        /// The container.
        container: String,
        /// It wrote it in the run before the present one.
        previous: bool,
    },
    /// The object that the quote names was looked for and is not there.
    Absence,
    /// A registry answered it, asked from the machine that made this report.
    Registry {
        /// The host that was asked.
        host: String,
        /// The Secret whose login was used; absent where none was.
        #[serde(skip_serializing_if = "Option::is_none")]
        secret: Option<String>,
    },
    /// Computed from objects, by the scheduler's rules.
    Computed {
        /// Which rule: `NodePorts`.
        by: String,
    },
}
