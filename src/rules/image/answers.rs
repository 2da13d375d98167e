//! The three questions that everybody asks of a pull that fails: is the name right, was it pushed, can it be pulled by hand?
//!
//! Each is answered by what was read, whatever the cause: the name by its parts and by the images that run (`name`, `running`),
//! what was pushed by the registry's words and by who has pulled it (`pushed`), the rest by commands for the runtime of the node
//! that failed and for any other machine (`by_hand`). How often it was tried, and when the kubelet tries again, is in `attempts`.
//! A cause is never made of it: that is for the rules.

mod attempts;
mod by_hand;
mod login;
mod name;
mod pushed;
mod registry;
mod running;
mod tags;
#[cfg(test)]
mod tests;
mod unasked;

pub(super) use running::RunningImage;

use super::failed_pull::FailedPull;
use crate::text::Message;
use attempts::Attempts;
use by_hand::ByHand;
use name::NameAnswer;
use pushed::PushedAnswer;
use registry::RegistrySays;
use serde::Serialize;

/// What is known of an image that cannot be pulled, question by question.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ImageAnswers {
    /// The image as it is written.
    pub image: String,
    /// Is the name right?
    pub name: NameAnswer,
    /// Was it pushed?
    pub pushed: PushedAnswer,
    /// Can it be pulled by hand?
    pub by_hand: ByHand,
    /// How often it was tried; absent where nothing tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempts: Option<Attempts>,
    /// What the registry itself answered; absent where it was not asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registry: Option<RegistrySays>,
}

/// A sentence of an answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Said {
    /// In English.
    pub text: String,
    /// The same as data.
    pub message: Message,
}

impl<M: Into<Message>> From<M> for Said {
    fn from(message: M) -> Self {
        let message = message.into();
        Said {
            text: message.english(),
            message,
        }
    }
}

/// Answers the three questions.
pub(super) fn of(failed: &FailedPull<'_>) -> ImageAnswers {
    let name = name::answer(failed);
    ImageAnswers {
        image: failed.image.to_owned(),
        pushed: pushed::answer(failed),
        by_hand: by_hand::answer(failed, &name),
        attempts: attempts::of(failed),
        registry: failed
            .asked
            .as_ref()
            .map(|asked| registry::says(failed, asked)),
        name,
    }
}
