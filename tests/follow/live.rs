//! The live view as somebody sees it who watches a cluster on a terminal.

use super::objects;
use super::pseudo_terminal::{Signal, Terminal};
use super::waiting::{THERE, shop, without_image};
use super::world::World;
use crate::support::Kind;

/// With a pod for which no node is large enough.
fn with_a_stuck_pod() -> World {
    let world = shop(&THERE);
    world.put(Kind::Pod, objects::unschedulable("shop", "before"));
    world
}

/// Without the title, which holds the time.
fn below_the_title(screen: &str) -> String {
    screen.split_once('\n').unwrap().1.to_owned()
}

#[test]
fn a_view_follows_the_cluster_and_leaves_the_terminal_as_it_was() {
    let world = with_a_stuck_pod();
    let server = world.serve();
    let mut terminal = Terminal::watch(&server.kubeconfig());
    let screen = terminal.shows("▸  1 pod");
    assert!(
        screen.contains("insufficient-cpu  pod/before -n shop"),
        "{screen}"
    );
    assert!(screen.starts_with("namespace shop"), "{screen}");
    assert_ne!(terminal.modes(), terminal.before());
    world.put(Kind::Pod, without_image("lone"));
    let screen = terminal.shows(" + 1 pod");
    assert!(
        screen.contains("image-tag-not-found (likely)  pod/lone -n shop"),
        "{screen}"
    );
    assert!(
        screen.contains(" ago     new      pod/lone -n shop: image-tag"),
        "{screen}"
    );
    terminal.press("\u{1b}[B\r");
    let opened = terminal.shows("kubectl diagnose explain image-tag-not-found");
    assert!(
        opened.contains("pod/lone -n shop: ImagePullBackOff"),
        "{opened}"
    );
    assert!(!opened.contains("insufficient-cpu"), "{opened}");
    terminal.press("\u{1b}");
    let screen = terminal.shows("STUCK");
    assert!(screen.contains("\n▸+ 1 pod"), "{screen}");
    world.remove(Kind::Pod, "shop", "before");
    terminal.shows("solved   pod/before -n shop: insufficient-cpu, after ");
    terminal.press("q");
    assert_eq!(terminal.ended(), Some(1));
    let left = terminal.screen();
    assert!(left.starts_with("1 of 3 pods stuck by 1 cause"), "{left}");
    assert_eq!(left.lines().count(), 1, "{left}");
}

#[test]
fn a_screen_of_another_size_is_laid_out_anew() {
    let world = with_a_stuck_pod();
    world.put(Kind::Pod, without_image("lone"));
    let server = world.serve();
    let mut terminal = Terminal::watch(&server.kubeconfig());
    terminal.shows("▸  1 pod");
    // a wide one has all columns beside each other
    for (columns, rows, words) in [
        (130, 30, "OBJECTS"),
        (44, 12, "as of"),
        (80, 24, "q end   l lately"),
    ] {
        terminal.resize(columns, rows);
        terminal.until("the last line is not the keys", |screen| {
            let contents = screen.contents();
            let lines: Vec<&str> = contents.lines().collect();
            let is_last = lines.last().is_some_and(|line| line.starts_with("↑↓"));
            lines.len() == usize::from(rows) && is_last && contents.contains(words)
        });
        // and it is what it would be if nothing had been drawn before, but for what time changes
        let mut tries = 0..10;
        while below_the_title(&terminal.screen()) != below_the_title(&terminal.drawn_anew()) {
            assert!(tries.next().is_some(), "{}", terminal.screen());
        }
    }
    for (columns, rows) in [(1, 1), (0, 0), (2, 200)] {
        terminal.resize(columns, rows);
        terminal.signal(Signal::WINCH);
    }
    terminal.resize(80, 24);
    terminal.shows("↑↓ choose");
    terminal.press("q");
    assert_eq!(terminal.ended(), Some(1));
}

#[test]
fn whoever_ends_it_finds_the_terminal_as_it_was() {
    let world = shop(&THERE);
    let server = world.serve();
    let kubeconfig = server.kubeconfig();
    let terminals = (0..5).map(|_| Terminal::watch(&kubeconfig));
    let mut terminals: Vec<Terminal> = terminals.collect();
    for (terminal, how) in terminals.iter_mut().zip(0..) {
        let screen = terminal.shows("q end");
        assert!(
            screen.contains("nothing is stuck: 2 pods looked at"),
            "{screen}"
        );
        match how {
            0 => terminal.press("q"),
            1 => terminal.press("\u{3}"),
            2 => terminal.signal(Signal::TERM),
            3 => terminal.signal(Signal::INT),
            _ => terminal.signal(Signal::HUP),
        }
        assert_eq!(terminal.ended(), Some(0), "{how}");
    }
}

#[test]
fn a_terminal_that_goes_away_ends_it() {
    let world = with_a_stuck_pod();
    let server = world.serve();
    let terminal = Terminal::watch(&server.kubeconfig());
    terminal.shows("▸  1 pod");
    assert_eq!(terminal.close(), Some(1));
}

#[test]
fn a_shell_stops_it_and_calls_it_back() {
    let world = with_a_stuck_pod();
    let server = world.serve();
    let mut terminal = Terminal::watch_in_a_shell(&server.kubeconfig());
    terminal.shows("▸  1 pod");
    let raw = terminal.modes();
    terminal.press("\u{1a}");
    let shell = terminal.shows("stopped: ");
    assert!(!shell.contains("1 pod"), "{shell}");
    assert_eq!(terminal.modes(), terminal.before());
    terminal.press("\n");
    terminal.shows("▸  1 pod");
    assert_eq!(terminal.modes(), raw);
    terminal.press("q");
    terminal.shows("ended: 1");
    assert_eq!(terminal.ended(), Some(0));
}

#[test]
fn a_terminal_that_cannot_be_drawn_on_gets_lines() {
    let world = with_a_stuck_pod();
    let server = world.serve();
    let kubeconfig = server.kubeconfig();
    let terminals = [
        Terminal::watch_on_paper(&kubeconfig),
        Terminal::watch_without_keys(&kubeconfig),
    ];
    for terminal in &terminals {
        terminal.shows("Z stuck    pod/before -n shop: insufficient-cpu: ");
    }
    world.put(Kind::Pod, without_image("lone"));
    for mut terminal in terminals {
        terminal.shows("Z new      pod/lone -n shop: ");
        terminal.signal(Signal::INT);
        assert_eq!(terminal.ended(), Some(1));
        let written = terminal.written();
        assert!(!written.contains('\u{1b}'), "{written:?}");
    }
}

#[test]
fn while_the_server_is_away_what_was_known_stays() {
    let world = with_a_stuck_pod();
    let server = world.serve();
    let mut terminal = Terminal::watch(&server.kubeconfig());
    terminal.shows("▸  1 pod");
    world.set_down(true);
    let screen = terminal.shows("cannot be followed");
    assert!(screen.contains("▸  1 pod"), "{screen}");
    terminal.press("q");
    assert_eq!(terminal.ended(), Some(1));
}
