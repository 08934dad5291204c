"""The browser page: ask, see the words in their place, keep your sources.

``server`` serves it on this machine only and ``guard`` (with ``rates``) decides what may be asked. ``app`` lays out the
conversation in Gradio's components, ``handlers`` does what its events ask for, ``showing`` and ``html`` turn an answer into what
is shown. ``routes`` answers our own scripts: ``viewing`` and ``pages`` for the viewer, ``state``, ``uploads`` and ``rebuilding``
for the sources, ``rechecking`` and ``exports`` for kept conversations; ``waiting`` stands for the assistant before there is an
index. In the browser, ``style.css`` is the look of the conversation and ``panels.css`` of what stands beside it; ``app.js``
starts ``viewer.js``, ``sources.js``, ``conversations.js`` and ``quotes.js``, over the helpers of ``page.js``. Gradio itself is
imported when the server starts, so that other commands do not wait for it.
"""

from assistant.interfaces.web.server import serve_chat

__all__ = ["serve_chat"]
