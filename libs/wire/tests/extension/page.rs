//! The bytes on the page that describes the extension are those that are sent.

use hubbub_wire::{Decoder, Frame, Item, Limits, encode};

const PAGE: &str = include_str!("../../src/extension.md");

/// The text with its escapes made into bytes.
fn unescaped(text: &str) -> String {
    text.replace("\\r", "\r").replace("\\n", "\n")
}

/// The methods of the frames in these bytes, which must be in the exact form. An offer and a grant go by their names.
#[track_caller]
fn methods(bytes: &str) -> Vec<&'static str> {
    let mut decoder = Decoder::new(Limits::DEFAULT);
    let mut input = bytes.as_bytes();
    let mut exact = Vec::new();
    let mut methods = Vec::new();
    while let Some(item) = decoder.next(&mut input).unwrap() {
        let Item::Frame(frame) = item else {
            panic!("{item:?} in {bytes}");
        };
        encode(&frame, &mut exact);
        methods.push(match frame {
            Frame::Offer { .. } => "offer",
            Frame::Grant { .. } => "grant",
            _ => frame.method().as_str(),
        });
    }
    assert_eq!(String::from_utf8(exact).unwrap(), bytes);
    methods
}

#[test]
fn the_frames_in_its_tables_are_in_the_exact_form() {
    let examples = PAGE.split('`').filter(|code| code.starts_with("CHAT/1.0 "));
    let all: Vec<_> = examples
        .flat_map(|code| methods(&unescaped(code)))
        .collect();
    let of_servers = [
        "TEXT", "JOIN", "LEAVE", "ACK", "REPLAYED", "PONG", "NOTICE", "PRESENT",
    ];
    assert_eq!(
        all,
        [&of_servers[..], &["TEXT", "EARLIER", "PING"]].concat()
    );
}

#[test]
fn the_frames_in_its_blocks_are_in_the_exact_form() {
    let blocks = PAGE.split("```text\n").skip(1);
    let bytes = blocks.map(|block| {
        let lines = block.split("```").next().unwrap().lines();
        // A comment stands after two blanks or more.
        let bytes: String = lines.map(|line| line.split("  ").next().unwrap()).collect();
        unescaped(&bytes)
    });
    let all: Vec<_> = bytes.map(|bytes| methods(&bytes)).collect();
    let answer = vec!["grant", "PRESENT", "TEXT", "REPLAYED"];
    assert_eq!(all, [vec!["JOIN", "offer"], answer, vec!["REPLAYED"]]);
}
