//! Findings as JUnit XML, which CI systems show beside other tests.

use super::check::Checked;
use crate::text::markup;

/// A suite a run, a case a pin; what moved is a failure with its words. No times: the same findings, the same bytes.
pub fn junit(checked: &[Checked]) -> String {
    let cases = || checked.iter().flat_map(|run| &run.findings);
    let failures = |moved: usize| if moved > 0 { 1 } else { 0 };
    let all: usize = cases().map(|finding| failures(finding.moved)).sum();
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"exactract regress\" tests=\"{}\" failures=\"{all}\">\n",
        cases().count()
    );
    for run in checked {
        let failed: usize = run.findings.iter().map(|finding| failures(finding.moved)).sum();
        let (name, tests) = (markup(&run.run), run.findings.len());
        out += &format!("  <testsuite name=\"{name}\" tests=\"{tests}\" failures=\"{failed}\">\n");
        for finding in &run.findings {
            let case = format!("    <testcase classname=\"{name}\" name=\"{}\"", finding.pin.name());
            out += &match finding.moved {
                0 => format!("{case}/>\n"),
                moved => {
                    let head = format!("{moved} of {} moved", finding.items);
                    let says = markup(&finding.says);
                    format!(
                        "{case}>\n      <failure message=\"{head}: {says}\" type=\"moved\">{says}</failure>\n    </testcase>\n"
                    )
                }
            };
        }
        out += "  </testsuite>\n";
    }
    out + "</testsuites>\n"
}
