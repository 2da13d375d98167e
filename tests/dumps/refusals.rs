//! What is said of a dump that cannot be read, word by word.

use super::make::{bytes, folder, gzip, list, pod, read, tar};
use crate::support::hints;
use std::path::Path;

/// The message, its cause and the first hint.
fn said(text: &[u8]) -> String {
    let folder = folder(&[("saved", text.to_vec())]);
    said_of(&folder.path().join("saved"))
}

fn said_of(path: &Path) -> String {
    let error = read(&[path]).expect_err("this is no dump");
    let hint = hints(&error)
        .first()
        .map(|hint| format!("\n{hint}"))
        .unwrap_or_default();
    let said = format!("{error:#}{hint}");
    said.replace(&path.display().to_string(), "FILE")
}

const SAVE: &str = "save one with `kubectl get pods,events,nodes,namespaces,pvc,pv,storageclasses,serviceaccounts,configmaps,deploy,rs,sts,ds,jobs,cronjobs -A -o json > dump.json`";

#[test]
fn what_is_no_dump_is_named() {
    for (text, message) in [
        ("", "FILE is empty"),
        (" \n", "FILE is empty"),
        ("hello\n", "FILE holds nothing of Kubernetes"),
        ("{\"a\": 1}", "FILE holds nothing of Kubernetes"),
        ("[1, 2]", "FILE holds nothing of Kubernetes"),
        (
            "{\"items\": {\"a\": 1}}",
            "FILE holds nothing of Kubernetes",
        ),
        (
            "{\"items\": [{\"a\": 1}]}",
            "FILE holds nothing of Kubernetes",
        ),
        (
            "error: You must be logged in to the server\n",
            "FILE holds an error of kubectl and no objects",
        ),
    ] {
        assert_eq!(
            said(text.as_bytes()),
            format!("{message}\n{SAVE}"),
            "{text:?}"
        );
    }
}

#[test]
fn a_table_is_refused_with_what_to_give_in_its_place() {
    let describe = "give what `kubectl describe pod NAME` prints in its place; describe what the pod needs too (its nodes, its claims), and it is looked at with it";
    for text in [
        "NAME   READY   STATUS\nweb    0/1     Pending\n",
        "NAMESPACE\tNAME\tREADY\tSTATUS\tRESTARTS\tAGE\nshop\tweb\t0/1\tPending\t0\t3m\n",
        "$ kubectl get pods\nSTATUS    NAME  READY\nPending   web   0/1\n",
        "It does not start:\n\n```\nNAME   READY   STATUS   RESTARTS   AGE\nweb    0/1     Pending  0  3m\n```\n",
        "> root@host:~# k get po -o wide\n> NAME   READY   STATUS   NOMINATED NODE   READINESS GATES\n> web    0/1     Pending  <none>  <none>\n",
    ] {
        let refused = "FILE is the table of `kubectl get`, which leaves out why";
        assert_eq!(
            said(text.as_bytes()),
            format!("{refused}\n{describe}"),
            "{text:?}"
        );
    }
    let ingress =
        "Name:             web\nLabels:           <none>\nNamespace:        shop\nRules:\n";
    let refused = "FILE describes nothing that a cause is about";
    assert_eq!(said(ingress.as_bytes()), format!("{refused}\n{describe}"));
}

#[test]
fn a_cut_off_file_says_how_far_it_got() {
    let mut text = bytes(&list(&[pod("shop", "web", "n1"), pod("shop", "api", "n1")]));
    text.truncate(text.len() - 200);
    let length = text.len();
    assert_eq!(
        said(&text),
        format!(
            "FILE cannot be read as a dump: it is cut off after 1 objects, near byte {length}\n\
             save it again; the command that wrote it, or its copy, did not finish"
        )
    );
}

#[test]
fn a_refusal_that_was_saved_is_shown() {
    let status = r#"{"kind":"Status","apiVersion":"v1","status":"Failure","message":"pods is forbidden: User \"ci\" cannot list resource \"pods\"","code":403}"#;
    assert_eq!(
        said(status.as_bytes()),
        "FILE cannot be read as a dump: it holds the API server's refusal: pods is forbidden: User \"ci\" cannot list resource \"pods\"\n\
         save it as a user who may list these objects"
    );
}

#[test]
fn broken_yaml_names_its_line() {
    let broken = said(b"apiVersion: v1\nkind: Pod\n---\napiVersion: v1\nkind: Pod]: x\n\tmetadata:\n  name: a\nspec: {}\n\n");
    assert!(
        broken.starts_with("FILE cannot be read as a dump: it is not valid yaml near line "),
        "{broken}"
    );
    let cut = said(b"apiVersion: v1\nkind: Pod\n---\napiVersion: v1\nkind: [Pod\n");
    assert!(
        cut.starts_with("FILE cannot be read as a dump: it is cut off near line "),
        "{cut}"
    );
}

#[test]
fn something_else_after_a_dump_is_not_passed_over() {
    let mut text = bytes(&list(&[pod("shop", "web", "n1")]));
    text.extend(b"\n{\"a\": 1}");
    assert!(
        said(&text)
            .starts_with("FILE cannot be read as a dump: it holds something else after 1 objects")
    );
    text.extend(b"\nroot@host:~# ls\n");
    assert!(said(&text).starts_with("FILE cannot be read as a dump"));
}

#[test]
fn what_is_not_there_is_named() {
    let folder = folder(&[("readme.txt", b"hello".to_vec())]);
    let said = said_of(&folder.path().join("absent"));
    assert!(
        said.starts_with("FILE cannot be read: No such file"),
        "{said}"
    );
    assert!(said_of(folder.path()).starts_with("FILE holds nothing of Kubernetes\n"));
}

#[test]
fn a_cut_off_archive_is_an_error() {
    let archive = gzip(&tar(&[(
        "a/pods.json",
        bytes(&list(&[pod("shop", "web", "n1")])),
    )]));
    let said = said(&archive[..archive.len() - 20]);
    assert!(said.starts_with("FILE cannot be read"), "{said}");
}

#[test]
fn what_is_attached_in_place_of_a_dump_is_called_by_its_name() {
    let page = b"<!DOCTYPE html>\n<html><body>Log in</body></html>\n";
    for (text, message) in [
        (
            &gzip(page)[..],
            "FILE is a web page, as a login or an error gives it in place of a file\nopen the address in a browser, and save the file that it leads to",
        ),
        (
            b"\x89PNG\r\n\x1a\n\0",
            "FILE is a picture\ngive what `kubectl describe pod NAME` prints in its place; describe what the pod needs too (its nodes, its claims), and it is looked at with it",
        ),
        (
            br#""apiVersion: v1\nkind: Pod\n""#,
            "FILE is one text in quotes, as JSON writes it\ntake the quotes off with `jq -r .`",
        ),
        (
            b"Received: from mx.example\nMIME-Version: 1.0\n\nYXBpVmVy\n",
            "FILE is a mail\nsave what is attached to it",
        ),
        (
            b"H4sIAAAAAAAAA+3OMQqDQBCF4X2V\n",
            "FILE is in base64\ndecode it with `base64 -d`",
        ),
    ] {
        assert_eq!(said(text), message);
    }
}
