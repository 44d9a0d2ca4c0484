"""One file per format a report is written in; all say what `summary` found, so they cannot disagree."""
