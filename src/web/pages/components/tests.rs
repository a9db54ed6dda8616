//! What holds for every component: hostile text stays text, every field has a label, every form carries the token.

use maud::{Markup, Render, html};

use super::*;
use crate::web::pages::csrf::CsrfToken;
use crate::web::pages::frame::Frame;
use crate::web::pages::proofreader::{complaints, elements};

const EVIL: &str = "`\"'><script>alert(1)</script>&lt;";

/// Every component that takes a text, with a hostile one wherever it takes one. Paths are ours and no texts.
fn all(text: &str) -> Vec<Markup> {
    let csrf = CsrfToken::of("a cookie");
    let mut errors = FieldErrors::of_form("all");
    errors.add("field", text);
    errors.add_to_form(text);
    let mut parts = vec![
        Badge::good(text).render(),
        breadcrumbs(&[("account", text)], text),
        Button::primary(text).sends("x", text).about(text).render(),
        Button::quiet(text).link("account").small().render(),
        ButtonForm::new(&csrf, "account", Button::danger(text)).hidden("x", text).render(),
        Callout::warning(text, prose(text)).render(),
        card(text, prose(text)),
        code_block(text, text),
        Confirm::new(&csrf, "account", text, prose(text)).button(text).cancel("account").render(),
        copyable(text),
        copyable_lines(text, text),
        Facts::new().fact(text, text).fact_if_known(text, Some(text)).fact_if_known("gone", None::<&str>).render(),
        errors.summary(&Frame { query: format!("q={text}"), ..Frame::of_stranger("account") }),
        form(&csrf, "account", prose(text)),
        account_link(text),
        package_link(text),
        version_link(text, text),
        PageHeader::new(text).below(&[("account", text)], text).lead(text).action(Button::quiet(text)).render(),
        pagination(2, 3, |page| format!("account?page={page}&q={text}")),
        newer_and_older(Some("account?before=2"), Some("account?after=3")),
        progress(text, 1, Some(2)),
        steps(&[text, text], 2),
        Table::new(text).column(text).numbers(text).actions().row([prose(text), prose(text), prose(text)]).render(),
        Table::new(text).empty(text).render(),
        tabs(text, &[("account", text)], "account"),
    ];
    parts.push(fields(text, &errors));
    parts
}

/// Every kind of field, in their forms.
fn fields(text: &str, errors: &FieldErrors) -> Markup {
    let csrf = CsrfToken::of("a cookie");
    let plain = [
        Field::text("field", text).value(text).placeholder(text).errors(errors).max_length(9).required(),
        Field::password("password", text).value(text),
        Field::email("email", text).value(text),
        Field::number("number", text).value(text),
        Field::date("date", text).value(text),
        Field::code("code", text).autofocus(),
        Field::lines("lines", text, 3).value(text),
        Field::select("select", text, [(text, text), ("b", "B")]).value(text),
        Field::tick("tick", text, true),
    ];
    let files = [Field::files("files", text, ".cer")];
    html! {
        (form(&csrf, "account", html! {
            @for field in plain { (field.hint(text)) }
            (Choices::one("one", text).option(text, text).option_with_hint("b", text, text).chosen(text))
            (Choices::any("any", text).option(text, text).option_with_hint("b", text, text).errors(errors))
        }))
        (upload_form(&csrf, "account", html! { @for file in files { (file.hint(text)) } }))
        (search_form("", html! { (Field::search("q", text).value(text)) }))
    }
}

#[test]
fn hostile_text_stays_text_in_every_component() {
    for part in all(EVIL) {
        let html = part.into_string();
        let (elements, wrong) = elements(&html);
        assert!(elements.iter().all(|element| element.name != "script") && wrong.is_empty(), "{wrong:?} in {html}");
    }
}

#[test]
fn every_component_can_be_heard_reached_and_trusted() {
    for part in all("text") {
        let html = part.into_string();
        assert_eq!(complaints(&html), Vec::<String>::new(), "{html}");
    }
}

#[test]
fn a_field_with_an_error_says_so_to_those_who_hear_it() {
    let mut errors = FieldErrors::default();
    errors.add("name", "the name `a b` has a space in it");
    let html = Field::text("name", "Name").hint("Letters.").errors(&errors).render().into_string();
    let (elements, _) = elements(&html);
    let input = elements.iter().find(|element| element.name == "input").unwrap();
    assert_eq!(input.get("aria-invalid"), Some("true"));
    assert_eq!(input.get("aria-describedby"), Some("field-name-hint field-name-error"));
    let frame = Frame { query: "owner=contoso".to_owned(), ..Frame::of("alice", "account/keys") };
    let summary = errors.summary(&frame).into_string();
    assert!(summary.contains("href=\"./account/keys?owner=contoso#field-name\"") && summary.contains("role=\"alert\""));
    assert!(FieldErrors::default().summary(&frame).into_string().is_empty());
}

#[test]
fn a_password_is_never_sent_back() {
    let html = Field::password("password", "Password").value("hunter2").render().into_string();
    assert!(!html.contains("hunter2"), "{html}");
}

#[test]
fn what_stood_in_a_field_stands_there_again() {
    let html = Field::lines("note", "Note", 3).value("\n two").render().into_string();
    // The first line break after the tag is not part of the text (HTML, "textarea").
    assert!(html.contains(">\n\n two</textarea>"), "{html}");
    let html = Field::select("owner", "Owner", [("a", "A"), ("b", "B")]).value("b").render().into_string();
    assert!(html.contains("<option value=\"b\" selected>B"), "{html}");
    let html = Choices::any("scope", "May").option("read", "Read").option("push", "Push").chosen("push").render();
    assert!(html.into_string().contains("value=\"push\" checked"));
}

#[test]
fn a_table_without_rows_says_so_and_a_cell_knows_its_column() {
    let empty = Table::new("Keys").column("Name").empty("No keys yet.").render().into_string();
    assert!(empty.contains("No keys yet.") && !empty.contains("<table"));
    let html = Table::new("Keys").column("Name").column("Ends").row([html! { "ci" }, html! { "never" }]).render();
    let html = html.into_string();
    assert!(html.contains("scope=\"row\"") && html.contains("data-label=\"Ends\""), "{html}");
}

#[test]
fn the_mark_of_the_window_is_the_mark_of_the_page() {
    let icon = include_str!("../../../../assets/favicon.svg");
    assert!(icon.contains(hallmark::CARTOUCHE) && icon.contains(hallmark::BALANCE));
}
