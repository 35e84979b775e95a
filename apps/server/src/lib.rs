//! One CHAT/1.0 room on one TCP port.
//!
//! # The tour
//!
//! The `door` accepts and gives every connection a task (`peer`). Its read half turns bytes into events for the hub's
//! inbox. The `hub`, one task, proposes what counts to the `log`, applies to the `room` what the log has ordered, and
//! drafts an entry for each thing that happened. The `post` seals the draft as one `batch`, whose bytes are made once,
//! and pushes it into every member's `outbox`. The peer's write half writes all that waits there with one system call.
//! Connections that have not joined stand in the `lobby`. With TLS or a page for browsers there is an `entrance` before
//! the peer.
//!
//! A connection for which there is no place ([`Settings::max_peers`], [`Settings::max_peers_per_address`]), or whose
//! address comes too often ([`Settings::visits_per_minute`]), is told so in one line and closed. Only 32 are told at a
//! time, each for up to a second. Any more are closed without a word.
//!
//! Before a name is refused, the task of its bearer checks whether that connection still stands: somebody who has
//! closed a connection and opens another is often faster than the news of the close. The JOIN waits for the answer; the
//! hub does not.
//!
//! # Members with a grant
//!
//! Programs of Hubbub send an offer directly behind their JOIN, and get a grant: who is here, what was said before, the
//! time and the place of each text, and whether their own texts have arrived. All others get what CHAT/1.0 says, byte
//! for byte. The read half finds the offer; `hub/joining` decides what it means, and `hub/granting` answers it. Whoever
//! has the secret of an offer is that member: a newer connection takes the place of an older one, and a member whose
//! connection ends keeps its place for [`Settings::grace`]. Nobody hears of either.
//!
//! # Waiting
//!
//! Waiting runs one way: peers wait for the hub, and the hub waits for nobody, except in a flood, and then for a second
//! at most. Shutdown runs the same way: the hub drops the outboxes, the write halves write what is queued and end, the
//! inbox closes, the hub ends, and `serve` returns.
//!
//! # What is heard of a peer that goes
//!
//! Everything that its system had sent before the connection ended. When a write fails, what has arrived is still read
//! to its end, at the pace of the peer's allowance, and what waits to be written is thrown away. A peer that the server
//! drops, such as a slow consumer, is not heard any more from that moment, and nobody is when the server stops. A peer
//! that goes while its password waits for its comparison is not heard either: its password was not right yet.
//!
//! # Memory
//!
//! An idle member costs about 1.4 kB, and one with a grant about 1.6 kB. `benches/idle` measures the whole server, and
//! then makes 10,000 of each part that can be made alone: a place in the reactor takes 241 bytes, a queue 128, a
//! decoder 168, a name and its rows in the room 186. The other 700 or so are the rest of the task, the row in the hub
//! and what the allocator loses. TLS costs 3.8 kB more, and a browser 0.4 kB, with the only timer that anybody has at
//! rest. A member holds no buffer: all reads of a thread share one. Besides that, the kernel holds 4 kB for the socket.
//!
//! A member that stalls costs up to [`Settings::outbox_bytes`] more, and one batch. All of that together, with all
//! unfinished texts and those in the hub's inbox, stays within [`Settings::memory_limit`].
//!
//! # History
//!
//! Messages stay in memory for those who come later, as many as the table below says. With `--history DIR` they are
//! also kept in an SQLite database, `DIR/history.db`. Then nobody gets a message before its transaction is committed,
//! so whatever anybody has seen survives `kill -9`. With `--history-sync full` it survives a power failure too;
//! otherwise that may take the last second. One thread owns the database, and the hub never waits for it: if a
//! transaction fails or takes longer than 2 s, the room goes on from memory, the log has one error, and keeping resumes
//! by itself. Then it keeps what memory still has; what is missing is a hole, of which whoever crosses it is told.
//!
//! A database that is damaged, or of a newer server, is not touched: the server says so and does not start. There is no
//! older version yet. Only one server may use a directory. Other programs may read the database at any time:
//!
//! ```text
//! sqlite3 DIR/history.db "SELECT datetime(time/1000, 'unixepoch'), name, CAST(text AS TEXT) FROM messages"
//! ```
//!
//! # One room on many machines
//!
//! With `--cluster` (a build with the feature `cluster`) the order of the log is that of a stream in a cluster of NATS
//! engines, and every server that reads it is a node of one room. What a peer says is published, and comes out of the
//! log when it has been read back, on every node at the same place (`log/stream`). The hub applies it as ever; members
//! of other nodes have a row in the room and no outbox (`hub/elsewhere`). A secret never leaves its node: what others
//! compare is a digest of it. So a member may come back to any node.
//!
//! While the engines are away nobody speaks. Members with a grant are told so (`paused`, `resumed`), peers wait at a
//! gate, each on its own socket, and no deadline runs against them. A node that was taken for gone, since the others
//! read nothing of it for too long, joins its members again; whoever has lost the name by then is told and closed. A
//! node that stops tells its members to move, and waits for that for [`Settings::drain_timeout`] at most. Administrators see and
//! put out the members of their own node, and speak to those.
//!
//! # Metrics
//!
//! With `--metrics 9180`, `http://127.0.0.1:9180/metrics` shows the numbers below in the text format of Prometheus, and
//! `/healthz` says 200 if the hub answers within a second, else 503. In a flood, or while much waits for a slow disk,
//! it may take longer. They have a thread of their own: 8 are answered at a time and others wait, a request has 2 s and
//! 4096 bytes, and an answer has 5 s. Nobody who reads them costs the room anything but CPU time.
//! `apps/server/package/` has a dashboard for Grafana and rules for alerts.
//!
//! | name | what |
//! |---|---|
//! | `hubbub_build_info` | 1, with the labels `version` and `features` |
//! | `hubbub_members` | members, also those that have lost their connection and may come back |
//! | `hubbub_members_granted` | members whose program speaks the extension |
//! | `hubbub_members_absent` | members that have lost their connection and may come back |
//! | `hubbub_strangers` | connections that have not joined |
//! | `hubbub_connections` | connections that have a place, members or not; also browsers that are being answered and those that are just ending |
//! | `hubbub_connections_limit` | the most of them (`--max-peers`) |
//! | `hubbub_connections_total` | connections that got a place |
//! | `hubbub_joins_total` | JOINs that the room heard. Who comes back within its grace is not heard |
//! | `hubbub_received_messages_total` | TEXTs of members that have their place in the room, once each; ignored and repeated ones do not count |
//! | `hubbub_received_bytes_total` | bytes that were read of connections with a place, without what TLS adds |
//! | `hubbub_deliveries_total` | JOINs, LEAVEs and TEXTs that were put into outboxes, once for each member that gets them. What is for one member alone, such as a replay or a NOTICE, does not count |
//! | `hubbub_sent_bytes_total` | bytes that the system took for connections with a place, without what TLS adds |
//! | `hubbub_departures_total` | connections with a place that ended before the server did, by `cause`; each ends once |
//! | `hubbub_turned_away_total` | connections that got no place, by `cause`: `full`, `address_full`, `too_often`, `banned` |
//! | `hubbub_accept_failures_total` | how often accepting failed because something had run out, such as descriptors |
//! | `hubbub_tls_handshakes_total` | handshakes of TLS that came to an end; this and the next two only with `--tls` |
//! | `hubbub_tls_failures_total` | those of them that came to nothing |
//! | `hubbub_tls_certificate_end_seconds` | when the certificate of `--tls-cert` ends, in seconds since 1970 |
//! | `hubbub_web_requests_total` | requests of browsers that were answered, by `status`; 101 is a page that enters the room; only with `--web` |
//! | `hubbub_outbox_bytes` | memory of what waits in outboxes, in bytes. What waits for several members counts once |
//! | `hubbub_outbox_limit_bytes` | the most of it: three quarters of `--memory-limit` |
//! | `hubbub_unfinished_bytes` | memory of texts that are read in part, or read and not yet passed on, in bytes |
//! | `hubbub_unfinished_limit_bytes` | the most of it: the other quarter |
//! | `hubbub_history_rows` | messages in the database, with those that were lost between them; this and the next four only with `--history` |
//! | `hubbub_history_bytes` | what the database takes, in bytes, without what is free in its file |
//! | `hubbub_history_kept_total` | messages that were kept since the start |
//! | `hubbub_history_lag_seconds` | age of the oldest message that the disk was given and has not kept, in seconds; 0 if there is none |
//! | `hubbub_history_suspended` | 1 while what is said is not kept, since the disk does not take it; else 0 |
//! | `hubbub_cluster_paused` | 1 while the room is paused, since the engine takes nothing; else 0; this and the next three only with `--cluster` |
//! | `hubbub_cluster_place` | the last place of the stream that this node has applied |
//! | `hubbub_cluster_lag_seconds` | for how long this node has waited for what it published last, in seconds; 0 if it has read it back |
//! | `hubbub_cluster_nodes` | nodes that are in the room, with this one |
//! | `hubbub_delivery_seconds` | histogram, see below |
//! | `process_cpu_seconds_total` | CPU time of the server, in seconds |
//! | `process_virtual_memory_bytes` | its address space, in bytes; only on Linux |
//! | `process_resident_memory_bytes` | its memory in RAM, in bytes, without the socket buffers of the kernel; only on Linux |
//! | `process_start_time_seconds` | when it began to serve, in seconds since 1970 |
//! | `process_open_fds` | descriptors that are open; Linux only |
//! | `process_max_fds` | the limit on them; a connection takes one |
//!
//! The causes of departures: `left` by LEAVE, `closed` without one, `failed` connections, `said_nothing` at all,
//! `broke_protocol`, `too_slow` to take what was said, `unanswered` (what it was to get from the disk did not come in
//! time), `never_joined`, `crowded_out` (it had not joined, and there were too many of those), `plain` (it spoke no TLS
//! where nothing else is spoken), `no_tls` (its TLS came to nothing), `answered` (a browser asked for a file),
//! `out_of_memory`, `text_stalled`, `name_taken`, `name_reserved`, `password` (none or a wrong one was shown),
//! `version` (one that cannot be read), `replaced` by a newer connection of the same member, `kicked` by an operator,
//! `still_out` a minute after that, `banned`, and for members with a grant `beyond_limit` and `left_out_text`.
//!
//! `hubbub_delivery_seconds` is measured for one read at a time, so that it costs little. The clock starts when the
//! TEXTs that a read brought are decoded. It stops when the batch with the first of them has been written: the system
//! has taken the last byte for the last reader, or that reader is gone. So it has the time in the hub's inbox, in the
//! log and on the disk, and in outboxes, but neither the network nor a TEXT that nobody gets. While a measurement takes
//! longer than a second, the next one may begin.
//!
//! # As a service
//!
//! A service manager such as systemd hears that the server is ready, that it stops, and how many members there are. It
//! gets a sign of life from the hub itself, which wakes for it each half of `WatchdogSec`; without that, a server at
//! rest never wakes. Nobody waits for the service manager, whatever it does. A socket that it passes is used in place
//! of one of the server's own, so that connections wait while the server restarts; `--port` and `--listen` are refused
//! then.
//!
//! SIGHUP has the server read the message of the day (`--motd FILE`), its certificate and the password of the room
//! again, and drops nobody. A file that cannot be used leaves what there was. With a controlling terminal SIGHUP means
//! what it means there: the server stops. Programs of Hubbub get the message after their grant, and when it changes;
//! others get it only with `--plain-motd`.
//!
//! Each event of the log is a line: its time and level, words, and fields as `key=value`; or a JSON object with
//! `--log-format json`. Where the journal of systemd reads it, the time is left out and the level is a number in front
//! of the line. It never has the text of a message.
//!
//! The directory `package` has the units, which explain themselves, and a file with all options as variables.
//!
//! # Passwords and invitations
//!
//! With `--password-file FILE` nobody comes in without the password in that file: one line of 16 characters at least
//! and 128 bytes at most, whose line end is not a part of it. With `--make-password` the server writes one of its own
//! into the file if there is no such file, for its own user alone. SIGHUP reads it again. It counts at once, and who is
//! here stays. It needs `--tls` without `--also-plain`, since nobody on the way may read it.
//!
//! A client shows it in its offer, each time it comes. The password is settled before the name: whoever has not shown
//! the right one learns neither who is here nor who is banned by name, and a member's secret does not stand for it.
//! Passwords are compared in constant time. Whoever offers is refused by a NOTICE with a code (`password`, `name`,
//! `banned`, `version`, `kicked`), and everybody else by a TEXT from `server`. No log has a password or a secret.
//!
//! `hubbub admin PATH invite HOST` prints a link that leads into the room under that name: with the server's key if the
//! server has made that itself, and with the password. `hubbub admin PATH new-password` writes another password into
//! the file.
//!
//! # Administration
//!
//! With `--admin PATH` the server makes a Unix socket that only its own user and root may use, for `hubbub admin PATH`.
//! An operator sees there who is here, puts somebody out, bans addresses, and tells everybody something. Each command
//! is a line in the log with the user and the process that gave it. Nobody in the room waits for an operator, whatever
//! one sends.
//!
//! Who is put out is told so, by a NOTICE `kicked` or a TEXT from `server`. Its secret is void at once, so that it
//! cannot take its place back, and the room hears a LEAVE. For a minute, no JOIN under its name or from its address is
//! taken, apart from those of members that come from another connection. Programs of Hubbub do not come back by
//! themselves. A minute that is not over when the server stops is forgotten.
//!
//! A ban is for an address, for a time or for good. Who is here from there is put out, and whoever comes is turned away
//! in one line. With `--state DIR` bans are kept in `DIR/bans`, which is replaced as a whole and never half written;
//! without it they last until the server ends. A damaged file is not touched: the server says so and does not start.
//!
//! What an operator says (`say`) comes to members with a grant as a NOTICE `said`, and to others as a TEXT from
//! `server`. No member said it, so it has no place in the log: who is absent or comes later does not get it.
//!
//! # TLS
//!
//! With `--tls` the first byte of a connection says what it is (`entrance`): TLS, or a plain peer, who is told in one
//! line that the room wants TLS, and closed. With `--also-plain` plain peers are let in as well. TLS is 1.3, offers the
//! protocol `chat/1.0`, and takes clients that ask for none. A peer whose handshake is done is served as any other. In
//! a server without TLS, whoever begins with it gets an alert and the end.
//!
//! The server makes a key for itself at its first start, `DIR/tls.key` in `--state DIR`, which nobody else may read. It
//! is kept with its certificate; a key without one gets one for that start. The log has the key's fingerprint. To take
//! another key into use, start with `--tls-next-key` for as long as it takes until everybody has been here: the server
//! makes `DIR/tls-next.key`, and tells members with a grant of it. Then move that file onto `DIR/tls.key` and start the
//! server again. Nobody is asked anything.
//!
//! A certificate from elsewhere (`--tls-cert`, `--tls-key`) is read again at SIGHUP and once a day. One that cannot be
//! used leaves the old one, and so does one that has ended or is not valid yet while the old one is valid. The log says
//! why. Whoever is here notices nothing.
//!
//! A server with TLS leaves no core file, since its key would be in it. It warns at its start of a key, a password or a
//! state directory that others can read or change.
//!
//! Who has not joined has a bound with `--tls`, since a handshake costs more than a plain connection. Beyond it, the
//! one goes that was heard longest ago, of the address that has too many or most; a wrong password makes nobody's place
//! better. If all of an address wait for the server, the newcomer goes. Whoever is turned away, because the room is
//! full for example, gets no handshake: an alert (`access_denied`) if the connection begins with TLS, and words
//! otherwise. Where there is a page, there are a few handshakes for them, since a browser shows nothing of an alert.
//!
//! # Browsers
//!
//! With `--web DIR` a connection that begins with `GET ` or `HEAD ` is a browser's, on the same port, and inside TLS as
//! well. It gets a file of DIR, which is read once at the start, with the smaller forms beside it (`NAME.br`,
//! `NAME.gz`). Every answer ends its connection, and what comes behind a request is not read. What is in a folder whose
//! name begins with `app-` never changes, so that browsers keep it; they ask for all else each time, and get it if it
//! has changed. Where everybody has to have TLS, a browser is sent to `https` on the port that it came by. TLS is then
//! 1.2 or 1.3, and offers `http/1.1` as well.
//!
//! The name that a browser asks for must be one of `--web-host`, the very address that it has reached, or `localhost`
//! on the machine itself. So a page of somebody else's gets nothing whose own name leads to our address. At `/room` a
//! page becomes a peer, by WebSocket without extensions, if it is of this very host and port; what its binary messages
//! bring are the bytes of CHAT/1.0. A page gets the same limits as a program, and costs the room the same.
//!
//! A room on several nodes has a page on each. `--web-node ORIGIN`, such as `https://b.example.org`, names one, and all
//! nodes are told the same. Pages of that origin may then enter here, and the page from here may connect there: the
//! policy for the browser (`connect-src`) names it, and the page finds it in the place that its `index.html` has for that
//! (`<meta name="nodes" content="">`), which is filled in at the start. The page begins at its own server, and goes on at
//! another one when that is lost. Scheme, name and port must all be right, so a page that was opened by an address that is
//! not named stays where it is. All nodes have TLS or none has, since browsers let no page with TLS go on without, and
//! within TLS no page without it is let in. The names that a node answers to are still only those of its own `--web-host`.
//! If a node that is named has another room, the page shows that room.
//!
//! A file is nobody's visit and takes none of the places of its address, and while it is written, none of the room's; a
//! page that enters the room does. Nor does a connection that has not said yet what it is take one of its address.
//!
//! A proxy that is named by `--trusted-proxy` is believed when `X-Forwarded-For` says for whom it comes: bans, limits,
//! `who` and the log are then about the visitor. It has to pass on `Host`, and nobody enters through it for whom it does not
//! say it.
//!
//! # Limits
//!
//! Sizes, times and numbers with an option are defaults. `hubbub-server --help` lists all options and the variables
//! that set them; options that cannot work together are refused with both values.
//!
//! | what | limit | beyond it |
//! |---|---|---|
//! | text of a message | 1 MiB (`--max-payload`; at most `--outbox` and a quarter of `--memory-limit`) | not delivered; the sender is told |
//! | name | 1 to 64 bytes of UTF-8, no control characters, not `server` | the frame is ignored; `server` is refused |
//! | head of a frame | 4 KiB, 32 headers | the connection is closed |
//! | bytes in a row that are no frame | 4 KiB | the connection is closed |
//! | waiting for one peer | 4 MiB (`--outbox`) | the peer is dropped as a slow consumer |
//! | waiting for all peers | three quarters of 256 MiB (`--memory-limit`) | the slowest are dropped first |
//! | texts of all peers that are read in part, or read and not yet passed on | the other quarter | the peer that holds most of an unfinished text is told so and closed |
//! | silence in the middle of a text | 30 s (`--text-timeout`) | the peer is told so and closed |
//! | silence in the middle of a frame, before another frame | 2 s | the first frame is given up, the second one is read |
//! | a peer's socket takes nothing | 30 s (`--write-timeout`) | the peer is dropped |
//! | from connecting to JOIN | 30 s (`--join-timeout`) | the connection is closed |
//! | connections that have not joined, with `--tls` or `--web` | 256, and 16 of one address | the one that was heard longest ago is closed |
//! | browsers that are being answered | 256 | the one that took something longest ago is closed |
//! | nodes at which a page may go on (`--web-node`) | 16 | the server does not start |
//! | head of a browser's request | 16 KiB, 64 headers, and 10 s | it is told so and closed |
//! | an answer to a browser | 5 min, and `--write-timeout` in which nothing is taken | the connection is closed |
//! | a message of a browser to the room | 64 KiB, binary | the connection is closed with 1009; with 1003 for text |
//! | frames of a browser that bring nothing, such as pings | 1,000 between two questions for a sign of life | the connection is closed with 1008 |
//! | signs of life of a browser in the room, for which it is asked every 20 s | three in a row may be missing | a minute after the first question without an answer the connection is closed with 4012 |
//! | files of the page | 1,000 and 64 MiB together, in directories that are 8 deep | the server does not start |
//! | handshakes that have a turn | 8, for 100 ms each | the next ones wait, and those that take longer go on without |
//! | handshakes of those that are turned away, with `--web` | 4 at a time, for 100 ms at least and 2 s at most | the next ones wait for 1 s, and then get an alert |
//! | what handshakes hold | 64 KiB each, of the quarter for unfinished texts | the connection is closed |
//! | key of a certificate | RSA of 3072 bits, or any ECDSA or Ed25519 key | the server does not start; at SIGHUP the old one stays |
//! | file with a certificate or a key | 256 KiB | the same |
//! | from a JOIN to its place in the log | the same time | the connection is closed |
//! | from a JOIN to an offer, where the name is that of a member with a grant, or the room has a password | 1 s | the JOIN counts as one without an offer |
//! | password | 16 characters to 128 bytes of UTF-8 in one line, no control characters | the server does not start; at SIGHUP the old one stays |
//! | passwords of one address that are compared | 10 a second, none saved up | others of that address wait, as long as a JOIN may |
//! | what is said while a password waits | 64 KiB, or one text that is longer | the connection is closed |
//! | a member with a grant without a connection | 15 s (`--grace`) | the room hears a LEAVE |
//! | members without a connection | 4096, and 256 of one address | the next one leaves at once |
//! | EARLIERs of a member that are answered at a time | 1 | the next ones wait, and nothing more is read of the peer |
//! | PINGs of a member whose answers wait | 1 | the next one is not answered |
//! | messages in memory, for those who come later | the last 1,000 or 1 MiB, or one read that has more | the oldest go |
//! | messages on a disk | none unless set (`--history`); then 30 days (`--keep`) and 1 GiB (`--keep-bytes`) | the oldest go, a few at a time |
//! | one replay of them | 200 messages and 256 KiB, or one message that is longer | the member asks for older ones |
//! | what waits for the disk | 2 s | the room goes on, and keeps what it can in memory until the disk is back |
//! | the same | 4 MiB | no more is taken until the disk answers, for 2 s at most |
//! | what a node has published | read back within 2 s; an engine is away for 1 s at most | members are told that the room is paused |
//! | what waits for the stream | 1 MiB | peers that have passed 4 KiB are not read until half of it is gone |
//! | a page of the past that is read from the stream | 10 s | it counts as lost |
//! | pages that the stream is asked for at a time | 8 | the next ones wait |
//! | a node that stops waits for the stream to hear that | 2 s | the others notice after `--cluster-node-timeout` |
//! | sessions whose counts are known | 65,536, and 7 days after they were last heard | those heard longest ago are forgotten |
//! | message of the day | 4 KiB of UTF-8, no control characters but tabs and line ends | the server does not start; at SIGHUP the old one stays |
//! | words to the service manager about the number of members | 1 a second | the last number is told when the second is over |
//! | what the system buffers for a peer | 208 KiB, which Linux counts twice | it waits in the outbox |
//! | lines of the log that wait for stderr | 1 MiB | dropped; their number is written when stderr takes lines again |
//! | connections | what the limit on open files allows (`--max-peers`) | told so and closed; in a burst, 32 at a time are told |
//! | connections from one address | unlimited unless set (`--max-peers-per-address`) | the same |
//! | visits from one address in a minute | unlimited unless set (`--visits-per-minute`); a minute's worth at once | the same |
//! | what a peer says | unlimited unless set (`--messages-per-second`, `--bytes-per-second`); ten seconds' worth at once | it is read more slowly, nothing is lost |
//! | what all peers of an address say | ten times what one may say | they are read more slowly, nothing is lost |
//! | administrators that are connected | 4 | told so and closed |
//! | a request of an administrator | 16 KiB, and 10 s for it and for taking the answer | refused; closed |
//! | what an administrator says, and a message of the day | 4 KiB | refused |
//! | bans | 4096, each for a year at most or for good | refused |
//! | kicks that are remembered | 1,024, each for a minute | the oldest is forgotten |
//! | lines in the log about one address | 60 at once, then one a second | left out and counted |
//! | those that read metrics | 8 at a time, 2 s and 4096 bytes for a request, 5 s for an answer | others wait; the connection is closed |
//! | taking why a browser has to go, or the end of TLS, where the line is full | 10 s | the connection is closed |
//! | a peer that vanished silently | found within a minute | the room hears a LEAVE |
//!
//! An IPv6 network of 64 bits counts as one address, and so do all who come through one NAT or NAT64. For a room that
//! strangers can reach, use
//!
//! ```text
//! hubbub-server --messages-per-second 50 --bytes-per-second 256KiB --visits-per-minute 60 --max-peers-per-address 100
//! ```
//!
//! It lets through at once a pasted text of 500 lines and a class of 40 that shares an address. A flood cannot cost
//! members on slow lines their place.

