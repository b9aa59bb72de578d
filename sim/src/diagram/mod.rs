//! Pictures and tables of one intersection for `check`: who conflicts with whom, and whose turn it is when.
//!
//! | file | draws |
//! |---|---|
//! | `conflict_matrix` | the conflict and intergreen matrix, as text and as SVG |
//! | `stages` | the stage diagram: a plan of the junction for each stage or module, and what is green when |
//! | `plan` | the junction from above, with some of its movements green |

mod conflict_matrix;
mod plan;
mod stages;

pub use conflict_matrix::{conflict_matrix, conflict_matrix_svg};
pub use stages::{stage_diagram, stage_diagram_svg};

use std::fmt::Write as _;

/// A picture with a name for those who can't see it.
fn document(width: f64, height: f64, title: &str, body: &str) -> String {
    let style = crate::report::svg::STYLE;
    let (title, mut text) = (crate::report::svg::escaped(title), String::with_capacity(body.len() + 2048));
    let _ = writeln!(
        text,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" height=\"{height:.0}\" \
         role=\"img\" aria-label=\"{title}\"><style>{style}{STYLE}</style>\
         <rect class=\"paper\" width=\"100%\" height=\"100%\"/>{body}</svg>"
    );
    text
}

/// What these pictures have beyond those of the report.
const STYLE: &str = "svg .paper{fill:var(--ground)}svg .kerb{stroke:var(--line);fill:none;stroke-linecap:butt}\
svg .still{stroke:var(--soft);stroke-width:1.2;fill:none;opacity:.35}\
svg .moves{stroke:var(--s4);stroke-width:2.6;fill:none}svg .yields{stroke:var(--s3);stroke-width:2.6;fill:none;stroke-dasharray:6 3}\
svg .head{fill:var(--s4)}svg .head.gives{fill:var(--s3)}svg .full{fill:var(--red);fill-opacity:.16}\
svg .partial{fill:var(--yellow);fill-opacity:.25}svg .gg{fill:var(--s5);fill-opacity:.22}svg .own{fill:var(--line)}\
svg .bar{fill:var(--s4)}svg .tail{fill:var(--yellow)}";
