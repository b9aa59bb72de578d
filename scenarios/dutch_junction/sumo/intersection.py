#!/usr/bin/env python3
"""Turns the imported intersection file into that of a Dutch junction: crossings, intergreens, loops, synchronisations, modules.

    python3 intersection.py             writes ../intersections/00001_J.toml
    python3 intersection.py --report    prints the matrix and what was checked, writes nothing

Lanes and connections are kept as the import wrote them, so run it after each `voorrang-sim import`; running it twice changes nothing.
Plain Python, no dependencies.

Intergreens follow the conflict-zone method of the Dutch guideline, pair by pair:

    clearing(i) = (s_i + length_i) / v_i      from its stop line until its rear has left the conflict zone
    entering(j) = s_j / v_j                   from its stop line to the conflict zone, flying start (the safe side)
    intergreen(i, j) = yellow_i + clearing(i) - entering(j), not below 0, rounded up to 0.1 s

Distances come from the ways over the junction in network.jsonl and from the crossings below. The guideline's own numbers are not public;
the speeds and lengths here are the usual textbook values.
"""

import json
import math
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
FOLDER = HERE.parent
FILE = FOLDER / "intersections" / "00001_J.toml"

# --- What is assumed about road users -------------------------------------------------------------------------------------------

CLEARING_MPS = {"straight": 12.0, "turn": 7.5, "bicycle": 5.0, "pedestrian": 1.2}
# None: at once, whatever the distance.
ENTERING_MPS = {"straight": 14.0, "turn": 10.0, "bicycle": 8.3, "pedestrian": None}
CAR_M, BUS_M, BICYCLE_M = 6.0, 12.0, 2.0
# Yellow; for pedestrians the flashing green, in which they may still start.
YELLOW_S = {"straight": 3.5, "turn": 3.0, "bicycle": 2.0, "pedestrian": 3.0}

# Two ways meet where their centre lines come this close: the width of a lorry.
MEETING_M = 2.6
# Lanes beside each other on the way out: a driver on the right of way may choose either.
BESIDE_M = 3.4

# --- The junction -----------------------------------------------------------------------------------------------------------------

LANE_M = 3.25
# Signal groups by arm: right, straight, left.
ARMS = {"E": ("01", "02", "03"), "S": ("04", "05", "06"), "W": ("07", "08", "09"), "N": ("10", "11", "12")}
# By arm: bicycle crossing, pedestrian half over the lanes in, pedestrian half over the lanes out.
CROSSINGS = {"E": ("22", "31", "32"), "S": ("24", "33", "34"), "W": ("26", "35", "36"), "N": ("28", "37", "38")}
OUTWARD = {"E": (1, 0), "S": (0, -1), "W": (-1, 0), "N": (0, 1)}
# To the right as seen by those who come in.
RIGHTWARD = {"E": (0, 1), "S": (1, 0), "W": (0, -1), "N": (-1, 0)}
# From the middle outwards along the arm, m: bicycles nearest to the junction, then pedestrians, then the stop line (26 and 29 m).
BICYCLES_AT = {"E": (16.0, 20.0), "W": (16.0, 20.0), "N": (19.0, 23.0), "S": (19.0, 23.0)}
PEDESTRIANS_AT = {"E": (20.5, 24.5), "W": (20.5, 24.5), "N": (23.5, 27.5), "S": (23.5, 27.5)}
# Across the arm, m, positive towards the lanes in: kerbs of the lanes in and of the lanes out. Between them lies the island.
LANES_IN = {"E": (1.5, 14.5), "W": (1.5, 14.5), "N": (1.5, 11.25), "S": (1.5, 11.25)}
LANES_OUT = {"E": (-11.25, -4.75), "W": (-11.25, -4.75), "N": (-8.0, -1.5), "S": (-8.0, -1.5)}
BICYCLE_STOP_LINE_M = 1.0

