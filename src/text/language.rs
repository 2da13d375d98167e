//! Joins sentences and facts in a language.

use super::template::{Part, parse};
use super::{Fact, Facts, Message, Sentence, say};
use crate::kubernetes::duration::human_seconds;
use crate::kubernetes::node_terms::NodeTerms;

use std::collections::BTreeMap;
use std::sync::Arc;

/// The most names that a sentence gives; the rest is counted.
const NAMED: usize = 3;

/// A piece of a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece<'t> {
    /// The hole that a fact fills; none for the sentence's own words.
    pub hole: Option<&'t str>,
    /// What is written.
    pub text: String,
}

/// A language: its sentences by id. Without any it is English.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Language {
    sentences: BTreeMap<String, String>,
}

/// The language in which sentences are written.
pub static ENGLISH: Language = Language {
    sentences: BTreeMap::new(),
};

impl Language {
    /// Reads `id = sentence` lines; empty lines and those that begin with `#` are left out.
    pub fn parse(file: &str) -> Language {
        let line = |line: &str| {
            let (id, sentence) = line.split_once(" = ")?;
            let is_text = !line.starts_with('#');
            is_text.then(|| (id.trim().to_owned(), sentence.to_owned()))
        };
        Language {
            sentences: file.lines().filter_map(line).collect(),
        }
    }

    /// A sentence with its facts.
    pub fn render(&self, message: &Message) -> String {
        self.fill(message.sentence, &message.args)
    }

    /// A sentence without facts.
    pub fn word(&self, sentence: Sentence) -> String {
        self.fill(sentence, &Facts::default())
    }

    /// A sentence in pieces, those that are facts with the name of their hole, so that a layout can set them apart wherever
    /// the language puts them.
    pub fn pieces(&self, message: &Message) -> Vec<Piece<'_>> {
        self.filled(message.sentence, &message.args)
    }

    fn fill(&self, sentence: Sentence, facts: &Facts) -> String {
        let pieces = self.filled(sentence, facts).into_iter();
        pieces.map(|piece| piece.text).collect()
    }

    fn filled(&self, sentence: Sentence, facts: &Facts) -> Vec<Piece<'_>> {
        let own = self.sentences.get(sentence.id);
        let text = own.map_or(sentence.en, String::as_str);
        let mut pieces = Vec::new();
        self.write(&parse(text), facts, &mut pieces);
        pieces
    }

    /// Whether every hole had its fact. One that has none stays as it is written, and a test finds it.
    fn write<'t>(&self, parts: &[Part<'t>], facts: &Facts, out: &mut Vec<Piece<'t>>) -> bool {
        let mut whole = true;
        for part in parts {
            whole &= match part {
                Part::Words(words) => {
                    out.push(Piece {
                        hole: None,
                        text: words.clone(),
                    });
                    true
                }
                Part::Hole(name) => {
                    let fact = facts.0.get(name);
                    let text = fact.map(|fact| self.fact(fact));
                    out.push(Piece {
                        hole: Some(*name),
                        text: text.unwrap_or_else(|| format!("{{{name}}}")),
                    });
                    fact.is_some()
                }
                Part::Number(name, one, many) => {
                    let fact = facts.0.get(name);
                    let chosen = if fact.map(Fact::number) == Some(1) {
                        one
                    } else {
                        many
                    };
                    self.write(chosen, facts, out) && fact.is_some()
                }
                Part::Optional(inner) => {
                    let mut pieces = Vec::new();
                    if self.write(inner, facts, &mut pieces) {
                        out.extend(pieces);
                    }
                    true
                }
            };
        }
        whole
    }

    /// A fact as a sentence gives it.
    pub fn fact(&self, fact: &Fact) -> String {
        match fact {
            Fact::Count(count) => thousands(*count),
            Fact::Number(number) => number.to_string(),
            Fact::Seconds(time) => human_seconds(time.0),
            Fact::Amount(amount) => amount.to_string(),
            Fact::Name(name) => name.clone(),
            Fact::Names(names) => self.names(names),
            Fact::Nodes(terms) => self.nodes(terms),
            Fact::Word(word) => self.word(*word),
            Fact::Share { some, all } => self.share(*some, *all),
            Fact::Phrase(phrase) => self.render(phrase),
            Fact::Phrases(phrases) => self.phrases(phrases),
        }
    }

    /// `a, b, and c`
    fn phrases(&self, phrases: &[Message]) -> String {
        let mut phrases: Vec<String> = phrases.iter().map(|phrase| self.render(phrase)).collect();
        let last = phrases.pop().unwrap_or_default();
        if phrases.is_empty() {
            return last;
        }
        let list = Message::new(say!("list.and", "{others}, and {last}"))
            .fact("others", phrases.join(", "))
            .fact("last", last);
        self.render(&list)
    }

    /// `zone=a and disk=ssd or zone=b`
    fn nodes(&self, nodes: &NodeTerms) -> String {
        let both = say!("nodes.both", "{before} and {last}");
        let either = say!("nodes.either", "{before} or {last}");
        let terms = nodes.0.iter().map(|term| {
            let requirements = term.iter().map(ToString::to_string);
            self.chained(both, requirements)
        });
        self.chained(either, terms)
    }

    /// All of them, two at a time.
    fn chained(&self, two: Sentence, all: impl Iterator<Item = String>) -> String {
        let joined = all.reduce(|before, last| {
            let message = Message::new(two).fact("before", before).fact("last", last);
            self.render(&message)
        });
        joined.unwrap_or_default()
    }

    /// `a, b, c and 2 more`
    fn names(&self, names: &[Arc<str>]) -> String {
        let shown: Vec<&str> = names.iter().take(NAMED).map(AsRef::as_ref).collect();
        let shown = shown.join(", ");
        if names.len() <= NAMED {
            return shown;
        }
        let more = Message::new(say!("list.more", "{shown} and {more} more"))
            .fact("shown", shown)
            .fact("more", names.len() - NAMED);
        self.render(&more)
    }

    /// Nodes as a sentence counts them.
    fn share(&self, some: Option<u64>, all: Option<u64>) -> String {
        let sentence = match (some, all) {
            (Some(1), Some(1)) => say!("share.only", "the only node"),
            (Some(2), Some(2)) => say!("share.both", "both nodes"),
            (Some(some), Some(all)) if some >= all => say!("share.all", "all {all} nodes"),
            (Some(_), Some(_)) => say!("share.of", "{some} of {all} nodes"),
            (Some(_), None) => say!("share.some", "{some} {some|node|nodes}"),
            (None, _) => say!("share.unknown", "the nodes"),
        };
        let number = |number: Option<u64>| {
            number.map(|number| Fact::Count(i64::try_from(number).unwrap_or(i64::MAX)))
        };
        let facts = [("some", number(some)), ("all", number(all))];
        let known = facts
            .into_iter()
            .filter_map(|(name, fact)| Some((name, fact?)));
        self.fill(sentence, &Facts(known.collect()))
    }
}

