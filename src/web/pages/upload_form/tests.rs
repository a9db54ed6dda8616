//! Forms as they come over the network: in pieces, cut, too large, and with what does not belong to them.

use proptest::prelude::*;

use super::*;

const BOUNDARY: &str = "----WebKitFormBoundaryAssay";
const TOKEN: &str = "csrf";

fn headers(kind: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, kind.parse().unwrap());
    headers
}

fn form_headers() -> HeaderMap {
    headers(&format!("multipart/form-data; boundary={BOUNDARY}"))
}

fn field(name: &str, value: &[u8]) -> Vec<u8> {
    part(&format!("name=\"{name}\""), value)
}

fn file(name: &str, told: &str, bytes: &[u8]) -> Vec<u8> {
    part(&format!("name=\"{name}\"; filename=\"{told}\""), bytes)
}

fn part(disposition: &str, value: &[u8]) -> Vec<u8> {
    let head = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; {disposition}\r\n\r\n");
    [head.as_bytes(), value, b"\r\n"].concat()
}

fn token_field() -> Vec<u8> {
    let value = CsrfToken::of("cookie").rendered_value();
    field(TOKEN, value.as_bytes())
}

/// As it comes over the network: in pieces of `piece` bytes.
async fn read_in_pieces(headers: &HeaderMap, body: Vec<u8>, piece: usize) -> Result<UploadForm, Flaw> {
    read_up_to(Limits::SMALL, headers, body, piece).await
}

async fn read_up_to(limits: Limits, headers: &HeaderMap, body: Vec<u8>, piece: usize) -> Result<UploadForm, Flaw> {
    let pieces: Vec<_> = body.chunks(piece).map(|piece| Ok(web::Bytes::copy_from_slice(piece))).collect();
    let (_stop, patience) = Patience::new();
    read(headers, futures_util::stream::iter(pieces), &CsrfToken::of("cookie"), &patience, limits).await
}

fn whole(parts: &[Vec<u8>]) -> Vec<u8> {
    [parts.concat(), format!("--{BOUNDARY}--\r\n").into_bytes()].concat()
}

async fn read_parts(parts: &[Vec<u8>]) -> Result<UploadForm, Flaw> {
    read_in_pieces(&form_headers(), whole(parts), 4096).await
}

async fn read_cutting(parts: &[Vec<u8>]) -> Result<UploadForm, Flaw> {
    read_up_to(Limits::CUT, &form_headers(), whole(parts), 64 * 1024).await
}

async fn flaw_of(parts: &[Vec<u8>]) -> Option<Flaw> {
    read_parts(parts).await.err()
}

fn is_too_large(flaw: Option<Flaw>) -> bool {
    matches!(flaw, Some(Flaw::TooLarge(_)))
}

#[actix_web::test]
async fn fields_and_files_arrive_in_pieces_of_any_size() {
    let parts = [
        token_field(),
        field("for", b"signing"),
        file("roots", "C:\\\\keys\\\\Wurzel \u{fc}ber.pem", b"--\r\n\x00one\r\n"),
        file("other", "", b""),
        field("for", b"timestamping"),
    ];
    let body = whole(&parts);
    for piece in [1, 7, 64, body.len()] {
        let form = read_in_pieces(&form_headers(), body.clone(), piece).await.ok().unwrap();
        assert_eq!(form.posted.all("for").collect::<Vec<_>>(), ["signing", "timestamping"]);
        let files: Vec<_> = form.files("roots").map(|file| (file.name.as_str(), file.bytes.as_slice())).collect();
        assert_eq!(files, [("Wurzel \u{fc}ber.pem", b"--\r\n\x00one\r\n".as_slice())]);
        assert_eq!(form.files.len(), 1, "an input in which nothing was chosen");
    }
}

#[actix_web::test]
async fn a_form_whose_first_field_is_not_the_token_is_refused_before_anything_else_is_read() {
    let stale = Some(Flaw::Stale);
    assert_eq!(flaw_of(&[field("for", b"signing"), token_field()]).await, stale, "token second");
    assert_eq!(flaw_of(&[file("roots", "a.pem", b"x"), token_field()]).await, stale, "file before token");
    let value = CsrfToken::of("cookie").rendered_value();
    assert_eq!(flaw_of(&[file(TOKEN, "a", value.as_bytes())]).await, stale, "the token as a file");
    let other = CsrfToken::of("another cookie").rendered_value();
    assert_eq!(flaw_of(&[field(TOKEN, other.as_bytes())]).await, stale, "another visitor's token");
    assert_eq!(flaw_of(&[field(TOKEN, b"")]).await, stale);
    assert_eq!(flaw_of(&[field(TOKEN, &[b'x'; MAX_TOKEN + 1])]).await, stale);
    assert_eq!(flaw_of(&[]).await, stale);
    // What follows is not looked at: it may be too large, or no form at all.
    let huge = file("roots", "a.pem", &vec![0; MAX_FILE + 1]);
    assert_eq!(flaw_of(&[field(TOKEN, b"wrong"), huge]).await, stale);
}

