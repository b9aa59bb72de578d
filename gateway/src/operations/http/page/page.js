// The live page: what the event stream tells, drawn. Nothing is asked of another host, and nothing is changed anywhere.
"use strict";

const SVG = "http://www.w3.org/2000/svg";
const by = (id) => document.getElementById(id);
/** Junctions by key `area|id`: { area, junction, row } */
const junctions = new Map();
/** Schemes of areas: name -> promise of { junctions } */
const schemes = new Map();
let selected = null;
let drawn = null;
/** The gateway's clock less ours, in milliseconds. */
let ahead = 0;
let lastMessage = 0;
let lastTotals = null;

const now = () => Date.now() + ahead;
const element = (name, attributes = {}, text) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
};
const shape = (name, attributes = {}, text) => {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
};
/** Changes nothing where nothing changed: no reflow, no noise for screen readers. */
const say = (node, text) => { if (node.textContent !== text) node.textContent = text; };
const dress = (node, classes) => { if (node.getAttribute("class") !== classes) node.setAttribute("class", classes); };

// --- where it comes from -------------------------------------------------------------------------------------------------------------

async function begin() {
  try {
    const answer = await fetch("api/v1/snapshot", { cache: "no-store" });
    if (!answer.ok) throw new Error(String(answer.status));
    take(await answer.json());
  } catch { lost("no answer"); }
  follow();
}

function follow() {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(`${scheme}//${location.host}${location.pathname.replace(/[^/]*$/, "")}api/v1/events`);
  let opened = false;
  socket.onopen = () => { opened = true; };
  socket.onmessage = (event) => take(JSON.parse(event.data));
  socket.onclose = async () => {
    if (!opened) {
      // Some browsers show no password to a WebSocket: then it is asked for once a second.
      try {
        const answer = await fetch("api/v1/snapshot", { cache: "no-store" });
        if (answer.ok) take(await answer.json());
      } catch { /* told below */ }
    } else {
      // Junctions may be others now.
      schemes.clear();
      drawn = null;
    }
    setTimeout(follow, 1000);
  };
}

function lost(why) {
  say(by("ready"), why);
  dress(by("ready"), "badge bad");
}

function take(snapshot) {
  lastMessage = Date.now();
  ahead = snapshot.at_ms - Date.now();
  gateway(snapshot.gateway, snapshot.at_ms);
  for (const area of snapshot.areas) {
    for (const junction of area.junctions) {
      const key = `${area.name}|${junction.id}`;
      const known = junctions.get(key);
      if (known) known.junction = junction;
      else {
        junctions.set(key, { key, area: area.name, junction, row: row(key) });
        arrange();
      }
      list(junctions.get(key));
    }
  }
  if (selected === null && junctions.size > 0) {
    const asked = decodeURIComponent(location.hash.slice(1));
    select(junctions.has(asked) ? asked : junctions.keys().next().value);
  }
  if (snapshot.areas.some((area) => area.name === junctions.get(selected)?.area)) show();
}

// --- the gateway ---------------------------------------------------------------------------------------------------------------------

const duration = (us) => us < 1000 ? `${us} µs` : us < 1e6 ? `${(us / 1000).toFixed(us < 1e4 ? 1 : 0)} ms` : `${(us / 1e6).toFixed(1)} s`;

function gateway(state, at) {
  say(by("gateway"), state.name);
  document.title = `${state.ready ? "" : "⚠ "}Voorrang ${state.name}`;
  say(by("ready"), state.ready ? "ready" : "not ready");
  dress(by("ready"), state.ready ? "badge good" : "badge bad");
  const reasons = by("reasons");
  reasons.hidden = state.ready;
  say(reasons, state.reasons.map((reason) => reason.what).join(" · "));
  say(by("p50"), state.answers.count ? duration(state.answers.p50_us) : "–");
  say(by("p99"), state.answers.count ? duration(state.answers.p99_us) : "–");
  if (lastTotals === null || at - lastTotals.at >= 1900) {
    if (lastTotals !== null) {
      const seconds = (at - lastTotals.at) / 1000;
      say(by("rate"), `${Math.round((state.totals.received - lastTotals.received) / seconds)} /s`);
    }
    lastTotals = { at, received: state.totals.received };
  }
  say(by("refused"), String(state.totals.refused));
}

// --- the list ------------------------------------------------------------------------------------------------------------------------

