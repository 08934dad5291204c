"""The browser page: ask, see the words in their place, keep your sources.

``server`` serves it on this machine only, ``guard`` decides what may be asked, ``app`` lays out Gradio's components
and handles their events, ``html`` and ``viewing`` turn records into what is shown, ``uploads`` and ``rebuilding`` keep
the sources current. ``style.css`` and ``app.js`` are the only custom parts that run in the browser. Gradio itself is
imported when the server starts, so that other commands do not wait for it.
"""

from assistant.interfaces.web.server import serve_chat

__all__ = ["serve_chat"]
