"""What flights say: metrics, verdicts, comparisons, reports."""
