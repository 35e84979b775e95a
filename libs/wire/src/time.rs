//! Moments, and their text in RFC 3339. There is no clock here.

use core::fmt;

use crate::extension::decimal;

/// A moment: milliseconds since the beginning of 1970 in UTC. As text it is RFC 3339 with milliseconds, such as
/// `2026-11-26T00:08:42.123Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(u64);

impl Time {
    /// The last moment of the year 9999, which is the last that RFC 3339 can write.
    pub const MAX: Self = Self(253_402_300_799_999);

    /// The moment so many milliseconds after the beginning of 1970. Beyond [`Time::MAX`] it is that.
    #[must_use]
    pub const fn from_unix_ms(ms: u64) -> Self {
        if ms > Self::MAX.0 {
            Self::MAX
        } else {
            Self(ms)
        }
    }

    /// Milliseconds since the beginning of 1970.
    #[must_use]
    pub const fn unix_ms(self) -> u64 {
        self.0
    }

    /// Reads RFC 3339 in UTC, from 1970 on: a `T`, a `t` or a blank between date and time, a fraction of a second or
    /// none, and `Z`, `z`, `+00:00` or `-00:00` at the end. Finer fractions are cut to milliseconds, and a leap second
    /// counts as the second before it. `None` for anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (front, rest) = text.split_at_checked(19)?;
        let bytes = front.as_bytes();
        let separators = [(4, b'-'), (7, b'-'), (13, b':'), (16, b':')];
        let is_separated = separators.iter().all(|&(at, byte)| bytes[at] == byte)
            && matches!(bytes[10], b'T' | b't' | b' ');
        if !front.is_ascii() || !is_separated {
            return None;
        }
        let number = |from: usize, to: usize| decimal(&front[from..to]);
        let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
        let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
        let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let days = match month {
            2 => 28 + u64::from(is_leap),
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        let is_in_range = year >= 1970
            && (1..=12).contains(&month)
            && (1..=days).contains(&day)
            && hour < 24
            && minute < 60
            && second <= 60;
        if !is_in_range {
            return None;
        }
        let (ms, zone) = match rest.strip_prefix('.') {
            None => (0, rest),
            Some(rest) => {
                let count = rest.bytes().take_while(u8::is_ascii_digit).count();
                let (digits, zone) = rest.split_at(count);
                if digits.is_empty() {
                    return None;
                }
                let digits = digits.bytes().chain(*b"00").take(3);
                let ms = digits.fold(0, |ms, digit| ms * 10 + u64::from(digit - b'0'));
                (ms, zone)
            }
        };
        if !matches!(zone, "Z" | "z" | "+00:00" | "-00:00") {
            return None;
        }
        // A leap second counts as the last one before it.
        let seconds = hour * 3600 + minute * 60 + second.min(59);
        Some(Self(
            (days_before(year, month, day) * 86_400 + seconds) * 1000 + ms,
        ))
    }
}

/// How many days lie between the beginning of 1970 and a date, by the count of days in which a year begins in March
/// (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
const fn days_before(year: u64, month: u64, day: u64) -> u64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year / 400, year % 400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days_of_era = of_era * 365 + of_era / 4 - of_era / 100 + of_year;
    era * 146_097 + days_of_era - 719_468
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, of_day) = (self.0 / 86_400_000, self.0 % 86_400_000);
        let days = days + 719_468;
        let (era, of_era) = (days / 146_097, days % 146_097);
        let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let shifted = (5 * of_year + 2) / 153;
        let day = of_year - (153 * shifted + 2) / 5 + 1;
        let month = if shifted < 10 {
            shifted + 3
        } else {
            shifted - 9
        };
        let year = year + era * 400 + u64::from(month <= 2);
        let (seconds, ms) = (of_day / 1000, of_day % 1000);
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        // A server writes one for each message, and `write!` with its seven numbers takes ten times as long.
        let mut text = *b"0000-00-00T00:00:00.000Z";
        let numbers = [year, month, day, hour, minute, second, ms];
        let places = [0..4, 5..7, 8..10, 11..13, 14..16, 17..19, 20..23];
        for (mut number, place) in numbers.into_iter().zip(places) {
            for digit in text[place].iter_mut().rev() {
                *digit = b'0' + (number % 10) as u8;
                number /= 10;
            }
        }
        f.write_str(str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}
