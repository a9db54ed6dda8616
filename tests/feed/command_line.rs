//! The command line: names that scripts rely on, exit codes, and where output goes.

use crate::support::cli::{Ran, assay, finish, run};
use crate::support::{Feed, environment, golden, package};

#[test]
fn misuse_is_2_and_failure_is_1() {
    let feed = Feed::start();
    for misuse in [&["nosuch"][..], &["account"], &["key", "create"], &["serve", "--nosuch"]] {
        let run = finish(assay(misuse), "");
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{misuse:?}: {run:?}");
        assert!(!run.stderr.is_empty());
    }
    feed.assay(&["key", "create", "--account", "nobody", "--scope", "read"]).failed_saying("nobody");
    feed.assay(&["policy", "set", "nosuch", "1"]).failed_saying("nosuch");
    feed.assay(&["policy", "set", "enforcement", "sometimes"]).failed_saying("sometimes");
    feed.assay(&["trust", "remove", &"0".repeat(64)]).failed_saying("0000");
    feed.assay(&["trust", "add", "--for", "signing", "/nonexistent.pem"]).failed_saying("/nonexistent.pem");
    feed.account("alice");
    feed.assay_with_input(&["account", "create", "ALICE", "--password-stdin"], "another long password\n")
        .failed_saying("exists");
    feed.assay_with_input(&["account", "create", "bob", "--password-stdin"], "short\n").failed_saying("password");
}

#[test]
fn a_command_with_files_names_each_that_is_wrong_and_why() {
    let feed = Feed::start();
    feed.account("alice");
    let scratch = |name: &str, bytes: &[u8]| {
        let file = feed.scratch().join(name);
        std::fs::write(&file, bytes).unwrap();
        file.to_str().unwrap().to_owned()
    };
    let page = scratch("page.crl", b"<!doctype html><title>Sign in</title>");
    let large = scratch("large.nupkg", &package("Contoso.Core", "1.0.0").size(3 << 20).bytes());
    let noise = scratch("noise.bin", &vec![1; (2 << 20) + 1]);
    let missing = feed.scratch().join("missing.crl").to_str().unwrap().to_owned();
    let list = golden::trust().join("crl/root-a.crl").to_str().unwrap().to_owned();

    let ran = feed.assay(&["revocation", "import", &missing, &page, &list, &large]);
    assert_eq!(ran.code, 1, "{ran:?}");
    let told: Vec<&str> = ran.stderr.lines().collect();
    assert_eq!(told.len(), 3, "{}", ran.stderr);
    for (line, (file, why)) in
        told.iter().zip([(&missing, "No such file"), (&page, "is a web page"), (&large, "is a package")])
    {
        assert!(line.starts_with(&format!("error: `{file}`: ")) && line.contains(why), "{line}");
    }
    assert!(ran.stdout.starts_with(&format!("{list}: CRL of ")), "the good one is imported: {}", ran.stdout);

    for (file, why) in [
        (&missing, "No such file"),
        (&page, "is a web page"),
        (&large, "this file is a package"),
        (&noise, "the file has 2097153 bytes, and a certificate at most 10000"),
    ] {
        let add = |arguments: &[&str]| feed.assay(&[&["certificate", "add", "--account", "alice"], arguments].concat());
        add(&[file]).failed_saying(why);
        add(&[file]).failed_saying(&format!("`{file}`"));
        let leaf = golden::certificate("leaf-3072");
        let why = why
            .replace("the file has 2097153 bytes", "has 2097153 bytes")
            .replace("a certificate at", "a file with the certificates above it at");
        add(&["--chain", file, leaf.to_str().unwrap()]).failed_saying(&why.replace("10000", "100000"));
    }
    assert_eq!(feed.rows("certificate_registration"), 0);
}

#[test]
fn a_list_with_line_breaks_is_set_and_a_wrong_entry_is_told_once() {
    let feed = Feed::start();
    feed.assay(&["policy", "set", "foreign_ids", "Contoso.*\nFabrikam.*\n"]).succeeded();
    assert!(feed.assay(&["policy", "show"]).succeeded().contains("Contoso.*,Fabrikam.*"));
    let ran = feed.assay(&["policy", "set", "foreign_ids", "Contoso.*\nno pattern\nOther.*"]);
    assert_eq!((ran.code, ran.stderr.matches("no pattern").count()), (1, 1), "{ran:?}");
    assert!(ran.stderr.starts_with("error: `foreign_ids`: `no pattern` is no package ID pattern"), "{ran:?}");
    assert!(feed.assay(&["policy", "show"]).succeeded().contains("Contoso.*,Fabrikam.*"), "as it was");
}