use std::future::{Future, pending};
use std::io;
#[cfg(feature = "web")]
use std::net::SocketAddr;
use std::net::TcpListener;
use std::pin::pin;
use std::sync::Arc;

use futures::future::{Either, join, select};
use hubbub_transport::Listener;
use tracing::info;
#[cfg(feature = "web")]
use tracing::warn;

#[cfg(feature = "cluster")]
pub use crate::cluster::engine::EngineAddress;
pub use crate::door::{listen, listen_on, listens};
use crate::event::{Event, Mail};
use crate::log::Log;
use crate::memory::{Memory, Shares};
use crate::metrics::Metrics;
use crate::peer::House;
use crate::service::Supervisor;
#[cfg(feature = "cluster")]
pub use crate::settings::Cluster;
pub use crate::settings::{History, HistorySync, Settings};

// In reading order. The blank lines keep rustfmt from sorting it.

// Words that the rooms below share.
pub mod id;
mod settings;
#[cfg(feature = "tls")]
pub mod tls;
#[cfg(feature = "web")]
pub mod web;

mod metrics;

pub mod memory;

pub mod address;
pub mod allowance;

mod shortage;

pub mod guests;

#[cfg(feature = "cluster")]
mod gate;

pub mod texts;

pub mod said;

pub mod motd;

