"""The application that a web server serves: `gunicorn wsgi:app`, `flask run`."""

from matching import create_app

app = create_app()