# Straight on and left into the same way out: not left to the lane that drivers choose there.
ALSO_CONFLICTS = [("05", "09"), ("03", "11")]
# Partial conflicts: right turns of the side road with the parallel crossing of the main road's arm.
PARTIAL = {"04": ("22", "32"), "10": ("26", "36")}
LEAD_S = 2.0
WALKING_MPS = 1.2

MODULES = [
    ("ML1", ["02", "08", "24", "28", "33", "34", "37", "38"]),
    ("ML2", ["01", "03", "07", "09"]),
    ("ML3", ["04", "05", "10", "11", "22", "26", "31", "32", "35", "36"]),
    ("ML4", ["06", "12"]),
]
WAITING_GREEN = ["02", "08"]

MAX_GREEN_S = {
    "01": 12, "02": 24, "03": 14, "04": 18, "05": 18, "06": 12, "07": 12, "08": 24, "09": 14, "10": 18, "11": 18, "12": 12,
}  # fmt: skip
BICYCLE_MAX_GREEN_S = 12
MIN_GREEN_S = {"straight": 4, "turn": 4, "bicycle": 4, "pedestrian": 5}
FIXED_GREEN_S = {"straight": 5, "turn": 5, "bicycle": 6}
MIN_RED_S = {"straight": 2, "turn": 2, "bicycle": 1, "pedestrian": 1}

# From the stop line to the downstream edge and length, m.
LOOPS = [("a", "stop_line_loop", 1, 1.5), ("b", "long_loop", 12, 15), ("c", "far_loop", 70, 1.5)]


def kind(group):
    number = int(group)
    if number > 30:
        return "pedestrian"
    if number > 20:
        return "bicycle"
    return "straight" if number % 3 == 2 else "turn"


def arm_of(group):
    table = ARMS if int(group) <= 12 else CROSSINGS
    return next(arm for arm, groups in table.items() if group in groups)


GROUPS = sorted([g for groups in ARMS.values() for g in groups] + [g for groups in CROSSINGS.values() for g in groups])


# --- Geometry ---------------------------------------------------------------------------------------------------------------------


def samples(shape, step=0.1):
    """Points along a line with their distance from its start."""
    found, start = [], 0.0
    for (ax, ay), (bx, by) in zip(shape, shape[1:]):
        length = math.hypot(bx - ax, by - ay)
        for i in range(int(length / step)):
            part = i * step / length
            found.append((start + i * step, (ax + (bx - ax) * part, ay + (by - ay) * part)))
        start += length
    found.append((start, tuple(shape[-1])))
    return found


def distance_to(point, shape):
    best = math.inf
    for (ax, ay), (bx, by) in zip(shape, shape[1:]):
        dx, dy = bx - ax, by - ay
        along = ((point[0] - ax) * dx + (point[1] - ay) * dy) / (dx * dx + dy * dy)
        along = min(1.0, max(0.0, along))
        best = min(best, math.hypot(point[0] - ax - along * dx, point[1] - ay - along * dy))
    return best


def shared(shape, other, apart):
    """Where a way enters and leaves the zone that it shares with another, from its stop line; None where they do not meet."""
    inside = [at for at, point in samples(shape) if distance_to(point, other) < apart]
    return (inside[0], inside[-1]) if inside else None


def in_crossing(shape, arm, band, side):
    """Where a way is on a crossing: from and to along the way, and the strip that it takes of the crossing's width."""
    out, right = OUTWARD[arm], RIGHTWARD[arm]
    along, across = [], []
    for at, (x, y) in samples(shape):
        outwards, rightwards = x * out[0] + y * out[1], x * right[0] + y * right[1]
        if band[0] <= outwards <= band[1] and (rightwards > 0) == side:
            along.append(at)
            across.append(rightwards)
    if not along:
        return None
    return (along[0], along[-1]), (min(across) - LANE_M / 2, max(across) + LANE_M / 2)


# --- Intergreens ------------------------------------------------------------------------------------------------------------------


def clearing(group, s):
    length = {"bicycle": BICYCLE_M, "pedestrian": 0.0}.get(kind(group), BUS_M if group == "02" else CAR_M)
    return (s + length) / CLEARING_MPS[kind(group)]


