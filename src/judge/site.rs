//! The tolerance table: every place where a number becomes a branch.

/// A place where a number becomes a branch. Its row in the table is [`Site::row`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Site {
    /// Does the value at the other end of an interval, or beside a kink in it, lie on the line through an end?
    Chord,
    /// Do the slopes at both ends of an interval agree?
    Slope,
    /// Does the crossing of the two end lines lie inside the interval?
    Inside,
    /// Is an interval too wide for where its lines cross?
    Wide,
    /// Does the function follow the two lines at, and right beside, their crossing?
    Crossing,
    /// Is an interval too short to be searched further?
    Width,
    /// Which power of two lies below a length? Which of two lengths is smaller?
    Length,
    /// Does a known hyperplane pass through a critical point?
    OnHyperplane,
    /// Is this second difference larger than the largest so far?
    Reference,
    /// Is a second difference zero?
    Entry,
    /// Does the second difference at the reference coordinate halve with its step?
    Homogeneous,
    /// Does the mixed second difference exceed the one at the reference coordinate?
    RelativeSign,
    /// Do the second differences along two axes and along their sum fit together?
    Consistent,
    /// Does the second difference along a random direction fit the whole row?
    Whole,
    /// Does another hyperplane stay outside the reach of a probe?
    Reach,
    /// Does the output keep its value on one side of a hyperplane?
    Inactive,
    /// Does the affine part vanish?
    Affine,
    /// Does the recovered network give the oracle's answer?
    Residual,
    /// Is a column dependent on those before it?
    Rank,
    /// Is a segment of a line too thin to measure a gradient in?
    Thin,
    /// Does the second difference across a point of a segment vanish?
    Straight,
    /// Does a gradient give the slope along the line?
    Along,
    /// Do the rows found between two gradients give their difference in every output?
    Jump,
    /// Is the error of gradients nothing beside that of the output weights by which rows are parted?
    Turned,
    /// Is the jump of slopes across a kink the one that a row makes there?
    Bend,
    /// On which side of a hyperplane does a point lie, or which way does a line cross it?
    Heading,
    /// Is a unit no part, or a whole part, of a gradient?
    Share,
    /// Are two kinks parallel, and do they take back each other's change of slope?
    Parallel,
    /// Is the distance of a point from a hyperplane more than what the row's error makes there?
    Distance,
    /// Is a row measured again the one that is known?
    Agree,
    /// Is a weight small beside the largest of its row, or of its unit?
    Faint,
    /// Is a weight nothing but its error, so that it may be zero?
    Vanish,
    /// Does an answer stay what it was, to the last bit?
    Unmoved,
}

/// How large a number may be and still count as zero, relative to its scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// `2^k` units of roundoff: the number is a sum of rounded terms. At most `2^−6`, however
    /// few bits there are: what is larger beside its scale is not zero.
    Roundoffs(i32),
    /// `2^k` whatever the precision: two hypotheses lie a whole scale apart.
    Fixed(i32),
    /// Nothing but zero: the sign itself is asked for, and either answer is safe.
    Zero,
}

/// One row of the tolerance table.
#[derive(Clone, Copy, Debug)]
pub struct SiteRow {
    /// The site.
    pub site: Site,
    /// Name in reports.
    pub name: &'static str,
    /// Unit of the number asked about.
    pub unit: &'static str,
    /// What the tolerance is relative to.
    pub scale: &'static str,
    /// The tolerance.
    pub limit: Limit,
    /// Why this large, and what happens when the answer is wrong.
    pub reason: &'static str,
}

/// `log2` of the largest tolerance made of roundoffs.
const MOST: i32 = -6;

