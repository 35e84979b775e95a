//! What is written about the metrics names what the page has: the dashboard, the alerts, and the table on the front
//! page of the crate, which names all of it.

use std::collections::BTreeSet;

use crate::watched::Watched;

const DASHBOARD: &str = include_str!("../../package/grafana.json");
const ALERTS: &str = include_str!("../../package/alerts.yml");
const FRONT: &str = include_str!("../../src/lib.rs");

/// The words of a text that can only be names of metrics.
fn names(text: &str) -> BTreeSet<&str> {
    let is_part = |character: char| character == '_' || character.is_ascii_alphanumeric();
    let words = text.split(|character| !is_part(character));
    let is_metric = |word: &&str| word.starts_with("hubbub_") || word.starts_with("process_");
    words.filter(is_metric).collect()
}

/// A server whose page has everything that a page can have.
fn watched() -> Watched {
    let options: &[&str] = &["--max-peers", "9"];
    Watched::with(options)
}

/// What the page of a server with a history has besides.
fn of_history(name: &str) -> bool {
    name.starts_with("hubbub_history_")
}

/// What the page of a server with a certificate from elsewhere has besides.
fn of_tls(name: &str) -> bool {
    name.starts_with("hubbub_tls_")
}

#[test]
fn the_dashboard_and_the_alerts_name_only_what_there_is() {
    let page = watched().page();
    let known = page.names();
    for text in [DASHBOARD, ALERTS] {
        let named = names(text);
        assert!(named.len() > 3, "{named:?}");
        for name in named {
            let is_other = of_history(name) || of_tls(name);
            let is_known = known.contains(name) || is_other && names(FRONT).contains(name);
            assert!(is_known, "there is no {name}");
        }
    }
    let causes = ALERTS.split("cause=~\"").skip(1);
    for cause in causes.flat_map(|rest| rest.split('"').next().unwrap().split('|')) {
        page.value(&format!("hubbub_departures_total{{cause=\"{cause}\"}}"));
    }
}

#[test]
fn the_dashboard_and_the_alerts_look_at_the_end_of_the_certificate() {
    for text in [DASHBOARD, ALERTS] {
        assert!(names(text).contains("hubbub_tls_certificate_end_seconds"));
    }
}

#[test]
fn the_front_page_names_each_cause() {
    let page = watched().page();
    let causes = page.values.keys().filter_map(|name| {
        let (_, cause) = name.split_once("{cause=\"")?;
        cause.strip_suffix("\"}")
    });
    let (_, section) = FRONT.split_once("//! # Metrics\n").unwrap();
    let section = section.split("\n//! # ").next().unwrap();
    let mut count = 0;
    for cause in causes {
        assert!(section.contains(&format!("`{cause}`")), "{cause}");
        count += 1;
    }
    assert!(count > 20, "{count}");
}

/// Whether a metric is shown only where there is a page for browsers.
fn of_web(name: &str) -> bool {
    name.starts_with("hubbub_web_")
}

/// Whether a metric is shown only by a node of a cluster.
fn of_cluster(name: &str) -> bool {
    name.starts_with("hubbub_cluster_")
}

/// The names in the rows of the table of metrics.
fn documented() -> BTreeSet<&'static str> {
    let (_, section) = FRONT.split_once("//! # Metrics\n").unwrap();
    let section = section.split("\n//! # ").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with("//! | `"));
    rows.map(|row| row.split('`').nth(1).unwrap()).collect()
}

#[test]
fn the_front_page_names_all_that_the_page_shows_and_nothing_else() {
    let page = watched().page();
    let shown: BTreeSet<&str> = page.kinds.keys().map(String::as_str).collect();
    let documented: BTreeSet<&str> = documented()
        .into_iter()
        .filter(|name| !of_history(name) && !of_tls(name) && !of_web(name) && !of_cluster(name))
        .collect();
    assert_eq!(documented, shown);
}

/// As the test above, for a server that speaks TLS.
#[test]
#[cfg(feature = "tls")]
fn the_front_page_names_all_that_tls_shows() {
    let directory = std::env::temp_dir().join(format!("hubbub-shown-{:016x}", fastrand::u64(..)));
    std::fs::create_dir(&directory).unwrap();
    let authority = hubbub_testing::tls::Authority::new();
    let certificate = authority.until("localhost", 2100, 1, 2);
    let [cert, key] = certificate.write(&directory, "tls");
    let [cert, key] = [&cert, &key].map(|path| path.to_str().unwrap());
    let watched = Watched::with(&["--tls", "--tls-cert", cert, "--tls-key", key]);
    let page = watched.page();
    let shown = page.kinds.keys().map(String::as_str);
    let shown: BTreeSet<&str> = shown.filter(|name| of_tls(name)).collect();
    let documented: BTreeSet<&str> = documented()
        .into_iter()
        .filter(|name| of_tls(name))
        .collect();
    assert_eq!(documented, shown);
    // The second of January 2100 at midnight.
    assert_eq!(
        page.value("hubbub_tls_certificate_end_seconds"),
        4_102_531_200.0
    );
    std::fs::remove_dir_all(directory).unwrap();
}

/// As the test above, for a server that keeps messages.
#[test]
#[cfg(feature = "history")]
fn the_front_page_names_all_that_the_history_shows() {
    let directory = std::env::temp_dir().join(format!("hubbub-shown-{:016x}", fastrand::u64(..)));
    let watched = Watched::with(&["--history", directory.to_str().unwrap()]);
    let page = watched.page();
    let shown = page.kinds.keys().map(String::as_str);
    let shown: BTreeSet<&str> = shown.filter(|name| of_history(name)).collect();
    let documented: BTreeSet<&str> = documented()
        .into_iter()
        .filter(|name| of_history(name))
        .collect();
    assert_eq!(documented, shown);
    drop(watched);
    std::fs::remove_dir_all(directory).unwrap();
}
