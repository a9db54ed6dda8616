//! Reads a rendered page as strictly as a person with a screen reader, a keyboard or bad intentions would, and complains.
//!
//! It reads what `maud` writes (attributes in double quotes, no comments), and is no parser of HTML at large.

use std::collections::{BTreeMap, BTreeSet};

/// Elements without content (HTML, "void elements"), as far as we use them.
const VOID: &[&str] = &["base", "br", "hr", "img", "input", "link", "meta", "wbr"];

/// An element as it opens.
#[derive(Debug, Clone)]
pub(in crate::web) struct Element {
    /// In lower case.
    pub name: String,
    /// Without the name.
    pub attributes: BTreeMap<String, String>,
    /// The text in it, with that of the elements in it.
    pub text: String,
    /// The names and classes of the elements around it, outermost first.
    pub around: Vec<String>,
}

impl Element {
    /// The value of an attribute; empty for one without a value.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(String::as_str)
    }
}

/// All elements of a document or a part of one, in the order in which they open; and what is wrong with its form.
pub(in crate::web) fn elements(html: &str) -> (Vec<Element>, Vec<String>) {
    let (mut found, mut open, mut wrong) = (Vec::<Element>::new(), Vec::<usize>::new(), Vec::new());
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        for at in &open {
            found[*at].text.push_str(&rest[..start]);
        }
        let end = rest[start..].find('>').map_or(rest.len(), |end| start + end);
        let tag = &rest[start + 1..end];
        rest = rest.get(end + 1..).unwrap_or_default();
        if let Some(name) = tag.strip_prefix('/') {
            match open.pop() {
                Some(at) if found[at].name == name => {}
                other => wrong.push(format!("</{name}> closes {:?}", other.map(|at| found[at].name.clone()))),
            }
        } else if !tag.starts_with('!') {
            let around = open.iter().map(|at| found[*at].name.clone()).collect();
            let (name, attributes, repeated) = parts(tag);
            wrong.extend(repeated.into_iter().map(|attribute| format!("<{tag}> has `{attribute}` twice")));
            found.push(Element { name: name.clone(), attributes, text: String::new(), around });
            if !VOID.contains(&name.as_str()) {
                open.push(found.len() - 1);
            }
        }
    }
    wrong.extend(open.iter().map(|at| format!("<{}> is never closed", found[*at].name)));
    (found, wrong)
}

/// What is wrong with a page, or with a part of one.
pub(in crate::web) fn complaints(html: &str) -> Vec<String> {
    let (elements, mut wrong) = elements(html);
    let ids: Vec<&str> = elements.iter().filter_map(|element| element.get("id")).collect();
    let known: BTreeSet<&str> = ids.iter().copied().collect();
    if known.len() < ids.len() {
        wrong.push(format!("an id occurs twice: {ids:?}"));
    }
    let labelled: BTreeSet<&str> =
        elements.iter().filter(|e| e.name == "label").filter_map(|label| label.get("for")).collect();
    for element in &elements {
        wrong.extend(inline(element));
        wrong.extend(leads_astray(element));
        wrong.extend(references(element, &known));
        wrong.extend(nameless(element, &labelled));
    }
    wrong.extend(forms(html));
    wrong.extend(tables(&elements));
    if elements.iter().any(|element| element.name == "html") {
        wrong.extend(headings(&elements));
    }
    wrong
}

/// The policy of pages forbids what is inline, so it would silently do nothing.
fn inline(element: &Element) -> Vec<String> {
    let mut wrong: Vec<String> = element
        .attributes
        .keys()
        .filter(|name| *name == "style" || name.starts_with("on"))
        .map(|name| format!("<{}> has `{name}` inline", element.name))
        .collect();
    if element.get("class") == Some("") {
        wrong.push(format!("<{}> has an empty class", element.name));
    }
    if element.name == "style" || (element.name == "script" && element.get("src").is_none()) {
        wrong.push(format!("<{}> is inline", element.name));
    }
    wrong
}

/// Links go below the `<base>`; a bare `#id` or nothing would go somewhere else than it seems.
fn leads_astray(element: &Element) -> Vec<String> {
    if element.name == "base" {
        return Vec::new();
    }
    let targets =
        ["href", "action", "src", "formaction"].into_iter().filter_map(|name| Some((name, element.get(name)?)));
    let astray = |target: &str| target.is_empty() || target.starts_with(['/', '#', '?', '\\']);
    targets
        .filter(|(_, target)| astray(target))
        .map(|(name, target)| format!("<{} {name}=\"{target}\"> leads away from the base", element.name))
        .collect()
}

fn references(element: &Element, known: &BTreeSet<&str>) -> Vec<String> {
    let names = ["for", "aria-describedby", "aria-labelledby", "aria-controls"];
    let wanted = names.into_iter().filter_map(|name| element.get(name)).flat_map(str::split_whitespace);
    wanted
        .filter(|id| !known.contains(id))
        .map(|id| format!("<{}> refers to `{id}`, which is not there", element.name))
        .collect()
}

