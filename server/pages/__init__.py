"""The pages: who is live, a show with its chat, and the studio; plain templates and ES modules."""

from server.pages.blueprint import error_page, pages_blueprint

__all__ = ["error_page", "pages_blueprint"]
