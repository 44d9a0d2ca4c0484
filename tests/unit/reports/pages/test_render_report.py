import json
import re
import sys
import xml.etree.ElementTree as ET

import pytest
import yaml

from hil.core.errors import BadInput
from hil.core.types import LEVEL, ZERO3, Sample, Setpoint, State
from hil.log import Log, LogWriter
from hil_reports.formats.summary import summarise
from hil_reports.gather import gather
from hil_reports.render import write_report


def gather_summary(runs):
    return summarise(gather(runs))


@pytest.fixture(scope="module")
def report(campaign, tmp_path_factory):
    return write_report(campaign, tmp_path_factory.mktemp("report"))


def edit_result(run_dir, edit):
    path = run_dir / "result.json"
    data = json.loads(path.read_text())
    edit(data)
    path.write_text(json.dumps(data))


def values_on(page):
    return {float(value) for value in re.findall(r'<data value="([^"]+)">', page)}


def test_every_judged_value_is_on_the_page_in_full_precision(campaign, report):
    page = report.html.read_text()
    results = [json.loads((run / "result.json").read_text()) for run in campaign]
    judged = {m["value"] for result in results for m in result["measurements"] if m["limit"] is not None}
    assert judged <= values_on(page)


def test_the_page_follows_result_json_not_the_log(tmp_path, fly):
    run_dir = fly(tmp_path)
    edit_result(run_dir, lambda data: data["measurements"][0].update(value=0.0123456789))
    assert 0.0123456789 in values_on(write_report([run_dir], tmp_path / "out").html.read_text())


def test_the_mean_in_the_json_is_that_of_the_finished_flights(campaign, report):
    group = next(g for g in json.loads(report.json.read_text())["groups"] if g["outcome"] == "ABORTED")
    finished = [run["result"] for run in group["runs"] if run["result"]["outcome"] in ("PASS", "FAIL")]
    values = [result["measurements"][0]["value"] for result in finished]
    assert group["criteria"][0]["mean"]["value"] == pytest.approx(sum(values) / len(values), rel=1e-12)
    assert group["criteria"][0]["mean"]["n"] == len(values) < group["flights"]


@pytest.mark.parametrize("outcome", ["FAIL", "ABORTED", "ERROR"])
def test_a_bad_outcome_and_its_reason_show_in_every_format(tmp_path, fly, outcome):
    run_dir = fly(tmp_path)
    edit_result(run_dir, lambda data: data.update(outcome=outcome, reason="the reason of this test"))
    files = write_report([run_dir], tmp_path / "out")
    case = ET.parse(files.junit).find("testsuite/testcase")
    assert case.find("failure" if outcome == "FAIL" else "error").get("message") == "the reason of this test"
    assert json.loads(files.json.read_text())["outcome"] == outcome
    for path in (files.html, files.markdown):
        text = path.read_text()
        assert outcome in text.split("flights passed")[0]
        assert "the reason of this test" in text


def test_a_pass_is_a_pass_in_every_format(tmp_path, fly):
    files = write_report([fly(tmp_path)], tmp_path / "out")
    suite = ET.parse(files.junit).find("testsuite")
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("1", "0", "0")
    assert json.loads(files.json.read_text())["outcome"] == "PASS"
    assert "1 of 1 flights passed" in files.markdown.read_text()
    assert '<span class="verdict fail">' not in files.html.read_text()


def test_a_criterion_missed_by_one_flight_is_marked_missed(tmp_path, fly):
    page = write_report([fly(tmp_path), fly(tmp_path, repeat=1, wander_m=0.2)], tmp_path / "out").html.read_text()
    criteria = page.split('<table class="criteria">')[1].split("</table>")[0]
    assert '<span class="verdict fail">FAIL</span>' in criteria


def test_simulated_and_real_flights_are_told_apart(tmp_path, fly):
    simulated = write_report([fly(tmp_path / "a")], tmp_path / "s").html.read_text()
    real = write_report([fly(tmp_path / "b", simulated=False)], tmp_path / "r").html.read_text()
    assert 'class="kind simulated">SIMULATED' in simulated
    assert 'class="kind real"' not in simulated
    assert 'class="kind real">REAL FLIGHT' in real
    assert 'class="kind simulated"' not in real


def test_the_limit_that_applied_and_its_rationale_are_shown(report):
    page = report.html.read_text()
    assert "half the motor diagonal" in page
    assert "for sim, position-only" in page


