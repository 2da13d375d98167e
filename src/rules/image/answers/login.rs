//! What became of the logins that were tried, and how many pulls they leave.

use crate::snapshot::{LoginState, NoLogin, Presence, RateLimit, Shown, Unasked, View, WhyUnasked};
use crate::text::{Message, Seconds, Sentence, say};

/// What became of one login.
pub(super) fn of_login(view: &View) -> Option<Message> {
    let secret = view.login.as_ref().map(|(_, secret)| secret.as_str());
    let (sentence, words) = match (&view.outcome, secret) {
        (Ok(shown), None) => (of_nobody(shown)?, ""),
        (Err(_), None) => return None,
        (Ok(shown), Some(_)) => (of_secret(shown)?, shown.manifest.words.as_str()),
        (Err(unasked), Some(_)) => (without_login(unasked), unasked.words.as_str()),
    };
    let words = (!words.is_empty()).then_some(words);
    let message = Message::new(sentence).fact_if("secret", secret);
    Some(message.fact_if("words", words))
}

fn of_nobody(shown: &Shown) -> Option<Sentence> {
    match shown.version() {
        Presence::Hidden => Some(say!(
            "image-asked.login-wanted",
            "without a login {host} shows nothing of it"
        )),
        _ => None,
    }
}

fn of_secret(shown: &Shown) -> Option<Sentence> {
    Some(match (shown.login, shown.version()) {
        (LoginState::None, _) => return None,
        (LoginState::NotWanted, _) => say!(
            "image-asked.login-not-wanted",
            "{host} asks for no login, so that in Secret {secret} was not tried"
        ),
        (LoginState::Accepted, Presence::There) => say!(
            "image-asked.login-pulls",
            "the login in Secret {secret} is accepted, and may pull it"
        ),
        (LoginState::Accepted, Presence::Hidden) => say!(
            "image-asked.login-may-not",
            "the login in Secret {secret} is accepted, and may not see the repository, if there is one"
        ),
        (LoginState::Accepted, _) => say!(
            "image-asked.login-accepted",
            "the login in Secret {secret} is accepted"
        ),
        (LoginState::Refused, _) => say!(
            "image-asked.login-refused",
            "the login in Secret {secret} is refused[: {words}]"
        ),
        (LoginState::Denied, _) => say!(
            "image-asked.login-denied",
            "the login in Secret {secret} is refused, or has no right to pull[: {words}]"
        ),
    })
}

fn without_login(unasked: &Unasked) -> Sentence {
    match &unasked.why {
        WhyUnasked::NoLogin(NoLogin::NotInDump) => say!(
            "image-asked.not-in-dump",
            "asked without a login: a dump holds none of Secret {secret}"
        ),
        WhyUnasked::NoLogin(NoLogin::Unread) => say!(
            "image-asked.secret-unread",
            "the login in Secret {secret} was not tried, since it cannot be read[: {words}]"
        ),
        WhyUnasked::NoLogin(NoLogin::Absent) => say!(
            "image-asked.secret-absent",
            "no login: Secret {secret} does not exist"
        ),
        WhyUnasked::NoLogin(NoLogin::OtherRegistry) => {
            say!(
                "image-asked.other-registry",
                "no login to {host}: Secret {secret} holds none"
            )
        }
        WhyUnasked::NoLogin(NoLogin::Unreadable) => say!(
            "image-asked.secret-unreadable",
            "no login: Secret {secret} holds nothing that the kubelet takes for one"
        ),
        WhyUnasked::NoLogin(NoLogin::Unsafe) => say!(
            "image-asked.unsafe",
            "the login in Secret {secret} was not tried: others could read it on the way[, {words}]"
        ),
        _ => say!(
            "image-asked.login-unanswered",
            "with the login in Secret {secret} there was no answer[: {words}]"
        ),
    }
}

/// How many pulls are left, and to whom.
pub(super) fn of_limit(view: &View, limit: RateLimit) -> Option<Message> {
    let sentence = match &view.login {
        None => say!(
            "image-asked.limit-of-address",
            "{host} leaves {remaining}[ of {limit}] pulls[ in {window}] to this machine's address without a login"
        ),
        Some(_) => say!(
            "image-asked.limit-of-login",
            "{host} leaves {remaining}[ of {limit}] pulls[ in {window}] to the login in Secret {secret}"
        ),
    };
    let secret = view.login.as_ref().map(|(_, secret)| secret.as_str());
    let window = limit.window_seconds.map(|window| Seconds(window.into()));
    let message = Message::new(sentence).fact("remaining", limit.remaining);
    let message = message
        .fact_if("limit", limit.limit)
        .fact_if("window", window);
    Some(message.fact_if("secret", secret))
}
