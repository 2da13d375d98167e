//! What people attach in place of a dump, known by its first bytes, and what to do with it.

use std::io;

/// Archives and compression that nothing here takes off: nobody knows what they would have held.
const PACKED: [(&[u8], &str); 5] = [
    // 7zFormat.txt (7-Zip)
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!\x1a\x07", "a rar archive"),
    // [MS-CAB] 2.1
    (b"MSCF\0\0\0\0", "a cab archive"),
    // lz4_Frame_format.md
    (b"\x04\x22\x4d\x18", "packed by lz4"),
    (b"LZIP", "packed by lzip"),
];

/// Why what begins so cannot be unpacked here, if it is packed.
pub(super) fn packed(head: &[u8]) -> Option<io::Error> {
    let (_, what) = PACKED.iter().find(|(start, _)| head.starts_with(start))?;
    let message = format!("it is {what}: unpack it first, and name what comes out");
    Some(io::Error::new(io::ErrorKind::Unsupported, message))
}

/// What can be done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Other {
    /// Nothing in it is text.
    Picture,
    /// It has to be given in another form: what that is, and how to come by it.
    Form(&'static str, &'static str),
}

const BINARY: [(usize, &[u8], Other); 6] = [
    (0, b"\x89PNG", Other::Picture),
    (0, b"\xff\xd8\xff", Other::Picture),
    (0, b"GIF8", Other::Picture),
    (
        0,
        b"%PDF",
        Other::Form("is a PDF", "give the text that it was made of"),
    ),
    // apimachinery `pkg/runtime/serializer/protobuf`
    (
        0,
        b"k8s\0",
        Other::Form(
            "is an object in protobuf, as etcd holds it",
            "ask the API server for it, with `kubectl get -o json`",
        ),
    ),
    // bbolt `internal/common/meta.go`, behind the head of the first page
    (
        16,
        b"\xed\xda\x0c\xed",
        Other::Form(
            "is a database of etcd",
            "ask an API server that runs on it, with `kubectl get -o json`",
        ),
    ),
];

const WEB_PAGE: Other = Other::Form(
    "is a web page, as a login or an error gives it in place of a file",
    "open the address in a browser, and save the file that it leads to",
);
const MAIL: Other = Other::Form("is a mail", "save what is attached to it");
const QUOTED: Other = Other::Form(
    "is one text in quotes, as JSON writes it",
    "take the quotes off with `jq -r .`",
);
const BASE64: Other = Other::Form("is in base64", "decode it with `base64 -d`");

/// Headers that programs write before all others (RFC 5322 §3.6).
const MAIL_HEADERS: [&str; 5] = [
    "return-path:",
    "delivered-to:",
    "received:",
    "mime-version:",
    "message-id:",
];

/// The beginning in base64 of gzip, zip, xz, `{"`, `{` and a line end, and `apiVersion`.
const IN_BASE64: [&str; 6] = ["H4sI", "UEsDB", "/Td6WFo", "eyI", "ewo", "YXBpVmVyc2lvb"];

/// What begins so, if it is known.
pub(super) fn of(head: &[u8]) -> Option<Other> {
    let is_at =
        |at: usize, start: &[u8]| head.get(at..).is_some_and(|rest| rest.starts_with(start));
    if let Some((.., other)) = BINARY.iter().find(|(at, start, _)| is_at(*at, start)) {
        return Some(*other);
    }
    let text = String::from_utf8_lossy(head);
    let text = text.trim_start();
    let start: String = text
        .chars()
        .take(4096)
        .collect::<String>()
        .to_ascii_lowercase();
    let is_base64 = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=');
    let mut first = text.lines().next().unwrap_or_default().chars();
    if ["<!doctype", "<html", "<?xml"]
        .iter()
        .any(|tag| start.starts_with(tag))
    {
        Some(WEB_PAGE)
    } else if MAIL_HEADERS.iter().any(|header| start.starts_with(header))
        || (start.starts_with("from:") && start.contains("\nmime-version:"))
    {
        Some(MAIL)
    } else if text.starts_with('"') && text.contains("\\n") {
        Some(QUOTED)
    } else {
        let is_known = IN_BASE64.iter().any(|start| text.starts_with(start));
        (is_known && first.all(is_base64)).then_some(BASE64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_attached_in_place_of_a_dump_is_known() {
        let mut etcd = vec![0; 16];
        etcd.extend(b"\xed\xda\x0c\xed\x02\0");
        for (head, other) in [
            (&b"\x89PNG\r\n\x1a\n"[..], Some(Other::Picture)),
            (b"\xff\xd8\xff\xe0JFIF", Some(Other::Picture)),
            (b"\n<!DOCTYPE html><html>", Some(WEB_PAGE)),
            (b"<?xml version=\"1.0\"?><Error>", Some(WEB_PAGE)),
            (b"Received: from mx.example\r\n", Some(MAIL)),
            (b"From: me@example\r\nMIME-Version: 1.0\r\n", Some(MAIL)),
            (b"From: me, on Monday\n", None),
            (br#""apiVersion: v1\nkind: Pod\n""#, Some(QUOTED)),
            (b"\"a word\"", None),
            (b"YXBpVmVyc2lvbjogdjEK\n", Some(BASE64)),
            (b"eyJhbGciOi.x", None),
            (b"apiVersion: v1\n", None),
        ] {
            assert_eq!(of(head), other, "{}", String::from_utf8_lossy(head));
        }
        assert!(matches!(
            of(&etcd),
            Some(Other::Form("is a database of etcd", _))
        ));
    }

    #[test]
    fn what_is_packed_in_another_way_is_named() {
        let said = |head: &[u8]| packed(head).map(|error| error.to_string());
        let of_7z = said(b"7z\xbc\xaf\x27\x1c\0\x04").unwrap();
        assert!(of_7z.contains("7z archive: unpack it first"), "{of_7z}");
        assert!(said(b"Rar!\x1a\x07\x01\0").is_some());
        assert_eq!(said(b"7z is a word"), None);
    }
}
