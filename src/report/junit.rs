//! Findings as JUnit XML, which CI systems show beside other tests.

use crate::text::markup;

/// A suite of cases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suite {
    /// Its name.
    pub name: String,
    /// Its cases.
    pub cases: Vec<Case>,
}

/// A case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// Its name.
    pub name: String,
    /// What is wrong, where something is.
    pub failure: Option<Failure>,
}

/// What is wrong in a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// One word.
    pub kind: &'static str,
    /// The message.
    pub message: String,
    /// The whole of it.
    pub says: String,
}

/// The XML of some suites under a name. No times: the same findings, the same bytes.
pub fn junit(name: &str, suites: &[Suite]) -> String {
    let failures = |suite: &Suite| suite.cases.iter().filter(|case| case.failure.is_some()).count();
    let tests: usize = suites.iter().map(|suite| suite.cases.len()).sum();
    let failed: usize = suites.iter().map(failures).sum();
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"{name}\" tests=\"{tests}\" failures=\"{failed}\">\n"
    );
    for suite in suites {
        let (name, tests, failed) = (markup(&suite.name), suite.cases.len(), failures(suite));
        out += &format!("  <testsuite name=\"{name}\" tests=\"{tests}\" failures=\"{failed}\">\n");
        for case in &suite.cases {
            let head = format!("    <testcase classname=\"{name}\" name=\"{}\"", markup(&case.name));
            out += &match &case.failure {
                None => format!("{head}/>\n"),
                Some(Failure { kind, message, says }) => {
                    let (message, says) = (markup(message), markup(says));
                    format!(
                        "{head}>\n      <failure message=\"{message}\" type=\"{kind}\">{says}</failure>\n    </testcase>\n"
                    )
                }
            };
        }
        out += "  </testsuite>\n";
    }
    out + "</testsuites>\n"
}
