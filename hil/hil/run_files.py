"""Which files a run folder has."""

from pathlib import Path

PARQUET, PART, EVENTS = "samples.parquet", "samples.part", "events.jsonl"
SCENARIO, MANIFEST, RESULT = "scenario.yaml", "manifest.json", "result.json"
SAMPLES = (PARQUET, PART)
NETWORK, NEURONS = "network.json", "neurons.npz"  # of flights under a network
PIL = "pil.json"  # of flights whose network was on a chip
LINK = "link.json"  # of flights of a vehicle behind a link
RUN_FILES = (*SAMPLES, EVENTS, SCENARIO, MANIFEST, RESULT, NETWORK, NEURONS, PIL, LINK)


def is_run_folder(path: Path) -> bool:
    """Whether a flight was logged here, or began to be."""
    return path.is_dir() and any((path / name).exists() for name in (*SAMPLES, MANIFEST, RESULT))
