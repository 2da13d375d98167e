//! Of an image that cannot be pulled: is its name right, was it pushed, can it be pulled by hand? A part each, and in the whole
//! report all that is known to it.

use super::margin::label;
use crate::kubernetes::text::clean;
use crate::render::line::Line;
use crate::render::style::Style;
use crate::render::writer::Writer;
use crate::report::Diagnosis;
use crate::rules::image::{ImageAnswers, Said};
use crate::text::{Message, Sentence, say};

/// Sentences of an answer.
const SENTENCES: usize = 2;
/// Commands of one place.
const COMMANDS: usize = 1;

/// An answer to be laid out.
pub(super) struct Answer {
    pub(super) label: Sentence,
    pub(super) lines: Vec<Line>,
    /// Where each is to be run, in words, and the command.
    pub(super) commands: Vec<(String, String)>,
}

/// Writes a part for each question.
pub(super) fn write(writer: &mut Writer, diagnosis: &Diagnosis) {
    for answer in answers(writer, diagnosis) {
        let mut start = label(&writer.word(answer.label));
        for line in answer.lines {
            writer.hanging_indent(&std::mem::replace(&mut start, label("")), &line);
        }
        for (place, command) in answer.commands {
            let line = Line::of(Style::Faint, &format!("{place} "));
            let line = line.whole(Style::Command, &command);
            writer.hanging_indent(&std::mem::replace(&mut start, label("")), &line);
        }
    }
}

/// Whether the command is one of those of the answers, of which each place has one.
pub(super) fn shows(diagnosis: &Diagnosis, command: &str) -> bool {
    let by_hand = diagnosis.image.as_deref().map(|image| &image.by_hand);
    by_hand.is_some_and(|by_hand| {
        let mut all = by_hand.on_node.iter().chain(&by_hand.anywhere);
        all.any(|known| known == command)
    })
}

/// The answers; none where no image is the trouble.
pub(super) fn answers(writer: &Writer, diagnosis: &Diagnosis) -> Vec<Answer> {
    let Some(image) = diagnosis.image.as_deref() else {
        return Vec::new();
    };
    let part = |label: Sentence, lines: Vec<Line>| Answer {
        label,
        lines,
        commands: Vec::new(),
    };
    let told = |said: &[Said]| lines(writer, diagnosis, said);
    let registry = image.registry.as_ref();
    let attempts = image.attempts.as_ref().map(|attempts| &attempts.said);
    vec![
        part(say!("text.image.name", "name"), told(&image.name.said)),
        part(
            say!("text.image.pushed", "pushed"),
            told(&image.pushed.said),
        ),
        Answer {
            commands: commands(writer, diagnosis, image),
            ..part(
                say!("text.image.pull", "pull"),
                attempts
                    .into_iter()
                    .chain(
                        registry
                            .map(|registry| &registry.said)
                            .into_iter()
                            .flatten(),
                    )
                    .map(|said| line(writer, said))
                    .collect(),
            )
        },
    ]
    .into_iter()
    .filter(|answer| !answer.lines.is_empty() || !answer.commands.is_empty())
    .collect()
}

fn line(writer: &Writer, said: &Said) -> Line {
    Line::new().prose(Style::Plain, &writer.says(&said.message))
}

/// The answer, and as much of what else there is to it as the fixes do not tell.
fn lines(writer: &Writer, diagnosis: &Diagnosis, said: &[Said]) -> Vec<Line> {
    let is_told = |said: &Said| {
        let mut facts = said.message.args.0.iter();
        facts.any(|(name, fact)| {
            let word = writer.language().fact(fact);
            let word = if *name == "part" {
                format!("\"{word}\"")
            } else {
                word
            };
            matches!(*name, "image" | "part")
                && diagnosis.fixes.iter().any(|fix| fix.change.contains(&word))
        })
    };
    let (first, more) = said.split_at(said.len().min(1));
    let more = more.iter().filter(|said| writer.whole() || !is_told(said));
    let shown = first.iter().chain(more).take(writer.at_most(SENTENCES));
    shown.map(|said| line(writer, said)).collect()
}

fn commands(writer: &Writer, diagnosis: &Diagnosis, image: &ImageAnswers) -> Vec<(String, String)> {
    let most = writer.at_most(COMMANDS);
    let node = image.by_hand.node.as_deref().unwrap_or_default();
    let on_node = say!("text.diagnosis.on-node", "on {node}:");
    let on_node = writer.says(&Message::new(on_node).fact("node", node));
    let anywhere = writer.word(say!("text.image.anywhere", "anywhere:"));
    // one command of a workstation is enough
    let next = &diagnosis.next;
    let is_other = next.node.is_none() && !next.command.is_empty();
    let is_other = is_other && !shows(diagnosis, &next.command);
    let of_workstation = if is_other && !writer.whole() { 0 } else { most };
    let by_hand = &image.by_hand;
    let of_node = by_hand.on_node.iter().take(most);
    let of_node = of_node.map(|command| (on_node.clone(), command));
    let others = by_hand.anywhere.iter().take(of_workstation);
    let others = others.map(|command| (anywhere.clone(), command));
    of_node
        .chain(others)
        .map(|(place, command)| (place, clean(command).into_owned()))
        .collect()
}
