//! What is stuck in numbers, where it is too much to be counted at a glance.

use crate::render::line::Line;
use crate::render::style::Style;
use crate::render::terms;
use crate::render::words::{amount, listed};
use crate::render::writer::Writer;
use crate::report::{Report, StuckNumbers};
use crate::text::{Message, Seconds, say};
use crate::triage::Layer;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// So few objects are seen without numbers.
const FEW: usize = 4;
/// The most names of a line.
const NAMES: usize = 3;

/// Writes at most two paragraphs, in full two more.
pub(super) fn write(writer: &mut Writer, report: &Report) {
    let numbers = report.summary.stuck.as_ref();
    let Some(numbers) = numbers.filter(|numbers| numbers.objects >= FEW) else {
        return;
    };
    let in_full = |message: Option<Message>| message.filter(|_| writer.whole());
    let by_layer = in_full(by_layer(numbers));
    let by_node = in_full(by_node(writer, numbers));
    let all = [
        together(of_time(numbers), requested(numbers)),
        by_namespace(writer, numbers),
        by_layer,
        by_node,
    ];
    for message in all.into_iter().flatten() {
        let line = Line::of(Style::Faint, &writer.says(&message));
        writer.paragraph(&Line::new().pad(2), &Line::new().pad(4), &line);
    }
}

fn together(one: Option<Message>, other: Option<Message>) -> Option<Message> {
    match (one, other) {
        (Some(one), Some(other)) => {
            let both = Message::new(say!("text.numbers.both", "{one}; {other}"));
            Some(both.fact("one", one).fact("other", other))
        }
        (one, other) => one.or(other),
    }
}

/// `half of it for 12m or longer, 3 since the last 15m, 4 restarting, 2 pods never created`
fn of_time(numbers: &StuckNumbers) -> Option<Message> {
    let some = |number: usize| (number > 0).then_some(number);
    let half = numbers
        .median_seconds
        .filter(|_| numbers.median_seconds != numbers.longest_seconds);
    let parts = [
        half.map(|half| {
            Message::new(say!("text.numbers.half", "half of it for {half} or longer"))
                .fact("half", Seconds(half))
        }),
        some(numbers.new)
            .filter(|new| *new < numbers.objects)
            .map(|new| {
                Message::new(say!("text.numbers.new", "{new} new in the last 15m")).fact("new", new)
            }),
        some(numbers.restarting).map(|pods| {
            Message::new(say!("text.numbers.restarting", "{pods} restarting")).fact("pods", pods)
        }),
        (numbers.never_created > 0).then(|| {
            Message::new(say!(
                "text.numbers.never-created",
                "{pods} {pods|pod|pods} not created"
            ))
            .fact("pods", numbers.never_created)
        }),
    ];
    let parts: Vec<Message> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| listed(parts))
}

/// `6 pods without a node request 12 cpu, 48Gi memory, 4 nvidia.com/gpu`
fn requested(numbers: &StuckNumbers) -> Option<Message> {
    let mut amounts: Vec<_> = numbers.requested.iter().collect();
    // what every pod has first
    amounts.sort_by_key(|(resource, _)| !matches!(resource.as_str(), "cpu" | "memory"));
    let amounts = amounts.into_iter().map(|(resource, canonical)| {
        Message::new(say!("text.numbers.amount", "{amount} {resource}"))
            .fact("amount", amount(canonical, resource))
            .fact("resource", resource.as_str())
    });
    let words = say!(
        "text.numbers.requested",
        "{pods} {pods|pod|pods} without a node {pods|requests|request} {amounts}"
    );
    let words = Message::new(words)
        .fact("pods", numbers.without_node)
        .fact("amounts", listed(amounts));
    (!numbers.requested.is_empty()).then_some(words)
}

/// `by layer: scheduling 6, image 2`
fn by_layer(numbers: &StuckNumbers) -> Option<Message> {
    let of = |layer: &Layer| Some((*layer, *numbers.by_layer.get(layer.as_str())?));
    let layers = Layer::ALL.iter().filter_map(of).map(|(layer, objects)| {
        Message::new(say!("text.numbers.of-layer", "{layer} {objects}"))
            .fact("layer", terms::layer(layer))
            .fact("objects", objects)
    });
    let words = Message::new(say!("text.numbers.by-layer", "by layer: {layers}"));
    (numbers.by_layer.len() > 1).then(|| words.fact("layers", listed(layers)))
}

fn by_namespace(writer: &Writer, numbers: &StuckNumbers) -> Option<Message> {
    let counted = most(writer, &numbers.by_namespace)?;
    let words = Message::new(say!("text.numbers.by-namespace", "by namespace: {counted}"));
    Some(words.fact("counted", counted))
}

fn by_node(writer: &Writer, numbers: &StuckNumbers) -> Option<Message> {
    let counted = most(writer, &numbers.by_node)?;
    let words = Message::new(say!("text.numbers.by-node", "by node: {counted}"));
    Some(words.fact("counted", counted))
}

/// `shop 5, pay 3 + 2 more`: those with the most; none of a single one.
fn most(writer: &Writer, all: &BTreeMap<String, usize>) -> Option<Message> {
    let mut names: Vec<(&String, &usize)> = all.iter().collect();
    names.sort_by_key(|(name, objects)| (Reverse(**objects), *name));
    let shown = names.iter().take(writer.at_most(NAMES));
    let shown: Vec<Message> = shown
        .map(|(name, objects)| {
            Message::new(say!("text.numbers.of-name", "{name} {objects}"))
                .fact("name", name.as_str())
                .fact("objects", **objects)
        })
        .collect();
    let more = names.len() - shown.len();
    let words = Message::new(say!("text.numbers.most", "{shown}[ + {more} more]"))
        .fact("shown", listed(shown))
        .fact_if("more", (more > 0).then_some(more));
    (names.len() > 1).then_some(words)
}