#[actix_web::test]
async fn after_a_wrong_token_no_more_is_taken_than_the_parser_had_at_hand() {
    let came = Rc::new(Cell::new(0));
    let seen = Rc::clone(&came);
    let first = web::Bytes::from([field(TOKEN, b"wrong"), file("roots", "a.pem", b"")].concat());
    let rest = futures_util::stream::repeat_with(move || {
        seen.set(seen.get() + 4096);
        Ok(web::Bytes::from_static(&[b'x'; 4096]))
    });
    let body = futures_util::stream::iter([Ok(first)]).chain(rest.take(1000));
    let (_stop, patience) = Patience::new();
    let refused = read(&form_headers(), body, &CsrfToken::of("cookie"), &patience, Limits::SMALL).await;
    assert_eq!(refused.err(), Some(Flaw::Stale));
    assert!(came.get() <= 128 * 1024, "{}", came.get());
}

#[actix_web::test]
async fn every_limit_holds_and_what_is_just_within_it_is_taken() {
    let fields = |count: usize| -> Vec<_> {
        std::iter::once(token_field()).chain((1..count).map(|_| field("a", b"b"))).collect()
    };
    assert!(read_parts(&fields(MAX_FIELDS)).await.is_ok());
    assert!(is_too_large(flaw_of(&fields(MAX_FIELDS + 1)).await));

    let text = |size| [token_field(), field("a", &vec![b'x'; size])];
    assert!(read_parts(&text(MAX_TEXT)).await.is_ok());
    assert!(is_too_large(flaw_of(&text(MAX_TEXT + 1)).await));

    let files = |count| -> Vec<_> {
        std::iter::once(token_field()).chain((0..count).map(|_| file("a", "a.cer", b"b"))).collect()
    };
    assert!(read_parts(&files(MAX_FILES)).await.is_ok());
    assert!(is_too_large(flaw_of(&files(MAX_FILES + 1)).await));

    let one = |size| [token_field(), file("a", "a.cer", &vec![0; size])];
    assert!(read_parts(&one(MAX_FILE)).await.is_ok());
    assert!(is_too_large(flaw_of(&one(MAX_FILE + 1)).await));

    let full = |count| -> Vec<_> {
        std::iter::once(token_field()).chain((0..count).map(|_| file("a", "a.cer", &vec![0; MAX_FILE]))).collect()
    };
    assert!(read_parts(&full(7)).await.is_ok());
    assert_eq!(flaw_of(&full(8)).await, Some(body_too_large(Limits::SMALL)));
}

#[actix_web::test]
async fn inputs_in_which_nothing_was_chosen_do_not_count_as_files() {
    let chosen = (0..MAX_FILES).map(|_| file("files", "a.cer", b"b"));
    let empty = file("chain", "", b"");
    let parts: Vec<_> =
        [token_field(), empty.clone()].into_iter().chain(chosen).chain([empty.clone(), empty.clone()]).collect();
    assert_eq!(read_parts(&parts).await.ok().map(|form| form.files.len()), Some(MAX_FILES));
    // A file without a name is one if something is in it.
    assert!(is_too_large(flaw_of(&[parts, vec![file("chain", "", b"b")]].concat()).await));
}

#[actix_web::test]
async fn a_file_that_is_too_large_is_cut_where_it_shall_not_cost_the_others() {
    let large: Vec<u8> = (0..=250u8).cycle().take(3 * MAX_CUT_FILE + 7).collect();
    let parts = [
        token_field(),
        file("files", "good.cer", b"one"),
        file("files", "a.nupkg", &large),
        file("files", "just.cer", &large[..MAX_CUT_FILE]),
        file("chain", "above.pem", b"two"),
        field("patterns", b"A.*"),
    ];
    let form = read_cutting(&parts).await.ok().unwrap();
    let kept: Vec<(&str, &[u8], u64)> =
        form.files.iter().map(|file| (file.name.as_str(), file.bytes.as_slice(), file.size)).collect();
    let beginning = &large[..MAX_CUT_FILE];
    let expected: [(&str, &[u8], u64); 4] = [
        ("good.cer", b"one", 3),
        ("a.nupkg", beginning, large.len() as u64),
        ("just.cer", beginning, MAX_CUT_FILE as u64),
        ("above.pem", b"two", 3),
    ];
    assert!(
        kept == expected,
        "{:?}",
        kept.iter().map(|(name, bytes, size)| (name, bytes.len(), size)).collect::<Vec<_>>()
    );
    assert_eq!(form.posted.text("patterns"), "A.*", "what follows is read too");
}

#[actix_web::test]
async fn where_files_are_cut_the_body_and_the_number_of_files_have_limits_nevertheless() {
    let files = |count| -> Vec<_> {
        std::iter::once(token_field()).chain((0..count).map(|_| file("a", "a.cer", b"b"))).collect()
    };
    assert!(read_cutting(&files(MAX_FILES)).await.is_ok());
    assert_eq!(read_cutting(&files(MAX_FILES + 1)).await.err(), Some(too_many_files()));
    let around = whole(&[token_field(), file("a", "a.nupkg", b"")]).len();
    let one = |size| [token_field(), file("a", "a.nupkg", &vec![0; size])];
    let most = usize::try_from(MAX_CUT_BODY).unwrap() - around;
    assert_eq!(read_cutting(&one(most)).await.ok().map(|form| form.files[0].size), Some(most as u64));
    assert_eq!(read_cutting(&one(most + 1)).await.err(), Some(body_too_large(Limits::CUT)));
}

