//! Names of images as people write them, and as templates leave them.

use proptest::prelude::*;

use super::*;

const DIGITS: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

#[test]
fn completes_as_docker_does() {
    let digest = format!("sha256:{DIGITS}");
    for (text, complete) in [
        ("nginx", "docker.io/library/nginx"),
        ("nginx:1.27", "docker.io/library/nginx:1.27"),
        ("team/app", "docker.io/team/app"),
        ("docker.io/nginx", "docker.io/library/nginx"),
        ("index.docker.io/nginx:1", "docker.io/library/nginx:1"),
        ("index.docker.io/team/app", "docker.io/team/app"),
        ("localhost/app", "localhost/app"),
        ("localhost:5000", "docker.io/library/localhost:5000"),
        ("registry.example.com/app", "registry.example.com/app"),
        ("registry:5000/team/app:v1", "registry:5000/team/app:v1"),
        ("10.0.0.1:5000/app", "10.0.0.1:5000/app"),
        ("[fd00::1]/app", "[fd00::1]/app"),
        ("[fd00::1]:5000/app:v1", "[fd00::1]:5000/app:v1"),
        ("Team/app", "Team/app"),
        ("my_registry.example.com/app", "my_registry.example.com/app"),
        ("a__b/c.d/e-f---g", "docker.io/a__b/c.d/e-f---g"),
        ("app:_a.b-C", "docker.io/library/app:_a.b-C"),
        (
            &format!("app@{digest}"),
            &format!("docker.io/library/app@{digest}"),
        ),
        (
            &format!("app:v1@{digest}"),
            &format!("docker.io/library/app:v1@{digest}"),
        ),
        (
            &format!("app@sha512:{DIGITS}{DIGITS}"),
            &format!("docker.io/library/app@sha512:{DIGITS}{DIGITS}"),
        ),
        (
            &format!("{DIGITS}:v1"),
            &format!("docker.io/library/{DIGITS}:v1"),
        ),
    ] {
        let reference = ImageReference::parse(text).map(|reference| reference.to_string());
        assert_eq!(reference.as_deref(), Ok(complete), "{text}");
    }
    let parts = ImageReference {
        registry: "registry:5000".to_owned(),
        repository: "team/app".to_owned(),
        tag: Some("v1".to_owned()),
        digest: Some(digest.clone()),
    };
    assert_eq!(
        format!("registry:5000/team/app:v1@{digest}").parse(),
        Ok(parts)
    );
}

