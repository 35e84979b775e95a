//! The mouse and fingers on a page. They reach only what lies on top, as a person's do.

use serde_json::Value;

use crate::tab::Tab;
use crate::wait::until;

/// A button of the mouse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Button {
    Left,
    Right,
}

impl Tab {
    /// Clicks with the mouse into the middle of the first element that `selector` finds.
    #[track_caller]
    pub(crate) fn clicks(&self, selector: &str) {
        let place = self.reaches(selector);
        self.page().clicks(place, Button::Left);
    }

    /// Clicks there with the right button.
    #[track_caller]
    pub(crate) fn opens_menu(&self, selector: &str) {
        let place = self.reaches(selector);
        self.page().clicks(place, Button::Right);
    }

    /// Taps with a finger on the middle of the first element that `selector` finds.
    #[track_caller]
    pub(crate) fn taps(&self, selector: &str) {
        let place = self.reaches(selector);
        self.page().touches(place);
    }

    /// Taps with a finger at this place of the page.
    pub(crate) fn touches(&self, x: u32, y: u32) {
        self.page().touches([x, y]);
    }

    /// Waits until nothing lies over the middle of the first element that `selector` finds and it does not move, and
    /// returns where that is.
    #[track_caller]
    pub(crate) fn reaches(&self, selector: &str) -> [u32; 2] {
        let place = format!(
            "(() => {{ const e = document.querySelector(`{selector}`); if (!e || e.disabled) return null;
              e.scrollIntoView({{ block: 'nearest', inline: 'nearest' }});
              const b = e.getBoundingClientRect();
              const [x, y] = [b.x + b.width / 2, b.y + b.height / 2].map(Math.round);
              return b.width > 0 && e.contains(document.elementFromPoint(x, y)) ? [x, y] : null; }})()"
        );
        let mut before = Value::Null;
        let reached = || {
            let now = self.try_ask(&place).unwrap_or_default();
            let rests = !now.is_null() && now == before;
            before = now;
            rests.then(|| before.clone())
        };
        let place = until(reached, || {
            format!("nothing reaches {selector}\n{}", self.sight())
        });
        [0, 1].map(|at| u32::try_from(place[at].as_u64().unwrap()).unwrap())
    }
}
