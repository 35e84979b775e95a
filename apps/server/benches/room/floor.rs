//! The floor: what the sockets alone cost. This program of one thread does the least that any server of a room could
//! do: it reads what its first connection sends and writes it to all others, with one system call each. It looks at no
//! byte, has one sender, and assumes that everybody reads.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::Command;

use hubbub_testing::Program;

/// The first argument with which the bench starts itself as the floor. The second one is the number of members.
pub(crate) const ARGUMENT: &str = "--floor";

/// Starts the floor in its own process, like the server.
pub(crate) fn start(members: usize) -> io::Result<Program> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args([ARGUMENT, &members.to_string()]);
    Ok(Program::run(command))
}

/// Runs the floor: waits for the sender and this many members, and ends when the sender does.
pub(crate) fn run(members: usize) -> io::Result<()> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    eprintln!("listening on {}", listener.local_addr()?);
    let mut sender = accept(&listener)?;
    let mut others = (0..members)
        .map(|_| accept(&listener))
        .collect::<io::Result<Vec<_>>>()?;
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = sender.read(&mut buffer)?;
        if read == 0 {
            return Ok(());
        }
        for other in &mut others {
            other.write_all(&buffer[..read])?;
        }
    }
}

fn accept(listener: &TcpListener) -> io::Result<TcpStream> {
    let (socket, _) = listener.accept()?;
    socket.set_nodelay(true)?;
    Ok(socket)
}
