"""The report as JUnit XML: a test suite per scenario, a test case per flight.

Times are the planned durations, not how long anything took, so that the same flights give the same file.
"""

import re
import xml.etree.ElementTree as ET
from collections import Counter

from hil.core.outcome import Outcome
from hil.core.types import TRUTH
from hil_reports.formats.summary import Summary
from hil_reports.gather import Flight

# what XML 1.0 cannot carry at all, not even escaped
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def render(summary: Summary) -> str:
    """The report as JUnit XML text. An unreadable folder is an error in a suite of its own."""
    root = ET.Element("testsuites")
    for scenario, groups in summary.data.by_scenario().items():
        suite = ET.SubElement(root, "testsuite", name=clean(scenario))
        flights = [flight for group in groups for flight in group.flights]
        names = Counter[str]()
        for flight in flights:
            name = f"{flight.result.target}.{flight.result.controller}.s{flight.result.seed}"
            names[name] += 1
            _case(suite, flight, name if names[name] == 1 else f"{name}.{names[name]}")
        count(suite, sum(flight.log.info.planned_duration_s for flight in flights))
    if summary.data.damaged:
        suite = ET.SubElement(root, "testsuite", name="unreadable run folders")
        for damaged in summary.data.damaged:
            case = ET.SubElement(suite, "testcase", classname="unreadable", name=clean(damaged.name), time="0")
            ET.SubElement(case, "error", message=clean(damaged.why))
        count(suite, 0.0)
    ET.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _case(suite: ET.Element, flight: Flight, name: str) -> None:
    result, info = flight.result, flight.log.info
    case = ET.SubElement(
        suite,
        "testcase",
        classname=clean(result.scenario),
        name=clean(name),
        time=f"{info.planned_duration_s:g}",
    )
    properties = ET.SubElement(case, "properties")
    facts = {"repeat": str(result.repeat), "simulated": str(info.simulated).lower(), "run": flight.name}
    facts |= {} if info.state_source == TRUTH else {"error_against": info.state_source}
    facts |= {m.metric: repr(m.value) for m in result.measurements if m.value is not None}
    for name, value in facts.items():
        ET.SubElement(properties, "property", name=clean(name), value=clean(value))
    if result.outcome is Outcome.FAIL:
        ET.SubElement(case, "failure", message=clean(result.reason), type="FAIL")
    elif result.outcome is not Outcome.PASS:
        ET.SubElement(case, "error", message=clean(result.reason), type=result.outcome.value)


def count(suite: ET.Element, time_s: float) -> None:
    """Fill in how many cases a finished suite has, failed or in error."""
    suite.set("tests", str(len(suite.findall("testcase"))))
    suite.set("failures", str(len(suite.findall("testcase/failure"))))
    suite.set("errors", str(len(suite.findall("testcase/error"))))
    suite.set("skipped", "0")
    suite.set("time", f"{time_s:g}")


def clean(text: str) -> str:
    """The text without the characters that XML cannot carry."""
    return _FORBIDDEN.sub("\ufffd", text)
