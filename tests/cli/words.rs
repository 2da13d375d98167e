//! What is answered without any cluster: candidates for what is being typed, pages, lists.

use super::*;

/// What bash offers behind this line.
fn completed(line: &str) -> Vec<String> {
    let script = format!(
        "PATH={}:$PATH; source <(kubectl-diagnose completion bash); COMP_LINE='{line}'; COMP_POINT=${{#COMP_LINE}}; \
         IFS=$' \\t\\n=' read -ra COMP_WORDS <<<\"$COMP_LINE\"; [[ $COMP_LINE == *' ' ]] && COMP_WORDS+=(''); \
         COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _kubectl_diagnose; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        PathBuf::from(BINARY).parent().unwrap().display()
    );
    let outcome = run(Command::new("bash")
        .args(["-c", &script])
        .env("KUBECONFIG", "/no/such/file"));
    outcome.out.lines().map(str::to_owned).collect()
}

#[test]
fn the_binary_completes_itself_as_kubectl_completes_the_plugin() {
    let asked = |arguments: &[&str]| run(&mut diagnose(&[&["__complete"], arguments].concat())).out;
    assert_eq!(
        completed("kubectl-diagnose explain host"),
        ["host-port-conflict"]
    );
    assert_eq!(completed("kubectl-diagnose -o js"), ["json", "jsonl"]);
    assert_eq!(completed("kubectl-diagnose --output=js"), ["json", "jsonl"]);
    assert_eq!(completed("kubectl-diagnose schema w"), ["watch"]);
    assert!(completed("kubectl-diagnose deploy").contains(&"deployment".to_owned()));
    assert!(asked(&["explain", "CrashL"]).starts_with("CrashLoopBackOff\t"));
    assert!(asked(&["causes", "vol"]).starts_with("volume\t"));
    // the name by which kubectl asks may be a link to the same binary
    let folder = tempfile::TempDir::new().unwrap();
    let link = folder.path().join("kubectl_complete-diagnose");
    std::os::unix::fs::symlink(BINARY, &link).unwrap();
    let by_link = run(Command::new(&link).args(["explain", "host"]));
    assert_eq!(by_link.out, asked(&["explain", "host"]));
}

#[test]
fn a_reader_that_went_away_is_no_error() {
    let script = format!("'{BINARY}' causes | head -n 1 >/dev/null; echo ${{PIPESTATUS[0]}}");
    let outcome = run(Command::new("bash").args(["-c", &script]));
    assert_eq!((outcome.out.as_str(), outcome.err.as_str()), ("0\n", ""));
}

#[test]
fn the_small_commands_answer() {
    assert!(
        run(&mut diagnose(&["version"]))
            .out
            .contains(env!("CARGO_PKG_VERSION"))
    );
    assert!(
        run(&mut diagnose(&["completion", "bash"]))
            .out
            .contains("complete")
    );
    let schema: Value = serde_json::from_str(&run(&mut diagnose(&["schema"])).out).unwrap();
    assert_eq!(schema["$id"], "kubectl-diagnose/v1");
    let names = run(&mut diagnose(&["causes", "-o", "name"])).out;
    for name in names.lines() {
        let page = run(&mut diagnose(&["explain", name]));
        assert_eq!(page.code, 0, "{name}");
        assert!(page.out.contains("What to do"), "{name}: {}", page.out);
    }
}

#[test]
fn explain_knows_the_words_that_people_have() {
    let page = |arguments: &[&str]| {
        let outcome = run(diagnose(&["explain"]).args(arguments));
        assert_eq!(outcome.code, 0, "{arguments:?}: {}", outcome.err);
        outcome.out
    };
    for (word, cause) in [
        ("CrashLoopBackOff", "crash-app-error"),
        ("Init:ErrImagePull", "image-auth"),
        ("FailedCreate", "quota-exceeded"),
        ("admission", "quota-exceeded"),
        ("volume", "pvc-missing"),
        ("quota", "quota-exceeded"),
        ("FailedMount", "volume-mount"),
        ("network", "cni-not-ready"),
        ("FailedKillPod", "stuck-terminating"),
    ] {
        assert!(page(&[word]).contains(cause), "{word}");
    }
    let both = page(&["oom-killed", "network"]);
    assert!(
        both.contains("oom-killed") && both.contains("network"),
        "{both}"
    );
    let json: Value = serde_json::from_str(&page(&["Pending", "volume", "-o", "json"])).unwrap();
    let causes: Vec<&str> = json
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["cause"].as_str().unwrap())
        .collect();
    assert!(causes.contains(&"insufficient-cpu") && causes.contains(&"pvc-missing"));
    let distinct: std::collections::BTreeSet<_> = causes.iter().collect();
    assert_eq!(distinct.len(), causes.len(), "each cause once");
    assert!(json[0]["page"].as_str().unwrap().contains("## What to do"));
}

#[test]
fn the_causes_of_a_layer_are_listed() {
    let listed = |arguments: &[&str]| run(diagnose(&["causes"]).args(arguments));
    let health = listed(&["health", "-o", "name"]).out;
    assert!(health.contains("liveness-failing") && !health.contains("oom-killed"));
    assert!(listed(&["health", "image"]).out.contains("registry-dns"));
    assert_eq!(listed(&["network"]).code, 0);
    let mistake = listed(&["helth"]);
    assert_eq!(mistake.code, 2);
    assert!(mistake.err.contains("health"), "{}", mistake.err);
}