function row(key) {
  const made = element("li", { role: "option", id: `row-${junctions.size}`, "aria-selected": "false" });
  made.append(element("b"), element("small"), element("span", { class: "marks" }));
  made.addEventListener("click", () => select(key));
  return made;
}

let arranging = false;
function arrange() {
  if (arranging) return;
  arranging = true;
  queueMicrotask(() => {
    arranging = false;
    const sorted = [...junctions.values()].sort((a, b) => a.junction.name.localeCompare(b.junction.name, undefined, { numeric: true }));
    by("junctions").replaceChildren(...sorted.map((entry) => entry.row));
    document.querySelector("main").classList.toggle("alone", junctions.size === 1);
    search();
  });
}

function list({ junction, row, area }) {
  const [name, small, marks] = row.children;
  say(name, junction.name);
  say(small, `${junction.id} · ${area === junction.name ? "" : `${area} · `}${junction.role === "control" ? junction.session : junction.role}`);
  const asks = junction.requests.length ? `⇠ ${junction.requests.length}` : "";
  const alarms = junction.alarms.length ? `! ${junction.alarms.length}` : "";
  const key = `${asks}|${alarms}`;
  if (marks.dataset.key !== key) {
    marks.dataset.key = key;
    marks.replaceChildren();
    if (alarms) marks.append(element("span", { class: "mark alarm", title: "alarms" }, alarms));
    if (asks) marks.append(element("span", { class: "mark asks", title: "requests" }, asks));
  }
}

function search() {
  const wanted = by("search").value.trim().toLowerCase();
  let found = 0;
  for (const { junction, area, row } of junctions.values()) {
    const fits = `${junction.name} ${junction.id} ${area} ${junction.role} ${junction.session}`.toLowerCase().includes(wanted);
    row.hidden = !fits;
    row.style.display = fits ? "" : "none";
    found += fits;
  }
  say(by("count"), wanted ? `${found} of ${junctions.size} junctions` : `${junctions.size} junctions`);
}

function select(key) {
  if (!junctions.has(key)) return;
  junctions.get(selected)?.row.setAttribute("aria-selected", "false");
  selected = key;
  const { row } = junctions.get(key);
  row.setAttribute("aria-selected", "true");
  by("junctions").setAttribute("aria-activedescendant", row.id);
  row.scrollIntoView({ block: "nearest" });
  history.replaceState(null, "", `#${encodeURIComponent(key)}`);
  show();
}

function step(by_) {
  const visible = [...document.querySelectorAll("#junctions li")].filter((each) => !each.hidden);
  if (visible.length === 0) return;
  const at = visible.findIndex((each) => each.getAttribute("aria-selected") === "true");
  visible[Math.min(Math.max(at + by_, 0), visible.length - 1)].click();
}

// --- the junction --------------------------------------------------------------------------------------------------------------------

const words = (status) => status.replaceAll("_", " ");
const KINDS = { motor: "Motor traffic", bicycle: "Bicycles", pedestrian: "Pedestrians", public_transport: "Public transport" };
const WISHES = { green: ["▲", "green wanted"], red: ["▼", "red wanted"], hold: ["■", "green held"], program: ["", ""] };

function lamp(aspect, size = 1) {
  const group = shape("g", { class: `lamp ${aspect ?? "unknown"}` });
  const scaled = (numbers) => numbers.map((number) => number * size).join(" ");
  if (aspect === "green") group.append(shape("circle", { r: 5 * size }));
  else if (aspect === "yellow") group.append(shape("path", { d: `M${scaled([0, -5.4])} L${scaled([5.6, 4.6])} L${scaled([-5.6, 4.6])} Z` }));
  else if (aspect === "red") group.append(shape("path", { d: `M${scaled([-4.7, -4.7])} L${scaled([4.7, -4.7])} L${scaled([4.7, 4.7])} L${scaled([-4.7, 4.7])} Z` }));
  else group.append(shape("path", { d: `M${scaled([-3.5, -3.5])} L${scaled([3.5, 3.5])} M${scaled([3.5, -3.5])} L${scaled([-3.5, 3.5])}` }));
  return group;
}

function show() {
  const entry = junctions.get(selected);
  if (!entry) return;
  const { junction, area } = entry;
  say(by("name"), junction.name);
  say(by("id"), junction.id);
  say(by("role"), junction.role);
  say(by("session"), junction.session);
  dress(by("session"), junction.role !== "control" ? "badge" : junction.in_control ? "badge good" : "badge bad");
  if (drawn?.key !== entry.key) prepare(entry, area);
  requests(junction);
  lamps(junction);
  alarms(junction);
  paint(junction);
  tick();
}

