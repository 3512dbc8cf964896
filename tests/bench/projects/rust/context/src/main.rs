//! Says hello as JSON.

use serde::Serialize;

#[derive(Serialize)]
struct Greeting {
    text: String,
}

fn main() {
    let name = std::env::args().nth(1).unwrap_or_default();
    let word = regex::Regex::new(r"\w+").expect("a pattern");
    let who = word.find(&name).map_or("world", |found| found.as_str());
    let text = format!("Hello, {who}");
    println!("{}", serde_json::to_string(&Greeting { text }).expect("JSON"));
}
