//! The words of the extension: the texts that are read, and those that are written.

use hubbub_wire::{
    Decoder, Frame, Hex64, Hex128, Id, Ignored, Item, Kept, Limits, MAX_EARLIER, MAX_PASSWORD,
    MAX_TOKEN, Method, Password, Time, Token,
};

use super::frames::{Came, SECRET, SESSION, decode, of_clients};

#[test]
fn a_token_has_1_to_64_bytes() {
    assert_eq!(MAX_TOKEN, 64);
    for (len, is_token) in [(0, false), (1, true), (64, true), (65, false)] {
        assert_eq!(Token::new("x".repeat(len)).is_some(), is_token, "{len}");
    }
}

#[test]
fn a_token_is_visible_ascii() {
    for code in 0..=0xff_u8 {
        let is_token = (b'!'..=b'~').contains(&code);
        let text = format!("a{}b", char::from(code));
        assert_eq!(Token::new(text).is_some(), is_token, "{code}");
    }
}

#[test]
fn a_token_is_the_same_borrowed_and_owned() {
    let token = Token::new("a1-42").unwrap();
    assert_eq!(token.borrowed(), token);
    assert_eq!(token.borrowed().into_owned(), token);
    assert_eq!(token.to_string(), token.as_str());
}

#[test]
fn numbers_in_hex_are_written_in_small_letters_with_all_digits_and_read_in_any() {
    for (number, text) in [
        (0, "0000000000000000"),
        (0xab, "00000000000000ab"),
        (u64::MAX, "ffffffffffffffff"),
    ] {
        assert_eq!(Hex64(number).to_string(), text);
        assert_eq!(Hex64::parse(text), Some(Hex64(number)));
        assert_eq!(Hex64::parse(&text.to_uppercase()), Some(Hex64(number)));
        let twice = (u128::from(number) << 64) | u128::from(number);
        assert_eq!(Hex128(twice).to_string(), text.repeat(2));
        assert_eq!(Hex128::parse(&text.repeat(2)), Some(Hex128(twice)));
    }
    for text in [
        "000000000000000",
        "00000000000000000",
        "+00000000000000a",
        "é00000000000000",
    ] {
        assert_eq!(Hex64::parse(text), None, "{text}");
        assert_eq!(Hex128::parse(&text.repeat(2)), None, "{text}");
    }
}

#[test]
fn a_secret_does_not_show_in_a_log() {
    let (_, offer) = of_clients().swap_remove(0);
    assert!(matches!(offer, Frame::Offer { .. }));
    assert!(!format!("{offer:?}").contains(&SECRET.0.to_string()));
    assert!(!format!("{offer:?}").contains(&SECRET.to_string()));
    assert!(format!("{offer:?}").contains("secret: [hidden]"));
}

#[test]
fn a_password_does_not_show_in_a_log() {
    let (bytes, offer) = of_clients().swap_remove(2);
    let written = format!("{offer:?} {offer:#?}");
    assert!(written.contains("Some([hidden])"), "{written}");
    // Neither as it is, nor in base64, nor byte for byte: "open" is 111, 112, 101, 110.
    for shown in ["open", "b3Bl", "111, 112"] {
        assert!(!written.contains(shown), "{written}");
    }
    let mut decoder = Decoder::new(Limits::DEFAULT);
    let unfinished = &bytes.as_bytes()[..bytes.len() - 1];
    assert_eq!(decoder.next(&mut &unfinished[..]), Ok(None));
    let written = format!("{decoder:?}");
    assert!(!written.contains("83, 101, 115, 115"), "{written}");
}

#[test]
fn a_password_has_1_to_128_bytes_of_any_value() {
    assert_eq!(MAX_PASSWORD, 128);
    for (len, is_password) in [(0, false), (1, true), (128, true), (129, false)] {
        assert_eq!(Password::new(vec![0; len]).is_some(), is_password, "{len}");
    }
    let password = Password::new(&b"\0\xff\r\n"[..]).unwrap();
    assert_eq!(password.as_bytes(), b"\0\xff\r\n");
    assert_eq!(password.clone().into_owned(), password);
}

/// The bytes of the password that an offer with this header bears.
fn password_of(value: &str) -> Option<Vec<u8>> {
    let (offer, _) = of_clients()[2];
    let offer = offer.replace("b3BlbiBzZXNhbWU=", value);
    match Decoder::new(Limits::DEFAULT).next(&mut offer.as_bytes()) {
        Ok(Some(Item::Frame(Frame::Offer { offer, .. }))) => {
            offer.password.map(|password| password.as_bytes().to_vec())
        }
        other => {
            let unreadable = Item::Ignored(Ignored::Unreadable(Method::Text));
            assert_eq!(other, Ok(Some(unreadable)), "{value}");
            None
        }
    }
}

