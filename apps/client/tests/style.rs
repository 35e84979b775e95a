//! The style sheet, read as text: contrast by WCAG 2.2 AA in both themes, and no motion for people who want none.
//!
//! Any ink may stand on any surface, so it must be readable on all of them. A colour that the sheet uses and that is in
//! none of the lists below fails the test, since its pairs would not be checked.
#![allow(clippy::unwrap_used, reason = "a test ends at the first surprise")]

use hubbub_client::view::STYLE;

/// Text on its background, success criterion 1.4.3. Nothing here is large enough for the 3:1 of large text.
const TEXT: f64 = 4.5;
/// What identifies a control or a state: borders, dots, the focus; success criterion 1.4.11.
const SHAPE: f64 = 3.0;

/// The colours of text and icons.
const INKS: &[&str] = &["--ink", "--ink-2", "--ink-3", "--accent", "--bad"];
/// The colours on which text stands.
const SURFACES: &[&str] = &[
    "--page",
    "--sheet",
    "--raised",
    "--sunken",
    "--hover",
    "--accent-soft",
    "--bad-soft",
    "--mention",
    "--mention-hover",
];
/// Ink and surface that are only used together.
const PAIRS: &[(&str, &str)] = &[
    ("--accent-ink", "--accent"),
    ("--mark-ink", "--mark"),
    ("--mark-ink", "--mark-current"),
];
/// Borders of controls, dots and filled buttons, which could not be seen without them.
const SHAPES: &[&str] = &["--line-strong", "--accent", "--good", "--busy", "--bad"];
/// Colours that only divide, or repeat what a background says. They may be faint.
const DIVIDERS: &[&str] = &["--line", "--accent-line", "--mention-line"];
/// Dims the room behind the drawer.
const SCRIM: &str = "rgb(0 0 0 / 40%)";

#[test]
fn every_ink_is_readable_on_every_surface() {
    for theme in THEMES {
        for ink in INKS {
            for surface in SURFACES {
                assert_contrast(theme, ink, surface, TEXT);
            }
        }
        for (ink, surface) in PAIRS {
            assert_contrast(theme, ink, surface, TEXT);
        }
    }
}

#[test]
fn controls_and_states_stand_out_from_every_surface() {
    for theme in THEMES {
        for shape in SHAPES {
            for surface in SURFACES {
                assert_contrast(theme, shape, surface, SHAPE);
            }
        }
    }
}

#[test]
fn names_and_avatars_are_readable_at_every_hue() {
    let name = value_in(".name {", "color");
    let initial = value_in(".avatar {", "color");
    let avatar = value_in(".avatar {", "background");
    for theme in THEMES {
        for hue in 0..360 {
            let at_hue = |value: &str| value.replace("var(--hue)", &hue.to_string());
            assert_contrast(theme, &at_hue(&initial), &at_hue(&avatar), TEXT);
            for surface in SURFACES {
                assert_contrast(theme, &at_hue(&name), surface, TEXT);
            }
        }
    }
}

#[test]
fn the_sheet_uses_no_colour_that_these_tests_do_not_know() {
    let inks: Vec<_> = INKS
        .iter()
        .chain(PAIRS.iter().map(|pair| &pair.0))
        .collect();
    let lines: Vec<_> = SHAPES.iter().chain(DIVIDERS).collect();
    let surfaces = SURFACES.iter().chain(PAIRS.iter().map(|pair| &pair.1));
    let fills: Vec<_> = surfaces.chain(lines.iter().copied()).collect();
    let of_people = [
        value_in(".name {", "color"),
        value_in(".avatar {", "color"),
        value_in(".avatar {", "background"),
    ];
    let sheet = plain_sheet();
    let (_, rules) = sheet.split_once('}').unwrap();
    for (property, value) in declarations(rules) {
        let is_literal = ["#", "rgb(", "hsl(", "oklch(", "color-mix("];
        if is_literal.iter().any(|form| value.contains(form)) {
            let is_known = value == SCRIM || of_people.iter().any(|of_people| value == of_people);
            assert!(is_known, "{property}: {value}");
            continue;
        }
        let known = match property {
            "background" | "background-color" => &fills,
            "box-shadow" => &lines,
            _ if property.starts_with("border") || property.starts_with("outline") => &lines,
            _ => &inks,
        };
        let names = value
            .split("var(")
            .skip(1)
            .filter_map(|rest| rest.split(')').next());
        for name in names.filter(|name| sheet.contains(&format!("{name}: light-dark("))) {
            assert!(known.contains(&&name), "{property}: {value}");
        }
    }
}

