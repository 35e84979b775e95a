//! Records come out as they went in, and whatever else comes in does no harm.

use std::sync::Arc;

use hubbub_wire::{Id, Payload, Username};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::item::kind;
use super::*;
use crate::id::Name;
use crate::texts::Texts;

fn name() -> impl Strategy<Value = Name> {
    "[a-z]{1,64}|[äöü]{1,32}".prop_map(|name| Arc::new(Username::new(name, 64).unwrap()))
}

fn ticket() -> impl Strategy<Value = Ticket> {
    (any::<u128>(), any::<u64>(), any::<u64>()).prop_map(|(mark, session, attempt)| Ticket {
        mark: Hex128(mark),
        session: Hex64(session),
        attempt,
    })
}

fn id() -> impl Strategy<Value = Id> {
    (any::<u64>(), 1..=u64::MAX).prop_map(|(session, count)| Id {
        session: Hex64(session),
        count,
    })
}

fn texts() -> impl Strategy<Value = Texts> {
    vec(vec(any::<u8>(), 1..40), 1..6).prop_map(|payloads| texts_of(&payloads))
}

fn texts_of(payloads: &[Vec<u8>]) -> Texts {
    let mut texts = Texts::default();
    for payload in payloads {
        texts.push(Payload::new(payload).unwrap());
    }
    texts
}

fn item() -> impl Strategy<Value = Item> {
    prop_oneof![
        (1..=u16::MAX, any::<u32>()).prop_map(|(newest_format, timeout_s)| Item::Start {
            newest_format,
            timeout_s,
        }),
        (any::<u64>(), name(), option::of(ticket()), any::<bool>()).prop_map(
            |(connection, name, ticket, again)| Item::Join {
                connection,
                name,
                ticket,
                again,
            }
        ),
        (any::<u64>(), ticket())
            .prop_map(|(connection, ticket)| Item::Offer { connection, ticket }),
        (any::<u64>(), name(), option::of(id()), texts()).prop_map(
            |(connection, name, own, texts)| Item::Say {
                connection,
                name,
                own,
                texts,
            }
        ),
        any::<u64>().prop_map(|connection| Item::Leave { connection }),
        Just(()).prop_map(|()| Item::Stop),
    ]
}

fn record() -> impl Strategy<Value = Record> {
    let epoch = option::of(any::<u64>().prop_map(|since| Item::Epoch { since }));
    let head = (any::<u64>(), any::<u64>(), any::<u64>());
    (head, epoch, vec(item(), 0..12)).prop_map(|((node, count, generation), epoch, items)| Record {
        node: NodeId(node),
        count,
        generation,
        items: epoch.into_iter().chain(items).collect(),
    })
}

proptest! {
    #[test]
    fn a_record_comes_out_as_it_went_in(record in record()) {
        let bytes = record.to_bytes(NEWEST_FORMAT);
        let read = Record::parse(&bytes).unwrap();
        prop_assert_eq!(format!("{record:?}"), format!("{read:?}"));
        prop_assert_eq!(read.to_bytes(NEWEST_FORMAT), bytes);
    }

    #[test]
    fn a_record_with_a_wrong_or_missing_byte_does_no_harm(
        record in record(), at in any::<prop::sample::Index>(), byte in any::<u8>(), ends in any::<bool>(),
    ) {
        let mut bytes = record.to_bytes(NEWEST_FORMAT);
        let at = at.index(bytes.len());
        if ends {
            bytes.truncate(at);
        } else {
            bytes[at] = byte;
        }
        if let Ok(read) = Record::parse(&bytes) {
            prop_assert_eq!(read.to_bytes(NEWEST_FORMAT), bytes);
        }
    }

    #[test]
    fn bytes_that_nobody_wrote_do_no_harm(bytes in vec(any::<u8>(), 0..200), kinds in any::<bool>()) {
        // Small numbers get further.
        let mut bytes = bytes;
        bytes.iter_mut().filter(|_| kinds).for_each(|byte| *byte %= 8);
        bytes.splice(0..0, *b"hubr\x01\x00");
        if let Ok(read) = Record::parse(&bytes) {
            prop_assert_eq!(read.to_bytes(NEWEST_FORMAT), bytes);
        }
    }
}

const NODE: NodeId = NodeId(1);

fn draft() -> Draft {
    Draft::new(NODE, 1, 7, NEWEST_FORMAT)
}

fn say(payloads: &[Vec<u8>]) -> Item {
    let own = Id {
        session: Hex64(5),
        count: 10,
    };
    Item::Say {
        connection: 3,
        name: Arc::new(Username::new("ada", 3).unwrap()),
        own: Some(own),
        texts: texts_of(payloads),
    }
}

/// What an item says: the count of the first text, and how long the texts are.
fn said(item: &Item) -> (u64, Vec<usize>) {
    let Item::Say { own, texts, .. } = item else {
        panic!("it says something");
    };
    let lens = texts.iter().map(|payload| payload.as_bytes().len());
    (own.unwrap().count, lens.collect())
}