def entering(group, s):
    speed = ENTERING_MPS[kind(group)]
    return 0.0 if speed is None else s / speed


class Matrix:
    """Full conflicts: from the end of one group's green to the start of the other's."""

    def __init__(self, ways):
        self.times = {}
        motor = sorted(ways)
        for first in motor:
            for second in motor:
                if first < second and arm_of(first) != arm_of(second):
                    chosen = (first, second) in ALSO_CONFLICTS
                    apart = BESIDE_M if chosen else MEETING_M
                    for a in ways[first]:
                        for b in ways[second]:
                            self.meet(first, shared(a, b, apart), second, shared(b, a, apart))
        for arm, (bicycles, half_in, half_out) in CROSSINGS.items():
            kerbs = (LANES_OUT[arm][0], LANES_IN[arm][1])
            for group in motor:
                for way in ways[group]:
                    incoming = group in ARMS[arm]
                    half, own = (half_in, LANES_IN[arm]) if incoming else (half_out, LANES_OUT[arm])
                    self.cross(group, in_crossing(way, arm, PEDESTRIANS_AT[arm], incoming), half, own, 0.0)
                    self.cross(group, in_crossing(way, arm, BICYCLES_AT[arm], incoming), bicycles, kerbs, BICYCLE_STOP_LINE_M)

    def meet(self, first, on_first, second, on_second):
        if on_first and on_second:
            self.note(first, on_first[1], second, on_second[0])
            self.note(second, on_second[1], first, on_first[0])

    def cross(self, group, found, crossing, kerbs, stop_line):
        """A crossing is used in both directions: the farther kerb to clear it, the nearer one to enter."""
        if not found:
            return
        along, strip = found
        low, high = max(strip[0], kerbs[0]), min(strip[1], kerbs[1])
        leave = stop_line + max(high - kerbs[0], kerbs[1] - low)
        enter = stop_line + min(low - kerbs[0], kerbs[1] - high)
        self.note(group, along[1], crossing, enter)
        self.note(crossing, leave, group, along[0])

    def note(self, ending, leaves_at, starting, enters_at):
        if starting in PARTIAL.get(ending, ()) or ending in PARTIAL.get(starting, ()):
            return
        time = YELLOW_S[kind(ending)] + clearing(ending, leaves_at) - entering(starting, enters_at)
        # Up to the next tenth, but for what rounding of numbers adds.
        time = max(0.0, math.ceil(round(time * 10, 6)) / 10)
        self.times[ending, starting] = max(time, self.times.get((ending, starting), 0.0))

    def conflict(self, a, b):
        return (a, b) in self.times


# --- Groups -----------------------------------------------------------------------------------------------------------------------


def crossing_length(group):
    arm = arm_of(group)
    low, high = LANES_IN[arm] if group == CROSSINGS[arm][1] else LANES_OUT[arm]
    return high - low


def fixed_green(group):
    """Pedestrians get past the middle of their half before the flashing green."""
    if kind(group) == "pedestrian":
        return max(MIN_GREEN_S["pedestrian"], math.ceil(crossing_length(group) / 2 / WALKING_MPS))
    return FIXED_GREEN_S[kind(group)]


def longest_green(group):
    if kind(group) == "pedestrian":
        return fixed_green(group)
    return MAX_GREEN_S.get(group, BICYCLE_MAX_GREEN_S)


def follow(arm):
    """Over the lanes out and the island, to the start of the half over the lanes in."""
    return math.ceil((LANES_IN[arm][0] - LANES_OUT[arm][0]) / WALKING_MPS)


# --- Checks -----------------------------------------------------------------------------------------------------------------------