#[test]
fn all_motion_is_off_for_those_who_want_none() {
    let sheet = plain_sheet();
    let (always, rest) = sheet
        .split_once("@media (prefers-reduced-motion: reduce) {")
        .unwrap();
    let (selectors, off) = rest.split_once('{').unwrap();
    let (off, after) = off.split_once('}').unwrap();
    // `*` alone means elements, but what is drawn before and after them moves too.
    let selectors: Vec<_> = selectors.split(',').map(str::trim).collect();
    assert_eq!(selectors, ["*", "*::before", "*::after"]);
    let off: Vec<_> = declarations(off).collect();
    for property in ["transition", "animation"] {
        assert!(
            off.contains(&(property, "none !important")),
            "{property} goes on: {off:?}"
        );
    }
    assert_eq!(after.trim(), "}", "nothing may come after it");
    assert!(
        !always.contains("!important"),
        "nothing may be more important"
    );
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Theme {
    Light,
    Dark,
}

const THEMES: [Theme; 2] = [Theme::Light, Theme::Dark];

fn assert_contrast(theme: Theme, ink: &str, surface: &str, least: f64) {
    let [a, b] = [ink, surface].map(|colour| luminance(rgb(colour, theme)) + 0.05);
    let contrast = a.max(b) / a.min(b);
    assert!(
        contrast >= least,
        "{theme:?}: {ink} on {surface} has {contrast:.2}:1, less than {least}:1"
    );
}

/// A colour as the sheet writes it, or the name of one, in linear sRGB from 0 to 1.
fn rgb(colour: &str, theme: Theme) -> [f64; 3] {
    let within = |function: &str| colour.strip_prefix(function)?.strip_suffix(')');
    if colour.starts_with("--") {
        rgb(&value_in(":root {", colour), theme)
    } else if let Some(name) = within("var(") {
        rgb(name, theme)
    } else if let Some(both) = within("light-dark(") {
        let (light, dark) = both.split_once(", ").unwrap();
        rgb(if theme == Theme::Light { light } else { dark }, theme)
    } else if let Some(numbers) = within("oklch(") {
        let number = |part: &str| part.trim_end_matches('%').parse::<f64>().unwrap();
        let parts: Vec<_> = numbers.split(' ').map(number).collect();
        oklch(parts[0] / 100.0, parts[1], parts[2].to_radians())
    } else {
        let hex = colour
            .strip_prefix('#')
            .unwrap_or_else(|| panic!("what colour is {colour}?"));
        assert_eq!(hex.len(), 6, "{colour}");
        [0, 2, 4]
            .map(|at| linear(f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap()) / 255.0))
    }
}

/// The relative luminance as WCAG defines it.
fn linear(channel: f64) -> f64 {
    if channel <= 0.04045 {
        channel / 12.92
    } else {
        ((channel + 0.055) / 1.055).powf(2.4)
    }
}

/// As CSS Color 4 says. What a screen cannot show is cut off, as in WebKit.
fn oklch(lightness: f64, chroma: f64, hue: f64) -> [f64; 3] {
    let (a, b) = (chroma * hue.cos(), chroma * hue.sin());
    let l = (lightness + 0.396_337_777_4 * a + 0.215_803_757_3 * b).powi(3);
    let m = (lightness - 0.105_561_345_8 * a - 0.063_854_172_8 * b).powi(3);
    let s = (lightness - 0.089_484_177_5 * a - 1.291_485_548_0 * b).powi(3);
    [
        4.076_741_662_1 * l - 3.307_711_591_3 * m + 0.230_969_929_2 * s,
        -1.268_438_004_6 * l + 2.609_757_401_1 * m - 0.341_319_396_5 * s,
        -0.004_196_086_3 * l - 0.703_418_614_7 * m + 1.707_614_701_0 * s,
    ]
    .map(|channel| channel.clamp(0.0, 1.0))
}

fn luminance([red, green, blue]: [f64; 3]) -> f64 {
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/// The sheet without its comments.
fn plain_sheet() -> String {
    let after = |part: &'static str| part.split_once("*/").map_or(part, |(_, rest)| rest);
    STYLE.split("/*").map(after).collect()
}

/// Property and value of every declaration.
fn declarations(sheet: &str) -> impl Iterator<Item = (&str, &str)> {
    let is_property = |word: &str| word.chars().all(|c| c.is_ascii_lowercase() || c == '-');
    sheet.split(['{', '}', ';']).filter_map(move |piece| {
        let (property, value) = piece.split_once(':')?;
        let property = property.trim();
        is_property(property.trim_end_matches(|c: char| c.is_ascii_digit()))
            .then(|| (property, value.trim()))
    })
}

/// The value of a property in the first rule with this head.
fn value_in(head: &str, property: &str) -> String {
    let sheet = plain_sheet();
    let (_, rule) = sheet.split_once(&format!("\n{head}")).unwrap();
    let (rule, _) = rule.split_once('}').unwrap();
    let found = declarations(rule).find(|(name, _)| *name == property);
    found
        .unwrap_or_else(|| panic!("no {property} in {head}"))
        .1
        .to_owned()
}
