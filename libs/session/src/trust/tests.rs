use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use hubbub_wire::Username;

use super::*;

const A: &[u8] = b"a";
const B: &[u8] = b"b";
const C: &[u8] = b"c";

fn address() -> Address {
    let host = "localhost".to_owned();
    Address { host, port: 8765 }
}

fn options(known: Option<PathBuf>) -> Options {
    Options {
        is_private: true,
        known,
        ..Options::new(address(), Username::new("alice", 64).unwrap())
    }
}

fn since(second: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(second)
}

fn pins(keys: &[&[u8]]) -> Vec<Pin> {
    keys.iter().map(|key| Pin::of_key(key)).collect()
}

fn password(words: &str) -> Password {
    Password::new(words)
}

impl Trust {
    /// Comes in at a server with this key.
    fn enters(&mut self, key: &[u8], authority: Result<(), String>) -> Line {
        let line = self.knocks(key, authority);
        self.keeps(&line, true).unwrap();
        line
    }

    /// The same, up to where the server decides.
    fn knocks(&mut self, key: &[u8], authority: Result<(), String>) -> Line {
        let known = self.look().unwrap();
        let pin = Pin::of_key(key);
        let verdict = self.judge(&known, pin, || authority.clone());
        let Verdict::Believe { reason, since: at } = verdict else {
            panic!("{verdict:?}");
        };
        self.line(&known, pin, reason, at.unwrap_or(since(1)))
    }

    fn keeps(&mut self, line: &Line, is_granted: bool) -> Result<(), KnownError> {
        match self.learn(line, is_granted) {
            // It is told the first time that there is no file.
            Learnt::Holds(Err(KnownError::NoFile)) if self.rooms.is_none() => Ok(()),
            Learnt::Holds(kept) => kept,
            Learnt::Otherwise => panic!("another program has learnt otherwise"),
        }
    }

    fn known(&self) -> KnownRoom {
        self.look().unwrap().server.unwrap()
    }
}

fn bad() -> Result<(), String> {
    Err("signed by nobody".to_owned())
}

/// A file, and one who was never there, with these pins and this password.
fn newcomer(invited: &[&[u8]], words: Option<&str>) -> (tempfile::TempDir, Options) {
    let directory = tempfile::tempdir().unwrap();
    let options = Options {
        pins: pins(invited),
        password: words.map(password),
        ..options(Some(directory.path().join("known_rooms.toml")))
    };
    (directory, options)
}

/// The same person in a later run, without the invitation.
fn later(options: &Options) -> Trust {
    Trust::new(&self::options(options.known.clone()))
}

fn sent(line: &Line) -> Option<Password> {
    let password = line.password.as_ref()?;
    Some(Password::new(password.as_bytes()))
}

#[test]
fn what_is_learnt_holds_in_later_runs_with_a_file_and_in_this_one_without() {
    let (_directory, options) = newcomer(&[A], Some("secret"));
    for options in [
        options.clone(),
        Options {
            known: None,
            ..options
        },
    ] {
        let mut trust = Trust::new(&options);
        assert_eq!(trust.look().unwrap().server, None);
        trust.enters(A, bad());
        let known = trust.known();
        assert_eq!((known.pins, known.reason), (pins(&[A]), Reason::Pin));
        assert_eq!(
            later(&options).look().unwrap().server.is_some(),
            options.known.is_some()
        );
    }
}

#[test]
fn nothing_is_stored_before_the_server_has_let_us_in() {
    let (_directory, options) = newcomer(&[A], Some("secret"));
    let mut trust = Trust::new(&options);
    trust.knocks(A, bad());
    assert_eq!(trust.look().unwrap().server, None);
}

#[test]
fn the_other_key_of_an_invitation_is_stored_with_the_one_that_the_server_has() {
    let (_directory, options) = newcomer(&[B, A], None);
    Trust::new(&options).enters(A, bad());
    assert_eq!(later(&options).known().pins, pins(&[A, B]));
    later(&options).enters(B, bad());
    // The server has changed over: the old key is none of its own any more.
    assert_eq!(later(&options).known().pins, pins(&[B]));
}