#[test]
fn trust_anchors_are_listed_and_removed_by_fingerprint() {
    let feed = Feed::start();
    let root = golden::fingerprint("code-root-a");
    assert!(feed.assay(&["trust", "list"]).succeeded().contains(&root));
    feed.assay(&["trust", "remove", &root]).succeeded();
    assert!(!feed.assay(&["trust", "list"]).succeeded().contains(&root));
    let alice = feed.account("alice");
    let certificate = golden::certificate("leaf-3072");
    let run = feed.assay(&["certificate", "add", "--account", &alice.name, certificate.to_str().unwrap()]);
    // A lone leaf proves no chain, so it may be registered; its packages are refused as long as the root is unknown.
    run.succeeded();
    alice.push(golden::read("good-author-rsa3072-sha384.nupkg")).refused(400).saying("NU3018");
}

#[test]
fn every_list_is_also_json() {
    let feed = Feed::start();
    feed.account("alice").with_certificate("leaf-3072");
    for command in [
        &["account", "list"][..],
        &["certificate", "list"],
        &["trust", "list"],
        &["policy", "show"],
        &["repository-certificate", "show"],
    ] {
        let mut with_json = command.to_vec();
        with_json.push("--json");
        let printed = feed.assay(&with_json).succeeded();
        let lines: Vec<&str> = printed.lines().collect();
        let whole = serde_json::from_str::<serde_json::Value>(&printed).is_ok();
        let by_line = lines.iter().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok());
        assert!(whole || by_line, "{command:?}: {printed}");
    }
}

#[test]
fn verify_gives_the_verdicts_of_the_official_client_without_a_server() {
    let trust = golden::trust();
    let (signing, timestamping) = (trust.join("code-signing-roots.pem"), trust.join("timestamping-roots.pem"));
    let verify = |arguments: &[&str]| {
        let mut command = assay(&["verify", "--policy", "verify", "--policy", "push", "--json"]);
        command.arg("--trust").arg(&signing).arg("--trust-timestamping").arg(&timestamping).args(arguments);
        finish(command, "")
    };
    let all = golden::packages();
    let folder = environment::repository().join("tests/vectors/golden");
    let files: Vec<String> = all.iter().map(|golden| folder.join(&golden.file).to_str().unwrap().to_owned()).collect();
    let run = verify(&files.iter().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(run.code, 1, "some are refused: {}", run.stderr);
    let lines: Vec<serde_json::Value> = run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), all.len());
    let mut differences = Vec::new();
    for (golden, line) in all.iter().zip(&lines) {
        let policies = line["policies"].as_array().unwrap();
        let accepted = |name: &str| policies.iter().find(|policy| policy["name"] == name).unwrap()["accepted"] == true;
        // Revocation is left out here, and was not there.
        if golden.file.starts_with("revoked-") {
            continue;
        }
        if accepted("verify") != golden.verifies {
            differences.push(format!("{}: verify should be {}", golden.file, golden.verifies));
        }
        if accepted("push") && !golden.verifies && golden.kind.starts_with("author") {
            differences.push(format!("{}: push accepts what the client refuses", golden.file));
        }
    }
    assert!(differences.is_empty(), "{} of {} differ:\n{}", differences.len(), all.len(), differences.join("\n"));
}

/// `assay verify` with the golden roots.
fn verify(arguments: &[&str], files: &[&str]) -> Ran {
    let trust = golden::trust();
    let mut command = assay(&["verify"]);
    command.arg("--trust").arg(trust.join("code-signing-roots.pem"));
    command.arg("--trust-timestamping").arg(trust.join("timestamping-roots.pem")).args(arguments);
    let folder = environment::repository().join("tests/vectors/golden");
    command.args(files.iter().map(|file| folder.join(file)));
    finish(command, "")
}

