"""One plain function of a log per metric.

Each file answers one question about a flight (how far off, how soon settled, how busy the motors); `metric.py` says
what a metric is, `windows.py` which rows it looks at. A new metric is one function and one line in the registry.
"""
