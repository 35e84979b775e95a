//! JOINs, offers and LEAVEs.

use super::*;

#[test]
fn the_first_join_has_the_name_and_a_later_one_is_refused() {
    let mut stream = Stream::new();
    let told_a = told(&stream.says(A, vec![join(1, "ada", None)]));
    assert_eq!(told_a, ["1.1 is ada at 0"]);
    let told_b = told(&stream.says(B, vec![join(1, "ada", None), join(2, "Ada", None)]));
    assert_eq!(told_b, ["2.1 is refused", "2.2 is Ada at 0"]);
    assert_eq!(
        told(&stream.says(A, vec![join(1, "bo", None)])),
        ["1.1 is void"]
    );
    let left = stream.says(A, vec![Item::Leave { connection: 1 }]);
    assert_eq!(told(&left), ["1.1 left: Left"]);
    assert_eq!(
        told(&stream.says(B, vec![join(3, "ada", None)])),
        ["2.3 is ada at 0"]
    );
    assert_eq!(stream.names(), ["Ada", "ada"]);
}

#[test]
fn nobody_joins_under_the_name_of_the_server() {
    let mut stream = Stream::new();
    let joins = stream.says(
        A,
        vec![join(1, "server", None), join(2, "server", ticket(1, 1))],
    );
    assert_eq!(told(&joins), ["1.1 is refused", "1.2 is refused"]);
    let joins = stream.says(
        A,
        vec![
            join(1, "ada", ticket(1, 1)),
            join(2, "server", ticket(1, 2)),
        ],
    );
    assert_eq!(told(&joins), ["1.1 is ada at 0", "1.2 is refused"]);
}

#[test]
fn who_has_the_mark_of_a_member_takes_its_place_unless_the_attempt_is_lower() {
    let mut stream = Stream::new();
    stream.says(A, vec![join(1, "ada", ticket(1, 5))]);
    for (connection, attempt, mark, effect) in [
        (1, 4, 1, "2.1 is refused"),
        (2, 6, 2, "2.2 is refused"),
        (3, 5, 1, "2.3 is ada for 1.1 at 0"),
        (4, 6, 1, "2.4 is ada for 2.3 at 0"),
        (5, 5, 1, "2.5 is refused"),
    ] {
        let joins = stream.says(B, vec![join(connection, "ada", ticket(mark, attempt))]);
        assert_eq!(told(&joins), [effect]);
    }
    let late = stream.says(
        A,
        vec![
            say(1, "ada", None, &["late"]),
            Item::Leave { connection: 1 },
        ],
    );
    assert_eq!(told(&late), ["1.1 is void", "1.1 is void"]);
    assert_eq!(stream.names(), ["ada"]);
}

#[test]
fn another_run_of_the_program_takes_the_place_whatever_its_attempt() {
    let mut stream = Stream::new();
    stream.says(A, vec![join(1, "ada", ticket(1, 5))]);
    let other = ticket(1, 1).map(|ticket| Ticket {
        session: Hex64(6),
        ..ticket
    });
    let joins = stream.says(B, vec![join(1, "ada", other)]);
    assert_eq!(told(&joins), ["2.1 is ada for 1.1 at 0"]);
}

#[test]
fn under_another_name_that_is_free_the_old_one_leaves_first() {
    let mut stream = Stream::new();
    stream.says(A, vec![join(1, "ada", ticket(1, 1)), join(2, "bo", None)]);
    let joins = stream.says(
        B,
        vec![
            join(1, "bo", ticket(1, 2)),
            join(2, "cy", ticket(1, 0)),
            join(3, "cy", ticket(1, 2)),
        ],
    );
    let expected = [
        "2.1 is refused",
        "2.2 is refused",
        "1.1 left: Renamed",
        "2.3 is cy at 0",
    ];
    assert_eq!(told(&joins), expected);
    assert_eq!(stream.names(), ["bo", "cy"]);
}

#[test]
fn who_joins_again_takes_nobodys_place() {
    let mut stream = Stream::new();
    stream.says(A, vec![join(1, "ada", ticket(1, 1)), join(2, "bo", None)]);
    let joins = stream.says(
        B,
        vec![
            again(1, "ada", ticket(1, 2)),
            again(2, "cy", ticket(1, 2)),
            again(3, "bo", None),
            again(4, "cy", ticket(2, 1)),
        ],
    );
    let expected = [
        "2.1 is refused",
        "2.2 is refused",
        "2.3 is refused",
        "2.4 is cy at 0",
    ];
    assert_eq!(told(&joins), expected);
}

#[test]
fn an_offer_makes_a_plain_member_known_and_whoever_was_known_by_it_leaves() {
    let mut stream = Stream::new();
    let offer = |connection, attempt| Item::Offer {
        connection,
        ticket: ticket(1, attempt).unwrap(),
    };
    stream.says(A, vec![join(1, "ada", ticket(1, 5)), join(2, "bo", None)]);
    assert_eq!(
        told(&stream.says(A, vec![offer(2, 4), offer(3, 5)])),
        ["1.2 is void", "1.3 is void"]
    );
    let offers = stream.says(A, vec![offer(2, 5), offer(2, 6)]);
    assert_eq!(
        told(&offers),
        ["1.1 left: Renamed", "1.2 is known at 0", "1.2 is void"]
    );
    let joins = stream.says(B, vec![join(1, "bo", ticket(1, 5))]);
    assert_eq!(told(&joins), ["2.1 is bo for 1.2 at 0"]);
}
