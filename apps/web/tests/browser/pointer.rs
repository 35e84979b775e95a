//! The mouse and fingers on a page. They reach only what lies on top, as a person's do.

use serde_json::{Value, json};

use crate::tab::Tab;
use crate::wait::until;

impl Tab {
    /// Clicks with the mouse into the middle of the first element that `selector` finds.
    #[track_caller]
    pub(crate) fn clicks(&self, selector: &str) {
        let place = self.reaches(selector);
        self.mouse("mouseMoved", &place, "none");
        self.mouse("mousePressed", &place, "left");
        self.mouse("mouseReleased", &place, "left");
    }

    /// Clicks there with the right button.
    #[track_caller]
    pub(crate) fn opens_menu(&self, selector: &str) {
        let place = self.reaches(selector);
        self.mouse("mouseMoved", &place, "none");
        self.mouse("mousePressed", &place, "right");
        self.mouse("mouseReleased", &place, "right");
    }

    /// Taps with a finger on the middle of the first element that `selector` finds.
    #[track_caller]
    pub(crate) fn taps(&self, selector: &str) {
        let place = self.reaches(selector);
        self.touches_at(&place);
    }

    /// Taps with a finger at this place of the page.
    pub(crate) fn touches(&self, x: u32, y: u32) {
        self.touches_at(&json!([x, y]));
    }

    fn touches_at(&self, place: &Value) {
        let points = json!([{ "x": place[0], "y": place[1] }]);
        for (kind, points) in [("touchStart", points), ("touchEnd", json!([]))] {
            self.call(
                "Input.dispatchTouchEvent",
                json!({ "type": kind, "touchPoints": points }),
            );
        }
    }

    /// Waits until nothing lies over the middle of the first element that `selector` finds and it does not move, and
    /// returns where that is.
    #[track_caller]
    pub(crate) fn reaches(&self, selector: &str) -> Value {
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
        until(reached, || {
            format!("nothing reaches {selector}\n{}", self.sight())
        })
    }

    fn mouse(&self, kind: &str, place: &Value, button: &str) {
        let clicks = if kind == "mouseMoved" { 0 } else { 1 };
        let event = json!({ "type": kind, "x": place[0], "y": place[1], "button": button, "clickCount": clicks });
        self.call("Input.dispatchMouseEvent", event);
    }
}