def check(matrix, links):
    wrong = []
    for a, b in matrix.times:
        if (b, a) not in matrix.times:
            wrong.append(f"{a}-{b} stands one way only")
    turns = [group for _, primary in MODULES for group in primary]
    for group in GROUPS:
        if turns.count(group) != 1:
            wrong.append(f"{group} is primary {turns.count(group)} times")
    for name, primary in MODULES:
        wrong += [f"{a} and {b} conflict in {name}" for a in primary for b in primary if a < b and matrix.conflict(a, b)]
    # Whatever the simulator takes for foes has to be a conflict here.
    guarded = {number: link["signal"]["group"] for number, link in enumerate(links) if link.get("signal")}
    for number, group in guarded.items():
        for foe in links[number]["foes"]:
            if not matrix.conflict(group, guarded[foe[0]]):
                wrong.append(f"the ways of {group} and {guarded[foe[0]]} meet, but are no conflict")
    # Intergreens of a round may not be undercut by a detour: i, k, j with a green of k in between.
    for i, j in matrix.times:
        for k in GROUPS:
            if (i, k) in matrix.times and (k, j) in matrix.times:
                detour = matrix.times[i, k] + MIN_GREEN_S[kind(k)] + matrix.times[k, j]
                if detour < matrix.times[i, j] - 1e-9:
                    wrong.append(f"{i}-{k}-{j} is quicker than {i}-{j}")
    return wrong


def shortest_round(matrix, asking):
    """All modules in turn with fixed greens: from one start of 02 to the next, once the rounds repeat."""
    ended, starts = {}, []
    for _ in range(4):
        for _, primary in MODULES:
            groups = [group for group in primary if group in asking]
            # A module's turn has come when all of the one before are green, which their starts below imply.
            earliest = {g: max((ended[k] + matrix.times[k, g] for k in ended if (k, g) in matrix.times), default=0.0) for g in groups}
            for half_in, half_out in ((halves[1], halves[2]) for halves in CROSSINGS.values()):
                if half_out in groups:
                    earliest[half_out] = max(earliest[half_out], earliest[half_in])
            for turn, crossings in PARTIAL.items():
                if turn in groups:
                    earliest[turn] = max([earliest[turn]] + [earliest[c] + LEAD_S for c in crossings if c in groups])
            if "02" in groups:
                starts.append(earliest["02"])
            for group in groups:
                ended[group] = earliest[group] + fixed_green(group)
            for arm, (_, half_in, half_out) in CROSSINGS.items():
                if half_out in groups:
                    ended[half_in] = max(ended[half_in], ended[half_out] + follow(arm))
    return starts[-1] - starts[-2]


def report(matrix):
    print("intergreens, s: from the end of the row's green to the start of the column's")
    print("     " + "".join(f"{g:>5}" for g in GROUPS))
    for a in GROUPS:
        cells = [f"{matrix.times[a, b]:5.1f}" if (a, b) in matrix.times else "    ." for b in GROUPS]
        print(f"{a:>4} " + "".join(cells))
    pairs = len(matrix.times) // 2
    short = [(a, b) for (a, b), time in matrix.times.items() if time < YELLOW_S[kind(a)]]
    print(f"\n{len(GROUPS)} groups, {pairs} full conflicts, {sum(len(to) for to in PARTIAL.values())} partial conflicts")
    print(f"{min(matrix.times.values())} to {max(matrix.times.values())} s; shorter than the yellow of the ending group: {len(short)}")
    hardest = max((time, a, b) for (a, b), time in matrix.times.items() if kind(a) == "pedestrian")
    print(f"longest clearance of pedestrians: {hardest[1]} to {hardest[2]}, {hardest[0]} s")
    shortest = longest = 0.0
    for (name, now), (_, then) in zip(MODULES, MODULES[1:] + MODULES[:1]):
        clearance = max(matrix.times.get((a, b), 0.0) for a in now for b in then)
        shortest += max(map(fixed_green, now)) + clearance
        longest += max(map(longest_green, now)) + clearance
        print(f"{name}: fixed green {max(map(fixed_green, now))} s, longest {max(map(longest_green, now))} s, then {clearance} s")
    print(f"by fixed and longest greens alone: {shortest:.1f} and {longest:.1f} s")
    print(f"shortest round with everybody asking, follow greens included: {shortest_round(matrix, GROUPS):.1f} s")
    motor = [group for group in GROUPS if int(group) <= 12]
    print(f"shortest round of motor traffic alone: {shortest_round(matrix, motor):.1f} s")
    print("\nswitching time of each group, s: longest rest of minimum green and intergreen; with the follow green of a crossing")
    for group in GROUPS:
        foes = [g for g in GROUPS if matrix.conflict(g, group)]
        worst = max((MIN_GREEN_S[kind(g)] + matrix.times[g, group], g) for g in foes)
        followed = []
        for arm, (_, half_in, half_out) in CROSSINGS.items():
            if half_in in foes:
                followed.append((MIN_GREEN_S["pedestrian"] + follow(arm) + matrix.times[half_in, group], half_in))
        tail = f", {max(followed)[0]:.1f} after {max(followed)[1]} following" if followed else ""
        print(f"  {group}: {worst[0]:.1f} after {worst[1]}{tail}")


