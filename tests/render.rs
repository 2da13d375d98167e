//! The formats for people and for scripts over reports made by hand.

mod formats;
mod lines;
#[cfg(unix)]
mod live;
mod pseudo_language;
mod quotes;
mod reports;
mod sentences;

use crate::support::{Layout, PLAIN, Report, explain, render};
use reports::*;

/// Every report with a name, for what must hold of each.
fn all() -> Vec<(&'static str, Report)> {
    vec![
        ("host port", host_port()),
        ("image", image()),
        ("two causes", two_causes()),
        ("contributing", contributing()),
        ("labels", labels()),
        ("unexplained", unexplained()),
        ("well", well()),
        ("nothing", nothing()),
        ("no pods", no_pods()),
        ("blind", blind()),
        ("many", many()),
        ("small cluster", small_cluster()),
        ("large cluster", large_cluster()),
        ("five thousand", five_thousand()),
        ("near others", near_others()),
        ("not computed", not_computed()),
        ("hostile", hostile()),
        ("markup", markup()),
        ("korean", korean()),
    ]
}

#[test]
fn a_pod_that_no_node_takes() {
    insta::assert_snapshot!("host_port", render::text(&host_port(), PLAIN));
    insta::assert_snapshot!("host_port_wide", render::wide(&host_port(), PLAIN));
    let yaml = render::yaml(&host_port()).expect("it is YAML");
    insta::assert_snapshot!("host_port_yaml", yaml);
}

#[test]
fn resources_have_columns() {
    insta::assert_snapshot!("small_cluster", render::text(&small_cluster(), PLAIN));
}

#[test]
fn explanations_fit_the_terminal() {
    let page = explain(&["unexplained".to_owned()]).expect("it is a cause");
    insta::assert_snapshot!("page", render::page(&page, PLAIN));
}

#[test]
fn several_pods_of_one_owner() {
    insta::assert_snapshot!("image", render::text(&image(), PLAIN));
    insta::assert_snapshot!("image_wide", render::wide(&image(), PLAIN));
}

#[test]
fn two_causes_of_one_pod() {
    insta::assert_snapshot!("two_causes", render::text(&two_causes(), PLAIN));
}

#[test]
fn causes_of_one_pod_stand_together_and_say_once_what_they_share() {
    let report = contributing();
    let text = render::text(&report, PLAIN);
    insta::assert_snapshot!("contributing", text);
    let pods: Vec<&str> = text
        .lines()
        .filter_map(|line| line.split_once(" -n shop: "))
        .map(|(object, _)| object)
        .collect();
    // the second cause of a pod stands below the first without naming it again
    assert_eq!(pods, ["deploy/web", "sts/cache"]);
    for once in ["0/9 nodes are", "gpu-1…gpu-5", "kubectl uncordon"] {
        assert_eq!(text.matches(once).count(), 1, "{once} in {text}");
    }
    let wide = render::wide(&report, PLAIN);
    assert_eq!(wide.matches("preemption:").count(), 1, "{wide}");
    // scripts get every diagnosis complete, in the order of the report
    let json = render::json(&report).expect("it is JSON");
    let value: serde_json::Value = serde_json::from_str(&json).expect("it is JSON");
    assert_eq!(value["diagnoses"][2]["cause"], "untolerated-taint");
    assert_eq!(json.matches("preemption:").count(), 2);
}

#[test]
fn nodes_that_differ_in_a_label_share_a_row() {
    let text = render::text(&labels(), PLAIN);
    assert!(text.contains("disk=nvme: ssd on 3, "), "{text}");
    assert!(text.contains("hostname=gone: another value"), "{text}");
    assert_eq!(text.matches("REASONS").count(), 1, "{text}");
    insta::assert_snapshot!("labels", text);
    for width in [40, 60] {
        let narrow = render::text(&labels(), Layout { width, ..PLAIN });
        assert!(narrow.matches("REASONS").count() <= 1, "{narrow}");
    }
}

#[test]
fn pods_that_stand_too_near_or_too_far() {
    insta::assert_snapshot!("near_others", render::text(&near_others(), PLAIN));
}

#[test]
fn a_node_without_filter_failures_is_not_called_fit_while_something_was_not_computed() {
    let text = render::text(&not_computed(), PLAIN);
    assert!(!text.contains("the pod fits"), "{text}");
    insta::assert_snapshot!("not_computed", text);
}

#[test]
fn a_pod_that_nothing_explains() {
    insta::assert_snapshot!("unexplained", render::text(&unexplained(), PLAIN));
}

#[test]
fn pods_that_are_well() {
    insta::assert_snapshot!("well", render::text(&well(), PLAIN));
    insta::assert_snapshot!("nothing", render::text(&nothing(), PLAIN));
    insta::assert_snapshot!("no_pods", render::text(&no_pods(), PLAIN));
}

#[test]
fn pods_that_could_not_be_listed_are_not_called_absent() {
    let text = render::text(&blind(), PLAIN);
    assert!(!text.contains("no pods found"), "{text}");
    assert!(!text.contains("nothing is stuck"), "{text}");
    insta::assert_snapshot!("blind", text);
}

#[test]
fn much_is_wrong() {
    insta::assert_snapshot!("many", render::text(&many(), PLAIN));
}

