//! Any frame of the extension.

use hubbub_wire::{
    Frame, Grant, Hex64, Hex128, Id, Kept, Label, Limits, MAX_EARLIER, MAX_PASSWORD, Notice, Offer,
    Password, Payload, Replayed, Stamp, Time, Token, Username,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

fn any_name() -> impl Strategy<Value = Username<'static>> {
    "\\PC{1,16}".prop_filter_map("a name", |name| {
        Username::new(name, Limits::DEFAULT.max_name).ok()
    })
}

fn any_token() -> impl Strategy<Value = Token<'static>> {
    "[!-~]{1,64}".prop_map(|text| Token::new(text).unwrap())
}

fn any_payload() -> impl Strategy<Value = Payload<'static>> {
    let texts: [&[u8]; 7] = [
        b"hi",
        "é€".as_bytes(),
        b"\xff\0",
        b"\r\n\r\n",
        b"alice\nbob",
        b"CHAT/1.0 LEAVE\r\nUsername: al\r\n\r\n",
        &[b'x'; 300],
    ];
    select(texts.to_vec()).prop_map(|text| Payload::new(text).unwrap())
}

fn any_time() -> impl Strategy<Value = Time> {
    (0..=Time::MAX.unix_ms()).prop_map(Time::from_unix_ms)
}

fn any_id() -> impl Strategy<Value = Id> {
    (any::<u64>(), 1_u64..).prop_map(|(session, count)| Id {
        session: Hex64(session),
        count,
    })
}

fn any_label() -> impl Strategy<Value = Label<'static>> {
    let stamp = (any_token(), any_token(), any_time(), any::<bool>());
    prop_oneof![
        any_id().prop_map(Label::Own),
        stamp.prop_map(|(id, seq, time, past)| Label::Stamped(Stamp {
            id,
            seq,
            time,
            past
        })),
    ]
}

fn any_offer() -> impl Strategy<Value = Offer<'static>> {
    let numbers = any::<(u32, u64, u64, u64, u128)>();
    let since = option::of((any::<u128>(), any_token()));
    let password = option::of(vec(any::<u8>(), 1..=MAX_PASSWORD));
    let parts = (numbers, since, 0..=MAX_EARLIER, password);
    parts.prop_map(|(numbers, since, recent, password)| {
        let (version, nonce, session, attempt, secret) = numbers;
        Offer {
            version,
            nonce: Hex64(nonce),
            session: Hex64(session),
            attempt,
            secret: Hex128(secret),
            since: since.map(|(room, seq)| (Hex128(room), seq)),
            recent,
            password: password.and_then(Password::new),
        }
    })
}

fn any_grant() -> impl Strategy<Value = Grant> {
    let kept = prop_oneof![Just(Kept::Memory), any::<u64>().prop_map(Kept::Seconds)];
    let numbers = any::<(u32, u64, u128, u64, u64)>();
    (numbers, kept, any::<bool>()).prop_map(|(numbers, kept, private)| {
        let (version, nonce, room, arrived, max_payload) = numbers;
        Grant {
            version,
            nonce: Hex64(nonce),
            room: Hex128(room),
            kept,
            arrived,
            max_payload,
            private,
        }
    })
}

fn any_replayed() -> impl Strategy<Value = Replayed<'static>> {
    let places = (
        any_token(),
        option::of(any_token()),
        option::of(any_token()),
    );
    let parts = (places, any::<(bool, bool)>());
    parts.prop_map(|((last, before, after), (more, lost))| Replayed {
        last,
        before,
        after,
        more,
        lost,
    })
}

fn any_notice() -> impl Strategy<Value = Notice<'static>> {
    let parts = (any_token(), option::of(any_token()), any_payload());
    parts.prop_map(|(code, id, text)| Notice { code, id, text })
}

/// Any frame that has something of the extension.
pub(crate) fn any_extended() -> impl Strategy<Value = Frame<'static>> {
    let name = any_name;
    let of_text = prop_oneof![
        (name(), any_payload(), any_label()).prop_map(|(username, payload, label)| Frame::Text {
            username,
            payload,
            label
        }),
        (name(), any_offer()).prop_map(|(username, offer)| Frame::Offer { username, offer }),
        (name(), any_grant()).prop_map(|(username, grant)| Frame::Grant { username, grant }),
    ];
    let timed = prop_oneof![
        (name(), any_time()).prop_map(|(username, time)| Frame::Join {
            username,
            time: Some(time)
        }),
        (name(), any_time()).prop_map(|(username, time)| Frame::Leave {
            username,
            time: Some(time)
        }),
    ];
    let others = prop_oneof![
        (name(), any_id(), any_token()).prop_map(|(username, id, seq)| Frame::Ack {
            username,
            id,
            seq
        }),
        (name(), any_payload()).prop_map(|(username, names)| Frame::Present { username, names }),
        (name(), any_replayed())
            .prop_map(|(username, replayed)| Frame::Replayed { username, replayed }),
        (name(), any_token(), 1..=MAX_EARLIER).prop_map(|(username, before, count)| {
            Frame::Earlier {
                username,
                before,
                count,
            }
        }),
        (name(), any_token()).prop_map(|(username, id)| Frame::Ping { username, id }),
        (name(), any_token()).prop_map(|(username, id)| Frame::Pong { username, id }),
        (name(), any_notice()).prop_map(|(username, notice)| Frame::Notice { username, notice }),
    ];
    prop_oneof![3 => of_text, 1 => timed, 4 => others]
}
