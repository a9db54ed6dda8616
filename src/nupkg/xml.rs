//! A small, strict XML reader: bytes to a tree of elements.
//!
//! It refuses whatever a nuspec has no use for and an attacker has: document types, entities of one's own, deep or wide
//! trees. It knows nothing about nuspecs.

use std::borrow::Cow;
use std::rc::Rc;

use quick_xml::XmlVersion;
use quick_xml::errors::Error as QuickXmlError;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesDecl, BytesRef, BytesStart, Event};
use quick_xml::name::{PrefixDeclaration, ResolveResult};
use quick_xml::reader::NsReader;

use crate::domain::excerpt::Excerpt;

use super::limits::{MAX_ATTRIBUTES, MAX_DEPTH, MAX_ELEMENTS, MAX_NAMESPACE_BYTES};

/// An element with what stands in it.
#[derive(Debug)]
pub(super) struct Element {
    /// Name without prefix.
    pub name: String,
    /// Namespace of the name; empty if there is none.
    pub namespace: Rc<str>,
    /// What a name without prefix means inside; empty if there is none.
    pub default_namespace: Rc<str>,
    attributes: Vec<(String, String)>,
    content: Vec<Node>,
}

impl Element {
    /// The elements directly inside.
    pub fn children(&self) -> impl Iterator<Item = &Element> {
        self.content.iter().filter_map(|node| match node {
            Node::Element(element) => Some(element),
            Node::Text(_) => None,
        })
    }

    /// The elements directly inside that have this very name.
    pub fn named<'a>(&'a self, name: &'a str, namespace: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children().filter(move |child| child.name == name && *child.namespace == *namespace)
    }

    /// An attribute without prefix.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// All text inside, that of descendants included.
    pub fn text(&self) -> String {
        let mut text = String::new();
        self.append_text(&mut text);
        text
    }

    fn append_text(&self, text: &mut String) {
        for node in &self.content {
            match node {
                Node::Text(piece) => text.push_str(piece),
                Node::Element(element) => element.append_text(text),
            }
        }
    }
}

/// Why bytes are not XML that we read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum XmlError {
    /// The bytes do not decode.
    #[error("is not text in UTF-8, or in UTF-16 with a byte order mark")]
    Encoding,
    /// The XML declaration names an encoding that the bytes do not have, or that we do not read.
    #[error("declares encoding `{encoding}`; use UTF-8")]
    DeclaredEncoding {
        /// The name, made printable.
        encoding: String,
    },
    /// A declaration of another version than 1.0.
    #[error("declares an XML version other than 1.0")]
    Version,
    /// A character that XML 1.0 does not allow (2.2).
    #[error("has the character U+{code_point:04X}, which XML does not allow")]
    Character {
        /// The character.
        code_point: u32,
    },
    /// A document type declaration: the door of entity bombs and external entities.
    #[error("has a document type declaration, which is not allowed")]
    DocumentType,
    /// An entity other than the five that XML defines.
    #[error("uses the entity `{entity}`, which is not defined")]
    Entity {
        /// The name, made printable.
        entity: String,
    },
    /// Not well-formed.
    #[error("is not well-formed XML at byte {position}: {problem}")]
    Malformed {
        /// Offset in the decoded text.
        position: u64,
        /// What is wrong.
        problem: String,
    },
    /// Nesting beyond [`MAX_DEPTH`].
    #[error("nests elements deeper than {MAX_DEPTH} levels")]
    TooDeep,
    /// More than [`MAX_ELEMENTS`].
    #[error("has more than {MAX_ELEMENTS} elements")]
    TooManyElements,
    /// More than [`MAX_ATTRIBUTES`] on one element.
    #[error("has an element with more than {MAX_ATTRIBUTES} attributes")]
    TooManyAttributes,
    /// A namespace name over [`MAX_NAMESPACE_BYTES`].
    #[error("has a namespace name longer than {MAX_NAMESPACE_BYTES} bytes")]
    LongNamespace,
}

