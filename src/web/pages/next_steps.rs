//! `/welcome`: what the first administrator does after the account is made. Each step can be left out and done later.

use actix_web::{HttpResponse, web};
use maud::{Markup, html};

use super::components::{Button, Callout, Facts, PageHeader, card, code_block, steps_left};
use super::page::Page;
use super::refusal::Refusal;
use super::return_to::ReturnTo;
use super::second_factor::{demand_of, demanded, enrolment_path};
use super::trust::add::path_to_add;
use super::viewer::Viewer;
use crate::feed::overview::roots_are_missing;
use crate::store::trust_anchors::Purpose;

/// The way of the first run.
pub(super) const STEPS: [&str; 4] = ["Account", "Second factor", "Trusted roots", "Next steps"];

/// Which step.
#[derive(Debug, serde::Deserialize)]
pub(in crate::web) struct Asked {
    step: Option<usize>,
}

/// `GET welcome?step=2`
pub(in crate::web) async fn show(viewer: Viewer, asked: web::Query<Asked>) -> Result<HttpResponse, Refusal> {
    if !viewer.session.account.administrator {
        return Ok(viewer.visit.redirect("account"));
    }
    let (number, content) = match asked.step {
        None | Some(..=2) => (2, second_factor(&viewer)),
        Some(3) => (3, trusted_roots(&viewer)?),
        Some(4..) => (4, tools_and_people(&viewer)),
    };
    let content = html! { (steps_left(&STEPS, number, &left(&viewer)?)) (content) };
    Ok(viewer.visit.page(Page::new(format!("First steps: {}", STEPS[number - 1]), content)))
}

/// The steps that are not done, whether one has passed them or not.
fn left(viewer: &Viewer) -> Result<Vec<usize>, Refusal> {
    let app = &viewer.visit.state().app;
    let missing = app
        .store
        .read(|r| Ok::<_, crate::store::Error>(roots_are_missing(&r.listed_anchors()?, &app.policy(r.policy()?))))?;
    Ok([(2, !viewer.session.enrolled), (3, missing)]
        .into_iter()
        .filter(|(_, left)| *left)
        .map(|(step, _)| step)
        .collect())
}

fn second_factor(viewer: &Viewer) -> Markup {
    let on = viewer.session.enrolled;
    html! {
        (PageHeader::new("Guard your account with your phone")
            .lead("A second factor is a code that an app on your phone shows. Whoever learns your password can’t do without it."))
        p { "What changes whose signature counts on this feed needs such a code: certificates, owners, members, trusted roots, policy. So does running the server." }
        @if on {
            (Callout::good("", html! { p { "Your second factor is on." } }))
            div.actions { (Button::primary("Continue").link("welcome?step=3")) }
        } @else {
            (demanded(demand_of(viewer), &html! { p { "You can enrol one at any time under Security." } }))
            div.actions {
                (Button::primary("Enrol a second factor").link(enrolment_path(&step(3))))
                (Button::quiet("Later").link("welcome?step=3"))
            }
        }
    }
}

fn trusted_roots(viewer: &Viewer) -> Result<Markup, Refusal> {
    let app = &viewer.visit.state().app;
    let (anchors, policy) =
        app.store.read(|r| Ok::<_, crate::store::Error>((r.listed_anchors()?, app.policy(r.policy()?))))?;
    let count = |purpose| anchors.iter().filter(|anchor| anchor.purpose == purpose).count();
    let (signing, timestamping) = (count(Purpose::Signing), count(Purpose::Timestamping));
    let add_roots = path_to_add(&step(4));
    let enough = !roots_are_missing(&anchors, &policy);
    Ok(html! {
        (PageHeader::new("Say which roots you trust")
            .lead("A package gets in only if its signature and its timestamp end in a root that you trust. A new server trusts none."))
        @if signing + timestamping > 0 {
            (Callout::good("", html! { p { "This server trusts " (roots(signing)) " for signatures and " (roots(timestamping)) " for timestamps." } }))
        }
        p { "Microsoft’s own lists come with every .NET SDK, as two files: " (code("codesignctl.pem")) " for signatures and " (code("timestampctl.pem")) " for timestamps. You find them on any machine that has an SDK:" }
        (Facts::new()
            .fact("Windows", code(r"C:\Program Files\dotnet\sdk\<version>\trustedroots"))
            .fact("Linux", html! { (code("/usr/share/dotnet/sdk/<version>/trustedroots")) " or " (code("/usr/lib/dotnet/sdk/<version>/trustedroots")) })
            .fact("macOS", code("/usr/local/share/dotnet/sdk/<version>/trustedroots")))
        @if viewer.session.enrolled {
            p { "Upload both on the next page. The root of your company’s own CA goes there too." }
        } @else {
            p { "Uploading them needs a second factor: you will be asked to enrol one first. Without one, the command line on the server does it:" }
            (code_block("On the server", "assay trust import --dotnet-sdk /usr/share/dotnet/sdk/<version>"))
        }
        div.actions {
            @if enough { (Button::quiet("Upload more").link(&add_roots)) } @else { (Button::primary("Upload the two files").link(&add_roots)) }
            @if enough { (Button::primary("Continue").link("welcome?step=4")) } @else { (Button::quiet("Later").link("welcome?step=4")) }
        }
    })
}

