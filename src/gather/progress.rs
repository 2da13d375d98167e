//! One line on standard error while a read takes long, and only when someone watches.

use super::client::Client;
use std::io::{IsTerminal, Write, stderr};
use std::time::Duration;

/// Silence for which nobody has to be told anything.
const PATIENCE: Duration = Duration::from_millis(500);
/// How often the line is written anew.
const STEP: Duration = Duration::from_millis(200);

/// Waits for `work`, telling of it when it takes longer than half a second and standard error is a terminal.
pub(super) async fn shown<T>(client: &Client, work: impl Future<Output = T>) -> T {
    if client.is_traced() || !stderr().is_terminal() {
        return work.await;
    }
    tokio::pin!(work);
    let mut pause = PATIENCE;
    loop {
        match tokio::time::timeout(pause, &mut work).await {
            Ok(done) => {
                if pause != PATIENCE {
                    say("\r\x1b[K");
                }
                return done;
            }
            Err(_) => {
                let traffic = client.traffic();
                let mebibytes = traffic.bytes >> 20;
                let requests = match traffic.requests {
                    1 => "1 request".to_owned(),
                    many => format!("{many} requests"),
                };
                say(&format!("\r\x1b[Kreading: {requests}, {mebibytes} MiB"));
                pause = STEP;
            }
        }
    }
}

fn say(text: &str) {
    // nothing depends on whether it could be shown
    let _ = stderr().write_all(text.as_bytes());
}
