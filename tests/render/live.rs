//! The live view without a terminal: what it shows at each size, and what keys and the cluster do to it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail anywhere"
)]

use super::all;
use super::reports::*;
use crate::support::*;
use insta::assert_snapshot;
use proptest::prelude::*;
use std::rc::Rc;

const NOW: &str = "2026-01-01T12:00:00Z";

/// As wide as the screen.
const WIDE: Layout = Layout {
    width: 120,
    ..PLAIN
};

fn view(report: Report, columns: usize, rows: usize) -> View {
    let mut view = View::new(Rc::new(report), NOW.parse().unwrap(), WIDE);
    view.resize(columns, rows);
    view
}

fn show(view: &mut View, report: Report, lost: Option<Interruption>) {
    view.show(Rc::new(report), NOW.parse().unwrap(), lost);
}

fn shown(view: &mut View) -> String {
    view.frame().join("\n")
}

/// Presses these, and shows what is seen then.
fn after(view: &mut View, keys: &[Key]) -> String {
    for key in keys {
        view.frame();
        assert_eq!(view.press(*key), None, "{key:?}");
    }
    shown(view)
}

/// What the chosen row says.
fn chosen(view: &mut View) -> String {
    let screen = shown(view);
    let line = screen.lines().find(|line| line.starts_with('▸'));
    line.unwrap_or_else(|| panic!("nothing is chosen:\n{screen}"))
        .trim_start_matches(['▸', '+', ' '])
        .to_owned()
}

fn finding(report: &Report, nth: usize) -> Finding {
    let one = &report.diagnoses[nth];
    Finding {
        fingerprint: one.fingerprint.clone(),
        cause: one.cause.to_owned(),
        certainty: None,
        subject: one.subject.clone(),
        headline: one.headline.clone(),
        affected: one.affected.len(),
    }
}

fn became(transition: Became, finding: Finding, at: &str, since: i64) -> News {
    News::Transition(Box::new(Transition {
        schema: WATCH_SCHEMA,
        at: at.to_owned(),
        transition,
        finding,
        before: None,
        ended: false,
        since_seconds: Some(since),
    }))
}

fn lost(at: &str) -> Interruption {
    Interruption {
        object: None,
        schema: WATCH_SCHEMA,
        at: at.to_owned(),
        transition: Interrupted::Lost,
        kinds: vec!["pods".to_owned(), "nodes".to_owned()],
        detail: "connection refused".to_owned(),
    }
}

/// The report without one of its findings.
fn without(mut report: Report, nth: usize) -> Report {
    report.diagnoses.remove(nth);
    report.root_causes.remove(nth);
    report
}

/// Some time after it began: one is new, one was solved.
fn busy(columns: usize, rows: usize) -> View {
    let mut view = view(many(), columns, rows);
    let gone = Finding {
        fingerprint: "gone".to_owned(),
        subject: object("Deployment", "shop", "한국어"),
        ..finding(&many(), 0)
    };
    view.tell(vec![
        became(
            Became::Stuck,
            finding(&many(), 0),
            "2026-01-01T11:00:00Z",
            60,
        ),
        became(Became::Solved, gone, "2026-01-01T11:48:00Z", 250),
        became(Became::New, finding(&many(), 2), "2026-01-01T11:59:10Z", 54),
    ]);
    view
}

#[test]
fn a_screen_of_each_size() {
    for (columns, rows) in [(80, 24), (40, 10), (120, 50)] {
        let screen = shown(&mut busy(columns, rows));
        assert_snapshot!(format!("live_{columns}x{rows}"), screen);
    }
}

#[test]
fn one_is_opened_in_full_and_closed() {
    let mut view = busy(80, 24);
    let table = shown(&mut view);
    let opened = after(&mut view, &[Key::Down, Key::Enter]);
    assert_snapshot!("live_opened", opened);
    for back in [Key::Escape, Key::Char('q'), Key::Backspace, Key::Left] {
        let closed = after(&mut view, &[back]);
        assert_eq!(closed, after(&mut view, &[Key::Up, Key::Down]), "{back:?}");
        assert_ne!(closed, table);
        assert_eq!(after(&mut view, &[Key::Enter]), opened);
    }
}

#[test]
fn what_was_told_has_a_page_of_its_own() {
    let mut view = busy(80, 24);
    let table = shown(&mut view);
    assert_snapshot!("live_lately", after(&mut view, &[Key::Char('l')]));
    assert_eq!(after(&mut view, &[Key::Char('l')]), table);
}

#[test]
fn what_is_chosen_stays_so_wherever_it_goes() {
    let mut view = view(many(), 120, 50);
    after(&mut view, &[Key::Down, Key::Down, Key::Down]);
    let before = chosen(&mut view);
    assert!(before.contains("ledger"), "{before}");
    show(&mut view, without(many(), 0), None);
    assert_eq!(chosen(&mut view), before);
    // what takes its place is chosen when it is solved
    show(&mut view, without(without(many(), 3), 0), None);
    let next = chosen(&mut view);
    assert!(next.contains("mailer"), "{next}");
    show(&mut view, report(2, Vec::new()), None);
    assert!(!shown(&mut view).contains('▸'));
    assert!(after(&mut view, &[Key::Enter, Key::Down, Key::End]).contains("q end"));
}

#[test]
fn until_somebody_chooses_the_first_row_is_chosen() {
    for keys in [&[][..], &[Key::Down, Key::Home]] {
        let mut view = view(without(many(), 0), 120, 50);
        after(&mut view, keys);
        assert!(chosen(&mut view).contains("checkout"));
        show(&mut view, many(), None);
        assert!(chosen(&mut view).contains("cart"));
    }
}

