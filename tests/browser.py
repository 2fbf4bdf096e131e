"""Pages as a browser lays them out, measured by headless Chromium in frames of a given width."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)

# Loads one page after another into a frame, and posts what it measures as JSON.
_MEASURE = """<!DOCTYPE html><meta charset="utf-8"><body style="margin:0"><iframe id="frame"></iframe><script>
const found = {}, frame = document.getElementById("frame"), width = WIDTH;
frame.style.cssText = `width:${width}px;height:844px;border:0`;
function scrolls(node) {
  for (let at = node; at && at.nodeType === 1; at = at.parentElement)
    if (at !== node.ownerDocument.documentElement && ["auto", "scroll", "hidden", "clip"].includes(
        node.ownerDocument.defaultView.getComputedStyle(at).overflowX)) return true;
  return false;
}
function measured(page) {
  const root = page.scrollingElement;
  const wide = [...page.body.querySelectorAll("*")].filter(
    node => node.getBoundingClientRect().right > width + 1 && !scrolls(node) && node.getClientRects().length);
  return {width: root.scrollWidth, wide: wide.slice(0, 5).map(node => node.outerHTML.slice(0, 120))};
}
(async () => {
  for (const name of PAGES) {
    await new Promise(done => { frame.onload = done; frame.src = name; });
    found[name] = measured(frame.contentDocument);
  }
  await fetch("/", {method: "POST", body: JSON.stringify(found)});
})();
</script>"""


class _Server(ThreadingHTTPServer):
    """Serves a folder, and keeps what is posted."""

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        self.posted: Queue[bytes] = Queue()
        super().__init__(("127.0.0.1", 0), partial(_Handler, directory=str(folder)))


class _Handler(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        self.server.posted.put(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(204)
        self.end_headers()


def widths(folder: Path, width: int = 390) -> dict[str, dict[str, Any]]:
    """Measure every page of a folder: the width that it needs, and elements that stick out and do not scroll."""
    pages = sorted(str(path.relative_to(folder)) for path in folder.rglob("*.html") if path.name != "404.html")
    probe = folder / "measure-widths.html"
    probe.write_text(_MEASURE.replace("WIDTH", str(width)).replace("PAGES", json.dumps(pages)), encoding="utf-8")
    server = _Server(folder)
    Thread(target=server.serve_forever, daemon=True).start()
    with TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [
            str(CHROMIUM), "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
            "--window-size=1280,900", f"--user-data-dir={profile}", f"http://127.0.0.1:{server.server_port}/{probe.name}",
        ]  # fmt: skip
        browser = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        try:
            found: dict[str, dict[str, Any]] = json.loads(server.posted.get(timeout=120))
        finally:
            os.killpg(browser.pid, signal.SIGKILL)
            browser.wait()
            server.shutdown()
            server.server_close()
            probe.unlink()
    return found