/// Reads a whole document and returns its root element.
///
/// # Errors
/// [`XmlError`] names the broken rule.
pub(super) fn parse(bytes: &[u8]) -> Result<Element, XmlError> {
    let (text, is_utf16) = decode(bytes)?;
    check_characters(&text)?;
    let mut reader = NsReader::from_str(&text);
    reader.config_mut().check_comments = true;
    let mut tree = Tree::default();
    let mut first = true;
    loop {
        let event = reader.read_event().map_err(|error| malformed(reader.error_position(), &error))?;
        let position = reader.buffer_position();
        match event {
            Event::Start(start) => tree.open(element(&reader, &start, position)?, position)?,
            Event::Empty(start) => {
                tree.open(element(&reader, &start, position)?, position)?;
                tree.close();
            }
            Event::End(_) => tree.close(),
            Event::Text(text) => tree.text(&text.xml10_content(), position)?,
            Event::CData(text) => tree.character_data(&text.xml10_content(), position)?,
            Event::GeneralRef(reference) => tree.character_data(&resolve(&reference, position)?, position)?,
            Event::Decl(declaration) if first => check_declaration(&declaration, &text, is_utf16, position)?,
            Event::Decl(_) => return Err(rule(position, "an XML declaration not at the start")),
            Event::DocType(_) => return Err(XmlError::DocumentType),
            Event::Comment(_) | Event::PI(_) => {}
            Event::Eof => return tree.finish(position),
        }
        first = false;
    }
}

#[derive(Debug)]
enum Node {
    Element(Element),
    Text(String),
}

#[derive(Default)]
struct Tree {
    root: Option<Element>,
    open: Vec<Element>,
    elements: usize,
}

impl Tree {
    fn open(&mut self, element: Element, position: u64) -> Result<(), XmlError> {
        if self.root.is_some() {
            return Err(rule(position, "a second root element"));
        }
        self.elements += 1;
        if self.elements > MAX_ELEMENTS {
            return Err(XmlError::TooManyElements);
        }
        if self.open.len() == MAX_DEPTH {
            return Err(XmlError::TooDeep);
        }
        self.open.push(element);
        Ok(())
    }

    fn close(&mut self) {
        if let Some(element) = self.open.pop() {
            match self.open.last_mut() {
                Some(parent) => parent.content.push(Node::Element(element)),
                None => self.root = Some(element),
            }
        }
    }

    /// Text between tags; outside the root element only white space may stand.
    fn text(&mut self, text: &str, position: u64) -> Result<(), XmlError> {
        if self.open.is_empty() && text.bytes().all(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')) {
            return Ok(());
        }
        self.character_data(text, position)
    }

    fn character_data(&mut self, text: &str, position: u64) -> Result<(), XmlError> {
        let parent = self.open.last_mut().ok_or_else(|| rule(position, "text outside the root element"))?;
        match parent.content.last_mut() {
            Some(Node::Text(before)) => before.push_str(text),
            _ => parent.content.push(Node::Text(text.to_owned())),
        }
        Ok(())
    }

    fn finish(self, position: u64) -> Result<Element, XmlError> {
        if let Some(element) = self.open.last() {
            return Err(rule(position, &format!("element `{}` is not closed", Excerpt(&element.name))));
        }
        self.root.ok_or_else(|| rule(position, "no root element"))
    }
}

fn element(reader: &NsReader<&[u8]>, start: &BytesStart<'_>, position: u64) -> Result<Element, XmlError> {
    let resolver = reader.resolver();
    let (namespace, name) = resolver.resolve_element(start.name());
    let namespace = namespace_name(&namespace, position)?;
    let default_namespace = namespace_name(&resolver.resolve_prefix(None, true), position)?;
    let mut attributes = Vec::new();
    for (index, attribute) in start.attributes().enumerate() {
        if index == MAX_ATTRIBUTES {
            return Err(XmlError::TooManyAttributes);
        }
        let attribute = attribute.map_err(|error| rule(position, &error.to_string()))?;
        match attribute.key.as_namespace_binding() {
            Some(PrefixDeclaration::Default | PrefixDeclaration::Named(_)) => {
                check_namespace(&attribute.value, position)?;
                continue;
            }
            None if attribute.key.prefix().is_some() => continue,
            None => {}
        }
        if attribute.value.contains('<') {
            return Err(rule(position, "a `<` in an attribute value"));
        }
        let value =
            attribute.normalized_value(XmlVersion::Explicit1_0).map_err(|error| rule(position, &error.to_string()))?;
        check_characters(&value)?;
        attributes.push((attribute.key.local_name().as_ref().to_owned(), value.into_owned()));
    }
    Ok(Element { name: name.as_ref().to_owned(), namespace, default_namespace, attributes, content: Vec::new() })
}

