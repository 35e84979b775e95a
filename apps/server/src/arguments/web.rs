//! The options of the page for browsers, and which of them cannot work together.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::Args;
use hubbub_server::web::{HostName, Hosts, Node, Nodes, Web};

#[derive(Debug, Args)]
pub(super) struct WebArguments {
    /// Directory with the page that lets browsers into the room, on the same port; packages have it in
    /// /usr/share/hubbub/web. It is read once, at the start [default: none, browsers are not answered]
    #[arg(
        long,
        env = "HUBBUB_WEB",
        value_name = "DIR",
        help_heading = "Browsers"
    )]
    web: Option<PathBuf>,

    /// Name under which browsers reach the room, such as chat.example.org; may be given several times, or with commas
    /// between names. Other names are refused, since somebody else's page may stand behind them [default: the addresses
    /// of this machine, and localhost on it]
    #[arg(
        long,
        env = "HUBBUB_WEB_HOST",
        value_name = "NAME",
        value_delimiter = ',',
        value_parser = HostName::parse,
        help_heading = "Browsers"
    )]
    web_host: Vec<HostName>,

    /// Where browsers reach another node of the same room, such as https://b.example.org; may be given several times, or
    /// with commas between them. Pages of this server go on there when it is lost, and pages from there go on here. Give
    /// all nodes the same list; a node's own place in it does no harm [default: none, a page knows only its server]
    #[arg(
        long,
        env = "HUBBUB_WEB_NODE",
        value_name = "ORIGIN",
        value_delimiter = ',',
        value_parser = Node::parse,
        help_heading = "Browsers"
    )]
    web_node: Vec<Node>,

    /// Address of a proxy, such as nginx, that is believed when it says in X-Forwarded-For for whom it comes; may be
    /// given several times, or with commas between addresses [default: none]
    #[arg(
        long,
        env = "HUBBUB_TRUSTED_PROXY",
        value_name = "ADDR",
        value_delimiter = ',',
        value_parser = parse_proxy,
        help_heading = "Browsers"
    )]
    trusted_proxy: Vec<IpAddr>,
}

impl WebArguments {
    /// The page that is asked for. It waits for the disk.
    ///
    /// # Errors
    ///
    /// In words for the operator: the directory or its page cannot be used.
    pub(super) fn web(&self) -> Result<Option<Web>, String> {
        let Some(dir) = &self.web else {
            return Ok(None);
        };
        let mut web = Web::read(dir)?;
        web.hosts = Hosts::new(self.web_host.clone()).into();
        web.proxies = self.trusted_proxy.clone().into();
        web.with_nodes(Nodes::new(self.web_node.clone())?).map(Some)
    }

    /// Says which option means nothing, or which two cannot work together; see
    /// [`Arguments::contradiction`](super::Arguments::contradiction). `wants_tls`: everybody has to have it.
    pub(super) fn contradiction(
        &self,
        wants_tls: bool,
        value: impl Fn(&str) -> String,
    ) -> Option<String> {
        let given = [
            (!self.web_host.is_empty(), "web_host"),
            (!self.web_node.is_empty(), "web_node"),
            (!self.trusted_proxy.is_empty(), "trusted_proxy"),
        ];
        if self.web.is_none() {
            let (_, useless) = given.into_iter().find(|(is_given, _)| *is_given)?;
            let useless = value(useless);
            return Some(format!(
                "{useless} means nothing without a page for browsers; give --web DIR too, or leave it out"
            ));
        }
        let nodes = match Nodes::new(self.web_node.clone()) {
            Ok(nodes) => nodes,
            Err(why) => return Some(format!("{}: {why}", value("web_node"))),
        };
        let plain = nodes.plain().filter(|_| wants_tls)?;
        let (node, tls) = (value("web_node"), value("tls"));
        Some(format!(
            "{node} cannot work with {tls}: pages come from here by https, and browsers let none of them go on at {plain}, \
             which has no TLS; give where the nodes are reached by https"
        ))
    }
}

fn parse_proxy(text: &str) -> Result<IpAddr, String> {
    let bare = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'));
    let address: Result<IpAddr, _> = bare.unwrap_or(text).parse();
    match address {
        Ok(address) if address.is_unspecified() => Err(format!(
            "{address} stands for no proxy; give the address that its connections come from, such as 127.0.0.1"
        )),
        Ok(address) => Ok(address.to_canonical()),
        Err(_) if text.contains('/') => Err(
            "networks are not taken; give the address that the proxy's connections come from, such as 127.0.0.1"
                .to_owned(),
        ),
        Err(_) => Err(
            "give the IP address that the proxy's connections come from, such as 127.0.0.1 or ::1, without a port"
                .to_owned(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_an_address_and_what_is_none_is_explained() {
        for (text, address) in [
            ("127.0.0.1", "127.0.0.1"),
            ("::1", "::1"),
            ("[::1]", "::1"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
        ] {
            assert_eq!(parse_proxy(text), Ok(address.parse().unwrap()), "{text}");
        }
        for (text, words) in [
            ("0.0.0.0", "stands for no proxy"),
            ("::", "stands for no proxy"),
            ("10.0.0.0/8", "networks are not taken"),
            ("127.0.0.1:8080", "without a port"),
            ("nginx", "IP address"),
            ("", "IP address"),
        ] {
            let why = parse_proxy(text).unwrap_err();
            assert!(why.contains(words), "{text}: {why}");
        }
    }
}
