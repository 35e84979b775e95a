//! A window without a renderer: components run and get events, and the test has the other end of both channels.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use dioxus::dioxus_core::{
    AttributeValue, Element, ElementId, Event, Template, TemplateAttribute, TemplateNode,
    WriteMutations,
};
use dioxus::document::{Document, Eval, NoOpDocument};
use dioxus::prelude::*;
use dioxus_html::{
    DOMRect, PlatformEventData, SerializedFormData, SerializedFormObject,
    SerializedHtmlEventConverter, SerializedMouseData, SerializedVisibleData,
};
use futures::FutureExt;
use hubbub_client::bridge::{Attend, Channels, Memory, Room};
use hubbub_client::news::{News, Order};
use hubbub_client::settings::{LastSeen, RoomsFile, SettingsFile, Trail};
use hubbub_client::view::App;
use hubbub_session::{Clock, Intent, Stamped};
use hubbub_testing::Time;
use hubbub_transport::Invitation;
use tempfile::TempDir;

/// The longest wait for anything.
const DEADLINE: Duration = Duration::from_secs(60);

/// The longest text of these rooms, in bytes.
pub(crate) const MAX_TEXT: usize = 1000;

/// Where these rooms are.
pub(crate) const ADDRESS: &str = "localhost:8765";

/// What the renderer was asked for. It is a root context of the tests.
#[derive(Clone, Default)]
struct Renderer {
    closed: Rc<Cell<bool>>,
    zoom: Rc<Cell<f64>>,
    attended: Rc<RefCell<Vec<Attend>>>,
    title: Rc<RefCell<String>>,
}

/// Events that come without a pause, for [`DEADLINE`] at most.
pub(crate) struct Flood {
    stopped: Arc<AtomicBool>,
    thread: thread::JoinHandle<()>,
}

impl Flood {
    /// Ends the events. Returns whether they had gone on until now.
    pub(crate) fn stop(self) -> bool {
        let went_on = !self.thread.is_finished();
        self.stopped.store(true, Ordering::Relaxed);
        self.thread.join().expect("the flood ended by itself");
        went_on
    }
}

pub(crate) struct Window {
    dom: VirtualDom,
    /// Makes another one.
    page: Box<dyn Fn() -> VirtualDom>,
    elements: Elements,
    renderer: Renderer,
    pub(crate) intents: flume::Receiver<Intent>,
    events: Option<flume::Sender<Vec<Stamped>>>,
    pub(crate) links: flume::Receiver<String>,
    pub(crate) notifications: flume::Receiver<Order>,
    news: flume::Sender<News>,
    pub(crate) memory: Memory,
    pub(crate) time: Time,
    pub(crate) trail: Trail,
    /// Where it keeps what it knows.
    directory: TempDir,
}

impl Window {
    /// Before the first connection. At most `waiting` intents fit between the window and the network.
    pub(crate) fn open(waiting: usize) -> Self {
        let directory = TempDir::new().expect("a temporary directory");
        let file = SettingsFile::at(directory.path().join("settings.toml"));
        Self::open_in(directory, file, waiting)
    }

    /// Before the first connection, with what another run of the program left.
    pub(crate) fn going_on_from(memory: Memory) -> Self {
        let directory = TempDir::new().expect("a temporary directory");
        let file = SettingsFile::at(directory.path().join("settings.toml"));
        Self::open_with(directory, file, 16, memory)
    }

    /// In the room, with these settings.
    pub(crate) fn joined_with(file: SettingsFile) -> Self {
        let directory = TempDir::new().expect("a temporary directory");
        let mut window = Self::open_in(directory, file, 16);
        window.happen(hubbub_session::Event::Connected);
        window
    }

    fn open_in(directory: TempDir, file: SettingsFile, waiting: usize) -> Self {
        Self::open_with(directory, file, waiting, Memory::default())
    }

    /// Before the first connection to a room on several servers.
    pub(crate) fn of_several(addresses: &'static str) -> Self {
        let directory = TempDir::new().expect("a temporary directory");
        let file = SettingsFile::at(directory.path().join("settings.toml"));
        Self::open_at(addresses, directory, file, 16, Memory::default())
    }

