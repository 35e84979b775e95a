//! How a person looks: a colour made from the name, and an initial on it. The style sheet has a rule for each hue: a
//! page's security policy may forbid styles that stand in the page.

use dioxus::prelude::*;

use crate::timeline::visible;

/// How many hues there are: one every 15 degrees of the colour circle, so that they can be told apart at a glance.
const HUES: u32 = 24;

/// The hue of a name, in degrees of the colour circle. It is always the same for the same name.
pub(super) fn hue(name: &str) -> u32 {
    // FNV-1a: spreads short names well, and its result will be the same in every later version.
    let hash = name.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
        (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
    });
    (hash >> 8) % HUES * (360 / HUES)
}

/// The initial of a name on its colour.
pub(super) fn avatar(name: &str) -> Element {
    let shown = visible(name);
    let initial: String = shown
        .chars()
        .find(|c| c.is_alphanumeric())
        .or_else(|| shown.chars().next())
        .map(|c| c.to_uppercase().collect())
        .unwrap_or_default();
    rsx! {
        span { class: "avatar", "data-hue": "{hue(name)}", "aria-hidden": "true", "{initial}" }
    }
}

/// A name in its colour, isolated from the direction of the text around it.
pub(super) fn name(name: &str) -> Element {
    rsx! {
        bdi { class: "name", "data-hue": "{hue(name)}", {visible(name)} }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn each_hue_has_its_rule_in_the_style_sheet() {
        for hue in (0..HUES).map(|nth| nth * (360 / HUES)) {
            let rule = format!("[data-hue=\"{hue}\"] {{ --hue: {hue}; }}");
            assert!(crate::view::STYLE.contains(&rule), "{rule}");
        }
    }

    #[test]
    fn names_spread_over_the_colour_circle() {
        let hues: HashSet<_> = (0..200).map(|i| hue(&format!("user{i}"))).collect();
        assert!(hues.len() > 20, "{hues:?}");
        assert!(hues.iter().all(|hue| hue % 15 == 0 && *hue < 360));
        assert_eq!(hue("alice"), hue("alice"));
    }
}
