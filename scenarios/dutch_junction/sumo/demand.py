#!/usr/bin/env python3
"""Draws the demand of the junction: a Poisson stream for each movement, buses by their timetable, emergency trips.

    python3 demand.py | gzip -n -9 > dutch_junction.rou.xml.gz

Plain Python, no dependencies. The same seed gives the same file.
"""

import random

SEED = 1
END_S = 3600

# Signal group of the movement: vehicles in an hour, share of trucks, first and last arm.
MOVEMENTS = {
    "01": (60, 0.03, "E", "N"),
    "02": (600, 0.06, "E", "W"),
    "03": (80, 0.04, "E", "S"),
    "04": (60, 0.03, "S", "E"),
    "05": (190, 0.03, "S", "N"),
    "06": (120, 0.03, "S", "W"),
    "07": (60, 0.03, "W", "S"),
    "08": (380, 0.06, "W", "E"),
    "09": (150, 0.04, "W", "N"),
    "10": (60, 0.03, "N", "W"),
    "11": (140, 0.03, "N", "S"),
    "12": (70, 0.03, "N", "E"),
}

# A bus every 7.5 minutes, straight on from the east.
BUS_FIRST_S, BUS_HEADWAY_S, BUS_ROUTE = 120, 450, ("E", "W")

# Planned departure, name, first and last arm: two straight on along the main road, one along the side road, three that turn left.
EMERGENCY = [
    (1020, "ambulance1", "E", "W"),
    (1470, "fire1", "W", "N"),
    (1920, "ambulance2", "S", "N"),
    (2370, "police1", "E", "S"),
    (2790, "fire2", "N", "E"),
    (3210, "ambulance3", "W", "E"),
]

TYPES = """\
  <vType id="car" vClass="passenger" length="4.5" minGap="2.5" accel="2.6" decel="4.5" sigma="0.5" tau="1.0" maxSpeed="50" speedFactor="normc(1,0.1,0.7,1.3)"/>
  <vType id="truck" vClass="truck" length="10" minGap="2.5" accel="1.3" decel="4.0" sigma="0.5" tau="1.2" maxSpeed="25" speedFactor="normc(0.95,0.08,0.7,1.1)"/>
  <vType id="bus" vClass="bus" length="12" minGap="2.5" accel="1.2" decel="4.0" sigma="0.5" tau="1.2" maxSpeed="23.6" speedFactor="normc(0.95,0.05,0.8,1.05)"/>
  <vType id="ev" vClass="emergency" length="6.5" minGap="2.0" accel="2.8" decel="5.0" sigma="0.2" tau="1.0" maxSpeed="40" speedFactor="1.4" guiShape="emergency"/>"""


def edges(first, last):
    return f"{first}_{first}S {first}S_J J_{last}"


def main():
    rows = []
    for group, (per_hour, trucks, first, last) in MOVEMENTS.items():
        # A stream of its own: changing one movement leaves the others as they are.
        draw = random.Random(f"{SEED}/{group}")
        at = draw.expovariate(per_hour / 3600)
        while at < END_S:
            kind = "truck" if draw.random() < trucks else "car"
            rows.append((at, kind, first, last, None))
            at += draw.expovariate(per_hour / 3600)
    at = BUS_FIRST_S
    while at < END_S:
        rows.append((at, "bus", *BUS_ROUTE, f"bus{len([r for r in rows if r[1] == 'bus']) + 1}"))
        at += BUS_HEADWAY_S
    for at, name, first, last in EMERGENCY:
        rows.append((at, "ev", first, last, name))
    rows.sort(key=lambda row: row[0])
    print("<routes>")
    print(TYPES)
    number = 0
    for at, kind, first, last, name in rows:
        if name is None:
            name, number = f"v{number}", number + 1
        print(
            f'  <vehicle id="{name}" type="{kind}" depart="{at:.2f}" departLane="best" departSpeed="max" departPos="base">'
            f'<route edges="{edges(first, last)}"/></vehicle>'
        )
    print("</routes>")


if __name__ == "__main__":
    main()
