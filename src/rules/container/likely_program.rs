//! The program that was probably meant where a command is not found: a guess, by its letters alone.

use crate::kubernetes::nearest::distance;
use crate::snapshot::ContainerView;

/// Programs that commands of containers name most.
const KNOWN: [&str; 44] = [
    "apachectl",
    "bash",
    "bundle",
    "busybox",
    "caddy",
    "celery",
    "chmod",
    "chown",
    "curl",
    "django-admin",
    "dotnet",
    "dumb-init",
    "echo",
    "envoy",
    "flask",
    "gunicorn",
    "haproxy",
    "httpd",
    "java",
    "kubectl",
    "mkdir",
    "mongod",
    "mysql",
    "mysqld",
    "nginx",
    "node",
    "npm",
    "nslookup",
    "php-fpm",
    "postgres",
    "printf",
    "psql",
    "python",
    "python3",
    "redis-cli",
    "redis-server",
    "ruby",
    "sleep",
    "supervisord",
    "touch",
    "traefik",
    "uvicorn",
    "wget",
    "yarn",
];
/// More letters that differ are another program.
const SLIPS: usize = 2;
/// What takes a line of commands.
const SHELLS: [&str; 4] = ["ash", "bash", "dash", "sh"];

/// What was written and what was probably meant: of this word, or of the commands of a shell's line.
pub(super) fn meant(container: &ContainerView<'_>, word: Option<&str>) -> Option<(String, String)> {
    let image = container.spec?.image.as_deref().unwrap_or_default();
    let image = image.rsplit('/').next().unwrap_or_default();
    let image = image.split([':', '@']).next().unwrap_or_default();
    let likely = |word: &str| {
        let is_other = !KNOWN.contains(&word) && !word.contains('/');
        let candidates = KNOWN.iter().copied().chain([image]).filter(|_| is_other);
        let slips = candidates.filter_map(|it| Some((distance(word, it)?.0, it)));
        let (_, near) = slips.filter(|(slips, _)| *slips <= SLIPS).min()?;
        Some((word.to_owned(), near.to_owned()))
    };
    match word {
        Some(word) => likely(word),
        None => commands(container).iter().find_map(|word| likely(word)),
    }
}

/// The words in the places of commands, where a shell is given a line of them.
fn commands(container: &ContainerView<'_>) -> Vec<String> {
    let Some(spec) = container.spec else {
        return Vec::new();
    };
    let words = spec.command.iter().chain(&spec.args).flatten();
    let words: Vec<&String> = words.collect();
    let base = |word: &str| word.rsplit('/').next().unwrap_or_default().to_owned();
    let is_shell = words.first().is_some_and(|it| SHELLS.contains(&&*base(it)));
    let line = words.last().filter(|_| is_shell && words.len() > 2);
    let parts = line.map(|line| line.split([';', '&', '|', '\n', '(']));
    let firsts = parts
        .into_iter()
        .flatten()
        .filter_map(|part| part.split_whitespace().next());
    firsts.map(str::to_owned).collect()
}