#[cfg(feature = "admin")]
pub mod bans;

#[cfg(feature = "tls")]
pub mod password;

#[cfg(feature = "admin")]
pub mod orders;

pub mod event;

// The room: plain, without waiting, the time given.
pub mod room;

mod words;

pub mod batch;

pub mod outbox;

mod post;

mod lobby;

#[cfg_attr(
    any(not(feature = "history"), feature = "cluster"),
    allow(
        dead_code,
        unused_imports,
        reason = "only the history answers as a disk does, and some of a cluster is for metrics"
    )
)]
mod log;

#[cfg(feature = "cluster")]
#[allow(
    dead_code,
    unused_imports,
    reason = "the log and the engine begin to use it"
)]
mod cluster;

// What waits: the hub, the peers, the door.
pub mod hub;

mod peer;

#[cfg(any(feature = "tls", feature = "web"))]
mod entrance;

mod door;

#[cfg(feature = "metrics")]
mod exporter;

#[cfg(feature = "admin")]
mod admin;

// The system.
#[cfg(feature = "tls")]
pub mod identity;

#[cfg(feature = "tls")]
pub mod core_files;
pub mod descriptors;
pub mod runtime;

#[cfg_attr(
    not(all(feature = "service", target_os = "linux")),
    path = "service/none.rs"
)]
pub mod service;