# --- Writing ----------------------------------------------------------------------------------------------------------------------


def number(value):
    return f"{value:g}"


def quoted(names):
    return ", ".join(f'"{name}"' for name in names)


def group_row(group):
    kinds = {"straight": "motor", "turn": "motor"}
    parts = [
        f'name = "{group}"',
        f"signal_group = {int(group)}",
        f'type = "{kinds.get(kind(group), kind(group))}"',
        f"min_green_s = {MIN_GREEN_S[kind(group)]}",
        f"fixed_green_s = {fixed_green(group)}",
        f"max_green_s = {longest_green(group)}",
        f"yellow_s = {number(YELLOW_S[kind(group)])}",
        f"min_red_s = {MIN_RED_S[kind(group)]}",
    ]
    return "{ " + ", ".join(parts) + " }"


def detector_rows(lanes_of):
    for group in GROUPS:
        if int(group) <= 12:
            for place, lane in enumerate(lanes_of[group], 1):
                for letter, loop, distance, length in LOOPS:
                    yield (
                        f'{{ name = "{group}_{place}{letter}", type = "{loop}", lane = {lane}, group = "{group}", '
                        f"distance_m = {number(distance)}, length_m = {number(length)} }}"
                    )
        elif kind(group) == "bicycle":
            # One for each direction.
            for place in (1, 2):
                yield f'{{ name = "{group}_{place}a", type = "stop_line_loop", group = "{group}", distance_m = 0.5, length_m = 1.5 }}'
                yield f'{{ name = "k{group}_{place}", type = "push_button", group = "{group}" }}'
        else:
            # At the pavement and on the island.
            for place in "ab":
                yield f'{{ name = "k{group}{place}", type = "push_button", group = "{group}" }}'


def synchronisation_rows():
    for turn, crossings in PARTIAL.items():
        for crossing in crossings:
            yield f'{{ type = "lead_start", group = "{crossing}", before = "{turn}", lead_s = {number(LEAD_S)} }}'
    for arm, (_, half_in, half_out) in CROSSINGS.items():
        yield f'{{ type = "follow_green", group = "{half_in}", after = "{half_out}", follow_s = {follow(arm)} }}'


def rows_of(text, key):
    """The rows of a list, as the import wrote them."""
    found = re.search(rf"^{key} = \[\n(.*?)^\]", text, re.M | re.S)
    return found.group(1).rstrip("\n")


def lengthened(row, lengths):
    """A lane of the straight direction begins where its arm does, not where the bays do: those who come are seen from there."""
    lane = int(re.search(r"lane = (\d+)", row).group(1))
    if lane not in lengths:
        return row
    near, far = lengths[lane]
    nodes = json.loads(re.search(r"nodes = (\[.*\])", row).group(1))
    metres = max(abs(nodes[1][0] - nodes[0][0]) * 111_257, abs(nodes[1][1] - nodes[0][1]) * 68_540)
    if metres > near + 50:
        return row  # It is so already.
    ends = [round(a + (b - a) * far / near, 7) for a, b in zip(*nodes)]
    return re.sub(r"nodes = \[.*\]", f"nodes = {json.dumps([nodes[0], ends])}", row)


