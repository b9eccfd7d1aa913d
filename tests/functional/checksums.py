"""Reads a JSON array of texts, and writes for each what json prints of it, and its checksum."""
import hashlib
import json
import sys


def describe(text):
    body = json.loads(text)
    printed = json.dumps(body)
    if body is None:
        return printed, None
    return printed, 'MD5:' + hashlib.md5(printed.encode()).hexdigest()


json.dump([describe(text) for text in json.load(sys.stdin)], sys.stdout)
