//! Questions about the past, answered from the database.

use hubbub_wire::{Hex64, Id, Payload, Time, Token, Username};
use rusqlite::{Result, Row};

use super::super::keeping::Answer;
use super::super::replay::{Ask, Line, Page};
use super::database::{Database, Start, optional};
use crate::said::Seq;

/// The longest name, in bytes. Names that are longer were never let in.
const MAX_NAME: usize = hubbub_wire::Limits::DEFAULT.max_name;

impl Database {
    /// Answers a question. `until` is the place of the JOIN of the member that asks.
    pub(crate) fn recall(&self, number: u64, ask: &Ask, until: Seq) -> Result<Answer> {
        let until = self.number_of(until).unwrap_or(0);
        if let Ask::Whether(room, place) = ask {
            let seen = Seq::parse(place.as_str()).and_then(|place| self.number_of(place));
            let seen = if *room == self.room { seen } else { Some(0) };
            return self.whether(number, seen, until);
        }
        let place_of = |text: &str| Seq::parse(text).and_then(|place| self.number_of(place));
        let (above, end, most) = match ask {
            Ask::Since(room, _) if *room != self.room => (Some(0), until, u32::MAX),
            Ask::Since(_, place) | Ask::Whether(_, place) => {
                (place_of(place.as_str()), until, u32::MAX)
            }
            &Ask::Recent(most) => (Some(0), until, most),
            Ask::Before(place, most) => match self.number_before(place) {
                Some(end) => (Some(0), end, *most),
                None => {
                    return Ok(Answer::Recalled {
                        number,
                        texts: None,
                        after: None,
                        more: false,
                        lost: true,
                    });
                }
            },
        };
        let (page, first, last) = self.page(above.unwrap_or(0), end, most)?;
        let older: Option<i64> = self.connection.query_row(
            "SELECT max(seq) FROM messages WHERE seq < ?1",
            [first],
            |row| row.get(0),
        )?;
        let is_gap = first > 1 && older != Some(first - 1);
        let more = match (ask, above) {
            // Nobody knows what somebody has seen whose place is unknown.
            (Ask::Since(..), None) => false,
            (_, above) => older > above,
        };
        let lost = match (ask, above) {
            (Ask::Since(..), None) => true,
            (Ask::Since(..), Some(since)) => {
                since < until
                    && (last < until
                        || first > since + 1 && (is_gap || since < self.deleted && !more))
            }
            (Ask::Recent(_), _) => is_gap && more,
            (Ask::Before(..) | Ask::Whether(..), _) => is_gap,
        };
        let after = match (ask, above) {
            (Ask::Since(..), Some(since)) if more => self.newest_up_to(since)?,
            (Ask::Before(..), _) if last > 0 && last < end => self.newest_up_to(last)?,
            _ => None,
        };
        Ok(Answer::Recalled {
            number,
            texts: page.finish(),
            after,
            more,
            lost,
        })
    }

    /// Whether anything up to the number `until` is kept that came after what was `seen`.
    fn whether(&self, number: u64, seen: Option<i64>, until: i64) -> Result<Answer> {
        let newest: Option<i64> = self.connection.query_row(
            "SELECT max(seq) FROM messages WHERE seq <= ?1",
            [until],
            |row| row.get(0),
        )?;
        let more = seen.is_some() && newest > seen;
        let after = match seen {
            Some(seen) => self.newest_up_to(seen)?,
            None => None,
        };
        Ok(Answer::Recalled {
            number,
            texts: None,
            after,
            more,
            lost: !more && seen.is_none_or(|seen| seen < until),
        })
    }

    /// The number before that of a message. Where that was lost with the end of its start, so was what came directly
    /// before it, and this is the number of the last one that is left.
    fn number_before(&self, place: &Token<'_>) -> Option<i64> {
        let Seq { generation, count } = Seq::parse(place.as_str())?;
        let count = count.saturating_sub(1);
        self.number_of(Seq { generation, count })
    }

    /// The place of the newest message up to a number.
    fn newest_up_to(&self, number: i64) -> Result<Option<Seq>> {
        let row = self.connection.query_row(
            "SELECT start, count FROM messages WHERE seq <= ?1 ORDER BY seq DESC LIMIT 1",
            [number],
            |row| Ok((row.get(0)?, row.get(1)?)),
        );
        let row: Option<(i64, i64)> = optional(row)?;
        Ok(row.map(|(start, count)| self.place(start, count)))
    }

    /// A place, as the database has it.
    fn place(&self, start: i64, count: i64) -> Seq {
        let start: Option<&Start> = self.starts.iter().rfind(|known| known.number == start);
        Seq {
            generation: start.map_or(0, |start| start.generation),
            count: count.unsigned_abs(),
        }
    }

    /// The newest messages above one number up to another, without a gap between them, and the numbers of the first and
    /// the last. If there are none, the first is the number after `until`, and the last is `above`.
    fn page(&self, above: i64, until: i64, most: u32) -> Result<(Page, i64, i64)> {
        let mut page = Page::new(most);
        let mut first = until + 1;
        let mut newest_first = self.connection.prepare(
            "SELECT seq, start, count, time, name, session, number, text FROM messages
             WHERE seq > ?1 AND seq <= ?2 ORDER BY seq DESC",
        )?;
        let mut rows = newest_first.query([above, until])?;
        let mut last = above;
        while let Some(row) = rows.next()? {
            let seq: i64 = row.get(0)?;
            if (last > above && seq + 1 != first) || !self.add(&mut page, row)? {
                break;
            }
            first = seq;
            last = last.max(seq);
        }
        Ok((page, first, last))
    }

    /// Adds a message to a page. Returns `false` if there is no place for it.
    fn add(&self, page: &mut Page, row: &Row<'_>) -> Result<bool> {
        let start: i64 = row.get(1)?;
        let (count, time): (i64, i64) = (row.get(2)?, row.get(3)?);
        let session: Option<String> = row.get(5)?;
        let number: Option<i64> = row.get(6)?;
        let session = session.and_then(|session| Hex64::parse(&session));
        let own = session.zip(number).map(|(session, number)| Id {
            session,
            count: number.cast_unsigned(),
        });
        let name = row.get_ref(4)?.as_str()?;
        let text = row.get_ref(7)?.as_blob()?;
        let (Ok(name), Some(payload)) = (Username::new(name, MAX_NAME), Payload::new(text)) else {
            // Somebody else wrote it.
            return Ok(true);
        };
        Ok(page.add(&Line {
            name: &name,
            seq: self.place(start, count),
            own,
            time: Time::from_unix_ms(time.unsigned_abs()),
            payload,
        }))
    }
}
