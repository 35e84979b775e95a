//! What goes in on one side comes out on the other.

use crate::support::{ours, read, read_exact, write};

#[test]
fn what_is_said_is_heard_both_ways() {
    let (server, client, _) = ours();
    write(&client, b"hello");
    assert_eq!(read_exact(&server, 5), b"hello");
    write(&server, b"welcome");
    assert_eq!(read_exact(&client, 7), b"welcome");
    client.finish().unwrap();
    assert_eq!(read(&server).unwrap(), b"");
    write(&server, b"so long");
    server.finish().unwrap();
    assert_eq!(read_exact(&client, 7), b"so long");
    assert_eq!(read(&client).unwrap(), b"");
}
