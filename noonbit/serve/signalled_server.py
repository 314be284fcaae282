"""uvicorn, which stops at a signal and does not send itself that signal again afterwards."""

import asyncio
import socket
from contextlib import AbstractContextManager

import uvicorn

from noonbit.system.signals import handle_stopping_signals


class SignalledServer(uvicorn.Server):
    """A server that answers on a socket until SIGTERM or Ctrl-C, which are no errors."""

    def answer(self, listener: socket.socket) -> None:
        """Answer until stopped; on uvloop where it is installed, which Windows does not have."""
        with asyncio.Runner(loop_factory=self.config.get_loop_factory()) as runner:
            runner.run(self.serve(sockets=[listener]))

    def capture_signals(self) -> AbstractContextManager[None]:  # type: ignore[override]
        """Stop at the signals as long as the block lasts."""
        return handle_stopping_signals(self.handle_exit)
