//! Forms with files, as browsers and other programs spell their type.

use crate::support::http::Request;
use crate::support::pages::Visitor;
use crate::support::{Feed, package};

#[test]
fn a_form_with_files_is_one_in_whatever_letters_its_type_is_written() {
    let feed = Feed::start();
    feed.account("ann");
    let mut ann = Visitor::of(&feed);
    ann.sign_in("ann");
    let cookie = format!("__Host-assay={}", ann.cookie("__Host-assay").unwrap());
    for (number, kind) in ["multipart/form-data", "Multipart/Form-Data", "MULTIPART/FORM-DATA"].into_iter().enumerate()
    {
        let token = ann.csrf("upload");
        let mut body = format!("--x\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{token}\r\n").into_bytes();
        let head = "--x\r\nContent-Disposition: form-data; name=\"package\"; filename=\"a.nupkg\"\r\n\r\n";
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(&package("Contoso.Core", &format!("1.0.{number}")).bytes());
        body.extend_from_slice(b"\r\n--x--\r\n");
        let form = Request::new("POST", "/upload").header("Content-Type", &format!("{kind}; boundary=x"));
        let sent = feed.ask(&form.header("Cookie", &cookie).body(body));
        assert_eq!(sent.status, 303, "{kind}: {}", sent.text());
    }
}