def test_junit_times_are_planned_not_measured(campaign, report):
    times = {case.get("time") for case in ET.parse(report.junit).iter("testcase")}
    assert times == {"8", "12"}


def test_junit_names_each_flight_once(campaign, report):
    names = [(case.get("classname"), case.get("name")) for case in ET.parse(report.junit).iter("testcase")]
    assert len(names) == len(set(names)) == len(campaign)


def test_junit_tells_the_same_flight_flown_twice_apart(tmp_path, fly):
    files = write_report([fly(tmp_path), fly(tmp_path, utc="20260401T120500Z")], tmp_path / "out")
    first, second = (case.get("name") for case in ET.parse(files.junit).iter("testcase"))
    assert second == f"{first}.2"
    assert "not an independent repeat" in files.html.read_text()


HOSTILE = '<script>alert(1)</script>"|&\x00]]>'


def test_hostile_names_cannot_become_markup(tmp_path, fly):
    run_dir = fly(tmp_path, scenario=HOSTILE, controller="<img src=x onerror=alert(2)>", abort_at_s=4.0)
    edit_result(run_dir, lambda data: data.update(reason="</td><script>alert(3)</script>"))
    (run_dir / "manifest.json").write_text(json.dumps({"<script>": {"k": "</code><script>"}, "command": ["<script>"]}))
    files = write_report([run_dir], tmp_path / "out")
    page = files.html.read_text()
    assert page.count("<script") == 1  # the page's own
    assert "<img" not in page
    assert not re.search(r"(?<!\\)<(script|img)", files.markdown.read_text())
    assert ET.parse(files.junit).find("testsuite").get("name").startswith("<script>alert(1)</script>")


def test_hostile_names_cannot_become_markup_in_the_plots_of_several_setups(tmp_path, fly):
    names = ["<script>a</script>", "$\\frac{1}$", "_hidden"]
    runs = [fly(tmp_path, controller=name) for name in names]
    page = write_report(runs, tmp_path / "out").html.read_text()
    assert page.count("<script") == 1
    overlay = page.split('aria-label="distance to the reference of every setup')[1].split("</svg>")[0]
    assert "&lt;script&gt;a" in overlay
    assert "sim / _hidden" in overlay


def test_the_page_names_no_address_on_the_network(report):
    page = report.html.read_text()
    assert not re.search(r"https?://|//\w+\.\w+/|@import|url\((?!#)", page)


def test_a_page_of_twenty_repeats_stays_below_3_mb(tmp_path, fly):
    runs = [fly(tmp_path, repeat=repeat, task="figure_eight", duration_s=20.0) for repeat in range(20)]
    assert write_report(runs, tmp_path / "out").html.stat().st_size < 3_000_000


def test_ids_on_the_page_are_unique(report):
    ids = re.findall(r'\sid="([^"]+)"', report.html.read_text())
    assert len(ids) == len(set(ids))


def test_an_unreadable_folder_is_on_the_page_and_an_error_for_machines(tmp_path, fly):
    (tmp_path / "broken").mkdir()
    files = write_report([fly(tmp_path), tmp_path / "broken"], tmp_path / "out")
    assert "<code>broken</code>" in files.html.read_text()
    assert "broken" in files.markdown.read_text()
    assert json.loads(files.json.read_text())["damaged"][0]["folder"] == "broken"
    assert ET.parse(files.junit).find("testsuite[@name='unreadable run folders']").get("errors") == "1"


