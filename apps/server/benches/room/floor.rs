//! The floor: what the sockets alone cost. A program of one thread that does the least that any server of the room
//! could do: it reads what the first of its connections sends and writes it to all the others, one system call each.
//! It looks at no byte, has one sender, and takes for granted that everybody reads.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::Command;

use hubbub_testing::Program;

/// Its first argument when the bench starts itself again to be the floor. The second one is the number of members.
pub(crate) const ARGUMENT: &str = "--floor";

/// Starts it in a process of its own, as the server is.
pub(crate) fn start(members: usize) -> io::Result<Program> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args([ARGUMENT, &members.to_string()]);
    Ok(Program::run(command))
}

/// Is it: waits for the sender and this many members, and ends when the sender does.
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
