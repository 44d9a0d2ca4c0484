"""One figure per file, each a function of flights that gives an SVG string; the same flights give the same bytes."""
