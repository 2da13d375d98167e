use super::*;
use proptest::prelude::*;

fn found(words: &[&str]) -> Vec<String> {
    let env = |name: &str| match name {
        "DB_HOST" => Variable::Is("postgres".to_owned()),
        "FROM_SECRET" => Variable::Unknown,
        _ => Variable::Unset,
    };
    let word = |one: Awaited| match one {
        Awaited::Host { host, port: None } => host,
        Awaited::Host {
            host,
            port: Some(port),
        } => format!("{host}:{port}"),
        Awaited::Forever => "forever".to_owned(),
    };
    read(words.iter().copied(), env)
        .into_iter()
        .map(word)
        .collect()
}

#[test]
fn loops_and_tools_name_what_they_wait_for() {
    for (script, expected) in [
        ("until nc -z db 5432; do sleep 2; done", &["db:5432"][..]),
        (
            "until nc -z -w 2 db.shop.svc.cluster.local 5432 ; do echo waiting; sleep 2; done",
            &["db.shop.svc.cluster.local:5432"],
        ),
        (
            "until nslookup db.x.svc.cluster.local; do sleep 2; done",
            &["db.x.svc.cluster.local"],
        ),
        ("while ! getent hosts queue; do sleep 1; done", &["queue"]),
        (
            "until pg_isready -h $DB_HOST -U app; do sleep 1; done",
            &["postgres:5432"],
        ),
        (
            "until pg_isready -h ${DB_HOST} -p 6432; do sleep 1; done",
            &["postgres:6432"],
        ),
        (
            "until nc -z ${CACHE_HOST:-cache} ${CACHE_PORT-6379}; do sleep 1; done",
            &["cache:6379"],
        ),
        (
            "until nc -z ${DB_HOST:-db} 5432; do sleep 1; done",
            &["postgres:5432"],
        ),
        ("until nc -z ${FROM_SECRET:-db} 5432; do sleep 1; done", &[]),
        (
            "until mysqladmin ping -h mysql --silent; do sleep 1; done",
            &["mysql:3306"],
        ),
        (
            "until redis-cli -h redis ping | grep PONG; do sleep 1; done",
            &["redis:6379"],
        ),
        (
            "until curl -sf http://api.shop:8080/health; do sleep 5; done",
            &["api.shop:8080"],
        ),
        (
            "while ! wget -q --spider http://web/ready; do sleep 5; done",
            &["web:80"],
        ),
        ("./wait-for-it.sh db:5432 -t 0 -- echo up", &["db:5432"]),
        ("/wait-for-it.sh --host=db --port=5432", &["db:5432"]),
        (
            "dockerize -wait tcp://db:5432 -wait tcp://mq:5672 -timeout 3600s",
            &["db:5432", "mq:5672"],
        ),
        (
            "until (echo > /dev/tcp/kafka/9092) >/dev/null 2>&1; do sleep 1; done",
            &["kafka:9092"],
        ),
        ("k8s-wait-for service db", &["db"]),
        ("k8s-wait-for job migrate", &[]),
        (
            "until grpc_health_probe -addr=auth:50051; do sleep 1; done",
            &["auth:50051"],
        ),
        (
            "for i in $(seq 1 100); do nc -z db 5432 && exit 0; sleep 1; done; exit 1",
            &["db:5432"],
        ),
        ("sleep 1000000", &["forever"]),
        ("echo up; exec sleep infinity", &["forever"]),
        ("tail -f /dev/null", &["forever"]),
    ] {
        assert_eq!(found(&["sh", "-c", script]), expected, "{script}");
    }
    assert_eq!(found(&["nc", "-zv", "db", "5432"]), ["db:5432"]);
    assert_eq!(
        found(&["sh", "-c", "until nc -z $(DB_HOST) 5432; do sleep 1; done"]),
        ["postgres:5432"]
    );
}

#[test]
fn what_tells_nothing_is_no_wait() {
    for script in [
        "",
        "sleep 30",
        "for i in $(seq 180); do echo step $i of 180; sleep 10; done",
        "curl -O https://example.com/data.tgz",
        "until nc -z $UNKNOWN 5432; do sleep 1; done",
        "python manage.py migrate",
        "cp -r /app /work",
    ] {
        assert_eq!(found(&["sh", "-c", script]), [""; 0], "{script}");
    }
}

proptest! {
    #[test]
    fn no_text_breaks_it(text in "\\PC{0,80}") {
        let _ = found(&["sh", "-c", &text]);
        let _ = found(&["sh", "-c", &format!("until nc -z {text}; do sleep {text}; done")]);
        let _ = found(&["dockerize", "-wait", &text]);
    }
}

#[test]
fn an_image_may_be_the_tool() {
    for (image, tool) in [
        ("ghcr.io/groundnuty/k8s-wait-for:v2.0", Some("k8s-wait-for")),
        ("jwilder/dockerize@sha256:0", Some("dockerize")),
        ("registry.example:5000/wait4x", Some("wait4x")),
        // its entrypoint runs what it is given
        ("mysql:8", None),
    ] {
        assert_eq!(entrypoint(image), tool, "{image}");
    }
}
