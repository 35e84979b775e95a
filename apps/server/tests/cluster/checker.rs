//! The checker: whether everybody heard everything once, in one order, and each member between its coming and going.
//! It knows only what was said and what each member was told.

use std::collections::{BTreeMap, BTreeSet};

use crate::member::{Told, What};

/// What one member has said and was told.
pub(crate) struct Account {
    pub(crate) name: String,
    pub(crate) said: u64,
    pub(crate) told: Vec<Told>,
}

/// Which text: whose, and its number.
type Text = (String, u64);

/// A place in the log: they are only compared within one room.
type Place = (String, u64);

/// Finds all that is wrong, in words. Texts of members that came late count only from where they came.
pub(crate) fn check(accounts: &[Account]) -> Vec<String> {
    let mut faults = Vec::new();
    let mut log: BTreeMap<Place, Text> = BTreeMap::new();
    let mut texts: BTreeMap<Text, Place> = BTreeMap::new();
    for account in accounts {
        let (mut last, mut heard) = (None, BTreeSet::new());
        let mut here: Option<BTreeSet<&str>> = None;
        let name = &account.name;
        for told in &account.told {
            match &told.what {
                What::Heard(who, number, place, past) => {
                    let text = (who.clone(), *number);
                    let Some(place) = parse(place) else {
                        faults.push(format!("{name}: {place} is no place"));
                        continue;
                    };
                    if !heard.insert(text.clone()) {
                        faults.push(format!("{name}: {text:?} comes twice"));
                    }
                    if last.as_ref().is_some_and(|last| *last >= place) {
                        faults.push(format!(
                            "{name}: {text:?} at {place:?} comes after {last:?}"
                        ));
                    }
                    if *log.entry(place.clone()).or_insert_with(|| text.clone()) != text {
                        faults.push(format!("{name}: {text:?} and another text at {place:?}"));
                    }
                    if *texts.entry(text.clone()).or_insert_with(|| place.clone()) != place {
                        faults.push(format!("{name}: {text:?} has two places"));
                    }
                    let is_absent = here.as_ref().is_some_and(|here| !here.contains(&**who));
                    if !past && is_absent {
                        faults.push(format!("{name}: {text:?} of somebody who is not here"));
                    }
                    last = Some(place);
                }
                What::Here(names) => here = Some(names.iter().map(|name| &**name).collect()),
                // Whoever enters at the same time may be among those who are here, and be told too.
                What::Came(who) => {
                    if let Some(here) = &mut here {
                        here.insert(who);
                    }
                }
                What::Went(who) if here.as_mut().is_some_and(|here| !here.remove(&**who)) => {
                    faults.push(format!("{name}: {who} goes and is not here"));
                }
                What::Wrong(words) => faults.push(format!("{name}: {words}")),
                What::Gap => faults.push(format!("{name}: something is missing")),
                _ => {}
            }
        }
    }
    check_senders(&log, &mut faults);
    for account in accounts {
        check_complete(account, accounts, &mut faults);
    }
    faults
}

/// Whether each member's texts stand in the order in which it has said them.
fn check_senders(log: &BTreeMap<Place, Text>, faults: &mut Vec<String>) {
    let mut last: BTreeMap<&str, u64> = BTreeMap::new();
    for (place, (who, number)) in log {
        let before = last.insert(who, *number).unwrap_or(0);
        if *number != before + 1 {
            faults.push(format!("{who}: {number} at {place:?} follows {before}"));
        }
    }
}

/// Whether a member has heard all of the others, and knows that all of its own has arrived.
fn check_complete(account: &Account, accounts: &[Account], faults: &mut Vec<String>) {
    let name = &account.name;
    let mut heard: BTreeMap<&str, u64> = BTreeMap::new();
    let mut arrived = 0;
    for told in &account.told {
        match &told.what {
            What::Heard(who, ..) => *heard.entry(who).or_default() += 1,
            What::Arrived(_) => arrived += 1,
            _ => {}
        }
    }
    if arrived != account.said {
        let said = account.said;
        faults.push(format!("{name}: {arrived} of {said} have arrived"));
    }
    for other in accounts {
        let count = heard.get(&*other.name).copied().unwrap_or(0);
        if other.name != *name && count != other.said {
            let (who, said) = (&other.name, other.said);
            faults.push(format!("{name}: heard {count} of {said} texts of {who}"));
        }
    }
}

fn parse(place: &str) -> Option<Place> {
    let (generation, count) = place.rsplit_once('-')?;
    Some((generation.to_owned(), count.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::{Account, check};
    use crate::member::{Told, What};

    fn account(name: &str, said: u64, told: &[What]) -> Account {
        let at = Instant::now();
        let told = told.iter().cloned().map(|what| Told { at, what });
        Account {
            name: name.to_owned(),
            said,
            told: told.collect(),
        }
    }

    fn heard(who: &str, number: u64, count: u64) -> What {
        What::Heard(who.to_owned(), number, format!("a-{count}"), false)
    }

    fn here(names: &[&str]) -> What {
        What::Here(names.iter().map(|name| (*name).to_owned()).collect())
    }

    /// Two members who have said two texts each, of which one has gone.
    fn good() -> [Vec<What>; 2] {
        let ann = vec![
            here(&["ann"]),
            What::Came("ben".to_owned()),
            What::Arrived(1),
            heard("ben", 1, 2),
            heard("ben", 2, 3),
            What::Arrived(2),
            What::Went("ben".to_owned()),
        ];
        let ben = vec![
            here(&["ann", "ben"]),
            heard("ann", 1, 1),
            What::Arrived(1),
            What::Arrived(2),
            heard("ann", 2, 4),
        ];
        [ann, ben]
    }

    fn judge(change: impl FnOnce(&mut Vec<What>, &mut Vec<What>)) -> Vec<String> {
        let [mut ann, mut ben] = good();
        change(&mut ann, &mut ben);
        check(&[account("ann", 2, &ann), account("ben", 2, &ben)])
    }

    #[test]
    fn what_is_right_is_not_blamed() {
        assert_eq!(judge(|_, _| {}), [""; 0]);
    }

    #[test]
    fn each_fault_is_found() {
        type Change = fn(&mut Vec<What>, &mut Vec<What>);
        let changes: [(&str, Change); 9] = [
            ("heard 1 of 2", |ann, _| drop(ann.remove(4))),
            ("comes twice", |ann, _| ann.insert(4, heard("ben", 1, 3))),
            ("comes after", |_, ben| ben.swap(1, 4)),
            ("another text", |_, ben| ben[4] = heard("ann", 2, 3)),
            ("1 of 2 have arrived", |ann, _| drop(ann.remove(5))),
            ("not here", |ann, _| ann.swap(4, 6)),
            ("goes and is not here", |ann, _| drop(ann.remove(1))),
            ("something is missing", |ann, _| ann.push(What::Gap)),
            ("follows", |ann, ben| {
                ben[1] = heard("ann", 2, 1);
                ben[4] = heard("ann", 1, 4);
                let _ = ann;
            }),
        ];
        for (words, change) in changes {
            let faults = judge(change);
            let is_found = faults.iter().any(|fault| fault.contains(words));
            assert!(is_found, "{words}: {faults:?}");
        }
    }
}