/// Serves one room on `listener` until `shutdown` is ready. Then it writes what is queued, for at most
/// [`Settings::drain_timeout`], and returns.
///
/// # Errors
///
/// The system does not let the listener be used, the history or the bans cannot be used, or the socket of the
/// administrators cannot be made.
pub async fn serve(
    listener: TcpListener,
    settings: Settings,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    serve_for(Operator::default(), listener, settings, shutdown).await
}

/// Who runs the server, and may change something while it serves.
#[derive(Debug)]
pub struct Operator {
    /// What supervises the process.
    pub supervisor: Supervisor,
    /// What changes, such as [`Event::Motd`].
    pub changes: flume::Receiver<Event>,
    /// With what the server proves itself from then on.
    #[cfg(feature = "tls")]
    pub identities: flume::Receiver<tls::Identity>,
}

impl Default for Operator {
    /// Nobody supervises, and nothing changes.
    fn default() -> Self {
        Self {
            supervisor: Supervisor::default(),
            changes: flume::bounded(0).1,
            #[cfg(feature = "tls")]
            identities: flume::bounded(0).1,
        }
    }
}

/// The same for somebody.
///
/// # Errors
///
/// The same as for [`serve`].
pub async fn serve_for(
    operator: Operator,
    listener: TcpListener,
    settings: Settings,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let Operator {
        supervisor,
        changes,
        #[cfg(feature = "tls")]
        identities,
    } = operator;
    let listener = Listener::new(listener)?;
    let shares = Shares::of(settings.memory_limit);
    let queued = Memory::new(shares.queued);
    let unfinished = Memory::new(shares.unfinished);
    let metrics = Arc::<Metrics>::default();
    let mut shutdown = pin!(shutdown);
    let log = {
        let opened = pin!(open_log(&settings, &queued, &metrics));
        match select(opened, shutdown.as_mut()).await {
            Either::Left((log, _)) => log.map_err(io::Error::other)?,
            // It was to stop before there was an engine.
            Either::Right(_) => return Ok(()),
        }
    };
    #[cfg(feature = "admin")]
    let (office, first, bans) = admin::Office::open(
        &settings,
        #[cfg(feature = "tls")]
        listener.local_addr()?.port(),
    )
    .map_err(io::Error::other)?;
    #[cfg(not(feature = "admin"))]
    refuse_administration(&settings)?;
    let (inbox, mail) = flume::bounded(hub::INBOX);
    let _shown = show_metrics(&settings, &metrics, &inbox, [&queued, &unfinished])?;
    info!(address = %listener.local_addr()?, "listening");
    #[cfg(feature = "web")]
    tell_of_page(&settings, listener.local_addr()?);
    #[cfg(feature = "cluster")]
    let gate = log.gate();
    let mut hub = runtime::spawn(hub::run_with(
        log,
        mail,
        Arc::clone(&queued),
        Arc::clone(&unfinished),
        settings.clone(),
        supervisor.clone(),
        Arc::clone(&metrics),
    ));
    let house = Arc::new(House {
        settings,
        inbox,
        queued,
        unfinished,
        metrics,
        #[cfg(feature = "admin")]
        bans,
        #[cfg(feature = "cluster")]
        gate,
    });
    #[cfg(feature = "admin")]
    let office = {
        // Nobody comes in before the hub knows who may not.
        let _ = house.inbox.send_async(vec![first]).await;
        runtime::spawn(office.serve(house.inbox.clone()))
    };
    let has_ended = {
        let door = door::Door::new(&house);
        #[cfg(feature = "tls")]
        let renewed = door::renew(identities, door.proof(), &house);
        #[cfg(not(feature = "tls"))]
        let renewed = pending::<()>();
        let let_in = pin!(door::let_in(&listener, door, &house));
        let changed = pin!(join(pass_on(changes, &supervisor, &house), renewed));
        let serves = select(shutdown, select(let_in, changed));
        matches!(select(&mut hub, serves).await, Either::Left(_))
    };
    drop(listener);
    #[cfg(feature = "admin")]
    office.cancel().await;
    let _ = house.inbox.send_async(vec![Event::Stop]).await;
    drop(house);
    if has_ended {
        let why = "the engines cannot be used any more; the log says why";
        return Err(io::Error::other(why));
    }
    hub.await;
    info!("stopped");
    Ok(())
}

