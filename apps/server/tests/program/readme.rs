//! What the README has its readers type does what it says.

use std::process::Command;

use hubbub_testing::{Ended, Program};

const README: &str = include_str!("../../../../README.md");

/// The block of commands in the README that holds these words.
fn commands_with(words: &str) -> String {
    let mut blocks = README.split("```sh\n").skip(1);
    let block = blocks.find_map(|block| {
        let (commands, _) = block.split_once("```")?;
        commands.contains(words).then(|| commands.to_owned())
    });
    block.unwrap_or_else(|| panic!("no commands with {words:?} in the README"))
}

#[test]
fn two_members_by_hand_hear_each_other_and_end_by_themselves() {
    let has_nc = Command::new("sh").args(["-c", "command -v nc"]).output();
    if !has_nc.unwrap().status.success() {
        eprintln!("SKIPPED: there is no nc; `just setup` installs it");
        return;
    }
    let mut server = Program::start(&["--port", "0"]);
    let place = format!("localhost {}", server.port());
    let commands = commands_with("nc localhost 8765").replace("localhost 8765", &place);
    let mut shell = Command::new("sh");
    shell.args(["-c", &commands]);
    let Ended { stdout, stderr, .. } = Program::run(shell).end();
    assert_eq!(
        stdout,
        "CHAT/1.0 JOIN\r\nUsername: erin\r\n\r\n\
         CHAT/1.0 TEXT\r\nUsername: erin\r\nMsg-len: 5\r\n\r\nhello\
         CHAT/1.0 LEAVE\r\nUsername: erin\r\n\r\n",
        "{stderr}"
    );
}
