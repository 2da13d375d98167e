//! For what a command waits: [`read`] for the command and arguments of an init container.
//!
//! People write such loops by hand or take one of a few tools; what these are given is a host, mostly with a port. What no tool
//! here names is nobody's to guess.
//!
//! Sources: the usage texts of BusyBox 1.36 (nc, nslookup, wget), curl, PostgreSQL (pg_isready, psql), MySQL (mysqladmin),
//! redis-cli, mongosh, wait-for-it, wait-for, dockerize, wait4x, grpc_health_probe, k8s-wait-for; Bash's `/dev/tcp`.

/// What a command waits for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Awaited {
    /// That a host answers, at a port where one is named.
    Host {
        /// A name or an address.
        host: String,
        /// The port.
        port: Option<u16>,
    },
    /// Nothing: it never ends.
    Forever,
}

/// What is known of a variable of the container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Variable {
    /// Its value.
    Is(String),
    /// The pod gives it none.
    Unset,
    /// It may have one that was not read.
    Unknown,
}

/// A tool, where in its arguments its host stands, and the port that it takes where none is named.
struct Tool {
    names: &'static [&'static str],
    place: Place,
    port: Option<u16>,
}

/// Where a tool's host stands.
#[derive(Clone, Copy)]
enum Place {
    /// The first argument, and the port behind it.
    HostAndPort,
    /// The first argument, a name alone.
    Name,
    /// An option, and the port in another.
    Options(&'static str, &'static str),
    /// The first argument of the form `host:port`, or a URL.
    Address,
    /// Each argument behind this option, as such an address.
    Each(&'static str),
    /// The name behind the word for a Service; of other kinds it waits for no host.
    Service,
}

const TOOLS: &[Tool] = &[
    Tool {
        names: &["nc", "ncat", "netcat"],
        place: Place::HostAndPort,
        port: None,
    },
    Tool {
        names: &["nslookup", "dig", "host", "getent"],
        place: Place::Name,
        port: None,
    },
    Tool {
        names: &["pg_isready", "psql"],
        place: Place::Options("-h", "-p"),
        port: Some(5432),
    },
    Tool {
        names: &["mysqladmin", "mysql", "mariadb-admin", "mariadb"],
        place: Place::Options("-h", "-P"),
        port: Some(3306),
    },
    Tool {
        names: &["redis-cli"],
        place: Place::Options("-h", "-p"),
        port: Some(6379),
    },
    Tool {
        names: &["mongosh", "mongo"],
        place: Place::Options("--host", "--port"),
        port: Some(27017),
    },
    Tool {
        names: &["wait-for-it", "wait-for", "wait4x", "wait_for"],
        place: Place::Address,
        port: None,
    },
    Tool {
        names: &["curl", "wget"],
        place: Place::Address,
        port: None,
    },
    Tool {
        names: &["dockerize"],
        place: Place::Each("-wait"),
        port: None,
    },
    Tool {
        names: &["grpc_health_probe", "grpc-health-probe"],
        place: Place::Each("-addr"),
        port: None,
    },
    Tool {
        names: &["k8s-wait-for"],
        place: Place::Service,
        port: None,
    },
];

/// Images that run such a tool where no command is given.
const IMAGES: [&str; 7] = [
    "dockerize",
    "grpc-health-probe",
    "grpc_health_probe",
    "k8s-wait-for",
    "wait-for",
    "wait-for-it",
    "wait4x",
];

/// The tool that an image runs of itself.
pub fn entrypoint(image: &str) -> Option<&'static str> {
    let base = image.rsplit('/').next()?;
    let base = base.split([':', '@']).next()?;
    IMAGES.into_iter().find(|tool| *tool == base)
}

/// Options of these tools that take a value of their own.
const WITH_VALUE: [&str; 18] = [
    "-w",
    "-i",
    "-t",
    "-T",
    "-s",
    "-q",
    "-p",
    "-o",
    "-O",
    "-d",
    "-U",
    "-u",
    "-X",
    "-H",
    "-m",
    "--timeout",
    "--interval",
    "--tries",
];
/// A sleep of so many seconds is for ever.
const FOREVER: u64 = 86_400;
/// Words of a script that keep it from ending until something answers.
const LOOPS: [&str; 3] = ["until", "while", "for"];