/// The values are those of the RFC, section 10, and of bytes that take every digit.
#[test]
fn a_password_is_read_from_base64_with_padding() {
    for (value, bytes) in [
        ("Zg==", &b"f"[..]),
        ("Zm8=", b"fo"),
        ("Zm9v", b"foo"),
        ("Zm9vYg==", b"foob"),
        ("Zm9vYmE=", b"fooba"),
        ("Zm9vYmFy", b"foobar"),
        ("+/+/", b"\xfb\xff\xbf"),
        ("AAAA", b"\0\0\0"),
        ("/w==", b"\xff"),
    ] {
        assert_eq!(password_of(value).as_deref(), Some(bytes), "{value}");
    }
    let digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bytes = password_of(digits).unwrap();
    assert_eq!(bytes[..6], [0x00, 0x10, 0x83, 0x10, 0x51, 0x87]);
    assert_eq!(bytes[42..], [0xe3, 0x9e, 0xbb, 0xf3, 0xdf, 0xbf][..]);
    let longest = format!("{}8=", "/".repeat(170));
    assert_eq!(password_of(&longest), Some(vec![0xff; 128]));
}

#[test]
fn what_is_no_base64_is_no_password() {
    let too_long = "/".repeat(172);
    let far_too_long = "A".repeat(2000);
    for value in [
        "",
        "=",
        "==",
        "====",
        "Z",
        "Zg",
        "Zg=",
        "Zg===",
        "Zm8",
        "Zm9",
        "Zm9vY",
        "Zm9vYg=",
        "Zm9vYg===",
        "Zg==Zg==",
        "Zm8=Zm8=",
        "Z===",
        "=Zm8",
        "Zm=8",
        "Zh==",
        "Zm9=",
        "Zm9v Yg==",
        "Zm9v-_-_",
        "Zm9v.",
        "Zm9vYéA",
        &too_long,
        &far_too_long,
    ] {
        assert_eq!(password_of(value), None, "{value}");
    }
}

#[test]
fn an_id_is_a_session_and_a_count_from_1() {
    let id = |count| Id {
        session: SESSION,
        count,
    };
    for (text, read) in [
        ("0f3a9c01d2e4b768-1", Some(id(1))),
        ("0F3A9C01D2E4B768-18446744073709551615", Some(id(u64::MAX))),
        ("0f3a9c01d2e4b768-007", Some(id(7))),
        ("0f3a9c01d2e4b768-18446744073709551616", None),
        ("0f3a9c01d2e4b768-0", None),
        ("0f3a9c01d2e4b768-", None),
        ("0f3a9c01d2e4b768-+1", None),
        ("0f3a9c01d2e4b768-1-1", None),
        ("0f3a9c01d2e4b768 1", None),
        ("0f3a9c01d2e4b768", None),
        ("f3a9c01d2e4b768-1", None),
        ("-1", None),
        ("", None),
    ] {
        assert_eq!(Id::parse(text), read, "{text}");
    }
    assert_eq!(id(1).to_string(), "0f3a9c01d2e4b768-1");
    assert!(id(u64::MAX).to_string().len() <= MAX_TOKEN);
}

#[test]
fn a_time_to_keep_is_written_in_its_largest_whole_unit() {
    for (seconds, text) in [
        (0, "0d"),
        (1, "1s"),
        (59, "59s"),
        (60, "1m"),
        (90, "90s"),
        (3600, "1h"),
        (86_400, "1d"),
        (90_000, "25h"),
        (30 * 86_400, "30d"),
        (u64::MAX, "18446744073709551615s"),
    ] {
        assert_eq!(Kept::Seconds(seconds).to_string(), text);
        assert_eq!(Kept::parse(text), Some(Kept::Seconds(seconds)));
    }
    assert_eq!(Kept::parse("24h"), Some(Kept::Seconds(86_400)));
    assert_eq!(Kept::parse("memory"), Some(Kept::Memory));
    assert_eq!(Kept::Memory.to_string(), "memory");
    // One day more than fits.
    let days = u64::MAX / 86_400;
    assert_eq!(
        Kept::parse(&format!("{days}d")),
        Some(Kept::Seconds(days * 86_400))
    );
    assert_eq!(Kept::parse(&format!("{}d", days + 1)), None);
}

