"""Takes the pictures of docs/screenshots out of the demo: ten pages, wide and narrow, the overview also in the dark.

`python -m tools.screenshots [--home DIR] [--out DIR] [--whole]`: builds the demo in DIR (default .sextant/demo)
unless it is there, serves it on a free port, and looks at it in Chromium. `--whole` takes each page to its end, to
be looked over by hand. A picture of more than 300 KB is an error: it would weigh on every clone.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MOST = 300_000
#: The window of each width: as high as what a reader sees at first, and a little more.
WINDOWS = {1440: 1000, 390: 1200}
COOKIE = "sessionid"


def _environment(home: Path) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("SEXTANT_") and k != "DATABASE_URL"}
    return {**kept, "SEXTANT_HOME": str(home), "SEXTANT_PROJECT_FOLDER": str(home / "form-reader")}


@contextmanager
def _served(home: Path) -> Iterator[str]:
    """The address of a server on the demo's home."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    command = [sys.executable, "-m", "sextant_cli.main", "serve", "--port", port, "--no-worker"]
    running = subprocess.Popen(command, env=_environment(home), stdout=subprocess.PIPE, text=True)
    try:
        for line in running.stdout or ():
            if line.startswith("Sextant is at "):
                yield line.split()[3].rstrip("/")
                return
        raise SystemExit("the server did not start; see above")
    finally:
        running.terminate()
        running.wait(30)


def _pages(home: Path) -> tuple[str, dict[str, str]]:
    """A session of the first admin, and the addresses of the pages by the names of their pictures."""
    os.environ.clear()
    os.environ.update(_environment(home), DJANGO_SETTINGS_MODULE="sextant_server.settings")
    import django

    django.setup()
    from django.contrib.auth.models import User
    from django.test import Client
    from django.urls import reverse

    from sextant.criteria import Origin
    from sextant.verdicts import Status
    from sextant_server.projects.models import Project
    from sextant_server.records.queries import project_state

    project = Project.objects.get(slug="form-reader")
    state = project_state(project)
    verdicts = {key: state.verdict(key) for key in state.criteria}
    key, told = next(
        (k, v)
        for k, v in verdicts.items()
        if v.status is Status.MET and v.origin is Origin.MEASURED and v.lower
    )
    browser = Client()
    browser.force_login(User.objects.filter(is_superuser=True).earliest("id"))

    def at(name: str, *more: str) -> str:
        return reverse(name, args=[project.slug, *more])

    pages = {
        "home": at("project"), "today": reverse("today"), "brief": at("brief"), "phase": at("phase", "evaluation"),
        "targets": at("targets"), "target": at("target", key), "evidence": at("evidence", told.evidence or ""),
        "risks": at("risks"), "timeline": at("timeline"), "meeting": at("meeting"),
    }  # fmt: skip
    return browser.cookies[COOKIE].value, pages


def _take(url: str, session: str, pages: dict[str, str], out: Path, whole: bool) -> list[Path]:
    from playwright.sync_api import sync_playwright

    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        raise SystemExit("no Chromium on this machine: install it (Debian, Ubuntu: apt install chromium)")
    made = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        for scheme, names in (("light", list(pages)), ("dark", list(pages) if whole else ["home"])):
            for width, height in WINDOWS.items():
                context = browser.new_context(
                    viewport={"width": width, "height": height}, color_scheme=scheme, reduced_motion="reduce"
                )
                context.add_cookies([{"name": COOKIE, "value": session, "url": url}])
                page = context.new_page()
                for name in names:
                    page.goto(url + pages[name], wait_until="networkidle")
                    file = out / f"{name}-{width}{'-dark' if scheme == 'dark' else ''}.png"
                    page.screenshot(path=file, full_page=whole)
                    made.append(file)
                context.close()
        browser.close()
    return made


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.screenshots", description=__doc__)
    parser.add_argument("--home", type=Path, default=ROOT / ".sextant" / "demo")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "screenshots")
    parser.add_argument("--whole", action="store_true", help="each page to its end, for looking it over")
    given = parser.parse_args(argv)
    home, out = given.home.resolve(), given.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    demo = [sys.executable, "-m", "sextant_cli.main", "demo", "--no-serve", "--home", str(home)]
    subprocess.run(demo, env=_environment(home), check=True)
    with _served(home) as url:
        made = _take(url, *_pages(home), out, given.whole)
    heavy = [f"{file.name} ({file.stat().st_size:,} bytes)" for file in made if file.stat().st_size > MOST]
    print(f"{len(made)} pictures in {out}")
    if heavy and not given.whole:
        print(f"Over {MOST:,} bytes: {', '.join(heavy)}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
