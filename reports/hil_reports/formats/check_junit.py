"""A check as JUnit XML: a test suite per scenario, a test case per target and controller.

No times, so that the same flights give the same file.
"""

import xml.etree.ElementTree as ET
from collections.abc import Sequence

from hil_reports.formats.check_text import details, headline
from hil_reports.formats.junit import clean, count
from hil_reports.regression.checked import ERROR, Checked
from hil_reports.regression.difference import Verdict


def render(checked: Sequence[Checked]) -> str:
    """JUnit XML text: worse is a failure, what could not be flown an error, better a passed case that says so."""
    root = ET.Element("testsuites")
    for scenario in dict.fromkeys(one.scenario for one in checked):
        suite = ET.SubElement(root, "testsuite", name=clean(scenario))
        for one in checked:
            if one.scenario == scenario:
                _case(suite, one)
        count(suite, 0.0)
    ET.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _case(suite: ET.Element, one: Checked) -> None:
    name = f"{one.target}.{one.controller}"
    case = ET.SubElement(suite, "testcase", classname=clean(one.scenario), name=clean(name), time="0")
    properties = ET.SubElement(case, "properties")
    facts = {"verdict": one.verdict}
    if one.difference:
        facts |= {row.quantity: f"{row.new!r}, reference {row.old!r}" for row in one.difference.rows}
    for key, value in facts.items():
        ET.SubElement(properties, "property", name=clean(key), value=clean(value))
    text = "\n".join(details(one))
    if one.verdict == ERROR:
        ET.SubElement(case, "error", message=clean(one.error), type=ERROR)
    elif one.verdict == Verdict.WORSE:
        ET.SubElement(case, "failure", message=clean(headline(one)), type="WORSE").text = clean(f"\n{text}\n")
    elif text:
        ET.SubElement(case, "system-out").text = clean(f"\n{headline(one)}\n{text}\n")
