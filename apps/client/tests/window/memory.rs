//! A server that remembers, played by the test with bytes written by hand: a room in which bob has said one line a
//! minute.

use hubbub_testing::{Peer, ScriptedServer};

/// The id of the room.
pub(crate) const ROOM: &str = "3f9c5a0000000000000000000000beef";

/// What a client asked for when it came.
pub(crate) struct Offer {
    pub(crate) nonce: String,
    /// The room and the place of the last message that it has seen.
    pub(crate) since: Option<String>,
    /// The room's password, in base64.
    pub(crate) password: Option<String>,
}

/// One connection to the server, after its JOIN and its offer.
pub(crate) struct Remembering {
    pub(crate) peer: Peer,
    name: String,
    pub(crate) offer: Offer,
    /// Whether it says that everybody's line is private.
    pub(crate) is_private: bool,
}

impl Remembering {
    /// Takes the next connection, its JOIN and its offer.
    pub(crate) fn accept(server: &ScriptedServer) -> Self {
        Self::of(server.accept())
    }

    /// Takes the JOIN and the offer of this connection.
    pub(crate) fn of(mut peer: Peer) -> Self {
        let join = peer.head();
        assert!(join.starts_with("CHAT/1.0 JOIN\r\n"), "{join}");
        let name = header(&join, "Username").unwrap();
        let offer = peer.head();
        let nonce = header(&offer, "Offer").unwrap_or_else(|| panic!("no offer: {offer}"));
        let since = header(&offer, "Since");
        let nonce = nonce.trim_start_matches("1 ").to_owned();
        let password = header(&offer, "Password");
        let offer = Offer {
            nonce,
            since,
            password,
        };
        Self {
            peer,
            name,
            offer,
            is_private: false,
        }
    }

    /// Grants, says who is here and what was said in these lines, and whether there is something older.
    pub(crate) fn welcomes(
        &mut self,
        people: &[&str],
        lines: std::ops::RangeInclusive<u32>,
        how: &str,
    ) {
        let last = *lines.end();
        self.remembers(people, &lines.map(past).collect::<String>(), last, how);
    }

    /// Does the same with these bytes for what was said.
    pub(crate) fn remembers(&mut self, people: &[&str], said: &str, last: u32, how: &str) {
        let name = &self.name;
        let nonce = &self.offer.nonce;
        let people = people.join("\n");
        let private = if self.is_private {
            "Private: yes\r\n"
        } else {
            ""
        };
        let mut bytes = format!(
            "CHAT/1.0 TEXT\r\nUsername: {name}\r\nMsg-len: 0\r\nGrant: 1 {nonce}\r\nRoom: {ROOM}\r\nKept: 30d\r\n\
             Arrived: 0\r\nMax-payload: 1048576\r\n{private}\r\n\
             CHAT/1.0 PRESENT\r\nUsername: {name}\r\nMsg-len: {}\r\n\r\n{people}",
            people.len(),
        );
        bytes += said;
        bytes += &self.replayed(last, how);
        self.peer.send(bytes);
    }

    /// Waits until the client asks for what is older. Returns the number of the line before which, and how many.
    pub(crate) fn is_asked(&mut self) -> (u32, u32) {
        let head = self.peer.head();
        assert!(head.starts_with("CHAT/1.0 EARLIER\r\n"), "{head}");
        let before = header(&head, "Before").unwrap();
        let (_, line) = before.split_once('-').unwrap();
        let count = header(&head, "Count").unwrap();
        (line.parse().unwrap(), count.parse().unwrap())
    }

    /// Answers with the lines from this one on to the one before `before`.
    pub(crate) fn answers(&mut self, first: u32, before: u32, how: &str) {
        let mut bytes: String = (first..before).map(past).collect();
        bytes += &self.replayed(before, &format!("Before: {}\r\n{how}", seq(before)));
        self.peer.send(bytes);
    }

    /// Says this line now.
    pub(crate) fn says(&mut self, line: u32) {
        self.peer
            .send(stamped("bob", line, &format!("line {line}."), ""));
    }

    /// Tells that everything up to this text of the client's is in the log.
    pub(crate) fn acknowledges(&mut self, id: &str, line: u32) {
        let (name, seq) = (&self.name, seq(line));
        let ack = format!("CHAT/1.0 ACK\r\nUsername: {name}\r\nId: {id}\r\nSeq: {seq}\r\n\r\n");
        self.peer.send(ack);
    }

    /// Tells the person something.
    pub(crate) fn notes(&mut self, code: &str, words: &str) {
        let (name, len) = (&self.name, words.len());
        self.peer.send(format!(
            "CHAT/1.0 NOTICE\r\nUsername: {name}\r\nCode: {code}\r\nMsg-len: {len}\r\n\r\n{words}"
        ));
    }

    /// Takes a text, and returns its id.
    pub(crate) fn hears(&mut self, words: &str) -> String {
        let head = self.peer.head();
        assert!(head.starts_with("CHAT/1.0 TEXT\r\n"), "{head}");
        self.peer.expect(words);
        header(&head, "Id").unwrap_or_else(|| panic!("no id: {head}"))
    }

    fn replayed(&self, last: u32, how: &str) -> String {
        let (name, last) = (&self.name, seq(last));
        format!("CHAT/1.0 REPLAYED\r\nUsername: {name}\r\nLast: {last}\r\n{how}\r\n")
    }
}

/// What bob said in this line, as it is told later.
pub(crate) fn past(line: u32) -> String {
    stamped("bob", line, &format!("line {line}."), "Past: yes\r\n")
}

/// A text with its place and time: line 1 was said at midnight.
pub(crate) fn stamped(name: &str, line: u32, text: &str, how: &str) -> String {
    let (seq, len) = (seq(line), text.len());
    let (day, hour, minute) = (20 + line / 1440, line / 60 % 24, line % 60);
    format!(
        "CHAT/1.0 TEXT\r\nUsername: {name}\r\nMsg-len: {len}\r\nId: {seq}\r\nSeq: {seq}\r\n\
         Time: 2026-11-{day}T{hour:02}:{minute:02}:00.000Z\r\n{how}\r\n{text}"
    )
}

/// The place of a line in the log.
pub(crate) fn seq(line: u32) -> String {
    format!("00000000000000a1-{line}")
}

fn header(head: &str, name: &str) -> Option<String> {
    let value = |line: &str| Some(line.strip_prefix(name)?.strip_prefix(": ")?.to_owned());
    head.split("\r\n").find_map(value)
}
