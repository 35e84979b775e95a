//! Answers: what the hub has answered, in lines for the administrator.

use super::Office;
#[cfg(feature = "tls")]
use super::invitations::NEW_PASSWORD;
use super::lines::put;
use crate::bans::Bans;
use crate::orders::{Answer, Row, Standing, Stats};
use crate::runtime;

impl Office {
    /// Adds the data of what the hub has answered, and keeps what is to be kept. Returns the words that end the answer.
    pub(super) async fn tell(&self, said: Answer, answer: &mut String) -> Result<String, String> {
        Ok(match said {
            Answer::Who(rows) => {
                rows.iter().for_each(|row| put_row(answer, row));
                count(rows.len(), "member")
            }
            Answer::Kicked => "out, and not let in for a minute".to_owned(),
            Answer::NotHere => return Err("nobody here has this name".to_owned()),
            Answer::Banned { bans, out } => {
                let kept = self.keep(bans).await?;
                format!("banned, {}; {kept}", count(out, "connection") + " ended")
            }
            Answer::TooManyBans => {
                let most = crate::bans::MOST_BANS;
                return Err(format!(
                    "there are {most} bans, which is the most; take some back first"
                ));
            }
            Answer::Unbanned(bans) => {
                let kept = self.keep(bans).await?;
                format!("let in again; {kept}")
            }
            Answer::NotBanned => return Err("this address is not banned".to_owned()),
            Answer::Bans(bans) => put_bans(answer, &bans),
            // Whoever asked for an invitation makes it.
            #[cfg(feature = "tls")]
            Answer::Invitation(_) => return Err("nobody has asked for this".to_owned()),
            #[cfg(feature = "tls")]
            Answer::Password => NEW_PASSWORD.to_owned(),
            Answer::Said(members) => format!("told to {}", count(members, "member")),
            Answer::Stats(stats) => {
                self.put_stats(answer, &stats).await;
                "as of now".to_owned()
            }
        })
    }

    async fn put_stats(&self, answer: &mut String, stats: &Stats) {
        let mut put = |name: &str, value: u64| put(answer, "-", [name, &value.to_string()]);
        put("members", stats.members as u64);
        put("absent", stats.absent as u64);
        put("strangers", stats.strangers as u64);
        put("messages", stats.messages);
        put("bans", stats.bans as u64);
        let up = runtime::now().saturating_duration_since(self.opened);
        put("up_seconds", up.as_secs());
        put("text_bytes", stats.texts as u64);
        if let Some(bytes) = resident_bytes() {
            put("resident_bytes", bytes);
        }
        if let Some(rows) = self.history_rows().await {
            put("history_rows", rows);
        }
    }

    /// How many messages the history has, if there is one.
    async fn history_rows(&self) -> Option<u64> {
        #[cfg(feature = "history")]
        {
            let dir = self.history.clone()?;
            let rows = runtime::blocking(move || crate::log::history::open::rows(&dir));
            rows.await.ok().flatten()
        }
        #[cfg(not(feature = "history"))]
        self.history.as_ref().and(None)
    }
}

fn put_row(answer: &mut String, row: &Row) {
    let standing = match row.standing {
        Standing::Granted => "granted",
        Standing::Plain => "plain",
        Standing::Absent => "absent",
    };
    let address = row.address.as_deref().unwrap_or_default();
    let since = row.since.to_string();
    put(answer, "-", [row.name.as_str(), address, &since, standing]);
}

fn put_bans(answer: &mut String, bans: &Bans) -> String {
    let mut number = 0;
    for (network, until) in bans.iter(runtime::wall()) {
        let until = until.map(|until| until.to_string()).unwrap_or_default();
        put(answer, "-", [&*network.to_string(), &until]);
        number += 1;
    }
    count(number, "ban")
}

fn count(number: usize, what: &str) -> String {
    match number {
        1 => format!("1 {what}"),
        _ => format!("{number} {what}s"),
    }
}

/// How much memory the process takes, where the system tells.
fn resident_bytes() -> Option<u64> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = statm.split(' ').nth(1)?.parse().ok()?;
    Some(pages * rustix::param::page_size() as u64)
}