/// Moments and their texts, as `date --utc` gives them.
const MOMENTS: [(u64, &str); 12] = [
    (0, "1970-01-01T00:00:00.000Z"),
    (1, "1970-01-01T00:00:00.001Z"),
    (68_169_600_000, "1972-02-29T00:00:00.000Z"),
    (68_255_999_999, "1972-02-29T23:59:59.999Z"),
    (951_782_400_000, "2000-02-29T00:00:00.000Z"),
    (951_868_800_000, "2000-03-01T00:00:00.000Z"),
    (1_795_651_722_007, "2026-11-26T00:08:42.007Z"),
    (1_798_761_599_999, "2026-12-31T23:59:59.999Z"),
    (1_798_761_600_000, "2027-01-01T00:00:00.000Z"),
    (4_107_542_399_000, "2100-02-28T23:59:59.000Z"),
    (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
    (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
];

#[test]
fn times_are_written_and_read_as_the_calendar_has_them() {
    for (ms, text) in MOMENTS {
        assert_eq!(Time::from_unix_ms(ms).to_string(), text);
        assert_eq!(Time::parse(text), Some(Time::from_unix_ms(ms)), "{text}");
    }
}

#[test]
fn every_day_of_four_centuries_comes_after_the_one_before_it() {
    let mut before = String::new();
    for day in 0..400 * 366 {
        let time = Time::from_unix_ms(day * 86_400_000 + 43_200_000);
        let text = time.to_string();
        assert!(text > before && text.len() == 24, "{text} after {before}");
        assert_eq!(Time::parse(&text), Some(time), "{text}");
        before = text;
    }
}

#[test]
fn a_time_after_the_year_9999_is_its_end() {
    for ms in [Time::MAX.unix_ms(), Time::MAX.unix_ms() + 1, u64::MAX] {
        assert_eq!(Time::from_unix_ms(ms), Time::MAX);
    }
    let before = Time::from_unix_ms(Time::MAX.unix_ms() - 1);
    assert!(before < Time::MAX);
}

#[test]
fn times_are_read_in_every_form_of_utc_that_the_rfc_allows() {
    let time = |ms| Some(Time::from_unix_ms(ms));
    for (text, read) in [
        ("2026-11-26t00:08:42.007z", time(1_795_651_722_007)),
        ("2026-11-26 00:08:42.007+00:00", time(1_795_651_722_007)),
        ("2026-11-26T00:08:42.007-00:00", time(1_795_651_722_007)),
        ("2026-11-26T00:08:42Z", time(1_795_651_722_000)),
        ("2026-11-26T00:08:42.5Z", time(1_795_651_722_500)),
        (
            "2026-11-26T00:08:42.0079999999999999999999Z",
            time(1_795_651_722_007),
        ),
        ("2016-12-31T23:59:60.25Z", time(1_483_228_799_250)),
        ("2016-12-31T23:59:61Z", None),
        ("2026-11-26T00:60:42Z", None),
        ("2026-11-26T24:00:00Z", None),
        ("2026-11-31T00:00:00Z", None),
        ("2026-04-30T00:00:00Z", time(1_777_507_200_000)),
        ("2026-04-31T00:00:00Z", None),
        ("2026-12-31T00:00:00Z", time(1_798_675_200_000)),
        ("2026-12-32T00:00:00Z", None),
        ("2024-02-29T00:00:00Z", time(1_709_164_800_000)),
        ("2100-02-29T00:00:00Z", None),
        ("2026-00-10T00:00:00Z", None),
        ("2026-13-10T00:00:00Z", None),
        ("2026-01-00T00:00:00Z", None),
        ("1969-12-31T23:59:59.999Z", None),
        ("2026-11-26T00:08:42", None),
        ("2026-11-26T00:08:42.Z", None),
        ("2026-11-26T00:08:42.5", None),
        ("2026-11-26T00:08:42+01:00", None),
        ("2026-11-26T00:08:42ZZ", None),
        ("2026-11-26_00:08:42Z", None),
        ("2026/11/26T00:08:42Z", None),
        ("2026-11-26T00.08.42Z", None),
        ("2026-11-26T00:08: 2Z", None),
        ("2026-11-26T00:08:+2Z", None),
        ("2026-11-26T00:08:4éZ", None),
        ("2026-11-26T00:08:é", None),
        ("2026-11-26", None),
        ("", None),
    ] {
        assert_eq!(Time::parse(text), read, "{text}");
    }
}

#[test]
fn who_wants_more_than_200_earlier_messages_wants_200() {
    assert_eq!(MAX_EARLIER, 200);
    let earlier = |count: &str| {
        format!("CHAT/1.0 EARLIER\r\nUsername: bob\r\nBefore: a1-42\r\nCount: {count}\r\n\r\n")
    };
    for (count, read) in [
        ("1", "1"),
        ("199", "199"),
        ("200", "200"),
        ("201", "200"),
        ("4294967296", "200"),
        ("18446744073709551615", "200"),
    ] {
        assert_eq!(decode(earlier(count)), [Came::Frame(earlier(read))]);
        let (offer, _) = of_clients()[0];
        let recent = |count: &str| offer.replace("Recent: 200", &format!("Recent: {count}"));
        assert_eq!(decode(recent(count)), [Came::Frame(recent(read))]);
    }
}

#[test]
fn who_does_not_say_how_many_recent_messages_wants_none() {
    let (offer, _) = of_clients()[0];
    let none = offer.replace("Recent: 200", "Recent: 0");
    assert_eq!(decode(&none), [Came::Frame(none.clone())]);
    assert_eq!(
        decode(offer.replace("Recent: 200\r\n", "")),
        [Came::Frame(none)]
    );
}
