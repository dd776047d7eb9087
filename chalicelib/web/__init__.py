"""Between HTTP and a handler: ``Routes`` registers handlers, ``dispatch`` carries a request to one and back."""

from chalicelib.web.endpoints import ANY_PERSON, ANYBODY, ENDPOINTS
from chalicelib.web.responses import Form
from chalicelib.web.routing import Routes
from chalicelib.web.urls import url

__all__ = ["ANYBODY", "ANY_PERSON", "ENDPOINTS", "Form", "Routes", "url"]
