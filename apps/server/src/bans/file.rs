//! The file in which bans outlive the server: a line that says what it is and how many follow, then a ban a line. It is
//! replaced as a whole, so that a crash leaves the older one or the newer one.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use hubbub_wire::Time;

use super::{Bans, MOST_BANS, Until};
use crate::address::Network;

/// The file in the state directory.
const NAME: &str = "bans";
/// The newer one, before it takes the place of the file.
const NEWER: &str = "bans.new";
/// What one server holds for as long as it runs.
const LOCK: &str = "bans.lock";

/// The first word of the file, with the version of its form.
const MARK: &str = "hubbub-bans-1";
/// Until when those are banned that are banned for good.
const FOR_GOOD: &str = "for-good";

/// The longest file that is read, in bytes. A ban takes 70 at most.
const MOST_BYTES: u64 = 100 * MOST_BANS as u64;

/// Keeps bans in a directory, which no other server may use for that.
#[derive(Debug)]
pub(crate) struct Keeper {
    dir: PathBuf,
    /// The version of the list that is kept.
    kept: u64,
    _lock: File,
}

impl Keeper {
    /// Takes the directory, which is made if it is missing, and reads the bans in it.
    ///
    /// # Errors
    ///
    /// In words for the operator: the directory cannot be used, or the file is damaged.
    pub(crate) fn open(dir: &Path) -> Result<(Self, Bans), String> {
        let cannot = |error| format!("cannot keep bans in {}: {error}", dir.display());
        let mut builder = DirBuilder::new();
        builder.recursive(true).mode(0o700);
        builder.create(dir).map_err(cannot)?;
        let lock = private(&dir.join(LOCK), false).map_err(cannot)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(format!(
                    "another server keeps its bans in {}; stop it, or give this one another --state",
                    dir.display()
                ));
            }
            Err(TryLockError::Error(error)) => return Err(cannot(error)),
        }
        let bans = read(&dir.join(NAME))?;
        let keeper = Self {
            dir: dir.to_owned(),
            kept: bans.version(),
            _lock: lock,
        };
        Ok((keeper, bans))
    }

    /// Keeps a list, unless a later one is kept already. It waits for the disk.
    ///
    /// # Errors
    ///
    /// The disk does not take it. What was kept before is still there.
    pub(crate) fn keep(&mut self, bans: &Bans, now: Time) -> io::Result<()> {
        if bans.version() <= self.kept {
            return Ok(());
        }
        let newer = self.dir.join(NEWER);
        let mut file = private(&newer, true)?;
        file.write_all(written(bans, now).as_bytes())?;
        file.sync_all()?;
        fs::rename(newer, self.dir.join(NAME))?;
        File::open(&self.dir)?.sync_all()?;
        self.kept = bans.version();
        Ok(())
    }
}

/// A file for this user alone, which is emptied if it is to be written.
fn private(path: &Path, is_emptied: bool) -> io::Result<File> {
    let mut options = File::options();
    options.create(true).truncate(is_emptied).write(true);
    options.mode(0o600).open(path)
}

fn read(path: &Path) -> Result<Bans, String> {
    let bytes = match fs::metadata(path) {
        Ok(metadata) if metadata.len() > MOST_BYTES => {
            return Err(damaged(path, "it is too long"));
        }
        Ok(_) => fs::read(path),
        Err(error) => Err(error),
    };
    match bytes {
        Ok(bytes) => {
            let text = String::from_utf8(bytes).map_err(|_| damaged(path, "it is not UTF-8"))?;
            parse(&text).map_err(|why| damaged(path, &why))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Bans::default()),
        Err(error) => Err(format!("cannot read {}: {error}", path.display())),
    }
}

fn damaged(path: &Path, why: &str) -> String {
    format!(
        "the bans in {} are damaged: {why}; repair the file, or move it away to begin without bans",
        path.display()
    )
}

fn written(bans: &Bans, now: Time) -> String {
    let mut text = format!("{MARK} {}\n", bans.iter(now).count());
    for (network, until) in bans.iter(now) {
        let until = until.map_or_else(|| FOR_GOOD.to_owned(), |until| until.to_string());
        text.push_str(&format!("{network} {until}\n"));
    }
    text
}

fn parse(text: &str) -> Result<Bans, String> {
    let mut lines = text.split_terminator('\n');
    let first = lines.next().and_then(|line| line.strip_prefix(MARK));
    let count = first.and_then(|count| count.strip_prefix(' ')?.parse::<usize>().ok());
    let count = count.ok_or_else(|| format!("its first line is not {MARK} and a number"))?;
    let mut bans = Bans::default();
    for (number, line) in (2..).zip(lines) {
        let (network, until) = parse_ban(line)
            .ok_or_else(|| format!("line {number} is not an address and the end of its ban"))?;
        // No ban is over at this time, so that all of them count.
        bans.ban(network, until, Time::from_unix_ms(0))
            .map_err(|_| format!("it has more than {MOST_BANS} bans"))?;
    }
    let read = bans.until.len();
    if read != count || !text.ends_with('\n') {
        return Err(format!(
            "it has {read} whole bans, and its first line says {count}"
        ));
    }
    Ok(bans)
}

fn parse_ban(line: &str) -> Option<(Network, Until)> {
    let (network, until) = line.split_once(' ')?;
    let until = match until {
        FOR_GOOD => None,
        time => Some(Time::parse(time)?),
    };
    Some((Network::parse(network)?, until))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some() -> Bans {
        let mut bans = Bans::default();
        for (address, until) in [
            ("192.0.2.1", None),
            ("2001:db8::1", Some(Time::from_unix_ms(1_795_000_000_123))),
        ] {
            let network = Network::parse(address).unwrap();
            bans.ban(network, until, Time::from_unix_ms(0)).unwrap();
        }
        bans
    }

    #[test]
    fn bans_are_read_as_they_were_written() {
        let bans = some();
        let text = written(&bans, Time::from_unix_ms(0));
        assert_eq!(parse(&text).as_ref(), Ok(&bans), "{text}");
        let later = written(&bans, Time::MAX);
        assert_eq!(parse(&later).map(|bans| bans.until.len()), Ok(1), "{later}");
    }

    #[test]
    fn the_fullest_list_is_read_and_one_with_a_ban_more_is_not() {
        let lines = |count: u32| {
            let of = |n| format!("{} {}\n", std::net::Ipv4Addr::from_bits(n), Time::MAX);
            let bans: String = (0..count).map(of).collect();
            format!("{MARK} {count}\n{bans}")
        };
        let most = u32::try_from(MOST_BANS).unwrap();
        assert!(parse(&lines(most)).is_ok());
        assert!(parse(&lines(most + 1)).unwrap_err().contains("more than"));
        let longest = format!("{} {}\n", "2001:db8:1234:5678::/64", Time::MAX);
        assert!(longest.len() < 100);
    }

    #[test]
    fn any_cut_and_any_wrong_line_is_noticed() {
        let text = written(&some(), Time::from_unix_ms(0));
        for end in 0..text.len() {
            assert!(parse(&text[..end]).is_err(), "{:?}", &text[..end]);
        }
        for bad in [
            text.replace("for-good", "for-bad"),
            text.replace("192.0.2.1", "192.0.2"),
            text.replace(" 2\n", " 3\n"),
            text.replace(MARK, "hubbub-bans-2"),
            text.replace("192.0.2.1", "2001:db8::/64"),
            format!("{text}\n"),
        ] {
            assert!(parse(&bad).is_err(), "{bad}");
        }
    }
}
