//! A list of strings under numbers; `intern` stores each string once, `push` every time.

use hashbrown::{DefaultHashBuilder, HashTable};
use std::hash::BuildHasher;

/// The texts.
#[derive(Default)]
pub struct StringInterner {
    text: String,
    ends: Vec<usize>,
    numbers: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl StringInterner {
    /// The text with this number.
    pub fn get(&self, number: u32) -> &str {
        let n = number as usize;
        let start = n.checked_sub(1).and_then(|n| self.ends.get(n)).copied().unwrap_or(0);
        self.ends.get(n).and_then(|end| self.text.get(start..*end)).unwrap_or("")
    }

    /// The number of a text; a new text is stored.
    pub fn intern(&mut self, text: &str) -> u32 {
        let hash = self.hasher.hash_one(text);
        if let Some(number) = self.numbers.find(hash, |n| self.get(*n) == text) {
            return *number;
        }
        let number = self.push(text);
        let StringInterner { text: all, ends, numbers, hasher } = self;
        numbers.insert_unique(hash, number, |n| {
            let n = *n as usize;
            let start = n.checked_sub(1).and_then(|n| ends.get(n)).copied().unwrap_or(0);
            hasher.hash_one(ends.get(n).and_then(|end| all.get(start..*end)).unwrap_or(""))
        });
        number
    }

    /// Stores a text under a new number.
    pub fn push(&mut self, text: &str) -> u32 {
        self.text.push_str(text);
        self.ends.push(self.text.len());
        (self.ends.len() - 1) as u32
    }

    /// The bytes of all texts.
    pub fn length(&self) -> usize {
        self.text.len()
    }

    /// Memory in bytes.
    pub fn size(&self) -> usize {
        self.text.capacity() + self.ends.capacity() * size_of::<usize>() + self.numbers.allocation_size()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_kept_once_or_as_often_as_they_come() {
        let mut texts = StringInterner::default();
        let words: Vec<String> = (0..5000).map(|n| "é".repeat(n % 1000 % 7) + &(n % 1000).to_string()).collect();
        let numbers: Vec<u32> = words.iter().map(|w| texts.intern(w)).collect();
        assert!(words.iter().zip(&numbers).all(|(word, number)| texts.get(*number) == word));
        assert_eq!(numbers.iter().max(), Some(&999));
        assert_eq!(texts.intern(""), 1000);
        let again = texts.push("");
        assert_eq!((again, texts.get(again)), (1001, ""));
        assert_eq!(texts.intern(""), 1000);
        assert_eq!(texts.get(5000), "");
    }
}