/// The attack: an entity in a namespace name. The parser compares such names as they are written, .NET as they read, so the
/// two would see other elements in one nuspec: an `id` that only the client sees takes over somebody else's package.
fn check_namespace(written: &str, position: u64) -> Result<(), XmlError> {
    if written.contains(['&', '<', '\t', '\r', '\n']) {
        return Err(rule(position, "a namespace name with an entity or white space"));
    }
    Ok(())
}

fn namespace_name(resolved: &ResolveResult<'_>, position: u64) -> Result<Rc<str>, XmlError> {
    match resolved {
        ResolveResult::Bound(namespace) if namespace.0.len() > MAX_NAMESPACE_BYTES => Err(XmlError::LongNamespace),
        ResolveResult::Bound(namespace) => Ok(Rc::from(namespace.0)),
        ResolveResult::Unbound => Ok(Rc::from("")),
        ResolveResult::Unknown(prefix) => {
            Err(rule(position, &format!("namespace prefix `{}` is not declared", Excerpt(prefix))))
        }
    }
}

fn resolve(reference: &BytesRef<'_>, position: u64) -> Result<Cow<'static, str>, XmlError> {
    match reference.resolve_char_ref().map_err(|error| malformed(position, &error))? {
        Some(character) if is_allowed(character) => Ok(Cow::Owned(character.to_string())),
        Some(character) => Err(XmlError::Character { code_point: u32::from(character) }),
        None => resolve_predefined_entity(reference)
            .map(Cow::Borrowed)
            .ok_or_else(|| XmlError::Entity { entity: Excerpt(reference).to_string() }),
    }
}

fn check_declaration(declaration: &BytesDecl<'_>, text: &str, is_utf16: bool, position: u64) -> Result<(), XmlError> {
    let version = declaration.version().map_err(|error| malformed(position, &error))?;
    if version != "1.0" {
        return Err(XmlError::Version);
    }
    let Some(encoding) = declaration.encoding() else {
        return Ok(());
    };
    let encoding = encoding.map_err(|error| rule(position, &error.to_string()))?;
    let name = encoding.to_ascii_lowercase();
    // A single-byte encoding that agrees with ASCII where the text is ASCII does no harm.
    let agrees = name == "utf-8"
        || is_utf16
        || (text.is_ascii()
            && (name == "us-ascii" || name.starts_with("iso-8859-") || name.starts_with("windows-125")));
    if agrees { Ok(()) } else { Err(XmlError::DeclaredEncoding { encoding: Excerpt(&encoding).to_string() }) }
}

/// The text without byte order mark, and whether it was UTF-16.
fn decode(bytes: &[u8]) -> Result<(Cow<'_, str>, bool), XmlError> {
    if let Some(rest) = bytes.strip_prefix(&[0xFF, 0xFE]) {
        return Ok((Cow::Owned(utf16(rest, u16::from_le_bytes)?), true));
    }
    if let Some(rest) = bytes.strip_prefix(&[0xFE, 0xFF]) {
        return Ok((Cow::Owned(utf16(rest, u16::from_be_bytes)?), true));
    }
    let rest = bytes.strip_prefix(&[0xEF, 0xBB, 0xBF]).unwrap_or(bytes);
    Ok((Cow::Borrowed(std::str::from_utf8(rest).map_err(|_| XmlError::Encoding)?), false))
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, XmlError> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(XmlError::Encoding);
    }
    char::decode_utf16(pairs.iter().map(|pair| unit(*pair))).collect::<Result<_, _>>().map_err(|_| XmlError::Encoding)
}

fn check_characters(text: &str) -> Result<(), XmlError> {
    match text.chars().find(|character| !is_allowed(*character)) {
        Some(character) => Err(XmlError::Character { code_point: u32::from(character) }),
        None => Ok(()),
    }
}

/// XML 1.0, production 2.
fn is_allowed(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

fn malformed(position: u64, error: &QuickXmlError) -> XmlError {
    rule(position, &error.to_string())
}

fn rule(position: u64, problem: &str) -> XmlError {
    // The parser's messages quote the document, between backticks of their own.
    XmlError::Malformed { position, problem: Excerpt(&problem.replace('`', "'")).to_string() }
}

#[cfg(test)]
#[path = "xml_tests.rs"]
mod tests;
