# The application for gunicorn. Keystone takes the command line of whoever loads it for its own, so it is shown an empty one.
import sys

from keystone.server.wsgi import initialize_public_application

sys.argv = sys.argv[:1]
application = initialize_public_application()