#[test]
fn a_key_that_the_server_announces_is_believed_later_and_takes_the_place_of_one_announced_before() {
    let (_directory, options) = newcomer(&[A], Some("secret"));
    let mut trust = Trust::new(&options);
    let since = trust.enters(A, bad()).since;
    for next in [C, A, B] {
        trust.announced(Pin::of_key(A), Pin::of_key(next)).unwrap();
    }
    assert_eq!(trust.known().pins, pins(&[A, B]));
    // What the server with another key says does not count.
    trust.announced(Pin::of_key(B), Pin::of_key(C)).unwrap();
    assert_eq!(trust.known().pins, pins(&[A, B]));
    let mut trust = later(&options);
    let line = trust.enters(B, bad());
    assert_eq!(sent(&line), Some(password("secret")));
    assert_eq!((line.reason, line.since), (Reason::Pin, since));
    assert_eq!(trust.known().pins, pins(&[B]));
    let kept = trust.known().password.unwrap();
    assert_eq!(kept.key, Pin::of_key(B));
}

#[test]
fn a_stored_password_goes_to_the_key_that_it_was_stored_with_and_to_no_other() {
    let (_directory, options) = newcomer(&[], Some("secret"));
    Trust::new(&options).enters(A, Ok(()));
    assert_eq!(
        sent(&later(&options).knocks(A, Ok(()))),
        Some(password("secret"))
    );
    // An authority vouches for another key.
    assert_eq!(sent(&later(&options).enters(B, Ok(()))), None);
    assert_eq!(
        sent(&later(&options).enters(A, Ok(()))),
        Some(password("secret"))
    );
}

#[test]
fn a_password_that_was_given_goes_before_the_stored_one_and_is_stored_in_its_place() {
    let (_directory, options) = newcomer(&[A], Some("old"));
    Trust::new(&options).enters(A, bad());
    let new = Options {
        password: Some(password("new")),
        ..options.clone()
    };
    let line = Trust::new(&new).enters(A, bad());
    assert_eq!(sent(&line), Some(password("new")));
    assert_eq!(
        sent(&later(&options).knocks(A, bad())),
        Some(password("new"))
    );
}

#[test]
fn a_server_that_does_not_grant_has_read_no_password_so_that_none_is_stored() {
    let (_directory, options) = newcomer(&[A], Some("secret"));
    let mut trust = Trust::new(&options);
    let line = trust.knocks(A, bad());
    trust.keeps(&line, false).unwrap();
    assert_eq!(trust.known().password, None);
}

#[test]
fn a_refused_password_is_repeated_in_no_run_until_somebody_types_it() {
    let (_directory, options) = newcomer(&[A], Some("old"));
    Trust::new(&options).enters(A, bad());
    let mut trust = later(&options);
    assert_eq!(sent(&trust.knocks(A, bad())), Some(password("old")));
    assert!(trust.password_refused().0);
    for trust in [&mut trust, &mut later(&options)] {
        assert_eq!(sent(&trust.knocks(A, bad())), None);
        let (refused, kept) = trust.password_refused();
        assert!(!refused && kept.is_ok());
    }
    trust.take_password(trust.server(), password("old"));
    assert_eq!(sent(&trust.knocks(A, bad())), Some(password("old")));
}

#[test]
fn a_refused_password_that_the_file_cannot_forget_is_not_repeated_in_this_run() {
    let (directory, options) = newcomer(&[A], Some("old"));
    Trust::new(&options).enters(A, bad());
    // Nobody can lock what is a directory.
    let lock = directory.path().join("known_rooms.toml.lock");
    fs::remove_file(&lock).unwrap();
    fs::create_dir(&lock).unwrap();
    let mut trust = later(&options);
    trust.knocks(A, bad());
    let (refused, kept) = trust.password_refused();
    assert!(refused && kept.is_err());
    assert!(later(&options).known().password.is_some());
    assert_eq!(sent(&trust.knocks(A, bad())), None);
}

#[test]
fn where_the_given_password_is_refused_the_stored_one_is_tried_if_it_is_another() {
    let (_directory, options) = newcomer(&[A], Some("stored"));
    Trust::new(&options).enters(A, bad());
    let stale = Options {
        password: Some(password("stale")),
        ..options
    };
    let mut trust = Trust::new(&stale);
    for words in [Some("stale"), Some("stored"), None] {
        assert_eq!(sent(&trust.knocks(A, bad())), words.map(password));
        trust.password_refused().1.unwrap();
    }
}

#[test]
fn an_offer_is_bound_by_a_named_key_or_a_password() {
    for (invited, words, authority, is_bound) in [
        (&[][..], None, Ok(()), false),
        (&[A], None, bad(), true),
        (&[], Some("secret"), Ok(()), true),
    ] {
        let (_directory, options) = newcomer(invited, words);
        let line = Trust::new(&options).enters(A, authority.clone());
        assert_eq!(line.is_bound, is_bound);
        assert_eq!(later(&options).knocks(A, authority).is_bound, is_bound);
    }
    let (_directory, options) = newcomer(&[], None);
    let mut trust = Trust::new(&options);
    trust.say_yes(Pin::of_key(A));
    assert!(!trust.enters(A, bad()).is_bound);
}

