//! Owns `report.html`: one page that needs no network and no script, for screen (light and dark) and paper.

use std::fmt::Write as _;

use super::figures::{Section, decimals, estimate, notes, plural, sections, unbroken};
use super::svg::{STYLE, escaped};
use super::{Fact, finding, intervention, time_space, travel_times};
use crate::measures::comparison::{Comparison, Setting};
use crate::measures::summary::{StrategySummary, Summary};
use crate::run_options::AtRed;

const PAGE_STYLE: &str = include_str!("page.css");

/// Diagrams are left out beyond this size of the page, so that it opens at once anywhere.
const MAX_BYTES: usize = 800_000;

/// The whole page. `remarks` are what the reader has to know of this run, `facts` what the scenario is.
#[must_use]
pub fn html(comparison: &Comparison, summary: &Summary, facts: &[Fact], remarks: &[String]) -> String {
    let name = escaped(&summary.scenario);
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{name}: emergency vehicle priority</title>\n<style>\n{STYLE}{PAGE_STYLE}</style>\n</head>\n<body>\n<main>\n"
    );
    header(&mut page, comparison, summary, &name);
    travel_time_plot(&mut page, comparison, summary);
    diagrams(&mut page, comparison);
    interventions(&mut page, comparison);
    table(&mut page, summary);
    method(&mut page, &comparison.setting, facts, remarks);
    let _ = write!(
        page,
        "<footer>Made by voorrang-sim {}; the same figures are in summary.json, each trip is in trips.csv.</footer>\n</main>\n\
         </body>\n</html>\n",
        env!("CARGO_PKG_VERSION")
    );
    page
}

/// What was found, in words and in a few large figures.
fn header(page: &mut String, comparison: &Comparison, summary: &Summary, name: &str) {
    let setting = &comparison.setting;
    let compared: Vec<String> =
        summary.strategies.iter().skip(1).map(|strategy| escaped(&strategy.strategy)).collect();
    let against =
        if compared.is_empty() { String::new() } else { format!("{} against ", compared.join(", ")) };
    let _ = write!(
        page,
        "<h1>{name}</h1>\n<p class=\"soft\">Signal priority for emergency vehicles: {against}{}, {}, seed {}</p>\n",
        escaped(&summary.baseline),
        plural(u64::from(setting.replications), "replication"),
        setting.seed
    );
    for sentence in finding::sentences(summary) {
        let _ = writeln!(page, "<p class=\"lead\">{}</p>", escaped(&unbroken(&sentence)));
    }
    // The large figures are those of the last strategy that was named: with one, the one.
    if let [first, .., last] = summary.strategies.as_slice() {
        tiles(page, first, last);
    }
    for (good, text) in [finding::safety(summary), finding::balance(summary)] {
        let _ = writeln!(page, "<p class=\"{}\">{}.</p>", if good { "ok" } else { "bad" }, escaped(&text));
    }
}

/// Large figures of one strategy beside the baseline's.
fn tiles(page: &mut String, baseline: &StrategySummary, strategy: &StrategySummary) {
    let name = escaped(&strategy.strategy);
    let mut tile = |figure: String, words: String| {
        let _ = write!(page, "<li><b>{}</b><span>{words}</span></li>", escaped(&figure));
    };
    tile_list(baseline, strategy, &name).into_iter().for_each(|(figure, words)| tile(figure, words));
    if page.ends_with("</li>") {
        // The list opens where the first tile stands.
        let start = page.find("<li>").unwrap_or(page.len());
        page.insert_str(start, "<ul class=\"tiles\">");
        page.push_str("</ul>\n");
    }
}