#[test]
fn verify_says_what_a_client_with_trusted_signers_would_say() {
    let folder = tempfile::TempDir::new().unwrap();
    let config = folder.path().join("nuget.config");
    let fingerprint = golden::fingerprint("leaf-3072").to_uppercase();
    let signer = format!(
        r#"<author name="a"><certificate fingerprint="{fingerprint}" hashAlgorithm="SHA256" allowUntrustedRoot="false" /></author>"#
    );
    std::fs::write(&config, format!("<configuration><trustedSigners>{signer}</trustedSigners></configuration>"))
        .unwrap();
    let arguments = ["--policy", "require", "--nuget-config", config.to_str().unwrap()];
    verify(&arguments, &["good-author-rsa3072-sha384.nupkg"]).succeeded();
    let refused = verify(&arguments, &["good-author-chain2.nupkg"]);
    assert!(refused.code == 1 && refused.stdout.contains("NU3034"), "{}", refused.stdout);
    std::fs::write(&config, "<configuration><trustedSigners><author /></trustedSigners></configuration>").unwrap();
    verify(&arguments, &["good-author-chain2.nupkg"]).failed_saying("`author` has no `name`");
}

#[test]
fn verify_goes_by_the_crls_that_are_at_hand() {
    let crl = golden::trust().join("crl/ca.crl");
    let file = &["revoked-after-timestamp.nupkg"];
    let known = ["--policy", "push", "--crl", crl.to_str().unwrap()];
    let refused = verify(&known, file);
    assert!(refused.code == 1 && refused.stdout.contains("is REVOKED since 2025-06-01"), "{}", refused.stdout);
    let unknown = verify(&["--policy", "push"], file).succeeded();
    assert!(unknown.contains("whether its chain is revoked is not known"), "{unknown}");
    // Nobody asked: the client is taken for one that does not look at revocation, as the command says.
    verify(&["--policy", "verify", "--crl", crl.to_str().unwrap()], file).succeeded();
    assert_eq!(verify(&["--policy", "verify", "--revocation", "cached", "--crl", crl.to_str().unwrap()], file).code, 1);
}

#[test]
fn verify_asks_no_host_inside_the_network_that_nobody_named() {
    let asked = verify(&["--policy", "verify", "--revocation", "online"], &["revoked-after-timestamp.nupkg"]);
    assert_eq!(asked.code, 0, "what is not known is a warning: {}", asked.stdout);
    assert!(asked.stdout.contains("warning NU3018") && asked.stderr.contains("neither 80 nor 443"), "{}", asked.stderr);
}

#[test]
fn verify_looks_at_every_file_though_one_can_not_be_read() {
    let run = verify(&["--policy", "verify"], &["no-such-file.nupkg", "good-author-chain2.nupkg", "manifest.json"]);
    assert_eq!(run.code, 1);
    let places: Vec<Option<usize>> = [
        "No such file",
        "Assay Golden Author Direct",
        "no ZIP archive",
        "1 package: verify accepts 1, 2 can't be read",
    ]
    .iter()
    .map(|text| run.stdout.find(text))
    .collect();
    assert!(places.is_sorted() && places[0].is_some(), "{places:?}: {}", run.stdout);
}

#[test]
fn a_change_on_the_command_line_reaches_the_running_server() {
    let feed = Feed::start();
    let alice = feed.account("alice");
    alice.push(package("Contoso.Core", "1.0.0").bytes()).accepted();
    feed.assay(&["policy", "set", "anonymous_read", "true"]).succeeded();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(5);
    while feed.ask(&crate::support::Request::get("/v3/index.json")).status != 200 {
        assert!(std::time::Instant::now() < deadline, "what one process changes, the server sees within a second");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

#[test]
fn the_example_settings_are_accepted_as_they_are_and_with_every_value_set() {
    let folder = tempfile::TempDir::new().unwrap();
    let example = std::fs::read_to_string(environment::repository().join("packaging/assay.toml")).unwrap();
    let set: String = example
        .lines()
        // Plain http excludes a certificate.
        .filter(|line| !line.starts_with("#plain_http"))
        .map(|line| match line.strip_prefix('#') {
            Some(value) if !value.starts_with(' ') => format!("{value}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    assert!(set.contains("\npublic_url = \"https://feed.example\"\n"), "{set}");
    for text in [example, set] {
        std::fs::write(folder.path().join("assay.toml"), &text).unwrap();
        run(&["config", "show"], folder.path(), "").succeeded();
    }
    std::fs::write(folder.path().join("assay.toml"), "listn = \"x\"\n").unwrap();
    run(&["config", "show"], folder.path(), "").failed_saying("listn");
}
