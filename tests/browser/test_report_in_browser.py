import pytest

from hil_reports.render import write_comparison, write_report, write_suite

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def pages(runs, suite, tmp_path_factory):
    out = tmp_path_factory.mktemp("pages")
    eights = [run for run in runs if "figure-eight" in run.name]
    a = [run for run in eights if "-geometric-" in run.name]
    b = [run for run in eights if "-snn-hover-" in run.name]
    return {
        "report": write_report(runs, out).html,
        "comparison": write_comparison(a, b, out).html,
        "suite": write_suite(*suite).html,
    }


def complaints(page, path):
    """Console errors, and requests for anything but the page itself."""
    return page.errors + [url for url in page.requests if url != path.as_uri()]


@pytest.mark.parametrize("which", ["report", "comparison", "suite"])
def test_the_page_loads_without_a_console_error_or_a_request(pages, load, which):
    assert complaints(load(pages[which]), pages[which]) == []


@pytest.mark.parametrize(
    "bad",
    [
        "<script>undefined_function()</script>",
        "<script>console.error('broken')</script>",
        '<img src="http://127.0.0.1:9/pixel.png">',
        '<link rel="stylesheet" href="http://127.0.0.1:9/fonts.css">',
        "<script>fetch('http://127.0.0.1:9/track')</script>",
    ],
)
@pytest.mark.parametrize("policy", ["kept", "removed"])
def test_a_page_with_a_bad_script_or_an_external_file_is_caught(pages, load, tmp_path, bad, policy):
    text = pages["report"].read_text().replace("</body>", f"{bad}</body>")
    if policy == "removed":
        text = text.replace("Content-Security-Policy", "X-Nothing")
    path = tmp_path / "bad.html"
    path.write_text(text)
    assert complaints(load(path), path) != []


@pytest.mark.parametrize("which", ["report", "comparison", "suite"])
@pytest.mark.parametrize("width", [400, 768, 1280])
def test_the_page_never_scrolls_sideways(pages, load, which, width):
    page = load(pages[which], width=width)
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_page_that_is_too_wide_is_caught(pages, load, tmp_path):
    path = tmp_path / "wide.html"
    path.write_text(pages["report"].read_text().replace("</main>", '<div style="width:900px">x</div></main>'))
    assert load(path, width=400).evaluate("document.documentElement.scrollWidth") > 400


CLIPPED = """[...document.querySelectorAll(".scroll")].filter((box) => box.scrollWidth > box.clientWidth)
    .map((box) => box.innerText.slice(0, 60))"""


@pytest.mark.parametrize("which", ["report", "comparison", "suite"])
@pytest.mark.parametrize("width", [1024, 1080, 1240, 1300, 1440])
def test_no_table_is_clipped_on_a_desktop(pages, load, which, width):
    assert load(pages[which], width=width).evaluate(CLIPPED) == []


def test_a_table_that_is_clipped_is_caught(pages, load, tmp_path):
    path = tmp_path / "clipped.html"
    path.write_text(
        pages["report"].read_text().replace('<td class="brief">', '<td class="brief" style="min-width:80rem">')
    )
    assert load(path, width=1300).evaluate(CLIPPED) != []


def test_dragging_turns_the_path_in_space(pages, load):
    page = load(pages["report"])
    flown = "document.querySelector('svg.turn .flown').getAttribute('points')"
    page.evaluate("document.querySelector('svg.turn').scrollIntoView({block: 'center', behavior: 'instant'})")
    box = page.evaluate(
        "(b => [b.x + b.width / 2, b.y + b.height / 2])(document.querySelector('svg.turn').getBoundingClientRect())"
    )
    before = page.evaluate(flown)
    page.mouse("mousePressed", *box, button="left", clickCount=1)
    page.mouse("mouseMoved", box[0] + 60, box[1] + 10, button="left", buttons=1)
    page.mouse("mouseReleased", box[0] + 60, box[1] + 10, button="left", clickCount=1)
    assert page.evaluate(flown) != before


def test_the_script_draws_what_the_static_view_shows_until_it_is_turned(pages, load):
    page = load(pages["report"])
    flown = "document.querySelector('svg.turn .flown').getAttribute('points').split(/[ ,]/).map(Number)"
    key = "document.querySelector('svg.turn').dispatchEvent(new KeyboardEvent('keydown', {{key: '{}'}}))"
    static = page.evaluate(flown)
    page.evaluate(key.format("ArrowLeft"))
    turned = page.evaluate(flown)
    page.evaluate(key.format("ArrowRight"))
    back = page.evaluate(flown)
    assert max(abs(a - b) for a, b in zip(static, turned, strict=True)) > 5.0
    assert max(abs(a - b) for a, b in zip(static, back, strict=True)) <= 0.31


@pytest.mark.parametrize("dark", [False, True])
def test_text_in_plots_contrasts_with_the_page(pages, load, dark):
    """At least 4.5 to 1, the WCAG 2.1 AA minimum for small text."""
    page = load(pages["report"], dark=dark)
    ratio = page.evaluate(
        """(() => {
          const light = (css) => {
            const rgb = css.match(/[\\d.]+/g).slice(0, 3).map((v) => v / 255);
            const [r, g, b] = rgb.map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
          };
          const text = light(getComputedStyle(document.querySelector("article svg.plot text")).fill);
          const card = light(getComputedStyle(document.querySelector("article")).backgroundColor);
          return (Math.max(text, card) + 0.05) / (Math.min(text, card) + 0.05);
        })()"""
    )
    assert ratio >= 4.5
