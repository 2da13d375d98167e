//! What to do about a failure of the whole run. Why it failed is the chain of causes of [`anyhow::Error`].

/// A failure about which something can be done. What is merely missing is a gap in the report instead.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// What could not be done.
    pub message: String,
    /// What to do, one line each.
    pub hints: Vec<String>,
}

impl Failure {
    /// A failure with its message.
    pub fn new(message: impl Into<String>) -> Self {
        Failure {
            message: message.into(),
            hints: Vec::new(),
        }
    }

    /// Adds what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Puts it on top of what lies behind it.
    pub fn because(self, cause: impl Into<anyhow::Error>) -> anyhow::Error {
        cause.into().context(self)
    }
}

/// What to do about an error, one line each.
pub fn hints(error: &anyhow::Error) -> &[String] {
    let failure = error.downcast_ref::<Failure>();
    failure.map_or(&[], |failure| &failure.hints)
}