/// The large figures with their words.
fn tile_list(baseline: &StrategySummary, strategy: &StrategySummary, name: &str) -> Vec<(String, String)> {
    let mut tiles = Vec::new();
    if let (Some(without), Some(with)) = (&baseline.emergency, &strategy.emergency) {
        if with.saved_s.mean.is_some() {
            tiles.push((
                format!("{} s", estimate(&with.saved_s, 1)),
                format!("saved a trip with {name}, or {} %", estimate(&with.saved_percent, 1)),
            ));
        }
        tiles.push((
            format!("{} → {}", without.red_passages, with.red_passages),
            format!("stop lines passed at red, all runs, with {name}"),
        ));
    }
    if strategy.others.added_delay_s.mean.is_some() {
        tiles.push((
            format!("{} s", estimate(&strategy.others.added_delay_s, 1)),
            format!("delay added to each other vehicle with {name}"),
        ));
    }
    if strategy.requests.sent > 0 {
        tiles.push((
            format!("{} of {}", strategy.requests.granted, strategy.requests.sent),
            format!("priority requests granted with {name}"),
        ));
    }
    tiles
}

/// The plot of travel times with a title that says them.
fn travel_time_plot(page: &mut String, comparison: &Comparison, summary: &Summary) {
    let Some(svg) = travel_times::svg(comparison) else { return };
    let means = summary.strategies.iter().filter_map(|strategy| {
        let mean = strategy.emergency.as_ref()?.travel_time_s.mean?;
        Some(format!("{} s with {}", decimals(mean, 0), escaped(&strategy.strategy)))
    });
    let _ = write!(
        page,
        "<h2>The trip took {}</h2>\n<figure><div class=\"scroll\">{svg}</div>\n<figcaption>Each dot is one replication; the \
         upright line is their mean, the band its 95 % interval. The same replication has the same traffic under each \
         strategy, so the time saved is known better than bands beside each other suggest.</figcaption></figure>\n",
        means.collect::<Vec<_>>().join(", ")
    );
}

/// The time-space diagrams: one figure for each vehicle, chosen by tabs where there are several.
fn diagrams(page: &mut String, comparison: &Comparison) {
    let vehicles = comparison.vehicles();
    let drawn: Vec<(usize, String, String)> = (0..vehicles.len())
        .filter_map(|vehicle| {
            Some((vehicle, time_space::title(comparison, vehicle)?, time_space::svg(comparison, vehicle)?))
        })
        .collect();
    let mut room = MAX_BYTES.saturating_sub(page.len());
    let shown: Vec<_> = drawn
        .iter()
        .take_while(|(_, _, svg)| {
            let fits = svg.len() <= room;
            room = room.saturating_sub(svg.len());
            fits
        })
        .collect();
    let Some((_, first_title, _)) = drawn.first() else { return };
    let title =
        if drawn.len() == 1 { escaped(first_title) } else { "Past the signals, trip by trip".to_owned() };
    let _ = writeln!(
        page,
        "<h2>{title}</h2>\n<p class=\"soft\">The first replication: a single trip is an example, the figures above and below \
         are the result.</p>"
    );
    let tabs = shown.len() > 1;
    if tabs {
        choice(page, "v", shown.iter().map(|(vehicle, _, _)| (*vehicle, vehicles[*vehicle])));
    }
    for (vehicle, title, svg) in &shown {
        let caption = if drawn.len() == 1 { String::new() } else { format!("<h3>{}</h3>", escaped(title)) };
        let _ = writeln!(
            page,
            "<figure id=\"fv{vehicle}\">{caption}<div class=\"scroll\">{svg}</div><figcaption>Distance along the route against \
             time; each horizontal bar is what one signal showed to the vehicle, until it arrived. Steep is fast, level is \
             standing.</figcaption></figure>"
        );
    }
    if tabs {
        page.push_str("</div>\n");
    }
    let left_out = drawn.len() - shown.len();
    if left_out > 0 {
        let _ = writeln!(
            page,
            "<p class=\"soft\">{} left out to keep the page small.</p>",
            plural(left_out as u64, "more diagram")
        );
    }
}