def test_only_unreadable_folders_are_bad_input_that_says_why(tmp_path):
    for name in ("broken", "empty"):
        (tmp_path / name).mkdir()
    with pytest.raises(BadInput, match=r"no flight could be read: broken: no samples\.parquet .*\(and 1 more\)"):
        write_report([tmp_path / "broken", tmp_path / "empty"], tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("out", ["file", "file/below", "/dev/null/x", "/proc/x", "x" * 300])
def test_an_output_folder_that_cannot_be_is_bad_input(tmp_path, fly, out):
    run_dir = fly(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInput, match="cannot be a folder"):
        write_report([run_dir], tmp_path / out)


def test_a_page_that_cannot_be_written_is_bad_input(tmp_path, fly):
    (tmp_path / "out" / "report.html").mkdir(parents=True)
    with pytest.raises(BadInput, match=r"report\.html: cannot be written"):
        write_report([fly(tmp_path)], tmp_path / "out")


@pytest.mark.parametrize("command", [3, None, True, ["hil", 3], {"a": []}])
def test_a_command_of_any_shape_is_reported(tmp_path, fly, command):
    run_dir = fly(tmp_path)
    (run_dir / "manifest.json").write_text(json.dumps({"command": command}))
    assert "1 of 1 flights passed" in write_report([run_dir], tmp_path / "out").html.read_text()


def test_half_a_surrogate_pair_in_a_name_is_no_end(tmp_path, fly):
    run_dir = fly(tmp_path, abort_at_s=4.0)
    edit_result(run_dir, lambda data: data.update(reason="left \ud800 the fence"))
    assert "left ? the fence" in write_report([run_dir], tmp_path / "out").html.read_text()


def test_a_headline_names_three_scenarios_and_counts_the_rest(tmp_path, fly):
    runs = [fly(tmp_path, scenario=name, duration_s=2.0) for name in ("a", "b", "c", "d", "e")]
    headline = gather_summary(runs).headline
    assert "Flown: 5 scenarios (a, b, c and 2 more), with 1 setup" in headline
    assert "Flown: a, b, c, with 1 setup" in gather_summary(runs[:3]).headline


def test_every_motor_has_a_line_of_its_own(report):
    plot = report.html.read_text().split('aria-label="motor commands over time"')[1].split("</svg>")[0]
    assert re.findall(r">(M\d)", plot) == ["M1", "M2", "M3", "M4"]


@pytest.mark.parametrize("folder", ["/home/somebody/flights", "/data/my flights/deep " + 12 * "and deeper "])
def test_no_format_says_where_a_recording_lies(tmp_path, fly, folder):
    run_dir = fly(tmp_path)
    recording = f"{folder}/circle one.csv"
    task = {"name": "hover", "vehicle": "/opt/bench/own.toml", "task": {"kind": "recorded", "flight": recording}}
    (run_dir / "scenario.yaml").write_text(yaml.safe_dump(task, width=120))
    command = f"hil run recorded --flight {recording} --out=/srv/runs ~/x/tuned.yaml sub/kept.yaml"
    (run_dir / "manifest.json").write_text(json.dumps({"command": command, "hashes": {"circle one.csv": "sha256:1"}}))
    files = write_report([run_dir], tmp_path / "out")
    page = files.html.read_text()
    assert "hil run recorded --flight circle one.csv --out=runs tuned.yaml sub/kept.yaml" in page
    assert "vehicle: own.toml" in page
    assert "flight: circle one.csv" in page
    for path in (files.html, files.markdown, files.json, files.junit):
        assert not re.search("somebody|my flights|and deeper|/opt|/srv", path.read_text()), path.name


def test_a_flight_without_motor_commands_is_reported_without_their_plot(tmp_path, fly):
    page = write_report([fly(tmp_path, record_motors=False)], tmp_path / "out").html.read_text()
    assert "Path in space" in page
    assert "Motor commands" not in page


def test_a_flight_without_positions_is_reported_without_a_number(tmp_path, fly):
    files = write_report([fly(tmp_path, record_position=False)], tmp_path / "out")
    (group,) = json.loads(files.json.read_text())["groups"]
    assert group["criteria"][0]["mean"] is None
    assert group["runs"][0]["result"]["measurements"][0]["value"] is None
    assert "NaN" not in files.json.read_text()
    assert "Path in space" not in files.html.read_text()


def test_a_flight_of_one_sample_is_reported(tmp_path, fly):
    run_dir = fly(tmp_path, duration_s=1.5)
    log = Log.open(run_dir)
    (run_dir / "samples.parquet").unlink()
    with LogWriter(log.info, run_dir) as writer:
        writer.append(Sample(0, 0.0, Setpoint((0.0, 0.0, 1.0)), State(ZERO3, ZERO3, LEVEL, ZERO3), None))
    page = write_report([run_dir], tmp_path / "out").html.read_text()
    assert "Error over time" in page


@pytest.mark.parametrize("missing", ["matplotlib", "jinja2", "scipy"])
def test_a_missing_extra_is_bad_input_that_says_what_to_install(tmp_path, fly, monkeypatch, missing):
    run_dir = fly(tmp_path)
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(BadInput) as error:
        write_report([run_dir], tmp_path / "out")
    assert error.value.hint == "pip install 'hil-bench[report]'"
