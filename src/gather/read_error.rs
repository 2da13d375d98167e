//! Why a read gave nothing, told apart by what it means for a diagnosis, and what to do about it.
//!
//! "Not allowed", "not there" and "not answered" are three different things to a reader of the report, so they are never
//! folded into one. No error holds bytes of an answer: only the message of a Kubernetes `Status`, cleaned and cut.
//!
//! Statuses and reasons: Kubernetes 1.37, apimachinery `pkg/api/errors/errors.go`.

use std::time::Duration;

use http::StatusCode;
use serde::Deserialize;

use super::client::Wanted;
use super::items::SplitError;

/// A longer message is cut: webhooks and proxies put whole pages there.
const MESSAGE_LIMIT: usize = 300;

/// Why a read gave nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The user may not read this.
    #[error("forbidden: {message}")]
    Forbidden {
        /// The server's words: who may not do what, and where.
        message: String,
    },
    /// The server does not know the user.
    #[error("the server does not accept the credentials")]
    Unauthorized,
    /// The object does not exist.
    #[error("{message}")]
    NotFound {
        /// The server's words.
        message: String,
    },
    /// The server does not serve this kind, or not in this form.
    #[error("the server does not serve this resource")]
    NotServed,
    /// The deadline passed.
    #[error("no complete answer within {}", seconds(*after))]
    TimedOut {
        /// How long it was waited for.
        after: Duration,
    },
    /// The list changed faster than it could be read. Objects that were handed on must be thrown away.
    #[error("the list expired while it was read")]
    Expired,
    /// The server is busy, and stayed so.
    #[error("the server asks for fewer requests")]
    TooManyRequests,
    /// Any other answer that is not a success.
    #[error("the server answered {status}: {message}")]
    Server {
        /// The HTTP status.
        status: u16,
        /// The server's words.
        message: String,
    },
    /// No answer: the server could not be reached, or not safely.
    #[error("cannot reach the server: {message}")]
    Connect {
        /// The words of the operating system or of the TLS library.
        message: String,
        /// What to do about it.
        hint: String,
    },
    /// The answer is not what was asked for: not JSON, not a list, or cut off in the middle.
    #[error("{message}")]
    Invalid {
        /// What is wrong with it.
        message: String,
    },
}

impl ReadError {
    /// What to do about it, as one phrase.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Connect { hint, .. } => hint.as_str(),
            Self::Forbidden { .. } => "ask for the permission, or use --as or another --context",
            Self::Unauthorized => "log in again, or check --context and --token",
            Self::TimedOut { .. } => "try again with a longer --request-timeout",
            Self::TooManyRequests | Self::Expired => "try again in a moment",
            Self::Server { status: 500.., .. } => {
                "the control plane is not well; see: kubectl get --raw '/readyz?verbose'"
            }
            Self::Invalid { .. } => {
                "check that --server is a Kubernetes API server, and what stands between"
            }
            Self::NotFound { .. } | Self::NotServed | Self::Server { .. } => return None,
        };
        Some(hint.to_owned())
    }

    /// Reads the `Status` with which a watch ends.
    pub(super) fn from_event(status: &str) -> Self {
        let read: Status = serde_json::from_str(status).unwrap_or_default();
        let code = StatusCode::from_u16(read.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self::from_answer(code, status.as_bytes(), None)
    }

    /// Reads the answer that was not a success. Only of the one object that was asked for, `wanted`, it can say that it does
    /// not exist: gateways and multi-cluster proxies answer 404 with a name of their own.
    pub(super) fn from_answer(status: StatusCode, body: &[u8], wanted: Option<Wanted<'_>>) -> Self {
        let answer: Status = serde_json::from_slice(body).unwrap_or_default();
        let message = if answer.kind == "Status" {
            clean(&answer.message)
        } else {
            String::new()
        };
        let names_it = wanted.is_some_and(|wanted| {
            let details = answer.details.as_ref();
            details.is_some_and(|details| wanted.is(&details.kind, &details.name))
        });
        let or_reason = |message: String| {
            if message.is_empty() {
                status
                    .canonical_reason()
                    .unwrap_or("no reason given")
                    .to_ascii_lowercase()
            } else {
                message
            }
        };
        match status {
            StatusCode::UNAUTHORIZED => Self::Unauthorized,
            StatusCode::FORBIDDEN => Self::Forbidden {
                message: or_reason(message),
            },
            StatusCode::NOT_FOUND if names_it => Self::NotFound {
                message: or_reason(message),
            },
            // a path that no handler has is answered by a plain text; nothing else tells it from a missing object
            StatusCode::NOT_FOUND | StatusCode::NOT_ACCEPTABLE => Self::NotServed,
            StatusCode::GONE => Self::Expired,
            StatusCode::TOO_MANY_REQUESTS => Self::TooManyRequests,
            _ => Self::Server {
                status: status.as_u16(),
                message: or_reason(message),
            },
        }
    }
}