/// Whatever can be used has a name that can be heard.
fn nameless(element: &Element, labelled: &BTreeSet<&str>) -> Option<String> {
    let said = !element.text.trim().is_empty() || element.get("aria-label").is_some_and(|label| !label.is_empty());
    let labelled = element.get("id").is_some_and(|id| labelled.contains(id)) || element.get("aria-label").is_some();
    let within_a_label = element.around.iter().any(|name| name == "label");
    let named = match element.name.as_str() {
        "input" if element.get("type") == Some("hidden") => true,
        "input" | "select" | "textarea" | "progress" => labelled || within_a_label,
        "a" | "button" | "summary" | "label" | "legend" | "h1" | "h2" | "h3" => said,
        "nav" | "section" if element.around.len() > 1 && element.name == "nav" => element.get("aria-label").is_some(),
        "img" => element.get("alt").is_some(),
        _ => true,
    };
    let typed = element.name != "button" || element.get("type").is_some();
    (!named || !typed).then(|| format!("<{} {:?}> has no name or no type", element.name, element.attributes))
}

/// A form that changes something has the token as its first field; and no form lies in another.
fn forms(html: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    for part in html.split("<form").skip(1) {
        let (tag, content) = part.split_once('>').unwrap_or((part, ""));
        let content = content.split("</form>").next().unwrap_or_default();
        let posts = tag.contains("method=\"post\"");
        let first = content.split("<input").nth(1).unwrap_or_default();
        let carries = first.starts_with(&format!(" type=\"hidden\" name=\"{}\" value=\"", super::csrf::FIELD));
        if posts != carries || !tag.contains("method=") || !tag.contains("action=") {
            wrong.push(format!("the form {tag} posts: {posts}, carries the token first: {carries}"));
        }
        if content.contains("<form") {
            wrong.push(format!("a form lies in the form {tag}"));
        }
    }
    wrong
}

fn tables(elements: &[Element]) -> Vec<String> {
    let tables = elements.iter().filter(|element| element.name == "table").count();
    let captions = elements.iter().filter(|element| element.name == "caption").count();
    let mut wrong: Vec<String> =
        (tables != captions).then(|| format!("{tables} tables, {captions} captions")).into_iter().collect();
    let headings = elements.iter().filter(|element| element.name == "th" && element.get("scope").is_none());
    wrong.extend(headings.map(|heading| format!("the heading `{}` of a table says not of what", heading.text)));
    wrong
}

/// One heading of the first level, and none that skips a level.
fn headings(elements: &[Element]) -> Vec<String> {
    let mut wrong = Vec::new();
    let of_level = |element: &Element| element.name.strip_prefix('h').and_then(|level| level.parse::<u8>().ok());
    let levels: Vec<(u8, &str)> = elements.iter().filter_map(|e| Some((of_level(e)?, e.text.as_str()))).collect();
    if levels.iter().filter(|(level, _)| *level == 1).count() != 1 {
        wrong.push(format!("a page has one heading of the first level, not {levels:?}"));
    }
    for pair in levels.windows(2) {
        if pair[1].0 > pair[0].0 + 1 {
            wrong.push(format!("`{}` skips a level", pair[1].1));
        }
    }
    wrong
}

/// The name and the attributes of a tag, and which attributes it has twice.
fn parts(tag: &str) -> (String, BTreeMap<String, String>, Vec<String>) {
    let (name, mut rest) = tag.split_once(' ').unwrap_or((tag, ""));
    let (mut attributes, mut repeated) = (BTreeMap::new(), Vec::new());
    while !rest.trim().is_empty() {
        rest = rest.trim_start();
        let end = rest.find(['=', ' ']).unwrap_or(rest.len());
        let (attribute, after) = rest.split_at(end);
        let (value, after) = match after.strip_prefix("=\"") {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => ("", after),
        };
        if attributes.insert(attribute.to_owned(), value.to_owned()).is_some() {
            repeated.push(attribute.to_owned());
        }
        rest = after;
    }
    (name.to_owned(), attributes, repeated)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_sees_what_is_wrong() {
        for html in [
            "<input id=\"a\" type=\"text\" name=\"a\">",
            "<p class=\"a\" class=\"b\">x</p>",
            "<p>x",
            "<a href=\"/x\">x</a>",
            "<a href=\"#x\">x</a>",
            "<a href=\"x\"></a>",
            "<p style=\"color:red\">x</p>",
            "<button type=\"submit\" onclick=\"x()\">x</button>",
            "<button>x</button>",
            "<form method=\"post\" action=\"x\"><button type=\"submit\">x</button></form>",
            "<form method=\"post\" action=\"\"><input type=\"hidden\" name=\"csrf\" value=\"x\"></form>",
            "<form method=\"get\" action=\"./\"><input type=\"hidden\" name=\"csrf\" value=\"x\"></form>",
            "<p id=\"a\">x</p><p id=\"a\">y</p>",
            "<p aria-describedby=\"a\">x</p>",
            "<table><tr><th>x</th></tr></table>",
            "<script>x</script>",
            "<html><h1>x</h1><h3>y</h3></html>",
            "<html><h2>y</h2></html>",
            "<img src=\"x\">",
        ] {
            assert_ne!(complaints(html), Vec::<String>::new(), "{html}");
        }
    }

    #[test]
    fn it_leaves_what_is_right() {
        let html = "<form method=\"post\" action=\"x\"><input type=\"hidden\" name=\"csrf\" value=\"x\"><label for=\"a\">A</label>\
            <input id=\"a\" type=\"text\" name=\"a\" required><button type=\"submit\">Go</button></form>";
        assert_eq!(complaints(html), Vec::<String>::new());
    }
}