/// Says in the log where the page is, and what browsers will say of it.
#[cfg(feature = "web")]
fn tell_of_page(settings: &Settings, listens_at: SocketAddr) {
    let Some(web) = &settings.web else {
        return;
    };
    #[cfg(feature = "tls")]
    let (has_tls, has_own_key) = {
        let tls = settings.tls.as_ref();
        (tls.is_some(), tls.is_some_and(|tls| tls.is_own))
    };
    #[cfg(not(feature = "tls"))]
    let (has_tls, has_own_key) = (false, false);
    let link = web::link(&web.hosts, listens_at, has_tls);
    info!("browsers open the room at {link}");
    if has_own_key {
        warn!(
            "browsers will call this room unsafe before they open it, since no authority vouches for a key of the server's \
             own; give a certificate that one has signed by --tls-cert and --tls-key"
        );
    }
}

/// Says that the server serves, and tells the hub what is changed. Never ends by itself.
async fn pass_on(changes: flume::Receiver<Event>, supervisor: &Supervisor, house: &House) {
    join(supervisor.ready(), async {
        while let Ok(change) = changes.recv_async().await {
            let _ = house.inbox.send_async(vec![change]).await;
        }
    })
    .await;
    pending::<()>().await;
}

/// An operator who relies on bans must not find out later that there are none.
#[cfg(not(feature = "admin"))]
fn refuse_administration(settings: &Settings) -> io::Result<()> {
    match (&settings.admin, &settings.state) {
        (None, None) => Ok(()),
        _ => Err(io::Error::other(
            "this build has no administration and keeps no bans",
        )),
    }
}

