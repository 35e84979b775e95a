//! Requests: what a line of an administrator means. Pure.

use std::time::Duration;

use hubbub_wire::{Limits, Username};

#[cfg(feature = "tls")]
use super::invitations::Wanted;
use super::lines::fields;
use crate::address::Network;
use crate::motd;
use crate::orders::Order;

/// The longest time of a ban that is not for good: a year, as `humantime` counts it.
const MAX_BAN: Duration = Duration::from_secs(31_557_600);

/// What is to be done.
#[derive(Debug)]
pub(super) enum Request {
    /// By the hub, which answers.
    Order(Order),
    /// Another message of the day, or none any more.
    Motd(Option<String>),
    /// An invitation.
    #[cfg(feature = "tls")]
    Invite(Wanted),
    /// Another password.
    #[cfg(feature = "tls")]
    NewPassword,
}

/// A request, and how it stands in the log: without what is said in it.
#[derive(Debug)]
pub(super) struct Requested {
    pub(super) request: Request,
    pub(super) what: String,
}

/// Reads a request.
///
/// # Errors
///
/// In words for the administrator: what is wrong with it.
pub(super) fn parse(line: &[u8]) -> Result<Requested, String> {
    let fields = fields(line)
        .ok_or("a request is UTF-8, with \\\\, \\t, \\n and \\r as the only escapes")?;
    let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
    let (order, what) = match *fields {
        ["who"] => (Order::Who, "who".to_owned()),
        ["bans"] => (Order::Bans, "bans".to_owned()),
        ["stats"] => (Order::Stats, "stats".to_owned()),
        ["kick", name] => (Order::Kick(self::name(name)?), format!("kick {name}")),
        ["ban", address] => {
            let network = network(address)?;
            (Order::Ban(network, None), format!("ban {network}"))
        }
        ["ban", address, time] => {
            let (network, time) = (network(address)?, self::time(time)?);
            let written = humantime::format_duration(time);
            (
                Order::Ban(network, Some(time)),
                format!("ban {network} {written}"),
            )
        }
        ["unban", address] => {
            let network = network(address)?;
            (Order::Unban(network), format!("unban {network}"))
        }
        ["say", text] => {
            let text = self::text(text)?.ok_or("there is nothing to say")?;
            let what = format!("say, {} bytes", text.len());
            (Order::Say(text), what)
        }
        ["motd", text] => {
            let text = self::text(text)?;
            let what = format!("motd, {} bytes", text.as_ref().map_or(0, String::len));
            let request = Request::Motd(text);
            return Ok(Requested { request, what });
        }
        #[cfg(feature = "tls")]
        ["invite", host] => return invite(host, false),
        #[cfg(feature = "tls")]
        ["invite", host, "pin"] => return invite(host, true),
        #[cfg(feature = "tls")]
        ["new-password"] => {
            return Ok(Requested {
                request: Request::NewPassword,
                what: "new-password".to_owned(),
            });
        }
        #[cfg(not(feature = "tls"))]
        ["invite" | "new-password", ..] => {
            return Err(
                "this build has no TLS, so there are neither invitations nor passwords".to_owned(),
            );
        }
        _ => {
            return Err(
                "a request is who, kick NAME, ban ADDR, ban ADDR TIME, unban ADDR, bans, say TEXT, motd TEXT, \
                 invite HOST, invite HOST pin, new-password or stats, with tabs between the words"
                    .to_owned(),
            );
        }
    };
    let request = Request::Order(order);
    Ok(Requested { request, what })
}

#[cfg(feature = "tls")]
fn invite(host: &str, has_pin: bool) -> Result<Requested, String> {
    let wanted = Wanted::new(host, has_pin)?;
    Ok(Requested {
        what: format!("invite {}", wanted.host()),
        request: Request::Invite(wanted),
    })
}

fn name(text: &str) -> Result<Username<'static>, String> {
    let name = Username::new(text, Limits::DEFAULT.max_name);
    let name = name.map_err(|error| format!("nobody can have the name {text:?}: {error}"))?;
    Ok(name.into_owned())
}

