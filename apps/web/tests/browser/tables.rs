//! What the page asks the browser, since it has no tables of its own: the standard form of addresses, what is seen of
//! letters, which letters are the same, and the zone of the user.

use hubbub_testing::{Peer, text};
use serde_json::json;

use crate::guest::TEXTS;
use crate::visitor::Visitor;
use crate::web_room::WebRoom;

#[test]
fn links_lead_where_those_of_a_window_on_a_desktop_lead() {
    const LINKS: [(&str, Option<&str>); 12] = [
        ("HTTPS://EXAMPLE.org/a b", Some("https://example.org/a")),
        (
            "(http://m\u{fc}nchen.example/x)",
            Some("http://xn--mnchen-3ya.example/x"),
        ),
        (
            "\u{300c}https://example.org\u{300d}",
            Some("https://example.org/"),
        ),
        (
            "https://example.org/x\u{2014}",
            Some("https://example.org/x"),
        ),
        (
            "https://example.org/\u{e9}",
            Some("https://example.org/%C3%A9"),
        ),
        ("http://[::1]:8080/x", Some("http://[::1]:8080/x")),
        ("http://0x7f.1/", Some("http://127.0.0.1/")),
        ("https:///example.org", None),
        ("http://a%2fb/", None),
        (
            "mailto:bob@\u{fc}.example",
            Some("mailto:bob@xn--tda.example"),
        ),
        ("mailto:bob@a%2fb.example", None),
        // A page cannot open it.
        ("chat://\u{fc}.example", None),
    ];
    let room = WebRoom::open();
    let visitor = Visitor::new();
    let alice = visitor.enters(&room.page(), "alice");
    let mut eve = Peer::join(room.port(), "eve");
    for (link, _) in LINKS {
        eve.send(text("eve", link));
    }
    let all: Vec<_> = LINKS.iter().map(|(_, url)| url).collect();
    alice.shows(
        "[...document.querySelectorAll('#timeline .text')].map((e) => e.querySelector('a')?.getAttribute('href') ?? null)",
        &json!(all),
    );
}

#[test]
fn a_text_of_which_nothing_is_seen_says_so() {
    const NOTHING: &str = "(nothing visible)";
    let room = WebRoom::open();
    let visitor = Visitor::new();
    let alice = visitor.enters(&room.page(), "alice");
    let mut eve = Peer::join(room.port(), "eve");
    for unseen in [
        "\u{200b}\u{2060}",
        "\u{7}",
        "\u{3164}\u{115f}",
        "\u{e0041}",
        "\u{2800} ",
    ] {
        eve.send(text("eve", unseen));
    }
    eve.send(text("eve", "\u{301}"));
    let mut wanted = [NOTHING; 6];
    wanted[5] = "\u{301}";
    alice.shows_texts(&wanted);
}

#[test]
fn a_search_finds_a_letter_whether_its_accent_is_part_of_it_or_follows_it() {
    let room = WebRoom::open();
    let visitor = Visitor::new();
    let alice = visitor.enters(&room.page(), "alice");
    let mut eve = Peer::join(room.port(), "eve");
    for words in ["cafe\u{301}", "cafe", "Stra\u{df}e"] {
        eve.send(text("eve", words));
    }
    alice.shows(&format!("{TEXTS}.length"), &json!(3));
    alice.press("Control+f");
    for (query, count) in [
        ("CAF\u{c9}", "1 of 1"),
        ("strass", "1 of 1"),
        ("cafx", "no match"),
    ] {
        alice.has_focus_in("search-field");
        alice.press("Control+a");
        alice.inserts(query);
        alice.comes_to(&format!(
            "document.getElementById('search-count').textContent.toLowerCase().includes('{count}')"
        ));
    }
}

#[test]
fn times_are_those_of_the_clocks_at_the_visitors_place_at_that_time_of_the_year() {
    let room = WebRoom::open();
    let visitor = Visitor::new();
    let alice = visitor.opens_nothing();
    // Nearly six hours ahead, in summer and winter.
    alice.is_in_zone("Asia/Kathmandu");
    alice.goes_to(&room.page());
    alice.gives_name("alice");
    alice.is("connected");
    alice.says("now");
    // From then on the time is the server's, and stays.
    alice.shows_states(&["arrived"]);
    let time = "document.querySelector('.message time')";
    alice.comes_to(&format!("{time}.title.endsWith(' UTC+5:45')"));
    alice.shows(
        &format!(
            "[{time}.textContent, {time}.title.split(',')[0], {time}.dateTime.length]"
        ),
        &alice.ask(&format!(
            "((at) => [at.toLocaleTimeString('en-GB', {{ hour: '2-digit', minute: '2-digit' }}), \
              at.toLocaleDateString('en-GB', {{ weekday: 'long' }}), 20])(new Date({time}.dateTime))"
        )),
    );
}
