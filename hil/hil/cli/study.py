"""`hil study`: a claim of the paper measured here, on a page with the published figures beside ours."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from hil.cli.train import Stopped, needed
from hil.core.errors import BadInput, unknown_name
from hil.core.whole_file import write_whole

Budget = Literal["quick", "paper"]
STUDIES = {
    "gradients": "hil_controllers.training.studies.gradients:Gradients",
    "training": "hil_controllers.training.studies.methods:Methods",
    "slopes": "hil_controllers.training.studies.slopes:Slopes",
    "ablation": "hil_controllers.training.studies.methods:Ablation",
}


def study(
    name: Annotated[str, typer.Argument(help=f"Which one: {', '.join(STUDIES)}.")],
    budget: Annotated[Budget, typer.Option(help="quick: an hour on two cores; paper: as the paper.")] = "quick",
    out: Annotated[Path, typer.Option(help="Folder of the page.")] = Path("docs/studies"),
    work: Annotated[
        Path | None,
        typer.Option(
            help="Folder of what is measured; goes on if there (default runs/study-…; training and ablation share one)."
        ),
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, max=256, help="Processes that measure side by side.")] = 1,
) -> None:
    """Measure a claim of the paper and write its page.

    Ctrl-C leaves what was measured: the same command goes on from there.
    """
    needed()
    from importlib import import_module

    from hil_controllers.training.studies.frame import measured

    if name not in STUDIES:
        raise BadInput(unknown_name("study", name, STUDIES))
    module, _, kind = STUDIES[name].partition(":")
    one = getattr(import_module(module), kind)()
    folder = work or Path("runs") / f"study-{one.kept_in}-{budget}"
    try:
        found = measured(
            one,
            budget,
            folder,
            jobs=jobs,
            listen=lambda cell, done, all_: print(f"{done:4d}/{all_} {cell}", flush=True),
        )
    except KeyboardInterrupt:
        raise Stopped(f"{name}: stopped; what was measured is in {folder}") from None
    page = out / f"{name}.md"
    text = f"# {one.title}\n\n```sh\nhil study {name} --budget {budget}\n```\n\n{one.page(found, budget)}"
    try:
        out.mkdir(parents=True, exist_ok=True)
        for file, drawing in one.pictures(found).items():
            write_whole(out / file, drawing.encode())
        write_whole(page, text.encode())
    except OSError as error:
        raise BadInput(f"{out}: cannot be written to: {error.strerror}", hint="choose another with --out") from error
    print(page)
