"""A chapter in a real browser: JupyterLab on 127.0.0.1, driven by Playwright.

    with open_chapter("chapters/00_start_here.ipynb", theme="dark", width=700) as chapter:
        chapter.run_all()
        chapter.slider("learning rate").press("ArrowRight", times=3)
        chapter.screenshot("shot.png")

    python -m tests.browser chapters/00_start_here.ipynb --theme dark --width 700 --out shot.png

The command runs the chapter and saves pictures of the whole scrolled page: shot-01.png, ... The
chapter's folder is copied first, and nothing of the user's Jupyter settings is read or written.
"""

import argparse
import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from tests.refresh_chapters import surroundings

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
)
TOKEN = "workbook"  # the server listens on this machine alone, for the length of a test
SETTINGS = {
    "@jupyterlab/apputils-extension/notification": {
        "fetchNews": "false",
        "checkForUpdates": False,
    },
    # every cell in the page, whether scrolled to or not: for screenshots and searches
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
}


def find_browser() -> str | None:
    """A Chromium or Chrome on this machine, or None."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    return found or next((place for place in PLACES if Path(place).exists()), None)


@contextlib.contextmanager
def jupyterlab(folder: Path, theme: str):
    """A JupyterLab that serves `folder`, with settings of its own; its address."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as made:
        own = Path(made)
        themes = {"theme": f"JupyterLab {theme.capitalize()}"}
        settings = SETTINGS | {"@jupyterlab/apputils-extension/themes": themes}
        for name, values in settings.items():
            file = own / "settings" / f"{name}.jupyterlab-settings"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(values))
        places = {
            "JUPYTER_CONFIG_DIR": "config",
            "JUPYTER_DATA_DIR": "data",
            "JUPYTER_RUNTIME_DIR": "runtime",
            "JUPYTERLAB_SETTINGS_DIR": "settings",
            "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
            "IPYTHONDIR": "ipython",
        }
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
        command += ["--expose-app-in-browser", "--ServerApp.ip=127.0.0.1"]
        command += [f"--ServerApp.port={port}", "--ServerApp.port_retries=0"]
        command += [f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={folder}"]
        environment = os.environ | surroundings() | {k: str(own / v) for k, v in places.items()}
        with open(own / "log.txt", "w+") as log:
            server = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=own)
            try:
                wait_for_server(port, server, own / "log.txt")
                yield f"http://127.0.0.1:{port}"
            finally:
                server.terminate()
                try:
                    server.wait(10)
                except subprocess.TimeoutExpired:
                    server.kill()
                    server.wait()


def wait_for_server(port: int, server: subprocess.Popen, log: Path, seconds: float = 60) -> None:
    """Return when JupyterLab answers. RuntimeError, with the end of its log: it does not."""
    request = f"http://127.0.0.1:{port}/api/status?token={TOKEN}"
    end = time.monotonic() + seconds
    while time.monotonic() < end and server.poll() is None:
        try:
            with urllib.request.urlopen(request, timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text()[-3000:]}")


