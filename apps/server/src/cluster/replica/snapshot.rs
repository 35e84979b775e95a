//! A snapshot: the room as bytes. There is one way to write each room, so equal rooms have equal bytes.

use hubbub_wire::{Hex64, Hex128, Time};

use super::due::Taking;
use super::last_said::LastSaid;
use super::members::Members;
use super::nodes::Nodes;
use super::past::Past;
use super::{Replica, Seq};
use crate::cluster::bytes::{Reader, Write};
use crate::cluster::record::{Unreadable, read_option, readable, write_option};
use crate::log::sessions::{MAX_SESSIONS, Sessions};

/// What every snapshot begins with.
const WORD: [u8; 4] = *b"hubs";

/// The most that is counted. Whatever is added to it in this world does not overflow.
pub(super) const MOST: u64 = u64::MAX / 2;

impl Replica {
    /// The room as bytes.
    pub(crate) fn snapshot(&self) -> Vec<u8> {
        let mut out = WORD.to_vec();
        out.put_u16(self.format());
        out.put_len(self.stream.0.len());
        out.extend_from_slice(self.stream.0.as_bytes());
        out.put_u64(self.stream.1);
        out.put_u64(self.place);
        out.put_u64(self.epoch);
        out.put_u128(self.room.0);
        out.put_u64(self.last.generation);
        out.put_u64(self.last.count);
        write_option(self.stamp.as_ref(), &mut out, |time, out| {
            out.put_u64(time.unix_ms())
        });
        out.put_u64(self.time.unix_ms());
        out.put_u64(self.age);
        self.nodes.write(&mut out);
        self.members.write(&mut out);
        self.write_sessions(&mut out);
        self.said.write(&mut out);
        self.past.write(&mut out);
        self.taking.write(&mut out);
        out
    }

    fn write_sessions(&self, out: &mut Vec<u8>) {
        let mut sessions = self.sessions.heard_since(Time::from_unix_ms(0));
        sessions.sort_unstable_by_key(|counting| counting.key);
        out.put_len(sessions.len());
        for counting in sessions {
            out.put_u64(counting.key.0);
            out.put_u64(counting.count);
            out.put_u64(counting.place.count);
            out.put_u64(counting.heard.unix_ms());
        }
    }

    /// The room of a snapshot.
    ///
    /// # Errors
    ///
    /// Why these bytes are none.
    pub(crate) fn restore(bytes: &[u8]) -> Result<Self, Unreadable> {
        let mut reader = Reader(bytes);
        readable(&mut reader, WORD)?;
        let mut replica = Self::read_room(&mut reader).ok_or(Unreadable::Damaged)?;
        // There is only one way to write it. Whatever cannot be is found by that, too.
        if replica.snapshot() != bytes {
            return Err(Unreadable::Damaged);
        }
        if replica.taking.is_being_taken() {
            replica.taking.taken(replica.place, replica.age, bytes);
        }
        Ok(replica)
    }

    fn read_room(reader: &mut Reader<'_>) -> Option<Self> {
        let len = reader.len()?;
        let stream = str::from_utf8(reader.bytes(len)?).ok()?.to_owned();
        let created = reader.u64()?;
        let place = reader.u64().filter(|&place| place <= MOST)?;
        let epoch = reader.u64().filter(|&epoch| epoch <= place)?;
        let room = Hex128(reader.u128()?);
        let last = Seq {
            generation: reader.u64()?,
            // What is counted has to stay countable.
            count: reader.u64().filter(|&count| count <= MOST)?,
        };
        let stamp = read_option(reader, |reader| reader.u64().map(Time::from_unix_ms))?;
        let time = Time::from_unix_ms(reader.u64()?);
        let age = reader.u64().filter(|&age| age <= MOST)?;
        Some(Self {
            stream: (stream, created),
            place,
            lost: None,
            rolled_back: None,
            begun: 0,
            epoch,
            room,
            last,
            stamp,
            time,
            age,
            nodes: Nodes::read(reader, age)?,
            members: Members::read(reader)?,
            sessions: read_sessions(reader, last.generation)?,
            said: LastSaid::read(reader, last)?,
            past: Past::read(reader, place, last.count)?,
            taking: Taking::read(reader, place, age)?,
            snapshot: None,
        })
    }
}

fn read_sessions(reader: &mut Reader<'_>, generation: u64) -> Option<Sessions> {
    let mut sessions = Sessions::default();
    let count = reader.len().filter(|&count| count <= MAX_SESSIONS)?;
    for _ in 0..count {
        let (key, highest) = (Hex64(reader.u64()?), reader.u64()?);
        let count = reader.u64()?;
        let heard = Time::from_unix_ms(reader.u64()?);
        sessions.proposed(key, highest, Seq { generation, count }, heard);
        sessions.arrived(key, highest);
    }
    Some(sessions)
}
