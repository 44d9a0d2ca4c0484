"""Claims of the paper, checked one by one: each study measures, and puts the published figures beside its own."""