def arm_names(rows):
    names = {"N": "north", "E": "east", "S": "south", "W": "west"}
    return re.sub(r'name = "([NESW])S_J"', lambda found: f'name = "{names[found.group(1)]}"', rows)


def main():
    lines = [json.loads(line) for line in (FOLDER / "network.jsonl").read_text().splitlines()]
    links = [line["link"] for line in lines if "link" in line]
    edges = {line["edge"]["id"]: line["edge"] for line in lines if "edge" in line}
    ways, lanes_of, lengths = {}, {}, {}
    for link in links:
        if link.get("signal"):
            group, lane = link["signal"]["group"], link["signal"]["lane"]
            ways.setdefault(group, []).append(link["shape"])
            lanes_of.setdefault(group, []).append(lane)
            arm = link["from"][0][0]
            near = edges[f"{arm}S_J"]["lanes"][0]["length_m"]
            # Whole arm: the bays' beginning takes the room between the two edges.
            start, end = edges[f"{arm}_{arm}S"]["lanes"][0]["shape"][0], edges[f"{arm}S_J"]["lanes"][1]["shape"][-1]
            whole = max(abs(start[0] - end[0]), abs(start[1] - end[1]))
            if kind(group) == "straight":
                lengths[lane] = (near, whole)
    matrix = Matrix(ways)
    wrong = check(matrix, links)
    if "--report" in sys.argv:
        report(matrix)
    for what in wrong:
        print("wrong:", what, file=sys.stderr)
    if wrong:
        sys.exit(1)
    if "--report" in sys.argv:
        return

    text = FILE.read_text()
    out = [
        "# A Dutch junction of four arms. Written by sumo/intersection.py from the import of the plan; its README tells where each number is from.",
        "schema = 1",
        'name = "Dutch junction"',
        "region = { value = 0, assumed = true }",
        "id = { value = 1, assumed = true }",
        "reference = { value = [52.09, 5.12], assumed = true }",
        "",
        "# 01 to 12 motor traffic, clockwise from the eastern arm, each right, straight, left; 22 to 28 bicycles; 31 to 38 pedestrians, odd over",
        "# the lanes in, even over the lanes out.",
        "groups = [",
        *(f"  {group_row(group)}," for group in GROUPS),
        "]",
        "",
        "approaches = [",
        arm_names(rows_of(text, "approaches")),
        "]",
        "",
        "lanes = [",
        *(lengthened(row, lengths) for row in rows_of(text, "lanes").splitlines()),
        "]",
        "",
        "connections = [",
        rows_of(text, "connections"),
        "]",
        "",
        "# a at the stop line, b long, c far. Bicycles and pedestrians have no lane here: somebody else presses for them.",
        "detectors = [",
        *(f"  {row}," for row in detector_rows(lanes_of)),
        "]",
        "",
        "# Right turns of the side road give way to the crossing beside them, which starts earlier.",
        "permissive = [",
        *(f'  {{ yields = "{turn}", to = [{quoted(crossings)}] }},' for turn, crossings in PARTIAL.items()),
        "]",
        "",
        "# Whoever starts over the lanes out gets over the whole arm; the other way one may have to wait on the island.",
        "synchronisations = [",
        *(f"  {row}," for row in synchronisation_rows()),
        "]",
        "",
        "# From the end of a row's green to the start of another's, yellow included.",
        "[intergreen_s]",
    ]
    for a in GROUPS:
        cells = [f'"{b}" = {number(matrix.times[a, b])}' for b in GROUPS if (a, b) in matrix.times]
        out.append(f'"{a}" = {{ {", ".join(cells)} }}')
    out += [
        "",
        "[program.actuated]",
        f"waiting_green = [{quoted(WAITING_GREEN)}]",
        "modules = [",
        *(f'  {{ name = "{name}", primary = [{quoted(primary)}] }},' for name, primary in MODULES),
        "]",
    ]
    FILE.write_text("\n".join(out) + "\n")


if __name__ == "__main__":
    main()
