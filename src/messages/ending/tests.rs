use super::*;

#[test]
fn the_telling_line_of_a_trace() {
    for (text, line) in [
        (
            "Traceback (most recent call last):\n  File \"a.py\", line 3, in <module>\n    url = os.environ['DB_URL']\nKeyError: 'DB_URL'\n",
            "KeyError: 'DB_URL'",
        ),
        (
            "Traceback (most recent call last):\n  File \"a.py\", line 3\n    x()\npsycopg2.OperationalError: connection to server at \"db\" (10.96.0.12), port 5432 failed: Connection refused\n\tIs the server running on that host and accepting TCP/IP connections?\n",
            "psycopg2.OperationalError: connection to server at \"db\" (10.96.0.12), port 5432 failed: Connection refused",
        ),
        (
            "2026/03/02 09:57:40 starting\npanic: no route to orders\n\ngoroutine 1 [running]:\nmain.main()\n\t/src/main.go:12 +0x1d\nexit status 2\n",
            "panic: no route to orders",
        ),
        (
            "Exception in thread \"main\" java.lang.RuntimeException: start failed\n\tat app.Main.main(Main.java:9)\nCaused by: java.sql.SQLException: no driver\n\tat app.Db.open(Db.java:4)\n\t... 1 more\nCaused by: java.net.ConnectException: Connection refused\n\tat java.base/sun.nio.ch.Net.connect(Net.java)\n\t... 3 more\n",
            "Caused by: java.net.ConnectException: Connection refused",
        ),
        (
            "node:internal/modules/cjs/loader:1080\n  throw err;\n  ^\n\nError: Cannot find module '/app/server.js'\n    at Module._resolveFilename (node:internal/modules/cjs/loader:1077:15)\n    at node:internal/main/run_main_module:23:47 {\n  code: 'MODULE_NOT_FOUND',\n  requireStack: []\n}\n\nNode.js v18.16.0\n",
            "Error: Cannot find module '/app/server.js'",
        ),
        (
            "Error: Cannot find module 'express'\nRequire stack:\n- /app/index.js\n    at Module._load (node:internal:1:1)\n",
            "Error: Cannot find module 'express'",
        ),
        (
            "thread 'main' panicked at src/main.rs:4:5:\nno config\nnote: run with `RUST_BACKTRACE=1` environment variable to display a backtrace\n",
            "no config",
        ),
        (
            "Unhandled exception. System.InvalidOperationException: no connection string\n   at App.Main() in /src/Program.cs:line 3\n",
            "Unhandled exception. System.InvalidOperationException: no connection string",
        ),
        (
            "{\"level\":\"info\",\"msg\":\"starting\"}\n{\"level\":\"fatal\",\"msg\":\"cannot start\",\"error\":\"no licence\"}\n",
            "cannot start: no licence",
        ),
        (
            "2026-03-02T09:57:40.123Z ERROR migration 0042 is dirty\n2026-03-02T09:57:40.124Z INFO bye\n",
            "ERROR migration 0042 is dirty",
        ),
        ("bye\n\n", "bye"),
    ] {
        assert_eq!(telling(text).as_deref(), Some(line), "{text}");
    }
    assert_eq!(telling(" \n"), None);
}

#[test]
fn an_error_far_before_the_end_is_not_why_it_ended() {
    let mut text =
        "error: dial tcp 10.0.0.1:5432: connect: connection refused, again in 1s\n".to_owned();
    text.push_str(&"connected\n".repeat(20));
    text.push_str("error: licence has expired\n");
    assert_eq!(read(&text), None);
    assert!(!last(&text).contains("refused"));
}

#[test]
fn last_words_have_meanings() {
    let refused = |host: Option<&str>, port| Ending::Refused {
        host: host.map(str::to_owned),
        port,
    };
    for (text, ending) in [
        (
            "dial tcp 10.96.0.12:5432: connect: connection refused",
            refused(Some("10.96.0.12"), Some(5432)),
        ),
        (
            "Error: connect ECONNREFUSED 127.0.0.1:6379",
            refused(Some("127.0.0.1"), Some(6379)),
        ),
        (
            "connection to server at \"db\" (10.96.0.12), port 5432 failed: Connection refused",
            refused(Some("db"), Some(5432)),
        ),
        (
            "(2003, \"Can't connect to MySQL server on 'mysql:3306' (111)\")",
            refused(Some("mysql"), Some(3306)),
        ),
        (
            "redis.exceptions.ConnectionError: Error 111 connecting to redis:6379. Connection refused.",
            refused(Some("redis"), Some(6379)),
        ),
        (
            "io.netty.channel.AbstractChannel$AnnotatedConnectException: Connection refused: db.shop/10.96.0.12:5432",
            refused(Some("db.shop"), Some(5432)),
        ),
        (
            "curl: (7) Failed to connect to api port 80: Connection refused",
            refused(Some("api"), Some(80)),
        ),
        (
            "Caused by: java.net.ConnectException: Connection refused",
            refused(None, None),
        ),
        (
            "listen tcp :8080: bind: address already in use",
            Ending::AddressInUse { port: Some(8080) },
        ),
        (
            "Error: listen EADDRINUSE: address already in use :::3000",
            Ending::AddressInUse { port: Some(3000) },
        ),
        (
            "nginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)",
            Ending::AddressInUse { port: Some(80) },
        ),
        (
            "Error: /app/node_modules/sharp/build/sharp.node: invalid ELF header",
            Ending::ModuleForeign {
                name: "/app/node_modules/sharp/build/sharp.node".to_owned(),
            },
        ),
        (
            "OSError: /opt/lib/libfast.so: wrong ELF class: ELFCLASS32",
            Ending::ModuleForeign {
                name: "/opt/lib/libfast.so".to_owned(),
            },
        ),
        (
            "PermissionError: [Errno 13] Permission denied: '/data/app.db'",
            Ending::Denied {
                path: "/data/app.db".to_owned(),
            },
        ),
        (
            "Error: EACCES: permission denied, open '/data/x'",
            Ending::Denied {
                path: "/data/x".to_owned(),
            },
        ),
        (
            "nginx: [emerg] mkdir() \"/var/cache/nginx/client_temp\" failed (13: Permission denied)",
            Ending::Denied {
                path: "/var/cache/nginx/client_temp".to_owned(),
            },
        ),
        (
            "OSError: [Errno 30] Read-only file system: '/app/tmp'",
            Ending::ReadOnly {
                path: Some("/app/tmp".to_owned()),
            },
        ),
        (
            "write /data/wal/0001: no space left on device",
            Ending::NoSpace {
                path: Some("/data/wal/0001".to_owned()),
            },
        ),
        (
            "ModuleNotFoundError: No module named 'flask'",
            Ending::ModuleMissing {
                name: "flask".to_owned(),
            },
        ),
        (
            "Error: Unable to access jarfile /app/app.jar",
            Ending::ModuleMissing {
                name: "/app/app.jar".to_owned(),
            },
        ),
        (
            "open /etc/app/config.yaml: no such file or directory",
            Ending::FileMissing {
                path: "/etc/app/config.yaml".to_owned(),
            },
        ),
        (
            "Exception in thread \"main\" java.lang.OutOfMemoryError: Java heap space",
            Ending::HeapFull {
                runtime: Runtime::Java,
            },
        ),
        (
            "FATAL:  password authentication failed for user \"app\"",
            Ending::LoginRefused {
                user: Some("app".to_owned()),
            },
        ),
    ] {
        assert_eq!(read(text), Some(ending), "{text}");
    }
    for text in ["licence has expired", "starting", "", "file not found"] {
        assert_eq!(read(text), None, "{text}");
    }
}
