"""The screens at `/` and `/status`, in every language of the catalogues.

They give HTML made of templates; everything they show is asked of the public API by their scripts.
They hold no state of their own and write nothing but a person's language, theme and key into her browser.
"""

from walras.doors.pages.pages import PAGE_SCOPES, STATIC_FOLDER, page_routes

__all__ = ["PAGE_SCOPES", "STATIC_FOLDER", "page_routes"]
