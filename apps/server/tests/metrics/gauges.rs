//! What is here now, and how long a text was on its way.

use hubbub_testing::{join, leave, text};

use crate::watched::Watched;

/// Waits until these gauges say this.
#[track_caller]
fn shows(watched: &Watched, wanted: &[(&str, f64)]) {
    let what = format!("{wanted:?}");
    watched.until(&what, |page| {
        let is_so = |(name, value): &(&str, f64)| page.value(name) == *value;
        wanted.iter().all(is_so)
    });
}

#[test]
fn members_strangers_and_connections_are_those_that_are_here() {
    let watched = Watched::with(&[]);
    let [mut ada, mut bob] = watched.members(["ada", "bob"]);
    let stranger = watched.room.connect();
    let here = [
        ("hubbub_members", 2.0),
        ("hubbub_members_granted", 0.0),
        ("hubbub_members_absent", 0.0),
        ("hubbub_strangers", 1.0),
        ("hubbub_connections", 3.0),
    ];
    shows(&watched, &here);
    drop(stranger);
    bob.send(leave("bob"));
    ada.expect(leave("bob"));
    let here = [
        ("hubbub_members", 1.0),
        ("hubbub_strangers", 0.0),
        ("hubbub_connections", 1.0),
    ];
    shows(&watched, &here);
}

#[test]
fn a_member_that_may_come_back_is_a_member_without_a_connection_until_it_does() {
    let watched = Watched::with(&["--grace", "1h"]);
    let cyd = watched.room.ours("cyd");
    let granted = |absent, connections| {
        [
            ("hubbub_members", 1.0),
            ("hubbub_members_granted", 1.0),
            ("hubbub_members_absent", absent),
            ("hubbub_connections", connections),
        ]
    };
    shows(&watched, &granted(0.0, 1.0));
    let offer = cyd.offer.clone();
    drop(cyd);
    shows(&watched, &granted(1.0, 0.0));
    let _cyd = watched.room.offering(&offer.again());
    shows(&watched, &granted(0.0, 1.0));
}

#[test]
fn what_waits_for_a_reader_and_what_is_read_in_part_takes_memory_and_gives_it_back() {
    let watched = Watched::with(&[]);
    let [mut ada] = watched.members(["ada"]);
    let mut stalled = hubbub_testing::Peer::connect_narrow(watched.room.address());
    stalled.send(join("slow"));
    ada.expect(join("slow"));
    let words = text("ada", vec![b'x'; 500_000]);
    // Sockets hold less than 2 MiB of it.
    ada.send(words.repeat(7));
    let half = text("slow", vec![b'y'; 300_000]);
    stalled.send(&half[..200_000]);
    watched.until("it waits", |page| {
        let (waits, unfinished) = (
            page.value("hubbub_outbox_bytes"),
            page.value("hubbub_unfinished_bytes"),
        );
        // The room for the text that is read in part doubles as it grows.
        waits > 500_000.0 && waits < 3_700_000.0 && unfinished > 190_000.0 && unfinished < 410_000.0
    });
    stalled.send(&half[200_000..]);
    ada.expect(&half);
    stalled.expect(words.repeat(7));
    let rest = [
        ("hubbub_outbox_bytes", 0.0),
        ("hubbub_unfinished_bytes", 0.0),
    ];
    shows(&watched, &rest);
    let page = watched.page();
    let mib = 1024.0 * 1024.0;
    assert_eq!(page.value("hubbub_outbox_limit_bytes"), 192.0 * mib);
    assert_eq!(page.value("hubbub_unfinished_limit_bytes"), 64.0 * mib);
}

#[test]
fn a_text_that_somebody_gets_is_timed_and_one_that_nobody_gets_is_not() {
    let watched = Watched::with(&[]);
    let [mut ada] = watched.members(["ada"]);
    let count = "hubbub_delivery_seconds_count";
    ada.send(text("ada", "anybody?"));
    watched.until("it was said", |page| {
        page.value("hubbub_received_messages_total") == 1.0
    });
    assert_eq!(watched.page().value(count), 0.0);
    let mut bob = watched.room.connect();
    bob.send(join("bob"));
    ada.expect(join("bob"));
    for number in 1..=5 {
        ada.send(text("ada", "hello"));
        bob.expect(text("ada", "hello"));
        // Nothing else is on its way, so each of them is a sample.
        let page = watched.until("it is timed", |page| {
            page.value(count) > number as f64 - 1.0
        });
        assert_eq!(page.value(count), f64::from(number));
        let sum = page.value("hubbub_delivery_seconds_sum");
        assert!(sum > 0.0 && sum < 60.0 * f64::from(number), "{sum}");
    }
}

#[test]
fn a_reader_that_stalls_is_in_the_time_of_what_it_has_not_taken() {
    let watched = Watched::with(&[]);
    let [mut ada] = watched.members(["ada"]);
    let mut stalled = hubbub_testing::Peer::connect_narrow(watched.room.address());
    stalled.send(join("slow"));
    ada.expect(join("slow"));
    let long = text("ada", vec![b'x'; 1_000_000]);
    // Sockets hold less than 2 MiB of it.
    ada.send(long.repeat(3));
    watched.until("it waits", |page| page.value("hubbub_outbox_bytes") > 0.0);
    let begun = std::time::Instant::now();
    std::thread::sleep(std::time::Duration::from_millis(300));
    let least = begun.elapsed().as_secs_f64();
    stalled.expect(long.repeat(3));
    watched.until("nothing waits", |page| {
        page.value("hubbub_outbox_bytes") == 0.0
    });
    // A first text that found room in the sockets has been timed by itself.
    watched.until("it is timed", |page| {
        page.value("hubbub_delivery_seconds_sum") >= least
    });
}

#[test]
fn the_process_shows_what_it_uses() {
    let watched = Watched::with(&[]);
    let page = watched.page();
    let version = env!("CARGO_PKG_VERSION");
    let is_info = |name: &&String| name.starts_with("hubbub_build_info{");
    let info = page.values.keys().find(is_info).unwrap();
    assert!(info.contains(&format!("version=\"{version}\"")), "{info}");
    assert!(info.contains("metrics"), "{info}");
    assert_eq!(
        info.contains("history"),
        cfg!(feature = "history"),
        "{info}"
    );
    watched.until("it has worked", |page| {
        page.value("process_cpu_seconds_total") > 0.0
    });
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let age = now.unwrap().as_secs_f64() - page.value("process_start_time_seconds");
    assert!((0.0..60.0).contains(&age), "{age}");
    if !cfg!(target_os = "linux") {
        return;
    }
    let resident = page.value("process_resident_memory_bytes");
    assert!((1e6..1e9).contains(&resident), "{resident}");
    let open = || watched.page().value("process_open_fds");
    let before = open();
    let _more: Vec<_> = (0..5).map(|_| watched.room.connect()).collect();
    watched.until("five more descriptors", |page| {
        page.value("process_open_fds") == before + 5.0
    });
    assert!(page.value("process_max_fds") > before);
}