/// One intervention as it went under each strategy, chosen by tabs where there are several.
fn interventions(page: &mut String, comparison: &Comparison) {
    let stories = intervention::stories(comparison);
    let Some(first) = stories.first() else { return };
    let title = if stories.len() == 1 {
        escaped(&first.title())
    } else {
        "One intervention, signal by signal".to_owned()
    };
    let _ = writeln!(
        page,
        "<h2>{title}</h2>\n<p class=\"soft\">The first replication, at the stop line where most vehicles stood before the emergency vehicle.</p>"
    );
    let tabs = stories.len() > 1;
    if tabs {
        let shown = stories.iter().enumerate().map(|(place, story)| (place, story.strategy));
        choice(page, "i", shown);
    }
    for (place, story) in stories.iter().enumerate() {
        let caption = if tabs { format!("<h3>{}</h3>", escaped(&story.title())) } else { String::new() };
        let _ = writeln!(
            page,
            "<figure id=\"fi{place}\">{caption}<div class=\"scroll\">{}</div><figcaption>Above: the vehicle's lane, everybody on it against \
             time. Below: a row for each signal group of the intersection, its green and yellow thick, with its green without \
             priority (paired run) as a line under it; shaded while a strategy wishes it green or red. Back in step is when all groups show for a \
             minute what they show without priority.</figcaption></figure>",
            intervention::svg(story)
        );
    }
    if tabs {
        page.push_str("</div>\n");
    }
}

/// Opens the tabs: radio buttons that show one figure each, without a script.
fn choice<'a>(page: &mut String, kind: &str, shown: impl Iterator<Item = (usize, &'a str)> + Clone) {
    page.push_str("<style>");
    for (place, _) in shown.clone() {
        let _ = write!(page, "#{kind}{place}:checked~#f{kind}{place}{{display:block}}");
    }
    page.push_str("</style>\n<div class=\"tabs\">");
    for (position, (place, name)) in shown.enumerate() {
        let _ = write!(
            page,
            "<input type=\"radio\" name=\"{kind}\" id=\"{kind}{place}\"{}><label for=\"{kind}{place}\">{}</label>",
            if position == 0 { " checked" } else { "" },
            escaped(name)
        );
    }
    page.push('\n');
}

/// All figures.
fn table(page: &mut String, summary: &Summary) {
    page.push_str("<h2>All figures</h2>\n<div class=\"scroll\"><table>\n<thead><tr><th></th><th></th>");
    for strategy in &summary.strategies {
        let _ = write!(page, "<th scope=\"col\">{}</th>", escaped(&strategy.strategy));
    }
    page.push_str("</tr></thead>\n");
    let columns = summary.strategies.len() + 2;
    for Section { title, rows } in sections(summary) {
        let _ = writeln!(
            page,
            "<tbody><tr><th colspan=\"{columns}\" scope=\"rowgroup\">{}</th></tr>",
            escaped(&title)
        );
        for row in rows {
            let _ = write!(page, "<tr><td>{}</td><td>{}</td>", escaped(&row.label), escaped(row.unit));
            for cell in &row.cells {
                let _ = write!(page, "<td>{}</td>", escaped(cell));
            }
            page.push_str("</tr>\n");
        }
        page.push_str("</tbody>\n");
    }
    page.push_str("</table></div>\n<ul class=\"notes\">\n");
    for note in notes(summary) {
        let _ = writeln!(page, "<li>{}</li>", escaped(&note));
    }
    page.push_str("</ul>\n");
}

