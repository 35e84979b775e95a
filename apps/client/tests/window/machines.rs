//! Not tests: one room on three nodes and three engines, and a window on each of two nodes. It is for people who want to
//! see it, or plays itself: the node under one window is killed, and both talk on.

use std::fs;
use std::process::Command;

use hubbub_testing::{Engines, HeldPort, Program, server};
use serde_json::json;

use crate::pictures::project;
use crate::screen::Screen;
use crate::window::Window;

/// One of the nodes, once it listens on the port that was held for it.
fn node(engines: &Engines, port: &HeldPort) -> Program {
    let mut command = server();
    command
        .args([
            "--listen",
            "127.0.0.1",
            "--port",
            &port.number().to_string(),
        ])
        .args(["--cluster", &engines.urls(), "--cluster-name", "demo"]);
    let mut node = Program::run(command);
    node.port();
    node
}

/// A link to these ports.
fn link(ports: &[HeldPort]) -> String {
    let places = ports
        .iter()
        .map(|port| format!("localhost:{}", port.number()));
    format!("chat://{}", places.collect::<Vec<_>>().join(","))
}

/// A window that knows these ports.
fn open(screen: &Screen, name: &str, ports: &[HeldPort], left: u32) -> Window {
    let link = link(ports);
    let title = format!("^([(][0-9]+[)] )?Hubbub - {name} on ");
    let mut window = Window::by(screen, name, &[&link, "--username", name], &[], title);
    window.lies_at(left, 30, 780, 640);
    window.is("connected");
    window
}

#[test]
#[ignore = "makes a picture: run it by `just cluster`"]
fn played() {
    let screen = Screen::take();
    let engines = Engines::start(3);
    let ports = [8765, 8766, 8767].map(HeldPort::preferably);
    // Alice's window finds only the first node, and Bob's does not know it.
    let first = node(&engines, &ports[0]);
    let mut alice = open(&screen, "alice", &ports, 10);
    let _others = [node(&engines, &ports[1]), node(&engines, &ports[2])];
    let mut bob = open(&screen, "bob", &ports[1..], 805);
    alice.notices("bob", "joined");

    let mut said = vec!["Bob, which node are you on?"];
    alice.says(said[0]);
    bob.shows_texts(&said);
    said.push("On the second one. You are on the first, and we are in one room.");
    bob.says(said[1]);
    alice.shows_texts(&said);
    said.push("Then I end the first one now, without a word to it.");
    bob.says(said[2]);
    alice.shows_texts(&said);
    drop(first);
    said.push("I have seen nothing of it. Have you seen me leave?");
    alice.says(said[3]);
    bob.shows_texts(&said);
    said.push("No. And nothing is missing.");
    bob.says(said[4]);
    alice.shows_texts(&said);
    let left = "document.querySelector('#app').textContent.includes('alice left')";
    bob.shows(left, &json!(false));

    alice.paints();
    bob.paints();
    let target = project().join("target");
    fs::create_dir_all(&target).unwrap();
    screen.photograph("root", &target.join("cluster.png"));
}

#[test]
#[ignore = "is for people: run it by `just cluster`"]
fn for_people() {
    let engines = Engines::start(3);
    let ports = [8765, 8766, 8767].map(HeldPort::preferably);
    let nodes = [0, 1, 2].map(|index| node(&engines, &ports[index]));
    for (index, node) in nodes.iter().enumerate() {
        println!("cluster: node {} is process {}", index + 1, node.id());
    }
    println!(
        "cluster: end one by kill -9, and see that nobody leaves; close both windows to end it"
    );
    let windows = ["alice", "bob"].map(|name| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hubbub-client"));
        command.args([&*link(&ports), "--username", name]);
        command.spawn().unwrap()
    });
    for mut window in windows {
        window.wait().unwrap();
    }
}