#[test]
fn thousands_of_nodes_take_a_few_rows() {
    insta::assert_snapshot!("large_cluster", render::text(&large_cluster(), PLAIN));
    let text = render::text(&five_thousand(), PLAIN);
    insta::assert_snapshot!("five_thousand", text);
    assert!(text.lines().count() < 45, "{text}");
    let wide = render::wide(&five_thousand(), PLAIN);
    insta::assert_snapshot!("five_thousand_wide", wide);
    assert!(wide.lines().count() < 90, "{wide}");
    let all: usize = five_thousand().diagnoses[0]
        .nodes
        .iter()
        .map(|node| node.count)
        .sum();
    assert_eq!(all, 5000);
}

#[test]
fn columns_align_whatever_the_script() {
    let text = render::text(&korean(), PLAIN);
    insta::assert_snapshot!("korean", text);
    let rows: Vec<&str> = text.lines().filter(|line| line.contains("상점/")).collect();
    let column = |row: &&str| {
        let before = row.split("상점/").next().expect("the row names a holder");
        unicode_width::UnicodeWidthStr::width(before)
    };
    let columns: Vec<usize> = rows.iter().skip(1).map(column).collect();
    assert!(columns.len() > 1, "{text}");
    assert!(
        columns.iter().all(|at| Some(at) == columns.first()),
        "{text}"
    );
}

#[test]
fn nothing_that_steers_a_terminal_passes() {
    let report = hostile();
    let layout = Layout {
        color: true,
        ..PLAIN
    };
    insta::assert_snapshot!("hostile", render::text(&report, PLAIN));
    for text in [
        render::text(&report, PLAIN),
        render::wide(&report, PLAIN),
        uncoloured(&render::text(&report, layout)),
        render::json(&report).expect("it is JSON"),
        render::yaml(&report).expect("it is YAML"),
        // tabs stay within what is quoted
        formats::all(&report, PLAIN).concat().replace('\t', " "),
    ] {
        let unsafe_ = text.chars().find(|c| {
            (c.is_control() && *c != '\n')
                || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        });
        assert_eq!(unsafe_, None, "in {text:?}");
    }
    // what is quoted can pass for no line of our own
    let forged = |line: &str| line.starts_with("nothing is stuck");
    assert!(!render::text(&report, PLAIN).lines().any(forged));
}

/// Without the colour sequences that `style` puts in; no other sequence is taken out.
fn uncoloured(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        out.push_str(before);
        let end = after
            .find(|c: char| !c.is_ascii_digit() && c != ';')
            .unwrap_or_default();
        assert!(
            after[end..].starts_with('m'),
            "a sequence other than colour: {after:.10?}"
        );
        rest = &after[end + 1..];
    }
    out + rest
}

#[test]
fn colour_changes_no_letter() {
    for (name, report) in all() {
        for width in [60, 120] {
            let [plain, coloured] = [false, true].map(|color| Layout {
                color,
                width,
                ..PLAIN
            });
            let text = render::text(&report, coloured);
            assert_eq!(uncoloured(&text), render::text(&report, plain), "{name}");
            let wide = render::wide(&report, coloured);
            assert_eq!(uncoloured(&wide), render::wide(&report, plain), "{name}");
        }
    }
}

#[test]
fn lines_keep_to_the_width() {
    for (name, report) in all() {
        for width in [60, 80, 100] {
            let layout = Layout { width, ..PLAIN };
            for line in render::text(&report, layout)
                .lines()
                .chain(render::wide(&report, layout).lines())
            {
                let columns = unicode_width::UnicodeWidthStr::width(line);
                let words = line.trim_start_matches([' ', '│']);
                let is_command = words
                    .trim_start_matches("next")
                    .trim_start()
                    .starts_with("kubectl ")
                    || words.starts_with("[{");
                let is_one_word = !words.contains(' ');
                assert!(
                    columns <= width || is_command || is_one_word,
                    "{name}: {columns} columns of {width}: {line}"
                );
            }
        }
    }
}

#[test]
fn no_line_ends_with_blanks() {
    for (name, report) in all() {
        for text in [render::text(&report, PLAIN), render::wide(&report, PLAIN)] {
            assert!(text.ends_with('\n') && !text.ends_with("\n\n"), "{name}");
            assert!(!text.contains("\n\n\n"), "{name}: two empty lines");
            assert_eq!(
                text.lines().find(|line| line.ends_with(' ')),
                None,
                "{name}"
            );
        }
    }
}

#[test]
fn commands_stand_whole_on_their_line() {
    let text = render::text(&host_port(), PLAIN);
    for command in host_port()
        .diagnoses
        .iter()
        .flat_map(|diagnosis| &diagnosis.fixes)
    {
        let line = text.lines().find(|line| line.trim() == command.command);
        assert!(
            line.is_some(),
            "{} is not on a line of its own",
            command.command
        );
    }
}

#[test]
fn the_same_report_gives_the_same_bytes() {
    for (name, report) in all() {
        let shuffled = report.clone();
        assert_eq!(
            render::text(&report, PLAIN),
            render::text(&shuffled, PLAIN),
            "{name}"
        );
        assert_eq!(
            render::json(&report).ok(),
            render::json(&shuffled).ok(),
            "{name}"
        );
    }
}

#[test]
fn yaml_and_json_say_the_same() {
    for (name, report) in all() {
        let json = render::json(&report).expect("it is JSON");
        assert!(json.ends_with("}\n"), "{name}");
        let json: serde_json::Value = serde_json::from_str(&json).expect("it is JSON");
        assert_eq!(
            json,
            serde_json::to_value(&report).expect("it is JSON"),
            "{name}"
        );
        let yaml = render::yaml(&report).expect("it is YAML");
        let yaml: serde_json::Value = serde_saphyr::from_str(&yaml).expect("it is YAML");
        assert_eq!(json, yaml, "{name}");
    }
}