/// A number, its thousands separated.
fn thousands(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if number < 0 {
        grouped.push('-');
    }
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kubernetes::node_terms::NodeRequirement;

    #[test]
    fn counts_are_grouped_and_other_numbers_are_not() {
        for (given, expected) in [
            (0, "0"),
            (999, "999"),
            (-3210, "-3,210"),
            (10_000, "10,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(ENGLISH.fact(&Fact::Count(given)), expected);
            assert_eq!(ENGLISH.fact(&Fact::Number(given)), given.to_string());
        }
    }

    #[test]
    fn facts_are_set_apart_wherever_they_stand() {
        let pieces = ENGLISH.pieces(&held(&["80"]).fact("who", "x"));
        let facts = pieces.iter().filter_map(|piece| piece.hole);
        assert_eq!(facts.collect::<Vec<_>>(), ["ports", "who"]);
    }

    fn held(ports: &[&str]) -> Message {
        let ports: Vec<String> = ports.iter().map(|port| (*port).to_owned()).collect();
        let sentence = say!(
            "test.held",
            "{ports|port|ports} {ports} {ports|is|are} held[ by {who}]"
        );
        Message::new(sentence).fact("ports", ports)
    }

    #[test]
    fn numbers_choose_and_absent_facts_drop_their_part() {
        assert_eq!(held(&["80"]).english(), "port 80 is held");
        assert_eq!(
            held(&["1", "2", "3", "4"]).fact("who", "x").english(),
            "ports 1, 2, 3 and 1 more are held by x"
        );
        assert_eq!(Message::new(say!("test.hole", "{a}")).english(), "{a}");
    }

    #[test]
    fn another_language_is_a_file_and_falls_back_to_english() {
        let german = Language::parse("# de\n\ntest.held = {who}[ hält] {ports}\n");
        let message = held(&["80"]).fact("who", "x");
        assert_eq!(german.render(&message), "x hält 80");
        assert_eq!(german.word(say!("test.other", "other")), "other");
    }

    #[test]
    fn nodes_are_joined_by_the_language() {
        let zone = |zone: &str| NodeRequirement::one_of("zone", &[zone.to_owned()]);
        let two = NodeRequirement::one_of("disk", &["hdd".to_owned(), "ssd".to_owned()]);
        let terms = NodeTerms(vec![vec![zone("a"), two], vec![zone("b")], vec![zone("c")]]);
        let fact = Fact::from(terms);
        assert_eq!(
            ENGLISH.fact(&fact),
            "zone=a and disk in (hdd, ssd) or zone=b or zone=c"
        );
        let german = Language::parse(
            "nodes.both = {before} und {last}\nnodes.either = {before} oder {last}",
        );
        assert_eq!(
            german.fact(&fact),
            "zone=a und disk in (hdd, ssd) oder zone=b oder zone=c"
        );
        let json = serde_json::to_value(&fact).expect("a fact is data");
        assert_eq!(
            json[0][1],
            serde_json::json!({"key": "disk", "operator": "In", "values": ["hdd", "ssd"]})
        );
    }

    #[test]
    fn shares_are_worded_by_their_numbers() {
        let share = |some, all| ENGLISH.fact(&Fact::Share { some, all });
        assert_eq!(share(Some(1), Some(1)), "the only node");
        assert_eq!(share(Some(2), Some(2)), "both nodes");
        assert_eq!(share(Some(2), Some(3)), "2 of 3 nodes");
        assert_eq!(share(Some(1), None), "1 node");
        assert_eq!(share(None, None), "the nodes");
    }
}
