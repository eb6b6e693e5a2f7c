"""A receiver of webhooks at any number of hosts: every address of 127.0.0.0/8 leads to it, in plain HTTP/1.1. What the
sandbox, which has one address and a certificate for it, cannot be."""

import asyncio
import collections
import threading


class Receiver:
    """`got` counts the webhook-ids of each host ("127.0.1.2") that were answered with 200."""

    def __init__(self, delay=0.0):
        self.delay, self.got = delay, collections.defaultdict(collections.Counter)
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._ready.wait()

    def url(self, host, path="hook"):
        return f"http://{host}:{self.port}/{path}"

    def received(self):
        return sum(len(ids) for ids in self.got.values())

    def repeats(self):
        return {host: ids for host, ids in self.got.items() if any(count > 1 for count in ids.values())}

    def close(self):
        self._loop.call_soon_threadsafe(self._end)
        self._thread.join()

    def _end(self):
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        # In the turn after the one in which they close what they have.
        self._loop.call_soon(self._loop.call_soon, self._loop.stop)

    def _run(self):
        asyncio.set_event_loop(self._loop)
        # Every loopback address, which no narrower address stands for.
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "0.0.0.0", 0, backlog=1024))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        server.close()

    async def _serve(self, reader, writer):
        try:
            if not writer.get_extra_info("peername")[0].startswith("127."):
                return
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                fields = dict(line.lower().split(": ", 1) for line in head[1:] if ": " in line)
                await reader.readexactly(int(fields.get("content-length", 0)))
                if self.delay:
                    await asyncio.sleep(self.delay)
                self.got[fields["host"].split(":")[0]][fields["webhook-id"]] += 1
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
                await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            pass
        finally:
            writer.close()