    fn open_with(directory: TempDir, file: SettingsFile, waiting: usize, memory: Memory) -> Self {
        Self::open_at(ADDRESS, directory, file, waiting, memory)
    }

    fn open_at(
        address: &'static str,
        directory: TempDir,
        file: SettingsFile,
        waiting: usize,
        memory: Memory,
    ) -> Self {
        let rooms = RoomsFile::at(directory.path().join("rooms.toml"));
        let trail = Trail::new(rooms, ADDRESS, false);
        dioxus_html::set_event_converter(Box::new(SerializedHtmlEventConverter));
        let (intents_sent, intents) = flume::bounded(waiting);
        let (events, events_taken) = flume::bounded(1);
        let (links_sent, links) = flume::bounded(1);
        let (notifications_sent, notifications) = flume::bounded(1);
        let (news, news_taken) = flume::unbounded();
        let renderer = Renderer::default();
        let time = Time::that_stands_still();
        let channels = Channels {
            intents: intents_sent,
            events: events_taken,
            links: links_sent,
            notifications: notifications_sent,
            news: news_taken,
            refused_within: Duration::ZERO,
        };
        let page = {
            let (renderer, memory, time) = (renderer.clone(), memory.clone(), time.clone());
            let trail = trail.clone();
            move || {
                let page = page(address, &renderer, &memory, &time, &channels);
                page.with_root_context(file.clone())
                    .with_root_context(trail.clone())
            }
        };
        let mut window = Self {
            dom: page(),
            page: Box::new(page),
            elements: Elements::default(),
            renderer,
            intents,
            events: Some(events),
            links,
            notifications,
            news,
            memory,
            time,
            trail,
            directory,
        };
        window.dom.rebuild(&mut window.elements);
        window.settle();
        window
    }

    /// In the room.
    pub(crate) fn joined() -> Self {
        let mut window = Self::open(16);
        window.happen(hubbub_session::Event::Connected);
        window
    }

    /// One event from the network, now.
    pub(crate) fn happen(&mut self, event: hubbub_session::Event) {
        self.happen_together([event]);
    }

    /// One batch of events from the network, now.
    pub(crate) fn happen_together(
        &mut self,
        events: impl IntoIterator<Item = hubbub_session::Event>,
    ) {
        let at = self.time.wall();
        self.happened(events.into_iter().map(|event| Stamped { at, event }));
    }

    /// One batch of events from the network, each at its time.
    pub(crate) fn happened(&mut self, batch: impl IntoIterator<Item = Stamped>) {
        let batch = batch.into_iter();
        let sender = self.events.as_ref().expect("the network goes on");
        let sent = sender.try_send(batch.collect());
        sent.expect("the window takes every batch at once");
        self.settle();
    }

    /// Lets this time pass.
    pub(crate) fn wait(&mut self, time: Duration) {
        self.time.advance(time);
        self.settle();
    }

    /// Events from the network, batch after batch, as fast as the window takes them.
    pub(crate) fn flood(
        &self,
        event: impl Fn(u64) -> hubbub_session::Event + Send + 'static,
    ) -> Flood {
        let events = self.events.clone().expect("the network goes on");
        let stopped = Arc::new(AtomicBool::new(false));
        let (stop, at) = (stopped.clone(), self.time.wall());
        let end = Instant::now() + DEADLINE;
        let thread = thread::spawn(move || {
            let mut count = 0;
            while !stop.load(Ordering::Relaxed) && Instant::now() < end {
                let event = event(count);
                let _ = events.send_timeout(vec![Stamped { at, event }], DEADLINE / 100);
                count += 1;
            }
        });
        Flood { stopped, thread }
    }

    /// Waits for work and renders once, as a renderer does for each frame.
    pub(crate) fn next_frame(&mut self) {
        assert!(self.wakes_within(DEADLINE), "no work");
        self.dom.render_immediate(&mut self.elements);
    }

