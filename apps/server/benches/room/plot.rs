//! The picture of the result: CPU time for each delivery, by members. It is plain SVG with a background, so that it can
//! be read on both light and dark pages.

use crate::Outcome;

const WIDTH: f64 = 680.0;
const HEIGHT: f64 = 360.0;
// The edges of the plotted area. The names of the lines are to the right of it.
const LEFT: f64 = 72.0;
const RIGHT: f64 = 580.0;
const TOP: f64 = 92.0;
const BOTTOM: f64 = 300.0;

const INK: &str = "#1f2430";
const FAINT: &str = "#5f6675";
const GRID: &str = "#e2e4ea";
const GROUND: &str = "#fbfbfd";
const OURS: &str = "#b9430f";
const FLOOR: &str = "#44618f";

/// Draws the picture. The results are in the order of their members.
pub(crate) fn draw(outcomes: &[Outcome]) -> String {
    let costs = |outcome: &Outcome| [outcome.ours.cpu, outcome.floor.cpu];
    let highest = outcomes.iter().flat_map(costs).fold(1.0, f64::max);
    let step = step(highest);
    let top = (highest / step).ceil() * step;
    let y = |value: f64| BOTTOM - (BOTTOM - TOP) * value / top;

    let mut svg = head();
    for line in 0..=(top / step).round() as u32 {
        let value = f64::from(line) * step;
        let (y, label) = (y(value), value.to_string());
        svg += &format!("<path d=\"M{LEFT} {y:.1}H{RIGHT}\" stroke=\"{GRID}\"/>\n");
        svg += &text(LEFT - 12.0, y + 4.5, "end", FAINT, &label);
    }
    let middle = f64::midpoint(LEFT, RIGHT);
    svg += &text(middle, BOTTOM + 46.0, "middle", FAINT, "members");
    for (which, name, color) in [(1, "floor", FLOOR), (0, "Hubbub", OURS)] {
        let mut points = Vec::new();
        let mut labels = String::new();
        for outcome in outcomes {
            let (value, other) = (costs(outcome)[which], costs(outcome)[1 - which]);
            let (x, y) = (x(outcome.members), y(value));
            // The label of the higher line is above it and that of the lower line below, so that labels of close lines
            // stay apart.
            let away = if value > other { -12.0 } else { 22.0 };
            labels += &text(x, y + away, "middle", color, &format!("{value:.0}"));
            if points.len() + 1 == outcomes.len() {
                labels += &text(RIGHT + 14.0, y + away / 2.0 + 4.5, "start", color, name);
            }
            points.push((x, y));
        }
        svg += &(line(&points, color) + &labels);
    }
    for outcome in outcomes {
        let (x, members) = (x(outcome.members), outcome.members.to_string());
        svg += &text(x, BOTTOM + 24.0, "middle", FAINT, &members);
    }
    svg + "</svg>\n"
}

fn head() -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
         font-family=\"system-ui, sans-serif\" font-size=\"14\" role=\"img\" \
         aria-label=\"What a delivery costs the server, by members, and the floor\">\n\
         <rect width=\"{WIDTH}\" height=\"{HEIGHT}\" rx=\"10\" fill=\"{GROUND}\"/>\n\
         <text x=\"28\" y=\"38\" font-size=\"18\" font-weight=\"600\" fill=\"{INK}\">\
         What a delivery costs the server</text>\n{}",
        text(
            28.0,
            60.0,
            "start",
            FAINT,
            "nanoseconds of CPU time; one sender, texts of 64 bytes, loopback; less is better"
        )
    )
}

fn text(x: f64, y: f64, anchor: &str, color: &str, text: &str) -> String {
    format!(
        "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\" fill=\"{color}\" \
         stroke=\"{GROUND}\" stroke-width=\"5\" paint-order=\"stroke\">{text}</text>\n"
    )
}

fn line(points: &[(f64, f64)], color: &str) -> String {
    let at: Vec<String> = points
        .iter()
        .map(|(x, y)| format!("{x:.1},{y:.1}"))
        .collect();
    let dots: String = points
        .iter()
        .map(|(x, y)| format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"4.5\"/>"))
        .collect();
    format!(
        "<polyline points=\"{}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"2.5\"/>\n\
         <g fill=\"{color}\" stroke=\"{GROUND}\" stroke-width=\"1.5\">{dots}</g>\n",
        at.join(" ")
    )
}

/// The scale is logarithmic, from ten members at the left to a thousand at the right.
fn x(members: usize) -> f64 {
    let (left, right) = (LEFT + 40.0, RIGHT - 40.0);
    left + (right - left) * ((members as f64).log10() - 1.0) / 2.0
}

/// The distance between grid lines: 1, 2 or 5 times a power of ten, so that there are about five lines.
fn step(highest: f64) -> f64 {
    let power = 10_f64.powf((highest / 5.0).log10().floor());
    [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|times| times * power)
        .find(|step| highest / step <= 5.0)
        .unwrap_or(highest)
}
