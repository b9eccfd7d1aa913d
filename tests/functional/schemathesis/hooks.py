"""What schemathesis has to know of the API that no document can tell it."""
import json
import os

import schemathesis

# Both are JSON under another name.
schemathesis.serializer.alias("application/openstack-messaging-v2.0-json-patch", "application/json")


@schemathesis.deserializer("application/json-home")
def read_home(ctx, response):
    return json.loads(response.content)


# The address that the examples have for a pool, and one that a test may really write to.
EXAMPLE_URI = "lmdb:///var/lib/marconi/ssd-1"
POOL_URI = os.environ.get("POOL_URI", "none://")


def writable(value):
    """The same document, as far as its schema goes, in the numbers that the API takes.

    To JSON Schema 60.0 is an integer, and integers have no bounds of their own. The API, as its predecessors, takes 60 only, and
    no integer beyond 64 bits: tests/api/v1/bodies.test.ts has both.
    """
    if isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    if isinstance(value, int):
        return max(-(2**63), min(value, 2**63 - 1))
    if isinstance(value, list):
        return [writable(each) for each in value]
    if isinstance(value, dict):
        return {name: writable(each) for name, each in value.items()}
    return POOL_URI if value == EXAMPLE_URI else value


@schemathesis.hook
def map_body(context, body):
    return writable(body)