    /// The page dies, and another one takes its place.
    pub(crate) fn lose_page(&mut self) {
        self.dom = VirtualDom::new(|| rsx! {});
        self.dom = (self.page)();
        self.elements = Elements::default();
        self.dom.rebuild(&mut self.elements);
        self.settle();
    }

    /// The desktop tells this.
    pub(crate) fn hear(&mut self, news: News) {
        self.is_told(news);
        self.settle();
    }

    /// The desktop tells this while the window is busy.
    pub(crate) fn is_told(&self, news: News) {
        self.news.send(news).expect("the window listens");
    }

    /// The network thread ends.
    pub(crate) fn end_network(&mut self) {
        self.events = None;
        self.settle();
    }

    /// Renders until nothing is left to do.
    fn settle(&mut self) {
        while self.dom.wait_for_work().now_or_never().is_some() {
            self.dom.render_immediate(&mut self.elements);
        }
    }

    /// Returns whether something wakes the window within this time.
    fn wakes_within(&mut self, time: Duration) -> bool {
        let work = async_std::future::timeout(time, self.dom.wait_for_work());
        async_std::task::block_on(work).is_ok()
    }

    /// What the file has of this room.
    pub(crate) fn kept(&self) -> Option<LastSeen> {
        let rooms = RoomsFile::at(self.directory.path().join("rooms.toml"));
        rooms.load(ADDRESS).0.seen
    }

    /// Who is muted in this room by what the file has.
    pub(crate) fn muted(&self) -> Vec<String> {
        let rooms = RoomsFile::at(self.directory.path().join("rooms.toml"));
        rooms.load(ADDRESS).0.muted
    }

    /// The rooms that would be offered by the next window, each with the name that was used there.
    pub(crate) fn used_rooms(&self) -> Vec<(String, String)> {
        let rooms = RoomsFile::at(self.directory.path().join("rooms.toml"));
        let used = rooms.used().0.into_iter();
        used.map(|room| (room.addresses.to_string(), room.username.to_string()))
            .collect()
    }

    /// Waits for what another thread does.
    pub(crate) fn wait_until(&mut self, mut holds: impl FnMut(&mut Self) -> bool) {
        let deadline = Instant::now() + DEADLINE;
        while !holds(self) {
            assert!(Instant::now() < deadline, "it does not come");
            self.wakes_within(Duration::from_millis(1));
            self.settle();
        }
    }

    /// Lets time pass until the page holds this.
    pub(crate) fn wait_for(&mut self, piece: &str) {
        let deadline = Instant::now() + DEADLINE;
        while !self.html().contains(piece) {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(self.wakes_within(left), "no {piece} in {}", self.html());
            self.dom.render_immediate(&mut self.elements);
            self.settle();
        }
    }

    pub(crate) fn html(&self) -> String {
        dioxus_ssr::render(&self.dom)
    }

    #[track_caller]
    pub(crate) fn shows(&self, piece: &str) {
        let html = self.html();
        assert!(html.contains(piece), "no {piece} in {html}");
    }

    #[track_caller]
    pub(crate) fn hides(&self, piece: &str) {
        let html = self.html();
        assert!(!html.contains(piece), "{piece} in {html}");
    }

    /// Fails unless this tag is on the page, perhaps with more attributes and in another order, with `content` right
    /// after it.
    #[track_caller]
    pub(crate) fn shows_element(&self, tag: &str, content: &str) {
        let (html, tag) = (self.html(), Tag::read(tag));
        let is_shown = html.match_indices('<').any(|(at, _)| {
            let rest = &html[at + 1..];
            let end = Tag::end(rest);
            tag.is_part_of(&Tag::read(&rest[..end])) && rest[end + 1..].starts_with(content)
        });
        assert!(is_shown, "no {tag:?} with {content:?} in {html}");
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.renderer.closed.get()
    }

    pub(crate) fn zoom(&self) -> f64 {
        self.renderer.zoom.get()
    }

    /// What was to be noticed since it was last asked.
    pub(crate) fn attended(&self) -> Vec<Attend> {
        self.renderer.attended.take()
    }

    pub(crate) fn title(&self) -> String {
        self.renderer.title.borrow().clone()
    }

