//! What is said of one failure, and what then helps: what the tables of messages give to a finding.

use crate::rules::finding::{Finding, Fix, Who};
use crate::text::{Fact, Sentence};

/// What to say of one failure.
pub(in crate::rules) struct Advice {
    headline: Sentence,
    pub(in crate::rules) why: Option<Sentence>,
    change: Option<(Sentence, Who)>,
    facts: Vec<(&'static str, Fact)>,
}

/// Only that.
pub(in crate::rules) fn says(headline: Sentence) -> Advice {
    Advice {
        headline,
        why: None,
        change: None,
        facts: Vec::new(),
    }
}

impl Advice {
    pub(in crate::rules) fn why(mut self, why: Sentence) -> Self {
        self.why = Some(why);
        self
    }

    pub(in crate::rules) fn change(mut self, change: Sentence, who: Who) -> Self {
        self.change = Some((change, who));
        self
    }

    pub(in crate::rules) fn fact(mut self, name: &'static str, value: impl Into<Fact>) -> Self {
        self.facts.push((name, value.into()));
        self
    }

    /// The finding about it, which `begin` starts with its headline.
    pub(in crate::rules) fn finding(self, begin: impl FnOnce(Sentence) -> Finding) -> Finding {
        let change = self.change.map(|(change, who)| Fix::advice(change, who));
        let finding = begin(self.headline)
            .why(self.why)
            .fix(change)
            .refers_to_quotes();
        let facts = self.facts.into_iter();
        facts.fold(finding, |finding, (name, value)| finding.fact(name, value))
    }
}