#[test]
fn no_file_that_may_hold_certificates_is_cut_and_less_is_held_than_of_other_forms() {
    use crate::feed::certificates::{MAX_CERTIFICATE_FILE, MAX_CHAIN_FILE};
    assert!(MAX_CUT_FILE > MAX_CERTIFICATE_FILE.max(MAX_CHAIN_FILE));
    assert!((MAX_FILES * MAX_CUT_FILE) as u64 <= MAX_BODY);
}

#[actix_web::test]
async fn a_body_that_says_it_is_too_long_is_refused_at_once() {
    let mut headers = form_headers();
    headers.insert(CONTENT_LENGTH, (MAX_BODY + 1).to_string().parse().unwrap());
    assert_eq!(read_in_pieces(&headers, vec![0], 1).await.err(), Some(body_too_large(Limits::SMALL)));
}

#[actix_web::test]
async fn what_is_no_form_with_files_is_unreadable() {
    let body = [token_field(), field("a", b"b")].concat();
    for kind in ["application/x-www-form-urlencoded", "multipart/mixed; boundary=x", "multipart/form-data", "x"] {
        assert_eq!(read_in_pieces(&headers(kind), body.clone(), 64).await.err(), Some(Flaw::Unreadable), "{kind}");
    }
    let refused = read_in_pieces(&form_headers(), body[..body.len() - 3].to_vec(), 64).await;
    assert_eq!(refused.err(), Some(Flaw::Unreadable), "cut");
    assert_eq!(flaw_of(&[token_field(), field("a", b"\xff")]).await, Some(Flaw::Unreadable), "no UTF-8");
    let nameless = part("filename=\"a\"", b"x");
    assert_eq!(flaw_of(&[token_field(), nameless]).await, Some(Flaw::Unreadable));
}

#[actix_web::test]
async fn every_refusal_is_a_page_with_its_status() {
    let flaws = [Flaw::Stale, Flaw::Unreadable, body_too_large(Limits::SMALL), Flaw::Slow];
    let frame = super::super::frame::Frame::of("alice", "admin/trust");
    let statuses = flaws.map(|flaw| match Refusal::from(flaw) {
        Refusal::Problem(problem) => problem.respond(&frame).status().as_u16(),
        other => panic!("{other}"),
    });
    assert_eq!(statuses, [403, 400, 413, 408]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    /// A form with some of its bytes replaced, cut, or sent in other pieces is read or refused.
    #[test]
    fn no_body_brings_the_reader_down(
        cut in 0usize..600,
        piece in 1usize..80,
        changes in proptest::collection::vec((0usize..600, any::<u8>()), 0..6),
    ) {
        let parts = [token_field(), field("for", b"both"), file("roots", "a.pem", b"bytes"), field("note", b"x")];
        let mut body = [parts.concat(), format!("--{BOUNDARY}--\r\n").into_bytes()].concat();
        for (at, byte) in changes {
            if let Some(place) = body.get_mut(at) { *place = byte; }
        }
        body.truncate(cut.max(1));
        let system = actix_web::rt::System::new();
        let _ = system.block_on(read_in_pieces(&form_headers(), body, piece));
    }

    /// However it is sent: the beginnings are kept, the sizes told, and nothing is mixed up.
    #[test]
    fn files_of_any_size_come_cut_with_their_sizes(
        sizes in proptest::collection::vec(0..3 * 1024usize, 1..6),
        piece in 1usize..5000,
    ) {
        let limits = Limits { file: 1024, ..Limits::CUT };
        let bytes = |at: usize, size: usize| vec![b"abcdef"[at]; size];
        let parts: Vec<_> = std::iter::once(token_field())
            .chain(sizes.iter().enumerate().map(|(at, size)| file("files", &at.to_string(), &bytes(at, *size))))
            .collect();
        let system = actix_web::rt::System::new();
        let form = system.block_on(read_up_to(limits, &form_headers(), whole(&parts), piece)).ok().unwrap();
        prop_assert_eq!(form.files.len(), sizes.len());
        for (at, (file, size)) in form.files.iter().zip(&sizes).enumerate() {
            prop_assert_eq!((&file.name, file.size), (&at.to_string(), *size as u64));
            prop_assert_eq!(&*file.bytes, &bytes(at, (*size).min(1024)));
        }
    }

    #[test]
    fn no_content_type_brings_the_reader_down(kind in "multipart/form-data; boundary=[ -~]{0,20}", body in any::<Vec<u8>>()) {
        let system = actix_web::rt::System::new();
        let _ = system.block_on(read_in_pieces(&headers(&kind), body, 16));
    }
}
