"""Where it flew: from above and from the side, against the reference, to scale."""

from collections.abc import Sequence

import numpy as np

from hil.log import Log
from hil_reports.plots.canvas import INK, MUTED, figure, series, svg
from hil_reports.plots.position_error import legend
from hil_reports.plots.thinning import every_nth


def draw(logs: Sequence[Log], *, name: str) -> str:
    """Top view (x, y) and side view (x, z), world frame, m, equal axes."""
    tracks = [every_nth(np.hstack([log.position, log.reference]), len(logs)) for log in logs]
    faint = max(0.25, 1.0 / len(logs) ** 0.5)
    with figure(4.0, columns=2) as (drawing, (above, side)):
        for axes, across, up in ((above, 0, 1), (side, 0, 2)):
            for i, (log, track) in enumerate(zip(logs, tracks, strict=True)):
                label = None if i else ("flown" if len(logs) == 1 else f"flown ({len(logs)} flights)")
                axes.plot(track[:, across], track[:, up], color=series(0), alpha=faint, linewidth=1.0, label=label)
                if log.aborted is not None:
                    axes.plot(*track[-1, [across, up]], marker="x", color=INK, markeredgewidth=1.6, linestyle="none")
            longest = max(tracks, key=len)
            x, y = longest[:, 3 + across], longest[:, 3 + up]
            dot = {"marker": "+", "markersize": 9} if max(np.ptp(x), np.ptp(y)) < 1e-3 else {"linestyle": (0, (4, 2))}
            axes.plot(x, y, color=INK, linewidth=1.2, label="reference", **dot)
            axes.set_aspect("equal", adjustable="datalim")
            axes.set_xlabel("x, m")
            axes.set_ylabel(f"{'xyz'[up]}, m")
            axes.set_title("from above" if up == 1 else "from the side", color=MUTED)
        legend(drawing, above)
        return svg(drawing, name=name, title="flown path from above and from the side")
