//! The desktop around a window, played by the test: a separate D-Bus session in which the test shows notifications.

use std::sync::mpsc::{Receiver, Sender, channel};

use zbus::blocking::{Connection, connection};

use crate::dbus::Session;
use crate::wait::PATIENCE;

/// The session, and the part of the test that shows notifications in it.
pub(crate) struct Desktop {
    pub(crate) session: Session,
    shown: Receiver<Shown>,
    closed: Receiver<u32>,
    notifications: Connection,
}

/// A notification as it came over the bus.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    pub(crate) app: String,
    /// The notification that it replaces; 0 for none.
    pub(crate) replaces: u32,
    pub(crate) summary: String,
    pub(crate) body: String,
    /// Its actions: identifiers and labels in turn.
    pub(crate) actions: Vec<String>,
}

/// The number of every notification.
pub(crate) const ID: u32 = 7;

const INTERFACE: &str = "org.freedesktop.Notifications";

impl Desktop {
    pub(crate) fn start() -> Desktop {
        Self::play(true, &["body", "body-markup"])
    }

    /// A desktop that shows a body as it is.
    pub(crate) fn start_plain() -> Desktop {
        Self::play(true, &["body"])
    }

    /// A desktop that takes notifications and then never answers.
    pub(crate) fn start_stuck() -> Desktop {
        Self::play(false, &["body", "body-markup"])
    }

    fn play(answers: bool, capabilities: &'static [&'static str]) -> Desktop {
        let session = Session::start();
        let (tell, shown) = channel();
        let (close, closed) = channel();
        let notifications = Notifications {
            tell,
            close,
            answers,
            capabilities,
        };
        let notifications = connection::Builder::address(&*session.address)
            .and_then(|bus| bus.name("org.freedesktop.Notifications"))
            .and_then(|bus| bus.serve_at("/org/freedesktop/Notifications", notifications))
            .and_then(|bus| bus.build())
            .unwrap();
        Desktop {
            session,
            shown,
            closed,
            notifications,
        }
    }

    /// The user clicks on the notification. The window may not listen yet, so this is repeated until it acts.
    pub(crate) fn chooses(&self) {
        let path = "/org/freedesktop/Notifications";
        let what = &(ID, "default");
        self.notifications
            .emit_signal(None::<&str>, path, INTERFACE, "ActionInvoked", what)
            .unwrap();
    }

    /// Waits until the window takes its notification back.
    pub(crate) fn withdraws(&self) {
        let closed = self.closed.recv_timeout(PATIENCE);
        assert_eq!(closed.ok(), Some(ID), "waited {PATIENCE:?}");
    }

    /// The next notification.
    pub(crate) fn shows(&self) -> Shown {
        self.shown
            .recv_timeout(PATIENCE)
            .unwrap_or_else(|_| panic!("waited {PATIENCE:?}: no notification"))
    }

    /// Fails if a notification has come that the test has not taken.
    pub(crate) fn shows_nothing_more(&self) {
        let more: Vec<_> = self.shown.try_iter().collect();
        assert!(more.is_empty(), "{more:?}");
    }
}

struct Notifications {
    tell: Sender<Shown>,
    close: Sender<u32>,
    answers: bool,
    capabilities: &'static [&'static str],
}

/// The part of the desktop notifications specification that is needed here.
#[zbus::interface(name = "org.freedesktop.Notifications")]
impl Notifications {
    #[allow(clippy::too_many_arguments, reason = "the specification has that many")]
    async fn notify(
        &self,
        app: String,
        replaces: u32,
        _icon: String,
        summary: String,
        body: String,
        actions: Vec<String>,
        _hints: std::collections::HashMap<String, zbus::zvariant::OwnedValue>,
        _expires: i32,
    ) -> u32 {
        let shown = Shown {
            app,
            replaces,
            summary,
            body,
            actions,
        };
        // A test that is over does not listen any more.
        let _ = self.tell.send(shown);
        if !self.answers {
            std::future::pending::<()>().await;
        }
        ID
    }

    fn close_notification(&self, id: u32) {
        let _ = self.close.send(id);
    }

    fn get_capabilities(&self) -> Vec<String> {
        let capabilities = self.capabilities.iter();
        capabilities
            .map(|&capability| capability.to_owned())
            .collect()
    }

    fn get_server_information(&self) -> (String, String, String, String) {
        let word = |word: &str| word.to_owned();
        (word("test"), word("hubbub"), word("1"), word("1.2"))
    }
}
