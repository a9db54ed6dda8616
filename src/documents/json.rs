//! Writing JSON by concatenation.
//!
//! Documents are put together from fragments that were written long before, so text and not values are the material. It
//! has no way to write `null`.

/// An object being written.
pub(super) struct Object {
    bytes: Vec<u8>,
}

impl Object {
    /// An object without members.
    pub fn new() -> Self {
        Self { bytes: vec![b'{'] }
    }

    /// Adds a member whose value is JSON already.
    pub fn raw(mut self, name: &str, value: &[u8]) -> Self {
        if self.bytes.len() > 1 {
            self.bytes.push(b',');
        }
        self.bytes.extend(string(name));
        self.bytes.push(b':');
        self.bytes.extend(value);
        self
    }

    /// Adds a text.
    pub fn string(self, name: &str, value: &str) -> Self {
        let value = string(value);
        self.raw(name, &value)
    }

    /// Adds a text, or nothing.
    pub fn optional(self, name: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.string(name, value),
            None => self,
        }
    }

    /// Adds `true` or `false`.
    pub fn boolean(self, name: &str, value: bool) -> Self {
        self.raw(name, if value { b"true" } else { b"false" })
    }

    /// Adds a number, at most the largest that .NET's `long` holds.
    pub fn number(self, name: &str, value: u64) -> Self {
        self.raw(name, value.min(u64::MAX >> 1).to_string().as_bytes())
    }

    /// Adds a number of things.
    pub fn count(self, name: &str, value: usize) -> Self {
        self.raw(name, value.to_string().as_bytes())
    }

    /// Adds a list of texts.
    pub fn strings<'a>(self, name: &str, values: impl IntoIterator<Item = &'a str>) -> Self {
        let values = array(values.into_iter().map(string));
        self.raw(name, &values)
    }

    /// The bytes of the object.
    pub fn finish(mut self) -> Vec<u8> {
        self.bytes.push(b'}');
        self.bytes
    }
}

/// A list of values that are JSON already.
pub(super) fn array(items: impl IntoIterator<Item = impl AsRef<[u8]>>) -> Vec<u8> {
    let mut bytes = vec![b'['];
    for item in items {
        if bytes.len() > 1 {
            bytes.push(b',');
        }
        bytes.extend(item.as_ref());
    }
    bytes.push(b']');
    bytes
}

/// A text.
pub(super) fn string(text: &str) -> Vec<u8> {
    serde_json::Value::from(text).to_string().into_bytes()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn is_read_back(name in any::<String>(), value in any::<String>(), list in proptest::collection::vec(any::<String>(), 0..4), number: u64) {
            let bytes = Object::new()
                .string(&format!("a{name}"), &value)
                .optional("none", None)
                .strings("b", list.iter().map(String::as_str))
                .number("c", number)
                .boolean("d", true)
                .finish();
            let read: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
            let mut expected = serde_json::json!({"b": list, "c": number.min(u64::MAX >> 1), "d": true});
            expected[format!("a{name}")] = value.into();
            prop_assert_eq!(read, expected);
        }
    }
}