@contextlib.contextmanager
def open_chapter(path, theme: str = "light", width: int = 1000, height: int = 900):
    """The chapter at `path`, open in a browser with its kernel ready: a `Chapter`."""
    from playwright.sync_api import sync_playwright

    path = Path(path).resolve(strict=True)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        copied = Path(folder).resolve() / path.parent.name
        shutil.copytree(path.parent, copied, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
        with (
            jupyterlab(copied.parent, theme) as address,
            sync_playwright() as playwright,
            playwright.chromium.launch(executable_path=find_browser(), args=FLAGS) as browser,
        ):
            page = browser.new_page(viewport={"width": width, "height": height})
            page.set_default_timeout(60_000)
            page.goto(f"{address}/doc/tree/{copied.name}/{path.name}?token={TOKEN}")
            yield Chapter(page)


class Chapter:
    """A notebook open in JupyterLab. `page` is Playwright's page, for anything more."""

    NOTEBOOK = "window.jupyterapp.shell.currentWidget"

    def __init__(self, page):
        self.page = page
        page.wait_for_function(f"window.jupyterapp && {self.NOTEBOOK}?.context")
        # Not before the kernel has answered: a command given while it starts is lost.
        page.evaluate(
            f"""async () => {{
                await window.jupyterapp.restored;
                const context = {self.NOTEBOOK}.context;
                await context.ready;
                await context.sessionContext.ready;
                await context.sessionContext.session.kernel.info;
            }}"""
        )

    def command(self, name: str) -> None:
        """Execute one of JupyterLab's commands, such as "notebook:run-all-cells"."""
        self.page.evaluate("name => window.jupyterapp.commands.execute(name)", name)

    def cells(self) -> list[dict]:
        """The code cells as they stand now, in the notebook format."""
        cells = self.page.evaluate(f"() => {self.NOTEBOOK}.content.model.toJSON().cells")
        return [cell for cell in cells if cell["cell_type"] == "code"]

    def run_all(self, seconds: float = 120) -> None:
        """Run every cell from an empty slate; return when each has its number."""
        self.command("notebook:clear-all-cell-outputs")
        assert not any(cell["execution_count"] for cell in self.cells())
        self.command("notebook:run-all-cells")
        end = time.monotonic() + seconds
        while not all(c["execution_count"] or not "".join(c["source"]) for c in self.cells()):
            if self.errors():
                return
            if time.monotonic() > end:
                unrun = [c["source"] for c in self.cells() if not c["execution_count"]]
                raise TimeoutError(f"after {seconds} s these cells had not run: {unrun}")
            self.page.wait_for_timeout(100)

    def errors(self) -> list[str]:
        """The errors in the cells' outputs (but for cells whose error is the lesson), and those of
        widgets that the page could not show."""
        texts = ("Click to show javascript error", "Error displaying widget")
        broken = [text for text in texts if self.page.get_by_text(text).count()]
        return broken + [
            f"{output['ename']}: {output['evalue']}"
            for cell in self.cells()
            if "raises-exception" not in cell["metadata"].get("tags", [])
            for output in cell["outputs"]
            if output["output_type"] == "error"
        ]

    def evaluate(self, code: str, seconds: float = 30) -> str:
        """Ask the chapter's kernel, as another cell would; what the expression gives, as text."""
        return self.page.evaluate(
            f"""async ([code, seconds]) => {{
                const kernel = {self.NOTEBOOK}.context.sessionContext.session.kernel;
                const asked = kernel.requestExecute(
                    {{code: "", user_expressions: {{x: code}}, store_history: false}});
                const late = new Promise((_, no) => setTimeout(no, 1000 * seconds, "no answer"));
                const reply = await Promise.race([asked.done, late]);
                return reply.content.user_expressions.x.data["text/plain"];
            }}""",
            [code, seconds],
        )

    def slider(self, label: str) -> "Slider":
        """The first slider so labelled."""
        return Slider(self.page, label)

    def screenshot(self, path) -> None:
        """What the window shows now."""
        self.page.screenshot(path=str(path))

    def screenshots(self, path) -> list[Path]:
        """The whole page, a window's height at a time: shot.png gives shot-01.png, ..."""
        pane = self.page.locator(".jp-WindowedPanel-outer").first
        # JupyterLab leaves a window's height of nothing below the last cell
        whole, shown = pane.evaluate(
            """pane => {
                const cells = pane.querySelectorAll(".jp-Cell");
                const last = cells[cells.length - 1].getBoundingClientRect();
                const top = pane.getBoundingClientRect().top;
                return [last.bottom - top + pane.scrollTop, pane.clientHeight];
            }"""
        )
        saved = []
        for number, top in enumerate(range(0, int(whole), int(shown) - 40), 1):
            pane.evaluate("(pane, top) => pane.scrollTo(0, top)", top)
            self.page.wait_for_timeout(250)
            saved.append(Path(path).with_stem(f"{Path(path).stem}-{number:02d}"))
            self.screenshot(saved[-1])
        return saved


class Slider:
    """One slider of an Explorer, and the picture that it moves."""

    def __init__(self, page, label: str):
        words = page.locator(".widget-label").get_by_text(label, exact=True)
        self.handle = page.locator(".widget-slider", has=words).first.locator(".noUi-handle").first
        self.picture = page.locator(".widget-vbox", has=self.handle).locator("img").first

    def press(self, key: str, times: int = 1) -> None:
        """Move it by the keyboard: "ArrowRight", "PageUp", "Home", ..."""
        self.handle.scroll_into_view_if_needed()
        self.handle.focus()
        for _ in range(times):
            self.handle.press(key)

    def value(self) -> float:
        """Where the handle stands (of a log slider, the exponent)."""
        return float(self.handle.get_attribute("aria-valuenow"))

    def pixels(self) -> bytes:
        """The picture as the page shows it, as PNG."""
        return self.picture.screenshot()

    def pixels_after(self, before: bytes, seconds: float = 30) -> bytes:
        """The picture once it no longer looks like `before` (or at the end of the time)."""
        end = time.monotonic() + seconds
        while (now := self.pixels()) == before and time.monotonic() < end:
            time.sleep(0.05)
        return now


def main() -> None:
    """The command line: see this file's opening lines."""
    options = argparse.ArgumentParser(description="Run a chapter in a browser and photograph it.")
    options.add_argument("path")
    options.add_argument("--theme", choices=("light", "dark"), default="light")
    options.add_argument("--width", type=int, default=1000)
    options.add_argument("--height", type=int, default=900)
    options.add_argument("--out", default="shot.png")
    options.add_argument("--as-stored", action="store_true", help="do not run it first")
    chosen = options.parse_args()
    with open_chapter(chosen.path, chosen.theme, chosen.width, chosen.height) as chapter:
        if not chosen.as_stored:
            chapter.run_all()
        for error in chapter.errors():
            print(error)
        chapter.page.wait_for_timeout(1000)
        print(*chapter.screenshots(chosen.out), sep="\n")


if __name__ == "__main__":
    main()