/// The token inside a 410 that lets a list go on with newer objects ("inconsistent continue").
///
/// Source: Kubernetes 1.37, apiserver `pkg/storage/continue.go` and `pkg/storage/etcd3/errors.go`.
pub(super) fn inconsistent_continue(body: &[u8]) -> Option<String> {
    let answer: Status = serde_json::from_slice(body).ok()?;
    answer
        .metadata?
        .continue_token
        .filter(|token| !token.is_empty())
}

impl From<SplitError> for ReadError {
    fn from(error: SplitError) -> Self {
        Self::Invalid {
            message: error.to_string(),
        }
    }
}

impl From<serde_json::Error> for ReadError {
    /// Keeps where it failed, not what stood there.
    fn from(error: serde_json::Error) -> Self {
        let what = match error.classify() {
            serde_json::error::Category::Eof => "is cut off",
            serde_json::error::Category::Data => "has a field of another type than expected",
            serde_json::error::Category::Syntax | serde_json::error::Category::Io => {
                "is not valid json"
            }
        };
        let message = format!(
            "an object {what} at line {} column {}",
            error.line(),
            error.column()
        );
        Self::Invalid { message }
    }
}

/// What is read of a Kubernetes `Status`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Status {
    kind: String,
    message: String,
    code: u16,
    details: Option<StatusDetails>,
    metadata: Option<StatusMetadata>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct StatusDetails {
    name: String,
    /// The name of the resource (`NewNotFound`), whatever the field is called.
    kind: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct StatusMetadata {
    #[serde(rename = "continue")]
    continue_token: Option<String>,
}

/// One line without control characters, which could move a terminal's cursor, and not too long.
pub(super) fn clean(text: &str) -> String {
    let words = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty());
    let line = words.collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MESSAGE_LIMIT) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}

fn seconds(duration: Duration) -> String {
    format!("{:.1}s", duration.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(status: u16, body: &str) -> ReadError {
        let wanted = Wanted::of("/api/v1/namespaces/shop/pods/x");
        let status = StatusCode::from_u16(status).unwrap();
        ReadError::from_answer(status, body.as_bytes(), wanted)
    }

    #[test]
    fn a_missing_object_is_told_from_a_missing_resource() {
        let object = r#"{"kind":"Status","message":"pods \"x\" not found","reason":"NotFound","details":{"name":"x","kind":"pods"},"code":404}"#;
        assert_eq!(
            read(404, object),
            ReadError::NotFound {
                message: "pods \"x\" not found".to_owned()
            }
        );
        for other in ["\"y\"", "\"x\",\"kind\":\"clusters\""] {
            let gateway =
                format!(r#"{{"kind":"Status","details":{{"kind":"pods","name":{other}}}}}"#);
            assert_eq!(read(404, &gateway), ReadError::NotServed);
        }
        let list = ReadError::from_answer(StatusCode::NOT_FOUND, object.as_bytes(), None);
        assert_eq!(list, ReadError::NotServed);
        assert_eq!(read(404, "404 page not found\n"), ReadError::NotServed);
        let resource = r#"{"kind":"Status","message":"the server could not find the requested resource","reason":"NotFound","details":{},"code":404}"#;
        assert_eq!(read(404, resource), ReadError::NotServed);
        assert_eq!(read(406, ""), ReadError::NotServed);
    }

    #[test]
    fn only_the_message_of_a_status_is_repeated() {
        let page = "<html><body>please log in, secret=abc</body></html>";
        assert_eq!(
            read(403, page),
            ReadError::Forbidden {
                message: "forbidden".to_owned()
            }
        );
        let other = r#"{"kind":"Secret","message":"abc"}"#;
        assert_eq!(
            read(500, other),
            ReadError::Server {
                status: 500,
                message: "internal server error".to_owned()
            }
        );
        assert_eq!(read(401, page), ReadError::Unauthorized);
        assert_eq!(read(410, page), ReadError::Expired);
        assert_eq!(read(429, page), ReadError::TooManyRequests);
    }

    #[test]
    fn a_message_is_one_short_line() {
        assert_eq!(clean("a\n b\u{1b}[2J\tc"), "a b [2J c");
        let long = clean(&"é".repeat(1000));
        assert_eq!(long.chars().count(), 301);
        assert!(long.ends_with('…'));
    }

    #[test]
    fn a_decoding_error_does_not_repeat_the_value() {
        let error = serde_json::from_str::<u8>(r#""hunter2""#).unwrap_err();
        assert!(
            error.to_string().contains("hunter2"),
            "the reason for this test"
        );
        assert!(!ReadError::from(error).to_string().contains("hunter2"));
    }

    #[test]
    fn the_token_of_a_410_is_found() {
        let body = r#"{"kind":"Status","metadata":{"continue":"tok"},"code":410}"#;
        assert_eq!(
            inconsistent_continue(body.as_bytes()).as_deref(),
            Some("tok")
        );
        assert_eq!(
            inconsistent_continue(br#"{"kind":"Status","metadata":{}}"#),
            None
        );
        assert_eq!(inconsistent_continue(b"Gone"), None);
    }
}
