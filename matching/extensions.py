"""One instance of each Flask extension. Flask-Security keeps the application inside itself, so each application makes its own."""

from flask_bootstrap import Bootstrap5
from flask_migrate import Migrate
from flask_wtf.csrf import CSRFProtect

migrate = Migrate()
csrf = CSRFProtect()
bootstrap = Bootstrap5()
