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
    /// What is to be said, where it did not simply pass.
    pub finding: Option<CaseFinding>,
}

/// How a case did not pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaseState {
    /// Something is wrong.
    Failure,
    /// Nothing was found out.
    Error,
    /// There was nothing to compare with.
    Skipped,
}

impl CaseState {
    fn element(self) -> &'static str {
        match self {
            Self::Failure => "failure",
            Self::Error => "error",
            Self::Skipped => "skipped",
        }
    }
}

/// What is said of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseFinding {
    /// How it did not pass.
    pub state: CaseState,
    /// The same in one word.
    pub kind: &'static str,
    /// The message.
    pub message: String,
    /// The whole of it.
    pub says: String,
}

/// The XML of some suites under a name. No times: the same findings, the same bytes.
pub fn junit(name: &str, suites: &[Suite]) -> String {
    let counts = |cases: &[&Case]| {
        let of = |state| cases.iter().filter(|case| case.finding.as_ref().is_some_and(|f| f.state == state)).count();
        let [failures, errors, skipped] = [CaseState::Failure, CaseState::Error, CaseState::Skipped].map(of);
        let more = [("errors", errors), ("skipped", skipped)].into_iter().filter(|(_, count)| *count > 0);
        let more: String = more.map(|(name, count)| format!(" {name}=\"{count}\"")).collect();
        format!("tests=\"{}\" failures=\"{failures}\"{more}", cases.len())
    };
    let all: Vec<&Case> = suites.iter().flat_map(|suite| &suite.cases).collect();
    let mut out =
        format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"{name}\" {}>\n", counts(&all));
    for suite in suites {
        let (class, cases) = (markup(&suite.name), suite.cases.iter().collect::<Vec<_>>());
        out += &format!("  <testsuite name=\"{class}\" {}>\n", counts(&cases));
        for case in cases {
            let head = format!("    <testcase classname=\"{class}\" name=\"{}\"", markup(&case.name));
            out += &match &case.finding {
                None => format!("{head}/>\n"),
                Some(CaseFinding { state, kind, message, says }) => {
                    let (element, message, says) = (state.element(), markup(message), markup(says));
                    let what = format!("<{element} message=\"{message}\" type=\"{kind}\">{says}</{element}>");
                    format!("{head}>\n      {what}\n    </testcase>\n")
                }
            };
        }
        out += "  </testsuite>\n";
    }
    out + "</testsuites>\n"
}