/// The log that the settings ask for. Replays count as used `memory`. In a cluster it waits until there are engines.
async fn open_log(
    settings: &Settings,
    memory: &Arc<Memory>,
    metrics: &Arc<Metrics>,
) -> Result<Log, String> {
    let (room, generation) = (runtime::draw_id(), runtime::draw());
    let memory = Arc::clone(memory);
    #[cfg(feature = "cluster")]
    if let Some(cluster) = &settings.cluster {
        let cluster = log::Cluster {
            link: cluster::engine::start(cluster).await?,
            node: cluster::NodeId(runtime::draw()),
            node_timeout: cluster.node_timeout,
            keep: cluster.keep,
        };
        return Log::with_stream(cluster, memory, runtime::now());
    }
    match &settings.history {
        None => Ok(Log::new(room, generation, memory)),
        #[cfg(feature = "history")]
        Some(history) => {
            let disk = log::history::start(history, room, generation, metrics)?;
            Ok(Log::on_disk(disk, memory))
        }
        #[cfg(not(feature = "history"))]
        Some(_) => {
            let _ = metrics;
            Err("this build keeps no history".to_owned())
        }
    }
}

/// Shows the metrics where the settings say, until what this returns is dropped.
#[cfg(feature = "metrics")]
fn show_metrics(
    settings: &Settings,
    metrics: &Arc<Metrics>,
    inbox: &flume::Sender<Mail>,
    [queued, unfinished]: [&Arc<Memory>; 2],
) -> io::Result<Option<exporter::Shown>> {
    let Some(address) = settings.metrics else {
        return Ok(None);
    };
    let source = exporter::Source {
        metrics: Arc::clone(metrics),
        inbox: inbox.downgrade(),
        queued: Arc::clone(queued),
        unfinished: Arc::clone(unfinished),
        max_peers: settings.max_peers,
        has_history: settings.history.is_some(),
        #[cfg(feature = "cluster")]
        has_cluster: settings.cluster.is_some(),
        #[cfg(feature = "tls")]
        has_tls: settings.tls.is_some(),
        #[cfg(feature = "web")]
        has_page: settings.web.is_some(),
        began: runtime::wall().unix_ms() as f64 / 1000.0,
    };
    exporter::start(address, source).map(Some)
}

#[cfg(not(feature = "metrics"))]
fn show_metrics(
    settings: &Settings,
    _: &Arc<Metrics>,
    _: &flume::Sender<Mail>,
    _: [&Arc<Memory>; 2],
) -> io::Result<Option<std::convert::Infallible>> {
    match settings.metrics {
        None => Ok(None),
        Some(_) => Err(io::Error::other("this build has no metrics")),
    }
}
