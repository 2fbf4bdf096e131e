"""Pages as a browser lays them out, measured by headless Chromium in frames of a given width."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from functools import partial
from html import unescape
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any

CHROMIUM = next((path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None)

# Loads one page after another into a frame, and writes what it measures into the document as JSON.
_MEASURE = """<!DOCTYPE html><meta charset="utf-8"><body style="margin:0"><iframe id="frame"></iframe><pre id="found"></pre><script>
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
  document.getElementById("found").textContent = JSON.stringify(found);
  document.title = "measured";
})();
</script>"""


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def widths(folder: Path, width: int = 390) -> dict[str, dict[str, Any]]:
    """Measure every page of a folder: the width that it needs, and elements that stick out and do not scroll."""
    pages = sorted(str(path.relative_to(folder)) for path in folder.rglob("*.html") if path.name != "404.html")
    probe = folder / "measure-widths.html"
    probe.write_text(_MEASURE.replace("WIDTH", str(width)).replace("PAGES", json.dumps(pages)), encoding="utf-8")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        with TemporaryDirectory() as profile:
            command = [
                str(CHROMIUM), "--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={profile}",
                "--window-size=1280,900", "--virtual-time-budget=60000", "--dump-dom",
                f"http://127.0.0.1:{server.server_port}/{probe.name}",
            ]  # fmt: skip
            run = subprocess.run(command, capture_output=True, text=True, timeout=300)
    finally:
        server.shutdown()
        probe.unlink()
    text = re.search(r'<pre id="found">(.*?)</pre>', run.stdout, re.DOTALL)
    assert text, run.stderr
    assert text[1], f"the pages were not measured: {run.stderr}"
    found: dict[str, dict[str, Any]] = json.loads(unescape(text[1]))
    return found