async function prepare(entry, area) {
  drawn = { key: entry.key, kinds: new Map(), stops: [], ways: [], arms: new Map(), vehicles: new Map() };
  by("scheme").replaceChildren();
  by("lamps").replaceChildren();
  if (!schemes.has(area)) {
    schemes.set(area, fetch(`api/v1/areas/${encodeURIComponent(area)}/scheme`).then((answer) => answer.ok ? answer.json() : { junctions: [] }));
  }
  const mine = drawn;
  let scheme;
  try {
    scheme = (await schemes.get(area)).junctions.find((each) => each.id === entry.junction.id);
  } catch { schemes.delete(area); }
  if (mine !== drawn || !scheme) return;
  for (const group of scheme.groups) drawn.kinds.set(group.name, group.kind);
  by("lamps").replaceChildren();
  draw(scheme);
  show();
}

function requests(junction) {
  const served = new Set(junction.requests.flatMap((request) => request.groups));
  if (drawn) drawn.served = served;
  say(by("requests-count"), junction.requests.length ? String(junction.requests.length) : "");
  const body = by("requests").tBodies[0];
  // Always room for some, so that nothing below moves.
  const rows = Math.max(4, junction.requests.length);
  while (body.rows.length < rows) { const made = body.insertRow(); for (let cell = 0; cell < 5; cell += 1) made.insertCell(); }
  while (body.rows.length > rows) body.deleteRow(-1);
  [...body.rows].forEach((made, place) => {
    const request = junction.requests[place];
    const cells = made.cells;
    dress(made, request || place === 0 ? "" : "empty");
    dress(cells[4], request ? "number" : "");
    dress(cells[3], request ? `status ${request.status}` : "");
    dress(cells[1], request || place > 0 || junction.requests.length ? "" : "nothing");
    say(cells[0], request ? String(request.number) : "");
    say(cells[1], request ? request.approach : place === 0 ? "none" : "");
    say(cells[2], request ? request.groups.join(" ") : "");
    say(cells[3], request ? words(request.status) : "");
    cells[4].dataset.eta = request?.eta_ms ?? "";
    if (!request) say(cells[4], "");
  });
}

function lamps(junction) {
  const box = by("lamps");
  if (box.childElementCount === 0) {
    const kinds = new Map();
    for (const group of junction.groups) {
      const kind = drawn?.kinds.get(group.name) ?? "motor";
      if (!kinds.has(kind)) kinds.set(kind, []);
      kinds.get(kind).push(group.name);
    }
    for (const [kind, names] of kinds) {
      if (kinds.size > 1) box.append(element("p", { class: "kind" }, KINDS[kind] ?? kind));
      const list = element("ul");
      for (const name of names) {
        const item = element("li", { "data-group": name });
        item.append(shape("svg", { viewBox: "-6 -6 12 12", "aria-hidden": "true" }), element("b", {}, name), element("small"), element("span"));
        list.append(item);
      }
      box.append(list);
    }
  }
  for (const group of junction.groups) {
    const item = box.querySelector(`li[data-group="${CSS.escape(group.name)}"]`);
    if (!item) continue;
    const [icon, , since, wish] = item.children;
    const aspect = group.aspect ?? "unknown";
    if (item.dataset.aspect !== aspect) {
      item.dataset.aspect = aspect;
      icon.replaceChildren(lamp(group.aspect));
    }
    item.setAttribute("title", `${group.name}: ${aspect}${WISHES[group.wish]?.[1] ? `, ${WISHES[group.wish][1]}` : ""}`);
    since.dataset.since = group.since_ms ?? "";
    say(wish, WISHES[group.wish]?.[0] ?? "");
    dress(wish, `wish ${group.wish}`);
    item.classList.toggle("served", drawn?.served?.has(group.name) ?? false);
  }
}