/// How it was measured, and on what.
fn method(page: &mut String, setting: &Setting, facts: &[Fact], remarks: &[String]) {
    let at_red = match setting.at_red {
        AtRed::PassSlowly => "emergency vehicles pass at 20 km/h at most, after looking (pass_slowly)",
        AtRed::Wait => "emergency vehicles wait for green (wait)",
    };
    let rows = [
        (
            "Measured",
            format!(
                "from {} s to {} s; a run goes on until every emergency vehicle has arrived, 1800 s more at most",
                setting.warm_up.seconds(),
                setting.end.seconds()
            ),
        ),
        (
            "Replications",
            format!(
                "{}, seed {}; each departure moves by up to ± {} s, emergency departures spread over the signal cycle",
                setting.replications,
                setting.seed,
                setting.jitter.seconds()
            ),
        ),
        ("Steps", format!("traffic {} s, signals 0.1 s", setting.step.seconds())),
        ("At red", at_red.to_owned()),
        (
            "Priority",
            "each vehicle sends SREM messages, encoded and carried over the modelled radio channel, to the same engine and \
             the same safety interlock that run on the street; it hears back by SSEM"
                .to_owned(),
        ),
    ];
    page.push_str("<h2>How it was measured</h2>\n");
    for remark in remarks {
        let _ = writeln!(page, "<p>{}</p>", escaped(remark));
    }
    page.push_str("<dl>\n");
    for (name, value) in rows {
        let _ = writeln!(page, "<dt>{name}</dt><dd>{}</dd>", escaped(&value));
    }
    page.push_str("</dl>\n");
    if !facts.is_empty() {
        page.push_str("<h2>The scenario</h2>\n<dl>\n");
        for fact in facts {
            let _ = writeln!(page, "<dt>{}</dt><dd>{}</dd>", escaped(&fact.name), escaped(&fact.value));
        }
        page.push_str("</dl>\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measures::comparison::examples::{comparison, run, trip};
    use crate::measures::performance::Performance;
    use crate::measures::record::{RunRecord, Trace, TripTrace};

    /// Two vehicles with a short course each.
    fn driven(strategy: &str, time: f64, points: u32) -> RunRecord {
        let ids = ["a<script>", "b"];
        let mut run = run(strategy, 0, ids.map(|id| trip(id, Some(time), 0, 0)).into(), &[1.0]);
        let course = |id: &str| TripTrace {
            id: id.to_owned(),
            // Zigzag, so that nothing can be thinned.
            points: (0..points)
                .map(|n| (1000.0 + f64::from(n), f64::from(n) * 10.0 + f64::from(n % 2) * 900.0, 10.0))
                .collect(),
            stop_lines: Vec::new(),
        };
        run.trace = Some(Trace { trips: ids.map(course).into(), signals: Vec::new() });
        run
    }

    fn page(points: u32) -> String {
        let comparison = comparison(vec![
            ("none", vec![driven("none", 100.0, points)]),
            ("<b>bold</b>", vec![driven("<b>bold</b>", 80.0, points)]),
        ]);
        let summary = Summary::of(&comparison, Performance::default());
        let facts = [Fact { name: "Inter<sections".to_owned(), value: "6 & more".to_owned() }];
        html(&comparison, &summary, &facts, &["Mind the <gap>.".to_owned()])
    }

    #[test]
    fn page_is_whole_and_needs_no_network() {
        let page = page(50);
        assert!(page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>\n"));
        for link in ["http://", "https://", "src=", "<script", "<link", "@import", "url("] {
            let expected = if link == "http://" {
                page.matches("xmlns=\"http://www.w3.org/2000/svg\"").count()
            } else {
                0
            };
            assert_eq!(page.matches(link).count(), expected, "{link}");
        }
        assert_eq!(page.matches("<svg").count(), 3, "travel times and one diagram for each vehicle");
        assert_eq!(page.matches("class=\"ground\"").count(), 4, "two panels for each vehicle");
        assert_eq!(page.matches("<ul").count(), page.matches("</ul>").count());
        assert_eq!(page.matches("<div").count(), page.matches("</div>").count());
        assert!(page.find("<ul class=\"tiles\">").unwrap() > page.find("<h1>").unwrap());
    }

    #[test]
    fn all_text_is_escaped() {
        let page = page(50);
        for text in ["<b>bold", "a<script>", "Inter<sections", "<gap>", "6 & more"] {
            assert!(!page.contains(text), "{text}");
            assert!(page.contains(&escaped(text)), "{text}");
        }
    }

    #[test]
    fn page_stays_small_however_long_the_trips() {
        let page = page(40_000);
        assert!(page.len() < 1_000_000, "{}", page.len());
        assert!(page.contains("left out to keep the page small"));
    }

    #[test]
    fn scenario_without_emergency_vehicles_has_a_page_too() {
        let comparison = comparison(vec![("none", vec![run("none", 0, vec![], &[5.0])])]);
        let page = html(&comparison, &Summary::of(&comparison, Performance::default()), &[], &[]);
        assert!(page.contains("no emergency vehicle") && page.contains("All figures"));
        assert!(!page.contains("<svg"));
    }
}