/// Reads a command with its arguments. `env` tells of a variable that the container is given.
pub fn read<'w>(
    words: impl IntoIterator<Item = &'w str>,
    env: impl Fn(&str) -> Variable,
) -> Vec<Awaited> {
    let whole: Vec<&str> = words.into_iter().collect();
    let text = with_values(&whole.join(" "), &env);
    let loops = text.split_whitespace().any(|word| LOOPS.contains(&word));
    let mut all = Vec::new();
    for command in text.split([';', '\n', '|', '&', '(', ')', '`', '!', '{', '}']) {
        let words: Vec<&str> = words_of(command).collect();
        all.extend(in_command(&words, loops));
        all.extend(words.iter().filter_map(|word| device(word)));
    }
    all.sort();
    all.dedup();
    if all.len() > 1 {
        all.retain(|one| *one != Awaited::Forever);
    }
    all
}

/// The words of a simple command, without quotation marks and redirections' signs.
fn words_of(command: &str) -> impl Iterator<Item = &str> {
    const MARKS: [char; 8] = ['"', '\'', '[', ']', '<', '>', ',', '\\'];
    let words = command.split(|c: char| c.is_whitespace() || c == '=');
    words
        .map(|word| word.trim_matches(MARKS))
        .filter(|word| !word.is_empty())
}

/// What may stand before the name of a command: shells, their options, and words of scripts.
const BEFORE: [&str; 23] = [
    "sh", "bash", "ash", "busybox", "-c", "-ec", "-ce", "-xc", "-e", "-x", "until", "while", "if",
    "do", "then", "else", "exec", "eval", "command", "timeout", "time", "sudo", "tini",
];

fn in_command(words: &[&str], loops: bool) -> Vec<Awaited> {
    let base = |word: &&str| {
        let name = word.rsplit('/').next().unwrap_or(word);
        name.strip_suffix(".sh").unwrap_or(name).to_owned()
    };
    let is_before =
        |word: &&str| BEFORE.contains(&base(word).as_str()) || word.starts_with(char::is_numeric);
    let Some(at) = words.iter().position(|word| !is_before(word)) else {
        return Vec::new();
    };
    let name = words.get(at).map(base).unwrap_or_default();
    let rest = words.get(at + 1..).unwrap_or_default();
    let sleeps = |loops: bool| !loops && rest.first().is_some_and(|time| lasts(time));
    match name.as_str() {
        "sleep" if sleeps(loops) => return vec![Awaited::Forever],
        "tail" if rest == ["-f", "/dev/null"] => return vec![Awaited::Forever],
        _ => {}
    }
    let tool = TOOLS
        .iter()
        .find(|tool| tool.names.contains(&name.as_str()));
    // what is fetched once is a download, and no wait
    let waits = |tool: &&Tool| loops || !matches!(tool.names, ["curl", ..]);
    let tool = tool.filter(waits);
    tool.map_or_else(Vec::new, |tool| given(tool, rest))
}

fn lasts(time: &str) -> bool {
    let (number, unit) =
        time.split_at(time.len() - time.trim_start_matches(char::is_numeric).len());
    let seconds = match unit {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => FOREVER,
        _ => 0,
    };
    let number: u64 = number.parse().unwrap_or_default();
    matches!(time, "infinity" | "inf") || number.saturating_mul(seconds) >= FOREVER
}

