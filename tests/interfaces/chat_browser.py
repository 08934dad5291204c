"""Starts the real chat in a process of its own and drives a real Chromium, for the browser tests and benchmarks."""

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.common.exceptions import ElementClickInterceptedException, StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.wait import WebDriverWait

WAIT_S = 60
ROOT = Path(__file__).parents[2]
_FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-dev-shm-usage"
).split()


def find_browser():
    """Give the paths of Chromium and its driver; skip without them, but never where CI promises them."""
    found = shutil.which("chromium"), shutil.which("chromedriver")
    if not all(found):
        reason = "Chromium and its driver are not installed (Debian: apt install chromium chromium-driver)"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)
    return found


@contextlib.contextmanager
def chat(sources, index):
    """Run ``assistant chat`` on a free port until the block ends; give its address."""
    # The hashing embedder loads at once; strictness 0 because the fitted confidence belongs to the real model.
    environment = {**os.environ, "ASSISTANT_MODEL": "hashing", "ASSISTANT_STRICTNESS": "0"}
    command = [
        sys.executable,
        "-m",
        "assistant",
        "chat",
        "--port",
        "0",
        "--sources",
        str(sources),
        "--index",
        str(index),
    ]
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, cwd=ROOT, env=environment
    )
    try:
        yield _address(process)
    finally:
        process.terminate()
        process.wait(20)
        process.stderr.close()


@contextlib.contextmanager
def browsing(sources, index, profile):
    """Open a chat of its own in a window of its own."""
    with chat(sources, index) as address, contextlib.closing(Page(profile).open(address)) as window:
        yield window


def _address(process):
    """Read the log up to the line that names the address, and go on reading so that the pipe never fills."""
    said = ""
    for line in process.stderr:
        said += line
        if found := re.search(r"http://[\w.:]+/", line):
            threading.Thread(target=_drain, args=[process.stderr], daemon=True).start()
            return found[0]
    raise AssertionError(f"The chat ended before it could be opened:\n{said}")


def _drain(stream):
    with contextlib.suppress(ValueError):  # closed when the process has ended
        for _ in stream:
            pass


class Page:
    """One window on the chat, with the words of a person: ask, open, upload."""

    def __init__(self, profile, size=(1440, 900), dark=False):
        binary, driver = find_browser()
        options = webdriver.ChromeOptions()
        options.binary_location = binary
        for flag in (*_FLAGS, f"--user-data-dir={profile}", f"--window-size={size[0]},{size[1]}"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
        self.driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
        self.driver.set_script_timeout(WAIT_S)
        self._events = []
        if size[0] < 500:  # a window cannot be that narrow
            metrics = {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": True}
            self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        if dark:
            feature = {"name": "prefers-color-scheme", "value": "dark"}
            self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})

    def open(self, address):
        self.driver.get(address)
        self.wait_for("#qa-question textarea")
        self.until(lambda: self.find("#qa-source-list li"))
        return self

    def close(self):
        self.driver.quit()

    def find(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def until(self, condition):
        """Wait for what a condition gives; parts of the page that are drawn anew while it looks are looked at again."""
        drawn_anew = (StaleElementReferenceException, ElementClickInterceptedException)
        return WebDriverWait(self.driver, WAIT_S, 0.1, drawn_anew).until(lambda _: condition())

    def click(self, selector, number=0):
        """Click on one of the elements found, once it is there."""
        self.until(lambda: len(found := self.find(selector)) > number and (found[number].click() or True))

    def texts(self, selector):
        """The exact texts of all elements found, of one moment."""
        return self.run("return [...document.querySelectorAll(arguments[0])].map(e => e.textContent)", selector)

    def wait_for(self, selector):
        return self.until(lambda: self.find(selector))[0]

    def text(self, selector):
        """The exact text of the last element found; Selenium's own ``text`` folds blanks."""
        return self.driver.execute_script(
            "return [...document.querySelectorAll(arguments[0])].at(-1)?.textContent ?? null", selector
        )

    def run(self, script, *values):
        return self.driver.execute_script(script, *values)

    def ask(self, question):
        """Ask, wait for the reply, and give the words of its best quote."""
        before = len(self.find(".qa-reply"))
        self.find("#qa-question textarea")[0].send_keys(question, Keys.ENTER)
        self.until(lambda: len(self.find(".qa-reply")) > before or self.find("#qa-chat .qa-notice"))
        assert len(self.find(".qa-reply")) > before, self.text("#qa-chat .qa-notice")
        return self.run(
            "return [...document.querySelectorAll('.qa-reply')].at(-1).querySelector('.qa-words').textContent"
        )

    def open_citation(self, number=0):
        """Open a citation of the last reply by keyboard and give the marked words."""
        self.run("document.querySelector('.qa-viewer .qa-document').replaceChildren()")
        self.press_citation(number)
        self.wait_for(".qa-viewer mark")
        return self.text(".qa-viewer mark")

    def press_citation(self, number=0, source=""):
        """Press Enter on a citation of the last reply, of those that name a source."""
        cites = "return [...[...document.querySelectorAll('.qa-reply')].at(-1).querySelectorAll('.qa-cite')]"

        def pressed():
            found = [cite for cite in self.run(cites) if source in cite.text]
            return len(found) > number and (found[number].send_keys(Keys.ENTER) or True)

        self.until(pressed)

    def upload(self, *paths):
        """Drop files into the sources and wait until the rebuild that follows has ended."""
        before = self.text("#qa-source-list")
        self.run("document.querySelector('#qa-files input').style.display = 'block'")
        self.find("#qa-files input[type=file]")[0].send_keys("\n".join(map(str, paths)))
        self.until(lambda: self.text("#qa-source-list") != before and "Up to date" in (self.text("#qa-build") or ""))

    def hosts(self):
        """Every host that this window asked, and the addresses without one."""
        for entry in self.driver.get_log("performance"):
            self._events.append(json.loads(entry["message"])["message"])
        sent = [event["params"] for event in self._events if event["method"] == "Network.requestWillBeSent"]
        return {
            re.match(r"(\w+:)(?://([^/]*))?", params["request"]["url"]).groups()
            for params in sent
            if params["documentURL"].startswith("http")
        }

    def complaints(self):
        """What the console reported as an error."""
        return [entry for entry in self.driver.get_log("browser") if entry["level"] == "SEVERE"]
