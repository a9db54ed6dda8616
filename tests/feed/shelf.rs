//! One feed with something of everything, for all tests that only read.

use std::sync::OnceLock;

use crate::support::http::{Answer, Request};
use crate::support::{Feed, package};

/// How many versions `Contoso.Many` has: two full pages of 64 and a bit, and more than a client wants inlined.
pub const MANY: usize = 130;

/// The feed. It ends with the test process.
pub fn shelf() -> &'static Feed {
    static SHELF: OnceLock<Feed> = OnceLock::new();
    SHELF.get_or_init(stock)
}

/// A read by an account that owns nothing.
pub fn get(target: &str) -> Answer {
    shelf().get(target)
}

/// The same with a further header.
pub fn get_with(target: &str, name: &str, value: &str) -> Answer {
    let feed = shelf();
    feed.ask(&feed.reading(Request::get(target)).header(name, value))
}

/// What the package `A` 1.0.0 looked like when it was pushed.
pub fn pushed_a() -> Vec<u8> {
    package("A", "1.0.0").bytes()
}

/// The icon URL of `Contoso.Odd`, which no URI parser takes.
pub const ODD_ICON_URL: &str = "http://";

fn stock() -> Feed {
    let feed = Feed::start();
    let alice = feed.account("alice");
    let push = |package: crate::support::package::Package| {
        let verdict = alice.push(package.bytes());
        assert_eq!(verdict.status, 201, "{verdict:?}");
    };
    for version in ["1.0.0", "1.1.0-beta", "2.0.0+m"] {
        push(package("A", version));
    }
    push(package("U", "1.0.0"));
    assert!([200, 204].contains(&alice.unlist("U", "1.0.0").status));
    push(package("T", "1.0.0").package_type("DotnetTool"));
    push(
        package("Contoso.Groups", "1.0.0")
            .dependencies("net45", &[])
            .dependencies("", &[("A", "")])
            .dependencies("net8.0", &[("A", "[1.0,2.0)"), ("Contoso.Rich", "1.0")]),
    );
    push(package("Contoso.Next", "1.0.0"));
    push(package("Contoso.Next", "3.0.0").dependencies("", &[("A", "[1.0.0-x.1, )")]));
    push(
        package("Contoso.Rich", "1.0.0")
            .icon()
            .readme("# Rich\n\nText with `code`.\n")
            .licence_expression("MIT")
            .tags("metal office")
            .metadata("<title>The Rich One</title><projectUrl>https://contoso.example/rich</projectUrl>"),
    );
    push(package("Contoso.Licensed", "1.0.0").licence_file("You may.\n"));
    push(package("Contoso.Odd", "1.0.0").metadata(&format!("<iconUrl>{ODD_ICON_URL}</iconUrl>")));
    for number in 1..=12 {
        push(package(&format!("Fabrikam.P{number:02}"), "1.0.0").tags("fabrikam"));
    }
    for number in 0..MANY {
        push(package("Contoso.Many", &format!("1.{number}.0")));
    }
    feed
}
