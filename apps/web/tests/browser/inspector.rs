//! What Chromium's inspector alone can do to a tab.

use serde_json::{Value, json};

use crate::tab::Tab;

impl Tab {
    /// Calls a method of the inspector for this tab.
    #[track_caller]
    pub(crate) fn call(&self, method: &str, parameters: Value) -> Value {
        self.page().call(method, parameters)
    }

    /// Nothing happens in the page any more, as in a tab that was not used for long.
    pub(crate) fn sleeps(&self) {
        self.call("Page.setWebLifecycleState", json!({ "state": "frozen" }));
    }

    /// Something happens there again.
    pub(crate) fn wakes(&self) {
        self.call("Page.setWebLifecycleState", json!({ "state": "active" }));
    }

    /// Whether the page believes that somebody looks at it and types there. At first it does, whatever other tabs do.
    pub(crate) fn is_looked_at(&self, is_so: bool) {
        self.page().is_looked_at(is_so);
    }

    /// The visitor looks at another tab of the same window, which is opened for that.
    #[track_caller]
    pub(crate) fn looks_away(&self) {
        self.is_looked_at(false);
        let devtools = self.page().devtools();
        let own = devtools.call(
            None,
            "Target.getTargetInfo",
            json!({ "targetId": self.page().target() }),
        );
        let context = &own["targetInfo"]["browserContextId"];
        let other = json!({ "url": "about:blank", "browserContextId": context });
        self.call("Page.bringToFront", json!({}));
        devtools.call(None, "Target.createTarget", other);
        self.comes_to("document.hidden && !document.hasFocus()");
    }

    /// The visitor looks at this tab again.
    #[track_caller]
    pub(crate) fn is_looked_at_again(&self) {
        self.call("Page.bringToFront", json!({}));
        self.is_looked_at(true);
        self.comes_to("!document.hidden && document.hasFocus()");
    }

    /// The number of the process that draws its page, if no other page has run for longer.
    pub(crate) fn renderer(&self) -> u32 {
        let all = self
            .page()
            .devtools()
            .call(None, "SystemInfo.getProcessInfo", json!({}));
        let renderers = all["processInfo"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|process| process["type"] == "renderer");
        let time = |process: &Value| process["cpuTime"].as_f64().unwrap();
        let busiest = renderers
            .max_by(|a, b| time(a).total_cmp(&time(b)))
            .expect("no renderer");
        u32::try_from(busiest["id"].as_u64().unwrap()).unwrap()
    }
}
