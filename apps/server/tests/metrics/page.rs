//! A page of metrics, read as strictly as the text format 0.0.4 is written, and some of what `promtool` warns of.

use std::collections::{BTreeMap, BTreeSet};

/// What a page says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Page {
    /// By name and labels, as they stand there.
    pub(crate) values: BTreeMap<String, f64>,
    /// By the names of families.
    pub(crate) kinds: BTreeMap<String, String>,
}

impl Page {
    /// Reads a page. Fails at whatever is not as it should be.
    #[track_caller]
    pub(crate) fn read(text: &str) -> Self {
        assert!(text.ends_with('\n'), "the last line has no end");
        let mut page = Self::default();
        let (mut family, mut helped) = (String::new(), String::new());
        for line in text.lines() {
            if let Some(rest) = line.strip_prefix("# HELP ") {
                let (name, help) = rest.split_once(' ').unwrap();
                assert!(!help.trim().is_empty() && !help.contains('\\'), "{line}");
                assert!(!page.kinds.contains_key(name), "twice: {name}");
                name.clone_into(&mut helped);
            } else if let Some(rest) = line.strip_prefix("# TYPE ") {
                let (name, kind) = rest.split_once(' ').unwrap();
                assert_eq!(name, helped, "TYPE without HELP");
                assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
                assert_eq!(kind == "counter", name.ends_with("_total"), "{line}");
                assert!(is_name(name), "{line}");
                page.kinds.insert(name.to_owned(), kind.to_owned());
                name.clone_into(&mut family);
            } else {
                let (name, value) = line.rsplit_once(' ').unwrap();
                page.sample(&family, name, value);
            }
        }
        page.check_histograms();
        page
    }

    fn sample(&mut self, family: &str, name: &str, value: &str) {
        let bare = name.split('{').next().unwrap();
        let suffix = bare.strip_prefix(family).unwrap_or("none");
        let is_histogram = self.kinds[family] == "histogram";
        let suffixes: &[&str] = if is_histogram {
            &["_bucket", "_sum", "_count"]
        } else {
            &[""]
        };
        assert!(suffixes.contains(&suffix), "{name} in the family {family}");
        if let Some(labels) = name.strip_prefix(bare).filter(|labels| !labels.is_empty()) {
            let labels = labels
                .strip_prefix('{')
                .unwrap()
                .strip_suffix("\"}")
                .unwrap();
            for label in labels.split("\",") {
                let (key, value) = label.split_once("=\"").unwrap();
                assert!(is_name(key) && !value.contains(['"', '\\', '\n']), "{name}");
            }
        }
        let number: f64 = value.parse().unwrap();
        assert!(number.is_finite() && number >= 0.0, "{name} {value}");
        let before = self.values.insert(name.to_owned(), number);
        assert_eq!(before, None, "twice: {name}");
    }

    fn check_histograms(&self) {
        for (name, _) in self.kinds.iter().filter(|(_, kind)| *kind == "histogram") {
            let bucket = format!("{name}_bucket{{le=\"");
            let buckets = self.values.iter().filter_map(|(key, &count)| {
                let bound = key.strip_prefix(&bucket)?.strip_suffix("\"}")?;
                Some((bound.replace("+Inf", "inf").parse::<f64>().unwrap(), count))
            });
            let mut buckets: Vec<(f64, f64)> = buckets.collect();
            buckets.sort_by(|one, other| one.0.total_cmp(&other.0));
            assert!(buckets.is_sorted_by_key(|(_, count)| *count), "{buckets:?}");
            let last = buckets.last().copied();
            let count = self.value(&format!("{name}_count"));
            assert_eq!(last, Some((f64::INFINITY, count)), "{name}");
            assert!(self.values.contains_key(&format!("{name}_sum")));
        }
    }

    /// The value of a metric that must be there.
    #[track_caller]
    pub(crate) fn value(&self, name: &str) -> f64 {
        let value = self.values.get(name);
        *value.unwrap_or_else(|| panic!("no {name} in {self:#?}"))
    }

    /// The names of all that is there, without labels.
    pub(crate) fn names(&self) -> BTreeSet<&str> {
        let names = self.values.keys();
        names.map(|name| name.split('{').next().unwrap()).collect()
    }

    /// By how much each counter of ours has moved since the page `before`, without those that have not.
    pub(crate) fn moves_since(&self, before: &Self) -> BTreeMap<String, f64> {
        let counters = self.values.iter().filter(|(name, _)| {
            let family = name.split('{').next().unwrap();
            family.starts_with("hubbub_") && family.ends_with("_total")
        });
        let moves = counters.map(|(name, now)| (name.clone(), now - before.value(name)));
        moves.filter(|(_, moved)| *moved != 0.0).collect()
    }
}

fn is_name(name: &str) -> bool {
    let is_part = |byte: u8| byte == b'_' || byte.is_ascii_lowercase();
    !name.is_empty() && name.bytes().all(is_part)
}