#[test]
fn what_another_program_has_learnt_meanwhile_is_not_written_over() {
    let (_directory, options) = newcomer(&[A], None);
    let mut trust = Trust::new(&options);
    let line = trust.knocks(A, bad());
    let mut other = later(&options);
    other.say_yes(Pin::of_key(B));
    other.enters(B, bad());
    let stored = other.known();
    assert!(matches!(trust.learn(&line, true), Learnt::Otherwise));
    assert_eq!(trust.known(), stored);
}

#[test]
fn a_key_that_an_authority_vouches_for_elsewhere_is_not_replaced_by_one_that_a_person_said_yes_to()
{
    for (authority, is_other) in [(bad(), true), (Ok(()), false)] {
        let (_directory, options) = newcomer(&[], None);
        let mut trust = Trust::new(&options);
        if authority.is_err() {
            trust.say_yes(Pin::of_key(A));
        }
        let line = trust.knocks(A, authority);
        later(&options).enters(B, Ok(()));
        assert_eq!(
            matches!(trust.learn(&line, true), Learnt::Otherwise),
            is_other
        );
        assert_eq!(trust.known().reason, Reason::Authority);
    }
}

#[test]
fn an_invitation_to_a_server_that_an_authority_vouches_for_does_not_make_its_renewal_a_full_stop() {
    let (_directory, options) = newcomer(&[], None);
    Trust::new(&options).enters(A, Ok(()));
    let invited = Options {
        pins: pins(&[A]),
        ..options
    };
    assert!(Trust::new(&invited).enters(A, bad()).is_bound);
    assert_eq!(later(&invited).known().reason, Reason::Authority);
    later(&invited).enters(B, Ok(()));
    assert_eq!(later(&invited).known().pins, pins(&[B]));
}

#[test]
fn what_an_invitation_learns_where_an_authority_was_learnt_meanwhile_stays_the_authoritys() {
    let (_directory, options) = newcomer(&[A], None);
    let mut trust = Trust::new(&options);
    let line = trust.knocks(A, bad());
    later(&options).enters(A, Ok(()));
    trust.keeps(&line, true).unwrap();
    assert_eq!(trust.known().reason, Reason::Authority);
}

#[test]
fn a_password_that_fits_into_no_offer_is_neither_sent_nor_kept() {
    for (words, fits) in [
        ("x".repeat(hubbub_wire::MAX_PASSWORD), true),
        ("x".repeat(hubbub_wire::MAX_PASSWORD + 1), false),
        (String::new(), false),
    ] {
        let (_directory, options) = newcomer(&[], Some(&words));
        let mut trust = Trust::new(&options);
        let line = trust.enters(A, Ok(()));
        assert_eq!((line.password.is_some(), line.is_bound), (fits, fits));
        assert_eq!(trust.known().password.is_some(), fits);
        assert_eq!(trust.password_refused().0, fits);
    }
}

#[test]
fn no_password_that_was_refused_in_this_run_is_repeated_whoever_stores_it_again() {
    let (_directory, options) = newcomer(&[A], Some("first"));
    let mut trust = Trust::new(&options);
    for words in ["first", "second"] {
        trust.take_password(trust.server(), password(words));
        assert_eq!(sent(&trust.knocks(A, bad())), Some(password(words)));
        trust.password_refused().1.unwrap();
    }
    let mut other = later(&options);
    other.say_yes(Pin::of_key(A));
    other.take_password(other.server(), password("first"));
    other.enters(A, bad());
    assert_eq!(sent(&trust.knocks(A, bad())), None);
}

#[test]
fn what_cannot_be_written_holds_in_place_of_what_the_file_says_until_that_changes() {
    let (directory, options) = newcomer(&[A], None);
    let mut trust = Trust::new(&options);
    trust.enters(A, bad());
    let lock = directory.path().join("known_rooms.toml.lock");
    let next = |key| (Pin::of_key(A), Pin::of_key(key));
    let fail = |trust: &mut Trust, key| {
        fs::remove_file(&lock).unwrap();
        fs::create_dir(&lock).unwrap();
        assert!(trust.announced(next(key).0, next(key).1).is_err());
        fs::remove_dir(&lock).unwrap();
        fs::write(&lock, "").unwrap();
    };
    fail(&mut trust, B);
    assert_eq!(trust.known().pins, pins(&[A, B]));
    assert_eq!(later(&options).known().pins, pins(&[A]));
    // It is written with what is learnt next.
    trust.enters(A, bad());
    assert_eq!(later(&options).known().pins, pins(&[A, B]));
    fail(&mut trust, C);
    assert_eq!(trust.known().pins, pins(&[A, C]));
    let mut other = later(&options);
    other.take_password(other.server(), password("secret"));
    other.enters(A, bad());
    assert_eq!(trust.known(), other.known());
}