function alarms(junction) {
  say(by("alarms-count"), junction.alarms.length ? String(junction.alarms.length) : "");
  const box = by("alarms");
  const key = junction.alarms.map((alarm) => `${alarm.at_ms}${alarm.what}`).join("|") + selected;
  if (box.dataset.key === key) return;
  box.dataset.key = key;
  box.replaceChildren();
  if (junction.alarms.length === 0) box.append(element("li", { class: "nothing" }, "none"));
  for (const alarm of [...junction.alarms].reverse().slice(0, 50)) {
    const at = new Date(alarm.at_ms);
    const item = element("li");
    item.append(element("time", { datetime: at.toISOString() }, at.toISOString().slice(11, 19)), element("span", {}, alarm.what));
    box.append(item);
  }
}

// --- the scheme ----------------------------------------------------------------------------------------------------------------------

const along = (nodes, distance) => {
  let left = distance;
  for (let at = 0; at + 1 < nodes.length; at += 1) {
    const [x, y] = nodes[at];
    const [dx, dy] = [nodes[at + 1][0] - x, nodes[at + 1][1] - y];
    const length = Math.hypot(dx, dy);
    if (length > 0 && (left <= length || at + 2 === nodes.length)) {
      return { x: x + dx * left / length, y: y + dy * left / length, dx: dx / length, dy: dy / length };
    }
    left -= length;
  }
  return { x: nodes[0][0], y: nodes[0][1], dx: 1, dy: 0 };
};

/** A line cut where it leaves the circle. */
function within(nodes, radius) {
  const kept = [nodes[0]];
  for (let at = 1; at < nodes.length; at += 1) {
    const [a, b] = [nodes[at - 1], nodes[at]];
    if (Math.hypot(b[0], b[1]) <= radius) { kept.push(b); continue; }
    const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
    const [p, q, r] = [dx * dx + dy * dy, 2 * (a[0] * dx + a[1] * dy), a[0] * a[0] + a[1] * a[1] - radius * radius];
    const t = (-q + Math.sqrt(Math.max(q * q - 4 * p * r, 0))) / (2 * p);
    if (t > 0) kept.push([a[0] + dx * Math.min(t, 1), a[1] + dy * Math.min(t, 1)]);
    break;
  }
  return kept;
}

/** The line round all points (Andrew's monotone chain). */
function hull(points) {
  const sorted = [...points].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const half = (some) => {
    const line = [];
    for (const point of some) {
      const turnsRight = () => {
        const [a, b] = line.slice(-2);
        return (b[0] - a[0]) * (point[1] - a[1]) - (b[1] - a[1]) * (point[0] - a[0]) <= 0;
      };
      while (line.length >= 2 && turnsRight()) line.pop();
      line.push(point);
    }
    return line.slice(0, -1);
  };
  return [...half(sorted), ...half(sorted.reverse())];
}

