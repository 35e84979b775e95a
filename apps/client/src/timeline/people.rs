//! People: who is known to be in the room. A plain server has no list of members, so there it is those who came or
//! spoke since the user came.

use std::collections::BTreeSet;
use std::rc::Rc;

/// The most people remembered. Rooms of ten thousand exist, but a peer that makes up names without end must not fill
/// the memory.
const KEPT_PEOPLE: usize = 20_000;

/// Everybody who is here, if the server told; else everybody who joined or spoke since the connection stands, and has
/// not left.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct People {
    /// Lower-case name first, so that the order is the alphabet's.
    others: BTreeSet<(String, Rc<str>)>,
    is_complete: bool,
}

impl People {
    /// Notes that exactly these are here besides the user.
    pub fn are(&mut self, others: impl IntoIterator<Item = Rc<str>>) {
        self.others = others
            .into_iter()
            .take(KEPT_PEOPLE)
            .map(|name| key(&name))
            .collect();
        self.is_complete = true;
    }

    /// Whether this person is known to be here.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.others.contains(&key(&name.into()))
    }

    /// Whether this is everybody who is here, and not only those who were seen.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// Adds somebody who came or spoke, unless there are too many.
    pub fn add(&mut self, name: &Rc<str>) {
        if self.others.len() < KEPT_PEOPLE {
            self.others.insert(key(name));
        }
    }

    /// Removes somebody who went.
    pub fn remove(&mut self, name: &Rc<str>) {
        self.others.remove(&key(name));
    }

    /// Forgets everybody.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// Everybody besides the user, in alphabetical order.
    pub fn others(&self) -> impl Iterator<Item = &Rc<str>> {
        self.others.iter().map(|(_, name)| name)
    }

    /// How many there are besides the user.
    #[must_use]
    pub fn len(&self) -> usize {
        self.others.len()
    }

    /// Whether nobody besides the user is known to be here.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.others.is_empty()
    }
}

fn key(name: &Rc<str>) -> (String, Rc<str>) {
    (name.to_lowercase(), name.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_stand_by_the_alphabet_whatever_the_letter_case() {
        let mut people = People::default();
        for name in ["dave", "Bob", "carol", "bob", "dave"] {
            people.add(&name.into());
        }
        let names: Vec<_> = people.others().map(|name| &**name).collect();
        assert_eq!(names, ["Bob", "bob", "carol", "dave"]);
        people.remove(&"Bob".into());
        assert_eq!(people.len(), 3);
    }

    #[test]
    fn made_up_names_stop_at_the_limit() {
        let mut people = People::default();
        for i in 0..KEPT_PEOPLE {
            people.add(&format!("p{i}").into());
        }
        assert_eq!(people.len(), KEPT_PEOPLE);
        people.add(&"one more".into());
        assert_eq!(people.len(), KEPT_PEOPLE);
    }
}
