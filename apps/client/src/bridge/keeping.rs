//! Keeping: writes how far the user has seen the conversation, often enough that little would be told anew after a
//! power cut, and seldom enough that a busy room does not keep the disk busy.

use std::rc::Rc;
use std::time::Duration;

use dioxus::prelude::*;
use hubbub_session::Clock;

use crate::background;
use crate::settings::Trail;
use crate::timeline::Timeline;

/// The shortest time between two writes.
const KEEP_EVERY: Duration = Duration::from_secs(1);

/// Runs for as long as the page is there, and writes whenever `more` was seen. The end of the program writes as well.
pub(super) async fn run(
    trail: Trail,
    more: flume::Receiver<()>,
    clock: Rc<Clock>,
    mut timeline: Signal<Timeline>,
) {
    let mut is_told = false;
    while more.recv_async().await.is_ok() {
        let writing = trail.clone();
        let trouble = match background::run("keep", move || writing.keep()).await {
            Ok(Ok(())) => None,
            Ok(Err(trouble)) => Some(trouble.to_string()),
            Err(error) => Some(format!("cannot keep what you have seen: {error}")),
        };
        if let Some(trouble) = trouble
            && !is_told
        {
            is_told = true;
            timeline.write().answer(&trouble);
        }
        clock.sleep(KEEP_EVERY).await;
    }
}
