//! Moment: a time as the user's clocks show it, and the day on which it was. It knows no zones: whoever opens the
//! window says how far the clocks are ahead. Pure, but for [`ahead_of_system`] and the name of the zone, which ask the
//! system.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How many seconds the user's clocks are ahead of UTC at a time.
pub type Ahead = fn(SystemTime) -> i32;

const DAY: i64 = 24 * 60 * 60;

/// The last day of the year 9999. Four digits are enough for a year.
const LAST_DAY: i64 = 2_932_896;

const WEEKDAYS: [&str; 7] = [
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
];

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// A time, with what the user's clocks showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// When. No later than in the year 9999.
    at: SystemTime,
    /// How many seconds the clocks were ahead of UTC.
    ahead: i32,
}

/// A day of the calendar, as the number of days since 1970. It is written as `2026-11-23`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(i64);

impl Moment {
    /// This time, where the user's clocks are ahead of UTC by so much.
    #[must_use]
    pub fn new(at: SystemTime, ahead: Ahead) -> Self {
        // For a clock that is so far off, 1970 is as good as anything.
        let is_far_off = seconds(at).is_none_or(|at| at.div_euclid(DAY).abs() > LAST_DAY);
        let at = if is_far_off { UNIX_EPOCH } else { at };
        Self {
            at,
            ahead: ahead(at),
        }
    }

    /// The day on which it was.
    #[must_use]
    pub fn day(self) -> Day {
        Day(self.shown().div_euclid(DAY))
    }

    /// How long after an earlier moment it was; nothing if that was not earlier.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        self.at.duration_since(earlier.at).unwrap_or_default()
    }

    /// As in `08:00`.
    #[must_use]
    pub fn clock(self) -> String {
        let [hour, minute, _] = self.time();
        format!("{hour:02}:{minute:02}")
    }

    /// As in `08:00:59`.
    #[must_use]
    pub fn clock_with_seconds(self) -> String {
        let [.., second] = self.time();
        format!("{}:{second:02}", self.clock())
    }

    /// As in `Monday, 23 November 2026, 08:00:59 CET`. Where nobody knows the name of the zone, as in a browser, `UTC+1`
    /// stands in its place.
    #[must_use]
    pub fn in_full(self) -> String {
        let (day, clock) = (self.day().with_weekday(), self.clock_with_seconds());
        let zone = self.zone_of_system();
        let zone = zone.unwrap_or_else(|| Zone(self.ahead).to_string());
        format!("{day}, {clock} {zone}")
    }

    /// What this system calls its zone, if the clocks of that were ahead by so much.
    #[cfg(not(target_arch = "wasm32"))]
    fn zone_of_system(self) -> Option<String> {
        self.name_of(jiff::tz::TimeZone::system())
    }

    #[cfg(target_arch = "wasm32")]
    fn zone_of_system(self) -> Option<String> {
        None
    }

    #[cfg(not(target_arch = "wasm32"))]
    fn name_of(self, zone: jiff::tz::TimeZone) -> Option<String> {
        let there = jiff::Timestamp::try_from(self.at).ok()?.to_zoned(zone);
        let is_as_far = there.offset().seconds() == self.ahead;
        is_as_far.then(|| there.strftime("%Z").to_string())
    }

    /// As programs write it, in UTC: `2026-11-23T08:00:59Z`.
    #[must_use]
    pub fn in_utc(self) -> String {
        let utc = Self { ahead: 0, ..self };
        format!("{}T{}Z", utc.day(), utc.clock_with_seconds())
    }

    /// Hour, minute and second.
    fn time(self) -> [i64; 3] {
        let second = self.shown().rem_euclid(DAY);
        [second / 3600, second / 60 % 60, second % 60]
    }

    fn shown(self) -> i64 {
        seconds(self.at).unwrap_or_default() + i64::from(self.ahead)
    }
}

impl Day {
    /// As in `23 November`.
    #[must_use]
    pub fn of_year(self) -> String {
        let [_, month, day] = self.date();
        format!("{day} {}", name(&MONTHS, month - 1))
    }

    /// As in `23 November 2026`.
    #[must_use]
    pub fn with_year(self) -> String {
        let [year, ..] = self.date();
        format!("{} {year}", self.of_year())
    }

    /// As in `Monday, 23 November 2026`.
    #[must_use]
    pub fn with_weekday(self) -> String {
        let weekday = name(&WEEKDAYS, self.0.rem_euclid(7));
        format!("{weekday}, {}", self.with_year())
    }

    /// Year, month and day.
    fn date(self) -> [i64; 3] {
        // Counted from the first of March of the year 0, so that a leap day is the last of its year. 400 years always
        // have as many days.
        let days = self.0 + 719_468;
        let (age, of_age) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year = (of_age - of_age / 1460 + of_age / 36_524 - of_age / 146_096) / 365;
        let of_year = of_age - (365 * year + year / 4 - year / 100);
        // Months from March on have 31, 30, 31, 30, 31 days, and again.
        let month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * month + 2) / 5 + 1;
        let is_next_year = month >= 10;
        let month = if is_next_year { month - 9 } else { month + 3 };
        [age * 400 + year + i64::from(is_next_year), month, day]
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [year, month, day] = self.date();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

/// Seconds ahead of UTC, as in `UTC+1`, `UTC-3:30` or `UTC`.
struct Zone(i32);

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let minutes = self.0.abs() / 60;
        let sign = if self.0 < 0 { '-' } else { '+' };
        match (minutes / 60, minutes % 60) {
            (0, 0) => write!(f, "UTC"),
            (hours, 0) => write!(f, "UTC{sign}{hours}"),
            (hours, minutes) => write!(f, "UTC{sign}{hours}:{minutes:02}"),
        }
    }
}