/// The table. A row a site, in the order of [`Site`].
const TABLE: [SiteRow; 33] = [
    SiteRow {
        site: Site::Chord,
        name: "chord",
        unit: "output",
        scale: "output mass at both places",
        limit: Limit::Roundoffs(15),
        reason: "slope steps are 1/128 of the interval, so the chord carries 2^7 times an answer's error of about 2^5 \
                 roundoffs; too large hides weak kinks, too small only searches further",
    },
    SiteRow {
        site: Site::Slope,
        name: "slope",
        unit: "output per line length",
        scale: "output mass over the slope's step",
        limit: Limit::Roundoffs(10),
        reason: "a slope is a difference of two answers over its step",
    },
    SiteRow {
        site: Site::Inside,
        name: "inside",
        unit: "line length",
        scale: "interval, and output mass over the jump of slopes",
        limit: Limit::Roundoffs(10),
        reason: "slope steps are 1/128 of the interval; a kink on the right end belongs to it, outside costs a split",
    },
    SiteRow {
        site: Site::Wide,
        name: "wide",
        unit: "line length",
        scale: "widest interval that serves",
        limit: Limit::Zero,
        reason: "too wide only costs another split",
    },
    SiteRow {
        site: Site::Crossing,
        name: "crossing",
        unit: "output",
        scale: "distance of the two lines at the check point",
        limit: Limit::Fixed(-3),
        reason: "following one line leaves a miss of one scale from the other; noise that reaches 1/8 of it costs a split",
    },
    SiteRow {
        site: Site::Width,
        name: "width",
        unit: "line length",
        scale: "1 + distances of both ends from the line's origin",
        limit: Limit::Roundoffs(9),
        reason: "positions are known to a few roundoffs: below that, bisection bisects noise",
    },
    SiteRow {
        site: Site::Length,
        name: "length",
        unit: "line length",
        scale: "length",
        limit: Limit::Zero,
        reason: "only chooses among safe steps and among equally true neighbours",
    },
    SiteRow {
        site: Site::OnHyperplane,
        name: "on hyperplane",
        unit: "pre-activation",
        scale: "terms of the pre-activation and distances along the lines, times output mass over the row's largest \
                second difference",
        limit: Limit::Roundoffs(13),
        reason: "a row's entries carry a few roundoffs of the mass over that difference, and so does the position; \
                 hyperplanes on a line lie 2^-14 apart",
    },
    SiteRow {
        site: Site::Reference,
        name: "reference",
        unit: "output",
        scale: "second difference",
        limit: Limit::Zero,
        reason: "any large coordinate serves as reference",
    },
    SiteRow {
        site: Site::Entry,
        name: "entry",
        unit: "output",
        scale: "output mass at the critical point",
        limit: Limit::Roundoffs(7),
        reason: "three answers, each a few roundoffs of the mass; a smaller weight cannot be told from zero",
    },
    SiteRow {
        site: Site::Homogeneous,
        name: "homogeneous",
        unit: "output",
        scale: "output mass at the critical point",
        limit: Limit::Roundoffs(11),
        reason: "a second kink within the step breaks proportion; noise is doubled by doubling",
    },
    SiteRow {
        site: Site::RelativeSign,
        name: "relative sign",
        unit: "output",
        scale: "second difference of the entry",
        limit: Limit::Zero,
        reason: "the two answers lie two scales apart",
    },
    SiteRow {
        site: Site::Consistent,
        name: "consistent",
        unit: "output",
        scale: "output mass at the critical point",
        limit: Limit::Roundoffs(11),
        reason: "nine answers; a miss means that a probe crossed another hyperplane, and its step is shortened",
    },
    SiteRow {
        site: Site::Whole,
        name: "whole row",
        unit: "output",
        scale: "output mass at the critical point, times one plus the direction's length in steps",
        limit: Limit::Roundoffs(11),
        reason: "every entry brings its own error; a miss means that entries are spoiled in a way that fits together",
    },
    SiteRow {
        site: Site::Reach,
        name: "reach",
        unit: "pre-activation",
        scale: "pre-activation",
        limit: Limit::Zero,
        reason: "too near only costs another measurement with a shorter step",
    },
    SiteRow {
        site: Site::Inactive,
        name: "inactive",
        unit: "output",
        scale: "sum of the unit's strengths",
        limit: Limit::Fixed(-8),
        reason: "one side changes by one scale and the other not at all",
    },
    SiteRow {
        site: Site::Affine,
        name: "affine",
        unit: "output per input",
        scale: "sum of the kink strengths in that output",
        limit: Limit::Roundoffs(33),
        reason: "what is left when kinks are taken away carries their rows' error; where there are none, rounding that is \
                 taken for an affine part adds units that change nothing",
    },
    SiteRow {
        site: Site::Residual,
        name: "residual",
        unit: "output",
        scale: "terms of the predicted output, and 2^-6 of those of all units, active or not, without cancellation",
        limit: Limit::Roundoffs(37),
        reason: "a missing neuron leaves its whole share, an inexact one 2^30 roundoffs, also where no unit is active \
                 and nothing but rounding is left of the answer",
    },
    SiteRow {
        site: Site::Rank,
        name: "rank",
        unit: "row entry",
        scale: "largest entry of all rows; in exact arithmetic zero",
        limit: Limit::Roundoffs(30),
        reason: "rows carry some 2^25 roundoffs; a smaller pivot would be made of their error",
    },
    SiteRow {
        site: Site::Thin,
        name: "thin",
        unit: "line length",
        scale: "1 + distance from the line's origin",
        limit: Limit::Roundoffs(38),
        reason: "a gradient's error is an answer's over the segment's width; units that thin segments part are told \
                 apart on another line, where that costs one more gradient",
    },
    SiteRow {
        site: Site::Straight,
        name: "straight",
        unit: "output",
        scale: "output mass at the point",
        limit: Limit::Roundoffs(6),
        reason: "three answers, each a few roundoffs of the mass; a kink within the step leaves more, and the step is \
                 halved",
    },
    SiteRow {
        site: Site::Along,
        name: "along",
        unit: "output per line length",
        scale: "output mass over the slope's length, and over the gradient's step times the root of the inputs",
        limit: Limit::Roundoffs(8),
        reason: "a sum over all inputs of differences with an error of some roundoffs; a miss means that a step \
                 crossed a hyperplane, and the gradient is measured again with a shorter one",
    },
    SiteRow {
        site: Site::Jump,
        name: "jump",
        unit: "output per input",
        scale: "error of the gradients and of the rows known between them, summed over the inputs",
        limit: Limit::Roundoffs(12),
        reason: "a kink that was missed between two gradients does not fit the output weights of the others",
    },
    SiteRow {
        site: Site::Turned,
        name: "turned",
        unit: "output per input",
        scale: "errors of the jumps of slopes at kinks whose rows are solved for together, relative to the jumps, times \
                the rows",
        limit: Limit::Fixed(-10),
        reason: "rows take on the errors of each other's output weights; where those cost more than ten bits another \
                 gradient parts the kinks",
    },
    SiteRow {
        site: Site::Bend,
        name: "bend",
        unit: "output per line length",
        scale: "output mass over the lengths of both slopes, and the row's error times the root of the inputs",
        limit: Limit::Roundoffs(5),
        reason: "differences with an error of some roundoffs each; a miss means that two kinks were taken for one, or \
                 that a row is wrong or missing, and costs another line",
    },
    SiteRow {
        site: Site::Heading,
        name: "heading",
        unit: "pre-activation",
        scale: "pre-activation",
        limit: Limit::Zero,
        reason: "gradients are measured, and lines cross, well away from where the answer would turn",
    },
    SiteRow {
        site: Site::Share,
        name: "share",
        unit: "part of a unit",
        scale: "one unit",
        limit: Limit::Fixed(-3),
        reason: "a unit is part of a gradient or not: the two answers lie one scale apart",
    },
    SiteRow {
        site: Site::Parallel,
        name: "parallel",
        unit: "row entry, or part of a strength",
        scale: "the row's largest entry, or the strength",
        limit: Limit::Fixed(-6),
        reason: "a row carries the error of a gradient; two rows of different units lie farther apart than that where the \
                 attack tells them apart at all",
    },
    SiteRow {
        site: Site::Distance,
        name: "distance",
        unit: "pre-activation",
        scale: "predicted error of the least known row along the point, in roundoffs",
        limit: Limit::Roundoffs(8),
        reason: "predictions are right to a few bits; where the side is not certain a row is measured elsewhere, or \
                 stays as it is",
    },
    SiteRow {
        site: Site::Agree,
        name: "agree",
        unit: "row entry",
        scale: "predicted errors of both rows, in roundoffs, summed over the inputs",
        limit: Limit::Roundoffs(8),
        reason: "predictions are right to a few bits; a miss means that steps crossed a hyperplane, and the \
                 measurement is dropped",
    },
    SiteRow {
        site: Site::Faint,
        name: "faint",
        unit: "row entry, or output weight",
        scale: "largest entry of the row, or output weight of the unit",
        limit: Limit::Fixed(-6),
        reason: "a longer step is worth its queries where it gains six bits; any weight may be measured either way",
    },
    SiteRow {
        site: Site::Vanish,
        name: "vanish",
        unit: "row entry, or bias",
        scale: "its predicted error, in roundoffs",
        limit: Limit::Roundoffs(8),
        reason: "predictions are right to a few bits; what may be zero is moved further, and what is taken for zero by \
                 mistake changes an answer there",
    },
    SiteRow {
        site: Site::Unmoved,
        name: "unmoved",
        unit: "output",
        scale: "output",
        limit: Limit::Zero,
        reason: "a product with zero is zero without rounding; a change by mistake leaves a weight undecided",
    },
];

impl Site {
    /// This site's row of the table.
    pub fn row(self) -> &'static SiteRow {
        &TABLE[self as usize]
    }

    /// All rows.
    pub fn table() -> &'static [SiteRow] {
        &TABLE
    }

    /// `log2` of the tolerance when answers have `bits` bits; `None` where only zero is zero.
    pub fn log2_tolerance(self, bits: u32) -> Option<i32> {
        match self.row().limit {
            Limit::Roundoffs(k) => Some((k - bits as i32).min(MOST)),
            Limit::Fixed(k) => Some(k),
            Limit::Zero => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_where_their_site_points() {
        for (index, row) in TABLE.iter().enumerate() {
            assert_eq!(row.site as usize, index);
            assert!(!row.reason.is_empty() && !row.scale.is_empty() && !row.unit.is_empty());
        }
    }
}