#[test]
fn says_what_is_wrong_and_where() {
    let template = |text: &str| Problem::Template(text.to_owned());
    let scheme = |text: &str| Problem::Scheme(text.to_owned());
    let registry = |text: &str| Problem::Registry(text.to_owned());
    for (text, at, what, nearest) in [
        ("", 0, Problem::Empty, None),
        (" \n", 0, Problem::Empty, None),
        (
            "{{ .Values.image }}:{{ .Values.tag }}",
            0,
            template("{{ .Values.image }}"),
            None,
        ),
        ("app:{{ .Values.tag", 4, template("{{ .Values.tag"), None),
        ("app:${TAG}-slim", 4, template("${TAG}"), None),
        ("$(REGISTRY)/app", 0, template("$(REGISTRY)"), None),
        ("$REGISTRY/app", 0, template("$REGISTRY"), None),
        ("<name>:<tag>", 0, template("<name>"), None),
        ("app:v1}}", 6, template("}}"), None),
        ("None:None", 0, template("None"), None),
        ("registry.example.com/None:v1", 21, template("None"), None),
        (" nginx:1.27\n", 0, Problem::Blank, Some("nginx:1.27")),
        ("nginx: 1.27", 6, Problem::Blank, Some("nginx:1.27")),
        ("nginx latest", 5, Problem::Blank, None),
        (
            "https://registry.example.com/app:v1",
            0,
            scheme("https://"),
            Some("registry.example.com/app:v1"),
        ),
        (
            "docker-pullable://app",
            0,
            scheme("docker-pullable://"),
            Some("app"),
        ),
        ("/team/app", 0, Problem::LeadingSlash, Some("team/app")),
        (
            "https:///Team//App:",
            0,
            scheme("https://"),
            Some("Team/app"),
        ),
        (DIGITS, 0, Problem::ImageId, None),
        (
            "-registry.example.com/app",
            0,
            registry("-registry.example.com"),
            None,
        ),
        ("app:v1/team", 0, registry("app:v1"), None),
        ("registry:/app", 0, registry("registry:"), None),
        ("[fd00::1/app", 0, registry("[fd00::1"), None),
        ("[]:5000/app", 0, registry("[]:5000"), None),
        ("registry.example.com/", 21, Problem::NoRepository, None),
        (":v1", 0, Problem::NoRepository, None),
        ("team//app", 5, Problem::EmptyComponent, Some("team/app")),
        ("team/app/", 9, Problem::EmptyComponent, Some("team/app")),
        (
            "team/app/:v1",
            9,
            Problem::EmptyComponent,
            Some("team/app:v1"),
        ),
        (
            "Nginx:1.27-Alpine",
            0,
            Problem::Uppercase('N'),
            Some("nginx:1.27-Alpine"),
        ),
        ("team/myApp", 7, Problem::Uppercase('A'), Some("team/myapp")),
        ("team/äpp", 5, Problem::Character('ä'), None),
        ("\"nginx\"", 0, Problem::Character('"'), Some("nginx")),
        (
            "nginx:1.27\"",
            10,
            Problem::TagCharacter('"'),
            Some("nginx:1.27"),
        ),
        (
            "ngi\u{200b}nx",
            3,
            Problem::Character('\u{200b}'),
            Some("nginx"),
        ),
        ("-app", 0, Problem::Separator('-'), None),
        ("team/app-:v1", 8, Problem::Separator('-'), None),
        ("a..b", 1, Problem::Separator('.'), None),
        ("a-b___c", 3, Problem::Separator('_'), None),
        ("a._b", 1, Problem::Separator('.'), None),
        ("app:", 3, Problem::EmptyTag, Some("app")),
        ("app::v1", 3, Problem::EmptyTag, Some("app:v1")),
        (
            "app:v1:latest",
            6,
            Problem::SecondTag("latest".to_owned()),
            Some("app:v1"),
        ),
        ("app:-v1", 4, Problem::TagCharacter('-'), None),
        ("app:v1+build", 6, Problem::TagCharacter('+'), None),
        ("app@", 4, Problem::Digest(String::new()), None),
        ("app@abc", 4, Problem::Digest("abc".to_owned()), None),
        ("app@md5:abc", 4, Problem::Algorithm("md5".to_owned()), None),
        ("app@sha256:xyz", 11, Problem::DigestCharacter('x'), None),
        (
            "app@sha256:abc",
            11,
            Problem::DigestLength {
                algorithm: "sha256".to_owned(),
                expected: 64,
                found: 3,
            },
            None,
        ),
    ] {
        let expected = InvalidImageReference {
            text: text.to_owned(),
            at,
            what,
            nearest: nearest.map(str::to_owned),
        };
        assert_eq!(ImageReference::parse(text), Err(expected), "{text}");
    }
}

#[test]
fn mends_a_digest_in_capitals() {
    let capitals = format!("app@sha256:{}", DIGITS.to_ascii_uppercase());
    let error = ImageReference::parse(&capitals);
    assert_eq!(
        error.map_err(|error| error.nearest),
        Err(Some(format!("app@sha256:{DIGITS}")))
    );
}

#[test]
fn lengths() {
    let long = |length: usize| "a".repeat(length);
    for (text, expected) in [
        (format!("r.io/{}", long(255)), None),
        (format!("r.io/{}", long(256)), Some((5, Problem::TooLong))),
        (long(247), None),
        (long(248), Some((0, Problem::TooLong))),
        (format!("a:{}", long(128)), None),
        (format!("a:{}", long(129)), Some((2, Problem::TagTooLong))),
    ] {
        let error = ImageReference::parse(&text)
            .err()
            .map(|error| (error.at, error.what));
        assert_eq!(error, expected, "{text}");
    }
}

#[test]
fn the_message_continues_the_text() {
    let message = |text: &str| ImageReference::parse(text).map_err(|error| error.to_string());
    assert_eq!(
        message("Nginx"),
        Err("image \"Nginx\" has the upper-case letter 'N' in its repository name".to_owned())
    );
    assert_eq!(
        message("app@sha256:abc"),
        Err("image \"app@sha256:abc\" has a sha256 digest of 3 digits instead of 64".to_owned())
    );
}

proptest! {
    #[test]
    fn what_is_displayed_parses_back(text in "([a-zA-Z.]{1,4}(:[0-9]{1,2})?/)?[a-z0-9._-]{1,6}(/[a-z]{1,3})?(:[a-zA-Z0-9_.-]{1,4})?") {
        if let Ok(reference) = ImageReference::parse(&text) {
            prop_assert_eq!(ImageReference::parse(&reference.to_string()), Ok(reference));
        }
    }

    #[test]
    fn an_error_points_into_the_text_and_its_proposal_is_valid(text in "[a-cA:/@.\"\\[\\] ä{<$-]{0,12}|\\PC{0,12}") {
        if let Err(error) = ImageReference::parse(&text) {
            prop_assert!(text.is_char_boundary(error.at), "{error:?}");
            if let Some(nearest) = error.nearest {
                prop_assert!(ImageReference::parse(&nearest).is_ok(), "{nearest}");
            }
        }
    }
}