    /// Clicks on the newest element with this id or these classes. Returns whether the handler left the default to the
    /// page.
    #[track_caller]
    pub(crate) fn click(&mut self, name: &str) -> bool {
        self.dispatch("click", name, Box::new(SerializedMouseData::default()))
    }

    /// Submits the composer with this text. Returns whether it was taken.
    pub(crate) fn submit(&mut self, text: &str) -> bool {
        let draft = SerializedFormObject {
            key: "draft".into(),
            text: Some(text.into()),
            file: None,
        };
        let form = SerializedFormData::new(String::new(), vec![draft]);
        self.dispatch("submit", "composer", Box::new(form))
    }

    /// Types into the search field.
    pub(crate) fn look_for(&mut self, query: &str) {
        let typed = SerializedFormData::new(query.into(), Vec::new());
        self.dispatch("input", "search-field", Box::new(typed));
    }

    /// Submits another name.
    pub(crate) fn take_name(&mut self, name: &str) {
        let name = SerializedFormObject {
            key: "name".into(),
            text: Some(name.into()),
            file: None,
        };
        let form = SerializedFormData::new(String::new(), vec![name]);
        self.dispatch("submit", "other-name", Box::new(form));
    }

    /// Submits a password.
    pub(crate) fn give_password(&mut self, password: &str) {
        let password = SerializedFormObject {
            key: "password".into(),
            text: Some(password.into()),
            file: None,
        };
        let form = SerializedFormData::new(String::new(), vec![password]);
        self.dispatch("submit", "password-form", Box::new(form));
    }

    /// Scrolls to the end of the timeline or away from it.
    pub(crate) fn scroll(&mut self, to_end: bool) {
        self.sees("end", to_end);
    }

    /// Scrolls near to the first line.
    pub(crate) fn scroll_to_top(&mut self) {
        self.sees("near", true);
    }

    fn sees(&mut self, target: &str, is_visible: bool) {
        let nowhere = || DOMRect::from(dioxus_html::geometry::PixelsRect::default());
        let seen = SerializedVisibleData::new(nowhere(), 0.0, nowhere(), is_visible, nowhere(), 0);
        self.dispatch("visible", target, Box::new(seen));
    }

    /// Returns whether the handler prevented the default.
    #[track_caller]
    fn dispatch(&mut self, event: &str, target: &str, data: Box<dyn Any>) -> bool {
        let Some(&id) = self.elements.listeners.get(target) else {
            panic!("nothing listens at {target}");
        };
        let data: Rc<dyn Any> = Rc::new(PlatformEventData::new(data));
        let dispatched = Event::new(data, true);
        let runtime = self.dom.runtime();
        runtime.handle_event(event, dispatched.clone(), id);
        self.settle();
        !dispatched.default_action_enabled()
    }
}

fn page(
    address: &str,
    renderer: &Renderer,
    memory: &Memory,
    time: &Time,
    channels: &Channels,
) -> VirtualDom {
    let page = VirtualDom::new(Root)
        .with_root_context(renderer.clone())
        .with_root_context(memory.clone())
        .with_root_context(Rc::new(clock_of(time)))
        .with_root_context(channels.clone())
        .with_root_context(Room {
            address: address.into(),
            invitation: room(address),
            known: None,
            username: "alice".into(),
            max_text: MAX_TEXT,
            ahead: |_| 0,
        });
    let title = Title(renderer.title.clone());
    page.provide_root_context(Rc::new(title) as Rc<dyn Document>);
    page
}

/// What leads there: a private room, so that all of the window can be shown.
fn room(address: &str) -> Invitation {
    let link = format!("chats://{address}/#key=correct%20horse");
    Invitation::parse(&link, 1).expect("an invitation")
}

fn clock_of(time: &Time) -> Clock {
    let (awake, wall, sleep) = (time.clone(), time.clone(), time.clone());
    Clock {
        awake: Box::new(move || awake.awake()),
        wall: Box::new(move || wall.wall()),
        sleep: Box::new(move |time| sleep.nap(time).boxed()),
    }
}

