//! Browsers in a private room: inside TLS they are what they are without, and outside they are sent there.

use hubbub_testing::web::Request;
use hubbub_testing::{Peer, join};

use crate::house::House;

#[test]
fn who_comes_without_tls_is_sent_there() {
    let house = House::private(&[]);
    let mut plain = Peer::connect(house.address());
    plain.send(join("plain"));
    assert_eq!(plain.expect_notice(), "this room wants TLS");
    let answer = Peer::connect(house.address()).ask(&house.get("/app-0123/boot.js?x"));
    assert_eq!(answer.status, 308);
    let there = format!("https://{}/app-0123/boot.js?x", house.address());
    assert_eq!(answer.need("Location"), there);
    // No room without TLS, also for those that a page asks for.
    let plain = Peer::connect(house.address());
    let upgrade = plain.upgrade_request();
    assert_eq!(plain.ask(&upgrade).status, 308);
    let evil = Request::get("/", "evil.test");
    let answer = Peer::connect(house.address()).ask(&evil);
    assert!([400, 421].contains(&answer.status), "{answer:?}");
    assert_eq!(answer.header("Location"), None);
}