/// What a tool is given.
fn given(tool: &Tool, rest: &[&str]) -> Vec<Awaited> {
    let of = |found: Option<Awaited>| found.into_iter().collect();
    let mut plain =
        arguments(rest).filter(|word| !["hosts", "ahosts", "tcp", "http"].contains(word));
    match tool.place {
        Place::HostAndPort => {
            let host = plain.next();
            of(
                host.and_then(|host| {
                    address(host, plain.next().and_then(|port| port.parse().ok()))
                }),
            )
        }
        Place::Name => of(plain.next().and_then(|host| address(host, None))),
        Place::Options(host, port) => {
            let value = |option: &str| {
                let at = rest.iter().position(|word| *word == option)?;
                rest.get(at + 1).copied()
            };
            let port = value(port).and_then(|port| port.parse().ok()).or(tool.port);
            of(value(host).and_then(|host| address(host, port)))
        }
        Place::Address => {
            let named = rest
                .iter()
                .position(|word| matches!(*word, "-h" | "--host"));
            let host = named.and_then(|at| rest.get(at + 1)).copied();
            let port = rest.iter().position(|word| *word == "--port");
            let port = port.and_then(|at| rest.get(at + 1)?.parse().ok());
            let found = host.or_else(|| plain.find(|word| is_address(word)));
            of(found.and_then(|host| address(host, port)))
        }
        Place::Each(option) => {
            let pairs = rest.iter().zip(rest.iter().skip(1));
            let behind = pairs
                .filter(|(word, _)| word.trim_start_matches('-') == option.trim_start_matches('-'));
            behind
                .filter_map(|(_, value)| address(value, None))
                .collect()
        }
        Place::Service => {
            let is_service = matches!(plain.next(), Some("service" | "svc"));
            let name = plain.next().filter(|_| is_service);
            of(name.and_then(|name| address(name, None)))
        }
    }
}

/// What is no option, nor the value of one.
fn arguments<'w>(rest: &'w [&'w str]) -> impl Iterator<Item = &'w str> {
    let mut value = false;
    rest.iter().copied().filter(move |word| {
        let is_value = std::mem::take(&mut value);
        value = WITH_VALUE.contains(word);
        !is_value && !word.starts_with('-')
    })
}

fn is_address(word: &str) -> bool {
    word.contains("://")
        || word
            .rsplit_once(':')
            .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
}

/// `db`, `db:5432`, `tcp://db:5432`, `http://db.shop:80/ready`.
fn address(word: &str, port: Option<u16>) -> Option<Awaited> {
    let (scheme, rest) = word.split_once("://").unwrap_or(("", word));
    let rest = rest.split(['/', '?']).next().unwrap_or_default();
    let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
    let (host, own) = match rest.rsplit_once(':') {
        Some((host, own)) => (host, own.parse().ok()),
        None => (rest, None),
    };
    let usual = match scheme {
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    };
    let is_name = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
    let is_host = !host.is_empty() && host.chars().all(is_name) && !host.starts_with(['-', '.']);
    is_host.then(|| Awaited::Host {
        host: host.trim_end_matches('.').to_ascii_lowercase(),
        port: own.or(port).or(usual),
    })
}

/// Bash opens `/dev/tcp/db/5432`.
fn device(word: &str) -> Option<Awaited> {
    let (_, rest) = word.split_once("/dev/tcp/")?;
    let (host, port) = rest.split_once('/')?;
    let digits = port
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(port.len());
    address(host, Some(port.get(..digits)?.parse().ok()?))
}

/// `$NAME`, `${NAME}`, `${NAME:-default}` and Kubernetes' `$(NAME)` with their values; what has none here is left as it is and
/// is no host.
fn with_values(text: &str, env: &impl Fn(&str) -> Variable) -> String {
    let mut all = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('$') {
        all.push_str(before);
        let close = match behind.chars().next() {
            Some('{') => Some('}'),
            Some('(') => Some(')'),
            _ => None,
        };
        let name = close.map_or(behind, |_| behind.get(1..).unwrap_or_default());
        let end = name
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .unwrap_or(name.len());
        let (name, after) = name.split_at(end);
        let (default, after) = match close {
            Some('}') => {
                let (default, after) = after.split_once('}').unzip();
                let default = default.unwrap_or_default();
                let own = default.strip_prefix(":-").or(default.strip_prefix('-'));
                (own, after.filter(|_| default.is_empty() || own.is_some()))
            }
            Some(close) => (None, after.strip_prefix(close)),
            None => (None, Some(after)),
        };
        let value = match env(name) {
            Variable::Is(value) => Some(value),
            Variable::Unset => default.map(str::to_owned),
            Variable::Unknown => None,
        };
        match (value, after) {
            (Some(value), Some(after)) => {
                all.push_str(&value);
                rest = after;
            }
            _ => {
                all.push('$');
                rest = behind;
            }
        }
    }
    all.push_str(rest);
    all
}

#[cfg(test)]
mod tests;
