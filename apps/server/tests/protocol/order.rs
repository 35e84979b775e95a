//! The order in which members see frames, with many senders at once.

use std::sync::Barrier;
use std::thread;

use hubbub_testing::storm::{Visits, assert_same, crowd, frames, only, visit, without};
use hubbub_testing::{Room, join, leave, text};

#[test]
fn all_members_see_one_order_each_without_its_own() {
    const EACH: usize = 250;
    let names = ["ann", "ben", "cat", "dan"];
    let room = Room::open();
    let _crowd = crowd(&room);
    let [mut eve, mut fay, ann, ben, cat, dan] =
        room.members(["eve", "fay", "ann", "ben", "cat", "dan"]);
    let start = Barrier::new(names.len());
    let (seen_by_eve, seen_by_senders) = thread::scope(|scope| {
        let senders = [ann, ben, cat, dan].into_iter().zip(names);
        let senders: Vec<_> = senders
            .map(|(mut peer, name)| {
                let start = &start;
                scope.spawn(move || {
                    start.wait();
                    for number in 0..EACH {
                        peer.send(text(name, number.to_string()));
                    }
                    frames(&mut peer, EACH * 3)
                })
            })
            .collect();
        let seen_by_eve = frames(&mut eve, EACH * 4);
        let seen: Vec<_> = senders.into_iter().map(|it| it.join().unwrap()).collect();
        (seen_by_eve, seen)
    });
    assert_same(&frames(&mut fay, EACH * 4), &seen_by_eve);
    for (name, seen) in names.into_iter().zip(seen_by_senders) {
        assert_same(&seen, &without(&seen_by_eve, name));
        let sent: Vec<_> = (0..EACH).map(|it| text(name, it.to_string())).collect();
        assert_same(&only(&seen_by_eve, name), &sent);
    }
}

#[test]
fn a_member_sees_what_happens_between_its_join_and_its_leave_and_nothing_else() {
    let room = Room::open();
    let _crowd = crowd(&room);
    let visits = Visits::to(&room);
    let start = Barrier::new(visits.names().len());
    let seen_by_guests = thread::scope(|scope| {
        let guests = visits.names().iter().map(|name| {
            let (start, mut guest) = (&start, room.connect());
            scope.spawn(move || {
                start.wait();
                // Each guest sends the first half in pieces and the rest at once, so that LEAVEs and the texts of
                // others meet in the server.
                let all = visit(name);
                let (pieces, rest) = all.split_at(all.len() / 2);
                for frame in pieces {
                    guest.send(frame);
                }
                guest.send(rest.concat());
                guest.rest()
            })
        });
        let guests: Vec<_> = guests.collect();
        guests.into_iter().map(|it| it.join().unwrap()).collect()
    });
    visits.check(seen_by_guests);
}

#[test]
fn a_join_comes_before_the_first_text_and_a_leave_after_the_last_even_without_leave() {
    let room = Room::open();
    let mut bob = room.member("bob");
    for round in 0..50 {
        let name = format!("guest {round}");
        let mut guest = room.connect();
        let said = [join(&name), text(&name, "first"), text(&name, "last")].concat();
        guest.send(&said);
        drop(guest);
        bob.expect([said, leave(&name)].concat());
    }
}