#[test]
fn without_a_file_it_is_told_once_that_nothing_is_kept() {
    let mut trust = Trust::new(&options(None));
    let line = trust.knocks(A, Ok(()));
    let no_file = Learnt::Holds(Err(KnownError::NoFile));
    assert_eq!(
        format!("{:?}", trust.learn(&line, true)),
        format!("{no_file:?}")
    );
    assert!(matches!(trust.learn(&line, true), Learnt::Holds(Ok(()))));
}

#[test]
fn what_cannot_be_stored_is_told_and_holds_for_this_run() {
    let directory = tempfile::tempdir().unwrap();
    let place = directory.path().join("state");
    let file = place.join("known_rooms.toml");
    let mut trust = Trust::new(&options(Some(file)));
    trust.say_yes(Pin::of_key(A));
    let line = trust.knocks(A, bad());
    // Nobody can make a directory where a file is.
    fs::write(&place, "").unwrap();
    let told = trust.keeps(&line, true).unwrap_err();
    assert!(matches!(told, KnownError::Unwritable(..)), "{told}");
    fs::remove_file(&place).unwrap();
    assert_eq!(trust.known().pins, pins(&[A]));
}

/// Two servers of one room, and a file.
fn on_several() -> (tempfile::TempDir, Options) {
    let (directory, options) = newcomer(&[], None);
    let addresses = Addresses::from_hosts("one,two", 8765).unwrap();
    let options = Options {
        addresses,
        ..options
    };
    (directory, options)
}

impl Trust {
    fn at(&mut self, server: usize) -> &mut Self {
        let server = self.room.iter().nth(server).unwrap().clone();
        self.turn_to(&server);
        self
    }
}

#[test]
fn a_key_that_is_announced_is_that_of_all_servers_of_the_room_with_the_same_one_and_of_no_other() {
    for (second, known) in [(A, pins(&[A, C])), (B, pins(&[B]))] {
        let (_directory, options) = on_several();
        let mut trust = Trust::new(&options);
        trust.at(0).enters(A, Ok(()));
        trust.at(1).enters(second, Ok(()));
        trust.at(0).announced(pins(&[A])[0], pins(&[C])[0]).unwrap();
        assert_eq!(trust.known().pins, pins(&[A, C]));
        assert_eq!(trust.at(1).known().pins, known);
    }
}

#[test]
fn a_list_has_two_keys_for_each_server_at_most_and_the_newest_stay() {
    let (_directory, options) = on_several();
    let mut trust = Trust::new(&options);
    // An authority's clients change their keys.
    for key in [A, B, C, b"d", b"e"] {
        trust.at(0).enters(key, Ok(()));
    }
    let room = trust.look().unwrap().room.unwrap();
    assert_eq!(room.pins, pins(&[b"e", b"d", C, B]));
    // A key of one server is right at another one that is new, and at no other.
    assert_eq!(trust.at(1).enters(B, bad()).reason, Reason::Authority);
    let known = trust.look().unwrap();
    let verdict = trust.judge(&known, pins(&[C])[0], bad);
    assert!(matches!(verdict, Verdict::Stop { .. }), "{verdict:?}");
}

#[test]
fn an_invitation_to_a_known_list_adds_no_key_to_it() {
    let (_directory, options) = on_several();
    Trust::new(&options).at(0).enters(A, Ok(()));
    let invited = Options {
        pins: pins(&[A, B]),
        ..options.clone()
    };
    Trust::new(&invited).at(0).enters(A, bad());
    let trust = Trust::new(&options);
    assert_eq!(trust.look().unwrap().room.unwrap().pins, pins(&[A]));
}

#[test]
fn the_password_of_a_list_goes_to_a_new_server_and_is_forgotten_where_it_is_refused() {
    let (_directory, options) = on_several();
    let given = Options {
        password: Some(password("secret")),
        ..options.clone()
    };
    Trust::new(&given).at(0).enters(A, Ok(()));
    let mut later = Trust::new(&options);
    let line = later.at(1).knocks(B, Ok(()));
    assert_eq!(sent(&line), Some(password("secret")));
    assert!(later.password_refused().0);
    let mut last = Trust::new(&options);
    assert_eq!(sent(&last.at(1).knocks(B, Ok(()))), None);
}
