"""The WebSocket API: turns sockets into API Gateway's events for the handlers of app.py, and posts into sockets.

``python -m infra.local.sockets PORT``: sockets are opened at any path; what is posted to /@connections/ID goes to
the socket of that id, as API Gateway's management API has it.
"""

import asyncio
import logging
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

from aiohttp import WSMsgType, web
from chalice.local import LambdaContext

from infra.local import events, processes

MOST_BYTES = 32 * 1024
"""API Gateway takes frames of so many; a longer one ends its socket (1009)."""
HEARTBEAT_SECONDS = 60
ENVIRONMENTS = 4

log = logging.getLogger("sockets")
Invoke = Callable[[str, str, Mapping[str, str], str | None], int]


class Sockets:
    """The open sockets, by connection id; ``invoke`` runs the handler of a route."""

    def __init__(self, invoke: Invoke) -> None:
        self.open: dict[str, web.WebSocketResponse] = {}
        self._invoke = invoke
        self._environments = ThreadPoolExecutor(ENVIRONMENTS, thread_name_prefix="environment")

    def application(self) -> web.Application:
        app = web.Application(client_max_size=128 * 1024)
        app.router.add_post("/@connections/{id}", self.post)
        app.router.add_get("/{path:.*}", self.serve)
        return app

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """A socket, from its first request to its end."""
        id = uuid4().hex
        status = await self._run("$connect", id, request.query)
        if status != 200:
            return web.Response(status=status)
        socket = web.WebSocketResponse(heartbeat=HEARTBEAT_SECONDS, max_msg_size=MOST_BYTES)
        self.open[id] = socket
        try:
            await socket.prepare(request)
            async for message in socket:
                if message.type == WSMsgType.TEXT:
                    await self._run("$default", id, {}, message.data)
        finally:
            del self.open[id]
            await self._run("$disconnect", id, {})
        return socket

    async def post(self, request: web.Request) -> web.Response:
        """What a handler posts to a socket."""
        socket = self.open.get(request.match_info["id"])
        try:
            if socket is None or socket.closed or not socket.prepared:
                raise ConnectionResetError
            await socket.send_str(await request.text())
        except ConnectionResetError:
            return web.json_response({}, status=410, headers={"x-amzn-ErrorType": "GoneException"})
        return web.Response()

    async def _run(self, route: str, id: str, query: Mapping[str, str], body: str | None = None) -> int:
        running = asyncio.get_running_loop().run_in_executor(self._environments, self._invoke, route, id, query, body)
        return await asyncio.shield(running)  # a peer that goes away ends the request, not its handler


def invoker(handlers: Mapping[str, Callable[[Any, Any], dict[str, Any]]]) -> Invoke:
    """Runs a route's handler as Lambda does; the status that it answers, 500 if it fails."""

    def invoke(route: str, id: str, query: Mapping[str, str], body: str | None) -> int:
        if route not in handlers:
            return 403
        context = LambdaContext(route, memory_size=512, max_runtime_ms=29_000)
        try:
            answer = handlers[route](events.websocket(route, id, query, body), context)
        except Exception:
            log.exception("a handler failed", extra={"route": route})
            return 500
        return int(answer["statusCode"])

    return invoke


def main(port: int) -> None:
    """Serves until the parent is gone."""
    processes.exit_with_parent()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    import app

    # app.py's handlers by their routes; an application without any lets nobody in.
    declared = app.app.websocket_handlers.items()
    handlers = {route: getattr(app, given.handler_string.partition(".")[2]) for route, given in declared}
    sockets = Sockets(invoker(handlers))
    web.run_app(sockets.application(), host="127.0.0.1", port=port, print=None, access_log=None)


if __name__ == "__main__":
    main(int(sys.argv[1]))
