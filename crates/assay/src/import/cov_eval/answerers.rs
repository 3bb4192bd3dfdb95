//! [`Answerer`]: made-up subjects beside those of a checkout, which show what its figures are
//! worth: one who is always right, one who says nothing, and some who do not look.

use assay_core::LabelJudgement;
use assay_core::corpus::cov_eval::{Checkout, Item};
use assay_core::reading::read_label;
use assay_core::score::Recognition;

/// A made-up subject, and what its answers come to.
#[derive(Debug, Clone)]
pub struct Answerer {
    pub name: &'static str,
    /// With its answers read strictly.
    pub strict: Recognition,
    /// With its answers read as the published program does.
    pub published: Recognition,
}

/// The answer that names a type, or says that there is none.
fn statement(cwe: Option<&str>) -> String {
    let (vulnerable, cwe) = match cwe {
        Some(cwe) => ("Yes", cwe.to_lowercase()),
        None => ("No", String::new()),
    };
    format!(
        "{{\"vulnerable\": \"{vulnerable}\", \"vulnerability type\": \"{cwe}\", \"analysis\": \"\"}}"
    )
}

/// All of them, over the programs of a checkout.
pub fn answerers(checkout: &Checkout) -> Vec<Answerer> {
    let right = |item: &Item| statement(item.truth().vulnerable.then_some(item.cwe.as_str()));
    let most_frequent = most_frequent(checkout);
    let constant = most_frequent.map(|cwe| statement(Some(cwe))).unwrap_or_default();
    vec![
        answerer("perfect", checkout, right),
        answerer("empty", checkout, |_| String::new()),
        answerer("always the most frequent type", checkout, |_| constant.clone()),
        answerer("always vulnerable", checkout, |_| "{\"vulnerable\": \"Yes\"}".to_owned()),
        answerer("never vulnerable", checkout, |_| statement(None)),
    ]
}

fn answerer(name: &'static str, checkout: &Checkout, answer: impl Fn(&Item) -> String) -> Answerer {
    let (mut strict, mut published) = (Recognition::default(), Recognition::default());
    for item in &checkout.detection {
        let (answer, truth) = (answer(item), item.truth());
        published.add_as_published(&answer, &truth);
        strict.add(&LabelJudgement { said: read_label(&answer), truth });
    }
    Answerer { name, strict, published }
}

fn most_frequent(checkout: &Checkout) -> Option<&str> {
    let all = || checkout.detection.iter().filter(|item| item.vulnerable == Some(true));
    let count = |cwe: &str| all().filter(|item| item.cwe == cwe).count();
    all().map(|item| item.cwe.as_str()).max_by_key(|cwe| count(cwe))
}
