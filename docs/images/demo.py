# !/usr/bin/env python3
"""Draws demo.svg from the two runs of the demonstration.

Usage: demo.py runs/synthetic-dien-seed1 runs/synthetic-base-seed1 > demo.svg
"""

import json
import os
import sys

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 760, 320, 60, 190, 46, 46
LOW, HIGH = 0.5, 0.9


def epochs(run):
    with open(os.path.join(run, "metrics.jsonl")) as lines:
        return [json.loads(line)["validation"]["auc"] for line in lines]


def main():
    series = [("DIEN", "#2563eb", epochs(sys.argv[1])), ("BaseModel", "#9a6b00", epochs(sys.argv[2]))]
    most = max(len(values) for _, _, values in series)

    def x(epoch):
        return LEFT + (WIDTH - LEFT - RIGHT) * epoch / (most - 1)

    def y(auc):
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (auc - LOW) / (HIGH - LOW)

    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
        'font-family="sans-serif" font-size="13">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" rx="6" fill="#ffffff" stroke="#d0d7de"/>',
        f'<text x="{LEFT}" y="26" font-size="15" font-weight="bold" fill="#1f2328">'
        "AUC on validation users, by epoch (cargo run --release)</text>",
    ]
    for tick in range(5, 10):
        auc = tick / 10
        out.append(
            f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(auc):.1f}" y2="{y(auc):.1f}" stroke="#e6e9ed"/>'
        )
        out.append(
            f'<text x="{LEFT - 10}" y="{y(auc) + 4:.1f}" text-anchor="end" fill="#59636e">{auc:.1f}</text>'
        )
    for epoch in range(most):
        out.append(
            f'<text x="{x(epoch):.1f}" y="{HEIGHT - 18}" text-anchor="middle" fill="#59636e">'
            f"{epoch + 1}</text>"
        )
    for name, colour, values in series:
        points = " ".join(f"{x(i):.1f},{y(v):.1f}" for i, v in enumerate(values))
        out.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2.5"/>')
        out += [
            f'<circle cx="{x(i):.1f}" cy="{y(v):.1f}" r="3.5" fill="{colour}"/>' for i, v in enumerate(values)
        ]
        last = values[-1]
        out.append(
            f'<text x="{x(len(values) - 1) + 12:.1f}" y="{y(last) + 4:.1f}" fill="{colour}" '
            f'font-weight="bold">{name} {last:.3f}</text>'
        )
    print("\n".join(out + ["</svg>"]))


main()
