# Tells the catalogue of a Keystone that is not busy where it listens: address.py DATABASE URL
import sqlite3
import sys

file, url = sys.argv[1:]
with sqlite3.connect(file) as database:
    database.execute("update endpoint set url = ? where service_id in (select id from service where type = 'identity')", (url,))
