//! The memory that the program frees when everybody has gone.

use hubbub_testing::{Peer, Program, Room, leave, until};

const PEERS: usize = 300;

/// How many bytes a half-received text holds.
const HALF_TEXT: usize = 64 * 1024;

/// How many more bytes a second crowd may leave than the first one did. 1 KiB for each connection would be too much.
const LEFT_BEHIND: u64 = PEERS as u64 * 1024;

/// A crowd joins, everybody sends half a text, and everybody goes.
fn visit(program: &Program, room: &Room) {
    let before = program.resident_bytes();
    let names: Vec<String> = (0..PEERS).map(|number| format!("guest {number}")).collect();
    let mut guests: Vec<Peer> = names.iter().map(|name| room.member(name)).collect();
    let descriptors = program.descriptors();
    assert!(
        descriptors > PEERS,
        "only {descriptors} descriptors are open"
    );
    for (guest, name) in guests.iter_mut().zip(&names) {
        let len = 2 * HALF_TEXT;
        guest.send(format!(
            "CHAT/1.0 TEXT\r\nUsername: {name}\r\nMsg-len: {len}\r\n\r\n"
        ));
        guest.send(vec![b'x'; HALF_TEXT]);
    }
    room.wait_until_read();
    let held = program.resident_bytes().saturating_sub(before);
    let half_texts = (PEERS * HALF_TEXT) as u64;
    assert!(
        held > half_texts / 2,
        "{held} bytes for {half_texts} bytes of half texts"
    );
    for (guest, name) in guests.into_iter().zip(&names) {
        drop(guest);
        room.hears(leave(name));
    }
}

#[test]
fn when_a_crowd_has_gone_its_memory_and_its_descriptors_are_there_for_the_next() {
    // With this, half texts are mapped and unmapped one by one. Otherwise the allocator of glibc keeps several MiB,
    // more or less, in holes between what is in use.
    let mut program = Program::with(&[], &[("MALLOC_MMAP_THRESHOLD_", "16384")]);
    let room = program.room();
    let descriptors = program.descriptors();
    let all_closed = || program.descriptors() <= descriptors;
    visit(&program, &room);
    until("the first crowd's descriptors are closed", all_closed);
    let first = program.resident_bytes();
    visit(&program, &room);
    until("the second crowd's descriptors are closed", all_closed);
    let second = program.resident_bytes();
    assert!(
        second < first + LEFT_BEHIND,
        "{first} bytes after the first crowd, {second} bytes after the second"
    );
}
