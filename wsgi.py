"""The web application for a WSGI server such as gunicorn: `gunicorn wsgi`."""

from adengine.app import build
from adengine.settings import Settings
from adengine.web import create_app

application = create_app(build(Settings.from_env()))
