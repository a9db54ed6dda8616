//! Whether the colours of the style can be read, in light and in dark: a computation instead of an opinion.

use std::collections::BTreeMap;

const STYLE: &str = include_str!("../../../assets/app.css");

/// Text on ground, wherever it occurs: 4.5 to 1 (WCAG 2.2, 1.4.3).
const TEXT: &[(&str, &[&str])] = &[
    ("ink", &["paper", "surface", "sunken", "good-tint", "warning-tint", "bad-tint", "info-tint"]),
    ("quiet", &["paper", "surface", "sunken", "good-tint", "warning-tint", "bad-tint", "info-tint"]),
    ("accent", &["paper", "surface", "sunken", "good-tint", "warning-tint", "bad-tint", "info-tint"]),
    ("accent-deep", &["paper", "surface", "sunken", "good-tint", "warning-tint", "bad-tint", "info-tint"]),
    ("on-accent", &["accent", "accent-deep"]),
    ("on-bad", &["bad", "bad-deep"]),
    ("good", &["surface", "good-tint"]),
    ("warning", &["surface", "warning-tint"]),
    ("bad", &["paper", "surface", "bad-tint"]),
    ("gold", &["paper", "surface"]),
];

/// Edges of controls, marks, and the ring around what has the focus: 3 to 1 (1.4.11).
const SHAPES: &[(&str, &[&str])] = &[
    ("edge", &["paper", "surface", "sunken"]),
    ("focus", &["paper", "surface", "sunken", "good-tint", "warning-tint", "bad-tint", "info-tint"]),
    ("accent", &["line"]),
];

#[test]
fn every_text_and_every_edge_can_be_seen_in_light_and_dark() {
    for (scheme, colours) in [("light", colours(0)), ("dark", colours(1))] {
        for (pairs, enough) in [(TEXT, 4.5), (SHAPES, 3.0)] {
            for (front, backs) in pairs {
                for back in *backs {
                    let ratio = contrast(colours[*front], colours[*back]);
                    assert!(ratio >= enough, "{scheme}: {front} on {back} has {ratio:.2} to 1, wants {enough}");
                }
            }
        }
    }
}

#[test]
fn contrast_is_computed_as_the_guidelines_say() {
    assert!((contrast([0; 3], [255; 3]) - 21.0).abs() < 0.001);
    assert!((contrast([0x77; 3], [255; 3]) - 4.48).abs() < 0.01);
}

#[test]
fn both_schemes_have_the_same_names_and_colours_stand_nowhere_else() {
    assert!(colours(0).keys().eq(colours(1).keys()));
    let loose = STYLE.lines().filter(|line| line.contains('#') && !line.trim_start().starts_with("--"));
    assert_eq!(loose.collect::<Vec<_>>(), Vec::<&str>::new());
}

#[test]
fn the_style_asks_no_other_host_and_stays_readable() {
    assert!(!STYLE.contains("url(") && !STYLE.contains("@import") && STYLE.lines().count() < 600);
}

/// The colours of the `scheme`th list, by name.
fn colours(scheme: usize) -> BTreeMap<&'static str, [u8; 3]> {
    let list = STYLE.split("--paper:").nth(scheme + 1).unwrap().split('}').next().unwrap();
    let list = format!("--paper:{list}").leak();
    let pairs = list.split(';').filter_map(|line| line.trim().strip_prefix("--")?.split_once(": #"));
    pairs.map(|(name, hex)| (name, hex::decode(hex).unwrap().try_into().unwrap())).collect()
}

/// WCAG 2.2, "contrast ratio".
fn contrast(one: [u8; 3], other: [u8; 3]) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// WCAG 2.2, "relative luminance".
fn luminance(colour: [u8; 3]) -> f64 {
    let linear = colour.map(|part| {
        let part = f64::from(part) / 255.0;
        if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    });
    0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
}
