"""The pages: who is live, a show with its chat, the studio, orders and sales; plain ES modules."""

from server.pages.blueprint import error_page, pages_blueprint

__all__ = ["error_page", "pages_blueprint"]