/// That one comes back to a step.
fn step(number: usize) -> ReturnTo {
    ReturnTo::from(format!("welcome?step={number}"))
}

fn code(text: &str) -> Markup {
    html! { code { (text) } }
}

fn roots(count: usize) -> String {
    if count == 1 { "one root".to_owned() } else { format!("{count} roots") }
}

fn tools_and_people(viewer: &Viewer) -> Markup {
    let urls = &viewer.visit.state().app.urls;
    let name = &viewer.session.account.name;
    let source = urls.service_index();
    let add = super::client_lines::add_source(urls, Some(name));
    html! {
        (PageHeader::new("You are set up")
            .lead(html! { "What is left can be done in any order. This page stays: bookmark it to come back." }))
        (card("Bring in your team", html! {
            p { "Create an account for each person: they get a link by which they choose their own password. Teams that share packages, certificates and keys make an organization." }
            ul.ways {
                li { a href="admin/accounts" { "Create accounts" } }
                li { a href="account/organizations" { "Make an organization" } }
            }
        }))
        (card("Connect Visual Studio and dotnet", html! {
            p { "This is the address of the package source. Tools sign in with an account’s name and an API key that may read." }
            (code_block("Package source", &source))
            (code_block("dotnet", &add))
            ul.ways { li { a href="account/keys" { "Make an API key" } } }
        }))
        (card("Sign and push", html! {
            p { "Register the certificate that your packages are signed with, make a key that may push, then push. Everything that gets in carries the feed’s own signature too." }
            ul.ways { li { a href="account/certificates" { "Register a certificate" } } }
            p { "Or on the server, for scripts:" }
            (code_block("On the server", &format!("assay certificate add --account {name} signer.cer")))
            (code_block("dotnet", &super::client_lines::push("Contoso.Core.1.0.0.nupkg")))
            ul.ways { li { a href="account/keys" { "Make an API key" } } }
        }))
        (trust_the_feed(viewer))
        div.actions { (Button::primary("Go to my account").link("account")) }
    }
}

/// How clients are told to trust the feed's mark; nothing on a feed that does not sign.
fn trust_the_feed(viewer: &Viewer) -> Markup {
    let app = &viewer.visit.state().app;
    let live = app.live();
    let Some(certificate) = live.certificates.iter().find(|certificate| certificate.signs) else {
        return Markup::default();
    };
    // Clients honour allowUntrustedRoot only for upper-case fingerprints.
    let fingerprint = certificate.fingerprint.to_string().to_uppercase();
    let config = format!(
        "<config>\n  <add key=\"signatureValidationMode\" value=\"require\" />\n</config>\n<trustedSigners>\n  \
         <repository name=\"assay\" serviceIndex=\"{}\">\n    <certificate fingerprint=\"{fingerprint}\" \
         hashAlgorithm=\"SHA256\" allowUntrustedRoot=\"true\" />\n  </repository>\n</trustedSigners>",
        app.urls.service_index()
    );
    card(
        "Let machines check the feed’s signature",
        html! {
            p { "With this in " code { "nuget.config" } " a machine restores only packages that carry the mark of this feed." }
            (code_block("nuget.config", &config))
        },
    )
}
