//! The accessibility bus, as a desktop with a screen reader has it, in its own D-Bus session.

use std::collections::HashMap;

use zbus::blocking::{Connection, Proxy, connection, proxy};
use zbus::proxy::CacheProperties;
use zbus::zvariant::OwnedObjectPath;

use crate::dbus::Session;

/// The bus, and the session that it belongs to.
pub(crate) struct Bus {
    pub(crate) session: Session,
    accessibility: Connection,
}

/// Roles by their AT-SPI numbers, since WebKit does not tell their names.
pub(crate) mod role {
    pub(crate) const ALERT: u32 = 2;
    pub(crate) const LIST: u32 = 31;
    pub(crate) const LIST_ITEM: u32 = 32;
    pub(crate) const MENU: u32 = 33;
    pub(crate) const MENU_ITEM: u32 = 35;
    pub(crate) const PUSH_BUTTON: u32 = 43;
    pub(crate) const SEPARATOR: u32 = 50;
    pub(crate) const STATUS_BAR: u32 = 54;
    pub(crate) const TOGGLE_BUTTON: u32 = 62;
    pub(crate) const ENTRY: u32 = 79;
    pub(crate) const DOCUMENT_WEB: u32 = 95;
    pub(crate) const LOG: u32 = 111;
}

/// What a screen reader knows about one thing in a window.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) role: u32,
    pub(crate) name: String,
    /// Its name in the page.
    pub(crate) id: Option<String>,
    pub(crate) children: Vec<Node>,
}

impl Bus {
    /// Starts the session, and says in it that a screen reader is in use.
    pub(crate) fn start() -> Bus {
        let session = Session::start();
        let connection = connect(&session.address);
        let bus = |interface: &'static str| {
            Proxy::new(&connection, "org.a11y.Bus", "/org/a11y/bus", interface).unwrap()
        };
        bus("org.a11y.Status")
            .set_property("IsEnabled", true)
            .expect("no accessibility bus; `just setup` installs at-spi2-core");
        let accessibility: String = bus("org.a11y.Bus").call("GetAddress", &()).unwrap();
        Bus {
            session,
            accessibility: connect(&accessibility),
        }
    }

    /// Everything that all windows show, or nothing if it changes while it is read.
    pub(crate) fn desktop(&self) -> Option<Node> {
        let root = OwnedObjectPath::try_from("/org/a11y/atspi/accessible/root").ok()?;
        self.read("org.a11y.atspi.Registry".to_owned(), root).ok()
    }

    fn read(&self, owner: String, path: OwnedObjectPath) -> zbus::Result<Node> {
        // Properties are asked for one by one, since not every program answers a question for all of them. The same
        // goes for children: between the window and the page inside, GetChildren returns none.
        let node: Proxy<'_> = proxy::Builder::new(&self.accessibility)
            .destination(owner)?
            .path(path)?
            .interface("org.a11y.atspi.Accessible")?
            .cache_properties(CacheProperties::No)
            .build()?;
        let mut children = Vec::new();
        for index in 0..node.get_property::<i32>("ChildCount")? {
            let (owner, path) = node.call("GetChildAtIndex", &(index,))?;
            children.push(self.read(owner, path)?);
        }
        let mut attributes: HashMap<String, String> = node.call("GetAttributes", &())?;
        Ok(Node {
            role: node.call("GetRole", &())?,
            name: node.get_property("Name")?,
            id: attributes.remove("id"),
            children,
        })
    }
}

fn connect(address: &str) -> Connection {
    connection::Builder::address(address)
        .and_then(|builder| builder.build())
        .unwrap_or_else(|error| panic!("no D-Bus at {address}: {error}"))
}

impl Node {
    /// The thing itself and everything below it, in reading order.
    pub(crate) fn all(&self) -> Vec<&Node> {
        let below = self.children.iter().flat_map(Node::all);
        std::iter::once(self).chain(below).collect()
    }

    /// The things of this role.
    pub(crate) fn each(&self, role: u32) -> Vec<&Node> {
        let all = self.all().into_iter();
        all.filter(|node| node.role == role).collect()
    }

    /// The names of the things of this role.
    pub(crate) fn names(&self, role: u32) -> Vec<&str> {
        self.each(role).iter().map(|node| &*node.name).collect()
    }
}