function draw(scheme) {
  const svg = by("scheme");
  const near = Math.max(12, ...scheme.lanes.map((lane) => Math.hypot(...lane.nodes[0])));
  const radius = near + 30;
  const view = radius + 5;
  svg.setAttribute("viewBox", `${-view} ${-view} ${2 * view} ${2 * view}`);
  const flip = ([x, y]) => `${x.toFixed(2)},${(-y).toFixed(2)}`;
  const [roads, ways, bars, plates, top] = Array.from({ length: 5 }, () => shape("g"));
  const lanes = new Map(scheme.lanes.map((lane) => [lane.id, lane]));
  roads.append(shape("polygon", { class: "square", points: hull(scheme.lanes.flatMap((lane) => {
    const { x, y, dx, dy } = along(lane.nodes, 0);
    return [-1, 1].map((side) => [x - side * dy * lane.width_m / 2, y + side * dx * lane.width_m / 2]);
  })).map(flip).join(" ") }));
  for (const lane of scheme.lanes) {
    const line = within(lane.nodes, radius);
    roads.append(shape("polyline", { class: `lane ${lane.direction}`, "stroke-width": (lane.width_m * 0.92).toFixed(2), points: line.map(flip).join(" ") }));
  }
  for (const connection of scheme.connections) {
    const [from, to] = [lanes.get(connection.from), lanes.get(connection.to)];
    if (!from || !to) continue;
    const [a, b] = [along(from.nodes, 0), along(to.nodes, 0)];
    const reach = Math.hypot(a.x - b.x, a.y - b.y) * 0.45;
    const curve = `M${flip([a.x, a.y])} C${flip([a.x - a.dx * reach, a.y - a.dy * reach])} ${flip([b.x - b.dx * reach, b.y - b.dy * reach])} ${flip([b.x, b.y])}`;
    const way = shape("path", { class: "way", d: curve });
    ways.append(way);
    drawn.ways.push({ way, group: connection.group });
  }
  const arms = new Map();
  for (const lane of scheme.lanes.filter((each) => each.direction === "ingress")) {
    if (!arms.has(lane.approach)) arms.set(lane.approach, []);
    arms.get(lane.approach).push(lane);
    const at = along(lane.nodes, lane.stop_line_m);
    lane.groups.forEach((group, place) => {
      // Lanes of several groups: their bars stand behind each other.
      const off = 0.6 + place * 1.5;
      const [cx, cy] = [at.x + at.dx * off, at.y + at.dy * off];
      const half = lane.width_m * 0.44;
      const bar = shape("line", {
        class: "stop", "stroke-width": "1.1", x1: (cx - at.dy * half).toFixed(2), y1: (-(cy + at.dx * half)).toFixed(2),
        x2: (cx + at.dy * half).toFixed(2), y2: (-(cy - at.dx * half)).toFixed(2),
      });
      bars.append(bar);
      const out = 4.6 + place * 8.4;
      const [px, py] = [at.x + at.dx * out, at.y + at.dy * out];
      const plate = shape("g", { transform: `translate(${px.toFixed(2)} ${(-py).toFixed(2)})`, "data-group": group });
      // Along the lane where that is level, across it where it is upright: names stay readable.
      const upright = Math.abs(at.dy) > Math.abs(at.dx);
      const frame = upright ? { x: -1.55, y: -3.1, width: 3.1, height: 6.2, rx: 0.7 } : { x: -3.1, y: -1.55, width: 6.2, height: 3.1, rx: 0.7 };
      plate.append(shape("rect", { class: "plate", ...frame }));
      const icon = shape("g", { transform: upright ? "translate(0 -1.4)" : "translate(-1.55 0)" });
      // Two digits fill a plate; longer names are written smaller.
      const size = Math.min(2.2, 2.9 / (0.64 * group.length)).toFixed(2);
      plate.append(icon, shape("text", { ...(upright ? { x: 0, y: 1.5 } : { x: 1.2, y: 0.1 }), "font-size": size }, group));
      plates.append(plate);
      drawn.stops.push({ group, bar, plate, icon });
    });
  }
  for (const [approach, itsLanes] of arms) {
    const middle = itsLanes.map((lane) => along(lane.nodes, 0)).reduce((sum, at) => ({ x: sum.x + at.x / itsLanes.length, y: sum.y + at.y / itsLanes.length, dx: at.dx, dy: at.dy }), { x: 0, y: 0 });
    const label = within([[middle.x, middle.y], [middle.x + middle.dx * 300, middle.y + middle.dy * 300]], radius + 2.4).at(-1);
    const turned = Math.abs(middle.dx) > Math.abs(middle.dy) ? ` rotate(${middle.dx > 0 ? 90 : -90})` : "";
    top.append(shape("text", { class: "arm", transform: `translate(${flip(label).replace(",", " ")})${turned}` }, approach));
    drawn.arms.set(approach, { lanes: itsLanes, radius });
  }
  const north = shape("g", { transform: `translate(${view - 5} ${-view + 6})` });
  north.append(shape("path", { class: "north", d: "M0 3V-3M-1.4 -1.2 0 -3 1.4 -1.2" }), shape("text", { y: 4.8, class: "arm" }, "N"));
  drawn.top = shape("g");
  svg.replaceChildren(roads, ways, bars, plates, top, north, drawn.top);
}