#[test]
fn an_opened_one_that_is_solved_stays_and_says_so() {
    let mut view = view(many(), 80, 24);
    let opened = after(&mut view, &[Key::Enter]);
    let block = opened.lines().nth(2).unwrap().to_owned();
    view.tell(vec![became(
        Became::Solved,
        finding(&many(), 0),
        "2026-01-01T11:59:48Z",
        250,
    )]);
    show(&mut view, without(many(), 0), None);
    let solved = shown(&mut view);
    assert!(
        solved.contains("12s ago    solved   sts/cart -n shop: missing-config-map, after 4m10s"),
        "{solved}"
    );
    assert!(
        solved.contains("what follows is as of 2026-01-01T12:00:00Z"),
        "{solved}"
    );
    assert!(solved.contains(&block), "{solved}");
    show(&mut view, many(), None);
    assert_eq!(shown(&mut view), opened, "it came back");
}

#[test]
fn while_nothing_can_be_followed_what_was_known_stays_and_says_so() {
    let mut view = view(many(), 80, 24);
    let before = shown(&mut view);
    show(&mut view, nothing(), Some(lost("2026-01-01T12:01:00Z")));
    show(&mut view, nothing(), Some(lost("2026-01-01T12:02:00Z")));
    assert_snapshot!("live_lost", shown(&mut view));
    show(&mut view, many(), None);
    assert_eq!(shown(&mut view), before);
}

#[test]
fn what_is_longer_than_the_screen_is_scrolled() {
    let mut view = view(many(), 80, 14);
    let first = shown(&mut view);
    assert!(
        first.contains("cart") && !first.contains("search"),
        "{first}"
    );
    assert!(first.contains("1–"), "{first}");
    let last = after(&mut view, &[Key::End]);
    assert!(
        last.contains("search") && !last.contains("sts/cart"),
        "{last}"
    );
    assert!(last.contains("STUCK"), "the names of columns stay: {last}");
    assert_eq!(after(&mut view, &[Key::Home]), first);
    let pages: Vec<String> = (0..4).map(|_| after(&mut view, &[Key::PageDown])).collect();
    assert_eq!(pages.last(), Some(&last));
    assert_ne!(pages.first(), Some(&last));
    let pages: Vec<String> = (0..4).map(|_| after(&mut view, &[Key::PageUp])).collect();
    assert_eq!(pages.last(), Some(&first));
    view.resize(80, 6);
    let opened = after(&mut view, &[Key::Enter]);
    let end = after(&mut view, &[Key::End, Key::Down]);
    assert_ne!(opened, end);
    assert!(end.contains("kubectl diagnose explain"), "{end}");
    assert_eq!(
        after(&mut view, &[Key::PageUp, Key::PageUp, Key::Up]),
        opened
    );
}

#[test]
fn keys_that_leave() {
    let mut view = view(many(), 80, 24);
    assert_eq!(view.press(Key::Char('q')), Some(Wish::End));
    after(&mut view, &[Key::Escape, Key::Enter]);
    assert_eq!(view.press(Key::Control('z')), Some(Wish::Suspend));
    assert_eq!(view.press(Key::Control('l')), Some(Wish::Redraw));
    assert_eq!(view.press(Key::Control('c')), Some(Wish::End));
}

/// The text of a painted line.
fn plain(line: &str) -> String {
    let mut parts = line.split("\u{1b}[");
    let first = parts.next().unwrap_or_default().to_owned();
    let behind = |part: &str| part.split_once('m').map(|(_, text)| text.to_owned());
    first + &parts.filter_map(behind).collect::<String>()
}

#[test]
fn colour_adds_nothing_and_nothing_foreign_steers_the_terminal() {
    for (name, report) in all() {
        for keys in [&[][..], &[Key::Enter]] {
            let mut uncoloured = view(report.clone(), 80, 24);
            let expected = after(&mut uncoloured, keys);
            assert!(
                !expected.contains(|c: char| c.is_control() && c != '\n'),
                "{name}: {expected:?}"
            );
            let layout = Layout {
                color: true,
                ..WIDE
            };
            let mut coloured = View::new(Rc::new(report.clone()), NOW.parse().unwrap(), layout);
            coloured.resize(80, 24);
            let lines: Vec<String> = after(&mut coloured, keys).lines().map(plain).collect();
            assert_eq!(lines.join("\n"), expected.trim_end_matches('\n'), "{name}");
        }
    }
}

fn key() -> impl Strategy<Value = Key> {
    prop::sample::select(vec![
        Key::Up,
        Key::Down,
        Key::PageUp,
        Key::PageDown,
        Key::Home,
        Key::End,
        Key::Enter,
        Key::Escape,
        Key::Char('l'),
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn it_fits_whatever_the_size_and_the_keys(
        which in 0..all().len(),
        keys in prop::collection::vec(key(), 0..8),
        sizes in prop::collection::vec((0_usize..100, 0_usize..40), 1..4),
        lose: bool,
    ) {
        let (name, report) = all().swap_remove(which);
        let mut view = view(report.clone(), 80, 24);
        view.tell(vec![News::Interruption(lost(NOW))]);
        if lose {
            show(&mut view, report, Some(lost(NOW)));
        }
        for (columns, rows) in sizes {
            view.resize(columns, rows);
            for key in &keys {
                prop_assert_eq!(view.press(*key), None);
                let lines = view.frame();
                prop_assert_eq!(lines.len(), rows, "{}", name);
                for line in lines {
                    let width = unicode_width::UnicodeWidthStr::width(line.as_str());
                    prop_assert!(width < columns.max(1), "{name}, {columns} columns: {line:?}");
                }
            }
        }
    }
}
