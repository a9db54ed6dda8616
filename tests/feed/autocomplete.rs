//! `SearchAutocompleteService`: completion in the Package Manager Console and in paket.

use crate::shelf::get;

#[test]
fn ids_are_completed_with_prefixes_first() {
    let found = get("/v3/autocomplete?take=100").json();
    assert_eq!(found["totalHits"], 20);
    assert_eq!(found["data"].as_array().unwrap().len(), 20);
    let found = get("/v3/autocomplete?q=Contoso.R").json();
    assert_eq!(found["data"][0], "Contoso.Rich");
    assert_eq!(get("/v3/autocomplete?q=zzz").json()["data"], serde_json::json!([]));
}

#[test]
fn paket_asks_with_a_slash() {
    assert_eq!(get("/v3/autocomplete/?q=Contoso.R&take=5").json()["data"][0], "Contoso.Rich");
}

#[test]
fn versions_of_an_id_are_the_listed_ones() {
    assert_eq!(get("/v3/autocomplete?id=A").json()["data"], serde_json::json!(["1.0.0"]));
    let all = get("/v3/autocomplete?id=a&prerelease=true&semVerLevel=2.0.0").json();
    assert_eq!(all["data"], serde_json::json!(["1.0.0", "1.1.0-beta", "2.0.0+m"]));
    assert_eq!(get("/v3/autocomplete?id=U").json()["data"], serde_json::json!([]));
    assert_eq!(get("/v3/autocomplete?id=nosuch").json()["data"], serde_json::json!([]));
}