function paint(junction) {
  if (!drawn?.top) return;
  const aspects = new Map(junction.groups.map((group) => [group.name, group.aspect]));
  for (const { group, bar, plate, icon } of drawn.stops) {
    const aspect = aspects.get(group) ?? null;
    dress(bar, `stop ${aspect ?? "unknown"}`);
    dress(plate.firstChild, drawn.served?.has(group) ? "plate served" : "plate");
    if (icon.dataset.aspect !== String(aspect)) {
      icon.dataset.aspect = String(aspect);
      icon.replaceChildren(lamp(aspect, 0.19));
      plate.setAttribute("aria-label", `${group} ${aspect ?? "not known"}`);
    }
  }
  for (const { way, group } of drawn.ways) {
    const aspect = group === null ? null : aspects.get(group);
    dress(way, aspect === "green" || aspect === "yellow" ? `way ${aspect}` : "way");
  }
  const alive = new Set();
  for (const request of junction.requests) {
    const arm = drawn.arms.get(request.approach);
    if (!arm || request.eta_ms === null) continue;
    alive.add(request.number);
    if (!drawn.vehicles.has(request.number)) {
      const vehicle = shape("g", { class: "vehicle", "data-request": request.number });
      vehicle.append(shape("rect", { x: -2.3, y: -1.25, width: 4.6, height: 2.5, rx: 0.7 }));
      const eta = shape("text", { class: "eta" });
      drawn.top.append(vehicle, eta);
      drawn.vehicles.set(request.number, { vehicle, eta });
    }
    const lane = arm.lanes.find((each) => each.groups.some((group) => request.groups.includes(group))) ?? arm.lanes[0];
    Object.assign(drawn.vehicles.get(request.number), { lane, arm, at: request.eta_ms });
  }
  for (const [number, { vehicle, eta }] of drawn.vehicles) {
    if (!alive.has(number)) { vehicle.remove(); eta.remove(); drawn.vehicles.delete(number); }
  }
}

/** What goes on between two messages: countdowns, and how long lamps have shown what they show. */
function tick() {
  const at = now();
  if (lastMessage > 0) say(by("time"), new Date(at).toISOString().slice(11, 19));
  for (const cell of document.querySelectorAll("#requests td[data-eta]")) {
    if (cell.dataset.eta === "") continue;
    const seconds = Math.round((Number(cell.dataset.eta) - at) / 1000);
    say(cell, seconds > 0 ? `in ${seconds} s` : seconds === 0 ? "now" : `${-seconds} s ago`);
    cell.classList.toggle("soon", seconds <= 15);
  }
  for (const since of document.querySelectorAll("#lamps small[data-since]")) {
    const seconds = since.dataset.since === "" ? null : Math.max(0, Math.floor((at - Number(since.dataset.since)) / 1000));
    const long = seconds === null ? "" : seconds < 100 ? `${seconds} s` : seconds < 6000 ? `${Math.floor(seconds / 60)} min` : `${Math.floor(seconds / 3600)} h`;
    say(since, long);
  }
  for (const { vehicle, eta, lane, arm, at: expected } of drawn?.vehicles.values() ?? []) {
    const seconds = (expected - at) / 1000;
    // Ten metres a second on the scheme, and at its rim whoever is farther.
    const room = arm.radius - 1 - Math.hypot(...lane.nodes[0]);
    const distance = Math.min(Math.max(seconds * 10, 0), room) + lane.stop_line_m;
    const place = along(lane.nodes, distance);
    const angle = -Math.atan2(place.dy, place.dx) * 180 / Math.PI;
    vehicle.setAttribute("transform", `translate(${place.x.toFixed(2)} ${(-place.y).toFixed(2)}) rotate(${angle.toFixed(1)})`);
    const aside = lane.width_m * 0.5 + 2.6;
    eta.setAttribute("transform", `translate(${(place.x - place.dy * aside).toFixed(2)} ${(-(place.y + place.dx * aside)).toFixed(2)})`);
    say(eta, seconds > 0.5 ? `${Math.round(seconds)} s` : "now");
  }
  if (lastMessage > 0 && Date.now() - lastMessage > 5000) lost(`no news for ${Math.round((Date.now() - lastMessage) / 1000)} s`);
}

// --- keys and colours ----------------------------------------------------------------------------------------------------------------

function theme(name) {
  document.documentElement.dataset.theme = name;
  try { localStorage.setItem("theme", name); } catch { /* private windows keep nothing */ }
}
let kept = null;
try { kept = localStorage.getItem("theme"); } catch { /* the same */ }
document.documentElement.dataset.theme = kept ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
by("theme").addEventListener("click", () => theme(document.documentElement.dataset.theme === "dark" ? "light" : "dark"));
by("search").addEventListener("input", search);
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const inList = event.target === by("junctions") || event.target === by("search");
  if (event.key === "/" && event.target !== by("search")) { by("search").focus(); event.preventDefault(); }
  else if (event.key === "Escape" && event.target === by("search")) { by("search").value = ""; search(); by("junctions").focus(); }
  else if (inList && event.key === "ArrowDown") { step(1); event.preventDefault(); }
  else if (inList && event.key === "ArrowUp") { step(-1); event.preventDefault(); }
});
window.addEventListener("hashchange", () => select(decodeURIComponent(location.hash.slice(1))));
setInterval(tick, 250);
begin();
