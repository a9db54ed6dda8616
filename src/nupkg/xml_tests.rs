use proptest::prelude::*;

use super::*;

fn error(text: &str) -> XmlError {
    parse(text.as_bytes()).unwrap_err()
}

#[test]
fn reads_names_attributes_and_text() {
    let root = parse(
        b"\xEF\xBB\xBF<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<!-- c --><a xmlns='u'><b x=\"1&lt;&#50;\" y:z='0' xmlns:y='v'>\
          one <c>two</c><![CDATA[ <three>]]> &amp;&#x34;</b></a>\n",
    )
    .unwrap();
    assert_eq!((root.name.as_str(), &*root.namespace), ("a", "u"));
    let b = root.named("b", "u").next().unwrap();
    assert_eq!(b.attribute("x"), Some("1<2"));
    assert_eq!(b.attribute("z"), None, "an attribute with a prefix is another attribute");
    assert_eq!(b.text(), "one two <three> &4");
    assert!(root.named("b", "v").next().is_none());
}

#[test]
fn tells_the_default_namespace_apart() {
    let root = parse(b"<p:a xmlns:p='u'><b/><p:b xmlns='w'/></p:a>").unwrap();
    assert_eq!((&*root.namespace, &*root.default_namespace), ("u", ""));
    let inner = root.named("b", "u").next().unwrap();
    assert_eq!(&*inner.default_namespace, "w");
}

#[test]
fn reads_utf16_with_a_byte_order_mark() {
    let text = "<?xml version=\"1.0\" encoding=\"utf-16\"?><a>\u{e9}\u{1F600}</a>";
    let little: Vec<u8> = "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = "\u{feff}".encode_utf16().chain(text.encode_utf16()).flat_map(u16::to_be_bytes).collect();
    for bytes in [&little, &big] {
        assert_eq!(parse(bytes).unwrap().text(), "\u{e9}\u{1F600}");
    }
    assert_eq!(parse(&little[..little.len() - 1]).unwrap_err(), XmlError::Encoding);
    assert_eq!(parse(&[0xFF, 0xFE, 0x00, 0xD8]).unwrap_err(), XmlError::Encoding, "half a surrogate pair");
}

#[test]
fn refuses_what_an_attacker_needs() {
    assert_eq!(error("<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>"), XmlError::DocumentType);
    assert_eq!(error("<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>"), XmlError::DocumentType);
    assert_eq!(error("<a>&xxe;</a>"), XmlError::Entity { entity: "xxe".into() });
    assert!(matches!(error("<a b='&xxe;'/>"), XmlError::Malformed { .. }));
    assert!(matches!(error("<a>&#0;</a>"), XmlError::Malformed { .. }));
    assert_eq!(error("<a>&#27;</a>"), XmlError::Character { code_point: 27 });
    assert_eq!(error("<a b='&#27;'/>"), XmlError::Character { code_point: 27 });
    assert_eq!(error("<a>\u{0}</a>"), XmlError::Character { code_point: 0 });
    assert_eq!(error("<a>\u{ffff}</a>"), XmlError::Character { code_point: 0xFFFF });
    assert_eq!(error(&format!("{}{}", "<a>".repeat(33), "</a>".repeat(33))), XmlError::TooDeep);
    assert_eq!(error(&format!("<a>{}</a>", "<b/>".repeat(MAX_ELEMENTS))), XmlError::TooManyElements);
    let attributes: String = (0..33).map(|number| format!(" a{number}=''")).collect();
    assert_eq!(error(&format!("<a{attributes}/>")), XmlError::TooManyAttributes);
    assert_eq!(error(&format!("<a xmlns='{}'/>", "u".repeat(513))), XmlError::LongNamespace);
    assert!(parse(format!("{}{}", "<a>".repeat(32), "</a>".repeat(32)).as_bytes()).is_ok());
}

#[test]
fn refuses_what_is_not_well_formed() {
    for text in [
        "",
        "   ",
        "<a>",
        "<a></b>",
        "<a/><b/>",
        "text<a/>",
        "<a/>text",
        "<a/>&amp;",
        "<a b='1' b='2'/>",
        "<a b='<'/>",
        "<a b/>",
        "<p:a/>",
        "<a><?xml version='1.0'?></a>",
        "<a><!-- -- --></a>",
        "<a>&</a>",
    ] {
        assert!(matches!(error(text), XmlError::Malformed { .. }), "{text}");
    }
    assert_eq!(error("<?xml version='1.1'?><a/>"), XmlError::Version);
    assert_eq!(parse(b"<a>\xE9</a>").unwrap_err(), XmlError::Encoding);
}

#[test]
fn a_declared_encoding_must_be_true() {
    let declared = |encoding: &str, text: &str| format!("<?xml version='1.0' encoding='{encoding}'?><a>{text}</a>");
    assert!(parse(declared("UTF-8", "\u{e9}").as_bytes()).is_ok());
    assert!(parse(declared("ISO-8859-1", "e").as_bytes()).is_ok());
    for (encoding, text) in [("ISO-8859-1", "\u{e9}"), ("utf-16", "e"), ("IBM037", "e")] {
        assert_eq!(error(&declared(encoding, text)), XmlError::DeclaredEncoding { encoding: encoding.into() });
    }
}

proptest! {
    #[test]
    fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse(&bytes);
    }

    #[test]
    fn anything_like_xml_is_answered(text in "(<[/?!]?[ab:]{0,2}( [ab]='[&;<x]{0,3}')?/?>|&[a#1x]{0,3};|[ \\]x]|<!\\[CDATA\\[|-->){0,20}") {
        if let Err(error) = parse(text.as_bytes()) {
            prop_assert!(error.to_string().is_ascii());
        }
    }
}
