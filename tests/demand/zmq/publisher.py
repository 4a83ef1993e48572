"""A real publisher, of libzmq, for tests: what its standard input says it does, one JSON list a line.

publisher.py ENDPOINT TYPE HEARTBEAT sends from a socket of that type (XPUB, PUB, REP, ...) and prints `bound`. An XPUB
tells `subscribed TOPIC` for each subscription that it gets. Each HEARTBEAT milliseconds (0: never) it asks whether the
other side is there, and gives it up where it does not answer within that time.

["send", TEXT, ...]        a message of these frames
["size", BYTES]            a message of one frame of so many bytes
["count", FROM, TO, TEXT]  messages FROM up to TO, without TO, of TEXT with the number in place of %d; then `counted`
["flow", TEXT]             the same without end, as fast as once a millisecond, until the next line comes
["end"]                    closes, prints `ended`
"""

import itertools
import json
import select
import sys

import zmq


def tell(word):
    print(word, flush=True)


class Publisher:
    def __init__(self, endpoint, kind, heartbeat):
        self.kind = kind
        self.socket = zmq.Context.instance().socket(getattr(zmq, kind))
        self.socket.setsockopt(zmq.SNDHWM, 0)
        self.socket.setsockopt(zmq.LINGER, 0)
        self.socket.setsockopt(zmq.HEARTBEAT_IVL, int(heartbeat))
        for _ in range(200):
            try:
                self.socket.bind(endpoint)
                break
            except zmq.ZMQError:
                select.select([], [], [], 0.02)
        else:
            raise SystemExit("cannot bind " + endpoint)
        tell("bound")

    def run(self):
        poller = zmq.Poller()
        poller.register(sys.stdin.fileno(), zmq.POLLIN)
        if self.kind == "XPUB":
            poller.register(self.socket, zmq.POLLIN)
        flow, numbers, going_on = None, itertools.count(), True
        while going_on:
            ready = dict(poller.poll(None if flow is None else 1))
            if self.socket in ready:
                message = self.socket.recv()
                tell(("subscribed " if message[0] else "unsubscribed ") + message[1:].decode())
            if sys.stdin.fileno() in ready:
                line = sys.stdin.buffer.raw.readline()
                words = json.loads(line) if line else ["end"]
                flow = words[1] if words[0] == "flow" else None
                going_on = self.obey(words)
            if flow is not None:
                self.socket.send_string(flow % next(numbers))

    def obey(self, words):
        if words[0] == "send":
            self.socket.send_multipart([text.encode() for text in words[1:]])
        elif words[0] == "size":
            self.socket.send(b"x" * words[1])
        elif words[0] == "count":
            for number in range(words[1], words[2]):
                self.socket.send_string(words[3] % number)
            tell("counted")
        elif words[0] == "end":
            self.socket.close()
            tell("ended")
            return False
        return True


Publisher(*sys.argv[1:]).run()
