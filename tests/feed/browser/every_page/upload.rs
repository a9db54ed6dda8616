//! A package that waits to be published.

use super::tour::Tour;
use crate::browser::arrival::signed_in;
use crate::support::{Feed, golden, package};

pub fn walk(tour: &mut Tour, feed: &Feed) {
    feed.account("ulla");
    let Some(ulla) = signed_in("ulla", feed) else { return };
    tour.visit(&ulla, "upload", "/upload");
    let long = package("Fabrikam.Extensions.Logging.Abstractions.Of.The.Whole.House", "1.0.0-preview.20261128.1");
    for (name, bytes) in
        [("upload-ready", long.bytes()), ("upload-refused", golden::read("good-author-rsa3072-sha384.nupkg"))]
    {
        let file = feed.scratch().join("a-package.nupkg");
        std::fs::write(&file, bytes).unwrap();
        ulla.open("/upload");
        ulla.upload("Package", &file);
        ulla.click("Upload and check");
        ulla.sees("Nothing is published yet");
        tour.look(&ulla, name);
    }
    tour.visit(&ulla, "uploads", "/upload");
    tour.visit(&ulla, "upload-gone", "/upload/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
}