/// Whole seconds since 1970, if they can be counted.
fn seconds(at: SystemTime) -> Option<i64> {
    let (since, sign) = match at.duration_since(UNIX_EPOCH) {
        Ok(after) => (after, 1),
        Err(before) => (before.duration(), -1),
    };
    let part = i64::from(sign < 0 && since.subsec_nanos() > 0);
    Some(sign * i64::try_from(since.as_secs()).ok()? - part)
}

fn name(names: &[&'static str], number: i64) -> &'static str {
    usize::try_from(number).map_or("", |number| names[number])
}

/// How far the clocks of this system are ahead. It is asked each time, because a person who travels changes the zone
/// while the window is open.
#[cfg(not(target_arch = "wasm32"))]
#[must_use]
pub fn ahead_of_system(at: SystemTime) -> i32 {
    let at = jiff::Timestamp::try_from(at).unwrap_or_default();
    jiff::tz::TimeZone::system().to_offset(at).seconds()
}

/// The user may have set another zone. Without this, that would be seen minutes later.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn zone_may_have_changed() {
    jiff::tz::reset_system_time_zone_cache();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> SystemTime {
        let by = Duration::from_secs(seconds.unsigned_abs());
        if seconds < 0 {
            UNIX_EPOCH - by
        } else {
            UNIX_EPOCH + by
        }
    }

    fn moment(seconds: i64) -> Moment {
        Moment::new(at(seconds), |_| 0)
    }

    #[test]
    fn a_moment_is_written_as_the_clocks_show_it() {
        let here = Moment::new(at(1_795_420_859), |_| 3600);
        assert_eq!(here.clock(), "09:00");
        assert_eq!(here.clock_with_seconds(), "09:00:59");
        let day_and_clock = "Monday, 23 November 2026, 09:00:59 ";
        assert!(here.in_full().starts_with(day_and_clock));
        assert_eq!(here.in_utc(), "2026-11-23T08:00:59Z");
        assert_eq!(here.day().of_year(), "23 November");
        let late = Moment::new(at(1_795_420_859), |_| -(8 * 60 + 30) * 60);
        let day_and_clock = "Sunday, 22 November 2026, 23:30:59 ";
        assert!(late.in_full().starts_with(day_and_clock));
        assert_eq!(late.day().to_string(), "2026-11-22");
    }

    #[test]
    fn a_zone_has_its_name_only_where_the_clocks_are_as_far_ahead_as_it_is() {
        let in_europe = jiff::tz::TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        let (winter, summer) = (at(1_795_420_859), at(1_782_000_000));
        for (time, ahead, name) in [
            (winter, (|_| 3600) as Ahead, Some("CET")),
            (summer, |_| 7200, Some("CEST")),
            (winter, |_| 7200, None),
            (summer, |_| 3600, None),
        ] {
            let moment = Moment::new(time, ahead);
            assert_eq!(moment.name_of(in_europe.clone()).as_deref(), name);
        }
        // No zone is ahead by so much.
        let nowhere = Moment::new(winter, |_| -(8 * 60 + 31) * 60);
        assert!(nowhere.in_full().ends_with(" UTC-8:31"));
        for (ahead, words) in [(0, "UTC"), (3600, "UTC+1"), (-12_600, "UTC-3:30")] {
            assert_eq!(Zone(ahead).to_string(), words);
        }
    }

    #[test]
    fn each_day_is_the_one_of_the_calendar() {
        let mut day: jiff::civil::Date = "1600-01-01".parse().unwrap();
        let epoch: jiff::civil::Date = "1970-01-01".parse().unwrap();
        while day.year() < 2405 {
            let days = (day - epoch).get_days();
            let own = Day(i64::from(days));
            assert_eq!(own.to_string(), day.to_string());
            assert_eq!(
                own.with_weekday(),
                day.strftime("%A, %-d %B %Y").to_string()
            );
            day = day.tomorrow().unwrap();
        }
    }

    #[test]
    fn a_clock_that_is_far_off_shows_1970() {
        let last = (LAST_DAY + 1) * DAY - 1;
        assert_eq!(moment(last).day().to_string(), "9999-12-31");
        assert_eq!(moment(last + 1).day().to_string(), "1970-01-01");
        assert_eq!(moment(-1).in_utc(), "1969-12-31T23:59:59Z");
    }

    #[test]
    fn what_was_later_is_no_time_ago() {
        assert_eq!(moment(61).since(moment(1)), Duration::from_secs(60));
        assert_eq!(moment(1).since(moment(61)), Duration::ZERO);
        assert!(Moment::new(at(1), |_| 3600) < moment(2));
    }

    #[test]
    fn the_system_says_how_far_its_clocks_are_ahead() {
        let here = jiff::tz::TimeZone::system().to_offset(jiff::Timestamp::UNIX_EPOCH);
        assert_eq!(ahead_of_system(UNIX_EPOCH), here.seconds());
    }
}