#[test]
fn other_bytes_are_named_by_what_is_wrong_with_them() {
    let bytes = draft().finish();
    assert!(Record::parse(&bytes).is_ok_and(|record| record.items.is_empty()));
    let newer = [b"hubr\x02\x00", &bytes[6..]].concat();
    assert_eq!(Record::parse(&newer).unwrap_err(), Unreadable::Newer(2));
    let none = [b"hubr\x00\x00", &bytes[6..]].concat();
    for damaged in [
        &none[..],
        &bytes[1..],
        b"",
        b"hubr",
        b"some other program",
        &[&bytes[..], b"\0"].concat(),
    ] {
        assert_eq!(Record::parse(damaged).unwrap_err(), Unreadable::Damaged);
    }
}

#[test]
fn names_counts_texts_and_formats_keep_their_rules() {
    let good = |item: Item| {
        let mut draft = draft();
        let mut item = item;
        assert!(matches!(draft.take(&mut item), Taken::Whole));
        draft.finish()
    };
    let bytes = good(say(&[b"x".to_vec()]));
    assert!(Record::parse(&bytes).is_ok());
    let name = bytes.windows(3).position(|three| three == b"ada").unwrap();
    let mut control = bytes.clone();
    control[name] = b'\n';
    let mut no_text = bytes[..bytes.len() - 9].to_vec();
    no_text.extend([0; 4]);
    let mut empty = bytes[..bytes.len() - 5].to_vec();
    empty.extend([0; 4]);
    let mut no_count = bytes.clone();
    no_count[name + 3 + 1 + 8] = 0;
    let start = Item::Start {
        newest_format: 0,
        timeout_s: 1,
    };
    let joins = good(Item::Join {
        connection: 1,
        name: Arc::new(Username::new("ada", 3).unwrap()),
        ticket: None,
        again: true,
    });
    let mut perhaps = joins.clone();
    perhaps[joins.len() - 2] = 2;
    assert!(Record::parse(&joins).is_ok());
    for damaged in [control, no_text, empty, no_count, perhaps, good(start)] {
        assert_eq!(Record::parse(&damaged).unwrap_err(), Unreadable::Damaged);
    }
}

#[test]
fn a_record_is_filled_to_its_last_byte_and_the_next_text_waits() {
    let alone = {
        let mut draft = draft();
        draft.take(&mut say(&[b"x".to_vec()]));
        draft.finish().len()
    };
    let space = RECORD_BYTES - alone + 1;
    for (len, is_whole) in [(space, true), (space + 1, false)] {
        let mut draft = draft();
        let mut item = say(&[vec![b'x'; len]]);
        let taken = draft.take(&mut item);
        assert_eq!(matches!(taken, Taken::Whole), is_whole);
        assert_eq!(matches!(taken, Taken::Nothing), !is_whole);
        assert_eq!(draft.is_empty(), !is_whole);
        let bytes = draft.finish();
        assert!(bytes.len() == RECORD_BYTES || !is_whole);
        assert!(Record::parse(&bytes).is_ok());
        let longer = [&bytes[..], &[kind::STOP]].concat();
        assert_eq!(Record::parse(&longer).is_ok(), !is_whole);
    }
    const { assert!(LONGEST_TEXT > 256 * 1024) };
}

#[test]
fn of_what_does_not_fit_the_first_texts_are_taken_and_the_others_keep_their_counts() {
    let mut draft = draft();
    let mut item = say(&[
        vec![1; 200_000],
        vec![2; 300_000],
        vec![3; 100_000],
        vec![4; 5],
    ]);
    let Taken::Part(first) = draft.take(&mut item) else {
        panic!("two have space");
    };
    assert_eq!(said(&first), (10, vec![200_000, 300_000]));
    assert_eq!(said(&item), (12, vec![100_000, 5]));
    assert!(matches!(draft.take(&mut item), Taken::Nothing));
    let read = Record::parse(&draft.finish()).unwrap();
    assert_eq!((read.node, read.count, read.generation), (NODE, 1, 7));
    assert_eq!(said(&read.items[0]), said(&first));
    let mut next = self::draft();
    assert!(matches!(next.take(&mut item), Taken::Whole));
    assert!(next.take(&mut Item::Stop).is_whole());
}

impl Taken {
    const fn is_whole(&self) -> bool {
        matches!(self, Self::Whole)
    }
}

#[test]
fn a_record_has_16384_items_and_not_one_more() {
    let mut draft = draft();
    for _ in 0..RECORD_ITEMS {
        assert!(draft.take(&mut Item::Stop).is_whole());
    }
    assert!(matches!(draft.take(&mut Item::Stop), Taken::Nothing));
    let bytes = draft.finish();
    assert!(Record::parse(&bytes).is_ok());
    assert!(Record::parse(&[&bytes[..], &[kind::STOP]].concat()).is_err());
}

#[test]
fn an_epoch_is_the_first_of_its_record() {
    let mut draft = draft();
    assert!(draft.take(&mut Item::Epoch { since: 3 }).is_whole());
    assert!(matches!(
        draft.take(&mut Item::Epoch { since: 3 }),
        Taken::Nothing
    ));
    assert!(draft.take(&mut Item::Stop).is_whole());
    let bytes = draft.finish();
    assert!(Record::parse(&bytes).is_ok());
    let epoch = [kind::EPOCH, 3, 0, 0, 0, 0, 0, 0, 0];
    assert!(Record::parse(&[&bytes[..], &epoch].concat()).is_err());
}
