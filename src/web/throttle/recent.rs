//! A map that forgets: when it is full, what was asked for longest ago goes, and never all of it.

use std::collections::HashMap;
use std::hash::Hash;

/// The map. Asking for an entry makes it young again.
pub(super) struct Recent<K, V> {
    most: usize,
    /// Grows with each use. No clock: two entries are never of the same age.
    uses: u64,
    entries: HashMap<K, (u64, V)>,
}

impl<K: Hash + Eq + Clone, V> Recent<K, V> {
    /// A map of at most so many entries.
    pub fn new(most: usize) -> Self {
        Self { most, uses: 0, entries: HashMap::new() }
    }

    /// The entry of `key`.
    pub fn get(&mut self, key: &K) -> Option<&mut V> {
        self.uses += 1;
        let (used, value) = self.entries.get_mut(key)?;
        *used = self.uses;
        Some(value)
    }

    /// The entry of `key`, made by `make` if there is none.
    pub fn get_or(&mut self, key: &K, make: impl FnOnce() -> V) -> &mut V {
        self.uses += 1;
        if self.entries.len() >= self.most && !self.entries.contains_key(key) {
            self.forget_the_oldest();
        }
        let entry = self.entries.entry(key.clone()).or_insert_with(|| (0, make()));
        entry.0 = self.uses;
        &mut entry.1
    }

    /// Makes room: an eighth goes at once, because finding the oldest means looking at all.
    fn forget_the_oldest(&mut self) {
        let mut ages: Vec<u64> = self.entries.values().map(|(used, _)| *used).collect();
        let last = (ages.len() / 8).min(ages.len().saturating_sub(1));
        if let Some((_, oldest_to_go, _)) = (!ages.is_empty()).then(|| ages.select_nth_unstable(last)) {
            let oldest_to_go = *oldest_to_go;
            self.entries.retain(|_, (used, _)| *used > oldest_to_go);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_go_and_the_rest_stays() {
        let mut map = Recent::new(80);
        for key in 0..80 {
            map.get_or(&key, || key);
        }
        map.get(&0).unwrap();
        map.get_or(&80, || 80);
        assert_eq!(map.entries.len(), 70);
        assert_eq!((map.get(&0).copied(), map.get(&80).copied()), (Some(0), Some(80)), "asked for lately");
        assert!((1..=11).all(|key| map.get(&key).is_none()) && (12..80).all(|key| map.get(&key).is_some()));
    }

    #[test]
    fn it_never_grows_beyond_its_size() {
        for most in [1, 2, 7, 8, 9] {
            let mut map = Recent::new(most);
            for key in 0..100 {
                map.get_or(&key, || key);
                assert!(map.entries.len() <= most && map.get(&key).is_some());
            }
        }
    }

    #[test]
    fn an_entry_that_is_there_is_not_made_again() {
        let mut map = Recent::new(1);
        *map.get_or(&1, || 10) += 1;
        assert_eq!(*map.get_or(&1, || 10), 11);
    }
}