/// What stands between `<` and `>`.
#[derive(Debug)]
struct Tag<'a> {
    name: &'a str,
    attributes: HashSet<&'a str>,
}

impl<'a> Tag<'a> {
    fn read(text: &'a str) -> Self {
        let mut is_quoted = false;
        let mut words = text.split(move |letter| {
            is_quoted ^= letter == '"';
            letter == ' ' && !is_quoted
        });
        Self {
            name: words.next().unwrap_or_default(),
            attributes: words.collect(),
        }
    }

    /// Where the `>` stands.
    fn end(piece: &str) -> usize {
        let mut is_quoted = false;
        let end = piece.find(|letter| {
            is_quoted ^= letter == '"';
            letter == '>' && !is_quoted
        });
        end.expect("a tag ends")
    }

    fn is_part_of(&self, other: &Tag<'_>) -> bool {
        self.name == other.name && self.attributes.is_subset(&other.attributes)
    }
}

#[component]
fn Root() -> Element {
    let Renderer {
        closed,
        zoom,
        attended,
        ..
    } = use_context();
    rsx! {
        App {
            on_quit: move |()| closed.set(true),
            on_zoom: move |factor| zoom.set(factor),
            on_focus: |_| {},
            on_attend: move |what| attended.borrow_mut().push(what),
        }
    }
}

/// A document that keeps its title and runs no scripts.
struct Title(Rc<RefCell<String>>);

impl Document for Title {
    fn eval(&self, script: String) -> Eval {
        NoOpDocument.eval(script)
    }

    fn set_title(&self, title: String) {
        *self.0.borrow_mut() = title;
    }
}

/// Knows which element is which by the ids and classes in the templates.
#[derive(Default)]
struct Elements {
    root: Option<&'static TemplateNode>,
    names: HashMap<ElementId, &'static str>,
    listeners: HashMap<&'static str, ElementId>,
}

impl Elements {
    fn name(&mut self, node: Option<&'static TemplateNode>, id: ElementId) {
        let Some(TemplateNode::Element { attrs, .. }) = node else {
            return;
        };
        for attr in *attrs {
            if let TemplateAttribute::Static { name, value, .. } = attr
                && ["id", "class"].contains(name)
            {
                self.names.entry(id).or_insert(value);
            }
        }
    }
}

impl WriteMutations for Elements {
    fn load_template(&mut self, template: Template, index: usize, id: ElementId) {
        self.root = template.roots.get(index);
        self.names.remove(&id);
        self.name(self.root, id);
    }

    fn assign_node_id(&mut self, path: &'static [u8], id: ElementId) {
        let node = self.root.and_then(|root| {
            path.iter().try_fold(root, |node, index| match node {
                TemplateNode::Element { children, .. } => children.get(usize::from(*index)),
                _ => None,
            })
        });
        self.names.remove(&id);
        self.name(node, id);
    }

    fn create_event_listener(&mut self, _: &'static str, id: ElementId) {
        if let Some(name) = self.names.get(&id) {
            self.listeners.insert(name, id);
        }
    }

    fn remove_node(&mut self, id: ElementId) {
        self.listeners.retain(|_, listener| *listener != id);
    }

    fn append_children(&mut self, _: ElementId, _: usize) {}
    fn create_placeholder(&mut self, _: ElementId) {}
    fn create_text_node(&mut self, _: &str, _: ElementId) {}
    fn replace_node_with(&mut self, _: ElementId, _: usize) {}
    fn replace_placeholder_with_nodes(&mut self, _: &'static [u8], _: usize) {}
    fn insert_nodes_after(&mut self, _: ElementId, _: usize) {}
    fn insert_nodes_before(&mut self, _: ElementId, _: usize) {}
    fn set_attribute(
        &mut self,
        _: &'static str,
        _: Option<&'static str>,
        _: &AttributeValue,
        _: ElementId,
    ) {
    }
    fn set_node_text(&mut self, _: &str, _: ElementId) {}
    fn remove_event_listener(&mut self, _: &'static str, _: ElementId) {}
    fn push_root(&mut self, _: ElementId) {}
}
