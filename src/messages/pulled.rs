//! What the kubelet says of a pull that is at work or done: [`pulling`] and [`pulled`] for events of these names.
//!
//! Source: kubelet `images/image_manager.go` of 1.19 to 1.37; the size since 1.30, the time with waiting since 1.24.

use super::form::{match_full, search};
use super::text;
use crate::kubernetes::duration::parse_go_duration;

/// A pull that has gone well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pulled {
    /// The image.
    pub image: String,
    /// How many seconds it took, the wait for other pulls of the node left out.
    pub seconds: Option<u64>,
    /// How many seconds with that wait.
    pub with_waiting: Option<u64>,
    /// How many bytes the image has.
    pub bytes: Option<i64>,
}

/// The image that is being pulled.
pub fn pulling(message: &str) -> Option<String> {
    let text = text::bare(message);
    Some(match_full("Pulling image \"{}\"", &text)?.own(0))
}

/// Reads a message about a pull; none where the image was there already.
pub fn pulled(message: &str) -> Option<Pulled> {
    let text = text::bare(message);
    let image = search("Successfully pulled image \"{}\"", &text)?.own(0);
    let seconds = |text: &str| Some(parse_go_duration(text).ok()?.as_secs());
    let took = search("\" in {}", &text).and_then(|captures| seconds(captures.get(0)));
    let with_waiting = search("({} including waiting)", &text);
    let bytes = search("Image size: {} bytes", &text);
    Some(Pulled {
        image,
        seconds: took,
        with_waiting: with_waiting.and_then(|captures| seconds(captures.get(0))),
        bytes: bytes.and_then(|captures| captures.get(0).parse().ok()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pulls_of_all_versions() {
        let read = |text: &str| {
            let found = pulled(text)?;
            Some((found.image, found.seconds, found.with_waiting, found.bytes))
        };
        let image = || "a.example/web:1".to_owned();
        for (text, expected) in [
            (
                "Successfully pulled image \"a.example/web:1\" in 1m2.5s (1m30s including waiting). Image size: 1048576 bytes.",
                Some((image(), Some(62), Some(90), Some(1_048_576))),
            ),
            (
                "Successfully pulled image \"a.example/web:1\" in 812ms (812ms including waiting)",
                Some((image(), Some(0), Some(0), None)),
            ),
            (
                "Successfully pulled image \"a.example/web:1\" in 4.1s",
                Some((image(), Some(4), None, None)),
            ),
            (
                "Successfully pulled image \"a.example/web:1\"",
                Some((image(), None, None, None)),
            ),
            (
                "Container image \"a.example/web:1\" already present on machine",
                None,
            ),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
        assert_eq!(pulling("Pulling image \"a.example/web:1\""), Some(image()));
        assert_eq!(pulling("Back-off pulling image \"a.example/web:1\""), None);
    }
}