fn network(text: &str) -> Result<Network, String> {
    Network::parse(text).ok_or_else(|| {
        format!("{text:?} is no address; give one such as 192.0.2.1 or 2001:db8::1, which stands for its network of 64 bits")
    })
}

fn time(text: &str) -> Result<Duration, String> {
    let time = humantime::parse_duration(text).ok();
    time.filter(|time| !time.is_zero() && *time <= MAX_BAN)
        .ok_or_else(|| {
            format!("{text:?} is no time for a ban; give one such as 30min, 12h or 7d, 1year at most, or none for good")
        })
}

fn text(text: &str) -> Result<Option<String>, String> {
    motd::check(text.as_bytes()).map_err(|error| format!("the text cannot be sent: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::motd::MAX_MOTD;

    fn what(line: &str) -> Result<String, String> {
        parse(line.as_bytes()).map(|requested| requested.what)
    }

    #[test]
    fn each_command_is_read_and_stands_in_the_log_without_what_is_said() {
        for (line, written) in [
            ("who", "who"),
            ("bans", "bans"),
            ("stats", "stats"),
            ("kick\tbob \"x\" ü", "kick bob \"x\" ü"),
            ("ban\t192.0.2.1", "ban 192.0.2.1"),
            ("ban\t2001:db8::1\t90min", "ban 2001:db8::/64 1h 30m"),
            ("unban\t::ffff:192.0.2.1", "unban 192.0.2.1"),
            ("say\thello\\nyou", "say, 9 bytes"),
            ("motd\tBe kind.", "motd, 8 bytes"),
            ("motd\t", "motd, 0 bytes"),
            #[cfg(feature = "tls")]
            ("invite\tchat.example.org", "invite chat.example.org"),
            #[cfg(feature = "tls")]
            ("invite\tchat.example.org\tpin", "invite chat.example.org"),
            #[cfg(feature = "tls")]
            ("new-password", "new-password"),
        ] {
            assert_eq!(what(line).as_deref(), Ok(written), "{line}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_told_in_words() {
        for (line, word) in [
            ("", "a request is who"),
            ("who\tbob", "a request is who"),
            ("Who", "a request is who"),
            ("kick", "a request is who"),
            ("kick\t", "nobody can have the name"),
            ("kick\tbob\\nkick\\teve", "nobody can have the name"),
            ("ban\tbob", "is no address"),
            ("ban\t192.0.2.1\tsoon", "is no time"),
            ("ban\t192.0.2.1\t0s", "is no time"),
            ("say\t \\n", "nothing to say"),
            ("say\t\u{1b}[2J", "control character"),
            #[cfg(feature = "tls")]
            ("invite", "a request is who"),
            #[cfg(feature = "tls")]
            ("invite\ta\tpins", "a request is who"),
            #[cfg(feature = "tls")]
            ("invite\tchats://a/#key=x", "is no host"),
            #[cfg(feature = "tls")]
            ("new-password\tx", "a request is who"),
        ] {
            let error = what(line).unwrap_err();
            assert!(error.contains(word), "{line:?}: {error}");
        }
    }

    #[test]
    fn the_longest_name_text_and_ban_are_taken_and_longer_ones_are_not() {
        for (command, longest, more) in [
            ("kick", "x".repeat(Limits::DEFAULT.max_name), "x"),
            ("say", "x".repeat(MAX_MOTD), "x"),
            ("motd", "\\\\".repeat(MAX_MOTD), "x"),
            ("ban\t192.0.2.1", "31557600s".to_owned(), "1s"),
        ] {
            let line = format!("{command}\t{longest}");
            assert!(what(&line).is_ok(), "{command}");
            assert!(line.len() <= super::super::lines::MAX_LINE);
            assert!(what(&format!("{line}{more}")).is_err(), "{command}");
        }
    }
}
